"""A transfer manager, from the first start of the server to a decided match and a report."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from cli_fixtures import CAPABILITIES, NEEDS, sample_rows
from docx import Document
from openpyxl import load_workbook
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect
from site_fixtures import Site, context_of, house, serve
from steps import Say, create_account, go, label, press, told, unfold, workbook

FIRST = "大尺寸倒装芯片用低CTE底部填充胶"
BEST = "倒装芯片用低膨胀毛细底部填充胶"


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[Site]:
    with serve(house(tmp_path / "home", prepared)) as started:
        yield started


def opened(browser: Browser, site: Site, lang: str) -> tuple[BrowserContext, Page]:
    context = context_of(browser, lang, base_url=site.address)
    return context, context.new_page()


def test_from_the_first_start_to_a_report(
    browser: Browser, site: Site, lang: str, say: Say, tmp_path: Path
) -> None:
    link = _first_start(browser, site, lang, say)
    context, page = opened(browser, site, lang)
    page.goto(link)
    create_account(page, "示例李经理", "limanager")
    told(page, say("Welcome. Your account is ready."))
    _import_needs(page, say, tmp_path)
    _import_capabilities(page, say, tmp_path)
    _search_and_come_back(page, say)
    _batch(page, say, tmp_path)
    _decide(page, lang, say)
    _sign_out(page, say)
    context.close()


def _first_start(browser: Browser, site: Site, lang: str, say: Say) -> str:
    """Create the administrator, after two mistakes; return an invitation for the manager."""
    context, page = opened(browser, site, lang)
    page.goto("/")
    assert page.url.endswith("/setup")
    page.fill("#email", "no address")
    create_account(page, "示例管理员", "admin", "short")
    told(page, "密码至少需要 10 个字符" if lang == "zh" else "needs at least 10 characters")
    told(page, say("This is no e-mail address."))
    assert page.input_value("#name") == "示例管理员"
    page.fill("#email", "admin@example.com")
    create_account(page, "示例管理员", "admin")
    told(page, say("The administrator account is ready."))
    assert page.goto("/setup") is not None
    assert "/setup" not in page.url
    with page.expect_navigation():
        page.click(".sections a[href^='/admin']")
    page.fill("#email", "li@example.com")
    page.select_option("#role", "transfer_manager")
    press(page, say("Make a link"))
    link = page.input_value("[data-copy-from]")
    page.fill("#email", "wang@example.com")
    page.select_option("#role", "enterprise")
    press(page, say("Make a link"))
    told(page, say("Say for which organisation this user speaks."))
    context.close()
    return link


def _import_needs(page: Page, say: Say, folder: Path) -> None:
    rows = [
        {("项目叫什么" if name == "需求名称" else name): text for name, text in row.items()}
        for row in sample_rows("needs.csv", NEEDS)
    ]
    empty = dict.fromkeys(rows[0], "") | {"需求编号": "N999", "预算": "三十万"}
    go(page, say("Needs"))
    press(page, say("Import a file"))
    page.set_input_files("#file", workbook(folder / "需求.xlsx", [*rows, empty]))
    press(page, say("Read the file"))
    page.get_by_label("项目叫什么").select_option("title")
    press(page, say("Read again with these columns"))
    told(page, FIRST)
    told(page, say("Rows that are not imported"))
    count = say("Import %(num)s record", "Import %(num)s records", num=len(NEEDS))
    # The back button leads to what was there before, and forwards again nothing is lost.
    page.go_back()
    page.go_forward()
    press(page, count)
    told(page, say("Imported."))
    told(page, "N999")


def _import_capabilities(page: Page, say: Say, folder: Path) -> None:
    go(page, say("Capabilities"))
    press(page, say("Import a file"), ".head")
    wrong = folder / "图片.png"
    wrong.write_bytes(b"\x89PNG")
    page.set_input_files("#file", wrong)
    press(page, say("Read the file"))
    expect(page.locator(".notice.error")).to_be_visible()
    rows = sample_rows("capabilities.csv", CAPABILITIES)
    page.set_input_files("#file", workbook(folder / "成果.xlsx", rows))
    press(page, say("Read the file"))
    press(page, say("Import %(num)s record", "Import %(num)s records", num=len(CAPABILITIES)))
    told(page, say("Imported."))


def _search_and_come_back(page: Page, say: Say) -> None:
    go(page, say("Find a partner"))
    press(page, say("Search"))
    expect(page.locator(".notice.error, .no-match").first).to_be_visible()
    page.fill("#text", "倒装芯片用的低膨胀底部填充胶，25℃黏度不超过 30 Pa·s")
    press(page, say("Search"))
    # What was imported a moment ago is still being read on a slow machine.
    deadline = time.monotonic() + 60
    while not page.get_by_role("link", name=BEST, exact=True).count():
        assert time.monotonic() < deadline
        page.wait_for_timeout(500)
        press(page, say("Search"))
    press(page, BEST)
    assert "/capabilities/" in page.url
    page.go_back()
    told(page, BEST)
    assert page.input_value("#text").startswith("倒装芯片")


def _batch(page: Page, say: Say, folder: Path) -> None:
    go(page, say("Batches"))
    press(page, say("Start"))
    told(page, say("Choose a file."))
    page.get_by_label(say("on file, by a filter")).check()
    page.get_by_label(say("Name of the batch")).fill("示例对接会")
    press(page, say("Start"))
    expect(page.locator("h1")).to_have_text("示例对接会")
    # What is under way survives a reload, and its page turns into the result by itself.
    page.reload()
    expect(page.get_by_role("heading", name=say("Report"), exact=True)).to_be_visible(
        timeout=60_000
    )
    told(page, FIRST)
    for name, suffix in (("Excel", "xlsx"), ("Word", "docx")):
        with page.expect_download() as waiting:
            page.get_by_role("link", name=name, exact=True).click()
        target = folder / f"report.{suffix}"
        assert waiting.value.suggested_filename.endswith(suffix)
        waiting.value.save_as(target)
    with closing(load_workbook(folder / "report.xlsx", read_only=True)) as book:
        cells = {
            str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row
        }
    assert {FIRST, BEST} <= cells
    words = "\n".join(p.text for p in Document(str(folder / "report.docx")).paragraphs)
    assert FIRST in words
    press(page, FIRST)


def _decide(page: Page, lang: str, say: Say) -> None:
    """Accept the best partner of the need that is shown, and decline another one."""
    place = page.locator(".of-match", has_text=BEST)
    with page.expect_response("**/decide"):
        place.get_by_role("button", name=say("Accept"), exact=True).click()
    expect(place).to_contain_text(say("Open the deal"))
    unfold(page)
    other = page.locator(".of-match").last
    other.get_by_text(say("Decline, or add a note")).click()
    with page.expect_response("**/decide"):
        other.get_by_role("button", name=say("Decline"), exact=True).click()
    expect(other).to_contain_text(say("Choose a reason for declining: it helps the next matching."))
    reason = label(lang, "decline_reasons", "irrelevant")
    other.locator("[name=reason]").select_option(label=reason)
    other.locator("[name=note]").fill("示例：领域不同")
    with page.expect_response("**/decide"):
        other.get_by_role("button", name=say("Decline"), exact=True).click()
    expect(other).to_contain_text(reason)
    press(page, say("Open the deal"))
    told(page, label(lang, "stages", "partner_selection"))
    page.go_back()
    expect(page.locator(".of-match", has_text=BEST)).to_contain_text(say("Open the deal"))
    go(page, say("Deals"))
    told(page, FIRST)


def _sign_out(page: Page, say: Say) -> None:
    """Sign out; whoever comes to this computer next goes back to nothing."""
    go(page, say("Find a partner"))
    page.fill("#text", "底部填充胶")
    press(page, say("Search"))
    told(page, BEST)
    page.locator(".menu summary").click()
    press(page, say("Sign out"), "header")
    told(page, say("You have signed out."))
    with suppress(Error):
        page.go_back()
    expect(page.locator("body")).not_to_contain_text(BEST)
