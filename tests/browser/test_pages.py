"""Every page in both languages: accessible, as wide as its screen, no errors in the browser."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from office import ADMIN, Office, Room, press
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect
from site_fixtures import LANGUAGES, NARROW, WIDE, context_of, house, serve

from matcher.encode import open_encoder
from matcher.store import open_store
from web import create_app
from web.searcher import Searcher

#: What is a file, a fragment of a page, or of the first start, which has a test of its own.
NO_PAGES = {
    "static", "account.setup", "account.organisations", "records.organisations", "batch.progress",
    "batch.file", "matches.decisions", "searches.new", "indicators.export", "admin.first",
    "admin.audit_file", "admin.index_state", "plan.consortium_file", "plan.linkage_file",
    "plan.linkage_progress", "plan.assignment_file", "plan.alliances_file", "plan.alliances_map",
    "plan.alliances_progress",
}  # fmt: skip
#: As narrow as a page can be before the rows of its tables become blocks of lines.
TABLET: ViewportSize = {"width": 724, "height": 1024}
GRAVE = ("serious", "critical")
#: Browsers say of every page that answers with an error that it did.
_EXPECTED = "Failed to load resource: the server responded with a status of 40"


#: In the page itself, so that only what is wrong has to be carried out of it.
_RUN = """async (grave) => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations
    .filter((item) => grave.includes(item.impact))
    .flatMap((item) => item.nodes.map((node) => `${item.id}: ${node.html.slice(0, 160)}`));
}"""


#: Whether somebody slides it, within a minute.
_SLID = """place => new Promise((done) => {
  const look = () => place.scrollLeft > 0 && done(true);
  place.addEventListener("scroll", look);
  setTimeout(done, 60_000, false);
  look();
})"""


def _faults(page: Page) -> list[str]:
    found: list[str] = page.evaluate(_RUN, GRAVE)
    return found


def _narrow(page: Page) -> None:
    """Make the screen a telephone's, and let the page take notice."""
    page.set_viewport_size(NARROW)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def _too_wide(page: Page) -> list[str]:
    width = page.evaluate("document.documentElement.scrollWidth")
    most = page.viewport_size["width"] if page.viewport_size else 0
    return [f"{width} px wide on a screen of {most}"] if width > most else []


@pytest.fixture(scope="session")
def heard(office: Office, rooms: list[Room]) -> list[str]:
    """What the browsers complain about; they have axe from here on."""
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_EXPECTED):
            said.append(f"console: {message.text}")

    for who in {room.who for room in rooms}:
        context = office.context(who)
        context.add_init_script(path=AXE_FILE_PATH)
        context.on("console", listen)
    return said


def _look(
    office: Office, seen: list[tuple[Room, str]], heard: list[str], *, again: bool = False
) -> None:
    """Look over pages; ``again`` has the accessibility tried on the narrow screen as well."""
    wrong: list[str] = []
    for room, lang in seen:
        heard.clear()
        page = office.visit(room, lang, WIDE)
        faults = _faults(page)
        _narrow(page)
        faults += _too_wide(page) + heard
        if again:
            faults += [f"narrow, {text}" for text in _faults(page)]
        wrong += [f"{room.name} {lang}: {text}" for text in faults]
    assert not wrong, "\n".join(wrong)


def test_pages_are_accessible_and_fit_a_telephone(
    office: Office, rooms: list[Room], heard: list[str]
) -> None:
    # Each in one of the languages: the other half of them takes as long again.
    _look(office, [(room, LANGUAGES[n % 2]) for n, room in enumerate(rooms)], heard)


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_is_so_in_both_languages(
    office: Office, rooms: list[Room], heard: list[str], lang: str
) -> None:
    _look(office, [(room, lang) for room in rooms], heard, again=True)


def test_the_first_start_is_accessible_and_fits_a_telephone(
    browser: Browser, prepared: Path, tmp_path: Path
) -> None:
    wrong: list[str] = []

    def look(page: Page, what: str) -> None:
        page.set_viewport_size(WIDE)
        faults = _faults(page)
        _narrow(page)
        faults += [*_too_wide(page), *_faults(page)]
        wrong.extend(f"{what}: {text}" for text in faults)

    with serve(house(tmp_path / "home", prepared)) as site:
        context = context_of(browser)
        context.add_init_script(path=AXE_FILE_PATH)
        page = context.new_page()
        for lang in LANGUAGES:
            page.goto(f"{site.setup_link}&lang={lang}")
            look(page, lang)
            expect(page.locator(".sections, .sign-in")).to_have_count(0)
            press(page, "main form .main")
            expect(page.locator(".field-error").first).to_be_visible()
            look(page, f"{lang}, sent empty")
        context.close()
    assert not wrong, "\n".join(wrong)


def test_faults_are_found(office: Office, heard: list[str]) -> None:
    page = office.visit(Room("home", "", "/"), "zh", WIDE)
    page.evaluate("""() => {
      const wide = document.createElement("img");
      wide.src = "/static/icon.svg";
      wide.width = 800;
      document.querySelector("main").append(wide);
    }""")
    assert [text.partition(":")[0] for text in _faults(page)] == ["image-alt"]
    _narrow(page)
    assert _too_wide(page)


@pytest.mark.slow
def test_no_page_is_left_out(office: Office, rooms: list[Room]) -> None:
    store = open_store(str(office.site.folder / "alleymatch.sqlite"))
    app = create_app(store, Searcher(store, open_encoder()))
    adapter = app.url_map.bind("127.0.0.1")
    seen = {adapter.match(urlsplit(room.path).path)[0] for room in rooms if room.status == 200}
    there = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    store.close()
    assert there - seen == NO_PAGES


def test_what_is_wider_than_its_screen_says_so_and_slides(office: Office) -> None:
    page = office.visit(Room("people", ADMIN, "/people"), "zh", NARROW)
    bar = page.locator(".sections")
    # The present section is the last one: the bar goes on to the left alone.
    expect(bar).to_have_class("sections before")
    bar.evaluate("place => place.scrollTo(0, 0)")
    expect(bar).to_have_class("sections beyond")
    table = page.locator(".scroll").last
    # On a telephone its rows are blocks of lines, as wide as the screen.
    expect(table).not_to_have_attribute("tabindex", "0")
    page.set_viewport_size(TABLET)
    hint = str(page.locator("body").get_attribute("data-slide"))
    expect(table).to_have_attribute("aria-label", hint)
    assert hint in table.evaluate("place => getComputedStyle(place, '::before').content")
    table.focus()
    page.keyboard.press("ArrowRight")
    assert table.evaluate(_SLID)
    page.set_viewport_size(WIDE)
    expect(table).not_to_have_attribute("tabindex", "0")
    expect(bar).to_have_class("sections")


@pytest.mark.parametrize("name", ["search", "matches-need"])
def test_paper_shows_the_quotes_and_no_buttons(
    office: Office, rooms: list[Room], name: str
) -> None:
    page = office.visit(next(room for room in rooms if room.name == name), "zh", WIDE)
    page.emulate_media(media="print")
    for kind in (".bar", ".skip", "main button", "main select", ".decision a", ".history"):
        for one in page.locator(kind).all():
            expect(one).to_be_hidden()
    first = page.locator(".match").first
    expect(first.locator("blockquote").first).to_be_visible()
    expect(first.locator(".chance-value")).to_be_visible()
    expect(page.locator("h1")).to_be_visible()
    page.emulate_media(media="screen")
