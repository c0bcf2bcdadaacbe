"""Runs come back as they were; decisions pile up and the last counts; deals move through stages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from store_fixtures import TODAY, capability, full_capability, full_need, need, user

from matcher import taxonomy
from matcher.errors import InputError
from matcher.results import (
    Coverage,
    Duplicate,
    Evidence,
    Excluded,
    Fit,
    IndicatorCheck,
    Leg,
    Match,
    MatchList,
    Provenance,
    Rejection,
    Run,
    Span,
)
from matcher.store import EditConflict, Store, models
from matcher.store.audit import entries_about
from matcher.store.deals import close_deal, deals_by_stage, enter_stage, open_deal, reopen_deal
from matcher.store.decisions import Judgement, current_decisions, decide, judgements
from matcher.store.editing import create, save
from matcher.store.models import Deal, Decision, Need, Snapshot
from matcher.store.runs import ids_of, load_lists, load_match, load_run, save_run

QUOTE = Evidence(Span("title", 0, 4, "高温压力"), Span("title", 0, 3, "SiC"), 0.1 + 0.2)
FULL = Match(
    need=full_need(), capability=full_capability(), rank=1, score=1 / 3, probability=0.7,
    legs=(Leg("dense", 3, 0.123456789, 0.25), Leg("crowding", None, None, -1e-17)),
    evidence=(QUOTE, QUOTE),
    coverage=(Coverage(Span("indicators", 0, 6, "≥200 ℃"), QUOTE),
              Coverage(Span("problem", 0, 2, "漂移"), None)),
    indicators=(
        IndicatorCheck(Span("indicators", 0, 6, "≥200 ℃"), Span("indicators", 0, 5, "500 ℃"), "met",
                       "≥ 200 °C", "500 °C"),
        IndicatorCheck(Span("indicators", 0, 6, "≥200 ℃"), None, "not_stated", "≥ 200 °C", ""),
    ),
    fits=(Fit("trl", True, "6", "7"), Fit("region", False, "陕西", "示例市")),
    missing=("budget", "capacity"),
)  # fmt: skip
BARE = Match(need(), capability(), 1, 0.0, (), (), (), (), (), ())
RUN = Run(
    lists=(
        MatchList(full_need(), (FULL, replace(FULL, capability=capability(), rank=2)),
                  (Excluded("kind", 3),), "", (replace(FULL, rank=3, probability=None),)),
        MatchList(need(), (BARE,)),
        MatchList(need("空"), (), (), "below_threshold"),
    ),
    provenance=Provenance("0.2.0", "abc", "e5", "fp", "w1", "2026-11-22", "cal"),
    needs_file="需求.xlsx", capabilities_file="成果.csv",
    rejections=(Rejection("f", "s", 3, "列", "原因", "why", "值"),),
    duplicates=(Duplicate("N1", "N2", 0.875, "need"), Duplicate("C1", "C2", 1.0)),
    need_count=3, capability_count=9,
)  # fmt: skip


def saved(store: Store, run: Run = RUN, *, linked: bool = False) -> int:
    """Store a run, linked to records of the store or not; return its id."""
    with store.writing() as session:
        ids = None, None
        if linked:
            ids = ids_of(session, "need", ["N001"]), ids_of(session, "capability", ["C001"])
        return save_run(session, run, None, need_ids=ids[0], capability_ids=ids[1]).id


def test_a_run_comes_back_as_it_was(store: Store) -> None:
    number = saved(store)
    with store.reading() as session:
        found = load_run(session, session.get_one(models.Run, number))
        match = session.scalars(select(models.Match).order_by(models.Match.id)).first()
        assert match is not None
        assert load_match(match) == FULL
    assert replace(found, records=()) == RUN
    kept = {(record.record, record.id) for record in found.records}
    assert kept == {("need", "需求-1"), ("need", "N001"), ("need", "空"), ("capability", "C/1"),
                    ("capability", "C001")}  # fmt: skip


def test_a_run_of_the_other_direction_comes_back_too(store: Store) -> None:
    run = replace(RUN, lists=(MatchList(capability(), (BARE,)),))
    number = saved(store, run)
    with store.reading() as session:
        assert load_lists(session, number) == list(run.lists)


def test_a_record_is_kept_as_the_run_saw_it_and_once_for_all_runs(store: Store) -> None:
    with store.writing() as session:
        row = create(session, need(), None)
        create(session, capability(), None)
    first = saved(store, linked=True)
    with store.reading() as session:
        count = session.scalar(select(func.count(Snapshot.id)))
    saved(store, linked=True)
    with store.writing() as session:
        save(session, Need, row.id, need(title="后来的标题"), 1, None)
    with store.reading() as session:
        assert session.scalar(select(func.count(Snapshot.id))) == count
        match = session.scalars(select(models.Match).where(models.Match.need_id == row.id)).first()
        assert match is not None
        assert match.need is not None
        assert match.need.title == "后来的标题"
        assert load_match(match).need == need()
        assert load_lists(session, first)[1].matches == (BARE,)


def test_equal_codes_in_a_file_are_not_linked_to_the_store(store: Store) -> None:
    with store.writing() as session:
        create(session, need(), None)
    saved(store)
    with store.reading() as session:
        assert set(session.scalars(select(models.Match.need_id))) == {None}
    saved(store, linked=True)
    with store.reading() as session:
        assert set(session.scalars(select(models.Match.need_id))) == {None, 1}


@pytest.fixture
def match(store: Store) -> int:
    """A match between two records of the store."""
    with store.writing() as session:
        create(session, need(), None)
        create(session, capability(), None)
    saved(store, replace(RUN, lists=(MatchList(need(), (BARE,)),)), linked=True)
    with store.reading() as session:
        return session.scalars(select(models.Match.id)).one()


def test_the_last_word_counts_and_none_is_lost(store: Store, match: int) -> None:
    with store.writing() as session:
        who = user(session, "transfer_manager")
        decide(session, match, who, "later", note="再等等")
        decide(session, match, who, "decline", reason="price", note="太贵")
        decide(session, match, who, "accept", side="need")
    with store.reading() as session:
        current = current_decisions(session, [match])[match]
        assert {side: row.verdict for side, row in current.items()} == {
            "staff": "decline", "need": "accept",
        }  # fmt: skip
        assert current["staff"].note == "太贵"
        rows = session.get_one(models.Match, match).decisions
        assert [row.verdict for row in rows] == ["later", "decline", "accept"]
        assert all(
            "贵" not in str(entry.details) for entry in entries_about(session, "match", match)
        )


def test_a_decision_holds_for_the_same_two_in_a_later_run(store: Store, match: int) -> None:
    with store.writing() as session:
        decide(session, match, None, "accept")
    saved(store, replace(RUN, lists=(MatchList(need(), (BARE,)),)), linked=True)
    with store.reading() as session:
        numbers = session.scalars(select(models.Match.id).order_by(models.Match.id)).all()
        found = current_decisions(session, numbers)
    assert [found[number]["staff"].verdict for number in numbers] == ["accept", "accept"]


def test_a_match_of_no_stored_record_is_decided_by_itself(store: Store) -> None:
    saved(store)
    with store.writing() as session:
        numbers = session.scalars(select(models.Match.id).order_by(models.Match.id)).all()
        decide(session, numbers[0], None, "later")
        found = current_decisions(session, numbers)
        assert [list(found[number]) for number in numbers] == [["staff"], [], [], []]
        assert judgements(session) == []


def test_a_decline_takes_a_reason_from_the_list(store: Store, match: int) -> None:
    for verdict, reason in (("decline", None), ("decline", "贵"), ("accept", "price")):
        with pytest.raises(InputError, match="has_supplier"), store.writing() as session:
            decide(session, match, None, verdict, reason=reason)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no such match"), store.writing() as session:
        decide(session, 4711, None, "accept")
    with store.writing() as session:
        for reason in taxonomy.terms("decline_reasons"):
            decide(session, match, None, "decline", reason=reason)
    with store.reading() as session:
        assert session.scalar(select(func.count(Decision.id))) == 9


def test_decisions_are_exported_for_learning(store: Store, match: int) -> None:
    with store.writing() as session:
        first = decide(session, match, None, "accept", note="联系示例张工")
        last = decide(session, match, None, "decline", reason="irrelevant")
    with store.reading() as session:
        assert judgements(session) == [
            Judgement("N001", "C001", "decline", "irrelevant", "staff", last.decided_at)
        ]
        assert [row.decision for row in judgements(session, superseded=True)] == [
            "accept", "decline",
        ]  # fmt: skip
        assert judgements(session, superseded=True)[0].decided_at == first.decided_at


def test_a_deal_moves_through_its_stages(store: Store, match: int) -> None:
    with pytest.raises(InputError, match="accept it first"), store.writing() as session:
        open_deal(session, match, None, TODAY)
    with store.writing() as session:
        who = user(session, "transfer_manager", name="小示")
        decide(session, match, who, "accept")
        deal = open_deal(session, match, who, TODAY)
        assert open_deal(session, match, who, TODAY) is deal
        assert deals_by_stage(session)["partner_selection"] == 1
    with store.writing() as session:
        moved = enter_stage(session, deal.id, "negotiation", TODAY + timedelta(9), who, 1, "见面")
        assert (moved.stage, moved.version) == ("negotiation", 2)
        # The same stage once more is another line in the log.
        # It may have begun before the pair was accepted here.
        before = TODAY - timedelta(1)
        assert enter_stage(session, deal.id, "negotiation", before, who, 2).version == 3
    for stage, day in (
        ("financing", TODAY + timedelta(8)), ("negotiation", date(1999, 12, 31)),
    ):  # fmt: skip
        with pytest.raises(InputError, match="before"), store.writing() as session:
            enter_stage(session, deal.id, stage, day, who, 3)
    for amount, day in ((80, None), (None, TODAY), (80, date(202, 1, 1))):
        with pytest.raises(InputError), store.writing() as session:
            close_deal(session, deal.id, who, 3, amount, day)
    with pytest.raises(EditConflict, match="小示"), store.writing() as session:
        enter_stage(session, deal.id, "financing", TODAY, None, 1)
    for stage, number in (("没有", deal.id), ("financing", 99)):
        with pytest.raises(InputError), store.writing() as session:
            enter_stage(session, number, stage, TODAY, None, 3)
    with store.writing() as session:
        closed = close_deal(session, deal.id, who, 3, 5_000_000_000_000, date(2027, 1, 1))
        assert closed.version == 4
    with pytest.raises(InputError, match="closed"), store.writing() as session:
        enter_stage(session, deal.id, "financing", TODAY, who, 4)
    with pytest.raises(InputError, match="closed"), store.writing() as session:
        close_deal(session, deal.id, who, 4)
    with store.writing() as session:
        assert reopen_deal(session, deal.id, who, 4).closed_at is None
        close_deal(session, deal.id, who, 5, 5_000_000_000_000, date(2027, 1, 1))
    for verdict, reason in (("decline", "price"), ("later", None)):
        with pytest.raises(InputError, match="signed a contract"), store.writing() as session:
            decide(session, match, who, verdict, reason=reason)  # type: ignore[arg-type]
    with store.reading() as session:
        row = session.get_one(Deal, deal.id)
        assert (row.contract_amount, row.closed_at is None) == (5_000_000_000_000, False)
        assert [(line.stage, line.note) for line in row.stages] == [
            ("partner_selection", ""), ("negotiation", "见面"), ("negotiation", ""),
        ]  # fmt: skip
        assert row.stages[1].entered_on == TODAY + timedelta(9)
        assert deals_by_stage(session) == dict.fromkeys(taxonomy.terms("stages"), 0)
        assert len(deals_by_stage(session)) == 8
