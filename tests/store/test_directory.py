"""The office's list of organisations, and the log's filters and pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select
from store_fixtures import capability, full_owner, need, owner, user

from matcher.errors import InputError
from matcher.store import Store
from matcher.store.audit import LogFilters, log_entries, log_page
from matcher.store.directory import (
    Holding,
    add_organisation,
    filled_by,
    holdings,
    organisations_page,
)
from matcher.store.editing import create
from matcher.store.models import AuditEntry, Organisation
from matcher.store.parties import possible_duplicates
from matcher.store.revision import next_revision
from matcher.store.status import facts_of

_COLUMNS = ["at", "user_id", "action", "record_kind", "record_id", "details"]


def test_the_list_finds_by_name_alias_and_code(store: Store) -> None:
    with store.writing() as session:
        for record in (full_owner(), owner("示例精工有限公司"), owner("另一家（示例）公司")):
            add_organisation(session, record, None)
    with store.reading() as session:
        for text in ("示例大学", "EU", "91610000ma6txxxx0", "ｅｘａｍｐｌｅ University"):
            assert [r.name for r in organisations_page(session, text).rows] == [full_owner().name]
        assert organisations_page(session, "没有的").total == 0
        assert organisations_page(session, "（").total == 2
        assert organisations_page(session, "\x00").total == 0
        assert organisations_page(session, "", "university").total == 1
        last = organisations_page(session, "", None, 99, 2)
        assert (last.number, last.total, len(last.rows)) == (2, 3, 1)


def test_the_same_organisation_is_not_added_twice(store: Store) -> None:
    with store.writing() as session:
        add_organisation(session, full_owner(), None)
    other_name = full_owner().model_copy(update={"name": "乙"})
    for again in (owner("示例大学 (Example University)"), other_name):
        with store.writing() as session, pytest.raises(InputError):
            add_organisation(session, again, None)


def test_what_an_organisation_holds_and_what_a_merge_fills(store: Store) -> None:
    with store.writing() as session:
        keep = create(session, need(organisation=owner()), None).organisation
        gone = create(session, capability(organisation=full_owner()), None).organisation
        assert keep is not None
        assert gone is not None
        user(session, "enterprise", at=keep)
        found = holdings(session, [keep.id, gone.id])
        assert found == {keep.id: Holding(needs=1, users=1), gone.id: Holding(capabilities=1)}
        assert "district" in filled_by(keep, gone)
        assert filled_by(gone, keep) == []


def test_possible_duplicates_are_found_among_many(store: Store) -> None:
    with store.writing() as session:
        next_revision(session)
        for number in range(50):
            session.add(Organisation.from_record(owner(f"示例第{number}公司")))
        session.add(Organisation.from_record(owner("示例第 7 公司")))
        session.add(Organisation.from_record(owner("别的", aliases=("示例第9公司", "—"))))
        session.flush()
        pairs = [(pair.first.name, pair.second.name) for pair in possible_duplicates(session)]
    assert pairs == [("示例第7公司", "示例第 7 公司"), ("示例第9公司", "别的")]


def test_the_log_is_filtered_and_paged_among_a_hundred_thousand(store: Store) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with store.writing() as session:
        who = user(session, "administrator").id
        session.execute(
            insert(AuditEntry),
            [
                {"at": start + timedelta(minutes=n), "user_id": who if n % 4 == 0 else None,
                 "action": "need.edit" if n % 5 == 0 else "run",
                 "record_kind": "need" if n % 5 == 0 else None,
                 "record_id": n % 7 if n % 5 == 0 else None, "details": {}}
                for n in range(1000)
            ],
        )  # fmt: skip
        for _ in range(7):
            again = select(*(getattr(AuditEntry, name) for name in _COLUMNS))
            session.execute(insert(AuditEntry).from_select(_COLUMNS, again))
    with store.reading() as session:
        first = log_page(session, LogFilters(), 1, 100)
        last = log_page(session, LogFilters(), 10**6, 100)
        assert (first.total, first.count, last.number) == (128_000, 1280, 1280)
        assert first.rows[0].id > last.rows[0].id
        assert last.rows[-1].at == start
        assert log_page(session, LogFilters(user_id=who), 1, 10).total == 32_000
        assert log_page(session, LogFilters(user_id=10**11), 1, 10).total == 0
        assert log_page(session, LogFilters(record_kind="need", record_id=3), 1, 10).total > 2000
        day = LogFilters(since=start, before=start + timedelta(minutes=1000))
        assert log_page(session, day, 1, 10).total == 128_000
        assert sum(1 for _ in log_entries(session, LogFilters(action="need.edit"), 10**6)) == 25_600


def test_the_facts_of_a_database(store: Store) -> None:
    with store.reading() as session:
        facts = facts_of(session)
    assert facts["kind"] == ("SQLite" if store.path else "PostgreSQL")
    assert facts["bytes"] > 10_000
    assert facts["step"] >= "0004"
    assert facts["needs"] == 0
