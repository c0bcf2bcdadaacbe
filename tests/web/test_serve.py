"""``matcher serve``: a file's search page, the demonstration, the first start."""

from __future__ import annotations

import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_fixtures import Called, command, environment, sample_rows, write_csv
from web_fixtures import Browser

from matcher import settings
from matcher.pipeline import open_matcher
from web.serving import configuration, demo_store, file_app

pytestmark = pytest.mark.usefixtures("prepared")


@pytest.fixture
def rows() -> list[dict[str, str]]:
    found = sample_rows("capabilities.csv", ("C001", "C002", "C003", "C004", "C007"))
    found[1]["保密要求"], found[2]["保密要求"] = "匿名", "保密"
    return found


@contextmanager
def serving(
    folder: Path, *arguments: object, **changes: str
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    called = command("serve", *arguments, "--port", port)
    with subprocess.Popen(called, cwd=folder, env=environment(**changes), encoding="utf-8",
                          stdout=subprocess.PIPE) as server:  # fmt: skip
        try:
            yield f"http://127.0.0.1:{port}/", server
        finally:
            server.kill()


def read(address: str) -> str:
    for _ in range(100):
        try:
            with urllib.request.urlopen(address) as page:
                return str(page.read().decode("utf-8"))
        except OSError:
            time.sleep(0.1)
    pytest.fail("the page did not answer")


def test_a_file_is_searched_without_users(rows: list[dict[str, str]], tmp_path: Path) -> None:
    app = file_app(open_matcher(str(write_csv(tmp_path / "c.csv", rows))), "127.0.0.1")
    browser = Browser(app)
    html = browser.get("/").text
    assert "成果 4 项" in html
    assert "登录" not in html
    assert "为成果找需求" not in html
    page = browser.post(
        "/", {"text": "倒装芯片用的低膨胀底部填充胶"}, page="/", follow_redirects=True
    )
    assert "倒装芯片用低膨胀毛细底部填充胶" in page.text
    assert rows[1]["单位名称"] not in page.text
    assert rows[2]["成果名称"] not in page.text
    assert browser.get("/log-in").status_code == 404
    assert browser.get("/people?lang=en").status_code == 404


def test_the_command_serves_a_file(rows: list[dict[str, str]], tmp_path: Path) -> None:
    path = write_csv(tmp_path / "c.csv", rows)
    with serving(tmp_path, "--in", path) as (address, server):
        assert server.stdout is not None
        assert address in server.stdout.readline()
        assert "寻找合作方" in read(address)
    assert not list(tmp_path.glob("*.sqlite"))


def test_the_command_serves_the_store_and_prints_the_way_in(tmp_path: Path) -> None:
    database = str(tmp_path / "库.sqlite")
    with serving(tmp_path, ALLEYMATCH_DATABASE=database) as (address, server):
        assert server.stdout is not None
        assert address in server.stdout.readline()
        told = server.stdout.readline()
        assert re.search(r"setup\?token=\S{16,}", told)
        assert "创建管理员" in read(address)
        server.terminate()


def test_the_demonstration_has_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matcher.store.status import status_of

    monkeypatch.setenv("ALLEYMATCH_HOME", str(tmp_path))
    demo_store().close()
    first = status_of(str(tmp_path / "demo.sqlite"))
    assert first["capabilities"] > 200
    assert first["needs"] > 90
    demo_store().close()
    assert status_of(str(tmp_path / "demo.sqlite")) == first


def test_what_does_not_go_together_is_told(called: Called) -> None:
    done = called("serve", "--demo", "--in", "c.csv")
    assert done.returncode == 2
    assert "--demo" in done.stderr


def test_settings_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    here, office = configuration("127.0.0.1"), configuration("0.0.0.0")
    assert here["OPEN_SEARCH"]
    assert here["TRUSTED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert not office["OPEN_SEARCH"]
    assert office["TRUSTED_HOSTS"] is None
    monkeypatch.setenv("ALLEYMATCH_OPEN_SEARCH", "on")
    monkeypatch.setenv("ALLEYMATCH_TRUSTED_HOSTS", "match.example, match.local")
    monkeypatch.setenv("ALLEYMATCH_PROXIES", "1")
    office = configuration("0.0.0.0")
    assert office["OPEN_SEARCH"]
    assert office["TRUSTED_HOSTS"] == ["match.example", "match.local"]
    assert office["PROXIES"] == 1
    monkeypatch.setenv("ALLEYMATCH_OPEN_SEARCH", "maybe")
    with pytest.raises(settings.InputError, match="open_search"):
        settings.load()
