"""Imports: all or nothing, quick, known ids treated with care, and undone as a whole."""

from __future__ import annotations

import os
import random
import time
from dataclasses import replace

import pytest
from sqlalchemy import func, select
from store_fixtures import ROOT, TODAY, Child, batch, capability, need, owner, proposed, user

from matcher import records
from matcher.errors import InputError
from matcher.ingest import read_capabilities
from matcher.results import Match, MatchList, Provenance, Rejection, Run
from matcher.store import Store
from matcher.store.audit import entries_about
from matcher.store.deals import close_deal, open_deal
from matcher.store.decisions import decide
from matcher.store.doubles import find_doubles
from matcher.store.editing import create, save
from matcher.store.importing import Existing, import_records, imported_before
from matcher.store.models import AuditEntry, Capability, Import, Need, Organisation
from matcher.store.revision import changes_since
from matcher.store.runs import ids_of, save_run
from matcher.store.undoing import Followed, Undone, followed_up, undo_import


def codes(store: Store) -> list[str]:
    with store.reading() as session:
        return list(session.scalars(select(Need.code).order_by(Need.id)))


def imported(
    store: Store, *offers: records.Need, existing: Existing = "skip", ids: bool = True
) -> Import:
    with store.writing() as session:
        return import_records(session, batch(offers, ids=ids), None, "需求.xlsx", existing)


def counts(done: Import) -> tuple[int, int, int, int]:
    return done.created_count, done.updated_count, done.unchanged_count, done.skipped_count


def test_the_sample_is_imported_with_its_owners(store: Store) -> None:
    found = read_capabilities(ROOT / "data" / "sample" / "capabilities.csv")
    with store.writing() as session:
        who = user(session, "transfer_manager")
        done = import_records(session, found, who, "C:\\资料\\成果.csv")
        assert (done.file, done.kind, counts(done)) == ("成果.csv", "capability", (212, 0, 0, 0))
        assert imported_before(session, found) is done
    with store.reading() as session:
        rows = session.scalars(select(Capability).order_by(Capability.id)).unique().all()
        assert [row.to_record() for row in rows] == list(found.records)
        assert {row.import_id for row in rows} == {1}
        assert {row.created_by_id for row in rows} == {1}
        assert rows[0].created_by is not None
        [entry] = entries_about(session, "import", 1)
        assert entry.details["created"] == 212
        assert len(changes_since(session, 0).capabilities) == 212


def test_ids_that_are_there_already(store: Store) -> None:
    imported(store, need("N-1"), need("N-2"), need("N-3", organisation=owner()))
    again = (
        need("N-1"),
        need("N-2", title="新"),
        need("N-3", organisation=owner("示例他人")),
        need("N-4"),
    )
    done = imported(store, *again)
    assert counts(done) == (1, 0, 1, 2)
    assert [item["value"] for item in done.rejections] == ["N-2", "N-3"]
    assert "没有导入" in done.rejections[0]["reason_zh"]
    done = imported(store, *again, existing="update")
    assert counts(done) == (0, 1, 2, 1)
    assert done.rejections[0]["value"] == "N-3"
    done = imported(store, *again, existing="new")
    assert counts(done) == (4, 0, 0, 0)
    assert codes(store)[4:] == ["N0001", "N0002", "N0003", "N0004"]
    with store.reading() as session:
        row = session.scalars(select(Need).where(Need.code == "N-2")).unique().one()
        assert row.to_record() == again[1]


def test_numbers_of_rows_are_no_ids(store: Store) -> None:
    imported(store, need("1", title="甲"), need("2", title="乙"))
    imported(store, need("1", title="丙"), need("2", title="丁"), existing="update")
    assert codes(store) == ["N0001", "N0002", "N0003", "N0004"]
    imported(store, need("N0001", title="没有编号列"), ids=False, existing="update")
    assert codes(store)[-1] == "N0005"
    with store.reading() as session:
        assert session.scalars(select(Need.title)).all()[0] == "甲"


