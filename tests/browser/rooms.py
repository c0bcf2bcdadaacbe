"""Every page of the application: where it is, who looks at it, and what has to be done there.

The list that accessibility, narrow screens and pictures are tried on. A route that is in none of
them fails tests/browser/test_pages.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from furniture import ENTERPRISE, FILE
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from site_fixtures import Site, context_of, sign_in
from steps import workbook
from web_fixtures import PASSWORD

NEED_TEXT = "倒装芯片用的低膨胀底部填充胶，CTE≤25 ppm/℃，25℃黏度不超过 30 Pa·s，可合作开发或许可"
MANAGER, MEMBER, INSTITUTE = "transfer_manager", "enterprise", "institute"


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


def search(text: str) -> Callable[[Page], None]:
    """Return what searches on the first page."""

    def done(page: Page) -> None:
        page.fill("#text", text)
        press(page, ".box-end .main")

    return done


def number_in(address: str) -> int:
    """Return the last number of an address."""
    return int(re.findall(r"/(\d+)", address)[-1])


def batch(page: Page, files: dict[str, Path] | None = None, **fields: str) -> int:
    """Start a batch, with needs on file where no files are given; return its number when done."""
    page.goto("/batch")
    for name, path in (files or {}).items():
        page.set_input_files(f"#{name}", path)
    if not files:
        page.check("[name=source][value=store]")
    for name, text in fields.items():
        page.fill(f"#{name}", text)
    press(page, ".batch-form .main")
    number = number_in(page.url)
    page.wait_for_selector("#progress", state="detached", timeout=120_000)
    return number


def _links(page: Page) -> int:
    """Look for links among enterprises; return the number of the result."""
    page.goto("/plan/linkage")
    press(page, "form[action$='/plan/linkage'] .main")
    page.wait_for_selector("#progress", state="detached", timeout=120_000)
    return number_in(page.url)


def furnish(office: Office) -> list[Room]:
    """Do what an office does in a week, and return the pages to look at."""
    manager = office.context(MANAGER).new_page()
    numbers = _records(manager)
    first, partner = numbers["N001"], numbers["C001"]
    manager.goto(f"/matches/needs/{first}")
    decisions = manager.locator(".decision")
    with manager.expect_response("**/decide"):
        decisions.nth(0).locator("[value=accept]").click()
    deal = manager.locator(".decision a[href*='/deals/']").get_attribute("href") or ""
    _decline(manager, 1)
    # A second list, to compare with.
    press(manager, "form[action*='/matches/needs/'] .button")
    manager.goto(deal)
    manager.select_option("#stage", index=2)
    manager.fill("#note", "示例：双方通了电话，下周看样品。")
    press(manager, "form[action$='/stage'] .main")
    jobs = [batch(manager, title=f"示例：十一月对接会 {n}") for n in (1, 2)]
    wrong = office.site.folder / "空.csv"
    wrong.write_text("需求名称\n", encoding="utf-8")
    failed = batch(manager, {"needs": wrong})
    linked = _links(manager)
    waiting, imported = _imports(office, manager)
    conflict = _edit_twice(office, numbers["N002"])
    manager.goto(f"/capabilities/{numbers['C055']}")
    manager.on("dialog", lambda dialog: dialog.accept())
    press(manager, "form[action$='/archive'] button")
    manager.goto("/people")
    press(manager, "form[action$='/reset'] button")
    reset = manager.input_value("[data-copy-from]").partition("/reset/")[2]
    manager.close()
    leaking, nothing = numbers["示例-9"], numbers["N104"]
    rooms = [
        Room("home", "", "/"),
        Room("search", "", "/", search(NEED_TEXT)),
        Room("search-none", "", "/", search("老人夜里在卫生间滑倒没人知道")),
        Room("log-in", "", "/log-in"),
        Room("log-in-wrong", "", "/log-in", _wrong_password),
        Room("invitation", "", f"/invitation/{office.tokens['invitation']}"),
        Room("invitation-wrong", "", f"/invitation/{office.tokens['invitation']}", _send_empty),
        Room("reset", "", f"/reset/{reset}"),
        Room("public-needs", "", "/needs"),
        Room("public-need", "", f"/needs/{numbers['N009']}"),
        Room("needs", MANAGER, "/needs"),
        Room("needs-none", MANAGER, "/needs?text=zzz&region=q&expiring=30"),
        Room("capabilities", MANAGER, "/capabilities"),
        Room("capability", MANAGER, f"/capabilities/{partner}"),
        Room("archived", "administrator", f"/capabilities/{numbers['C055']}"),
        Room("purge", "administrator", f"/capabilities/{numbers['C055']}/purge"),
        Room("need", MANAGER, f"/needs/{first}"),
        Room("need-new", MANAGER, "/needs/new"),
        Room("capability-new", INSTITUTE, "/capabilities/new", _open_all),
        Room("need-edit", MANAGER, f"/needs/{first}/edit", _open_all),
        Room("need-wrong", MANAGER, "/needs/new", _send_nothing),
        Room("need-conflict", MANAGER, conflict[0], conflict[1]),
        Room("diagnosis-leak", MANAGER, f"/needs/{leaking}/diagnosis"),
        Room("diagnosis", MANAGER, f"/needs/{first}/diagnosis"),
        Room("import", MANAGER, "/needs/import"),
        Room("import-preview", MANAGER, waiting),
        Room("imported", MANAGER, imported),
        Room("matches", MANAGER, "/matches"),
        Room("matches-need", MANAGER, f"/matches/needs/{first}"),
        Room("matches-decline", MANAGER, f"/matches/needs/{first}", _open_decline),
        Room("matches-none", MANAGER, f"/matches/needs/{nothing}"),
        Room("matches-capability", MANAGER, f"/matches/capabilities/{partner}"),
        Room("matches-changes", MANAGER, f"/matches/needs/{first}/changes"),
        Room("matches-member", MEMBER, f"/matches/needs/{first}"),
        Room("deals", MANAGER, "/deals"),
        Room("deal", MANAGER, deal),
        Room("batch", MANAGER, "/batch"),
        Room("batch-wrong", MANAGER, "/batch", _send_batch),
        Room("batch-done", MANAGER, f"/batch/{jobs[1]}"),
        Room("batch-failed", MANAGER, f"/batch/{failed}"),
        Room("batch-changes", MANAGER, f"/batch/{jobs[1]}/changes?from={jobs[0]}"),
        Room("linkage", MANAGER, "/plan/linkage"),
        Room("linkage-done", MANAGER, f"/plan/linkage/{linked}"),
        Room("people", "administrator", "/people", _invite),
        Room("account", MEMBER, "/account"),
        Room("member-needs", MEMBER, "/needs"),
        Room("visitor-need", "visitor", f"/needs/{first}"),
        Room("reviewer-matches", "reviewer", f"/matches/needs/{first}"),
        Room("not-there", MANAGER, "/needs/99999", status=404),
        Room("not-allowed", MEMBER, "/batch", status=403),
    ]
    return rooms


def _records(page: Page) -> dict[str, int]:
    """Return a record's number in addresses by its own number."""
    found: dict[str, int] = {}
    for kind in ("needs", "capabilities"):
        address: str | None = f"/{kind}?size=100"
        while address:
            page.goto(address)
            for row in page.locator("table.records tbody tr").all():
                link = row.locator("td.name a").get_attribute("href") or ""
                found[row.locator("td.code").inner_text().strip()] = number_in(link)
            more = page.locator(".paging [rel=next]")
            address = more.get_attribute("href") if more.count() else None
    return found


