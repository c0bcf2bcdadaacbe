"""CSV and TSV: encodings, delimiters, ragged rows, row numbers."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matcher.errors import InputError
from matcher.ingest import Batch, read_capabilities, read_needs
from matcher.taxonomy import data_path

TEXT = (
    "需求编号,需求名称,主要问题,预算（万元）,单位名称\r\n"
    'N1,高温压力传感器,"SiC sensor, 200℃ 漂移大\r\n第二行",30-50,示例传感公司\r\n'
    "\r\n"
    "N2,Wireless sensor node,Battery life is too short,80,Example IoT Ltd\r\n"
)
ENCODINGS = {
    "utf-8": TEXT.encode(),
    "utf-8-sig": TEXT.encode("utf-8-sig"),
    "gb18030": TEXT.encode("gb18030"),
    "gbk": TEXT.encode("gbk"),
    "utf-16": TEXT.encode("utf-16"),
    "utf-16-be-mark": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "utf-16-le": TEXT.encode("utf-16-le"),
    "utf-16-be": TEXT.encode("utf-16-be"),
    "utf-32": TEXT.encode("utf-32"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings_give_the_same_records(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "需求.csv"
    path.write_bytes(ENCODINGS[encoding])
    batch = read_needs(path)
    first, second = batch.records
    assert first.title == "高温压力传感器"
    assert first.problem == "SiC sensor, 200℃ 漂移大\n第二行"
    assert first.budget is not None
    assert first.budget.high == 500_000
    assert first.organisation is not None
    assert first.organisation.name == "示例传感公司"
    assert second.title == "Wireless sensor node"
    assert not batch.rejections
    assert not batch.warnings
    reference = tmp_path / "reference.csv"
    reference.write_bytes(ENCODINGS["utf-8"])
    assert batch.revision == read_needs(reference).revision


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["需求名称", "主要问题", "关键词"])
    writer.writerow(["低功耗, 芯片; 模组", "功耗高，需要 a, b; c\td", "芯片、NB-IoT"])
    path = tmp_path / "需求.csv"
    path.write_text(out.getvalue(), encoding="utf-8")
    record = read_needs(path).records[0]
    assert record.title == "低功耗, 芯片; 模组"
    assert record.keywords == ("芯片", "NB-IoT")


def test_line_that_names_the_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sep=;\n需求名称;主要问题\n甲;a, b\n;\n/;—\n", encoding="utf-8")
    batch = read_needs(path)
    assert batch.records[0].problem == "a, b"
    assert [rejection.row for rejection in batch.rejections] == [5]


def test_row_numbers_are_those_of_excel(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        '需求名称,预算\n甲,"1万\n元"\n\n乙,"很\n多"\n,5万\n', encoding="utf-8", newline=""
    )
    batch = read_needs(path)
    assert [record.title for record in batch.records] == ["甲", "乙"]
    (warning,) = batch.warnings
    assert (warning.file, warning.row, warning.column) == ("a.csv", 4, "预算")
    assert warning.value == "很 多"
    (rejection,) = batch.rejections
    assert rejection.row == 5
    assert "没有名称" in rejection.reason_zh
    assert "title" in rejection.reason_en


def test_ragged_rows_are_kept_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("需求名称,主要问题\n甲\n乙,b,多出,的\n", encoding="utf-8")
    batch = read_needs(path)
    assert len(batch.records) == 2
    (warning,) = batch.warnings
    assert (warning.row, warning.value) == (3, "多出 的")


def test_rows_that_end_early_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("需求名称,主要问题,预算\n甲,a,5万元\n乙\n丙,c\n丁,d,6万元\n", encoding="utf-8")
    batch = read_needs(path)
    assert [(r.title, r.problem) for r in batch.records] == [
        ("甲", "a"), ("乙", ""), ("丙", "c"), ("丁", "d"),
    ]  # fmt: skip
    assert batch.warnings == ()
    path.write_text("需求名称,主要问题\n甲\n丙\n丁,d\n戊,e\n", encoding="utf-8")
    assert read_needs(path).warnings == ()


def test_a_row_torn_apart_by_a_line_end_is_pointed_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = ["需求名称,主要问题,关键技术,预算", "甲,a,x,5万元", "乙,第一行", "第二行,y,6万元",
            "丙,c,z,7万元"]  # fmt: skip
    path.write_text("\n".join(rows), encoding="utf-8")
    (warning,) = read_needs(path).warnings[:1]
    assert (warning.row, "换行" in warning.reason_zh, "line end" in warning.reason_en) == (
        3, True, True,
    )  # fmt: skip


def test_one_column_and_old_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("需求名称\r高温传感器\rLow-power chip\r".encode("gbk"))
    assert [r.title for r in read_needs(path).records] == ["高温传感器", "Low-power chip"]


def test_long_cell(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    long = "长" * 199_000
    path.write_text(f"需求名称,主要问题\n甲,{long}\n乙,{long}{long}\n", encoding="utf-8")
    batch = read_needs(path)
    assert [len(record.problem) for record in batch.records] == [199_000]
    assert "200000" in batch.rejections[0].reason_zh
    assert len(batch.rejections[0].value) == 80


def test_traditional_and_western_encodings(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("title,主要問題\n高溫壓力感測器,零點漂移過大，需要改進封裝\n".encode("big5"))
    assert read_needs(path).records[0].title == "高溫壓力感測器"
    path.write_bytes("title,主要問題\n高溫壓力感測器,零點漂移\n".encode("gb18030"))
    assert read_needs(path).records[0].title == "高溫壓力感測器"
    path.write_bytes("title,problem\ncafé sensor,Größe über 5 µm\n".encode("latin-1"))
    assert read_needs(path).records[0].problem == "Größe über 5 µm"


def test_row_of_totals_is_no_need(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("需求名称,预算\n甲,5万\n合计,5万\n合计：1项,\n", encoding="utf-8")
    batch = read_needs(path)
    assert len(batch.records) == 1
    assert [rejection.row for rejection in batch.rejections] == [3, 4]
    path.write_text(
        "编号,成果名称,单位\nC1,示例阀,示例厂\n合计,60项,\n,3项,总计\nC2,共轨阀,合计\n",
        encoding="utf-8",
    )
    found = read_capabilities(path)
    assert [record.title for record in found.records] == ["示例阀", "共轨阀"]
    assert ["合计行" in rejection.reason_zh for rejection in found.rejections] == [True, True]


def test_damaged_bytes_are_shown_and_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f"需求{i},高温压力传感器的漂移问题\n" for i in range(20))
    path.write_bytes("需求名称,主要问题\n".encode() + rows.encode() + b"\xe9\xab,\xe5\n")
    batch = read_needs(path)
    assert batch.records[0].title == "需求0"
    assert batch.warnings[0].row == 22


def test_unclosed_quote_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('需求名称,主要问题\n甲,a\n乙,"b\n丙,c\n', encoding="utf-8")
    batch = read_needs(path)
    assert len(batch.records) == 2
    assert "引号" in batch.warnings[0].reason_zh
    assert batch.warnings[0].row == 3


@pytest.mark.parametrize("content", [b"", b" \r\n", "\ufeff".encode()])
def test_empty_file_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "空.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match="empty") as caught:
        read_needs(path)
    assert "空.csv" in caught.value.zh


def test_header_without_rows_gives_no_records(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("需求名称,主要问题\n", encoding="utf-8")
    assert read_needs(path).records == ()


@pytest.mark.parametrize(
    ("name", "read"), [("needs.csv", read_needs), ("capabilities.csv", read_capabilities)]
)
def test_sample_data_reads_without_a_remark(name: str, read: Callable[[Path], Batch[Any]]) -> None:
    batch = read(data_path("sample", name))
    assert len(batch.records) > 50
    assert not batch.rejections
    assert not batch.warnings
    assert not [column for column in batch.mapping if column.field is None]