def test_one_row_without_a_number_does_not_make_the_others_ids(store: Store) -> None:
    imported(store, need("1", title="甲"), need("A-7", title="乙"))
    done = imported(store, need("1", title="丙"), need("A-7", title="乙"), existing="update")
    assert counts(done) == (1, 0, 1, 0)
    assert codes(store) == ["N0001", "A-7", "N0002"]


def test_what_is_there_already_is_named_and_may_be_left_out(store: Store) -> None:
    firm, other = owner("示例甲厂"), owner("示例乙厂")
    imported(store, need("A-1", title="阀门", problem="高温泄漏。", organisation=firm))
    found = batch(
        [
            need("1", title="阀门", problem="高温泄漏", organisation=firm),
            need("2", title="阀门", problem="高温泄漏", organisation=other),
            need("3", title="阀门", problem="低温泄漏", organisation=firm),
            need("4", title="阀门", problem="低温，泄漏", organisation=firm),
        ]
    )
    with store.writing() as session:
        office = user(session, "transfer_manager")
        doubles = find_doubles(session, found, office)
        assert {key: item.same_as for key, item in doubles.items()} == {"1": "A-1", "4": "3"}
        assert doubles["1"].number is not None
        # A member's file is all his own, and only his own records are compared with it.
        firms = {row.name: row for row in session.scalars(select(Organisation))}
        member = user(session, "enterprise", at=firms["示例甲厂"])
        stranger = user(
            session, "enterprise", name="丙", at=Organisation.from_record(owner("示例丙厂"))
        )
        assert set(find_doubles(session, found, member)) == {"1", "2", "4"}
        theirs = find_doubles(session, found, stranger)
        assert {key: item.number for key, item in theirs.items()} == {
            "2": None, "4": None,
        }  # fmt: skip
        nobody = user(session, "institute", name="无单位")
        assert all(item.number is None for item in find_doubles(session, found, nobody).values())
        left = {key: item.same_as for key, item in doubles.items()}
        done = import_records(session, found, office, "f.csv", doubles=left)
        assert counts(done) == (2, 0, 0, 2)
        assert "与 A-1 相同" in done.rejections[0]["reason_zh"]


def test_an_owner_by_another_of_its_names_is_the_same_owner(store: Store) -> None:
    full = owner("示例大学", aliases=("示大",), credit_code="91000000EXAMPLE11Q")
    short, other = owner("示大"), owner("示例学院")
    said = {"title": "阀门", "problem": "高温泄漏。"}
    imported(store, need("A-1", organisation=full, **said))
    found = batch(
        [
            need("1", organisation=short, **said),
            need(
                "2", organisation=owner("示例大学（新）", credit_code="91000000EXAMPLE11Q"), **said
            ),
            need("3", organisation=other, **said),
            need("4", title="泵", problem="漏油", organisation=full),
            need("5", title="泵", problem="漏油", organisation=short),
        ]
    )
    with store.writing() as session:
        doubles = find_doubles(session, found, user(session, "transfer_manager"))
        assert {key: item.same_as for key, item in doubles.items()} == {
            "1": "A-1", "2": "A-1", "5": "4",
        }  # fmt: skip


def test_the_same_id_twice_is_taken_once(store: Store) -> None:
    done = imported(store, need("N-1", title="先"), need("N-1", title="后"))
    assert counts(done) == (1, 0, 0, 1)
    assert codes(store) == ["N-1"]


def test_an_enterprise_imports_for_itself_only(store: Store) -> None:
    with store.writing() as session:
        mine = Organisation.from_record(owner("示例本厂"))
        session.add(mine)
        other = create(session, need("N-1", organisation=owner("示例他厂")), None)
        offers = [need("N-1", title="抢"), need("N-2", organisation=owner("示例他厂"))]
        done = import_records(session, batch(offers), None, "f.csv", "update", owner=mine)
        assert counts(done) == (1, 0, 0, 1)
        assert other.title == need().title
    with store.reading() as session:
        row = session.scalars(select(Need).where(Need.code == "N-2")).unique().one()
        assert row.organisation is not None
        assert row.organisation.name == "示例本厂"


