"""Edits: nobody's is lost, deleting is archiving, purging leaves nothing behind."""

from __future__ import annotations

import threading
from datetime import date, timedelta, timezone

import pytest
from sqlalchemy import MetaData, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from store_fixtures import TODAY, Child, capability, need, owner, user

from matcher import records
from matcher.errors import InputError
from matcher.results import Evidence, Match, MatchList, Provenance, Run, Span
from matcher.store import EditConflict, Store, models
from matcher.store.audit import entries_about
from matcher.store.deals import enter_stage, open_deal
from matcher.store.decisions import decide
from matcher.store.desk import save_draft
from matcher.store.editing import Codes, archive, create, load, new_code, restore, save
from matcher.store.models import AuditEntry, Capability, Deal, Decision, Need, User
from matcher.store.purging import purge
from matcher.store.revision import changes_since, current_revision, next_revision
from matcher.store.runs import ids_of, save_run


@pytest.fixture
def number(store: Store) -> int:
    """A stored need."""
    with store.writing() as session:
        return create(session, need(), user(session, "transfer_manager", name="小示")).id


def test_an_edit_is_saved_with_its_version_and_its_editor(store: Store, number: int) -> None:
    with store.writing() as session:
        editor = session.scalars(select(User)).one()
        row = save(session, Need, number, need(title="新标题", deadline=TODAY), 1, editor)
        assert (row.version, row.updated_by) == (2, editor)
    with store.reading() as session:
        row = session.get_one(Need, number)
        assert row.to_record() == need(title="新标题", deadline=TODAY)
        assert row.updated_at >= row.created_at
        [entry, first] = entries_about(session, "need", number)
        assert (first.action, entry.action) == ("need.create", "need.edit")
        assert entry.details == {"code": "N001", "fields": ["title", "deadline"]}


def test_saving_what_is_there_already_changes_nothing(store: Store, number: int) -> None:
    with store.writing() as session:
        before = current_revision(session)
        assert save(session, Need, number, need(), 1, None).version == 1
    with store.reading() as session:
        assert len(entries_about(session, "need", number)) == 1
        assert session.get_one(Need, number).changed_at_revision <= before


def test_the_second_of_two_editors_is_told_and_loses_nothing(store: Store, number: int) -> None:
    with store.reading() as first, store.reading() as second:
        seen = [session.get_one(Need, number).version for session in (first, second)]
    assert seen == [1, 1]
    with store.writing() as session:
        editor = session.scalars(select(User)).one()
        save(session, Need, number, need(problem="第一个人的修改"), 1, editor)
    with pytest.raises(EditConflict) as told, store.writing() as session:
        save(session, Need, number, need(problem="第二个人的修改"), 1, None)
    assert told.value.current == need(problem="第一个人的修改")
    assert told.value.version == 2
    assert told.value.changed_by == "小示"
    assert "小示" in told.value.zh
    # The pages show China's time too.
    when = told.value.changed_at.astimezone(timezone(timedelta(hours=8)))
    assert when.strftime("%Y-%m-%d %H:%M") in told.value.en
    with store.writing() as session:
        save(session, Need, number, need(problem="合并后的修改"), told.value.version, None)
    with store.reading() as session:
        assert session.get_one(Need, number).to_record().problem == "合并后的修改"


