"""Both languages are whole, and each page is in one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract
from web_fixtures import Browser, Office

from matcher.records import Money
from web.i18n import catalogue, other_languages

WEB = Path(__file__).resolve().parents[2] / "web"
_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None, "gettext": None, "lazy_gettext": None, "_l": None, "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
}  # fmt: skip
Text = str | tuple[str, ...]


def texts() -> Iterator[tuple[Text, str]]:
    """Yield every text of templates and modules, and where it stands."""
    for path in sorted(WEB.rglob("*")):
        method = {".py": "python", ".html": babel_extract}.get(path.suffix)
        if method is None:
            continue
        options = {} if path.suffix == ".py" else {"silent": "false"}
        for line, text, _, _ in extract_from_file(
            method, str(path), keywords=_KEYWORDS, options=options
        ):
            yield text, f"{path.relative_to(WEB)}:{line}"


def test_nothing_is_missing_in_chinese() -> None:
    known = catalogue("zh")
    missing = {}
    for text, where in texts():
        found = known.get(text if isinstance(text, str) else text[0])
        string = found.string if found else ""
        if found is None or found.fuzzy or not string or not all(string):
            missing[text] = where
    ready = [f'{where}\nmsgid "{text}"\nmsgstr ""\n' for text, where in missing.items()]
    assert not missing, "\n" + "\n".join(ready)


def test_nothing_is_left_over_and_nothing_stands_twice() -> None:
    used = {text if isinstance(text, str) else text[0] for text, _ in texts()}
    seen: dict[str, str] = {}
    for path in sorted((WEB / "translations" / "zh").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="zh"):
                if not message.id:
                    continue
                text = message.id if isinstance(message.id, str) else message.id[0]
                assert text in used, f"{path.name}: nothing says {text!r} any more"
                assert text not in seen, f"{text!r} is in {seen[text]} and in {path.name}"
                seen[text] = path.name


def test_places_are_the_same_in_both_languages() -> None:
    for message in catalogue("zh"):
        if not message.id:
            continue
        english = message.id if isinstance(message.id, str) else message.id[1]
        chinese = message.string if isinstance(message.string, str) else message.string[0]
        places = re.compile(r"%\(\w+\)[sd]|%%")
        assert sorted(places.findall(english)) == sorted(places.findall(chinese)), english


@pytest.mark.parametrize("name", ["", "administrator"])
def test_english_pages_are_english(office: Office, name: str) -> None:
    browser = office.browser(name)
    for path in ("/", "/log-in", "/account", "/people", "/nowhere"):
        page = browser.get(f"{path}?lang=en", follow_redirects=True)
        main = page.text[page.text.index('<main id="main"') :]
        # Names of people and organisations stay as they are.
        plain = re.sub(r"示例\S*|中文", "", main)
        assert not re.search("[\u4e00-\u9fff]", plain), (path, plain)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, "zh-CN"),
        ({"Accept-Language": "en-GB,en;q=0.9"}, "en"),
        ({"Accept-Language": "zh-TW,en;q=0.5"}, "zh-CN"),
        ({"Accept-Language": "fr,de"}, "zh-CN"),
        ({"Accept-Language": "fr,en;q=0.3"}, "en"),
    ],
)
def test_the_browser_says_which(office: Office, sent: dict[str, str], expected: str) -> None:
    assert f'<html lang="{expected}">' in office.browser().get("/", headers=sent).text


def test_a_choice_is_kept_by_cookie_and_by_account(small: Office) -> None:
    guest = small.browser()
    guest.get("/log-in?lang=en")
    assert '<html lang="en">' in guest.get("/log-in").text
    chief = small.browser("管理员")
    assert '<html lang="zh-CN">' in chief.get("/account").text
    chief.get("/account?lang=en")
    elsewhere = Browser(small.app)
    elsewhere.sign_in("管理员")
    assert '<html lang="en">' in elsewhere.get("/account").text


def test_a_choice_made_before_signing_in_holds_after_it(small: Office) -> None:
    shared = small.browser()
    shared.get("/log-in?lang=en")
    shared.sign_in("管理员")
    assert '<html lang="en">' in shared.get("/account").text
    elsewhere = Browser(small.app)
    elsewhere.sign_in("管理员")
    assert '<html lang="en">' in elsewhere.get("/account").text
    # What was chosen at the earlier sign-in is not chosen again at the next.
    elsewhere.get("/account?lang=zh")
    shared.post("/log-out", page="/account")
    shared.sign_in("管理员")
    assert '<html lang="zh-CN">' in shared.get("/account").text


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh", ["2026年11月22日", "2026-11-23 02:30", "1,234,567", "37%", "30–50 万元"]),
        ("en", ["22 Nov 2026", "23 Nov 2026, 02:30", "1,234,567", "37%", "300,000–500,000"]),
    ],
)
def test_how_things_are_written(office: Office, language: str, expected: list[str]) -> None:
    from flask import render_template_string

    template = (
        "{{ a|day }}|{{ b|moment }}|{{ c|number }}|{{ d|percent }}|{{ e|money }}"
        "|{{ none|day }}|{{ 'patent'|label('capability_kinds') }}"
    )
    with office.app.test_request_context(f"/?lang={language}"):
        shown = render_template_string(
            template, a=date(2026, 11, 22), b=datetime(2026, 11, 22, 18, 30, tzinfo=UTC),
            c=1234567, d=0.37, e=Money(low=300_000, high=500_000),
        )  # fmt: skip
    parts = shown.split("|")
    assert parts[:4] == expected[:4]
    assert expected[4] in parts[4]
    assert parts[5] == ""
    assert parts[6] in ("专利", "Patent")


def test_the_other_language_of_a_form_is_a_page_that_exists(office: Office) -> None:
    with office.app.test_request_context("/people/invitations?page=2", method="POST"):
        assert {address for _, _, address in other_languages()} == {
            "/people?page=2&lang=zh", "/people?page=2&lang=en",
        }  # fmt: skip
