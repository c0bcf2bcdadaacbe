"""Every error is a page in the user's language; its number is in the log and nothing else is."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime

import pytest
from web_fixtures import Office

from matcher.errors import InputError
from matcher.store.errors import EditConflict, StoreError
from web.access import open_to_all

SECRET = "某公司的机密配方"


@pytest.fixture
def broken(small: Office) -> Office:
    """An application with views that fail."""

    def fails(kind: str) -> str:
        if kind == "unexpected":
            raise RuntimeError(SECRET)
        if kind == "conflict":
            raise EditConflict("N0001", object(), 3, "李示例", datetime(2026, 11, 22, tzinfo=UTC))
        if kind == "store":
            raise StoreError("数据库正忙。", "The database is busy.")
        raise InputError("单位名称有误。", "The name is wrong.")

    small.app.add_url_rule("/fails/<kind>", "fails", open_to_all(fails))
    return small


@pytest.mark.parametrize(
    ("kind", "status", "chinese", "english"),
    [
        ("unexpected", 500, "出现意外错误", "Something went wrong"),
        ("conflict", 409, "已被李示例", "was changed by 李示例"),
        ("store", 503, "数据库正忙", "The database is busy"),
        ("input", 400, "单位名称有误", "The name is wrong"),
    ],
)
def test_pages_and_log(
    broken: Office, caplog: pytest.LogCaptureFixture, kind: str, status: int, chinese: str,
    english: str,
) -> None:  # fmt: skip
    caplog.set_level(logging.INFO)
    for language, said in (("zh", chinese), ("en", english)):
        page = broken.browser().get(f"/fails/{kind}?lang={language}")
        assert page.status_code == status
        assert said in page.text
        number = re.search(r"<code>([0-9A-F]{8})</code>", page.text)
        assert number is not None
        assert number[1] in caplog.text
        assert "Traceback" not in page.text
        assert SECRET not in page.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("path", "method", "status", "chinese", "english"),
    [
        ("/nowhere", "GET", 404, "没有这个页面", "There is no such page"),
        ("/log-in", "DELETE", 405, "不能这样操作", "That does not work this way"),
        ("/log-in", "POST", 400, "表单已过期", "The form has expired"),
        ("/account", "HEAD", 302, "", ""),
    ],
)
def test_http_errors(
    small: Office, path: str, method: str, status: int, chinese: str, english: str
) -> None:
    for language, said in (("zh", chinese), ("en", english)):
        page = small.browser().client.open(f"{path}?lang={language}", method=method)
        assert page.status_code == status
        assert said in page.text


def test_a_wrong_method_with_a_token_is_told(small: Office) -> None:
    page = small.browser().post("/account/password/x")
    assert page.status_code == 404
    assert small.browser().post("/people").status_code == 405


def test_a_fragment_gets_a_fragment(broken: Office) -> None:
    page = broken.browser().get("/fails/input", headers={"HX-Request": "true"})
    assert page.status_code == 400
    assert page.headers["HX-Retarget"] == "#messages"
    assert "<html" not in page.text
    assert "单位名称有误" in page.text
    away = broken.browser().get("/people", headers={"HX-Request": "true"})
    assert away.status_code == 401
    assert away.headers["HX-Redirect"] == "/log-in"


def test_what_is_typed_at_the_sign_in_is_in_no_log(
    small: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    small.browser().sign_in("我的名字", "我的密码 123456")
    assert "我的名字" not in caplog.text
    assert "我的密码" not in caplog.text
