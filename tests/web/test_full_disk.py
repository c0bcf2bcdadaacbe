"""A full disk during an upload, an import, a report, a backup: a sentence, nothing half there."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_fixtures import NEEDS, SAMPLE, TODAY, process, sample_rows, write_csv
from engine_fixtures import LetterEncoder
from sqlalchemy import func, select
from web_fixtures import Browser, Office, add_user

from matcher import records
from matcher.store import open_store
from matcher.store.editing import create
from matcher.store.models import Import, Job, Need
from web import create_app
from web.batch.worker import Worker
from web.jobs import kinds_of
from web.searcher import Searcher

SIZE = 3_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of three megabytes, in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    made = sys.platform == "linux" and not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)],
        capture_output=True, check=False,
    ).returncode  # fmt: skip
    if not made:
        pytest.skip("only root on Linux may mount a small disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def filled(disk: Path, left: int) -> Iterator[None]:
    """Leave so many bytes free."""
    filler = disk / "filler"
    filler.write_bytes(b"x" * max(0, shutil.disk_usage(disk).free - left))
    try:
        yield
    finally:
        filler.unlink()


@pytest.fixture
def desk(disk: Path, template: Path, hashed: str) -> Iterator[Office]:
    """An office whose database and files are on the small disk, with a manager and 40 needs."""
    shutil.copy(template, disk / "库.sqlite")
    store = open_store(str(disk / "库.sqlite"))
    add_user(store, "经理", "administrator", hashed=hashed)
    with store.writing() as session:
        for n in range(40):
            create(session, records.Need(id=f"N{n}", title=f"示例泵 {n}", problem="漏油"), None)
            create(session, records.Capability(id=f"C{n}", title=f"示例密封圈 {n}"), None)
    search = Searcher(store, LetterEncoder()).start()
    config = {"RATELIMIT_ENABLED": False, "TESTING": False, "DATA_FOLDER": disk / "data"}
    yield Office(create_app(store, search, config), store, search)
    search.stop()
    store.close()


def count(office: Office, model: type[Need | Import | Job]) -> int:
    with office.store.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def send(browser: Browser, rows: int) -> object:
    lines = [f"示例阀 {n},阀杆处高温泄漏，需要新的密封结构" for n in range(rows)]
    data = "\n".join(["需求名称,主要问题", *lines]).encode()
    return browser.post("/needs/import", {"file": (io.BytesIO(data), "需求.csv")},
                        content_type="multipart/form-data")  # fmt: skip


def test_an_upload(desk: Office, disk: Path) -> None:
    browser = desk.browser("经理")
    token = browser.token()
    (disk / "data").mkdir(exist_ok=True)
    data = b"x" * 400_000
    with filled(disk, 100_000):
        for path, name in (("/needs/import", "file"), ("/batch", "needs")):
            answer = browser.client.post(
                path,
                data={"csrf_token": token, "source": "file", "offers": "store", "reader": "others",
                      "top": "3", name: (io.BytesIO(data), "需求.csv")},
                content_type="multipart/form-data",
            )  # fmt: skip
            assert answer.status_code == 507
            assert "磁盘已满" in answer.text
    assert files(disk / "data") == []
    assert count(desk, Job) == 0


def test_an_import(desk: Office, disk: Path) -> None:
    browser = desk.browser("经理")
    place = send(browser, 2000).headers["Location"]  # type: ignore[attr-defined]
    page = browser.get(place).text
    revision = re.search(r'name="revision" value="(\w+)"', page)
    assert revision
    before = count(desk, Need)
    agreed = {"csrf_token": browser.token(), "revision": revision[1], "existing": "skip"}
    with filled(disk, 200_000):
        answer = browser.client.post(f"{place}/confirm", data=agreed)
        assert answer.status_code == 503
        assert "磁盘已满" in answer.text
    assert (count(desk, Need), count(desk, Import)) == (before, 0)
    # The file still waits: with room again it goes in as a whole.
    assert browser.client.post(f"{place}/confirm", data=agreed).status_code == 302
    assert (count(desk, Need), count(desk, Import)) == (before + 2000, 1)


def test_the_report_of_a_batch(desk: Office, disk: Path) -> None:
    browser = desk.browser("经理")
    form = {"source": "store", "offers": "store", "top": "10", "reader": "office"}
    answer = browser.post("/batch", form, content_type="multipart/form-data")
    worker = Worker(desk.store, disk / "data", kinds_of(desk.app), LetterEncoder())
    with filled(disk, 120_000):
        assert worker.run_once()
    page = browser.get(answer.headers["Location"]).text
    assert "磁盘已满" in page
    assert files(disk / "data") == []


def test_a_backup(desk: Office, disk: Path) -> None:
    browser = desk.browser("经理")
    token = browser.token()
    with filled(disk, 150_000):
        page = browser.client.post(
            "/admin/system/backup", data={"csrf_token": token}, follow_redirects=True
        )
        assert page.status_code == 200
        assert re.search("磁盘已满|没有保存", page.text)
    assert files(disk / "data") == []


def test_the_command(disk: Path, tmp_path: Path, prepared: Path) -> None:
    needs = write_csv(tmp_path / "n.csv", sample_rows("needs.csv", NEEDS))
    arguments = ("match", needs, SAMPLE / "capabilities.csv", "-o", disk / "out", "--date", TODAY)
    with filled(disk, 20_000):
        done = process(*arguments, "-q", folder=tmp_path)
        assert done.returncode == 2
        assert "磁盘已满" in done.stderr
    assert os.listdir(disk) == []
