"""Reading decisions: which rows count, and which of them say something about the texts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from matcher.errors import InputError
from matcher.ingest.decisions import Decision, latest, read_decisions

ROWS = [
    ("需求编号", "成果编号", "决定", "原因", "日期"),
    ("N1", "C1", "接受", None, date(2026, 11, 1)),
    ("N1", "C2", "婉拒", "不相关", "2026年11月2日"),
    ("N1", "C3", "Decline", "price", None),
    ("N1", "C4", "以后再说", None, None),
    ("N1", "C5", "婉拒", "太贵了", None),
    ("N1", "C6", None, None, None),
    ("N1", None, "接受", None, None),
    ("N1", "C7", "也许", None, None),
    ("N1", "C8", "婉拒", None, "昨天"),
]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["对接结果汇总（示例）"])
    for row in ROWS:
        sheet.append(row)
    book.save(tmp_path / "决定.xlsx")
    return tmp_path / "决定.xlsx"


def test_a_workbook_of_decisions(workbook: Path) -> None:
    found = read_decisions(workbook)
    assert [d.capability_id for d in found.items] == ["C1", "C2", "C3", "C4", "C5", "C8"]
    assert found.items[0] == Decision("N1", "C1", "accept", date=date(2026, 11, 1))
    assert found.items[1].date == date(2026, 11, 2)
    assert [(item.row, item.column) for item in found.rejections] == [(9, "成果编号"), (10, "决定")]
    assert [(item.row, item.column) for item in found.warnings] == [(7, "原因"), (11, "日期")]
    assert "不相关" in found.warnings[0].reason_zh


def test_only_accepted_and_irrelevant_speak_about_the_texts(workbook: Path) -> None:
    levels = {d.capability_id: d.level for d in read_decisions(workbook).items}
    assert levels == {"C1": 2, "C2": 0, "C3": None, "C4": None, "C5": None, "C8": None}


@pytest.mark.parametrize(
    "reason", ["has_supplier", "immature", "indicators_not_met", "price", "ip", "region", "other"]
)
def test_other_reasons_teach_nothing(reason: str) -> None:
    assert Decision("N1", "C1", "decline", reason).level is None


@pytest.mark.parametrize(
    "text",
    [
        "need_id,capability_id,grade\nN1,C1,3\nN1,C2,0\nN1,C3,x\n",
        "query-id\tcorpus-id\tscore\nN1\tC1\t3\nN1\tC2\t0\nN1\tC3\tx\n",
        '{"need_id": "N1", "capability_id": "C1", "grade": 3}\n'
        '{"need_id": "N1", "capability_id": "C2", "grade": 0}\n'
        '{"need_id": "N1", "capability_id": "C3", "grade": "x"}\n',
    ],
)
def test_graded_judgements_are_read_too(text: str, tmp_path: Path) -> None:
    path = tmp_path / ("j.jsonl" if text.startswith("{") else "j.csv")
    path.write_text(text, encoding="utf-8")
    found = read_decisions(path)
    assert [(d.key, d.level) for d in found.items] == [(("N1", "C1"), 3), (("N1", "C2"), 0)]
    assert len(found.rejections) == 1


def test_a_file_without_the_columns_is_told_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "需求.csv"
    path.write_text("需求编号,需求名称\nN1,密封\n", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_decisions(path)
    assert "成果编号" in raised.value.zh


def test_the_latest_decision_counts() -> None:
    first = Decision("N1", "C1", "accept", date=date(2026, 11, 2))
    older = Decision("N1", "C1", "decline", "irrelevant", date=date(2026, 11, 1))
    undated = Decision("N1", "C1", "later")
    assert latest([first, older, undated]) == {("N1", "C1"): first}
    assert latest([older, first]) == latest([first, older])
    again = Decision("N1", "C1", "later", date=date(2026, 11, 2))
    assert latest([first, again])["N1", "C1"] is again
