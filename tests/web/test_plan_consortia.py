"""The page of a consortium: who covers what, for the office, and nothing that must not show."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import docx
import openpyxl
import pytest
from sqlalchemy import select
from web_fixtures import ROLES, Office

from matcher.store.models import Capability, Need
from matcher.store.viewers import visible


def number_of(office: Office, code: str) -> int:
    with office.store.reading() as session:
        return session.scalars(select(Need.id).where(Need.code == code)).one()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_need_is_chosen_and_its_consortium_shown(office: Office, lang: str) -> None:
    browser = office.browser("transfer_manager")
    chosen = browser.get(f"/plan/consortia?lang={lang}")
    number = number_of(office, "N001")
    assert f"/plan/consortia/{number}" in chosen.text
    page = browser.get(f"/plan/consortia/{number}?lang={lang}")
    assert page.status_code == 200
    said = {"zh": "创新联合体建议", "en": "Proposed consortium"}[lang]
    assert said in page.text
    assert "填料最大粒径≤3 μm" in page.text
    assert "<svg" in page.text
    assert " style=" not in page.text


def test_the_list_is_searched_and_anonymous_owners_are_not_in_it(office: Office) -> None:
    browser = office.browser("administrator")
    first, anonymous = number_of(office, "N001"), number_of(office, "N009")
    with office.store.reading() as session:
        row = session.get_one(Need, anonymous)
        title, name = row.title, row.organisation.name if row.organisation else ""
    assert name
    every = browser.get("/plan/consortia").text
    assert title in every
    assert name not in every
    found = browser.get("/plan/consortia", query_string={"text": title}).text
    assert f"/plan/consortia/{anonymous}" in found
    assert f"/plan/consortia/{first}" not in found
    # A list of everything that somebody owns would name him.
    hidden = browser.get("/plan/consortia", query_string={"text": name}).text
    assert f"/plan/consortia/{anonymous}" not in hidden
    for strange in ("page=0", "page=-1", "page=x", f"page={10**30}", "field=x"):
        assert browser.get(f"/plan/consortia?{strange}").status_code == 200


def test_the_files_say_the_same(office: Office) -> None:
    browser = office.browser("transfer_manager")
    address = f"/plan/consortia/{number_of(office, 'N001')}"
    document = docx.Document(BytesIO(browser.get(f"{address}/docx").data))
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    assert any("填料最大粒径≤3 μm" in cell for cell in cells)
    book = openpyxl.load_workbook(BytesIO(browser.get(f"{address}/xlsx").data))
    assert len(book.sheetnames) == 3
    assert browser.get(f"{address}/exe").status_code == 404


def test_only_managers_plan_consortia_and_what_is_not_there_is_not_found(office: Office) -> None:
    number = number_of(office, "N001")
    for name in ROLES:
        allowed = name in ("administrator", "transfer_manager")
        for address in ("/plan/consortia", f"/plan/consortia/{number}",
                        f"/plan/consortia/{number}/docx"):  # fmt: skip
            assert office.browser(name).get(address).status_code == (200 if allowed else 403)
    browser = office.browser("transfer_manager")
    for gone in (0, 999_999, 2**40):
        assert browser.get(f"/plan/consortia/{gone}").status_code == 404


def test_no_page_or_file_tells_an_anonymous_owner_or_a_private_record(office: Office) -> None:
    with office.store.reading() as session:
        hidden = [
            row for row in session.scalars(select(Capability)).unique()
            if row.confidentiality != "public" and row.organisation
        ]  # fmt: skip
        names = {row.organisation.name for row in hidden if row.organisation}
        private = {row.title for row in hidden if row.confidentiality == "private"}
        open_names = {
            row.organisation.name for row in session.scalars(select(Capability)).unique()
            if row.confidentiality == "public" and row.organisation
        }  # fmt: skip
        needs = list(session.scalars(visible(Need, None).with_only_columns(Need.id)))
    assert names
    assert private
    browser = office.browser("administrator")
    for number in needs:
        text = browser.get(f"/plan/consortia/{number}").text
        document = docx.Document(BytesIO(browser.get(f"/plan/consortia/{number}/docx").data))
        cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
        shown = text + "\n".join(cells)
        assert not [name for name in names - open_names if name in shown]
        assert not [title for title in private if title in shown]


@pytest.mark.parametrize(
    "facts",
    [
        {"confidentiality": "private"}, {"status": "draft"}, {"status": "closed"},
        {"valid_until": date(2020, 1, 1)}, {"archived_at": datetime(2026, 1, 1, tzinfo=UTC)},
    ],
)  # fmt: skip
def test_a_need_that_not_everybody_may_see_is_not_offered_and_not_found(
    office: Office, facts: dict[str, Any]
) -> None:
    number = number_of(office, "N001")
    browser = office.browser("administrator")
    with office.store.writing() as session:
        row = session.get_one(Need, number)
        before = {name: getattr(row, name) for name in facts}
        for name, value in facts.items():
            setattr(row, name, value)
    try:
        address = f"/plan/consortia/{number}"
        assert f'{address}"' not in browser.get("/plan/consortia").text
        for page in (address, f"{address}/docx", f"{address}/xlsx"):
            assert browser.get(page).status_code == 404
    finally:
        with office.store.writing() as session:
            row = session.get_one(Need, number)
            for name, value in before.items():
                setattr(row, name, value)
