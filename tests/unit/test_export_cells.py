"""What may stand in a cell, and which words two quotes share."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from matcher.export.cells import (
    CELL_CHARACTERS,
    clean,
    cut,
    defuse,
    number,
    same_bytes,
    shorten,
)
from matcher.export.quotes import shared_pieces
from matcher.export.words import Words, amount, fit_values
from matcher.records import Money
from matcher.results import Fit


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+8613800000000", "-40~85℃", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "－1",
        "＠A1", " =1", "\u3000=1", "\ufeff=1", "\n=1", "-40 ", "-", "--1", "-1e5", "−40",
    ],
)  # fmt: skip
def test_formula_signs_are_defused(text: str) -> None:
    assert defuse(text) == "'" + text


@pytest.mark.parametrize("text", ["-40", "-0.5", "40", "a=b", "温度-40℃", "", "≥200℃", "(1)"])
def test_plain_text_and_numbers_stay(text: str) -> None:
    assert defuse(text) == text


def test_characters_that_xml_forbids_are_removed() -> None:
    assert clean("甲\x00\x08\x0b\x1f\x7f\ud800\ufffe\uffff乙\t丙") == "甲乙\t丙"
    assert clean("a\r\nb\rc\u2028d\x85e") == "a\nb\nc\nd\ne"
    assert clean("😀𠮷é") == "😀𠮷é"


def test_long_texts_are_cut_in_excels_units() -> None:
    assert cut("长" * CELL_CHARACTERS, "…") == "长" * CELL_CHARACTERS
    shown = cut("𠮷" * CELL_CHARACTERS, "…")
    assert shown.endswith("𠮷…")
    assert len(shown.encode("utf-16-le")) // 2 <= CELL_CHARACTERS


@pytest.mark.parametrize(
    ("text", "room", "shown"),
    [
        ("底部填充胶", 10, "底部填充胶"),
        ("底部填充胶", 9, "底部填…"),
        ("Tg≥150℃ 的胶", 20, "Tg≥150℃ 的胶"),
        ("a word more", 8, "a word…"),
        ("", 4, ""),
    ],
)
def test_texts_are_shortened_by_width(text: str, room: int, shown: str) -> None:
    assert shorten(text, room) == shown


def test_numbers_that_no_cell_can_hold_are_missing() -> None:
    assert number(float("nan")) is None
    assert number(float("inf")) is None
    assert number(None) is None
    assert str(number(-0.00001)) == "0.0"
    assert number(0.123456) == 0.1235


def test_an_archive_loses_its_times() -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.xml", (2026, 11, 22, 1, 2, 4)), "甲")
    with zipfile.ZipFile(BytesIO(same_bytes(out.getvalue()))) as archive:
        (entry,) = archive.infolist()
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert archive.read(entry).decode() == "甲"


@pytest.mark.parametrize(
    ("text", "other", "shared"),
    [
        ("耐高温无引线封装", "采用无引线封装。", ["无引线封装"]),
        ("SiC 芯片", "sic 器件与芯片", ["SiC", "芯片"]),
        ("基于 GB/T 22900 评价", "按 GB/T 22900 执行", ["GB/T", "22900"]),
        ("the form error of a lens", "error of the lens form", ["form", "error", "lens"]),
        ("航空发动机试车台", "燃气轮机试验台", []),
        ("可以实现", "可以实现", ["可以实现"]),
        ("可以的", "也可以的", []),
        ("找", "找", []),
        ("", "甲", []),
    ],
)
def test_shared_words(text: str, other: str, shared: list[str]) -> None:
    pieces = shared_pieces(text, other)
    assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece, same in pieces if same] == shared


@pytest.mark.parametrize(
    ("low", "high", "zh", "en"),
    [
        (500_000, 500_000, "50 万元", "CNY 500,000"),
        (300_000, 500_000, "30–50 万元", "CNY 300,000–500,000"),
        (120_000_000, None, "1.2 亿元以上", "from CNY 120,000,000"),
        (None, 8_000, "8000 元以内", "up to CNY 8,000"),
        (0, 0, "0 元", "CNY 0"),
    ],
)
def test_amounts_in_words(low: int | None, high: int | None, zh: str, en: str) -> None:
    assert amount(Money(low=low, high=high), Words("zh")) == zh
    assert amount(Money(low=low, high=high), Words("en")) == en


def test_values_of_factors_are_translated_where_they_are_codes_or_labels() -> None:
    fit = Fit("cooperation_mode", False, "合作开发、licence", "技术服务, 面谈")
    assert fit_values(fit, Words("en")) == ("Joint development, Licence", "Service, 面谈")
    assert fit_values(Fit("region", True, "陕西省", "西安市"), Words("en")) == ("陕西省", "西安市")
