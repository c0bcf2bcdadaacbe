"""What a batch promises: ids, rejections, warnings, duplicates, revision, folders, overrides."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from docx import Document
from openpyxl import Workbook

from matcher.errors import InputError
from matcher.ingest import read_capabilities, read_needs
from matcher.ingest.headers import Names, unit_of
from matcher.records import Capability, Need


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_generated_ids_avoid_explicit_ones(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "需求编号,需求名称", ",甲", "N0001,乙", "N0004,丙", ",丁")
    assert [record.id for record in read_needs(path).records] == [
        "N0001-2", "N0001", "N0004", "N0004-2",
    ]  # fmt: skip


def test_duplicate_id_is_rejected(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "需求编号,需求名称", "A,甲", "A,乙", "A,")
    batch = read_needs(path)
    assert [record.title for record in batch.records] == ["甲"]
    assert [(r.row, r.column, r.value) for r in batch.rejections] == [
        (3, "需求编号", "A"),
        (4, "需求编号", "A"),
    ]
    assert "重复" in batch.rejections[0].reason_zh


def test_a_bad_cell_does_not_lose_the_need(tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.csv",
        "需求名称,预算,最低成熟度,统一社会信用代码,单位名称,合作方式,技术领域,需求类型,状态,保密要求",
        "甲,很多,12,91999999MAEXAMP310,示例公司,转让、魔法,新材料、炼金,怪,怪,绝密",
    )
    batch = read_needs(path)
    (record,) = batch.records
    assert record.budget is None
    assert record.trl_min is None
    assert record.organisation is not None
    assert record.organisation.credit_code is None
    assert record.cooperation_modes == ("assignment",)
    assert record.fields == ("new_materials",)
    assert (record.kind, record.status) == ("technology", "published")
    # Nobody knows how secret this is, so nobody gets to see it.
    assert record.confidentiality == "private"
    assert [(w.row, w.column, w.value) for w in batch.warnings] == [
        (2, "预算", "很多"),
        (2, "最低成熟度", "12"),
        (2, "合作方式", "魔法"),
        (2, "技术领域", "炼金"),
        (2, "需求类型", "怪"),
        (2, "状态", "怪"),
        (2, "保密要求", "绝密"),
        (2, "统一社会信用代码", "91999999MAEXAMP310"),
    ]
    assert all(warning.reason_zh and warning.reason_en for warning in batch.warnings)


def test_details_of_an_owner_without_a_name(tmp_path: Path) -> None:
    batch = read_needs(table(tmp_path / "a.csv", "需求名称,所在区域", "甲,示例区"))
    assert batch.records[0].organisation is None
    assert batch.warnings[0].value == "示例区"


def test_exact_duplicates_only(tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.csv",
        "需求名称,主要技术指标",
        "高温传感器,温度≥200℃",
        "高温 传感器。,温度≥２００℃",
        "高温传感器,温度≤200℃",
        "高温传感器,温度≥20.0℃",
    )
    (duplicate,) = read_needs(path).duplicates
    assert (duplicate.first_id, duplicate.second_id, duplicate.similarity) == (
        "N0001", "N0002", 1.0,
    )  # fmt: skip


def test_running_numbers_name_nothing_outside_their_file(tmp_path: Path) -> None:
    rows = ("1,A-7,甲", ",A-8,乙", "3,,丙", "(4),,丁", ",,戊", "XQ-2026-6,,己", "7,2026,庚")
    batch = read_needs(table(tmp_path / "a.csv", "序号,编号,需求名称", *rows))
    assert [record.id for record in batch.records] == [
        "A-7", "A-8", "3", "(4)", "N0005", "XQ-2026-6", "2026",
    ]  # fmt: skip
    assert batch.unnamed == {"3", "(4)", "N0005", "2026"}


def test_a_header_with_a_column_of_remarks_is_no_form(tmp_path: Path) -> None:
    batch = read_needs(table(tmp_path / "a.csv", "需求名称,备注", "甲", "公开,乙"))
    assert [record.title for record in batch.records] == ["甲", "公开"]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("截止时间", "deadline"), ("完成时限", "deadline"), ("期望完成时间", "deadline"),
        ("需求有效期", "valid_until"), ("拟投入经费（万元）", "budget"), ("悬赏金额", "budget"),
        ("联系单位", "organisation.name"), ("所属行业", "fields"), ("技术难点", "problem"),
        ("联系电话", None), ("紧急程度", None),
    ],
)  # fmt: skip
def test_headings_of_collection_forms(header: str, field: str | None) -> None:
    found = Names(Need).match(header)
    assert (found[0] if found else None) == field


def test_two_columns_of_one_field(tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.csv",
        "序号,需求内容,需求背景,需求编号,经费,预算,关键词,标签",
        "1,内容,Background,A-7,1万元,2万元,芯片,SiC",
        "2,同文,同文,A-8,1万元,,,SiC",
    )
    first, second = read_needs(path).records
    assert (first.id, first.problem) == ("A-7", "内容\nBackground")
    assert second.problem == "同文"
    assert first.budget is not None
    assert first.budget.low == 20_000
    assert second.budget is not None
    assert second.budget.low == 10_000
    assert first.keywords == ("芯片", "SiC")


def test_revision_is_that_of_the_data_not_of_the_file(tmp_path: Path) -> None:
    header, rows = ["需求名称", "主要问题", "单位名称"], [
        ["高温传感器", "Drift", "示例公司"],
        ["Low-power node", "电池", "Example Ltd"],
    ]  # fmt: skip
    table(tmp_path / "a.csv", ",".join(header), *map(",".join, rows))
    lines = [json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) for row in rows]
    table(tmp_path / "a.jsonl", *lines)
    book, document = Workbook(), Document()
    grid = document.add_table(rows=0, cols=3)
    for row in [header, *rows]:
        book.active.append(row)
        for cell, text in zip(grid.add_row().cells, row, strict=True):
            cell.text = text
    book.save(tmp_path / "a.xlsx")
    document.save(str(tmp_path / "a.docx"))
    names = ("a.csv", "a.jsonl", "a.xlsx", "a.docx")
    batches = [read_needs(tmp_path / name) for name in names]
    assert len({batch.revision for batch in batches}) == 1
    assert len({batch.records for batch in batches}) == 1
    assert len(batches[0].revision) == 64
    table(tmp_path / "b.csv", ",".join(header), ",".join(rows[0]))
    assert read_needs(tmp_path / "b.csv").revision != batches[0].revision


def test_folder_of_files(tmp_path: Path) -> None:
    folder = tmp_path / "needs"
    folder.mkdir()
    table(folder / "b.csv", "序号,需求名称", "1,乙")
    table(folder / "a.jsonl", '{"title": "甲"}')
    table(folder / "c.csv", "姓名,电话", "示例,000")
    (folder / "d.pdf").write_bytes(b"%PDF-1.7")
    (folder / "~$b.xlsx").write_bytes(b"lock")
    batch = read_needs(folder)
    assert [(record.id, record.title) for record in batch.records] == [("N0001", "甲"), ("1", "乙")]
    assert sorted(warning.file for warning in batch.warnings) == ["c.csv", "d.pdf"]
    assert batch.source == "needs"


def test_folder_without_anything(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file that can be read"):
        read_needs(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        read_needs(tmp_path / "没有.csv")


@pytest.mark.parametrize(
    "content",
    ['{"title": "高温传感器"}\n', "需求名称\t预算\n高温传感器\t5万元\n", "title\n高温传感器\n"],
)
def test_standard_input(monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content.encode())))
    batch = read_needs("-")
    assert batch.records[0].title == "高温传感器"
    assert batch.source == "-"


def test_overrides(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "需求名称,备注,内容", "甲,示例公司,正文")
    batch = read_needs(path, mapping={"备注": "organisation.name", "内容": ""})
    (record,) = batch.records
    assert record.organisation is not None
    assert record.organisation.name == "示例公司"
    assert record.problem == ""
    with pytest.raises(InputError, match=r"problem, .*organisation\.name"):
        read_needs(path, mapping={"备注": "nonsense"})
    with pytest.raises(InputError, match="需求名称、备注、内容"):
        read_needs(path, mapping={"没有此列": "problem"})


def test_default_kind(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "名称,类型", "甲,", "乙,仪器设备")
    kinds = [record.kind for record in read_capabilities(path, kind="专利").records]
    assert kinds == ["patent", "instrument"]
    with pytest.raises(InputError, match="pilot_line"):
        read_capabilities(path, kind="怪")


@pytest.mark.parametrize(
    ("record_class", "header", "field"),
    [
        (Need, "1. 需求名称*", "title"),
        (Need, "（一）主要问题（必填）", "problem"),
        (Need, "预算（万元）", "budget"),
        (Need, "预算万元", "budget"),
        (Need, "需求名称/Title", "title"),
        (Need, "需求名称 Title", "title"),
        (Need, "Organisation", "organisation.name"),
        (Need, "organisation.kind", "organisation.kind"),
        (Need, "KIND", "kind"),
        (Need, "所在区域", "organisation.district"),
        (Need, "_id", "id"),
        (Capability, "TRL", "trl"),
        (Capability, "摘要：", "summary"),
    ],
)
def test_header_names(record_class: type[Need] | type[Capability], header: str, field: str) -> None:
    found = Names(record_class).match(header)
    assert found is not None
    assert found[0] == field


def test_unknown_headers_stay_unknown() -> None:
    names = Names(Need)
    assert not any(map(names.match, ("联系人", "手机", "", "1", "某需求名称及其他", "甲" * 5000)))
    assert unit_of("预算（单位：万元）") == "万元"
    assert unit_of("Budget (USD)") == "USD"
    assert unit_of("预算") == ""
