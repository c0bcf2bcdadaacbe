"""How secret a record is: nobody may be shown because a column was not understood."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl import Workbook

from matcher.ingest import read_capabilities, read_needs
from matcher.ingest.batch import Batch
from matcher.ingest.confidentiality import parse_confidentiality, strictest
from matcher.ingest.headers import Names
from matcher.ingest.values import CellProblem
from matcher.records import Capability, Need

SECRECY = ("是否保密", "密级", "保密等级", "是否涉密", "保密要求", "是否需要保密", "Confidential")
ANONYMITY = ("是否匿名", "是否匿名发布", "Anonymous")
OPENNESS = (
    "是否公开",
    "公开程度",
    "公开范围",
    "是否可公开",
    "信息公开",
    "是否向社会公开",
    "Public",
)


def read_row(folder: Path, header: list[str], row: list[Any]) -> Batch[Need]:
    path = folder / "需求.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["需求名称", *header], ["示例需求 sensor", *row]])
    return read_needs(path)


@pytest.mark.parametrize("header", SECRECY + ANONYMITY + OPENNESS)
@pytest.mark.parametrize("record_class", [Need, Capability])
def test_headers(record_class: type[Need] | type[Capability], header: str) -> None:
    found = Names(record_class).match(header)
    assert found is not None
    assert found[0] == "confidentiality"


def test_headers_of_something_else() -> None:
    for header in ("公开号", "公开日", "专利公开日期", "是否公开招标", "保密协议编号"):
        assert Names(Capability).match(header) is None


@pytest.mark.parametrize(
    ("headers", "yes", "no"),
    [
        (SECRECY, "private", "public"),
        (ANONYMITY, "anonymous", "public"),
        (OPENNESS, "public", "private"),
    ],
)
def test_yes_answers_the_question_in_the_header(
    tmp_path: Path, headers: tuple[str, ...], yes: str, no: str
) -> None:
    for header in headers:
        for cell, expected in (
            ("是", yes),
            ("No", no),
            ("是。", yes),
            ("☑是 □否", yes),
            ("是□ 否☑", no),
        ):
            batch = read_row(tmp_path, [header], [cell])
            assert batch.records[0].confidentiality == expected, (header, cell)
            assert not batch.warnings


@pytest.mark.parametrize(
    ("cell", "header", "expected"),
    [
        (True, "是否公开", "public"),
        (True, "confidentiality", "private"),
        ("匿名", "保密要求", "anonymous"),
        ("Private", "Visibility", "private"),
        ("无", "保密要求", "public"),
        ("□公开 ☑匿名 □保密", "保密要求", "anonymous"),
        ("公开□ 匿名□ 保密☑", "保密要求", "private"),
        ("1.公开", "公开方式", "public"),
        ("公开/Public", "公开方式", "public"),
        ("√", "是否保密", "private"),
        ("是", "是否公开（保密请填否）", "public"),
        ("是", "是否不公开", "private"),
        ("是\n是", "是否保密", "private"),
    ],
)
def test_one_clear_answer(cell: Any, header: str, expected: str) -> None:
    assert parse_confidentiality(cell, header) == expected


@pytest.mark.parametrize(
    ("cell", "header"),
    [
        ("是", "备注"), ("否", "Visibility"), ("是", "公开或保密"), ("否", "是否无需保密"),
        ("1", "公开程度"), ("0", "保密等级"), ("公开（匿名）", "保密要求"),
        ("公开、保密", "保密要求"), ("公开 ☑ 保密 □ 其他", "保密要求"),
        ("是/否", "是否公开"), ("待定", "是否公开"), ("×", "是否公开"),
    ],
)  # fmt: skip
def test_no_clear_answer(cell: str, header: str) -> None:
    with pytest.raises(CellProblem, match="kept private"):
        parse_confidentiality(cell, header)


@pytest.mark.parametrize(
    "cell",
    ["#N/A", "待定", "面议", "□公开 □匿名 □保密", "/", "N/A", "看情况", "不限"],
)
@pytest.mark.parametrize("header", ["保密要求", "是否公开", "Visibility"])
def test_whatever_is_not_understood_is_private(tmp_path: Path, cell: str, header: str) -> None:
    batch = read_row(tmp_path, [header], [cell])
    assert batch.records[0].confidentiality == "private"
    (warning,) = batch.warnings
    assert (warning.row, warning.column) == (2, header)
    assert "已按“保密”处理" in warning.reason_zh


def test_an_empty_cell_is_public(tmp_path: Path) -> None:
    for cell in ("", "  ", "\u3000"):
        batch = read_row(tmp_path, ["保密要求"], [cell])
        assert batch.records[0].confidentiality == "public"
        assert not batch.warnings


def test_a_formula_without_a_result_is_private(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["成果名称", "是否公开"])
    book.active.append(["示例成果", '=IF(1=1,"否","是")'])
    book.save(tmp_path / "a.xlsx")
    batch = read_capabilities(tmp_path / "a.xlsx")
    assert batch.records[0].confidentiality == "private"
    assert [(warning.row, warning.column) for warning in batch.warnings] == [(2, "是否公开")]


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        (["是否公开", "保密级别"], ["是", "保密"], "private"),
        (["保密级别", "是否公开"], ["保密", "是"], "private"),
        (["保密要求", "是否匿名"], ["公开", "是"], "anonymous"),
        (["是否公开", "是否匿名"], ["否", "是"], "private"),
        (["是否公开", "密级"], ["是", "待定"], "private"),
        (["密级", "是否公开"], ["#REF!", "是"], "private"),
        (["是否公开", "是否保密"], ["是", "否"], "public"),
        (["公开", "匿名", "保密"], ["", "√", ""], "anonymous"),
    ],
)
def test_the_strictest_of_several_columns(
    tmp_path: Path, header: list[str], row: list[str], expected: str
) -> None:
    assert read_row(tmp_path, header, row).records[0].confidentiality == expected
    assert strictest(None, expected) == strictest("public", expected) == expected


def test_a_column_named_by_the_user(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [{"title": "示例 A", "对外": "是"}, {"title": "示例 B", "对外": "匿名"}]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    batch = read_needs(path, mapping={"对外": "confidentiality"})
    assert [record.confidentiality for record in batch.records] == ["private", "anonymous"]
    assert [warning.row for warning in batch.warnings] == [1]


def test_an_answer_in_a_form_that_is_also_a_label(tmp_path: Path) -> None:
    document = Document()
    grid = document.add_table(rows=0, cols=3)
    for row in (
        ["需求名称", "示例 sensor", ""],
        ["主要问题", "Drift", ""],
        ["保密要求", "", "保密"],
    ):
        for cell, text in zip(grid.add_row().cells, row, strict=False):
            cell.text = text
    document.save(str(tmp_path / "a.docx"))
    assert read_needs(tmp_path / "a.docx").records[0].confidentiality == "private"
