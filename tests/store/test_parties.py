"""Organisations: one for one party, however often and in whatever spelling it is imported."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from store_fixtures import batch, capability, full_owner, need, owner, user

from matcher import records
from matcher.errors import InputError
from matcher.store import EditConflict, Store
from matcher.store.audit import entries_about
from matcher.store.editing import create
from matcher.store.importing import import_records
from matcher.store.listing import Filters, list_page
from matcher.store.merging import merge_organisations
from matcher.store.models import Capability, Need, Organisation
from matcher.store.parties import (
    Parties,
    load_organisation,
    possible_duplicates,
    same_party,
    save_organisation,
)
from matcher.store.revision import next_revision
from matcher.store.viewers import Viewer

STAFF = Viewer(1, None, frozenset({"transfer_manager"}))


def code(number: int) -> str:
    first = f"9161000000000000{number}"
    return first + records.credit_code_check_digit(first)


def resolved(store: Store, *wanted: records.Organisation) -> list[int]:
    """Resolve organisations in one transaction and return the ids of their rows."""
    with store.writing() as session:
        next_revision(session)
        parties = Parties(session, wanted)
        rows = [parties.resolve(record) for record in wanted]
        session.flush()
        return [row.id for row in rows]


def test_the_same_name_in_another_spelling_is_the_same_party(store: Store) -> None:
    names = ("示例精工（西安）有限公司", "示例精工(西安)有限公司", "示例精工 (西安) 有限公司")
    for name in names:
        assert resolved(store, owner(name)) == [1]
    assert resolved(store, *(owner(name) for name in names)) == [1, 1, 1]


def test_a_credit_code_says_more_than_a_name(store: Store) -> None:
    first = owner("示例甲公司", credit_code=code(1))
    assert resolved(store, first) == [1]
    assert resolved(store, owner("示例甲（集团）公司", credit_code=code(1))) == [1]
    assert resolved(store, owner("示例甲公司", credit_code=code(2))) == [2]
    # Without a code the name alone decides, and the elder has it.
    assert resolved(store, owner("示例甲公司")) == [1]


def test_an_alias_leads_to_the_one_who_has_it_and_to_nobody_when_two_have(store: Store) -> None:
    assert resolved(store, owner("示例大学", aliases=("示大",))) == [1]
    assert resolved(store, owner("示大")) == [1]
    assert resolved(store, owner("示例大厦", aliases=("示大",))) == [2]
    assert resolved(store, owner("示大")) == [3]


def test_a_shared_parent_makes_nobody_the_same(store: Store) -> None:
    children = (owner("示例甲所", parent="示例集团"), owner("示例乙所", parent="示例集团"))
    assert resolved(store, *children) == [1, 2]
    with store.reading() as session:
        first = session.get_one(Organisation, 1)
        assert [row.name for row in same_party(session, first)] == ["示例乙所"]
        assert possible_duplicates(session) == []


def test_new_facts_are_added_and_contradictions_are_not(store: Store) -> None:
    resolved(store, owner(district="示例一区", aliases=("甲",)))
    resolved(store, owner(district="示例二区", size="small", aliases=("乙", "甲")))
    with store.reading() as session:
        found = session.get_one(Organisation, 1).to_record()
    assert (found.district, found.size, found.aliases) == ("示例一区", "small", ("甲", "乙"))


def test_a_name_may_be_of_any_length(store: Store) -> None:
    long = owner("示例" + "长" * 9000, aliases=("别" * 9000,), parent="上" * 9000)
    assert resolved(store, long) == [1]
    assert resolved(store, long) == [1]
    with store.reading() as session:
        assert session.get_one(Organisation, 1).to_record() == long


def test_hundreds_are_resolved_like_one(store: Store) -> None:
    wanted = [owner(f"示例{i}厂", aliases=(f"厂{i}",)) for i in range(150)]
    first = resolved(store, *wanted)
    assert resolved(store, *wanted) == first
    assert len(set(first)) == 150
    assert resolved(store, owner("厂77")) == [first[77]]


def test_an_organisation_is_edited_under_its_version(store: Store) -> None:
    with store.writing() as session:
        editor = user(session, "administrator", name="小示")
        row = create(session, need(organisation=full_owner(), confidentiality="anonymous"), None)
        number = row.organisation_id or 0
        changed = full_owner().model_copy(update={"district": "示例新区", "name": "示例新大学"})
        save_organisation(session, number, changed, 1, editor)
        assert "示例新区" in row.region_text
        assert row.version == 1
    with pytest.raises(EditConflict, match="小示") as told, store.writing() as session:
        save_organisation(session, number, full_owner(), 1, None)
    assert told.value.current == changed.model_copy(update={"id": ""})
    with store.reading() as session:
        entry = entries_about(session, "organisation", number)[0]
    assert entry.details == {"fields": ["name", "district"]}


def test_duplicates_are_pointed_out(store: Store) -> None:
    resolved(
        store, owner("示例甲公司", credit_code=code(1)), owner("示例甲公司", credit_code=code(2))
    )
    resolved(store, owner("示例丙公司", aliases=("丙",)), owner("丙厂", aliases=("丙",)))
    with store.reading() as session:
        found = [(pair.first.id, pair.second.id, pair.why) for pair in possible_duplicates(session)]
    assert found == [(1, 2, "name"), (3, 4, "name")]


def test_merging_moves_everything_and_forgets_no_name(store: Store) -> None:
    with store.writing() as session:
        boss = user(session, "administrator")
        rows = (
            create(session, need("N1", organisation=owner("示例精工")), boss),
            create(session, need("N2", organisation=owner("示例精工机械", aliases=("精工",),
                                                          district="示例市")), boss),
            create(session, capability(organisation=owner("示例精工机械")), boss),
        )  # fmt: skip
        keep, gone = rows[0].organisation_id or 0, rows[1].organisation_id or 0
        member = user(session, "enterprise", at=rows[1].organisation)
        merged = merge_organisations(session, keep, gone, boss)
        assert merged.to_record() == owner(
            "示例精工", aliases=("示例精工机械", "精工"), district="示例市"
        )
        session.refresh(member)
        assert member.organisation_id == keep
    assert resolved(store, owner("示例精工机械"), owner("精工")) == [keep, keep]
    with store.reading() as session:
        held = [*session.scalars(select(Need.organisation_id)),
                *session.scalars(select(Capability.organisation_id))]  # fmt: skip
        assert held == [keep] * 3
        assert session.get(Organisation, gone) is None
        assert list_page(session, Need, STAFF, Filters(region="示例市")).total == 2
        entry = entries_about(session, "organisation", keep)[0]
        assert (entry.action, entry.details["merged_id"]) == ("organisation.merge", gone)
        assert entry.details["moved"] == 2


def test_two_legal_persons_are_not_merged(store: Store) -> None:
    resolved(
        store, owner("示例甲公司", credit_code=code(1)), owner("示例甲公司", credit_code=code(2))
    )
    for keep, gone in ((1, 2), (1, 1), (1, 99)):
        with pytest.raises(InputError), store.writing() as session:
            merge_organisations(session, keep, gone, None)
    with store.reading() as session:
        assert len(session.scalars(select(Organisation)).all()) == 2


def test_an_owner_that_does_not_exist_is_a_sentence(store: Store) -> None:
    with pytest.raises(InputError, match="no such organisation"), store.writing() as session:
        load_organisation(session, 10**20)


def test_an_import_adds_facts_once_and_undoing_takes_them_back(store: Store) -> None:
    from matcher.store.undoing import undo_import

    resolved(store, owner())
    offers = [need(f"N-{i}", organisation=owner(size="small", district="示例区")) for i in (1, 2)]
    with store.writing() as session:
        number = import_records(session, batch(offers), None, "需求.xlsx").id
    with store.reading() as session:
        assert session.get_one(Organisation, 1).size == "small"
    with store.writing() as session:
        undo_import(session, number, None)
    with store.reading() as session:
        assert session.get_one(Organisation, 1).to_record() == owner()
