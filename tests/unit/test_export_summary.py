"""The page that comes first in every report: counts by confidence, best pairs, gaps in supply."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from test_export_examples import FABRIC, FABRIC_NEED, PROVENANCE, SIC, bare, office_run, pair
from test_export_report import docx_text

from matcher.confidence import grade
from matcher.export import write_report
from matcher.export.summary import Summary, summary, why
from matcher.export.view import make_view
from matcher.export.words import Words
from matcher.records import Need
from matcher.results import MatchList, Run

SHELF = FABRIC.model_copy(update={"fields": ("textiles",)})


def need(place: int, *fields: str) -> Need:
    return FABRIC_NEED.model_copy(
        update={"id": f"N-{place:03}", "title": f"第 {place} 项需求", "fields": fields}
    )


def run_of(*chances: float | None, fields: tuple[str, ...] = ("textiles",)) -> Run:
    """Return a run of one need for each probability; None: a need without a partner."""
    lists = []
    for place, chance in enumerate(chances, start=1):
        asked = need(place, *fields)
        found = (bare(asked, FABRIC, 1, probability=chance),) if chance is not None else ()
        lists.append(MatchList(asked, found, (), "" if found else "below_threshold"))
    return Run(tuple(lists), PROVENANCE, need_count=len(lists), capability_count=1,
               records=(SHELF, SIC))  # fmt: skip


def told(run: Run, lang: str = "zh", staff: bool = False) -> Summary:
    return summary(make_view(run, lang, 10, staff))


@pytest.mark.parametrize(
    ("chance", "expected"),
    [(None, None), (0.0, "faint"), (0.194, "faint"), (0.195, "look"), (0.494, "look"),
     (0.495, "call"), (1.0, "call")],
)  # fmt: skip
def test_a_grade_goes_by_the_percent_that_is_printed(
    chance: float | None, expected: str | None
) -> None:
    assert grade(chance) == expected


def test_needs_are_counted_by_what_their_best_partner_is_worth() -> None:
    found = told(run_of(0.9, 0.5, 0.3, None, None))
    assert [count for _, count in found.figures] == [5, 2, 1, 2]
    assert found.figures[1][0] == "有值得联系的合作方\n概率 50% 以上"
    (unmatched,) = found.unmatched
    assert (unmatched.count, unmatched.places) == (2, "4、5")
    # An office may have lowered the bar: then it is told, and none of them is a best pair.
    found = told(run_of(0.9, 0.08))
    assert [count for _, count in found.figures] == [2, 1, 0, 1, 0]
    assert [line.number for line in found.best] == [1]


def test_the_ten_best_pairs_come_in_order() -> None:
    found = told(run_of(*(0.3 + 0.05 * i for i in range(12))))
    assert [line.number for line in found.best] == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]
    assert (found.best[0].probability, found.best[0].worth) == ("85%", "值得联系")
    assert found.best[0].partner == FABRIC.title
    english = told(run_of(0.6), "en").best[0]
    assert (english.probability, english.worth) == ("60%", "Worth a call")


def test_fields_without_supply_are_named() -> None:
    lists = (
        *run_of(0.9, None, None).lists,
        *(replace(item, query=need(7, "biomedicine")) for item in run_of(None).lists),
        # A closed need says nothing about supply.
        MatchList(need(8, "fintech"), (), (), "not_open"),
        *run_of(0.9, fields=("new_materials",)).lists,
    )
    found = told(replace(run_of(), lists=lists))
    assert [(line.field, line.asked, line.worth_a_call, line.without_any, line.on_file)
            for line in found.scarce] == [
        ("高端纺织", 3, 1, 2, 1),
        ("生物医药", 1, 0, 1, 0),
    ]  # fmt: skip


def test_private_records_are_in_no_count() -> None:
    secret = SHELF.model_copy(update={"id": "S-1", "confidentiality": "private"})
    run = replace(run_of(None), records=(SHELF, secret))
    assert told(run).scarce[0].on_file == 1
    assert told(run, staff=True).scarce[0].on_file == 2
    hidden = need(9, "fintech").model_copy(update={"confidentiality": "private"})
    run = replace(run, lists=(*run.lists, MatchList(hidden, (), (), "confidential")))
    assert [count for _, count in told(run).figures] == [1, 0, 1]
    assert "金融" not in str(told(run))


def test_without_a_calibration_nothing_is_graded() -> None:
    run = run_of(None)
    lists = (MatchList(need(2), (bare(need(2), FABRIC, 1),)), *run.lists)
    found = told(replace(run, lists=lists))
    assert [label for label, _ in found.figures] == ["需求总数", "有合作方", "没有合适的合作方"]
    assert [(line.number, line.probability, line.worth) for line in found.best] == [(1, "", "")]


def test_the_grounds_are_the_partners_own_words() -> None:
    words = Words("zh")
    first = office_run().lists[0].matches[0]
    assert why(first, words).startswith(
        "1 项指标满足；1 项不满足；「研制了基于 SiC 的高温压力传感器"
    )
    assert why(bare(FABRIC_NEED, SIC, 1), words) == "没有足够相近的原文可引用。"
    proof = pair(FABRIC_NEED, ("title", FABRIC_NEED.title), FABRIC, ("title", FABRIC.title))
    match = bare(FABRIC_NEED, FABRIC, 1, evidence=(proof,))
    assert FABRIC_NEED.title in why(match, Words("zh", reverse=True))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_readable_report_begins_with_it(tmp_path: Path, lang: str) -> None:
    paths = write_report(run_of(0.9, 0.3, None), tmp_path / "r", lang=lang)
    best, lacking = {
        "zh": ("最值得先联系的 2 对", "供给不足的领域"),
        "en": ("The 2 best pairs to call first", "Fields in which supply is lacking"),
    }[lang]
    page = paths["html"].read_text("utf-8").split("</style>")[1]
    for text in (page, docx_text(paths["docx"])):
        assert text.index(best) < text.index(lacking) < len(text) // 2
    sheet = openpyxl.load_workbook(paths["xlsx"]).worksheets[0]
    values = [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {best, lacking, 3} <= set(values)
    assert date.fromisoformat(str(values[1])[:10]) == date(2026, 11, 22)
