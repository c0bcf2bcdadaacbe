"""A furnished server, who looks at it, and the pages that they see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from site_fixtures import Site, context_of, sign_in
from web_fixtures import PASSWORD

ADMIN, MANAGER, MEMBER = "administrator", "transfer_manager", "enterprise"
INSTITUTE, REVIEWER, VISITOR = "institute", "reviewer", "visitor"


@dataclass(frozen=True)
class Room:
    """A page: its name, who looks at it ("" has not signed in), its address, and what to do there.

    ``enter`` is called after the address was opened.
    """

    name: str
    who: str
    path: str
    enter: Callable[[Page], None] | None = None
    #: The status that it answers with.
    status: int = 200


@dataclass
class Office:
    """A furnished server and people's browsers by role."""

    site: Site
    browser: Browser
    tokens: dict[str, str]
    contexts: dict[str, BrowserContext] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)

    def context(self, who: str) -> BrowserContext:
        """Return the browser of somebody in a role, signed in; "" has not signed in."""
        if who not in self.contexts:
            made = context_of(self.browser, base_url=self.site.address)
            if who:
                page = made.new_page()
                sign_in(page, who, PASSWORD)
                page.close()
            self.contexts[who] = made
        return self.contexts[who]

    def visit(self, room: Room, lang: str, viewport: ViewportSize) -> Page:
        """Open a page in a language; everybody has one page, which a new one takes a while."""
        if room.who not in self.pages:
            self.pages[room.who] = self.context(room.who).new_page()
        page = self.pages[room.who]
        page.set_viewport_size(viewport)
        mark = "&" if "?" in room.path else "?"
        answer = page.goto(f"{room.path}{mark}lang={lang}")
        assert answer is not None
        assert answer.status == room.status, (room.name, answer.status)
        if room.enter:
            room.enter(page)
        return page


def press(page: Page, selector: str) -> None:
    """Press a button that leads to another page, and wait for it."""
    with page.expect_navigation():
        page.locator(selector).first.click()
