"""Without a mouse: from the first page to a decision, and one always sees where one is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from furniture import FEW_CAPABILITIES, FEW_NEEDS, stock
from playwright.sync_api import Browser, Locator, Page, expect
from site_fixtures import LANGUAGES, Site, context_of, house, serve
from steps import label, speaker
from web_fixtures import PASSWORD
from week import NEED_TEXT

#: More stops than a page has before its first matches.
_STOPS = 120
#: What has the focus and does not show it on the screen. Some hand their mark on: to the word
#: beside them, or to the box around them.
_UNSEEN = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return "nothing has the focus";
  const drawn = (one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };
  const box = here.closest(".drop");
  const place = drawn(here) ? here
    : here.nextElementSibling && drawn(here.nextElementSibling) ? here.nextElementSibling
    : box && getComputedStyle(box).boxShadow !== "none" ? box : null;
  if (!place) return `no mark: ${here.outerHTML.slice(0, 160)}`;
  const { top, bottom, left, right } = place.getBoundingClientRect();
  const inside = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  return inside ? "" : `out of sight: ${here.outerHTML.slice(0, 160)}`;
}"""
_FOCUSED = "one => one === document.activeElement"


def seen(page: Page) -> None:
    """Check that what has the focus shows it."""
    assert page.evaluate(_UNSEEN) == ""


def tab_to(page: Page, target: Locator) -> None:
    """Go from stop to stop until the target has the focus, and see every one of them."""
    for _ in range(_STOPS):
        page.keyboard.press("Tab")
        seen(page)
        if target.evaluate(_FOCUSED):
            return
    raise AssertionError(f"the keyboard does not reach {target}")


def follow(page: Page, target: Locator) -> None:
    """Go to what leads to another page, and press it."""
    tab_to(page, target)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def skip(page: Page) -> None:
    """Skip the bar at the top by the first stop of a page."""
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    seen(page)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def decide(page: Page, place: Locator) -> None:
    """Press the button that has the focus; the new state of the match has it afterwards."""
    with page.expect_response("**/decide"):
        page.keyboard.press("Enter")
    expect(place.locator(".decision")).to_be_focused()
    seen(page)


@pytest.fixture(scope="module")
def site(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = house(tmp_path_factory.mktemp("keyboard") / "home", prepared)
    stock(home, FEW_NEEDS, FEW_CAPABILITIES)
    with serve(home) as started:
        yield started


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_match_is_decided_without_a_mouse(browser: Browser, site: Site, lang: str) -> None:
    say = speaker(lang)
    page = context_of(browser, lang, base_url=site.address).new_page()
    page.goto(f"/?lang={lang}")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.insert_text(NEED_TEXT)
    follow(page, page.locator(".box-end .main"))
    skip(page)
    follow(page, page.locator(".match h3 a").first)
    follow(page, page.locator(".sign-in"))
    expect(page.locator("#identity")).to_be_focused()
    page.keyboard.insert_text("transfer_manager")
    tab_to(page, page.locator("#password"))
    page.keyboard.insert_text(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"/needs?lang={lang}")
    follow(page, page.get_by_role("row").filter(has_text="N001").locator("td.name a"))
    skip(page)
    follow(page, page.get_by_role("link", name=say("Find partners"), exact=True))
    skip(page)
    _accept(page, page.locator(".of-match").nth(0), lang)
    _decline(page, page.locator(".of-match").nth(1), lang)
    page.context.close()


def _accept(page: Page, place: Locator, lang: str) -> None:
    tab_to(page, place.locator("[value=accept]"))
    decide(page, place)
    expect(place).to_contain_text(label(lang, "decisions", "accept"))


def _decline(page: Page, place: Locator, lang: str) -> None:
    """Decline, at first without the reason; then go on from where the answer is."""
    reason, button = place.locator("[name=reason]"), place.locator("[value=decline]")
    tab_to(page, place.locator(".decision details:not(.history) summary"))
    page.keyboard.press("Enter")
    tab_to(page, button)
    decide(page, place)
    tab_to(page, reason)
    page.keyboard.press("ArrowDown")
    chosen = str(reason.input_value())
    assert chosen
    tab_to(page, button)
    decide(page, place)
    expect(place).to_contain_text(label(lang, "decline_reasons", chosen))
