"""Co-operation among many: an office plans a salon, another one has nothing to plan with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from cli_fixtures import SAMPLE
from docx import Document
from furniture import stock
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect
from site_fixtures import LANGUAGES, Site, context_of, house, serve, sign_in
from steps import Say, go, press, speaker, told
from web_fixtures import PASSWORD, add_user

from matcher.export.words import Words
from matcher.ingest import read_capabilities, read_needs
from matcher.store import open_store

_JOB = 120_000  # milliseconds; a job waits for its turn on a busy computer
_POINT = """() => {
  const place = document.querySelector("[data-map]");
  const chart = echarts.getInstanceByDom(place);
  const first = chart.getOption().series[0].data[0].value;
  const [x, y] = chart.convertToPixel({ seriesIndex: 0 }, first.slice(0, 2));
  const box = place.getBoundingClientRect();
  return [box.left + x, box.top + y];
}"""


@pytest.fixture(scope="module")
def site(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = house(tmp_path_factory.mktemp("planning") / "home", prepared)
    needs, capabilities = (
        [record.id for record in records[:count]]
        for records, count in (
            (read_needs(SAMPLE / "needs.csv").records, 20),
            (read_capabilities(SAMPLE / "capabilities.csv").records, 30),
        )
    )
    stock(home, needs, capabilities)
    with serve(home) as started:
        yield started


@pytest.fixture
def page(browser: Browser, site: Site, lang: str) -> Iterator[Page]:
    context = context_of(browser, lang, base_url=site.address)
    opened = context.new_page()
    sign_in(opened, "transfer_manager", PASSWORD)
    opened.goto(f"/?lang={lang}")
    yield opened
    context.close()


def saved(page: Page, name: str, folder: Path) -> Path:
    """Press the link to a file and keep it."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name, exact=True).click()
    target = folder / waiting.value.suggested_filename
    waiting.value.save_as(target)
    return target


def cells(path: Path) -> set[str]:
    """Return every text of a workbook."""
    with closing(load_workbook(path, read_only=True)) as book:
        return {
            str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row
        }


def test_a_consortium_is_read_and_taken_along(
    page: Page, lang: str, say: Say, tmp_path: Path
) -> None:
    w = Words(lang)
    go(page, say("Plan"))
    press(page, say("Consortium"))
    page.get_by_role("row").filter(has_text="N001").get_by_role("link").first.click()
    expect(page.locator("h1")).to_have_text(w("consortium_title"))
    title = page.locator("main .head p").first.inner_text()
    told(page, w("consortium_parts"))
    drawing = page.get_by_role("img", name=w("consortium_graph"))
    expect(drawing.locator("line").first).to_be_attached()
    expect(drawing).to_contain_text("1. ")
    words = Document(str(saved(page, "Word", tmp_path)))
    told_there = [p.text for p in words.paragraphs] + [
        cell.text for table in words.tables for row in table.rows for cell in row.cells
    ]
    assert any(title in text for text in told_there)
    assert any(title in text for text in cells(saved(page, "Excel", tmp_path)))


def test_a_batch_is_assigned(page: Page, lang: str, say: Say, tmp_path: Path) -> None:
    w = Words(lang)
    go(page, say("Batches"))
    page.get_by_label(say("on file, by a filter")).check()
    page.get_by_label(say("Name of the batch")).fill(f"示例对接会 {lang}")
    press(page, say("Start"))
    expect(page.get_by_role("heading", name=say("Report"), exact=True)).to_be_visible(timeout=_JOB)
    go(page, say("Plan"))
    press(page, say("Batch assignment"))
    press(page, f"示例对接会 {lang}")
    told(page, w("assign_sheet_overview"))
    page.fill("[name=small_share]", "150")
    press(page, say("Assign"))
    expect(page.locator("main")).to_contain_text("100")
    expect(page.locator("[name=small_share]")).to_have_value("150")
    page.fill("[name=small_share]", "0")
    page.fill("[name=capacity]", "1")
    press(page, say("Assign"))
    told(page, w("assign_sheet_overview"))
    assert "N001" in cells(saved(page, "Excel", tmp_path))


def test_links_are_found_in_the_background(page: Page, lang: str, say: Say, tmp_path: Path) -> None:
    w = Words(lang)
    go(page, say("Plan"))
    press(page, say("Enterprise linkage"))
    press(page, say("Look for links"))
    page.reload()
    file = page.get_by_role("link", name="Excel", exact=True)
    expect(file).to_be_visible(timeout=_JOB)
    told(page, w("linkage_supply"))
    assert cells(saved(page, "Excel", tmp_path))


def test_a_point_of_the_map_opens_its_record(
    page: Page, lang: str, say: Say, tmp_path: Path
) -> None:
    go(page, say("Plan"))
    press(page, say("Alliances"))
    press(page, say("Start"))
    page.reload()
    expect(page.locator("[data-drawn]")).to_be_visible(timeout=_JOB)
    salon = page.locator("section.theme").first
    expect(salon).to_contain_text(say("Salon: who should meet whom"))
    theme = page.locator(".theme-table tbody a").first.inner_text()
    assert any(theme.split(" ")[0] in text for text in cells(saved(page, "Excel", tmp_path)))
    assert Document(str(saved(page, "Word", tmp_path))).tables
    page.locator("[data-map]").scroll_into_view_if_needed()
    x, y = page.evaluate(_POINT)
    with page.expect_navigation():
        page.mouse.click(x, y)
    assert "/needs/" in page.url or "/capabilities/" in page.url
    page.go_back()
    expect(page.locator("[data-drawn]")).to_be_visible()


def test_an_office_without_records_reads_sentences(
    browser: Browser, prepared: Path, tmp_path: Path
) -> None:
    home = house(tmp_path / "home", prepared)
    hashed = PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD)
    store = open_store(str(home / "alleymatch.sqlite"))
    add_user(store, "zhang", "administrator", hashed=hashed)
    add_user(store, "li", "transfer_manager", hashed=hashed)
    store.close()
    nothing = {"zh": "没有已发布的需求", "en": "There is no published need"}
    with serve(home) as empty:
        page = context_of(browser, "zh", base_url=empty.address).new_page()
        sign_in(page, "li", PASSWORD)
        for lang in LANGUAGES:
            say = speaker(lang)
            none = Words(lang)("linkage_none", needs=0, capabilities=0).partition("0")[0]
            page.goto(f"/plan/consortia?lang={lang}")
            told(page, say("There is no published need yet."))
            page.goto(f"/plan/assigning?lang={lang}")
            told(page, say("There is no finished batch yet."))
            page.goto(f"/plan/linkage?lang={lang}")
            press(page, say("Look for links"))
            expect(page.locator("main")).to_contain_text(none, timeout=_JOB)
            page.goto(f"/plan/alliances?lang={lang}")
            press(page, say("Start"))
            expect(page.locator("main .notice")).to_contain_text(nothing[lang], timeout=_JOB)
        page.context.close()
