"""Jobs, drafts, saved searches, settings, invitations, lock-out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from store_fixtures import need, owner, user

from matcher.errors import InputError, MatcherError
from matcher.store import Store, jobs
from matcher.store.accounts import (
    MAX_FAILURES,
    has_administrator,
    invite,
    is_locked,
    note_failure,
    note_success,
    open_invitation,
    role,
    take_invitation,
)
from matcher.store.columns import utcnow
from matcher.store.desk import (
    drop_draft,
    load_draft,
    save_draft,
    store_setting,
    stored_setting,
)
from matcher.store.editing import create
from matcher.store.models import Invitation, Job, Organisation, User
from matcher.store.revision import changes_since
from matcher.store.searches import save_search, saved_searches


def state(store: Store, number: int) -> str:
    with store.reading() as session:
        return session.get_one(Job, number).state


def test_a_job_goes_from_the_queue_to_its_end(store: Store) -> None:
    with store.writing() as session:
        first = jobs.enqueue(session, "match", user(session, "transfer_manager"), {"top": 3})
        second = jobs.enqueue(session, "match", None)
    with store.writing() as session:
        claimed = jobs.claim(session, "w1")
        assert claimed is not None
        assert (claimed.id, claimed.parameters, claimed.state) == (first.id, {"top": 3}, "running")
        assert jobs.report(session, first.id, "w1", stage="encode", done=7, total=9)
        assert not jobs.report(session, first.id, "w2", done=8)
        assert not jobs.finish(session, first.id, "w2")
    with store.writing() as session:
        row = session.get_one(Job, first.id)
        assert (row.stage, row.done, row.total) == ("encode", 7, 9)
        assert jobs.finish(session, first.id, "w1", result_folder="报告/1")
        assert not jobs.fail(session, first.id, "w1", MatcherError("坏", "bad"))
        next_one = jobs.claim(session, "w1")
        assert next_one is not None
        assert next_one.id == second.id
        assert jobs.claim(session, "w1") is None
        assert jobs.fail(session, second.id, "w1", MatcherError("坏了。", "It broke."))
    with store.reading() as session:
        row = session.get_one(Job, second.id)
        assert (row.state, row.error_zh, row.error_en) == ("failed", "坏了。", "It broke.")
        assert session.get_one(Job, first.id).result_folder == "报告/1"


def test_a_job_is_cancelled_waiting_or_running(store: Store) -> None:
    with store.writing() as session:
        running, waiting = (jobs.enqueue(session, "match", None).id for _ in range(2))
        jobs.claim(session, "w")
        jobs.cancel(session, running)
        jobs.cancel(session, waiting)
        assert not jobs.report(session, running, "w", done=1)
        assert jobs.stopped(session, running, "w")
    assert (state(store, running), state(store, waiting)) == ("cancelled", "cancelled")


def test_a_job_whose_process_died_is_begun_again_and_at_last_given_up(store: Store) -> None:
    def die(worker: str) -> None:
        with store.writing() as session:
            assert jobs.claim(session, worker) is not None
            silent = utcnow() - timedelta(minutes=5)
            session.execute(
                update(Job).where(Job.state == "running").values(heartbeat_at=silent)
            )  # fmt: skip

    with store.writing() as session:
        number = jobs.enqueue(session, "match", None).id
    for turn in range(jobs.MAX_ATTEMPTS - 1):
        die(f"w{turn}")
        with store.writing() as session:
            assert jobs.revive(session) == ([number], [])
            # The first process was only slow: it is told that the job is no longer its own.
            assert not jobs.report(session, number, f"w{turn}")
    die("last")
    with store.writing() as session:
        assert jobs.revive(session) == ([], [number])
    with store.reading() as session:
        row = session.get_one(Job, number)
        assert row.state == "failed"
        assert row.error_zh
        assert row.error_en
    with store.writing() as session:
        number = jobs.enqueue(session, "match", None).id
    die("w")
    with store.writing() as session:
        jobs.cancel(session, number)
        assert jobs.revive(session) == ([], [])
    assert state(store, number) == "cancelled"


def test_no_job_is_given_to_two_workers(store: Store) -> None:
    with store.writing() as session:
        numbers = [jobs.enqueue(session, "match", None).id for _ in range(12)]

    def work(name: str) -> list[int]:
        taken = []
        while True:
            with store.writing() as session:
                job = jobs.claim(session, name)
                if job is None:
                    return taken
                taken.append(job.id)

    with ThreadPoolExecutor(4) as pool:
        taken = [number for part in pool.map(work, "abcd") for number in part]
    assert sorted(taken) == numbers


def test_a_draft_is_kept_for_each_form_until_it_is_saved(store: Store) -> None:
    with store.writing() as session:
        who, other = user(session, name="a"), user(session, name="b")
        save_draft(session, who, "need", {"title": "半"})
        save_draft(session, who, "need", {"title": "半句话"})
        save_draft(session, who, "need", {"title": "改"}, "7")
        assert load_draft(session, other, "need") is None
        found = load_draft(session, who, "need")
        assert found is not None
        assert found.content == {"title": "半句话"}
        drop_draft(session, who, "need")
        assert load_draft(session, who, "need") is None
        assert load_draft(session, who, "need", "7") is not None


def test_a_saved_search_knows_what_is_new(store: Store) -> None:
    with store.writing() as session:
        create(session, need(), None)
        who = user(session)
        row = save_search(session, who, "传感器", "need", {"text": "传感器"})
        assert saved_searches(session, who) == [row]
    with store.writing() as session:
        create(session, need("N2"), None)
        new = changes_since(session, row.seen_revision).needs
        assert [found.code for found in new] == ["N2"]


def test_settings_made_in_the_browser(store: Store) -> None:
    with store.writing() as session:
        assert stored_setting(session, "public_search", True) is True
        for value in (False, {"a": ["中", 1.5, None]}, "x"):
            store_setting(session, "public_search", value)
            assert stored_setting(session, "public_search") == value


def test_an_invitation_makes_a_user_once(store: Store) -> None:
    with store.writing() as session:
        assert not has_administrator(session)
        boss = user(session, "administrator")
        assert has_administrator(session)
        firm = Organisation.from_record(owner())
        session.add(firm)
        session.flush()
        token = invite(session, "新人@example.org", "enterprise", firm, boss)
        row = session.scalars(select(Invitation)).one()
        assert token not in (row.token_hash, row.email)
        with pytest.raises(InputError, match="no role"):
            invite(session, "x@example.org", "king", None, boss)
        for wrong in ("", "x" * 300 + "@example.org", "没有邮箱"):
            with pytest.raises(InputError, match="e-mail"):
                invite(session, wrong, "visitor", None, boss)
    with store.writing() as session:
        assert open_invitation(session, token).email == "新人@example.org"
        person = User(email="新人@example.org", password="x")
        taken = take_invitation(session, token, person)
        assert (taken.user_id, person.organisation_id) == (person.id, firm.id)
        assert person.has_role("enterprise")
    for wrong in (token, "没有", "\ud800"):
        with pytest.raises(InputError, match="invitation"), store.writing() as session:
            open_invitation(session, wrong)
    with store.writing() as session:
        old = invite(session, "x@example.org", "visitor", None, boss, days=-1)
        with pytest.raises(InputError, match="expired"):
            take_invitation(session, old, User(email="x@example.org"))


def test_an_account_is_locked_after_wrong_passwords(store: Store) -> None:
    with store.writing() as session:
        number = user(session).id
        for _ in range(MAX_FAILURES - 1):
            note_failure(session, number)
        note_success(session, number)
        for _ in range(MAX_FAILURES - 1):
            note_failure(session, number)
        session.expire_all()
        assert not is_locked(session.get_one(User, number))
        note_failure(session, number)
        session.expire_all()
        assert is_locked(session.get_one(User, number))
        note_success(session, number)
        session.expire_all()
        assert not is_locked(session.get_one(User, number))


def test_users_are_what_the_login_framework_expects(store: Store) -> None:
    with store.writing() as session:
        row = user(session, "administrator", name="小示")
        assert row.get_id() == row.fs_uniquifier
        assert row.is_active
        assert row.is_authenticated
        assert row.has_role("administrator")
        assert role(session, "administrator") == "administrator"
        assert row.shown_name == "小示"
        row.name = ""
        assert row.shown_name == "小示@example.org"
