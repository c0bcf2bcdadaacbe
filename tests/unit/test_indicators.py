"""Reading indicators out of text, and judging a capability against a need."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher import taxonomy
from matcher.records import Capability, Need
from matcher.results import IndicatorCheck
from matcher.text.indicators import Indicator, compare, extract
from matcher.text.quantities import quantities
from matcher.text.units import dimension_of, parse_unit

PAIRS = Path(__file__).parent.parent / "fixtures" / "indicator_pairs.csv"


def pairs() -> list[dict[str, str]]:
    with PAIRS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def only(text: str) -> Indicator:
    (indicator,) = extract(text)
    return indicator


def asked(row: dict[str, str]) -> IndicatorCheck | None:
    """Return the check of the requirement that a row asks about, None when there is none."""
    start = row["need_text"].index(row["requirement"])
    end = start + len(row["requirement"])
    # In a list of indicators every figure is asked for; in prose only what is demanded.
    field = "problem" if row["note"].startswith("prose") else "indicators"
    checks = compare([(field, row["need_text"])], [("summary", row["capability_text"])])
    found = [c for c in checks if c.requirement.start < end and start < c.requirement.end]
    assert len(found) <= 1, found
    return found[0] if found else None


class TestPairs:
    def test_table_is_large_and_mixed(self) -> None:
        rows = pairs()
        parts = Counter(row["part"] for row in rows)
        assert len(rows) >= 240
        assert parts["held_out"] >= 40
        assert {row["verdict"] for row in rows} == {"met", "not_met", "not_stated", "none"}

    @pytest.mark.parametrize("part", ["dev", "held_out"])
    @pytest.mark.parametrize("verdict", ["met", "not_met"])
    def test_precision_and_recall(self, part: str, verdict: str) -> None:
        rows = [row for row in pairs() if row["part"] == part]
        verdicts: list[tuple[str, str]] = [
            (row["verdict"], check.verdict if (check := asked(row)) else "none") for row in rows
        ]
        given_verdict = [expected for expected, got in verdicts if got == verdict]
        expected_verdict = [got for expected, got in verdicts if expected == verdict]
        assert given_verdict.count(verdict) / len(given_verdict) >= 0.95
        assert expected_verdict.count(verdict) / len(expected_verdict) >= 0.95

    def test_spans_are_exact(self) -> None:
        for row in pairs():
            for check in compare([("a", row["need_text"])], [("b", row["capability_text"])]):
                span = check.requirement
                assert row["need_text"][span.start : span.end] == span.text
                if check.stated:
                    span = check.stated
                    assert row["capability_text"][span.start : span.end] == span.text
                assert (check.stated is None) == (check.stated_value == "")


class TestExtract:
    @pytest.mark.parametrize(
        ("text", "value", "comparator", "display"),
        [
            ("温度≥200℃", "≥200℃", "ge", "≥ 200 °C"),
            ("线宽≤90 nm", "≤90 nm", "le", "≤ 90 nm"),
            ("强度 3.5GPa 以上", "3.5GPa 以上", "ge", "≥ 3.5 GPa"),
            ("使用温度-40~85℃", "-40~85℃", "range", "-40–85 °C"),
            ("使用温度：-40℃至85℃", "-40℃至85℃", "range", "-40–85 °C"),
            ("temperature -40 to 85 °C", "-40 to 85 °C", "range", "-40–85 °C"),
            ("误差±0.5%", "±0.5%", "pm", "±0.5%"),
            ("accuracy of +/-1%", "+/-1%", "pm", "±1%"),
            ("循环寿命不低于10万次", "不低于10万次", "ge", "≥ 10万次"),
            ("accuracy > 95%", "> 95%", "gt", "> 95%"),
            ("功耗不能超过５Ｗ", "不能超过５Ｗ", "le", "≤ 5 W"),
            ("线宽约10 nm 级", "约10 nm 级", "about", "≈ 10 nm"),
            ("响应时间小于0.3秒", "小于0.3秒", "lt", "< 0.3 s"),
            ("film thickness between 50 and 60 μm", "50 and 60 μm", "range", "50–60 μm"),
            ("频率 1 MHz~1 GHz", "1 MHz~1 GHz", "range", "1 MHz–1 GHz"),
            ("准确率达到百分之95", "达到百分之95", "ge", "≥ 95%"),
            ("误码率≤10的-6次方", "≤10的-6次方", "le", "≤ 10的-6次方"),
            ("能耗下降15%以上", "15%以上", "ge", "↓ ≥ 15%"),
        ],
    )
    def test_forms(self, text: str, value: str, comparator: str, display: str) -> None:
        found = only(text)
        assert (found.text, found.comparator, found.display) == (value, comparator, display)
        assert text[found.start : found.end] == found.text

    @pytest.mark.parametrize(
        ("text", "low", "high", "dimension"),
        [
            ("温度≥200℃", 473.15, None, "[temperature]"),
            ("耐温≤77K", None, 77.0, "[temperature]"),
            ("测温精度±0.1℃", -0.1, 0.1, "[temperature]"),
            ("循环寿命≥10万次", 1e5, None, ""),
            ("准确率≥95%", 0.95, None, "dimensionless"),
            ("杂质含量≤5 ppb", None, 5e-9, "dimensionless"),
            ("误码率≤1×10^-6", None, 1e-6, ""),
            ("传输速率≥1.5 Gbps", 1.5e9, None, "[data] / [time]"),
            ("产能≥10,000 吨/年", 1e7 / 31557600, None, "[mass] / [time]"),
            ("密度≤1.2g/cm3", None, 1200.0, "[mass] / [length] ** 3"),
            ("增益≥25dB", 25.0, None, "[dB]"),
            ("灵敏度≤-110 dBm", None, -110.0, "[dBm]"),
            ("分辨率≥500万像素", 5e6, None, "[image]"),
            ("主轴转速≥6000 r/min", 100.0, None, "1 / [time]"),
            ("能耗≤2度", None, 7.2e6, "[mass] * [length] ** 2 / [time] ** 2"),
            ("视场角≥60度", 60.0, None, "[angle]"),
        ],
    )
    def test_base_units(
        self, text: str, low: float | None, high: float | None, dimension: str
    ) -> None:
        found = only(text)
        assert found.low == (None if low is None else pytest.approx(low))
        assert found.high == (None if high is None else pytest.approx(high))
        assert found.dimension == dimension

    @pytest.mark.parametrize(
        "text",
        [
            "2025年完成样机",
            "2023-2025年",
            "2025-06-30前交付",
            "符合GB/T 22900-2009与ISO 9001:2015",
            "技术成熟度TRL≥6",
            "采用ZYNQ-7000与A225F",
            "电话021-5555 0100或13800000000",
            "专利ZL202010123456.7",
            "1. 材料 2. 器件 （3）系统",
            "见文献[12]和第3章、图5",
            "预算200万元",
            "6个月内交付",
            "比例为1:10",
            "发表论文3篇，专利5项",
            "IEEE 802.11ax, Table 3, Section 2.1",
            "3D printing in the 1990s",
            "",
            "温度高，成本低",
        ],
    )
    def test_what_is_no_indicator(self, text: str) -> None:
        assert extract(text) == ()

    @pytest.mark.parametrize(
        ("text", "role"),
        [
            ("25℃下导热系数≥5 W/(m·K)", "condition"),
            ("目前良率仅80%", "current"),
            ("现用底填胶在温循600次左右出现角部凸点开裂", "current"),
            ("实现用电量≤600 kWh", ""),
            ("国外产品良率98%", "other"),
            ("准确率未达到95%", "negated"),
            ("不需要≥99%的准确率", "unwanted"),
            ("可在200℃下长期使用", ""),
            ("随着芯片增大，温循600次左右就开裂", "current"),
            ("需要解决温循600次就开裂的问题", "current"),
            ("温循约600次出现角部凸点开裂", "current"),
            ("温循600次角部凸点开裂", "current"),
            ("温循600次角部凸点开裂，希望更久", "current"),
            ("需要解决温循600次角部凸点开裂的问题", "current"),
            ("在300℃以上涂层容易剥落", "current"),
            ("需要解决300℃以上涂层容易剥落的难题", "current"),
            ("温度高于300℃涂层极易剥落", "current"),
            ("使用寿命不到600次就失效", "current"),
            ("轴承转速超过3000 rpm便烧毁", "current"),
            ("使用寿命3个月就得更换", "current"),
            ("循环寿命只能达到600次", "current"),
            ("我们目前漏检率5%", "current"),
            ("我们的产品保质期只有6个月", "current"),
            ("回馈效率只有75%", "current"),
            ("回馈效率仅为75%左右", "current"),
            ("良率才80%", "current"),
            ("良率不足80%", "current"),
            ("漏检率仍有5%", "current"),
            ("漏检率高达5%", "current"),
            ("the yield is only about 75%", "current"),
            # What is small on purpose, a demand, and a condition.
            ("厚度仅0.3mm", ""),
            ("功耗仅5W", ""),
            ("容量保持率仍有80%以上", ""),
            ("要求保质期只有6个月", ""),
            ("精度仅需0.1mm", ""),
            ("效率不仅75%", ""),
            ("只有效率达到95%才能出厂", ""),
            ("供应每只5W功耗的器件", ""),
            ("The cycle life lasts only 600 cycles", "current"),
            ("the bumps crack after 600 thermal cycles", "current"),
            ("温循≥1000次不出现裂纹", ""),
            ("循环寿命≥1000次（出现裂纹为止）", ""),
            ("耐压3 kV不击穿", ""),
            # The same figures as a demand, as a test, and of what is looked for.
            ("温循1000次不开裂", ""),
            ("温循1000次角部凸点不开裂", ""),
            ("温循1000次无开裂", ""),
            ("温循1000次零开裂", ""),
            ("避免温循1000次开裂", ""),
            ("防止温循1000次凸点开裂", ""),
            ("300℃以上不剥落", ""),
            ("300℃以上涂层不易剥落", ""),
            ("300℃以上不容易剥落", ""),
            ("要求在120℃以上容易脱落", ""),
            ("硬度60 HRC耐磨损", ""),
            ("盐雾试验500小时涂层剥落等级≤1级", ""),
            ("检测出厚度0.1 mm分层", ""),
            ("检出长度0.1 mm裂纹", ""),
            ("允许厚度0.1 mm磨损", ""),
            ("断裂伸长率300%以上", ""),
            ("浓度超过50 ppm就报警", ""),
            ("The seal must not crack after 600 thermal cycles", ""),
            ("no cracks after a thermal cycling life of 1000 cycles", ""),
        ],
    )
    def test_roles(self, text: str, role: str) -> None:
        assert extract(text)[0].role == role

    @pytest.mark.parametrize(
        ("text", "code", "comparator"),
        [
            ("误差优于0.5%", "error", "le"),
            ("α1≤12 ppm/℃", "thermal_expansion", "le"),
            ("α2<40 ppm/K", "thermal_expansion", "lt"),
            ("精度优于0.1mm", "error", "le"),
            ("灵敏度优于 -110 dBm", "receiver_sensitivity", "le"),
            ("accuracy better than 95%", "accuracy", "ge"),
            ("精度优于98%", "accuracy", "ge"),
            ("准确率达到95%", "accuracy", "ge"),
            ("线宽达到28nm", "linewidth", "le"),
        ],
    )
    def test_which_way_is_better(self, text: str, code: str, comparator: str) -> None:
        found = only(text)
        assert (found.code, found.comparator) == (code, comparator)

    @pytest.mark.parametrize(
        ("text", "comparator", "display", "side"),
        [
            ("crosswind distances up to 800 m", "le", "800 m", "up"),
            ("frequency up to 6 GHz", "le", "6 GHz", "up"),
            ("cruise speed up to 200 km/h", "eq", "200 km/h", "up"),
            ("power consumption up to 5 W", "le", "≤ 5 W", "max"),
            ("weight reduction of 20% or better", "ge", "↓ ≥ 20%", ""),
        ],
    )
    def test_how_far_something_reaches(
        self, text: str, comparator: str, display: str, side: str
    ) -> None:
        found = only(text)
        assert (found.comparator, found.display, found.side) == (comparator, display, side)

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("中频炉功率≥250 kW", "中频炉功率≥250 kW"),
            ("民用航空发动机推力≥10 kN", "民用航空发动机推力≥10 kN"),
            (
                "高推重比中小型航空发动机热端部件寿数≥10万次",
                "高推重比中小型航空发动机热端部件寿数≥10万次",
            ),
        ],
    )
    def test_no_name_is_cut_inside_a_word(self, text: str, shown: str) -> None:
        found = only(text)
        assert text[found.shown_start : found.shown_end] == shown

    def test_names_taken_in_turn(self) -> None:
        first, second = extract("灵敏度和特异性分别不低于90%和95%")
        assert (first.code, first.comparator) == ("sensitivity_rate", "ge")
        assert (second.code, second.comparator) == ("specificity", "ge")
        assert second.low == pytest.approx(0.95)

    def test_name_carried_over(self) -> None:
        first, second = extract("工作温度≥200℃且≤300℃")
        assert first.code == second.code == "operating_temperature"

    @pytest.mark.parametrize(
        ("text", "code", "today", "wanted"),
        [
            ("漏检率5%，希望降到0.5%以下", "miss_rate", "5%", "≤ 0.5%"),
            ("目前漏检率5%，希望进一步降低至0.5%", "miss_rate", "5%", "≤ 0.5%"),
            ("漏检率5%左右，控制在0.5%以内", "miss_rate", "≈ 5%", "≤ 0.5%"),
            ("漏检率5%，希望用视觉检测把漏检率降到0.5%", "miss_rate", "5%", "≤ 0.5%"),
            ("漏检率从5%降到0.5%", "miss_rate", "5%", "≤ 0.5%"),
            ("保质期只有6个月，希望延长到12个月", "lifetime", "6个月", "≥ 12个月"),
            ("产品合格率只有92%，要求达到98%", "yield", "92%", "≥ 98%"),
            ("精度0.1mm，提高到0.05mm", "error", "0.1 mm", "≤ 0.05 mm"),
            ("需要将漏检率从5%降到0.5%", "miss_rate", "5%", "≤ 0.5%"),
            ("需检测的产品漏检率5%，希望降到0.5%", "miss_rate", "5%", "≤ 0.5%"),
            ("温度波动±8℃，希望降到±3℃", "temperature_difference", "±8 °C", "±3 °C"),
            ("成材率85%，想提高到92%以上", "", "85%", "≥ 92%"),
            ("工作温度200℃，需要提高到300℃", "operating_temperature", "200 °C", "≥ 300 °C"),
            ("scrap rate is 5%, should fall below 0.5%", "default_rate", "5%", "< 0.5%"),
            ("shelf life is only 6 months, to be extended to 12 months", "lifetime", "6 months",
             "≥ 12 months"),
        ],
    )  # fmt: skip
    def test_what_there_is_and_what_it_is_to_become(
        self, text: str, code: str, today: str, wanted: str
    ) -> None:
        first, second = extract(text)
        assert (first.code, first.display, first.role) == (code, today, "current")
        assert (second.code, second.display, second.role) == (code, wanted, "")
        assert second.quantity

    @pytest.mark.parametrize(
        "text",
        [
            "温度200℃，压力要求提高到10MPa",  # another quantity
            "合格率95%，返修率降到1%",
            "良率95%，希望降到80%以上的客户满意",  # the wrong way: of something not named
            "漏检率5%。希望降到0.5%以下",  # another sentence
            "工作温度200℃，控制在180℃以内",  # held, which is no change
            "厚度0.3mm，希望达到0.5mm",
            "要求效率90%，并逐步提高到95%",  # asked for, and then more
            "效率≥90%，最终提高到95%",
        ],
    )
    def test_two_values_of_which_neither_replaces_the_other(self, text: str) -> None:
        assert extract(text)[0].role == ""

    def test_a_turn_that_was_taken_is_the_state_of_today(self) -> None:
        assert [found.role for found in extract("漏检率从8%降到5%，希望降到0.5%")] == [
            "current", "current", "",
        ]  # fmt: skip
        assert extract("误检已由漏检率8%降到5%")[-1].role == "current"

    def test_picture_size_is_a_number_of_pixels(self) -> None:
        assert only("图像分辨率1920×1080").low == 1920 * 1080
        assert extract("外形尺寸 3×5×10 mm") == ()

    @given(st.text())
    def test_any_text(self, text: str) -> None:
        for found in extract(text):
            assert text[found.start : found.end] == found.text != ""

    @settings(max_examples=300)
    @given(
        st.lists(
            st.sampled_from(
                [
                    "温度",
                    "≥",
                    "-40",
                    "~",
                    "85",
                    "℃",
                    "200",
                    "±",
                    "0.5",
                    "%",
                    "，",
                    "10^",
                    "×10⁻⁶",
                    "万",
                    "次",
                    "from ",
                    " to ",
                    "between ",
                    "and ",
                    "nm",
                    "/",
                    "(",
                    ")",
                    "·",
                    "分别",
                    "１２",
                    "e9",
                    "1e999",
                    "accuracy ",
                    "的-6次方",
                    ".",
                    ",",
                    " ",
                    "未达到",
                    "下",
                    "以上",
                    "9" * 400,
                    "度",
                ]
            ),
            max_size=12,
        ).map("".join)
    )
    def test_any_pieces(self, text: str) -> None:
        for found in extract(text):
            assert text[found.start : found.end] == found.text
            assert text[found.shown_start : found.shown_end].strip() != ""
            assert found.low is None or found.high is None or found.low <= found.high
        compare([("a", text)], [("b", text)])


class TestCompare:
    def test_what_there_is_today_is_not_required(self) -> None:
        (check,) = compare(
            [("problem", "漏检率5%，希望降到0.5%以下")], [("summary", "漏检率3%")]
        )  # fmt: skip
        assert (check.verdict, check.required_value) == ("not_met", "≤ 0.5%")
        assert check.requirement.text == "漏检率5%，希望降到0.5%以下"
        (check,) = compare(
            [("problem", "保质期只有6个月，希望延长到12个月")], [("summary", "保质期8个月")]
        )
        assert (check.verdict, check.required_value) == ("not_met", "≥ 12个月")
        assert compare([("problem", "回馈效率只有75%")], [("summary", "效率80%")]) == ()

    def test_a_small_value_that_is_praised_is_offered(self) -> None:
        (check,) = compare([("indicators", "厚度≤0.5mm")], [("summary", "厚度仅0.3mm")])
        assert check.verdict == "met"
        (check,) = compare([("indicators", "效率≥70%")], [("summary", "效率仅75%")])
        assert check.verdict == "met"

    def test_on_records(self) -> None:
        need = Need(
            id="N1", title="耐高温传感器", indicators="工作温度≥200℃；误差≤0.5%；量程0~10MPa"
        )
        capability = Capability(
            id="C1", title="示例传感器", summary="可在 -40~250 ℃ 下长期使用", indicators="误差±1%"
        )
        met, missed, silent = compare(need.passages, capability.passages)
        assert (met.verdict, met.required_value, met.stated_value) == (
            "met", "≥ 200 °C", "-40–250 °C",
        )  # fmt: skip
        assert met.requirement.field == "indicators"
        assert met.stated is not None
        assert (met.stated.field, met.stated.text) == ("summary", "-40~250 ℃")
        assert (missed.verdict, missed.stated_value) == ("not_met", "±1%")
        assert (silent.verdict, silent.stated) == ("not_stated", None)

    def test_never_by_unit_alone(self) -> None:
        (check,) = compare([("a", "厚度≥5mm")], [("b", "5 mm、10 mm")])
        assert check.verdict == "not_stated"

    def test_best_named_statement_counts(self) -> None:
        stated = [("b", "检测准确率99%，人脸识别准确率90%")]
        (check,) = compare([("a", "人脸识别准确率≥95%")], stated)
        assert (check.verdict, check.stated_value) == ("not_met", "90%")

    def test_said_twice_is_asked_once(self) -> None:
        assert len(compare([("a", "功耗≤5W"), ("b", "要求功耗≤5W")], [])) == 1

    def test_a_described_figure_is_asked_for_only_in_a_list(self) -> None:
        text = "The line has a weight of 90 kg and a speed of 2 m/s"
        assert compare([("problem", text)], []) == ()
        assert len(compare([("indicators", text)], [])) == 2

    def test_at_what_figure_a_thing_breaks_today_is_not_asked_for(self) -> None:
        text = "随着芯片增大，温循600次左右就开裂，希望达到温循1000次以上不开裂"
        (check,) = compare([("problem", text)], [("summary", "温循800次")])
        assert (check.required_value, check.verdict) == ("≥ 1000次", "not_met")

    def test_one_end_left_open(self) -> None:
        (check,) = compare([("a", "强度≥200MPa")], [("b", "强度≤300MPa")])
        assert check.verdict == "not_stated"

    @pytest.mark.parametrize(
        ("need", "stated", "verdict"),
        [
            ("频率范围2-6 GHz", "频率≥1GHz", "not_stated"),
            ("工作温度-40~85℃", "工作温度≤105℃", "not_stated"),
            ("工作温度-40~85℃", "工作温度≤60℃", "not_met"),
            ("最低工作温度-40℃", "工作温度-55~125℃", "met"),
            ("电压12V", "电压24V", "not_met"),
            ("准确率>95%", "准确率95%", "not_met"),
            ("准确率>95%", "准确率>95%", "met"),
        ],
    )
    def test_limits(self, need: str, stated: str, verdict: str) -> None:
        (check,) = compare([("a", need)], [("b", stated)])
        assert check.verdict == verdict


class TestTables:
    def test_enough_quantities(self) -> None:
        assert len(quantities()) >= 80

    def test_rows_are_sound(self) -> None:
        table = quantities()
        for code, quantity in table.items():
            assert quantity.direction in ("higher", "lower", "range", "reach", "none"), code
            assert quantity.zh, code
            assert quantity.en, code
            assert not quantity.broader or table[quantity.broader].generic, code

    def test_a_table_that_is_missing_is_named(self) -> None:
        assert taxonomy.data_path("taxonomy", "quantities.csv").is_file()
        assert taxonomy.data_path("taxonomy", "units.csv").is_file()

    @pytest.mark.parametrize(
        ("written", "same"),
        [
            ("W/(m·K)", "W m-1 K-1"),
            ("W/m·K", "W/mK"),
            ("cm²/(V·s)", "cm2 V-1 s-1"),
            ("毫米", "mm"),
            ("兆帕", "MPa"),
            ("公斤", "kg"),
            ("帧/秒", "fps"),
            ("mPa·s", "cP"),
            ("千瓦时", "度电"),
            ("立方米/小时", "m³/h"),
            ("cN/dtex", "厘牛/分特"),
            ("meters per second", "m/s"),
        ],
    )
    def test_spellings_of_one_unit(self, written: str, same: str) -> None:
        first, second = parse_unit(written)[0], parse_unit(same)[0]
        assert first.dimension == second.dimension
        assert first.factor == pytest.approx(second.factor)

    def test_decibels_stand_apart(self) -> None:
        assert len({dimension_of(unit) for unit in ("dB", "dBm", "dBi", "W")}) == 4


def test_a_measuring_temperature_before_a_name_is_a_condition_not_a_requirement() -> None:
    need = [("indicators", "Tg≥150℃；25℃黏度≤30 Pa·s")]
    checks = compare(need, [("summary", "Tg 152℃；黏度18~22 Pa·s")])
    assert [(check.requirement.text, check.verdict) for check in checks] == [
        ("Tg≥150℃", "met"),
        ("黏度≤30 Pa·s", "met"),
    ]
