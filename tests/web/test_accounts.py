"""Signing in and out, lock-out, invitations, passwords."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from web_fixtures import PASSWORD, Browser, Office, add_user

from matcher.store.accounts import MAX_FAILURES
from matcher.store.columns import utcnow
from matcher.store.models import AuditEntry, Invitation, User

NEW = "一句新的示例口令 2026"


def actions(office: Office) -> list[str]:
    with office.store.reading() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def link_in(html: str) -> str:
    found = re.search(r'value="http://localhost(/[^"]+)"', html)
    assert found is not None
    return found[1]


def shown(browser: Browser, path: str) -> str:
    """Return the stamp of what a form shows."""
    found = re.search(r'name="shown"[^>]*value="(\w+)"', browser.get(path).text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("name", ["管理员", "administrator-管理员@example.com", " 管理员 "])
def test_user_name_or_mail_lets_in(small: Office, name: str) -> None:
    browser = small.browser()
    assert browser.sign_in(name).headers["Location"] == "/"
    assert "示例管理员" in browser.get("/account").text
    assert actions(small)[-1] == "user.log-in"
    assert browser.post("/log-out", page="/account").status_code == 302
    assert browser.get("/account").status_code == 302
    assert actions(small)[-1] == "user.log-out"


def test_five_wrong_passwords_lock_for_a_quarter_of_an_hour(small: Office) -> None:
    browser = small.browser()
    for _ in range(MAX_FAILURES):
        page = browser.sign_in("管理员", "wrong password")
        assert page.status_code == 401
        assert "用户名或密码不正确" in page.text
    # The right one is answered like a wrong one: guessing cannot go on.
    locked = browser.sign_in("管理员")
    assert locked.status_code == 401
    assert "已锁定" in locked.text
    assert browser.sign_in("管理员", "wrong again").text.count("已锁定") == 1
    assert "user.lock" in actions(small)
    with small.store.writing() as session:
        session.execute(update(User).values(locked_until=utcnow() - timedelta(seconds=1)))
    assert browser.sign_in("管理员").status_code == 302


def test_unknown_and_stopped_users_are_told_the_same(small: Office, hashed: str) -> None:
    number = add_user(small.store, "停用", "visitor", hashed=hashed)
    with small.store.writing() as session:
        session.get_one(User, number).active = False
    told = {
        re.sub(r"<input.*?>|csrf-token.*", "", small.browser().sign_in(name, word).text)
        for name, word in (("停用", PASSWORD), ("没有这个人", PASSWORD), ("管理员", "wrong one"))
    }
    assert len(told) == 1
    with small.store.reading() as session:
        details = session.scalars(select(AuditEntry.details))
        assert not any("没有这个人" in str(item) for item in details)


def test_a_stopped_user_is_out_at_once(small: Office, hashed: str) -> None:
    number = add_user(small.store, "访客", "visitor", hashed=hashed)
    visitor, chief = small.browser("访客"), small.browser("管理员")
    assert visitor.get("/account").status_code == 200
    assert chief.post(f"/people/{number}/active", {"active": "0"}).status_code == 302
    assert visitor.get("/account").status_code == 302
    assert visitor.sign_in("访客").status_code == 401


def test_nobody_stops_himself(small: Office) -> None:
    chief = small.browser("管理员")
    assert chief.post("/people/1/active", {"active": "0"}).status_code == 403


def test_an_invitation_makes_one_user_with_role_and_organisation(small: Office) -> None:
    chief = small.browser("管理员")
    asked = {"email": "New@Example.com", "role": "enterprise", "organisation": "示例新单位有限公司"}
    page = chief.post("/people/invitations", asked, page="/people")
    link = link_in(page.text)
    with small.store.reading() as session:
        row = session.scalars(select(Invitation)).one()
        assert link.rsplit("/", 1)[1] not in str(row.__dict__)
        assert timedelta(days=6) < row.expires_at - utcnow() < timedelta(days=8)
    guest = small.browser()
    assert "示例新单位有限公司" in guest.get(link).text
    form = {"name": "李示例", "username": "lishili", "password": NEW, "password_again": NEW}
    assert guest.post(link, form, page=link).status_code == 302
    assert "企业用户" in guest.get("/account").text
    assert small.browser().get(link).status_code == 400
    assert "已使用" in small.browser().get(link).text
    assert {"user.invite", "user.join", "user.log-in"} <= set(actions(small))
    with small.store.reading() as session:
        joined = session.scalars(select(User).where(User.username == "lishili")).one()
        assert joined.current_login_at is not None
        assert joined.login_count == 1
    again = chief.post("/people/invitations", asked, page="/people")
    assert again.status_code == 400
    assert "已有使用这个邮箱的用户" in again.text


def test_old_and_withdrawn_invitations_do_nothing(small: Office) -> None:
    chief = small.browser("管理员")
    link = link_in(
        chief.post("/people/invitations", {"email": "a@example.com", "role": "visitor"}).text
    )
    assert chief.post("/people/invitations/1/withdraw").status_code == 302
    assert small.browser().get(link).status_code == 400
    assert small.browser().get("/invitation/made-up").status_code == 400


@pytest.mark.parametrize(
    "password",
    ["1234567890", "0987654321", "abcdefghij", "QWERTYUIOP", "asdfghjkl123", "1234512345123",
     "abcde12345qwert", "1122334455667788"],
)  # fmt: skip
def test_keys_in_their_order_are_no_password(small: Office, password: str) -> None:
    chief = small.browser("管理员")
    sent = {"current": PASSWORD, "password": password, "password_again": password}
    page = chief.post("/account/password", sent, page="/account")
    assert page.status_code == 400
    assert "按顺序排列的字符" in page.text


@pytest.mark.parametrize(
    "password", [PASSWORD, "Sommer2026!", "xk7-vt93pq", "油墨 1234 与qwer阀门"]
)
def test_other_passwords_are_taken(small: Office, password: str) -> None:
    chief = small.browser("管理员")
    sent = {"current": PASSWORD, "password": password, "password_again": password}
    assert chief.post("/account/password", sent, page="/account").status_code == 302


def test_a_user_name_is_not_taken_twice(small: Office) -> None:
    chief = small.browser("管理员")
    link = link_in(
        chief.post("/people/invitations", {"email": "b@example.com", "role": "visitor"}).text
    )
    form = {"name": "乙", "username": "管理员", "password": NEW, "password_again": NEW}
    page = small.browser().post(link, form, page=link)
    assert page.status_code == 400
    assert "用户名已被使用" in page.text


def test_a_member_needs_an_organisation(small: Office) -> None:
    page = small.browser("管理员").post(
        "/people/invitations", {"email": "c@example.com", "role": "institute"}
    )
    assert page.status_code == 400
    assert "请填写该用户代表的单位" in page.text


def test_a_manager_makes_no_managers_and_resets_none(small: Office, hashed: str) -> None:
    add_user(small.store, "经理人", "transfer_manager", hashed=hashed)
    manager = small.browser("经理人")
    for role in ("administrator", "transfer_manager"):
        asked = {"email": "d@example.com", "role": role}
        assert manager.post("/people/invitations", asked).status_code == 400
    assert manager.post("/people/1/reset").status_code == 403
    assert manager.post("/people/1/active", {"active": "0"}).status_code == 403
    guest = {"email": "e@example.com", "role": "reviewer"}
    assert manager.post("/people/invitations", guest).status_code == 200


def test_a_reset_link_works_once(small: Office, hashed: str) -> None:
    number = add_user(small.store, "忘记", "visitor", hashed=hashed)
    inside = small.browser("忘记")
    link = link_in(small.browser("管理员").post(f"/people/{number}/reset").text)
    guest = small.browser()
    form = {"password": NEW, "password_again": NEW}
    assert guest.post(link, form, page=link).status_code == 302
    assert guest.sign_in("忘记", NEW).status_code == 302
    # Every session that was open before has ended.
    assert inside.get("/account").status_code == 302
    assert small.browser().get(link).status_code == 400
    assert small.browser().get("/reset/made-up").status_code == 400
    assert {"user.reset-link", "user.password-reset"} <= set(actions(small))


def test_changing_the_password_ends_other_sessions(small: Office) -> None:
    here, there = small.browser("管理员"), small.browser("管理员")
    form = {"current": PASSWORD, "password": NEW, "password_again": NEW}
    wrong = here.post("/account/password", {**form, "current": "wrong"}, page="/account")
    assert wrong.status_code == 400
    assert "当前密码不正确" in wrong.text
    assert here.post("/account/password", form, page="/account").status_code == 302
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/people", "/people"), ("/people?page=2", "/people?page=2"),
        ("//evil.example", "/"), ("https://evil.example/", "/"), ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"), ("/\t/evil.example", "/"), ("evil", "/"), ("", "/"),
    ],
)  # fmt: skip
def test_redirects_stay_inside(small: Office, target: str, expected: str) -> None:
    browser = Browser(small.app)
    done = browser.post(
        "/log-in", {"identity": "管理员", "password": PASSWORD}, query_string={"next": target}
    )
    assert done.headers["Location"] == expected


def test_a_session_ends_after_eight_idle_hours(
    small: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from itsdangerous import TimestampSigner

    browser = small.browser("管理员")
    now = TimestampSigner("-").get_timestamp()
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now + 7 * 3600)
    # Every answer carries the session on.
    assert browser.get("/account").status_code == 200
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now + 14 * 3600)
    assert browser.get("/account").status_code == 200
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now + 23 * 3600)
    assert browser.get("/account").status_code == 302


def test_several_pages_at_once_ask_to_sign_in_once(small: Office) -> None:
    browser = small.browser()
    for path in ("/matches", "/deals", "/batch"):
        assert browser.get(path).status_code == 302
    assert browser.get("/log-in").text.count("请先登录") == 1


def test_organisations_are_offered_while_typing(office: Office) -> None:
    manager = office.browser("transfer_manager")
    found = manager.get("/people/organisations?organisation=海晏").text
    assert "示例海晏微系统有限公司" in found
    assert "<option" not in manager.get("/people/organisations?organisation=").text


def test_role_and_organisation_of_a_user_are_changed(small: Office, hashed: str) -> None:
    number = add_user(small.store, "换岗", "visitor", hashed=hashed)
    chief, person = small.browser("管理员"), small.browser("换岗")
    assert person.get("/people").status_code == 403
    path = f"/people/{number}"
    assert path in chief.get("/people").text
    form = {"name": "换岗", "email": "visitor-换岗@example.com", "role": "enterprise"}
    form["shown"] = shown(chief, path)
    assert chief.post(path, form).status_code == 400
    form["organisation"] = "示例新单位"
    # A user name may look like an address: signing in with it has to mean one person.
    add_user(small.store, "Name@example.com", "visitor", hashed=hashed)
    assert chief.post(path, {**form, "email": "name@example.com"}).status_code == 400
    assert (
        chief.post(path, {**form, "email": "administrator-管理员@example.com"}).status_code == 400
    )
    assert chief.post(path, form).status_code == 302
    assert "示例新单位" in person.get("/account").text
    form |= {"role": "transfer_manager", "organisation": "", "shown": shown(chief, path)}
    assert chief.post(path, form).status_code == 302
    # What somebody may is asked anew at each request.
    assert person.get("/people").status_code == 200
    assert person.get("/people/1").status_code == 403
    assert person.post("/people/1", form).status_code == 403
    assert "user.edit" in actions(small)
    own = {"name": "管理员", "email": "administrator-管理员@example.com", "role": "visitor"}
    own["shown"] = shown(chief, "/people/1")
    assert chief.post("/people/1", own).status_code == 400
    assert chief.post("/people/1", {**own, "role": "administrator"}).status_code == 302
    assert chief.get("/people/99").status_code == 404


def test_two_administrators_lose_no_edit_of_a_person(small: Office, hashed: str) -> None:
    number = add_user(small.store, "两改", "visitor", hashed=hashed)
    add_user(small.store, "第二管理员", "administrator", hashed=hashed)
    path, first, second = f"/people/{number}", small.browser("管理员"), small.browser("第二管理员")
    seen = shown(second, path)
    form = {"name": "两改", "email": "one@example.com", "role": "reviewer"}
    assert first.post(path, {**form, "shown": seen}).status_code == 302
    late = {**form, "name": "改名", "email": "two@example.com", "role": "visitor"}
    page = second.post(path, {**late, "shown": seen})
    assert page.status_code == 409
    for said in ("被示例管理员", "one@example.com", "two@example.com", "现在的内容"):
        assert said in page.text, said
    with small.store.reading() as session:
        person = session.get_one(User, number)
        assert (person.email, person.roles[0].name) == ("one@example.com", "reviewer")
    # Having seen it, he may insist; a form without a stamp never does.
    assert second.post(path, late).status_code == 409
    again = re.search(r'name="shown"[^>]*value="(\w+)"', page.text)
    assert again is not None
    assert second.post(path, {**late, "shown": again[1]}).status_code == 302
