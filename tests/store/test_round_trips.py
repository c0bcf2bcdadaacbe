"""A record comes back from the database as it went in, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from store_fixtures import ROOT, capability, full_capability, full_need, full_owner, need

from matcher import records
from matcher.errors import MatcherError
from matcher.ingest import read_capabilities, read_needs
from matcher.store import Store
from matcher.store.columns import UTCDateTime, storable, to_json
from matcher.store.models import Capability, Need, Organisation, StoredSetting

SAMPLE = ROOT / "data" / "sample"


def through(store: Store, record: records.Offer) -> records.Offer:
    """Store a record, forget everything, and read it back."""
    with store.writing() as session:
        owner = record.organisation and Organisation.from_record(record.organisation)
        model = Need if isinstance(record, records.Need) else Capability
        row = model.from_record(record, owner)
        session.add(row)
        session.flush()
        number = row.id
    with store.reading() as session:
        found: records.Offer = session.get_one(model, number).to_record()
        return found


@pytest.mark.parametrize("record", [full_need(), full_capability(), need(), capability()],
                         ids=["need", "capability", "bare need", "bare capability"])  # fmt: skip
def test_every_field_survives(store: Store, record: records.Offer) -> None:
    assert through(store, record) == record


def test_every_field_is_filled_in_the_full_records() -> None:
    for record in (full_need(), full_capability(), full_owner()):
        for name, info in type(record).model_fields.items():
            assert getattr(record, name) != info.default, name


def test_the_whole_sample_survives(store: Store) -> None:
    offers = (*read_needs(SAMPLE / "needs.csv").records,
              *read_capabilities(SAMPLE / "capabilities.csv").records)  # fmt: skip
    with store.writing() as session:
        for record in offers:
            owner = record.organisation and Organisation.from_record(record.organisation)
            model = Need if isinstance(record, records.Need) else Capability
            session.add(model.from_record(record, owner))
    with store.reading() as session:
        needs = session.scalars(select(Need).order_by(Need.id)).unique()
        capabilities = session.scalars(select(Capability).order_by(Capability.id)).unique()
        found = [row.to_record() for row in (*needs, *capabilities)]
    assert found == list(offers)


TEXT = st.text(max_size=30)
DATES = st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31))
AMOUNT = st.none() | st.integers(0, 2**63 - 1)


@st.composite
def needs(draw: st.DrawFn) -> records.Need:
    low, high = draw(AMOUNT), draw(AMOUNT)
    if low is not None and high is not None:
        low, high = min(low, high), max(low, high)
    money = None if low is None and high is None else records.Money(low=low, high=high)
    return records.Need(
        id="x" + draw(TEXT), title="标题" + draw(TEXT), problem=draw(TEXT), budget=money,
        keywords=tuple(draw(st.lists(TEXT, max_size=5))), deadline=draw(DATES),
        created_at=draw(DATES), trl_min=draw(st.none() | st.integers(1, 9)),
        regions=tuple(draw(st.lists(TEXT, max_size=3))),
    )  # fmt: skip


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(record=needs())
def test_any_record_survives_but_for_what_no_database_can_hold(
    store: Store, record: records.Need
) -> None:
    with store.writing() as session:
        session.execute(Need.__table__.delete())
    expected = record.model_validate_json(storable(to_json(record.model_dump(mode="json"))))
    assert through(store, record) == expected


@pytest.mark.parametrize("changes", [{"budget": records.Money(low=2**63)}])
def test_a_number_that_no_database_can_hold_is_refused(
    store: Store, changes: dict[str, object]
) -> None:
    with pytest.raises(MatcherError, match="budget"):
        through(store, need(**changes))


@pytest.mark.parametrize("value", ["\x00", "a\ud800b", ["\x00", {"\x00k": "\udfff"}], "\\u0000"])
def test_json_never_holds_what_a_database_refuses(store: Store, value: object) -> None:
    with store.writing() as session:
        session.add(StoredSetting(key="k", value=value))
    with store.reading() as session:
        found = session.get_one(StoredSetting, "k").value
    assert "\x00" not in str(found)
    assert value != "\\u0000" or found == value


def test_moments_are_kept_in_utc(store: Store) -> None:
    beijing = timezone(timedelta(hours=8))
    day = datetime(2026, 1, 1)
    given_times = [day.replace(hour=8, tzinfo=beijing), day, day.replace(tzinfo=UTC)]
    for number, moment in enumerate(given_times):
        with store.writing() as session:
            row = Need.from_record(need(f"N{number}"), None)
            row.archived_at = moment
            session.add(row)
    with store.reading() as session:
        found = session.scalars(select(Need.archived_at)).all()
    assert found == [datetime(2026, 1, 1, tzinfo=UTC)] * 3
    assert UTCDateTime().process_result_value(None, store.engine.dialect) is None