def test_what_was_not_read_is_kept_with_the_import(store: Store) -> None:
    note = Rejection("f.csv", "表一", 7, "预算", "不是数", "no number", "约数")
    found = replace(batch([need("N-1")]), rejections=(note,), warnings=(note,))
    with store.writing() as session:
        done = import_records(session, found, None, "f.csv")
    with store.reading() as session:
        row = session.get_one(Import, done.id)
        assert Rejection(**row.rejections[0]) == Rejection(**row.warnings[0]) == note
    with pytest.raises(InputError, match="no record"), store.writing() as session:
        import_records(session, batch([]), None, "f.csv")


def test_undoing_leaves_nothing_of_an_untouched_import(store: Store) -> None:
    imported(store, need("N-0", organisation=owner("示例老厂")))
    done = imported(store, *(need(f"N-{i}", organisation=owner("示例新厂")) for i in (1, 2, 3)))
    with store.reading() as session:
        before = changes_since(session, 0)
    with store.writing() as session:
        who = user(session, "administrator")
        assert undo_import(session, done.id, who) == Undone(3, 0, 0, ())
    assert codes(store) == ["N-0"]
    with store.reading() as session:
        assert session.scalars(select(Organisation.name)).all() == ["示例老厂"]
        row = session.get_one(Import, done.id)
        assert (row.undone_by_id, row.undone_at is None) == (1, False)
        gone = changes_since(session, before.revision).removed
        assert [kind for kind, _ in gone] == ["need"] * 3 + ["organisation"]
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last is not None
        assert last.details == {"removed": 3, "archived": 0, "restored": 0, "kept": 0}
    with pytest.raises(InputError, match="undone before"), store.writing() as session:
        undo_import(session, done.id, None)
    with pytest.raises(InputError), store.writing() as session:
        undo_import(session, 99, None)


def test_undoing_keeps_what_people_did_since(store: Store) -> None:
    done = imported(store, need("N-1"), need("N-2"), need("N-3"))
    with store.writing() as session:
        numbers = ids_of(session, "need", ["N-1", "N-2"])
        save(session, Need, numbers["N-1"], need(title="有人改过"), 1, None)
        offer = capability()
        match = Match(need("N-2"), offer, 1, 1.0, (), (), (), (), (), ())
        run = Run((MatchList(need("N-2"), (match,)),), Provenance("", "", "", "", "", ""))
        save_run(session, run, None, need_ids=numbers)
    with store.writing() as session:
        assert undo_import(session, done.id, None) == Undone(1, 1, 0, ("N-1",))
    with store.reading() as session:
        rows = {row.code: row for row in session.scalars(select(Need)).unique()}
        assert set(rows) == {"N-1", "N-2"}
        assert rows["N-1"].title == "有人改过"
        assert rows["N-1"].archived_at is None
        assert rows["N-2"].archived_at is not None


