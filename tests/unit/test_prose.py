"""What is read out of a need in sentences, and what is better left alone."""

from __future__ import annotations

from datetime import date

import pytest

from matcher.ingest.prose import Facts, facts_of
from matcher.records import Money
from matcher.text.asides import is_aside, without_asides

TODAY = date(2026, 11, 25)


def wan(low: int | None, high: int | None) -> Money:
    return Money(
        low=None if low is None else low * 10_000, high=None if high is None else high * 10_000
    )


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("解决高温泄漏，预算200万元。", wan(200, 200)),
        ("预算约 80 万，工期紧", wan(80, 80)),
        ("项目预算：30-50万元，合作开发", wan(30, 50)),
        ("拟投入资金不超过1,200,000元", wan(None, 120)),
        ("经费 100万元以内", wan(None, 100)),
        ("budget of RMB 500,000, licence", wan(50, 50)),
        ("预算200万元；再说一遍，预算 200 万", wan(200, 200)),
        ("预算200万元，二期预算300万元", None),
        ("budget of 2 million dollars", None),
        ("预算 200 元/件，年产 1 万件", None),
        ("预算 5，温度 200 ℃", None),
        ("输出功率 200 万千瓦", None),
        ("投入 200 台设备", None),
        ("预算待定", None),
    ],
)
def test_a_budget(text: str, budget: Money | None) -> None:
    assert facts_of(text, TODAY).budget == budget


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("截止时间：2027年6月30日", date(2027, 6, 30)),
        ("希望2027年6月底前完成中试", date(2027, 6, 30)),
        ("完成期限为 2027-03-01，", date(2027, 3, 1)),
        ("2027年底之前交付样机", date(2027, 12, 31)),
        ("deadline: 2027-05-01", date(2027, 5, 1)),
        ("2027年6月前完成，截止2027年9月30日", None),
        ("截止2020年6月30日已投产", None),
        ("自 2027 年 6 月起试用", None),
        ("符合 GB/T 2027-6 标准", None),
    ],
)
def test_a_deadline(text: str, day: date | None) -> None:
    assert facts_of(text, TODAY).deadline == day


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("意向地区：陕西、江苏", ("陕西", "江苏")),
        ("合作区域为长三角。", ("长三角",)),
        ("意向地区：不限", ()),
        ("用于高寒地区的电池", ()),
        ("需要陶瓷封装技术，合作单位最好在浙江。", ("浙江",)),
        ("优先考虑浙江、江苏的高校合作", ("浙江", "江苏")),
        ("浙江省内企业优先", ("浙江省",)),
        ("供应商须位于长三角地区", ("长三角地区",)),
        ("优先选择华东地区的检测机构", ("华东地区",)),
        ("希望与西安的研究所合作，解决封装", ("西安",)),
        ("合作方最好是杭州市的，单位须在江苏", ()),
        # Where the asking firm is, and the name of a university, are no wish.
        ("我单位须在浙江，我们团队最好在江苏", ()),
        ("我公司希望在浙江建设产线", ()),
        ("希望找浙江大学合作", ()),
        ("团队最好在西部地区有项目经验", ()),
    ],
)
def test_regions(text: str, regions: tuple[str, ...]) -> None:
    assert facts_of(text, TODAY).regions == regions


@pytest.mark.parametrize("clause", ["合作单位最好在浙江", "浙江省内企业优先"])
def test_a_wish_for_a_region_is_not_searched_for(clause: str) -> None:
    assert without_asides(f"需要陶瓷低温封装工艺，{clause}。").startswith("需要陶瓷低温封装工艺，")
    assert "浙江" not in without_asides(f"需要陶瓷低温封装工艺，{clause}。")


def test_a_text_without_any() -> None:
    assert facts_of("", TODAY) == Facts()
    assert not facts_of("高温压力传感器漂移大，需要低温封装", TODAY).any


@pytest.mark.parametrize(
    "text",
    [
        "预算50万元。",
        "要求2026年底前完成。",
        "预算50万元，要求2026年底前完成。",
        "项目总预算约 80 万元左右，工期6个月。",
        "希望半年内交付",
        "预算面议，地区不限。",
        "意向地区：陕西、江苏。",
        "联系人：示例，电话 029-12345678。",
        "请联系张经理 13800001111",
        "Budget: RMB 500,000.",
        "The budget is up to 500,000 yuan, deadline: 2027-05-01.",
        "It must be completed by the end of 2026.",
        "Contact: office@example.com",
    ],
)
def test_what_asks_for_nothing_technical_is_an_aside(text: str) -> None:
    assert is_aside(text)


@pytest.mark.parametrize(
    "text",
    [
        "解决高温泄漏，预算200万元。",
        "预算50万元开发高温传感器",
        "预算 200 元/件，年产 1 万件",
        "希望2027年6月底前完成中试",
        "2027年底前解决漂移问题",
        "完成材料导入和两款产品的板级可靠性验证",
        "使用寿命不低于3年",
        "检测周期不超过3天",
        "时间不少于30天",
        "响应时间3天内",
        "用于高寒地区的电池",
        "良品率≥95%",
        "A service life of 10 years",
        "The sensor must survive 200 °C downhole, budget 500,000 yuan.",
        "",
    ],
)
def test_what_asks_for_something_else_too_is_none(text: str) -> None:
    assert not is_aside(text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("工作温度≥200℃，预算不超过50万元，2027年3月31日前完成，意向地区：陕西。",
         "工作温度≥200℃，"),
        ("项目预算：30-50万元，合作开发", "合作开发"),
        ("希望2027年6月底前完成中试", "希望2027年6月底前完成中试"),
        ("a seal ring. Budget: CNY 1,500,000. Licence wanted.", "a seal ring. Licence wanted."),
        ("截止2020年6月30日已投产", "截止2020年6月30日已投产"),
        ("预算200万元", "预算200万元"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_left_without_asides(text: str, left: str) -> None:
    assert without_asides(text) == left
