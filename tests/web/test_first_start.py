"""The first start: an administrator is created, by the right person, and nothing is open before."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from web_fixtures import PASSWORD, Browser, Office

from matcher.store.models import AuditEntry, User

FORM = {
    "name": "王示例", "username": "示例管理员", "email": "Admin@Example.com",
    "password": PASSWORD, "password_again": PASSWORD,
}  # fmt: skip
FAR = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.mark.parametrize("path", ["/", "/people", "/account", "/log-in", "/nothing-here"])
def test_every_page_leads_to_the_administrator(fresh: Office, path: str) -> None:
    page = fresh.browser().get(path)
    assert page.status_code == 302
    assert page.headers["Location"] == "/setup"


def test_the_administrator_is_created_here_and_once(fresh: Office) -> None:
    browser = fresh.browser()
    done = browser.post("/setup", FORM, page="/setup")
    assert done.headers["Location"] == "/"
    assert "示例管理员" not in browser.get("/setup").text
    assert browser.get("/people").status_code == 200
    with fresh.store.reading() as session:
        user = session.scalars(select(User)).one()
        assert user.email == "admin@example.com"
        assert [role.name for role in user.roles] == ["administrator"]
        assert str(user.password).startswith("$argon2id$")
        assert "user.set-up" in session.scalars(select(AuditEntry.action))
    other = fresh.browser()
    assert other.get("/setup").headers["Location"] == "/log-in"
    assert other.post("/setup", FORM).status_code == 404


def test_nobody_else_creates_it(fresh: Office) -> None:
    far = Browser(fresh.app)
    assert far.get("/setup", environ_overrides=FAR).status_code == 403
    # A proxy on the same computer, and another name for this address.
    assert far.get("/setup", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 403
    assert far.get("/setup", headers={"Host": "evil.example"}).status_code == 403
    assert far.get("/setup?token=wrong", environ_overrides=FAR).status_code == 403
    refused = far.post("/setup", FORM, page="/setup", environ_overrides=FAR)
    assert refused.status_code == 403
    with fresh.store.reading() as session:
        assert session.scalar(select(User)) is None


def test_the_printed_token_lets_in(fresh: Office) -> None:
    fresh.app.config["SETUP_TOKEN"] = "printed-once"
    far = Browser(fresh.app)
    page = far.get("/setup?token=printed-once", environ_overrides=FAR)
    assert page.status_code == 200
    assert 'value="printed-once"' in page.text
    sent = {**FORM, "token": "printed-once"}
    done = far.post("/setup", sent, page="/setup", environ_overrides=FAR)
    assert done.status_code == 302
    assert fresh.app.config["SETUP_TOKEN"] is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "kurz", "password_again": "kurz"}, "至少需要 10 个字符"),
        ({"password": "aaaaaaaaaaaa", "password_again": "aaaaaaaaaaaa"}, "不同的字符太少"),
        ({"password_again": "something else"}, "不一致"),
        ({"username": "a@b"}, "不能含 @"),
        ({"email": "nobody"}, "邮箱格式不正确"),
        ({"email": "long.name@example.com", "password": "long.name@example.com",
          "password_again": "long.name@example.com"}, "不能与用户名"),
    ],
)  # fmt: skip
def test_weak_answers_are_named_and_kept(fresh: Office, changes: dict[str, str], said: str) -> None:
    page = fresh.browser().post("/setup", {**FORM, **changes}, page="/setup")
    assert page.status_code == 400
    assert said in page.text
    assert 'value="王示例"' in page.text
    assert PASSWORD not in page.text


def test_the_demonstration_searches_before_anybody_is_there(fresh: Office) -> None:
    fresh.app.config["DEMO"] = True
    browser = fresh.browser()
    assert "演示版" in browser.get("/").text
    assert browser.get("/people").headers["Location"] == "/setup"