def _decline(page: Page, index: int) -> None:
    """Decline the match at this place of the page, with a reason."""
    place = page.locator(".decision").nth(index)
    place.locator("details:not(.history) summary").click()
    place.locator("[name=reason]").select_option("price")
    place.locator("[name=note]").fill("示例：报价超出预算。")
    with page.expect_response("**/decide"):
        place.locator("[value=decline]").click()


def _imports(office: Office, page: Page) -> tuple[str, str]:
    """Leave one file waiting and import another; return the addresses of both."""
    file = workbook(office.site.folder / "企业需求.xlsx", FILE)
    addresses = []
    for last in (False, True):
        page.goto("/needs/import")
        page.set_input_files("#file", file)
        press(page, "form.card .main")
        page.select_option(".mapping .field:nth-child(2) select", "title")
        press(page, "form[action$='/columns'] button")
        if not last:
            press(page, "form[action$='/confirm'] .main")
        addresses.append(page.url.removeprefix(office.site.address))
    return addresses[1], addresses[0]


def _edit_twice(office: Office, number: int) -> tuple[str, Callable[[Page], None]]:
    def enter(page: Page) -> None:
        other = page.context.new_page()
        page.fill("#title", "倒装封装低膨胀底填材料（我的改法）")
        other.goto(f"/needs/{number}/edit")
        _open_all(other)
        other.fill("#budget", "120万元" if "100" in other.input_value("#budget") else "100万元")
        press(other, ".record-form .main")
        other.close()
        press(page, ".record-form .main")

    return f"/needs/{number}/edit", enter


def _wrong_password(page: Page) -> None:
    page.fill("#identity", "nobody")
    page.fill("#password", "示例错误密码")
    press(page, "form .main")


def _send_empty(page: Page) -> None:
    page.fill("#username", "a@b")
    page.fill("#password", "short")
    press(page, "form .main")


def _send_nothing(page: Page) -> None:
    page.fill("#title", "")
    press(page, ".record-form .main")


def _send_batch(page: Page) -> None:
    page.fill("#top", "0")
    press(page, ".batch-form .main")


def _open_all(page: Page) -> None:
    page.eval_on_selector_all("details.group", "all => all.forEach((one) => (one.open = true))")


def _open_decline(page: Page) -> None:
    page.locator(".decision details:not(.history) summary").first.click()


def _invite(page: Page) -> None:
    page.fill("#email", "li@example.com")
    page.select_option("#role", "enterprise")
    page.fill("#organisation", ENTERPRISE)
    press(page, "form[action$='/invitations'] .main")
