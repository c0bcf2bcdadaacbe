"""The page: a box, results with quotes from both sides, nothing that should not show."""

from __future__ import annotations

import re
import socket
import sqlite3
import subprocess
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
from cli_fixtures import command, environment, sample_rows, write_csv
from flask.testing import FlaskClient

from matcher.pipeline import open_matcher
from web import MAX_CHARACTERS, create_app

pytestmark = pytest.mark.usefixtures("prepared")
TEXT = "倒装芯片用的低膨胀底部填充胶，25℃黏度不超过 10 Pa·s"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    found = sample_rows("capabilities.csv", ("C001", "C002", "C003", "C004", "C007"))
    found[1]["保密要求"], found[2]["保密要求"] = "匿名", "保密"
    return found


@pytest.fixture(scope="module")
def client(
    rows: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory, prepared: Path
) -> FlaskClient:
    path = write_csv(tmp_path_factory.mktemp("web") / "c.csv", rows)
    app = create_app(open_matcher(str(path)))
    app.testing = True
    return app.test_client()


def test_the_box_in_both_languages(client: FlaskClient) -> None:
    chinese, english = client.get("/").text, client.get("/?lang=en").text
    assert '<html lang="zh-CN">' in chinese
    assert "从 4 项成果中查找" in chinese
    assert '<html lang="en">' in english
    assert not re.search("[\u4e00-\u9fff]", english.replace("中文", ""))


def test_results_quote_both_sides(client: FlaskClient) -> None:
    page = client.post("/", data={"text": TEXT})
    assert page.status_code == 200
    html = page.text
    assert html.index("倒装芯片用低膨胀毛细底部填充胶") < html.index("银膏")
    assert 'data-side="需求原文"' in html
    assert 'data-side="成果原文"' in html
    assert "<mark>底部填充胶</mark>" in html
    assert "不符合之处" in html
    assert TEXT in html


def test_private_records_and_anonymous_owners_do_not_show(
    client: FlaskClient, rows: list[dict[str, str]]
) -> None:
    for text in (TEXT, "球形硅微粉", "扇出型封装用液态塑封料"):
        html = client.post("/", data={"text": text}).text
        assert rows[1]["单位名称"] not in html
        assert rows[2]["单位名称"] not in html
        assert rows[2]["成果名称"] not in html
    assert "匿名单位" in client.post("/", data={"text": "球形硅微粉"}).text


def test_every_answer_has_a_strict_policy_and_no_script(client: FlaskClient) -> None:
    for page in (client.get("/"), client.post("/", data={"text": TEXT}), client.get("/none"),
                 client.get("/static/style.css")):  # fmt: skip
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert "script" not in policy
        assert "unsafe" not in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert "<script" not in page.text
        assert "style=" not in page.text
        assert not re.search(r"(src|href)=\"(https?:)?//", page.text)
        assert "Set-Cookie" not in page.headers
        page.close()


def test_what_is_pasted_is_text_and_nothing_else(client: FlaskClient) -> None:
    html = client.post("/", data={"text": '</textarea><script>alert("芯片")</script>'}).text
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("", 400, "需求是空的"),
        ("  \n ", 400, "需求是空的"),
        ("嗯嗯", 200, "太少"),
        ("字" * (MAX_CHARACTERS + 1), 413, "50000"),
        ("字" * 700_000, 413, "50000"),
    ],
)
def test_errors_are_sentences(client: FlaskClient, text: str, status: int, said: str) -> None:
    page = client.post("/", data={"text": text})
    assert page.status_code == status
    assert said in page.text
    assert "Traceback" not in page.text


def test_unknown_pages_and_methods(client: FlaskClient) -> None:
    assert client.get("/none").status_code == 404
    assert "没有这个页面" in client.get("/none").text
    assert client.put("/").status_code == 405


def test_nothing_that_is_pasted_is_kept(client: FlaskClient, prepared: Path) -> None:
    def kept() -> int:
        with closing(sqlite3.connect(prepared / "vectors.sqlite")) as cache:
            return int(cache.execute("SELECT count(*) FROM vectors").fetchone()[0])

    before = kept()
    pasted = {"text": "不想让别人知道的需求：低膨胀底部填充胶"}
    assert client.post("/", data=pasted).status_code == 200
    assert kept() == before


def test_english_results(client: FlaskClient) -> None:
    html = client.post("/?lang=en", data={"text": "low-CTE underfill, viscosity ≤ 10 Pa·s"}).text
    assert "Capability says" in html
    assert "Not stated: ask first" in html


def test_serve_answers_on_this_computer(rows: list[dict[str, str]], tmp_path: Path) -> None:
    path = write_csv(tmp_path / "c.csv", rows)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = command("serve", "--in", path, "--port", port)
    with subprocess.Popen(arguments, cwd=tmp_path, env=environment(), encoding="utf-8",
                          stdout=subprocess.PIPE) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            assert f"http://127.0.0.1:{port}/" in server.stdout.readline()
            for _ in range(50):
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
                        assert "寻找合作方" in page.read().decode("utf-8")
                    break
                except OSError:
                    time.sleep(0.1)
            else:
                pytest.fail("the page did not answer")
        finally:
            server.kill()
