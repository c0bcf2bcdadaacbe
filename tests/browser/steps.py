"""What people do at their browsers, in either language: words are those that they read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from openpyxl import Workbook
from playwright.sync_api import Page, expect
from web_fixtures import PASSWORD

from matcher import taxonomy
from web.i18n import texts

Say = Callable[..., str]


def speaker(lang: str) -> Say:
    """Return what gives a text of the interface in a language, ``n=…`` filled in."""

    def say(text: str, plural: str = "", **values: object) -> str:
        count = int(str(values.get("num", 1)))
        found = texts(lang)
        said = found.ngettext(text, plural, count) if plural else found.gettext(text)
        return said % values if values else said

    return say


def label(lang: str, table: str, code: str) -> str:
    """Return the word for a code of a closed list."""
    return taxonomy.label_of(table, code, lang)


def press(page: Page, text: str, within: str = "main") -> None:
    """Press the button or the link with this text, and wait for the page that it leads to."""
    place = page.locator(within)
    found = place.get_by_role("button", name=text, exact=True).or_(
        place.get_by_role("link", name=text, exact=True)
    )
    with page.expect_navigation():
        found.first.click()


def go(page: Page, text: str) -> None:
    """Go to a section by the bar at the top."""
    press(page, text, ".sections")


def told(page: Page, text: str) -> None:
    """Check that the page says something."""
    expect(page.locator("main")).to_contain_text(text)


def unfold(page: Page) -> None:
    """Open the list of what is not recommended, where there is one."""
    page.eval_on_selector_all(".below", "all => all.forEach((one) => (one.open = true))")


def create_account(page: Page, name: str, username: str, password: str = PASSWORD) -> None:
    """Fill the form of a new account and send it."""
    page.fill("#name", name)
    page.fill("#username", username)
    page.fill("#password", password)
    page.fill("#password_again", password)
    with page.expect_navigation():
        page.click("form .main")


def workbook(path: Path, rows: list[dict[str, str]]) -> Path:
    """Write rows as an Excel file, as offices send them."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    book.save(path)
    return path
