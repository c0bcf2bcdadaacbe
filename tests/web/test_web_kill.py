"""The server is killed while people edit, import and match: nothing is half done, nothing lost."""

from __future__ import annotations

import http.client
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from engine_fixtures import run_python
from live_client import Client, fields_of, token
from web_fixtures import PASSWORD, add_user

from matcher import records
from matcher.store import open_store
from matcher.store.editing import create

pytestmark = [
    pytest.mark.usefixtures("prepared"),
    pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9"),
]
SERVE = """
import sys
sys.path.insert(0, "tests/web")
from engine_fixtures import LetterEncoder
from waitress.server import create_server
from matcher.store import open_store
from web import batch, serving
from web.batch.worker import Worker
from web.jobs import kinds_of
from web.stored import data_folder
store = open_store(sys.argv[1])
app = serving.store_app(store, "127.0.0.1", encoder=LetterEncoder())
with app.app_context():
    worker = Worker(store, data_folder(), kinds_of(app), LetterEncoder())
worker.start()
create_server(app, host="127.0.0.1", port=int(sys.argv[2]), threads=4).run()
"""
ROWS, NEEDS, SHARED = 400, 40, 5


class Desk:
    """A database with a manager, needs and capabilities, and servers that come and go."""

    def __init__(self, folder: Path, template: Path, hashed: str) -> None:
        self.folder, self.path = folder, folder / "库.sqlite"
        self.path.write_bytes(template.read_bytes())
        store = open_store(str(self.path))
        add_user(store, "经理", "administrator", hashed=hashed)
        owner = records.Organisation(name="示例精工有限公司")
        with store.writing() as session:
            for n in range(1, NEEDS + 1):
                create(session, records.Need(
                    id=f"N{n}", title=f"示例泵 {n}", problem=f"第 {n} 号泵的密封圈漏油。",
                    organisation=owner), None)  # fmt: skip
                create(session, records.Capability(
                    id=f"C{n}", title=f"示例密封 {n}", summary=f"第 {n} 种耐油密封圈。",
                    organisation=owner), None)  # fmt: skip
        store.close()
        self.port = 0

    @contextmanager
    def server(self) -> Iterator[subprocess.Popen[str]]:
        """Start a server and wait for its first page."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        changes = {"ALLEYMATCH_HOME": str(self.folder / "home"),
                   "ALLEYMATCH_DATABASE": str(self.path)}  # fmt: skip
        with run_python(SERVE, str(self.path), str(self.port), **changes) as process:
            try:
                for _ in range(600):
                    try:
                        with closing(Client(self.port)) as client:
                            client.call("/log-in")
                        break
                    except (OSError, http.client.HTTPException):
                        assert process.poll() is None, process.communicate()
                        time.sleep(0.05)
                yield process
            finally:
                process.kill()
                process.communicate()

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        """Read the database as it lies there."""
        with closing(sqlite3.connect(self.path)) as database:
            return database.execute(statement).fetchall()

    def write(self, statement: str) -> None:
        """Change the database while no server runs."""
        with closing(sqlite3.connect(self.path)) as database:
            database.execute(statement)
            database.commit()

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Give somebody who has signed in."""
        with closing(Client(self.port)) as client:
            assert client.sign_in("经理", PASSWORD)
            yield client


