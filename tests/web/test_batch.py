"""Batches: from an upload to the report, through restarts, and nothing for other eyes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from cli_fixtures import NEEDS, sample_rows, write_csv
from web_fixtures import Browser, Office, add_user

from matcher import clock, records, results
from matcher.encode.base import Encoder
from matcher.rank.calibration import Calibration
from matcher.store.accounts import role as role_named
from matcher.store.columns import utcnow
from matcher.store.decisions import decide
from matcher.store.models import Capability, Job, Match, Need, Run, Snapshot, User
from web.batch.work import without, work
from web.batch.worker import Worker
from web.jobs import MAX_WAITING, Task, kinds_of


def upload(folder: Path, count: int = 2) -> tuple[BytesIO, str]:
    path = write_csv(folder / "需求 needs.csv", sample_rows("needs.csv", NEEDS)[:count])
    return BytesIO(path.read_bytes()), "需求 needs.csv"


def begin(browser: Browser, folder: Path, **more: object) -> int:
    data = {"source": "file", "offers": "store", "needs": upload(folder), "top": "5",
            "reader": "others", **more}  # fmt: skip
    answer = browser.post("/batch", data, content_type="multipart/form-data")
    assert answer.status_code == 302, answer.text
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def a_run(*lists: results.MatchList) -> results.Run:
    return results.Run(lists, results.Provenance("", "", "", "", "", ""))


def state(office: Office, number: int) -> Job:
    with office.store.reading() as session:
        return session.get_one(Job, number)


def test_a_file_becomes_a_report(desk: tuple[Office, Worker, Path]) -> None:
    office, worker, folder = desk
    browser = office.browser("transfer_manager")
    number = begin(browser, folder)
    assert 'hx-trigger="every 1s"' in browser.get(f"/batch/{number}").text
    assert browser.get(f"/batch/{number}/progress").status_code == 200
    assert worker.run_once()
    assert not worker.run_once()
    page = browser.get(f"/batch/{number}")
    assert "报告" in page.text
    for name in ("report.xlsx", "report.docx", "report.html", "matches.csv", "matches.jsonl"):
        answer = browser.get(f"/batch/{number}/files/{name}", buffered=True)
        assert answer.status_code == 200
        assert "attachment" in answer.headers["Content-Disposition"]
        assert len(answer.data) > 500
    assert browser.get(f"/batch/{number}/files/..%2Fneeds.csv").status_code == 404
    assert browser.get(f"/batch/{number}/progress", headers={"HX-Request": "true"}).headers[
        "HX-Redirect"
    ] == f"/batch/{number}"  # fmt: skip
    english = browser.get(f"/batch/{number}?lang=en").text
    assert "May be passed on" in english


def test_columns_that_were_not_read_are_named(desk: tuple[Office, Worker, Path]) -> None:
    office, worker, folder = desk
    browser = office.browser("administrator")
    rows = [row | {"内部批注": "示例"} for row in sample_rows("needs.csv", NEEDS)[:2]]
    path = write_csv(folder / "多一列.csv", rows)
    number = begin(browser, folder, needs=(BytesIO(path.read_bytes()), path.name))
    worker.run_once()
    assert "文件中有几列没有用上：内部批注。" in browser.get(f"/batch/{number}").text


def test_needs_on_file_and_comparison(desk: tuple[Office, Worker, Path]) -> None:
    office, worker, folder = desk
    browser = office.browser("administrator")
    first = begin(browser, folder, source="store")
    worker.run_once()
    with office.store.writing() as session:
        best = session.query(Match).filter_by(below=False).order_by(Match.id).first()
        assert best is not None
        session.get_one(Capability, best.capability_id).archived_at = utcnow()
    second = begin(browser, folder, source="store")
    worker.run_once()
    page = browser.get(f"/batch/{second}/changes?from={first}&lang=en")
    assert page.status_code == 200
    assert "no longer published" in page.text
    assert browser.get(f"/batch/{second}/changes?from=999").status_code == 404
    assert browser.get(f"/batch/{second}/changes?from=x").status_code == 404


def test_what_has_run_out_is_not_counted(desk: tuple[Office, Worker, Path]) -> None:
    office, worker, folder = desk
    browser = office.browser("administrator")

    def counted() -> int:
        number = begin(browser, folder)
        worker.run_once()
        with office.store.reading() as session:
            run = session.get_one(Run, session.get_one(Job, number).run_id)
            assert run is not None
            return run.capability_count

    before = counted()
    with office.store.writing() as session:
        row = session.query(Capability).filter_by(status="published", archived_at=None).first()
        assert row is not None
        row.valid_until = clock.today() - timedelta(1)
    assert counted() == before - 1


def test_a_batch_gives_its_needs_their_lists(
    desk: tuple[Office, Worker, Path], hashed: str
) -> None:
    office, worker, folder = desk
    add_user(office.store, "另一位经理", "transfer_manager", hashed=hashed)
    browser, other = office.browser("transfer_manager"), office.browser("另一位经理")
    number = begin(browser, folder, source="store", reader="office", title="十一月批次")
    worker.run_once()
    with office.store.reading() as session:
        need = session.query(Need).filter_by(confidentiality="private").first()
        assert need is not None
    page = browser.get(f"/matches/needs/{need.id}").text
    assert "由一次批量匹配生成" in page
    assert f'href="/batch/{number}"' in page
    assert "十一月批次" in office.browser("administrator").get(f"/matches/needs/{need.id}").text
    assert "尚未匹配" not in browser.get(f"/matches?q={need.code}").text
    # Who may not open the batch does not see its lists: another manager, and its maker when he
    # is no longer of the office.
    assert "尚未匹配" in other.get(f"/matches?q={need.code}").text
    with office.store.writing() as session:
        job = session.get_one(Job, number)
        maker = session.get_one(User, job.created_by_id)
        maker.roles = [role_named(session, "reviewer")]
    shown = browser.get("/matches").text
    assert "尚未匹配" in shown
    assert "已匹配" not in shown


def test_what_was_declined_is_not_proposed_again(desk: tuple[Office, Worker, Path]) -> None:
    office, worker, folder = desk
    browser = office.browser("administrator")
    begin(browser, folder, source="store", reader="office")
    worker.run_once()
    with office.store.writing() as session:
        match = session.query(Match).filter_by(below=False, rank=1).order_by(Match.id).first()
        assert match is not None
        assert match.need is not None
        decide(session, match.id, None, "decline", reason="price")
        code, partner, need = match.need.code, match.capability_id, match.need_id
    for reader in ("office", "others"):
        number = begin(browser, folder, source="store", reader=reader)
        worker.run_once()
        written = browser.get(f"/batch/{number}/files/matches.jsonl", buffered=True).text
        rows = [json.loads(line) for line in written.splitlines()]
        pairs = {(row["need"]["id"], row["capability"]["id"]) for row in rows if "need" in row}
        with office.store.reading() as session:
            gone = session.get_one(Capability, partner).code
        assert pairs
        assert (code, gone) not in pairs
        assert "此前已婉拒的 1 对匹配没有列入报告" in browser.get(f"/batch/{number}").text
    # The page of the need keeps the pair, with what was said.
    assert "价格不合" in browser.get(f"/matches/needs/{need}").text


def test_what_is_left_after_a_decline_is_judged_anew() -> None:
    need = records.Need(id="N", title="示例")
    best, far, last = (
        results.Match(
            need, records.Capability(id=code, title="示例"), rank, 1.0, (), (), (), (), (), (), odds
        )
        for rank, (code, odds) in enumerate((("A", 0.6), ("B", 0.1), ("C", 0.05)), start=1)
    )  # fmt: skip
    calibration = Calibration("示例", {}, threshold=0.22, floor=0.05)
    run = a_run(results.MatchList(need, (best,), below=(far, last)))
    (left,) = without(run, {("N", "A"), ("N", "B")}, calibration, told=True).lists
    # The next one was no proposal, and is none because the best one went.
    assert (left.matches, [m.capability.id for m in left.below]) == ((), ["C"])
    assert left.reason == "no_common_ground"
    assert left.excluded == (results.Excluded("declined", 1),)
    # Nor is one that was declined the nearest to anything.
    (left,) = without(run, {("N", "B")}, calibration, told=True).lists
    assert [m.capability.id for m in (*left.matches, *left.below)] == ["A", "C"]
    (left,) = without(run, {("N", x) for x in "ABC"}, calibration, told=False).lists
    assert (left.matches, left.below, left.reason) == ((), (), "all_excluded")
    assert left.excluded == ()


def test_a_report_to_pass_on_hides_private_and_anonymous(
    desk: tuple[Office, Worker, Path],
) -> None:
    office, worker, folder = desk
    browser = office.browser("transfer_manager")
    open_batch = begin(browser, folder, source="store")
    office_batch = begin(browser, folder, source="store", reader="office")
    worker.run_once()
    worker.run_once()
    with office.store.reading() as session:
        secret = [n.code for n in session.query(Need).filter_by(confidentiality="private")]
        owners = [
            c.organisation.name
            for c in session.query(Capability).filter_by(confidentiality="anonymous")
            if c.organisation
        ]
        public = {
            c.organisation.name
            for model in (Need, Capability)
            for c in session.query(model).filter_by(confidentiality="public")
            if c.organisation
        }
    assert secret
    names = [*secret, *(name for name in owners if name not in public)]
    for path in ("", "/files/matches.csv", "/files/matches.jsonl", "/files/report.html"):
        text = browser.get(f"/batch/{open_batch}{path}", buffered=True).text
        assert not [name for name in names if name in text]
    told = browser.get(f"/batch/{office_batch}/files/matches.jsonl", buffered=True)
    assert secret[0] in told.text


def test_others_are_refused(desk: tuple[Office, Worker, Path]) -> None:
    office, worker, folder = desk
    number = begin(office.browser("transfer_manager"), folder)
    worker.run_once()
    for role in ("enterprise", "institute", "reviewer", "visitor"):
        browser = office.browser(role)
        data = {"csrf_token": browser.token("/account")}
        for path in ("", f"/{number}", f"/{number}/progress", f"/{number}/files/matches.csv",
                     f"/{number}/changes?from={number}"):  # fmt: skip
            assert browser.get(f"/batch{path}").status_code == 403
        for path in ("", f"/{number}/cancel", f"/{number}/remove"):
            assert browser.client.post(f"/batch{path}", data=data).status_code == 403


def test_a_batch_is_its_makers_and_the_administrators(
    desk: tuple[Office, Worker, Path], hashed: str
) -> None:
    office, worker, folder = desk
    add_user(office.store, "另一位", "transfer_manager", hashed=hashed)
    number = begin(office.browser("transfer_manager"), folder, title="只给自己看")
    worker.run_once()
    other = office.browser("另一位")
    assert "只给自己看" not in other.get("/batch").text
    for path in (f"/{number}", f"/{number}/files/matches.csv", f"/{number}/progress"):
        assert other.get(f"/batch{path}").status_code == 404
    assert other.post(f"/batch/{number}/remove").status_code == 404
    assert "只给自己看" in office.browser("administrator").get("/batch").text
    assert office.browser().get(f"/batch/{number}").status_code == 302
    plain = office.browser("transfer_manager").client.post(f"/batch/{number}/remove")
    assert plain.status_code == 400
    assert state(office, number).state == "done"


def test_the_jobs_of_others_keep_nobody_waiting(desk: tuple[Office, Worker, Path]) -> None:
    office, _, folder = desk
    manager, administrator = (office.browser(n) for n in ("transfer_manager", "administrator"))
    started = [begin(manager, folder) for _ in range(MAX_WAITING)]
    data = {"source": "file", "needs": upload(folder), "offers": "store", "top": "5"}
    refused = manager.post("/batch", data, content_type="multipart/form-data")
    assert refused.status_code == 400
    begin(administrator, folder)
    manager.post(f"/batch/{started[0]}/cancel")
    begin(manager, folder)


def test_wrong_input_is_told(desk: tuple[Office, Worker, Path]) -> None:
    office, _, folder = desk
    browser = office.browser("transfer_manager")
    token = browser.token("/account")
    wrong: list[tuple[dict[str, object], str]] = [
        ({"needs": (BytesIO(b""), "")}, "请选择文件"),
        ({"needs": (BytesIO(b"MZ"), "program.exe")}, "不能读取这种文件"),
        ({"top": "0"}, "1 到 50"),
        ({"top": "x"}, ""),
        ({"source": "elsewhere"}, ""),
        ({"title": "长" * 101}, "100"),
        ({"offers": "file"}, "请选择文件"),
    ]
    for data, said in wrong:
        given = {"source": "file", "offers": "store", "needs": upload(folder), "top": "5",
                 "reader": "others", "csrf_token": token, **data}  # fmt: skip
        answer = browser.client.post("/batch", data=given, content_type="multipart/form-data")
        assert answer.status_code == 400
        assert said in answer.text
    with office.store.reading() as session:
        assert not session.query(Job).count()
    kept = folder / "数据" / "batch"
    assert not kept.exists() or not list(kept.iterdir())


def test_an_unreadable_file_fails_with_a_sentence(desk: tuple[Office, Worker, Path]) -> None:
    office, worker, folder = desk
    browser = office.browser("transfer_manager")
    number = begin(browser, folder, needs=(BytesIO(b"PK\x03\x04 broken"), "坏文件.xlsx"))
    worker.run_once()
    assert state(office, number).state == "failed"
    page = browser.get(f"/batch/{number}").text
    assert "坏文件.xlsx" in page
    assert str(folder) not in page
    assert "Traceback" not in page


def test_cancelling_and_removing(desk: tuple[Office, Worker, Path]) -> None:
    office, worker, folder = desk
    browser = office.browser("transfer_manager")
    waiting = begin(browser, folder)
    assert browser.post(f"/batch/{waiting}/remove").status_code == 302
    assert state(office, waiting).state == "queued"
    browser.post(f"/batch/{waiting}/cancel")
    assert state(office, waiting).state == "cancelled"
    assert not worker.run_once()
    done = begin(browser, folder)
    worker.run_once()
    for number in (waiting, done):
        place = folder / "数据" / state(office, number).parameters["folder"]
        assert place.is_dir()
        assert place.stat().st_mode & 0o077 == 0
        browser.post(f"/batch/{number}/remove")
        assert not place.exists()
        assert browser.get(f"/batch/{number}").status_code == 404
    with office.store.reading() as session:
        assert not session.query(Run).count()
        assert not session.query(Snapshot).count()


def test_cancelled_while_it_runs(desk: tuple[Office, Worker, Path]) -> None:
    office, worker, folder = desk
    browser = office.browser("transfer_manager")
    number = begin(browser, folder)
    claimed = threading.Event()

    class Slow(Worker):
        def _opened(self) -> Encoder:
            claimed.set()
            browser.post(f"/batch/{number}/cancel")
            return super()._opened()

    slow = Slow(office.store, folder / "数据", kinds_of(office.app), worker._opened())
    slow.run_once()
    assert claimed.is_set()
    assert state(office, number).state == "cancelled"


def test_a_restart_begins_again_and_three_crashes_give_up(
    desk: tuple[Office, Worker, Path],
) -> None:
    office, worker, folder = desk
    browser = office.browser("transfer_manager")
    number = begin(browser, folder)
    for attempt, expected in ((1, "done"), (3, "failed")):
        with office.store.writing() as session:
            job = session.get_one(Job, number)
            job.state, job.worker, job.attempts = "running", "一个已结束的进程", attempt
            job.heartbeat_at = utcnow() - timedelta(minutes=5)
        worker.run_once()
        assert state(office, number).state == expected
    assert "多次中断" in browser.get(f"/batch/{number}").text


def test_a_clean_stop_puts_the_job_back(desk: tuple[Office, Worker, Path]) -> None:
    office, worker, folder = desk
    number = begin(office.browser("transfer_manager"), folder)

    class Ending(Worker):
        def _opened(self) -> Encoder:
            self._end.set()
            return super()._opened()

    Ending(office.store, folder / "数据", kinds_of(office.app), worker._opened()).run_once()
    job = state(office, number)
    assert (job.state, job.attempts) == ("queued", 0)
    worker.run_once()
    assert state(office, number).state == "done"


def test_rights_taken_away_stop_the_batch(desk: tuple[Office, Worker, Path]) -> None:
    office, worker, folder = desk
    number = begin(office.browser("transfer_manager"), folder)
    with office.store.writing() as session:
        from matcher.store.models import User

        session.query(User).filter_by(username="transfer_manager").one().active = False
    worker.run_once()
    assert state(office, number).state == "failed"


def test_work_tells_how_far_it_is(desk: tuple[Office, Worker, Path]) -> None:
    office, worker, folder = desk
    number = begin(office.browser("transfer_manager"), folder)
    job = state(office, number)
    seen: dict[str, int] = {}

    @contextmanager
    def stage(name: str, total: int) -> Iterator[object]:
        seen.setdefault(name, 0)

        def step(count: int) -> None:
            seen[name] += count

        yield step

    task = Task(job.id, job.created_by_id, job.parameters)
    work(task, office.store, folder / "数据", worker._opened(), stage, lambda session, run: None)  # type: ignore[arg-type]
    assert list(seen) == ["read", "encode", "match", "consortia", "write"]
    assert seen["match"] == 2
