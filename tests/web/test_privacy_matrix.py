"""Nobody reads what is not his: every role, every kind of record, every route, every answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

import pytest
from records_fixtures import FULL
from routes import ROUTES
from secret_world import (
    ACTORS,
    FILE_WORD,
    IDENTITY,
    OWNED,
    SAID,
    STAFF,
    World,
    build,
    copy,
    hidden_from,
    logged,
    paths,
    text_of,
)
from sqlalchemy import select
from web_fixtures import Browser
from werkzeug.test import TestResponse

from matcher import taxonomy
from matcher.store.models import Job

EVERYBODY = (*ACTORS, "")
#: What stands in no log and in no address, whoever reads it. Whole words: a token drawn by chance
#: may hold any two letters.
WORDS = (
    *(word for group in (*IDENTITY.values(), *(ws for _, ws in OWNED.values())) for word in group),
    FILE_WORD,
    SAID[:12],
)
#: What a form is sent with; nothing in it is a secret word.
FORMS: Mapping[str, Mapping[str, object]] = {
    "home.results": {"text": SAID, "wanted": "capability", "level": "10"},
    "records.create": FULL,
    "records.save": {**FULL, "version": "1"},
    "records.autosave": {"title": "陶瓷封装"},
    "records.similar": {"title": f"陶瓷封装 {SAID}", "problem": SAID, "summary": SAID},
    "records.purge": {"code": "N-pri"},
    "matches.say": {"verdict": "later"},
    "batch.begin": {"source": "store", "offers": "store", "top": "3", "reader": "office"},
    "plan.find_alliances": {"reader": "office", "previous": ""},
    "account.check_in": {"identity": "owner", "password": "wrong wrong wrong"},
    "admin.change_setting": {"value": "on"},
}
#: Who also asks for fragments of pages; the rest would only take longer.
_OUTSIDE = ("rival", "reviewer", "")
#: Ends the session, or the world: called last, or not at all.
_LAST = ("account.log_out", "account.change_password", "account.set_active", "admin.merge")


@pytest.fixture(scope="module", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALLEYMATCH_HOME", str(tmp_path_factory.mktemp("home")))
        yield
    taxonomy.set_changes({})


@pytest.fixture(scope="module")
def world(
    template: Path, hashed: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:  # fmt: skip
    made = build(template, tmp_path_factory.mktemp("world"), hashed)
    yield made
    made.close()


def seen_of(answer: TestResponse, actor: str, typed: str = "") -> list[str]:
    """Return the words of an answer that its reader may not read."""
    said = text_of(answer)
    words = (word for group in hidden_from(actor).values() for word in group)
    return [word for word in words if word not in typed and word in said]


def refused(answer: TestResponse) -> bool:
    to_sign_in = answer.status_code == 302 and "/log-in" in answer.headers["Location"]
    return to_sign_in or answer.status_code in (401, 403, 404)


def check(answer: TestResponse, actor: str, path: str, endpoint: str, typed: str = "") -> None:
    assert answer.status_code < 500 or answer.status_code == 503, (actor, path)
    assert not seen_of(answer, actor, typed), (actor, path)
    if actor not in ROUTES[endpoint].who:
        assert refused(answer), (actor, path, answer.status_code)
    assert answer.headers["Referrer-Policy"] == "same-origin", path
    assert "no-store" in answer.headers["Cache-Control"], path
    assert "unsafe" not in answer.headers["Content-Security-Policy"], path
    # An address ends up in histories and logs.
    onwards = unquote(answer.headers.get("Location", ""))
    assert not [word for word in WORDS if word in onwards], (path, onwards)


def test_every_route_has_an_expectation(world: World) -> None:
    here = {rule.endpoint for rule in world.app.url_map.iter_rules()} - {"static"}
    assert here == set(ROUTES), "say in tests/web/routes.py who may call the new routes"


@pytest.mark.parametrize("actor", EVERYBODY)
def test_no_page_shows_what_its_reader_may_not_see(world: World, actor: str) -> None:
    browser = world.office.browser(actor)
    read: list[str] = []
    allowed: set[str] = set()
    with logged() as lines:
        for rule in world.app.url_map.iter_rules():
            if rule.endpoint == "static" or "GET" not in (rule.methods or ()):
                continue
            for path in paths(world.app, rule, ROUTES[rule.endpoint].what, world):
                for headers in ({}, {"HX-Request": "true"})[: 2 if actor in _OUTSIDE else 1]:
                    answer = browser.get(path, headers=headers, buffered=True)
                    check(answer, actor, path, rule.endpoint)
                    if answer.status_code == 200:
                        allowed.add(rule.endpoint)
                        read.append(text_of(answer))
    check_log(lines)
    every = "".join(read)
    # The walk saw something: what is open is there, and to the office and to owners all of it.
    assert "zqtitlenano" in every
    assert "zqbodycano" in every
    for holder, words in IDENTITY.items():
        if actor in (*STAFF, holder):
            kept = {w for (_, kind), (by, ws) in OWNED.items() if by == holder for w in ws}
            assert all(word in every for word in (*words, *kept)), (actor, holder)
    open_here = {e for e in allowed if actor not in ROUTES[e].who}
    assert not open_here


@pytest.mark.parametrize("actor", EVERYBODY)
def test_no_form_answers_with_what_its_sender_may_not_see(
    world: World, actor: str, tmp_path: Path
) -> None:
    mine = copy(world, tmp_path)
    browser = mine.office.browser(actor)
    token = browser.token("/account" if actor else "/log-in")
    rules = [r for r in mine.app.url_map.iter_rules() if "POST" in (r.methods or ())]
    with logged() as lines:
        for rule in sorted(rules, key=lambda r: (r.endpoint in _LAST, r.endpoint)):
            if rule.endpoint in _LAST[:3]:
                continue
            form = FORMS.get(rule.endpoint, {})
            for path in paths(mine.app, rule, ROUTES[rule.endpoint].what, mine):
                sent = {"csrf_token": token, **form}
                answer = browser.client.post(path, data=sent, buffered=True)
                check(answer, actor, path, rule.endpoint)
                if answer.status_code == 302 and not refused(answer):
                    onwards = browser.get(answer.headers["Location"], buffered=True)
                    assert not seen_of(onwards, actor), path
    check_log(lines)
    mine.close()


def check_log(lines: list[str]) -> None:
    written = "\n".join(lines)
    assert not [word for word in WORDS if word in written]


@pytest.mark.parametrize("actor", EVERYBODY)
def test_nothing_is_found_by_guessing(world: World, actor: str) -> None:
    browser = world.office.browser(actor)
    titles = {(side, kind): words[0] for (side, kind), (_, words) in OWNED.items()}
    for holder, hidden in hidden_from(actor).items():
        # Neither a private record by its words, nor an anonymous one by its owner's.
        kept = [t for key, t in titles.items() if OWNED[key][0] == holder]
        for word in hidden:
            for path in (f"/needs?text={word}", f"/capabilities?text={word}",
                         f"/matches?q={word}", f"/needs?region={word}"):  # fmt: skip
                answer = browser.get(path)
                assert not seen_of(answer, actor, typed=word), (actor, path)
                assert not [t for t in kept if t in answer.text and t != word], (actor, path)
            similar(browser, actor, word, kept)
            for wanted in ("capability", "need"):
                asked = {"text": f"{word} {SAID}", "wanted": wanted}
                answer = browser.post("/", asked, page="/", follow_redirects=True)
                assert answer.status_code == 200
                assert not seen_of(answer, actor, typed=word), (actor, word)


def similar(browser: Browser, actor: str, word: str, kept: list[str]) -> None:
    if actor in ROUTES["records.similar"].who:
        for kind in ("needs", "capabilities"):
            answer = browser.post(
                f"/{kind}/similar/new", {"title": f"{word} 提出", "problem": word}
            )
            assert not [title for title in kept if title in answer.text and title != word]
            assert not seen_of(answer, actor, typed=word)


@pytest.mark.parametrize("actor", ["rival", "institute", "reviewer", "visitor", ""])
def test_a_hidden_record_is_answered_as_one_that_does_not_exist(world: World, actor: str) -> None:
    browser = world.office.browser(actor)

    def plain(path: str) -> tuple[int, list[str]]:
        answer = browser.get(path)
        # Apart from its number, the error's, and what the page before left to say.
        text = re.sub(
            r"<p class=\"notice.*|[0-9A-F]{8}|csrf[^>]*>|content=\"[^\"]*\"|(?:/|%2F)\d+",
            "",
            answer.text,
        )
        return answer.status_code, text.splitlines()

    for side, kind in (("need", "needs"), ("capability", "capabilities")):
        assert (side, "private") in OWNED
        for path in ("/{}/{}", "/matches/{}/{}", "/{}/{}/edit"):
            (status, hidden), (missing, none) = (plain(path.format(kind, n)) for n in (3, 987654))
            assert (status, set(hidden) ^ set(none)) == (missing, set()), (actor, path)


def test_reports_to_pass_on_hold_no_secret(world: World) -> None:
    browser = world.office.browser("manager")
    words = [word for group in hidden_from("").values() for word in group]
    texts = {}
    with world.office.store.reading() as session:
        states = list(session.execute(select(Job.state, Job.error_zh).order_by(Job.id).limit(2)))
    assert [row[0] for row in states] == ["done", "done"], states
    for number in world.numbers["job"][:2]:
        texts[number] = "".join(
            text_of(browser.get(f"/batch/{number}/files/{name}", buffered=True))
            for name in ("report.xlsx", "report.docx", "report.html", "matches.csv",
                         "matches.jsonl")
        )  # fmt: skip
    first, second = texts.values()
    assert not [word for word in words if word in first]
    # The same words are in the office's own report: the search would have found them.
    assert [word for word in words if word in second]
    assert not [w for w in words if w in text_of(browser.get("/matches/decisions.csv"))]
