"""Headers, CSRF, limits, hosts, cookies, and who may call what."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from conftest import make_office
from flask import Flask
from web_fixtures import PASSWORD, ROLES, TEXT, Browser, Office

from matcher.encode.base import Encoder
from matcher.errors import InputError
from matcher.store import Store
from web.access import rule_of
from web.security import secret_key

#: What each role gets from each page that can be opened without arguments.
PAGES = {
    "home.box": dict.fromkeys((*ROLES, ""), 200),
    "account.log_in": {**dict.fromkeys(ROLES, 302), "": 200},
    "account.own": {**dict.fromkeys(ROLES, 200), "": 302},
    "account.people": {
        **dict.fromkeys(ROLES, 403), "administrator": 200, "transfer_manager": 200, "": 302,
    },
    "account.organisations": {
        **dict.fromkeys(ROLES, 403), "administrator": 200, "transfer_manager": 200, "": 302,
    },
    "account.forgot": dict.fromkeys((*ROLES, ""), 200),
    "account.setup": dict.fromkeys((*ROLES, ""), 302),
}  # fmt: skip
BASE = ("home", "account")


def rules(app: Flask) -> list[tuple[str, str, set[str]]]:
    return [
        (rule.endpoint, rule.rule, set(rule.methods or ()))
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
    ]


def test_every_view_says_who_may_call_it(office: Office) -> None:
    silent = [e for e, _, _ in rules(office.app) if rule_of(office.app.view_functions[e]) is None]
    assert not silent


def test_a_view_that_says_nothing_is_refused(small: Office) -> None:
    small.app.add_url_rule("/forgotten", "forgotten", lambda: "open")
    assert small.browser("管理员").get("/forgotten").status_code == 403


@pytest.mark.parametrize("name", [*ROLES, ""])
def test_roles_and_pages(office: Office, name: str) -> None:
    browser = office.browser(name)
    opened = {
        endpoint: path
        for endpoint, path, methods in rules(office.app)
        if "GET" in methods and "<" not in path and endpoint.split(".")[0] in BASE
    }
    assert set(opened) == set(PAGES)
    for endpoint, path in opened.items():
        assert browser.get(path).status_code == PAGES[endpoint][name], (endpoint, name)


@pytest.mark.parametrize("name", ["enterprise", "institute", "reviewer", "visitor", ""])
def test_forms_of_the_office_are_closed_to_others(office: Office, name: str) -> None:
    browser = office.browser(name)
    page = "/account" if name else "/log-in"
    for path in ("/people/invitations", "/people/1/reset", "/people/1/active",
                 "/people/invitations/1/withdraw"):  # fmt: skip
        assert browser.post(path, page=page).status_code == (403 if name else 302)


def test_every_answer_carries_the_headers(office: Office) -> None:
    browser = office.browser()
    for page in (browser.get("/"), browser.post("/", {"text": TEXT}, page="/"),
                 browser.get("/none"), browser.get("/static/style.css")):  # fmt: skip
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert not re.search(r"(src|href|action)=\"(https?:)?//", page.text)
        assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=|javascript:", page.text)
        page.close()
    assert browser.get("/").headers["Cache-Control"] == "no-store"
    with browser.get("/static/app.js") as script:
        assert "max-age" in script.headers["Cache-Control"]


def test_htmx_neither_evaluates_nor_styles(office: Office) -> None:
    html = office.browser().get("/").text
    assert '"includeIndicatorStyles":false' in html
    assert '"allowEval":false' in html
    assert '"selfRequestsOnly":true' in html


def test_cookies(office: Office) -> None:
    plain = Browser(office.app).get("/").headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    assert (
        "Secure" in Browser(office.app).get("/", base_url="https://localhost").headers["Set-Cookie"]
    )


def test_no_form_is_taken_without_its_token(small: Office) -> None:
    chief = small.browser("管理员")
    for endpoint, path, methods in rules(small.app):
        if "POST" in methods:
            path = re.sub("<[^>]*kind>", "needs", path)
            path = re.sub("<[^>]+>", "1", path)
            page = chief.client.post(path, data={"text": TEXT})
            assert page.status_code == 400, endpoint
            assert "表单已过期" in page.text
    # Another session's token is none.
    stolen = small.browser().token()
    assert chief.client.post("/people/1/reset", data={"csrf_token": stolen}).status_code == 400


def test_a_form_that_expired_keeps_its_text(office: Office) -> None:
    client = office.app.test_client()
    carried = '{"title": "' + 90 * "7" + '"}'
    sent = {
        "text": 20 * "写了很久的需求",
        "password": "secret-word",
        "csrf_token": "old",
        "seen": carried,
    }
    kept = client.post("/", data=sent, headers={"Origin": "http://localhost"})
    assert kept.status_code == 400
    assert "写了很久的需求" in kept.text
    assert "secret-word" not in kept.text
    assert re.search("<label[^>]*>您填写的内容</label><textarea[^>]*>写了很久", kept.text)
    # Sent again, but nothing to read.
    assert kept.text.count("<textarea") == 1
    assert 'type="hidden" name="seen"' in kept.text
    foreign = client.post("/", data=sent, headers={"Origin": "http://evil.example"})
    assert "写了很久的需求" not in foreign.text


def test_too_many_attempts_are_slowed_down(store: Store, encoder: Encoder, hashed: str) -> None:
    from web_fixtures import add_user

    add_user(store, "管理员", "administrator", hashed=hashed)
    office = make_office(store, encoder, RATELIMIT_ENABLED=True)
    browser = office.browser()
    codes = [browser.sign_in("没有这个人", "x" * 12).status_code for _ in range(12)]
    assert codes[:10] == [401] * 10
    assert codes[10:] == [429] * 2
    assert "操作过于频繁" in browser.sign_in("管理员", PASSWORD).text
    searches = [browser.post("/", {"text": ""}, page="/").status_code for _ in range(32)]
    assert searches[-1] == 429
    office.search.stop()


def test_a_class_behind_one_gateway_signs_in(store: Store, encoder: Encoder, hashed: str) -> None:
    from web_fixtures import add_user

    add_user(store, "管理员", "administrator", hashed=hashed)
    office = make_office(store, encoder, RATELIMIT_ENABLED=True)
    codes = [office.browser().sign_in("管理员", PASSWORD).status_code for _ in range(15)]
    assert codes == [302] * 15
    # The guesses of one route are none of another's.
    browser = office.browser("管理员")
    wrong = {"current": "x" * 12, "password": "y" * 12, "again": "y" * 12}
    refused = [browser.post("/account/password", wrong, page="/account") for _ in range(12)]
    assert [answer.status_code for answer in refused] == [400] * 10 + [429] * 2
    assert office.browser().sign_in("管理员", PASSWORD).status_code == 302
    office.search.stop()


def test_other_host_names_are_refused(store: Store, encoder: Encoder) -> None:
    office = make_office(store, encoder, TRUSTED_HOSTS=["localhost"])
    client = office.app.test_client()
    assert client.get("/setup").status_code == 200
    assert client.get("/setup", headers={"Host": "evil.example"}).status_code == 400
    office.search.stop()


def test_forwarded_addresses_count_only_where_a_proxy_is_named(
    store: Store, encoder: Encoder
) -> None:
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    plain = make_office(store, encoder)
    behind = make_office(store, encoder, PROXIES=1)
    assert "Secure" not in str(plain.app.test_client().get("/setup", headers=told).headers)
    page = behind.app.test_client().get("/log-in?lang=en", headers=told, follow_redirects=True)
    assert page.status_code == 403
    assert "Secure" in page.headers["Set-Cookie"]
    plain.search.stop()
    behind.search.stop()


def test_the_key_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    first = secret_key(tmp_path / "data")
    assert len(first) == 64
    assert secret_key(tmp_path / "data") == first
    path = tmp_path / "data" / "web.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("short", encoding="ascii")
    with pytest.raises(InputError, match="incomplete"):
        secret_key(tmp_path / "data")
