"""Who sees what: every role against every kind of record, and both owners after an agreement."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from store_fixtures import TODAY, capability, full_owner, need, owner, user

from matcher.export.privacy import HIDDEN
from matcher.results import Match, MatchList, Provenance, Run
from matcher.store import Store, models
from matcher.store.decisions import both_accepted, decide
from matcher.store.editing import archive, create
from matcher.store.listing import Filters, list_page, select_list
from matcher.store.models import Need, Organisation, User
from matcher.store.runs import ids_of, save_run
from matcher.store.viewers import (
    Viewer,
    find,
    may_edit,
    may_see,
    may_see_owner,
    shown_record,
    shown_records,
    visible_capabilities,
    visible_matches,
    visible_needs,
)

YESTERDAY, TOMORROW = (TODAY + timedelta(days=d) for d in (-400, 4000))
#: Code → what makes the need special; all belong to the same enterprise.
NEEDS: dict[str, dict[str, Any]] = {
    "public": {},
    "anonymous": {"confidentiality": "anonymous"},
    "private": {"confidentiality": "private"},
    "draft": {"status": "draft"},
    "review": {"status": "under_review"},
    "secret review": {"status": "under_review", "confidentiality": "private"},
    "matched": {"status": "matched"},
    "closed": {"status": "closed"},
    "expired": {"valid_until": YESTERDAY},
    "in force": {"valid_until": TOMORROW},
    "archived": {},
}
OPEN = {"public", "anonymous", "in force"}
EVERY = set(NEEDS) - {"archived"}
REVIEWED = EVERY - {"private", "draft", "secret review"}
#: Role → codes seen, codes seen among the archived ones, codes whose owner is known.
KNOWN = {"public", "in force"}
MATRIX: dict[str, tuple[set[str], set[str], set[str]]] = {
    "administrator": (EVERY, {"archived"}, EVERY),
    "transfer_manager": (EVERY, {"archived"}, EVERY),
    "reviewer": (REVIEWED, set(), REVIEWED - {"anonymous"}),
    "owner": (EVERY, {"archived"}, EVERY),
    "enterprise": (OPEN, set(), KNOWN),
    "institute": (OPEN, set(), KNOWN),
    "sister": (OPEN, set(), KNOWN),
    "visitor": (OPEN, set(), KNOWN),
    "no role": (OPEN, set(), KNOWN),
    "deactivated": (OPEN, set(), KNOWN),
    "nobody": (OPEN, set(), KNOWN),
}
SECRET = owner("示例隐名精密有限公司", aliases=("隐名精密",), district="示例市示例区示例路 8 号",
               parent="示例隐名集团", size="small", kind="enterprise")  # fmt: skip


@pytest.fixture
def people(store: Store) -> dict[str, int]:
    """The records of NEEDS, and a user for each line of MATRIX; user name → id."""
    with store.writing() as session:
        boss = user(session, "administrator")
        for code, changes in NEEDS.items():
            text = "隐名精密需要传感器" if code == "anonymous" else "需要传感器"
            record = need(code, problem=text, organisation=SECRET, **changes)
            row = create(session, record, boss)
        archive(session, Need, row.id, boss)
        ours = session.get_one(Organisation, row.organisation_id or 0)
        create(session, need("other", status="draft", organisation=owner("示例别家")), boss)
        theirs = session.scalars(select(Organisation).where(Organisation.name == "示例别家")).one()
        sister = Organisation.from_record(owner("示例姐妹公司", parent="示例隐名集团"))
        session.add(sister)
        found = {
            "administrator": boss,
            "transfer_manager": user(session, "transfer_manager"),
            "reviewer": user(session, "reviewer", at=theirs, name="r"),
            "owner": user(session, "enterprise", at=ours, name="o"),
            "enterprise": user(session, "enterprise", at=theirs, name="e"),
            "institute": user(session, "institute", at=theirs, name="i"),
            "sister": user(session, "enterprise", at=sister, name="s"),
            "visitor": user(session, "visitor", at=ours, name="v"),
            "no role": user(session, at=ours, name="n"),
            "deactivated": user(session, "administrator", at=ours, name="d"),
        }
        found["deactivated"].active = False
        session.flush()
        return {name: row.id for name, row in found.items()}


def test_the_matrix(store: Store, people: dict[str, int]) -> None:
    with store.reading() as session:
        for name in MATRIX:
            check_line(session, name, session.get(User, people.get(name, 0)))


def check_line(session: Session, name: str, viewer: User | None) -> None:
    seen, archived, known = MATRIX[name]
    other = name in ("enterprise", "institute") or Viewer.of(viewer).staff
    mine = {"other"} if other else set()
    rows = session.scalars(visible_needs(session, viewer)).unique().all()
    assert {row.code for row in rows} == seen | mine, name
    away = session.scalars(visible_needs(session, viewer, archived=True)).unique()
    assert {row.code for row in away} == archived, name
    shown = shown_records(session, rows, viewer)
    for row in session.scalars(select(Need)).unique():
        visible = row.code in seen | archived | mine
        assert may_see(session, row, viewer) == visible, (name, row.code)
        assert (find(session, Need, row.id, viewer) is row) == visible
        record = shown_record(session, row, viewer)
        assert (record is not None) == visible
        if record is None or row.code in archived | mine:
            continue
        assert shown[row.id] == record
        assert may_see_owner(session, row, viewer) == (row.code in known), (name, row.code)
        if row.code in known:
            assert record == row.to_record()
        else:
            assert record.organisation is not None
            assert record.organisation.name == HIDDEN
            assert "隐名" not in str(record)
            assert "示例路" not in str(record)


def test_no_filter_tells_whose_a_hidden_record_is(store: Store, people: dict[str, int]) -> None:
    with store.reading() as session:
        row = session.scalars(select(Need).where(Need.code == "anonymous")).unique().one()
        telling = (
            Filters(text="隐名精密"), Filters(text="示例隐名精密有限公司"),
            Filters(region="示例路"), Filters(organisation_id=row.organisation_id),
        )  # fmt: skip
        for name, (_, _, known) in MATRIX.items():
            viewer = session.get(User, people.get(name, 0))
            for filters in telling:
                found = session.scalars(select_list(Need, viewer, filters)).unique()
                told = "anonymous" in {row.code for row in found}
                assert told == ("anonymous" in known), (name, filters)
            harmless = select_list(Need, viewer, Filters(text="传感器 anonymous"))
            assert [row.code for row in session.scalars(harmless).unique()] == ["anonymous"]


def test_who_may_edit(store: Store, people: dict[str, int]) -> None:
    with store.reading() as session:
        row = session.scalars(select(Need).where(Need.code == "public")).unique().one()
        allowed = {n for n in MATRIX if may_edit(row, session.get(User, people.get(n, 0)))}
    assert allowed == {"administrator", "transfer_manager", "owner"}


def test_an_enterprise_without_an_organisation_sees_what_it_wrote(store: Store) -> None:
    with store.writing() as session:
        lone, other = (user(session, "enterprise", name=name) for name in ("a", "b"))
        row = create(session, need(confidentiality="private"), lone)
        assert may_see(session, row, lone)
        assert may_edit(row, lone)
        assert not may_see(session, row, other)
        assert not may_edit(row, other)
        assert list_page(session, Need, lone, Filters(own=True)).total == 1
        assert list_page(session, Need, other, Filters(own=True)).total == 0
        assert list_page(session, Need, None, Filters(own=True)).total == 0


@pytest.fixture
def pair(store: Store) -> int:
    """A match between an anonymous need of one and an anonymous capability of another."""
    asks = need(confidentiality="anonymous", status="matched", organisation=SECRET)
    offers = capability(confidentiality="anonymous", organisation=full_owner())
    with store.writing() as session:
        create(session, asks, None)
        create(session, offers, None)
        for place, name in enumerate(("asks", "offers"), start=1):
            at = session.get_one(Organisation, place)
            user(session, "enterprise" if name == "asks" else "institute", at=at, name=name)
        user(session, "reviewer")
        match = Match(asks, offers, 1, 1.0, (), (), (), (), (), ())
        run = Run((MatchList(asks, (match,)),), Provenance("1", "r", "e", "f", "w", "2026-11-22"))
        ids = ids_of(session, "need", ["N001"]), ids_of(session, "capability", ["C001"])
        save_run(session, run, None, need_ids=ids[0], capability_ids=ids[1])
        return session.scalars(select(models.Match.id)).one()


def test_both_owners_see_each_other_when_both_have_accepted(store: Store, pair: int) -> None:
    def state() -> tuple[bool, bool, bool]:
        with store.reading() as session:
            people = {row.name: row for row in session.scalars(select(User))}
            asks = session.scalars(select(Need)).unique().one()
            offers = session.scalars(select(models.Capability)).unique().one()
            return (
                may_see_owner(session, asks, people["offers"]),
                may_see_owner(session, offers, people["asks"]),
                may_see(session, asks, people["offers"]),
            )

    def say(side: Any, verdict: Any) -> None:
        with store.writing() as session:
            reason = "price" if verdict == "decline" else None
            decide(session, pair, None, verdict, side=side, reason=reason)

    assert state() == (False, False, False)
    say("staff", "accept")
    say("need", "accept")
    assert state() == (False, False, False)
    say("capability", "accept")
    assert state() == (True, True, True)
    with store.reading() as session:
        reviewer = session.scalars(select(User).where(User.name == "reviewer")).one()
        asks = session.scalars(select(Need)).unique().one()
        assert not may_see_owner(session, asks, reviewer)
        assert not may_see_owner(session, asks, None)
        assert both_accepted(session, asks.id, 1)
    say("need", "decline")
    assert state() == (False, False, False)


def test_a_match_is_seen_by_its_owners_the_office_and_reviewers(store: Store, pair: int) -> None:
    with store.writing() as session:
        asks = session.scalars(select(Need)).unique().one()
        asks.status = "published"
        user(session, "visitor", name="v")
        user(session, "transfer_manager", name="m")
        other = Organisation.from_record(owner("示例别家"))
        user(session, "enterprise", at=other, name="e")
    with store.reading() as session:
        seen = {
            row.name: len(session.scalars(visible_matches(row)).all())
            for row in session.scalars(select(User))
        }
        assert seen == {"asks": 1, "offers": 1, "reviewer": 1, "v": 0, "m": 1, "e": 0}
        assert session.scalars(visible_matches(None)).all() == []
        assert session.scalars(visible_capabilities(session, None)).unique().one().code == "C001"
