"""Workbooks as offices make them: banners, merged headers, formulas, errors, hostile files."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import Workbook

from matcher.errors import InputError
from matcher.ingest import read_capabilities, read_needs


def save(path: Path, rows: list[list[object]], *merges: str, title: str = "需求") -> Path:
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for merge in merges:
        sheet.merge_cells(merge)
    book.save(path)
    return path


def test_banner_and_two_row_header_with_merges(tmp_path: Path) -> None:
    path = save(
        tmp_path / "汇总表.xlsx",
        [
            ["2026年度企业技术需求汇总表（示例）"],
            ["填报单位：示例区科技局", None, None, None, "2026年9月"],
            ["序号", "单位信息", None, "需求信息", None, "预算（万元）", "是否公开*"],
            [None, "名称", "所在区域", "需求名称（必填）", "主要问题（字数不超过200字）"],
            [1, "示例传感公司", "示例区", "高温压力传感器", "Drift above 200 ℃", 50, "是"],
            [None, None, None, "Low-power node", "电池寿命短", "30-50", "否"],
            [],
            [2, "Example IoT Ltd", "Demo District", "无线网关", "信号弱", "面议", None],
        ],
        "A1:G1", "B3:C3", "D3:E3", "A3:A4", "F3:F4", "G3:G4", "A5:A6", "B5:B6", "C5:C6",
    )  # fmt: skip
    batch = read_needs(path)
    assert not batch.rejections
    assert not batch.warnings
    first, second, third = batch.records
    assert [r.organisation.name for r in batch.records if r.organisation] == [
        "示例传感公司",
        "示例传感公司",
        "Example IoT Ltd",
    ]
    assert second.organisation is not None
    assert second.organisation.district == "示例区"
    # The merged running number counts companies, so it is an id only once.
    assert [record.id for record in batch.records] == ["1", "N0002", "2"]
    assert first.budget is not None
    assert first.budget.low == 500_000
    assert second.budget is not None
    assert second.budget.high == 500_000
    assert (first.confidentiality, second.confidentiality) == ("public", "private")
    assert third.budget is None
    fields = {column.header: (column.field, column.how) for column in batch.mapping}
    assert fields["单位名称"] == ("organisation.name", "exact")
    assert fields["需求名称（必填）"] == ("title", "exact")
    assert fields["是否公开*"] == ("confidentiality", "synonym")


def test_several_sheets_and_running_numbers(tmp_path: Path) -> None:
    book = Workbook()
    book.remove(book.active)
    for name in ("一组", "二组"):
        sheet = book.create_sheet(name)
        sheet.append(["序号", "需求名称"])
        sheet.append([1, f"{name}的需求"])
    notes = book.create_sheet("填写说明")
    notes.append(["请逐项填写", "技术领域", "合作方式"])
    hidden = book.create_sheet("旧数据")
    hidden.append(["需求名称"])
    hidden.append(["旧需求"])
    hidden.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    batch = read_needs(tmp_path / "a.xlsx")
    assert [(record.id, record.title) for record in batch.records] == [
        ("1", "一组的需求"),
        ("N0002", "二组的需求"),
    ]
    assert not batch.rejections
    assert {(w.sheet, w.reason_zh[:2]) for w in batch.warnings} == {
        ("填写说明", "没有"),
        ("旧数据", "隐藏"),
    }
    assert {column.sheet for column in batch.mapping} == {"一组", "二组"}


def test_values_of_every_type(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.xlsx",
        [
            ["成果名称", "技术指标", "确认日期", "有效期", "技术成熟度", "价格", "可承接项目数"],
            ["一", 0.95, datetime(2026, 9, 1), 46203, 6.0, 300_000, 2],
            ["Two", "精度 0.1", "2026-09-01", 2027.0, "中试", "#N/A", "2个"],
            ["三", True, None, "长期", datetime(2026, 4, 6), "很多", -1],
        ],
    )
    batch = read_capabilities(path)
    first, second, third = batch.records
    assert first.confirmed_at == second.confirmed_at == date(2026, 9, 1)
    assert first.valid_until == date(2026, 6, 30)
    assert second.valid_until == date(2027, 12, 31)
    assert (first.trl, second.trl, third.trl) == (6, 6, None)
    assert first.indicators == "0.95"
    assert (first.capacity, second.capacity) == (2, 2)
    assert [(w.row, w.column) for w in batch.warnings] == [
        (3, "价格"),
        (4, "技术成熟度"),
        (4, "价格"),
        (4, "可承接项目数"),
    ]


def test_formulas_percentages_and_hidden_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("需求")
    sheet.write_row(0, 0, ["需求名称", "主要技术指标", "预算"])
    sheet.write_formula(1, 0, '="高温"&"传感器"', None, "高温传感器")
    sheet.write_number(1, 1, 0.995, book.add_format({"num_format": "0.0%"}))
    sheet.write_formula(1, 2, "=NA()", None, "#N/A")
    sheet.write_formula(2, 0, '=IF(1=1,"","x")', None, "")
    sheet.write(3, 0, "隐藏行")
    sheet.set_row(3, None, None, {"hidden": True})
    book.close()
    # Excel itself marks an empty text result so; without the mark it is a missing result.
    _rewrite(path, "xl/worksheets/sheet1.xml", b'<c r="A3"><f>', b'<c r="A3" t="str"><f>')
    batch = read_needs(path)
    assert [record.title for record in batch.records] == ["高温传感器", "隐藏行"]
    assert batch.records[0].indicators == "99.5%"
    (warning,) = batch.warnings
    assert (warning.row, warning.column, warning.value) == (2, "预算", "#N/A")


def test_formula_without_a_saved_result(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.xlsx", [["需求名称", "预算"], ["甲", "=1+1"], ["=A2", None], ["乙", 300_000]]
    )
    batch = read_needs(path)
    assert [record.title for record in batch.records] == ["甲", "乙"]
    assert all("打开、保存" in warning.reason_zh for warning in batch.warnings)
    assert [rejection.row for rejection in batch.rejections] == [3]


def test_repeated_header_and_stated_size_are_no_obstacle(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.xlsx",
        [["需求名称", "主要问题"], ["甲", "a"], ["需求名称", "主要问题"], ["乙", "b"]],
    )
    _rewrite(path, "xl/worksheets/sheet1.xml", b'ref="A1:B4"', b'ref="A1"')
    assert [record.title for record in read_needs(path).records] == ["甲", "乙"]


def test_form_in_a_sheet(tmp_path: Path) -> None:
    path = save(
        tmp_path / "征集表.xlsx",
        [
            ["企业技术需求征集表（示例）"],
            ["单位名称", "示例传感公司", "联系人", "张示例"],
            ["需求名称", "高温压力传感器"],
            ["主要问题", "Drift above 200 ℃"],
            ["合作方式", "☑合作开发 □技术转让", "预算（万元）", 50],
        ],
    )
    (record,) = read_needs(path).records
    assert record.title == "高温压力传感器"
    assert record.cooperation_modes == ("joint_development",)
    assert record.budget is not None
    assert record.budget.low == 500_000
    assert "张示例" not in record.model_dump_json()


def test_unknown_headers_are_named_with_the_remedy(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", [["痛点", "谁"], ["高温漂移", "示例公司"]])
    with pytest.raises(InputError) as caught:
        read_needs(path)
    for part in ("痛点", "谁", "需求名称", "--map"):
        assert part in caught.value.zh
    batch = read_needs(path, mapping={"痛点": "problem", "谁": "organisation.name"})
    record = batch.records[0]
    assert record.problem == "高温漂移"
    assert record.organisation is not None
    assert record.organisation.name == "示例公司"
    assert {column.how for column in batch.mapping} == {"override"}


def test_renamed_and_old_and_foreign_files(tmp_path: Path) -> None:
    renamed = save(tmp_path / "a.xlsx", [["需求名称"], ["甲"]]).rename(tmp_path / "a.csv")
    assert read_needs(renamed).records[0].title == "甲"
    for name, content, word in (
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "密码"),
        ("locked.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "密码"),
        ("cut.xlsx", renamed.read_bytes()[:2000], "损坏"),
        ("text.xlsx", b"hello", "损坏"),
        ("empty.xlsx", b"", "空"),
        ("a.pdf", b"%PDF-1.7", "不支持"),
        ("b.xls", b"<html><table></table></html>", "不支持"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            read_needs(path)
        assert word in caught.value.zh
        assert name in caught.value.zh


def _rewrite(path: Path, member: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts[member]
    parts[member] = parts[member].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_entity_expansion_is_refused(tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><worksheet'
    path = save(tmp_path / "a.xlsx", [["需求名称"], ["甲"]])
    _rewrite(path, "xl/worksheets/sheet1.xml", b"<worksheet", bomb)
    with pytest.raises(InputError, match="XML declaration"):
        read_needs(path)


def test_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", [["需求名称"], ["甲"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.bin", bytes(20 << 20))
    with pytest.raises(InputError, match="abnormal size"):
        read_needs(path)


def test_many_members_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", [["需求名称"], ["甲"]])
    with zipfile.ZipFile(path, "a") as archive:
        for i in range(10_001):
            archive.writestr(f"xl/media/{i}", b"")
    with pytest.raises(InputError, match="abnormal size"):
        read_needs(path)


def test_a_cell_far_away_is_no_record(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", [["需求名称"], ["甲"]])
    far = b'<row r="200000"><c r="XFD200000" t="inlineStr"><is><t>x</t></is></c></row>'
    _rewrite(path, "xl/worksheets/sheet1.xml", b"</sheetData>", far + b"</sheetData>")
    batch = read_needs(path)
    assert [record.title for record in batch.records] == ["甲"]
