"""A new password by mail, through a real mail server of this computer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from mail_fixtures import Box
from sqlalchemy import select
from web_fixtures import PASSWORD, Office, add_user

from matcher.store.models import AuditEntry, User

NEW = "一句新的示例口令 2026"
ADDRESS = "https://match.example.cn"
MAIL = "visitor-忘记@example.com"


@pytest.fixture
def box() -> Iterator[Box]:
    """A mail server."""
    made = Box()
    yield made
    made.end()


@pytest.fixture
def post(small: Office, box: Box, monkeypatch: pytest.MonkeyPatch, hashed: str) -> Office:
    """An office whose settings name the mail server, with a user who forgot his password."""
    values = {
        "address": ADDRESS, "mail_server": "127.0.0.1", "mail_port": str(box.port),
        "mail_security": "none", "mail_user": "office@example.com", "mail_password": "geheim",
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(f"ALLEYMATCH_{name.upper()}", value)
    number = add_user(small.store, "忘记", "visitor", hashed=hashed)
    with small.store.writing() as session:
        session.get_one(User, number).email = MAIL
    return small


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not what() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert what()


def entries(office: Office) -> list[AuditEntry]:
    with office.store.reading() as session:
        rows = select(AuditEntry).where(AuditEntry.action == "user.reset-mail")
        return list(session.scalars(rows))


def test_without_a_mail_server_the_page_says_whom_to_ask(small: Office) -> None:
    browser = small.browser()
    assert "/forgot" in browser.get("/log-in").text
    page = browser.get("/forgot").text
    assert "不发送邮件" in page
    assert "<input" not in page[page.index("<main") :]
    assert browser.post("/forgot", {"identity": "管理员"}).status_code == 400
    assert entries(small) == []


def test_a_forgotten_password_is_set_anew_by_mail(post: Office, box: Box) -> None:
    guest = post.browser()
    # A name made up for this server leads the link nowhere else.
    there = {"base_url": "http://evil.example"}
    token = re.search(r'csrf-token" content="([^"]+)"', guest.get("/forgot", **there).text)
    assert token is not None
    sent = {"csrf_token": token[1], "identity": "忘记"}
    assert guest.client.post("/forgot", data=sent, **there).status_code == 200
    wait_for(lambda: box.mails)
    mail = box.mails[0]
    assert mail["To"] == MAIL
    assert mail["From"] == "office@example.com"
    assert mail["Subject"] == "设置新密码"
    text = mail.get_content()
    found = re.search(rf"{ADDRESS}(/reset/\S+)", text)
    assert found is not None
    assert "evil" not in text
    form = {"password": NEW, "password_again": NEW}
    assert guest.post(found[1], form, page=found[1]).status_code == 302
    assert guest.sign_in("忘记", PASSWORD).status_code == 401
    assert guest.sign_in("忘记", NEW).status_code == 302
    assert post.browser().get(found[1]).status_code == 400
    assert [entry.record_kind for entry in entries(post)] == ["user"]


def test_nobody_learns_who_has_an_account(post: Office, box: Box, hashed: str) -> None:
    number = add_user(post.store, "停用", "visitor", hashed=hashed)
    with post.store.writing() as session:
        session.get_one(User, number).active = False
    browser = post.browser()
    pages = set()
    for name in ("停用", "没有这个人", "nobody@example.com", MAIL):
        page = browser.post("/forgot", {"identity": name})
        assert page.status_code == 200
        pages.add(re.sub(r'csrf[-_]token" (content|value)="[^"]*"', "", page.text))
    assert len(pages) == 1
    wait_for(lambda: box.mails)
    assert [mail["To"] for mail in box.mails] == [MAIL]
    assert len(entries(post)) == 1


def test_asking_again_and_again_fills_no_mailbox(post: Office, box: Box) -> None:
    browser = post.browser()
    browser.post("/forgot", {"identity": MAIL})
    wait_for(lambda: box.mails)
    for _ in range(3):
        browser.post("/forgot", {"identity": "忘记"})
    time.sleep(0.5)
    assert len(box.mails) == 1


def test_a_mail_that_fails_is_in_the_log_without_its_address(
    post: Office, box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    box.refuses = True
    post.browser().post("/forgot", {"identity": MAIL})
    wait_for(lambda: any(entry.details.get("failed") for entry in entries(post)))
    wait_for(lambda: "reset mail" in caplog.text)
    assert MAIL not in caplog.text
    assert "/reset/" not in caplog.text


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("", "", "已接受"),
        ("mail_password", "wrong", "拒绝登录"),
        ("mail_port", "1", "连不上邮件服务器"),
        ("mail_security", "ssl", "加密连接"),
        ("mail_security", "starttls", "没有接受邮件"),
        ("mail_server", "", "请先设置"),
    ],
)
def test_the_administrator_tries_the_mail_server(
    post: Office, box: Box, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    if name:
        monkeypatch.setenv(f"ALLEYMATCH_{name.upper()}", value)
    page = post.browser("管理员").post("/admin/settings/mail/test", follow_redirects=True)
    assert said in page.text
    assert "geheim" not in page.text
    assert len(box.mails) == (0 if name else 1)


def test_mails_and_pages_are_in_the_language_of_who_asks(post: Office, box: Box) -> None:
    guest = post.browser()
    page = guest.get("/forgot?lang=en").text
    main = page[page.index("<main") :]
    assert not re.search("[\u4e00-\u9fff]", main)
    guest.post("/forgot", {"identity": MAIL}, page="/forgot?lang=en")
    wait_for(lambda: box.mails)
    assert box.mails[0]["Subject"] == "Set a new password"
    assert not re.search("[\u4e00-\u9fff]", box.mails[0].get_content())