class Work:
    """What the manager does until the server is gone; ``saved`` are marks that it said it kept."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.saved = desk, list[tuple[int, str]]()
        self.chance = random.Random(20261125)

    def edits(self, client: Client) -> None:
        while True:
            number = self.chance.randint(1, SHARED)
            page = client.call(f"/needs/{number}/edit")[2]
            mark = f"m{self.chance.randrange(10**9)}"
            sent = {**fields_of(page), **token(page)}
            sent["problem"] = f"{sent['problem']} {mark}"
            if client.call(f"/needs/{number}/edit", sent)[0] == 302:
                self.saved.append((number, mark))

    def imports(self, client: Client) -> None:
        while True:
            run = self.chance.randrange(10**9)
            lines = [f"I{run}x{n},示例阀 {run} {n},阀杆漏" for n in range(ROWS)]
            data = "\n".join(["需求编号,需求名称,主要问题", *lines]).encode()
            form = token(client.call("/needs/import")[2])
            place = client.call("/needs/import", form, file=("需求.csv", data))[1]
            page = client.call(place)[2]
            revision = re.search(r'name="revision" value="(\w+)"', page)
            assert revision
            client.call(f"{place}/confirm",
                        {"revision": revision[1], "existing": "skip", **token(page)})  # fmt: skip

    def jobs(self, client: Client) -> None:
        while True:
            form = {"source": "store", "offers": "store", "top": "3", "reader": "office",
                    "title": "示例批次", **token(client.call("/batch")[2])}  # fmt: skip
            client.call("/batch", form)
            time.sleep(0.5)


def torment(desk: Desk, times: int) -> None:
    chance, work = random.Random(7), Work(desk)
    kinds: tuple[Callable[[Client], None], ...] = (work.edits, work.imports, work.jobs)
    for turn in range(times):
        with desk.server() as process, desk.client() as client:
            thread = threading.Thread(target=until_gone, args=(kinds[turn % 3], client))
            thread.start()
            time.sleep(chance.uniform(0.1, 1.6))
            process.send_signal(signal.SIGKILL)
            process.wait()
            thread.join(90)
        check(desk, work)
    finish(desk)


def until_gone(act: Callable[[Client], None], client: Client) -> None:
    """Go on until the server does not answer any more."""
    with suppress(OSError, http.client.HTTPException):
        act(client)


def check(desk: Desk, work: Work) -> None:
    """Nothing is damaged, half imported or lost."""
    assert desk.ask("PRAGMA integrity_check") == [("ok",)]
    assert desk.ask("PRAGMA foreign_key_check") == []
    held = desk.ask("SELECT import_id, count(*) FROM needs WHERE import_id > 0 GROUP BY import_id")
    assert all(count == ROWS for _, count in held), held
    assert len(held) == desk.ask("SELECT count(*) FROM imports")[0][0]
    texts = dict(desk.ask(f"SELECT id, problem FROM needs WHERE id <= {SHARED}"))
    lost = [mark for number, mark in work.saved if mark not in str(texts[number]).split()]
    assert not lost
    # What was under way goes on when its process has been silent for a minute: let it be so.
    desk.write("UPDATE jobs SET heartbeat_at = '2026-01-01 00:00:00' WHERE state = 'running'")


def finish(desk: Desk) -> None:
    """Every job ends: done, with its report and its run, or failed, with a reason."""
    unfinished = "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')"
    with desk.server():
        end = time.monotonic() + 600
        while desk.ask(unfinished)[0][0] and time.monotonic() < end:
            time.sleep(0.3)
    for state, run, folder, zh in desk.ask(
        "SELECT state, run_id, result_folder, error_zh FROM jobs"
    ):
        assert state in ("done", "failed")
        if state == "done":
            assert run
            report = desk.folder / "home" / str(folder) / "report"
            assert (report / "report.xlsx").stat().st_size > 1000
        else:
            assert zh
    runs = desk.ask("SELECT count(*) FROM runs WHERE title <> ''")[0][0]
    assert runs == desk.ask("SELECT count(*) FROM jobs WHERE state = 'done'")[0][0]


@pytest.fixture
def desk(tmp_path: Path, template: Path, hashed: str) -> Desk:
    return Desk(tmp_path, template, hashed)


def test_a_killed_server_leaves_nothing_half_done(desk: Desk) -> None:
    torment(desk, 3)


@pytest.mark.slow
def test_thirty_killed_servers(desk: Desk) -> None:
    torment(desk, 30)
