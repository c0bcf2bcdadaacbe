"""A week of work in an office: what has to be done before every page has something to show."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from furniture import FILE
from office import ADMIN, MANAGER, Office, press
from playwright.sync_api import Page
from steps import unfold, workbook

NEED_TEXT = "倒装芯片用的低膨胀底部填充胶，CTE≤25 ppm/℃，25℃黏度不超过 30 Pa·s，可合作开发或许可"
#: How long a background job may take on a slow machine, in milliseconds.
_PATIENCE = 180_000


@dataclass(frozen=True)
class Week:
    """Where what was done can be looked at: numbers in addresses, and addresses.

    ``records`` are record's number → number in addresses; ``batches`` two that are done.
    """

    records: dict[str, int]
    deal: str
    ask: str
    review: str
    batches: tuple[int, int]
    failed: int
    linkage: int
    alliances: int
    waiting: str
    imported: str
    reset: str
    organisations: tuple[int, int]
    person: int


def work(office: Office) -> Week:
    """Do what an office does in a week."""
    page = office.context(MANAGER).new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    numbers = records(page)
    first = numbers["N001"]
    page.goto(f"/matches/needs/{first}")
    with page.expect_response("**/decide"):
        page.locator(".decision").nth(0).locator("[value=accept]").click()
    deal = page.locator(".decision a[href*='/deals/']").get_attribute("href") or ""
    _decline(page, 1)
    # A second list, to compare with.
    press(page, "form[action*='/matches/needs/'] .button")
    page.goto(deal)
    page.select_option("#stage", index=2)
    page.fill("#note", "示例：双方通了电话，下周看样品。")
    press(page, "form[action$='/stage'] .main")
    ask, review = _ask_review(page, first)
    page.goto("/")
    search(NEED_TEXT)(page)
    page.locator(".save-search summary").click()
    press(page, ".save-search button")
    batches = (batch(page, title="示例：十一月对接会 1"), batch(page, title="示例：十一月对接会 2"))
    wrong = office.site.folder / "空.csv"
    wrong.write_text("需求名称\n", encoding="utf-8")
    failed = batch(page, {"needs": wrong})
    linkage, alliances = plan(page, "linkage"), plan(page, "alliances")
    waiting, imported = _imports(office, page)
    page.goto(f"/capabilities/{numbers['C055']}")
    press(page, "form[action$='/archive'] button")
    page.goto("/people")
    press(page, "form[action$='/reset'] button")
    reset = page.input_value("[data-copy-from]").partition("/reset/")[2]
    page.goto("/admin/organisations")
    every = [number_in(address) for address in _addresses(page, "td.name a")]
    page.close()
    page = office.context(ADMIN).new_page()
    page.goto("/people")
    person = number_in(_addresses(page, "table a[href*='/people/']")[-1])
    page.close()
    return Week(numbers, deal, ask, review, batches, failed, linkage, alliances, waiting, imported,
                reset, (every[0], every[1]), person)  # fmt: skip


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
    return _finished(page, ".batch-form .main")


def plan(page: Page, kind: str) -> int:
    """Look for links among enterprises or for alliances; return the number of the result."""
    page.goto(f"/plan/{kind}")
    return _finished(page, f"form[action$='/plan/{kind}'] .main")


def _finished(page: Page, button: str) -> int:
    press(page, button)
    number = number_in(page.url)
    page.wait_for_selector("#progress", state="detached", timeout=_PATIENCE)
    return number


def _addresses(page: Page, selector: str) -> list[str]:
    return [link.get_attribute("href") or "" for link in page.locator(selector).all()]


def records(page: Page) -> dict[str, int]:
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
    unfold(page)
    place = page.locator(".decision").nth(index)
    place.locator("details:not(.history) summary").click()
    place.locator("[name=reason]").select_option("price")
    place.locator("[name=note]").fill("示例：报价超出预算。")
    with page.expect_response("**/decide"):
        place.locator("[value=decline]").click()


def _ask_review(page: Page, need: int) -> tuple[str, str]:
    """Ask for a review of a need's first match; return where it is asked and where answered."""
    page.goto(f"/matches/needs/{need}")
    ask = _addresses(page, ".ask a")[0]
    page.goto(ask)
    press(page, ".ask-review .main")
    page.goto("/reviews")
    return ask, _addresses(page, "td a")[0]


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
