"""Single cells: amounts, dates, readiness levels, lists, texts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from matcher.ingest.amounts import parse_money
from matcher.ingest.dates import parse_date
from matcher.ingest.lists import (
    parse_code,
    parse_codes,
    parse_count,
    parse_trl,
    split_exclusions,
    split_regions,
    split_text,
    ticked,
)
from matcher.ingest.values import CellProblem, as_text, clean_text, is_nothing


@pytest.mark.parametrize(
    ("cell", "low", "high"),
    [
        ("3-5万元", 30_000, 50_000),
        ("３０～５０万元", 300_000, 500_000),
        ("50万", 500_000, 500_000),
        ("1.2亿元", 120_000_000, 120_000_000),
        ("300000", 300_000, 300_000),
        (300_000.0, 300_000, 300_000),
        ("30万以内", None, 300_000),
        ("不超过100万元", None, 1_000_000),
        ("不低于50万", 500_000, None),
        ("100万元以上", 1_000_000, None),
        ("30万以上50万以下", 300_000, 500_000),
        ("10万元至20万元", 100_000, 200_000),
        ("3000-5万元", 3_000, 50_000),
        ("50万-1亿", 500_000, 100_000_000),
        ("¥500,000", 500_000, 500_000),
        ("RMB 500，000", 500_000, 500_000),
        ("up to 300k CNY", None, 300_000),
        ("三百万元", 3_000_000, 3_000_000),
        ("总预算约50万元", 500_000, 500_000),
        ({"low": 1, "high": None}, 1, None),
    ],
)
def test_money(cell: Any, low: int | None, high: int | None) -> None:
    money = parse_money(cell)
    assert money is not None
    assert (money.low, money.high) == (low, high)


@pytest.mark.parametrize("cell", ["面议", "待定", "negotiable", "双方协商"])
def test_open_amount_is_no_amount(cell: str) -> None:
    assert parse_money(cell) is None


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("很多", "不是可以识别的金额"),
        ("50 USD", "外币"),
        ("1万美元", "外币"),
        ("5000元/次", "单价"),
        (50, "没有单位"),
        ("首期30万，后续70万", "不是可以识别的金额"),
        ("-5万", "不是可以识别的金额"),
        (10**20, "不是可以识别的金额"),
        (True, "不是可以识别的金额"),
    ],
)
def test_bad_amount_says_why(cell: Any, reason: str) -> None:
    with pytest.raises(CellProblem) as caught:
        parse_money(cell)
    assert reason in caught.value.zh
    assert caught.value.en


@pytest.mark.parametrize(
    ("cell", "low", "high"),
    [(50, 500_000, 500_000), ("30-50", 300_000, 500_000), ("50元", 50, 50), ("1亿", 10**8, 10**8)],
)
def test_unit_of_the_header_applies_to_bare_numbers(cell: Any, low: int, high: int) -> None:
    money = parse_money(cell, "万元")
    assert money is not None
    assert (money.low, money.high) == (low, high)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2025年底", "2025-12-31"),
        ("2026年6月", "2026-06-30"),
        ("2024年2月", "2024-02-29"),
        ("2026年上半年", "2026-06-30"),
        ("2026年第三季度", "2026-09-30"),
        ("2026Q3", "2026-09-30"),
        ("2026-06-30", "2026-06-30"),
        ("2026/6/30", "2026-06-30"),
        ("2026.6.30", "2026-06-30"),
        ("２０２６年６月３０日前", "2026-06-30"),
        ("二〇二六年十二月", "2026-12-31"),
        ("June 2026", "2026-06-30"),
        ("30 June 2026", "2026-06-30"),
        ("June 30, 2026", "2026-06-30"),
        ("2026-06-30T00:00:00Z", "2026-06-30"),
        ("2026年3月至6月", "2026-06-30"),
        ("2025-2027", "2027-12-31"),
        (2025.0, "2025-12-31"),
        (46203, "2026-06-30"),
        ("46203", "2026-06-30"),
        (20260630, "2026-06-30"),
        (datetime(2026, 6, 30, 8), "2026-06-30"),
    ],
)
def test_date(cell: Any, expected: str) -> None:
    assert parse_date(cell) == date.fromisoformat(expected)


def test_start_of_a_period() -> None:
    assert parse_date("2026年6月", end=False) == date(2026, 6, 1)
    assert parse_date(2015, end=False) == date(2015, 1, 1)


@pytest.mark.parametrize("cell", ["长期", "长期有效", "不限", "long-term"])
def test_open_date_is_no_date(cell: str) -> None:
    assert parse_date(cell) is None


@pytest.mark.parametrize("cell", ["3/4/2026", "2026-02-30", "6个月", 2026.1, "明年", True])
def test_bad_date_says_why(cell: Any) -> None:
    with pytest.raises(CellProblem, match="not a date"):
        parse_date(cell)


@pytest.mark.parametrize(
    ("cell", "level"),
    [
        ("TRL6", 6), ("TRL 6（样机）", 6), (6, 6), (6.0, 6), ("6级", 6), ("六级", 6),
        ("TRL 4-6", 4), ("4～6级", 4), ("≥6", 6), ("6级及以上", 6), ("中试阶段", 6),
        ("小试/中试", 4), ("量产", 9), ("lab scale", 4), ("相关环境中的样机演示", 6),
        ("不限", None),
    ],
)  # fmt: skip
def test_trl_takes_the_lower_end(cell: Any, level: int | None) -> None:
    assert parse_trl(cell) == level


@pytest.mark.parametrize("cell", ["12", 0, 6.5, "TRL10", "很成熟", date(2026, 4, 6)])
def test_bad_trl(cell: Any) -> None:
    with pytest.raises(CellProblem):
        parse_trl(cell)


def test_codes_from_lists_and_check_boxes() -> None:
    assert parse_codes("☑技术转让 □技术许可 ☑合作开发", "cooperation_modes") == (
        ("assignment", "joint_development"),
        (),
    )
    assert parse_codes("1.技术转让 2.Joint development", "cooperation_modes")[0] == (
        "assignment",
        "joint_development",
    )
    assert parse_codes("□转让 □许可", "cooperation_modes") == ((), ())
    assert parse_codes("转让；魔法", "cooperation_modes") == (("assignment",), ("魔法",))
    assert parse_codes(["licence", "转让"], "cooperation_modes")[0] == ("licence", "assignment")
    with pytest.raises(CellProblem, match="Small"):
        parse_code("巨型", "sizes")


def test_free_lists() -> None:
    assert split_text("传感器、MEMS，SiC;GB/T 22900|低功耗\n封装/测试") == (
        "传感器", "MEMS", "SiC", "GB/T 22900", "低功耗", "封装", "测试",
    )  # fmt: skip
    assert split_text("芯片 封装 芯片") == ("芯片", "封装")
    assert split_text("pressure sensor") == ("pressure sensor",)
    assert split_text(["a, b", 3]) == ("a, b", "3")


def test_a_box_may_stand_behind_its_option() -> None:
    assert ticked("是☑ 否□") == "是"
    assert ticked("转让□\n许可√ 合作开发 ■") == "许可\n合作开发"
    assert ticked("☑转让 □许可") == "转让"


@pytest.mark.parametrize(
    "cell",
    [
        "不限", "全国", "全国均可", "不限地区", "地区不限", "无要求", "无地域要求", "全国范围内",
        "国内外均可", "any", "All regions", "Nationwide", "worldwide", "no preference", "无", "",
        "□示例区 ☑不限", "不限于示例区", "全国，示例区优先", ["全国"],
    ],
)  # fmt: skip
def test_anywhere_is_no_region(cell: Any) -> None:
    assert split_regions(cell) == ()


def test_regions_and_exclusions_that_name_somebody_stay() -> None:
    assert split_regions("示例区、Demo District") == ("示例区", "Demo District")
    assert split_regions("示例城市副中心/华东地区") == ("示例城市副中心", "华东地区")
    for cell in ("无", "不限", "无要求", "暂无排除单位", "没有需要回避的单位", "None", "any"):
        assert split_exclusions(cell) == ()
    assert split_exclusions("无锡示例公司；Example Ltd") == ("无锡示例公司", "Example Ltd")


@pytest.mark.parametrize(
    ("table", "name", "code"),
    [
        ("organisation_kinds", "民营企业、高新技术企业", "enterprise"),
        ("organisation_kinds", "有限责任公司", "enterprise"),
        ("organisation_kinds", "专精特新企业", "enterprise"),
        ("organisation_kinds", "高等院校", "university"),
        ("organisation_kinds", "职业院校", "university"),
        ("organisation_kinds", "事业单位科研机构", "institute"),
    ],
)
def test_kinds_of_organisation_as_forms_write_them(table: str, name: str, code: str) -> None:
    assert parse_code(name, table) == code


def test_counts_and_texts() -> None:
    assert (parse_count("3个"), parse_count(3.0), parse_count("不限")) == (3, 3, None)
    with pytest.raises(CellProblem):
        parse_count("约三个")
    assert clean_text("\ufeff 第一行\r\n第二行\x00\x07\tT\ud800 \u3000") == "第一行\n第二行\tT"
    assert as_text(2025.0) == "2025"
    assert as_text(0.5) == "0.5"
    assert as_text(datetime(2026, 6, 30)) == "2026-06-30"
    assert all(map(is_nothing, ["", "/", "—", "无", "N/A", "（无）"]))
    assert not is_nothing("0")
