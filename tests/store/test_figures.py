"""Figures are counted from the records, and each reader's from what he may see."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session
from store_fixtures import capability, need, owner, proposed, user

from matcher.store import Store
from matcher.store.deals import close_deal, open_deal
from matcher.store.decisions import decide
from matcher.store.editing import archive, create
from matcher.store.indicators import Figures, Line, count_figures
from matcher.store.models import Match, Need, Organisation, User

ZONE = ZoneInfo("Asia/Shanghai")
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
EAST, WEST = owner("示例东公司", district="东区"), owner("示例西大学", district="西区")


def filled(session: Session) -> tuple[User, list[Match]]:
    """Write a year's work: three needs, two capabilities, two matches."""
    who = user(session, "transfer_manager")
    day = {"created_at": date(2026, 2, 3)}
    first = create(session, need("N1", organisation=EAST, fields=("textiles",), **day), who)
    create(
        session, need("N2", organisation=EAST, confidentiality="private", kind="talent", **day), who
    )
    create(session, need("N3", organisation=WEST, status="draft", **day), who)
    gone = create(session, need("N4", organisation=WEST, **day), who)
    archive(session, Need, gone.id, who)
    good = create(
        session,
        capability("C1", organisation=WEST, fields=("textiles", "new_materials"), trl=7,
                   ip_status="granted", created_at=date(2026, 5, 6)),
        who,
    )  # fmt: skip
    hidden = create(
        session,
        capability("C2", organisation=WEST, confidentiality="anonymous", kind="team",
                   valid_until=date(2026, 6, 1), created_at=date(2025, 12, 31)),
        who,
    )  # fmt: skip
    return who, [proposed(session, first.id, other.id) for other in (good, hidden)]


def figures(store: Store, *roles: str, since: date = YEAR[0], until: date = YEAR[1]) -> Figures:
    with store.writing() as session:
        who = user(session, *roles) if roles else None
        found = count_figures(session, who, since, until, ZONE, date(2026, 11, 22))
        session.rollback()
    return found


def test_every_figure_is_counted(store: Store) -> None:
    with store.writing() as session:
        who, (one, two) = filled(session)
        # Matched once more: still one pair.
        proposed(session, one.need_id or 0, one.capability_id or 0, 2)
        decide(session, one.id, who, "later")
        decide(session, one.id, who, "accept")
        decide(session, one.id, who, "accept", side="need")
        decide(session, two.id, who, "decline", reason="price")
        deal = open_deal(session, one.id, who, date(2026, 4, 1))
        close_deal(session, deal.id, who, 1, 300_000, date(2026, 8, 9))
    year = date.today().year
    found = figures(store, "administrator", until=date(year, 12, 31))
    values = found.values
    assert (values["needs"], values["talent_needs"], values["needs_open"]) == (2, 1, 2)
    assert (values["capabilities"], values["mature"], values["granted"]) == (1, 1, 1)
    assert values["pairs"] == 2
    assert (values["accept"], values["decline"], values["later"]) == (2, 1, 0)
    assert (values["deals"], values["contracts"], values["amount"]) == (1, 1, 300_000)
    assert (values["across"], values["ended"], values["organisations"]) == (1, 0, 2)
    assert sum(found.stages.values()) == 0
    assert found.by_field["textiles"] == Line(1, 1, 1, 1, 1, 300_000)
    assert found.by_field["new_materials"].capabilities == 1
    assert found.by_field[""].needs == 1
    assert list(found.by_field)[-1] == ""
    assert found.by_district["东区"].amount == 300_000
    assert found.by_district["西区"].capabilities == 1
    assert found.by_quarter[2026, 1].needs == 2
    assert found.by_quarter[2026, 3].contracts == 1


def test_a_pair_that_one_side_declines_is_not_an_accepted_pair(store: Store) -> None:
    with store.writing() as session:
        who, (one, two) = filled(session)
        for match in (one, two):
            decide(session, match.id, who, "accept", side="need")
        decide(session, one.id, who, "decline", reason="price", side="capability")
    found = figures(store, "administrator", until=date(date.today().year, 12, 31))
    assert (found.values["accept"], found.values["decline"]) == (2, 1)
    assert sum(line.accepted for line in found.by_district.values()) == 1


