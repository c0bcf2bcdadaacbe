"""What is read out of a need in sentences, and what is better left alone."""

from __future__ import annotations

from collections import deque
from datetime import date
from time import perf_counter

import pytest

from matcher.ingest.prose import Facts, facts_of
from matcher.records import Money
from matcher.text.asides import DEADLINE, MONEY, REGION, is_aside, without_asides

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
        ("预算一百万元", wan(100, 100)),
        ("预算方面，我们可以拿出60万到80万元左右", wan(60, 80)),
        ("预算方面，我们可以拿出60到80万元", wan(60, 80)),
        ("预算大概在80万左右", wan(80, 80)),
        ("预算的话大概有80万", wan(80, 80)),
        ("经费方面我司准备投入不超过100万元", wan(None, 100)),
        ("资金方面，我们能出五十万元", wan(50, 50)),
        ("预算大概在200元/件", None),
        ("预算方面，有80万元左右的缺口", None),
        ("预算方面，我们有3家供应商报过价", None),
        ("预算方面，目前每年维护要80万", None),
        ("预算方面我们可以出10万件样品", None),
        ("费用方面，目前大概在80万，太高", None),
        ("预算大概一百二十万左右", wan(120, 120)),
        ("费用100万以内", wan(None, 100)),
        ("项目费用不超过八十万", wan(None, 80)),
        ("控制在100万元以内", wan(None, 100)),
        ("需要陶瓷封装，最好控制在100万元以内。", wan(None, 100)),
        ("预算控制在100万以内", wan(None, 100)),
        ("愿意出资80万元", wan(80, 80)),
        ("我们出钱五十万左右", wan(50, 50)),
        ("钱的话控制在一百万以内", wan(None, 100)),
        ("现有生产线投资300万元", None),
        ("年产值2000万元", None),
        ("单价100元以内/件", None),
        ("温度控制在100以内", None),
        ("产量控制在100万件以内", None),
        ("产量控制在100万以内", None),
        ("单台成本控制在5万元以内", None),
        ("单台成本偏高，希望控制在5万元以内", None),
        ("控制在100元以内", None),
        ("每年维护费用100万左右", None),
        ("费用100万，太高", None),
        ("股东出资500万元", None),
        ("已投入一万小时", None),
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
        ("明年6月底前完成", date(2027, 6, 30)),
        ("最好在2027年6月前装上", date(2027, 6, 30)),
        ("最好明年六月份以前能装上", date(2027, 6, 30)),
        ("2027年十一月前投产", date(2027, 11, 30)),
        ("希望明年年底前", date(2027, 12, 31)),
        ("明年年底前交付两台样机", date(2027, 12, 31)),
        ("今年底前验收", date(2026, 12, 31)),
        ("后年上半年之前上线", date(2028, 6, 30)),
        ("截止明年2月底", date(2027, 2, 28)),
        ("明年2月15日前交付", date(2027, 2, 15)),
        ("明年年底前的市场", None),
        ("今后年底前完成", None),
        ("2023年6月前的产品", None),
        ("去年6月前完成的试验", None),
        ("今年12月前完成的试验", None),
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


@pytest.mark.parametrize(
    "piece",
    [
        "预算", "预算 ", " ", "1", "一", "一百万", "控制在", "最好", "最好控制在1万", "费用最好",
        "截止 ", "2027年", "明年6月", "明年年底前", "希望在", "2027年6月前要", "不超过", "1,",
        "合作地区", "单位最好在浙江、", "优先", "deliver ", "预算方面，", "可以拿出",
    ],
)  # fmt: skip
def test_no_text_keeps_the_reader_long(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    for pattern in (MONEY, DEADLINE, REGION):
        for hostile in (text, f"预算截止合作地区{text}"):
            start = perf_counter()
            deque(pattern.finditer(hostile), maxlen=0)
            # 0.01 s each, and more on a machine that does something else besides.
            assert perf_counter() - start < 0.5


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
        "愿意出资80万元，最好明年六月份以前能装上。",
        "钱的话控制在一百万以内",
        "希望明年年底前",
        "预算方面，我们可以拿出60万到80万元左右。",
        "预算大概在80万左右",
    ],
)
def test_what_asks_for_nothing_technical_is_an_aside(text: str) -> None:
    assert is_aside(text)


@pytest.mark.parametrize(
    "text",
    [
        "解决高温泄漏，预算200万元。",
        "预算50万元开发高温传感器",
        "温度控制在100以内",
        "产量控制在100万件以内",
        "最好明年6月前装上新的传感器",
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
        ("需要陶瓷封装。预算方面，我们可以拿出60万到80万元左右。", "需要陶瓷封装。"),
        ("预算方面，我们讨论过，需要陶瓷封装", "预算方面，我们讨论过，需要陶瓷封装"),
        ("尊敬的技术转移中心：\n我们做热镀锌，锌渣太多。此致\n敬礼", "我们做热镀锌，锌渣太多。"),
        # Who asks tells what is searched for.
        ("我们是一家做热镀锌的企业，详细情况可现场交流。", "我们是一家做热镀锌的企业，"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_left_without_asides(text: str, left: str) -> None:
    assert without_asides(text) == left
