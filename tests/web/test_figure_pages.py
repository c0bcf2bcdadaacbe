"""The page of figures: for whom, in both languages, and as an Excel file."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from web_fixtures import ROLES, Office

from matcher.store.models import AuditEntry
from web.indicators.words import DIMENSIONS

EVERYTHING = "?since=2000-01-01&until=2099-12-31"
OFFICE = ("administrator", "transfer_manager")


def value(html: str, name: str) -> str:
    found = re.search(rf"<dt>{re.escape(name)}</dt><dd>([\d,]+)</dd>", html)
    return found[1] if found else ""


@pytest.mark.parametrize("name", ROLES)
def test_each_role_gets_its_own_figures(office: Office, name: str) -> None:
    page = office.browser(name).get(f"/figures{EVERYTHING}").text
    assert int(value(page, "需求")) > 0
    assert bool(value(page, "签约")) == (name in OFFICE)
    assert ("各阶段进行中的跟进" in page) == (name in OFFICE)
    assert "合同金额" in page if name in OFFICE else "合同金额" not in page
    whole = office.browser("administrator").get(f"/figures{EVERYTHING}").text
    # One capability of the shared office is private.
    told, every = int(value(page, "成果")), int(value(whole, "成果"))
    assert told == every if name in OFFICE else told < every


@pytest.mark.parametrize("name", ["administrator", "reviewer"])
def test_every_column_has_a_definition(office: Office, name: str) -> None:
    reader = office.browser(name)
    page = reader.get(f"/figures{EVERYTHING}").text
    told = page[page.index("各列的含义") :]
    heads = set(re.findall(r'<th scope="col" class="number">([^<]+)</th>', page))
    assert all(f"<dt>{head}</dt>" in told for head in heads)
    assert ("并不表示双方已经达成一致" in told) == (name == "administrator")
    book = load_workbook(io.BytesIO(reader.get(f"/figures/figures.xlsx{EVERYTHING}").data))
    lines = [str(row[0]) for row in book.worksheets[-1].iter_rows(values_only=True)]
    assert any(line.startswith("需求：") for line in lines)


def test_nobody_who_has_not_signed_in(office: Office) -> None:
    for path in ("/figures", "/figures/figures.xlsx"):
        assert office.browser().get(path).status_code == 302


@pytest.mark.parametrize("name", ["administrator", "reviewer"])
def test_the_export_says_how_each_is_counted(office: Office, name: str) -> None:
    answer = office.browser(name).get(f"/figures/figures.xlsx{EVERYTHING}")
    assert "attachment" in answer.headers["Content-Disposition"]
    book = load_workbook(io.BytesIO(answer.data))
    sheet = book.worksheets[0]
    rows = [row for row in sheet.iter_rows(values_only=True) if row[3]]
    shown = {row[1]: row[2] for row in rows[1:]}
    assert ("签约" in shown) == (name == "administrator")
    assert all(row[3] for row in rows)
    assert len(book.worksheets) == (5 if name == "administrator" else 4)
    with office.store.reading() as session:
        last = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc())).first()
    assert last == "indicators.export"


@pytest.mark.parametrize(
    "query", ["?since=x&until=y", "?since=2030-01-01&until=2020-01-01", "?since=0001-01-01"]
)
def test_wrong_periods_are_put_right(office: Office, query: str) -> None:
    assert office.browser("visitor").get(f"/figures{query}").status_code == 200


def test_a_day_that_cannot_be_read_is_named(office: Office) -> None:
    reader = office.browser("visitor")
    page = reader.get("/figures?since=abc&until=2026-02-30").text
    assert "起始日期：“abc”不是可用的日期" in page
    assert "“2026-02-30”不是可用的日期" in page
    assert "不是可用的日期" not in reader.get("/figures?since=&until=2026-02-28").text


def test_english_is_english(office: Office) -> None:
    reader = office.browser("administrator")
    page = reader.get(f"/figures{EVERYTHING}&lang=en").text
    main = re.sub(r">[^<]*区<", "><", page[page.index('<main id="main"') :])
    assert not re.search("[\u4e00-\u9fff]", main)
    reader.get("/?lang=zh")


def test_codes_are_unique_and_each_has_a_definition(office: Office) -> None:
    with office.app.test_request_context("/"):
        items = [item for _, group in DIMENSIONS for item in group]
        assert len({item.code for item in items}) == len(items)
        assert all(str(item.definition).endswith("。") for item in items)
