"""The page of a batch assignment: rules, who gets whom, conflicts, nothing for other eyes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import docx
import openpyxl
import pytest
from flask import url_for
from match_fixtures import copied
from sqlalchemy import delete, select
from web_fixtures import ROLES, Browser, Office

from matcher.confidence import grade
from matcher.encode.base import Encoder
from matcher.store.columns import utcnow
from matcher.store.models import Capability, Job, Match, MatchList, Need
from matcher.taxonomy import label_of
from web.batch.worker import Worker
from web.jobs import kinds_of


@pytest.fixture(scope="module")
def desk(
    office: Office, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Office, Worker]]:  # fmt: skip
    """An office to change, with the worker of its queue."""
    folder = tmp_path_factory.mktemp("assigning")
    made = copied(office, encoder, folder, searching=False)
    data: Path = folder / "数据"
    made.app.config["DATA_FOLDER"] = data
    yield made, Worker(made.store, data, kinds_of(made.app), encoder)
    made.store.close()


def batch(desk: tuple[Office, Worker], browser: Browser) -> int:
    """Match all that is on file, for the office alone: private records are in the run."""
    office, worker = desk
    data = {"source": "store", "offers": "store", "top": "5", "reader": "office"}
    answer = browser.post("/batch", data, content_type="multipart/form-data")
    assert worker.run_once()
    number = int(answer.headers["Location"].rsplit("/", 1)[1])
    with office.store.reading() as session:
        assert session.get_one(Job, number).state == "done"
    return number


@pytest.fixture(scope="module")
def number(desk: tuple[Office, Worker]) -> int:
    return batch(desk, desk[0].browser("transfer_manager"))


def cells(browser: Browser, address: str) -> list[str]:
    answer = browser.get(address, buffered=True)
    assert answer.status_code == 200
    book = openpyxl.load_workbook(BytesIO(answer.data))
    return [str(c.value) for sheet in book for row in sheet for c in row if c.value is not None]


def paper(browser: Browser, address: str) -> str:
    answer = browser.get(address, buffered=True)
    assert answer.status_code == 200
    body = docx.Document(BytesIO(answer.data)).element.body
    return "".join(node.text or "" for node in body.iter() if node.tag.endswith("}t"))


@pytest.mark.parametrize(("lang", "said"), [
    ("zh", ("分配方案", "基尼系数", "公平的代价", "没有填写可承接项目数")),
    ("en", ("Assignment", "Gini", "Price of fairness", "do not state their capacity")),
])  # fmt: skip
def test_a_batch_is_assigned(
    desk: tuple[Office, Worker], number: int, lang: str, said: tuple[str, ...]
) -> None:
    browser = desk[0].browser("transfer_manager")
    chosen = browser.get(f"/plan/assigning?lang={lang}")
    assert f'href="/plan/assigning/{number}"' in chosen.text
    assert f'href="/plan/assigning/{number}"' in browser.get(f"/batch/{number}").text
    query = f"lang={lang}&each=2&capacity=1&small_share=10&objective=nash"
    page = browser.get(f"/plan/assigning/{number}?{query}")
    assert page.status_code == 200
    assert [word for word in said if word not in page.text] == []
    with desk[0].app.test_request_context():
        assert f'href="{url_for("records.show", kind="need", number=1)[:-1]}' in page.text
    assert " style=" not in page.text
    worth = re.findall(r'(\d+)% <br><span class="quiet">([^<]*)</span>', page.text)
    assert worth
    assert all(word == label_of("report_words", f"grade_{grade(int(n) / 100)}", lang)
               for n, word in worth)  # fmt: skip
    told = cells(browser, f"/plan/assigning/{number}/xlsx?{query}")
    assert any(said[1] in cell for cell in told)
    assert f'href="/plan/assigning/{number}/docx?' in page.text
    written = paper(browser, f"/plan/assigning/{number}/docx?{query}")
    assert [word for word in said if word not in written] == []


def test_rules_that_contradict_each_other_are_named_with_ways_out(
    desk: tuple[Office, Worker], number: int
) -> None:
    browser = desk[0].browser("transfer_manager")
    query = "each=3&at_least=3&per_supplier=1&lang=en"
    page = browser.get(f"/plan/assigning/{number}?{query}")
    assert page.status_code == 200
    assert "These rules cannot be kept together" in page.text
    assert "at least 3 partners" in page.text
    assert "Any one of these is enough" in page.text
    told = cells(browser, f"/plan/assigning/{number}/xlsx?{query}")
    assert any("at least 3 partners" in cell for cell in told)
    assert "Any one of these is enough" in paper(browser, f"/plan/assigning/{number}/docx?{query}")


@pytest.mark.parametrize(("query", "said"), [
    ("each=0", "must be from 1 to 50, not 0"),
    ("each=2&at_least=3", "must be from 0 to 2, not 3"),
    ("small_share=101", "must be from 0 to 100, not 101"),
    ("capacity=-1", "must be from 0 to"),
    ("each=many", "correct what is marked"),
    ("objective=luck", "correct what is marked"),
])  # fmt: skip
def test_bad_rules_are_said(
    desk: tuple[Office, Worker], number: int, query: str, said: str
) -> None:  # fmt: skip
    browser = desk[0].browser("transfer_manager")
    page = browser.get(f"/plan/assigning/{number}?lang=en&{query}")
    assert page.status_code == 400
    assert said in page.text
    assert browser.get(f"/plan/assigning/{number}/xlsx?{query}").status_code == 400


def test_only_the_office_assigns_and_only_its_own_batches(
    desk: tuple[Office, Worker], number: int
) -> None:
    office, _ = desk
    for name in ROLES:
        allowed = name in ("administrator", "transfer_manager")
        for address in ("", f"/{number}", f"/{number}/xlsx", f"/{number}/docx"):
            status = office.browser(name).get(f"/plan/assigning{address}").status_code
            assert status == (200 if allowed else 403)
    assert office.browser().get(f"/plan/assigning/{number}").status_code == 302
    browser = office.browser("transfer_manager")
    for gone in (0, 999_999, 2**40):
        assert browser.get(f"/plan/assigning/{gone}").status_code == 404
    others = batch(desk, office.browser("administrator"))
    assert browser.get(f"/plan/assigning/{others}").status_code == 404
    for kind in ("xlsx", "docx"):
        assert browser.get(f"/plan/assigning/{others}/{kind}").status_code == 404


def test_nothing_private_shows_not_even_what_became_so_since(desk: tuple[Office, Worker]) -> None:
    office, _ = desk
    browser = office.browser("administrator")
    number = batch(desk, browser)
    address = f"/plan/assigning/{number}"
    query = "?each=50&capacity=100&lang=zh"
    before = browser.get(address + query).text
    with office.store.writing() as session:
        open_rows = [
            row for row in session.scalars(select(Capability)).unique()
            if row.confidentiality == "public" and row.organisation and f">{row.title}<" in before
        ]  # fmt: skip
        owners = [row.organisation_id for row in open_rows]
        hidden = next(row for row in open_rows if owners.count(row.organisation_id) == 1)
        rest = [row for row in open_rows if row is not hidden]
        private, archived = rest[:2]
        assert hidden.organisation
        name = hidden.organisation.name
        asked = next(
            row for row in session.scalars(select(Need)).unique()
            if row.confidentiality == "public" and f">{row.title}<" in before
        )  # fmt: skip
        hidden.confidentiality = "anonymous"
        private.confidentiality = "private"
        archived.archived_at = utcnow()
        asked.confidentiality = "private"
        gone = [private.title, archived.title, asked.title]
        secret = [
            row.title for model in (Need, Capability)
            for row in session.scalars(select(model)).unique() if row.confidentiality == "private"
        ]  # fmt: skip
        names = {
            row.organisation.name for model in (Need, Capability)
            for row in session.scalars(select(model)).unique()
            if row.confidentiality == "anonymous" and row.organisation
        } - {
            row.organisation.name for model in (Need, Capability)
            for row in session.scalars(select(model)).unique()
            if row.confidentiality == "public" and row.organisation and row.archived_at is None
        }  # fmt: skip
    assert name in names
    assert name in before
    page = browser.get(address + query).text
    assert "有 3 条记录在批次完成后" in page
    shown = page + "\n".join(cells(browser, f"{address}/xlsx{query}"))
    shown += paper(browser, f"{address}/docx{query}")
    assert [word for word in (*gone, *secret, *names) if word and word in shown] == []


def test_an_empty_run_and_one_of_a_single_match(desk: tuple[Office, Worker]) -> None:
    office, _ = desk
    browser = office.browser("administrator")
    number = batch(desk, browser)
    with office.store.writing() as session:
        run = session.get_one(Job, number).run_id
        first = session.scalars(
            select(Match.id).join(Need, Need.id == Match.need_id)
            .join(Capability, Capability.id == Match.capability_id)
            .where(Match.run_id == run, ~Match.below, Need.confidentiality == "public",
                   Capability.confidentiality == "public", Capability.archived_at.is_(None))
        ).first()  # fmt: skip
        session.execute(delete(Match).where(Match.run_id == run, Match.id != first))
    one = browser.get(f"/plan/assigning/{number}?lang=en&objective=nash&small_share=50")
    assert one.status_code == 200
    assert "/plan/assigning" in one.text
    with office.store.writing() as session:
        session.execute(delete(MatchList).where(MatchList.run_id == run))
    none = browser.get(f"/plan/assigning/{number}?lang=en")
    assert none.status_code == 200
    assert "There is no match to assign" in none.text
    assert cells(browser, f"/plan/assigning/{number}/xlsx?lang=en")
    assert "There is no match to assign" in paper(
        browser, f"/plan/assigning/{number}/docx?lang=en"
    )  # fmt: skip
