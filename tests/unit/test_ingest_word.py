"""Word documents: a table of records, forms, headed paragraphs, plain text."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from matcher.errors import InputError
from matcher.ingest import read_capabilities, read_needs


def test_table_of_records_with_merged_owner(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("2026年度需求汇总（示例）")
    table = document.add_table(rows=3, cols=4)
    rows = [
        ["单位名称", "需求名称", "主要问题", "预算（万元）"],
        ["示例传感公司", "高温压力传感器", "Drift above 200 ℃", "50"],
        ["", "Low-power node", "电池寿命短", "很多"],
    ]
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            table.cell(r, c).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    path = tmp_path / "汇总.docx"
    document.save(str(path))
    batch = read_needs(path)
    assert [record.title for record in batch.records] == ["高温压力传感器", "Low-power node"]
    assert [r.organisation.name for r in batch.records if r.organisation] == ["示例传感公司"] * 2
    (warning,) = batch.warnings
    assert (warning.row, warning.column, warning.value) == (3, "预算（万元）", "很多")
    assert warning.sheet == "表 1 / table 1"


def test_form_with_four_columns_and_merged_cells(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("企业技术需求征集表（示例）")
    document.add_paragraph("填报日期：2026年9月1日")
    table = document.add_table(rows=6, cols=4)
    rows = [
        ["单位名称", "示例传感公司", "所在区域", "示例区"],
        ["联系人", "张示例", "联系电话", "000-0000"],
        ["需求名称", "高温压力传感器", "", ""],
        ["主要问题\n（500字以内）", "第一段\nSecond paragraph: drift above 200 ℃", "", ""],
        ["合作方式", "□技术转让 ☑合作开发 ☑委托开发", "最低成熟度", "TRL 4-6"],
        ["预算（万元）", "", "完成期限", "2026年底"],
    ]
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            table.cell(r, c).text = text
    for r in (2, 3):
        table.cell(r, 1).merge(table.cell(r, 3))
    path = tmp_path / "征集表.docx"
    document.save(str(path))
    (record,) = read_needs(path).records
    assert record.id == "N0001"
    assert record.title == "高温压力传感器"
    assert record.problem == "第一段\nSecond paragraph: drift above 200 ℃"
    assert record.cooperation_modes == ("joint_development", "commissioned_development")
    assert record.trl_min == 4
    assert record.budget is None
    assert record.deadline is not None
    assert record.deadline.isoformat() == "2026-12-31"
    assert record.created_at is not None
    assert record.created_at.isoformat() == "2026-09-01"
    assert record.organisation is not None
    assert record.organisation.district == "示例区"
    assert "张示例" not in record.model_dump_json()


def test_content_controls_check_boxes_and_tracked_changes(tmp_path: Path) -> None:
    document = Document()
    table = document.add_table(rows=3, cols=2)
    for r, label in enumerate(["需求名称", "合作方式", "主要问题"]):
        table.cell(r, 0).text = label

    def add(r: int, xml: str, *, inside: bool) -> None:
        element = parse_xml(xml.replace(">", f" {nsdecls('w')}>", 1))
        (table.cell(r, 1).paragraphs[0]._p if inside else table.cell(r, 1)._tc).append(element)

    control = "<w:sdt>{}<w:sdtContent><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    add(0, control.format("", "高温压力传感器"), inside=False)
    prompt = "<w:sdtPr><w:showingPlcHdr/></w:sdtPr>"
    add(2, control.format(prompt, "单击此处输入文字"), inside=False)
    for code, option in (("F052", "合作开发"), ("F0A3", "技术转让")):
        symbol = f'<w:sym w:font="Wingdings 2" w:char="{code}"/>'
        add(1, f"<w:r>{symbol}<w:t>{option}</w:t></w:r>", inside=True)
    add(2, "<w:ins><w:r><w:t>新写的 drift</w:t></w:r></w:ins>", inside=True)
    add(2, "<w:del><w:r><w:delText>删去的</w:delText></w:r></w:del>", inside=True)
    path = tmp_path / "a.docx"
    document.save(str(path))
    (record,) = read_needs(path).records
    assert record.title == "高温压力传感器"
    assert record.cooperation_modes == ("joint_development",)
    assert record.problem == "新写的 drift"


def test_two_forms_in_one_document(tmp_path: Path) -> None:
    document = Document()
    for title in ("高温压力传感器", "Low-power node"):
        table = document.add_table(rows=2, cols=2)
        for r, (label, value) in enumerate([("需求名称", title), ("主要问题", f"{title}: 问题")]):
            table.cell(r, 0).text, table.cell(r, 1).text = label, value
    path = tmp_path / "a.docx"
    document.save(str(path))
    batch = read_needs(path)
    assert [record.title for record in batch.records] == ["高温压力传感器", "Low-power node"]
    assert batch.records[1].problem == "Low-power node: 问题"


def test_headed_paragraphs(tmp_path: Path) -> None:
    document = Document()
    for text in (
        "企业技术需求（示例）",
        "一、需求名称：高温压力传感器",
        "二、主要问题：",
        "现有传感器在 200℃ 以上漂移大。",
        "具体如下：零点漂移、灵敏度漂移。",
        "三、主要技术指标",
        "Range 0-10 MPa; accuracy ≤ 0.5%",
        "四、预算：50万元",
        "五、联系人：张示例",
        "电话 000-0000",
    ):
        document.add_paragraph(text)
    path = tmp_path / "a.docx"
    document.save(str(path))
    (record,) = read_needs(path).records
    assert record.title == "高温压力传感器"
    assert record.problem == "现有传感器在 200℃ 以上漂移大。\n具体如下：零点漂移、灵敏度漂移。"
    assert record.indicators == "Range 0-10 MPa; accuracy ≤ 0.5%"
    assert record.budget is not None
    assert record.budget.high == 500_000
    assert "000-0000" not in record.model_dump_json()


def test_plain_text(tmp_path: Path) -> None:
    document = Document()
    for text in ("", "碳化硅压力传感器芯片", "面向高温环境。", "Works up to 300 ℃."):
        document.add_paragraph(text)
    path = tmp_path / "a.docx"
    document.save(str(path))
    (record,) = read_capabilities(path).records
    assert record.id == "C0001"
    assert record.title == "碳化硅压力传感器芯片"
    assert record.summary == "面向高温环境。\nWorks up to 300 ℃."


def test_empty_damaged_and_hostile_documents(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    Document().save(str(path))
    with pytest.raises(InputError, match="empty"):
        read_needs(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for content, word in (
        (b'<!DOCTYPE x [<!ENTITY a "b">]><w:document/>', "XML declaration"),
        (b"<w:document", "damaged"),
    ):
        parts["word/document.xml"] = content
        with zipfile.ZipFile(path, "w") as archive:
            for name, part in parts.items():
                archive.writestr(name, part)
        with pytest.raises(InputError, match=word):
            read_needs(path)