def test_undoing_keeps_records_with_a_deal(store: Store) -> None:
    """One each: declined, under way, signed, come to nothing; and one updated that has a deal."""
    codes = [f"N-{i}" for i in range(1, 5)]
    imported(store, need("N-5"))
    done = imported(store, *(need(code) for code in codes))
    updated = imported(store, need("N-5", title="新"), existing="update")
    with store.writing() as session:
        offers = import_records(session, batch([capability()]), None, "成果.xlsx")
    with store.writing() as session:
        needs = ids_of(session, "need", [*codes, "N-5"])
        offered = ids_of(session, "capability", [capability().id])[capability().id]
        matches = {code: proposed(session, number, offered).id for code, number in needs.items()}
        decide(session, matches["N-1"], None, "decline", reason="irrelevant")
        for code in ("N-2", "N-3", "N-4", "N-5"):
            decide(session, matches[code], None, "accept", side="need")
            deal = open_deal(session, matches[code], None, TODAY)
            if code == "N-3":
                close_deal(session, deal.id, None, 1, 800_000, TODAY)
            if code == "N-4":
                close_deal(session, deal.id, None, 1)
    with store.writing() as session:
        assert followed_up(session, done.id) == Followed(decided=2, dealt=2)
        assert followed_up(session, done.id, staff=False) == Followed(decided=1, dealt=2)
        assert followed_up(session, updated.id) == Followed(decided=0, dealt=1)
        assert undo_import(session, done.id, None) == Undone(0, 2, 0, (), ("N-2", "N-3"))
        assert undo_import(session, updated.id, None) == Undone(0, 0, 0, (), ("N-5",))
        # Its only record is in the deals too.
        assert undo_import(session, offers.id, None).dealt == (capability().id,)
    with store.reading() as session:
        live = select(Need.code).where(Need.archived_at.is_(None)).order_by(Need.code)
        assert session.scalars(live).all() == ["N-2", "N-3", "N-5"]


def test_undoing_an_update_brings_the_earlier_content_back(store: Store) -> None:
    imported(store, need("N-1"), need("N-2"))
    done = imported(store, need("N-1", title="新"), need("N-2", title="新"), existing="update")
    with store.writing() as session:
        number = ids_of(session, "need", ["N-2"])["N-2"]
        save(session, Need, number, need(title="更新"), 2, None)
    with store.writing() as session:
        assert undo_import(session, done.id, None) == Undone(0, 0, 1, ("N-2",))
    with store.reading() as session:
        assert session.scalars(select(Need.title).order_by(Need.id)).all() == [need().title, "更新"]


def test_thousands_of_records_come_and_go(store: Store) -> None:
    # The whole number once in the default run, on both databases in the slow one.
    come_and_go(store, 20_000 if store.path else 4_000)


@pytest.mark.slow
def test_twenty_thousand_records_come_and_go(store: Store) -> None:
    come_and_go(store, 20_000)


def come_and_go(store: Store, count: int) -> None:
    sample = read_capabilities(ROOT / "data" / "sample" / "capabilities.csv").records
    many = [
        record.model_copy(update={"id": f"{record.id}-{turn}"})
        for turn in range(95) for record in sample
    ][:count]  # fmt: skip
    with store.writing() as session:
        assert import_records(session, batch(many), None, "大.xlsx").created_count == count
    with store.writing() as session:
        assert undo_import(session, 1, None).removed == count
    with store.reading() as session:
        assert session.scalar(select(func.count(Capability.id))) == 0


def torment(store: Store, url: str, times: int) -> None:
    """Kill imports at any moment: each left all of its records or none."""
    chance, whole, length = random.Random(20261122), 0, 1.0

    for turn in range(times):
        child = Child("import_many", url, str(turn))
        child.go()
        assert child.lines.readline() == "ready\n"
        started = time.perf_counter()
        if turn:
            time.sleep(chance.uniform(0, 1.1 * length))
            child.kill()
        told, code = child.end()
        if turn == 0:
            length = time.perf_counter() - started
        assert (told, code) in (("done\n", 0), ("done\n", -9), ("", -9))
        with store.reading() as session:
            mine = Need.code.startswith(f"T{turn}-")
            left = session.scalar(select(func.count(Need.id)).where(mine))
            listed = session.scalar(select(func.count(Import.id)))
        assert left == 2000 or (left == 0 and told == "")
        whole += left == 2000
        assert listed == whole
    with store.writing() as session:
        create(session, need("after"), None)


@pytest.mark.skipif(os.name != "posix", reason="needs kill -9")
def test_a_killed_import_leaves_all_or_nothing(store: Store, url: str) -> None:
    torment(store, url, 4)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs kill -9")
def test_thirty_killed_imports(store: Store, url: str) -> None:
    torment(store, url, 30)