def test_a_period_takes_its_days_and_no_others(store: Store) -> None:
    with store.writing() as session:
        filled(session)
    both = figures(store, "administrator", since=date(2025, 12, 31), until=date(2025, 12, 31))
    assert both.values["capabilities"] == 1
    assert both.values["capabilities_open"] == 0
    assert both.values["needs"] == 0
    empty = figures(store, "administrator", since=date(1999, 1, 1), until=date(1999, 1, 2))
    assert set(empty.values.values()) <= {0, 1}
    assert empty.by_field == empty.by_quarter == {}


def test_an_empty_database_gives_zeros(store: Store) -> None:
    found = figures(store, "transfer_manager")
    assert found.values.pop("managers") == 1
    assert set(found.values.values()) == {0}


def test_no_small_count_tells_of_what_a_reader_may_not_see(store: Store) -> None:
    with store.writing() as session:
        who, (one, _) = filled(session)
        decide(session, one.id, who, "accept")
        open_deal(session, one.id, who, date(2026, 4, 1))
    before = {}
    for role in ("reviewer", "visitor", "enterprise", "institute", ""):
        found = figures(store, *((role,) if role else ()), since=date(2025, 1, 1))
        before[role] = found
        assert found.values["needs"] == 1
        assert found.values["talent_needs"] == 0
        assert not {"pairs", "accept", "deals", "amount", "managers"} & set(found.values)
        assert found.stages == {}
        lines = [*found.by_field.values(), *found.by_district.values(), *found.by_quarter.values()]
        assert all(line.accepted == line.deals == line.amount == 0 for line in lines)
    assert before["reviewer"].values["capabilities"] == 2
    assert before["visitor"].values["capabilities"] == 1
    # The owner of an anonymous record is counted for nobody outside the office.
    with store.writing() as session:
        hidden = need("N9", organisation=owner("示例不愿透露"), confidentiality="anonymous",
                      created_at=date(2026, 2, 3))  # fmt: skip
        create(session, hidden, None)
        secret = capability("C9", confidentiality="private", created_at=date(2026, 2, 3))
        create(session, secret, None)
    for role, known in before.items():
        found = figures(store, *((role,) if role else ()), since=date(2025, 1, 1))
        assert found.values["organisations"] == known.values["organisations"]
        assert found.values["capabilities"] == known.values["capabilities"]
        assert found.values["needs"] == 2


def test_the_district_of_a_hidden_owner_is_told_as_its_records_tell_it(store: Store) -> None:
    street = "江苏省苏州市工业园区星湖街328号创意园5栋"
    hidden = (
        owner("示例不愿透露", district=street),
        owner("示例海晏有限公司", district="示例海晏有限公司园区"),
    )
    with store.writing() as session:
        for place, party in enumerate(hidden):
            common = {"organisation": party, "confidentiality": "anonymous",
                      "created_at": date(2026, 2, 3)}  # fmt: skip
            create(session, need(f"N{place}", **common), None)
            create(session, capability(f"C{place}", **common), None)
        member = user(session, "enterprise", at=session.get_one(Organisation, 1), name="mine")
        mine = count_figures(session, member, *YEAR, ZONE)
    for role in ("reviewer", "enterprise", ""):
        found = figures(store, *((role,) if role else ()))
        assert not any("星湖街" in name or "海晏" in name for name in found.by_district)
        assert found.by_district["江苏省苏州市工业园区"].needs == 1
        assert found.values["needs"] == sum(line.needs for line in found.by_district.values()) == 2
        assert found.values["organisations"] == 0
    # The owner itself and the office read what was written.
    assert mine.by_district[street].capabilities == 1
    assert figures(store, "transfer_manager").by_district[street].needs == 1


def test_own_private_records_count_for_their_owner(store: Store) -> None:
    with store.writing() as session:
        filled(session)
        row = session.scalars(select(Need).where(Need.code == "N2")).one()
        mine = user(session, "enterprise", at=row.organisation, name="mine")
        found = count_figures(session, mine, *YEAR, ZONE)
        assert found.values["needs"] == 2