def test_two_who_save_at_the_same_moment_do_not_both_win(store: Store, number: int) -> None:
    ready, outcomes = threading.Barrier(2), []

    def edit(text: str) -> None:
        try:
            with store.writing() as session:
                ready.wait(10)
                save(session, Need, number, need(problem=text), 1, None)
            outcomes.append(text)
        except EditConflict as conflict:
            outcomes.append(conflict)

    threads = [threading.Thread(target=edit, args=(text,)) for text in ("甲", "乙")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    [winner] = [text for text in outcomes if isinstance(text, str)]
    [conflict] = [error for error in outcomes if isinstance(error, EditConflict)]
    assert conflict.current == need(problem=winner)


def test_even_a_careless_edit_cannot_overwrite_another(store: Store, number: int) -> None:
    with store.writing() as session:
        row = session.get_one(Need, number)
        session.connection().exec_driver_sql("UPDATE needs SET version = 9, title = 'x'")
        row.title = "y"
        with pytest.raises(StaleDataError):
            session.flush()
        session.rollback()


def test_two_processes_write_at_once_and_no_edit_is_lost(
    store: Store, url: str, number: int
) -> None:
    turns = 15
    writers = [
        Child("write_together", url, str(number), name, str(turns)) for name in ("甲", "乙")
    ]  # fmt: skip
    for process in writers:
        process.go()
    assert [process.end() for process in writers] == [("", 0)] * 2
    with store.reading() as session:
        words = session.get_one(Need, number).problem.split()
        added = {f"{name}{turn}" for name in ("甲", "乙") for turn in range(turns)}
        assert added <= set(words)
        assert session.get_one(Need, number).version == 1 + 2 * turns
        assert len(session.scalars(select(Need.code)).all()) == 1 + 2 * turns
        stamps = session.scalars(select(Need.changed_at_revision).where(Need.id != number)).all()
        assert len(set(stamps)) == len(stamps)


def test_a_code_is_used_once(store: Store, number: int) -> None:
    with pytest.raises(InputError, match="N001"), store.writing() as session:
        create(session, need(), None)
    with store.writing() as session:
        assert new_code(session, "need") == "N0002"
        assert new_code(session, "capability") == "C0001"
        create(session, need("N12"), None)
        create(session, need("N-13"), None)
        assert new_code(session, "need") == "N0013"
    with pytest.raises(InputError, match="200"), store.writing() as session:
        create(session, need("长" * 3000), None)


def test_codes_go_on_beyond_four_digits_and_never_meet_another(store: Store) -> None:
    with store.writing() as session:
        for code in ("N001", "N9998", "N9999"):
            create(session, need(code), None)
        assert new_code(session, "need") == "N10000"
        # A date or a serial number is nothing to count on from.
        for code in ("N20261125001", "N10001", "N99999999999999999999"):
            create(session, need(code), None)
        assert new_code(session, "need") == "N10002"
        for code in ("N9999999", "N10000000", "N10000001"):
            create(session, need(code), None)
        codes = Codes(session, "need", frozenset({"N10000003"}))
        assert [codes.next() for _ in range(3)] == ["N10000002", "N10000004", "N10000005"]


def test_archived_is_put_away_and_comes_back(store: Store, number: int) -> None:
    with store.writing() as session:
        assert archive(session, Need, number, None, 1).version == 2
        assert archive(session, Need, number, None).version == 2
    with pytest.raises(EditConflict), store.writing() as session:
        archive(session, Need, number, None, 1)
    with store.writing() as session:
        assert restore(session, Need, number, None).archived_at is None
        assert restore(session, Need, number, None).to_record() == need()
        actions = [entry.action for entry in entries_about(session, "need", number)]
    assert actions == ["need.restore", "need.archive", "need.create"]


@pytest.mark.parametrize("wrong", [4711, 0, -1, 2**31, 10**30])
def test_what_does_not_exist_is_a_sentence(store: Store, wrong: int) -> None:
    with pytest.raises(InputError, match="no such record"), store.writing() as session:
        load(session, Need, wrong)


SECRET = "绝密配方四氟化示例"


def everything(store: Store) -> str:
    """Return all the text in all the tables."""
    tables = MetaData()
    with store.engine.connect() as connection:
        tables.reflect(connection)
        return "\n".join(
            str(row) for table in tables.sorted_tables for row in connection.execute(table.select())
        )


def run_of(asks: records.Need, offers: records.Capability) -> Run:
    quote = Evidence(Span("problem", 0, 9, SECRET), Span("summary", 0, 4, "工作温度"), 0.5)
    match = Match(asks, offers, 1, 1.0, (), (quote,), (), (), (), ())
    return Run((MatchList(asks, (match,)),), Provenance("1", "r", "e", "f", "w", "2026-11-22"))


def test_purging_leaves_no_word_of_a_record_and_keeps_the_count(store: Store) -> None:
    secret = need(problem=SECRET, confidentiality="private", organisation=owner("示例甲公司"))
    with store.writing() as session:
        who = user(session, "administrator")
        row, other = create(session, secret, who), create(session, capability(), who)
        save_draft(session, who, "need", {"problem": SECRET}, str(row.id))
        ids = (ids_of(session, "need", ["N001"]), ids_of(session, "capability", ["C001"]))
        run = run_of(secret, capability())
        save_run(session, run, who, need_ids=ids[0], capability_ids=ids[1])
        match = session.scalars(select(models.Match.id)).one()
        decide(session, match, who, "accept", note=SECRET)
        deal = open_deal(session, match, who, TODAY)
        enter_stage(session, deal.id, "negotiation", date(2026, 12, 1), who, 1, note=SECRET)
        number, other_number = row.id, other.id
    assert SECRET in everything(store)
    with pytest.raises(InputError, match="archive it first"), store.writing() as session:
        purge(session, Need, number, None)
    with store.writing() as session:
        archive(session, Need, number, None)
    with store.writing() as session:
        before = current_revision(session)
        purge(session, Need, number, session.scalars(select(User)).one())
    left = everything(store)
    if store.path is not None:
        store.close()
        assert SECRET.encode() not in store.path.read_bytes()
    assert SECRET not in left
    assert "耐高温压力传感器芯片" not in left
    with store.reading() as session:
        assert session.scalars(select(Need)).all() == []
        assert [row.verdict for row in session.scalars(select(Decision))] == ["accept"]
        assert [row.stage for row in session.scalars(select(Deal))] == ["negotiation"]
        assert session.get_one(Capability, other_number).to_record() == capability()
        assert changes_since(session, before).removed == (("need", number),)
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last is not None
        assert (last.action, last.details, last.user_id) == ("need.purge", {"code": "N001"}, 1)


def test_the_log_never_holds_text_of_a_record(store: Store) -> None:
    with store.writing() as session:
        row = create(session, need(problem=SECRET, confidentiality="private"), None)
        save(session, Need, row.id, need(problem=SECRET + "改", confidentiality="private"), 1, None)
        archive(session, Need, row.id, None)
        restore(session, Need, row.id, None)
    with store.reading() as session:
        told = str([entry.details for entry in session.scalars(select(AuditEntry))])
    assert "绝密" not in told
    assert "problem" in told


def test_what_changed_since_a_revision_is_found_and_nothing_else(store: Store) -> None:
    with store.writing() as session:
        numbers = [create(session, need(f"N{i}", organisation=owner()), None).id for i in (1, 2)]
        create(session, capability(organisation=owner("示例乙公司")), None)
    with store.reading() as session:
        every = changes_since(session, 0)
        assert [len(every.needs), len(every.capabilities), every.complete] == [2, 1, True]
    with store.writing() as session:
        save(session, Need, numbers[1], need("N2", title="改"), 1, None)
        archive(session, Need, numbers[0], None)
    with store.reading() as session:
        later = changes_since(session, every.revision, every.epoch)
        assert {row.id for row in later.needs} == set(numbers)
        assert (later.capabilities, later.complete) == ((), False)
        nothing = changes_since(session, later.revision, later.epoch)
        assert (nothing.needs, nothing.revision) == ((), later.revision)
    with store.writing() as session:
        session.get_one(Need, numbers[1]).organisation.district = "示例区"  # type: ignore[union-attr]
    with store.reading() as session:
        moved = changes_since(session, later.revision, later.epoch)
        assert {row.id for row in moved.needs} == set(numbers)
        assert moved.capabilities == ()


def test_another_history_means_beginning_anew(store: Store) -> None:
    with store.writing() as session:
        create(session, need(), None)
    with store.reading() as session:
        now = changes_since(session, 0)
        assert changes_since(session, now.revision, "another").complete
        assert changes_since(session, now.revision + 5, now.epoch).complete


def test_a_transaction_that_fails_takes_its_revision_back(store: Store) -> None:
    def fail(session: Session) -> None:
        with session.begin_nested():
            assert next_revision(session) == before + 1
            raise ZeroDivisionError

    with store.reading() as session:
        before = current_revision(session)
    with pytest.raises(ZeroDivisionError), store.writing() as session:
        fail(session)
    with store.writing() as session:
        with pytest.raises(ZeroDivisionError):
            fail(session)
        assert next_revision(session) == before + 1
        assert next_revision(session) == before + 1
    with store.writing() as session:
        assert next_revision(session) == before + 2
