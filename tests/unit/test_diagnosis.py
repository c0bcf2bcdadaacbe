"""The check of a need before publishing: what is missing, vague, and what gives its owner away."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from matcher.diagnosis import diagnose, find_leaks, mark_up
from matcher.export.mask import mask_names
from matcher.export.names import names_of
from matcher.ingest import read_capabilities, read_needs
from matcher.leaks import LABELS
from matcher.records import Money, Need, Organisation

OWNER = Organisation(
    name="示例蓝鲸微系统（西安）有限公司",
    aliases=("BlueWhale MEMS", "蓝鲸微系统"),
    website="https://bluewhale.example",
    credit_code=None,
)
GOOD = Need(
    id="1",
    title="高温压力传感器芯片的耐热封装",
    problem="树脂封装在发动机台架上 250 ℃ 工作 200 小时后开裂，the resin cracks on site.",
    key_technology="低温玻璃浆料键合工艺",
    indicators="工作温度≥250℃；漂移≤0.5%FS；寿命≥2000小时",
    expected_outcome="寿命提高 5 倍，用于发动机试验台",
    budget=Money(low=500_000, high=800_000),
    cooperation_modes=("joint_development",),
    deadline=date(2027, 6, 30),
)


def test_a_complete_need_gets_no_findings() -> None:
    found = diagnose(GOOD)
    assert found.complete
    assert [part.code for part in found.elements] == [
        "material",
        "method",
        "effect",
        "product",
        "application",
    ]
    for part in found.elements:
        assert getattr(GOOD, part.field)[part.start : part.end] == part.quote
        assert part.label("zh") != part.label("en")


def test_a_bare_need_is_told_everything_in_both_languages() -> None:
    found = diagnose(Need(id="1", title="求合作"))
    assert not any(part.found for part in found.elements)
    assert {item.field for item in found.of("missing")} == {
        "indicators",
        "budget",
        "deadline",
        "cooperation_modes",
    }
    for item in (*found.findings, *found.elements):
        zh, en = (
            (item.message("zh"), item.message("en"))
            if hasattr(item, "message")
            else (item.advice("zh"), item.advice("en"))
        )
        assert zh.endswith("。")
        assert en.isascii() or "“" in en or "…" in en
    assert not found.complete


LETTER = """我公司需要高温密封涂层，要求：
1. 工作温度≥320℃；
2. 摩擦系数≤0.1。
预算60万到80万元，希望明年9月底之前能用上。技术转让、合作开发都可以。"""


def test_what_the_text_says_belongs_into_its_field_and_is_not_lacking() -> None:
    need = Need(id="1", title="高温密封涂层", problem=LETTER)
    found = diagnose(need, date(2026, 11, 26)).of("missing")
    assert {item.field: item.text for item in found} == {
        "indicators": "工作温度≥320℃",
        "budget": "预算60万到80万元",
        "deadline": "明年9月底之前能用上",
        "cooperation_modes": "技术转让、合作开发",
    }
    for item in found:
        assert item.text in LETTER
        assert "正文里" in item.zh
        assert item.en.startswith("The text ")
        assert "没有" not in item.zh


@pytest.mark.parametrize(
    ("field", "text", "quote"),
    [
        ("indicators", "温循600次左右就开裂", ""),
        ("indicators", "两年前买了3台设备", ""),
        ("indicators", "要求：良率≥95%", "良率≥95%"),
        ("budget", "预算200万元，二期预算300万元", "预算200万元"),
        ("budget", "预算 200 元/件，年产 1 万件", ""),
        ("budget", "现有生产线投资300万元", ""),
        ("deadline", "2027年6月前完成，截止2027年9月30日", "2027年6月前完成"),
        ("deadline", "截止2020年6月30日已投产", ""),
        ("cooperation_modes", "转让、许可均可", "转让、许可"),
        ("cooperation_modes", "合作方式：许可", "许可"),
        ("cooperation_modes", "合作方式为委托开发或许可", "委托开发"),
        ("cooperation_modes", "希望与高校联合攻关", "联合攻关"),
        ("cooperation_modes", "We look for joint development.", "joint development"),
        ("cooperation_modes", "用于故障检测、诊断，提供服务，数据共享，生产许可证", ""),
        ("cooperation_modes", "a service life of 5 years and finance data", ""),
    ],
)
def test_a_field_is_lacking_unless_the_text_says_it(field: str, text: str, quote: str) -> None:
    found = diagnose(Need(id="1", title="示例", problem=text), date(2026, 11, 26)).of("missing")
    (item,) = (item for item in found if item.field == field)
    assert item.text == quote
    assert ("没有" in item.zh) is not bool(quote)


def test_a_field_that_is_filled_is_not_asked_for() -> None:
    need = GOOD.model_copy(update={"problem": f"{GOOD.problem}{LETTER}"})
    assert diagnose(need).of("missing") == ()


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ("耐高温", "no_number"),
        ("good stability", "no_number"),
        ("表面颗粒数≤5", "no_unit"),
        ("roughness below 3", None),
        ("工作温度≥200℃", None),
        ("寿命不低于10万次", None),
        ("accuracy > 95%", None),
        ("符合 GB/T 2423 标准", None),
        ("线宽≤90 nm", None),
        ("-40~85℃", None),
        ("色差≤1.0", "no_unit"),
        ("压缩比≥10:1", None),
    ],
)
def test_indicators_without_number_or_unit(line: str, sign: str | None) -> None:
    need = Need(id="1", title="示例", indicators=f"工作温度≥200℃；{line}；误差±0.5%")
    found = list(diagnose(need).of("no_number", "no_unit"))
    assert [item.sign for item in found] == ([sign] if sign else [])
    for item in found:
        assert need.indicators[item.start : item.end] == line == item.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("需要高性能、低成本的涂层", ["高性能", "低成本"]),
        ("a fast and low-cost test", ["fast", "low-cost"]),
        ("高精度（±0.1%）定位", []),
        ("精度大幅提升30%", []),
        ("breakfast and steadfast", []),
        ("大幅提高良率等等", ["大幅提高", "等等"]),
        ("混合 high precision 与快速响应", ["high precision", "快速"]),
    ],
)
def test_vague_words_are_shown_where_no_number_follows(text: str, words: list[str]) -> None:
    found = diagnose(Need(id="1", title="示例", problem=text)).of("vague")
    assert sorted(item.text for item in found) == sorted(words)
    assert all(text[item.start : item.end] == item.text for item in found)


@pytest.mark.parametrize(
    ("text", "kind", "hit"),
    [
        ("我们蓝鲸微系统的产线", "owner", "蓝鲸微系统"),
        ("BLUEWHALE  MEMS 的芯片", "owner", "BLUEWHALE  MEMS"),
        ("向示例东方精仪有限公司采购", "company", "示例东方精仪有限公司"),
        ("from Example Optics GmbH today", "company", "Example Optics GmbH"),
        ("见 www.example.cn/a", "link", "www.example.cn/a"),
        ("发 li@example.com.cn", "e-mail", "li@example.com.cn"),
        ("电话 138 0013 8000", "telephone", "138 0013 8000"),
        ("电话 138\u200b00138000", "telephone", "138\u200b00138000"),
        ("热线400-820-8820", "telephone", "400-820-8820"),
        ("电话029-88223344", "telephone", "029-88223344"),
        ("请打 029 8822 3344", "telephone", "029 8822 3344"),
        ("call +49 89 1234-5678 first", "telephone", "+49 89 1234-5678"),
        ("phone (212) 555-0123", "telephone", "(212) 555-0123"),
        ("传真：8822 3344", "telephone", "8822 3344"),
        ("请联系王经理面谈", "person", "王经理"),
        ("可找 高老师 了解", "person", "高老师"),
        ("项目经理 李小明，", "person", "李小明"),
        ("联系人：周山，", "person", "周山"),
        ("请联系张伟。", "person", "张伟"),
        ("Contact: Example Zhang", "person", "Example Zhang"),
        ("ask Dr. Li Wei about it", "person", "Li Wei"),
        ("请联系老张。", "person", "老张"),
        ("张总（微信同号）对接", "person", "张总"),
        ("可与李工沟通细节", "person", "李工"),
        ("联系人：王厂长，", "person", "王厂长"),
        ("我厂位于宁波北仑，", "address", "宁波北仑"),
        ("我司在宁波北仑的产线", "address", "宁波北仑"),
        ("产线位于苏州工业园区内", "address", "苏州工业园区"),
        ("厂址：示例市示例镇。", "address", "示例市示例镇"),
        ("ＱＱ：１２３４５６７", "account", "ＱＱ：１２３４５６７"),
        ("在锦业路125号3号楼201室", "address", "锦业路125号3号楼201室"),
        ("at 12 Example Park Road", "address", "12 Example Park Road"),
        ("专利ZL202310123456.7", "patent", "ZL202310123456.7"),
        ("US 9876543 B2 已授权", "patent", "US 9876543 B2"),
        ("代码91610131MA6TXXXX1K", "credit_code", "91610131MA6TXXXX1K"),
    ],
)
def test_leaks_of_an_anonymous_need(text: str, kind: str, hit: str) -> None:
    need = Need(id="1", title="示例", problem=text, organisation=OWNER, confidentiality="anonymous")
    found = [(leak.kind, leak.text) for leak in find_leaks(need)]
    assert [item[0] for item in found] == [kind]
    assert hit in found[0][1]
    leak = find_leaks(need)[0]
    assert text[leak.start : leak.end] == leak.text
    assert find_leaks(need.model_copy(update={"confidentiality": "public"})) == ()


def test_a_firm_of_two_characters_is_known_by_its_name_and_not_by_them() -> None:
    owner = Organisation(name="示例市蓝鲸科技有限公司")
    for text, hits in (("蓝鲸公司的产线", ["蓝鲸公司"]), ("模仿蓝鲸的外形", [])):
        need = Need(id="1", problem=text, organisation=owner, confidentiality="anonymous",
                    kind="technology")  # fmt: skip
        assert [leak.text for leak in find_leaks(need)] == hits


@pytest.mark.parametrize(
    "name", ["绍兴示科电子有限公司", "宁川示科电子股份有限公司", "昆山示科新材料科技有限公司"]
)
def test_a_name_behind_any_place_is_a_leak(name: str) -> None:
    text = "需求方示科需要覆铜板，示科公司愿意合作，我司（以下简称“示科”）在本地。展示科目不算。"
    spoken = name.removesuffix("股份有限公司").removesuffix("有限公司")[2:]
    need = Need(
        id="1", title="覆铜板", problem=f"{text}{spoken}", confidentiality="anonymous",
        organisation=Organisation(name=name),
    )  # fmt: skip
    found = [leak.text for leak in find_leaks(need)]
    assert found == ["需求方示科", "示科公司", "简称“示科", spoken]


def hits_of(name: str, text: str) -> list[str]:
    """Return what is found in an anonymous need of an owner with this name."""
    owner = Organisation(name=name)
    need = Need(id="1", problem=text, organisation=owner, confidentiality="anonymous")
    return [leak.text for leak in find_leaks(need)]


@pytest.mark.parametrize(
    ("name", "text", "hits"),
    [
        ("示例江北密封件有限公司", "我公司（江北密封）在甲区加工", ["我公司（江北密封）"]),
        ("示例江北密封件有限公司", "江北密封件，示例江北密封", ["江北密封件", "示例江北密封"]),
        ("上海江北密封件有限公司", "江北密封、上海江北密封", ["江北密封", "上海江北密封"]),
        ("上海江北密封件有限公司", "由江北密封公司试用", ["江北密封公司"]),
        ("上海江北密封件有限公司", "上海江北公司的产线", ["上海江北公司"]),
        ("上海江北密封件有限公司", "我司（江北）与我厂“江北”", ["我司（江北）", "我厂“江北”"]),
        ("苏州恒远液压件有限公司", "恒远液压、恒远公司", ["恒远液压", "恒远公司"]),
        ("无锡华信紧固件制造有限公司", "华信紧固、华信公司", ["华信紧固", "华信公司"]),
        ("甲区恒力泵阀有限公司", "我公司（恒力）的泵阀", ["我公司（恒力）"]),
        ("甲区恒力泵阀有限公司", "本公司(「恒力」)的泵阀", ["本公司(「恒力」"]),
        ("甲区恒力泵阀有限公司", "以下简称“恒力”，恒力公司", ["简称“恒力", "恒力公司"]),
        ("示例恒力电子科技有限公司", "恒力公司，简称为恒力", ["恒力公司", "简称为恒力"]),
    ],
)
def test_a_firm_is_found_by_what_it_is_called_for_short(
    name: str, text: str, hits: list[str]
) -> None:
    assert hits_of(name, text) == hits


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("示例江北密封件有限公司", "密封件在江北区试用，江北的气候潮湿，密封公司普遍如此"),
        ("上海江北密封件有限公司", "上海公司、上海的密封件、密封、我公司（上海）"),
        ("苏州恒远液压件有限公司", "液压件与液压系统，黄山轴承，液压公司，我司（液压）"),
        ("无锡华信紧固件制造有限公司", "紧固件、无锡紧固件、紧固"),
        ("甲区恒力泵阀有限公司", "恒力弹簧与恒力矩控制，我公司恒力弹簧支吊架，泵阀公司（恒力）"),
        ("上海密封件有限公司", "密封件老化，密封公司，我公司（密封件）"),
        ("上海液压密封件有限公司", "液压密封件、液压密封、液压公司，简称液压"),
        ("无锡高强紧固件有限公司", "高强紧固、高强公司，我公司（高强）"),
        ("上海第一机床有限公司", "第一公司、第一机的说法"),
        ("示例泵阀集团有限公司", "泵阀公司，我公司（泵阀），简称泵阀"),
        ("示例市第一人民医院", "第一人民、第一公司"),
        ("示例语言智能研究所", "语言智能研究、语言公司"),
    ],
)
def test_trade_and_place_alone_are_no_short_name(name: str, text: str) -> None:
    assert hits_of(name, text) == []


def test_no_sample_record_names_its_owner_for_short() -> None:
    sample = Path(__file__).parents[2] / "data" / "sample"
    records = (
        *read_needs(sample / "needs.csv").records,
        *read_capabilities(sample / "capabilities.csv").records,
    )
    assert len(records) > 300
    for record in records:
        names = names_of(record)
        for _field, text in (*record.passages, ("keywords", "、".join(record.keywords))):
            assert mask_names(text, names) == text, record.id


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("黄山轴承有限公司", "我公司轴承寿命短，轴承厂普遍如此"),
        ("朝阳电源科技有限公司", "电源公司普遍采用这种拓扑，我司电源效率低"),
        ("中航锂电科技有限公司", "锂电公司的极片涂布"),
        ("示例明星丙电子有限公司", "丙电子云密度"),
    ],
)
def test_what_a_firm_makes_is_no_leak(name: str, text: str) -> None:
    need = Need(
        id="1", title="求合作", problem=text, confidentiality="anonymous",
        organisation=Organisation(name=name),
    )  # fmt: skip
    assert find_leaks(need) == ()


@pytest.mark.parametrize(
    "text",
    [
        "我公司和某集团的两家公司都在找",
        "200 ℃ 下 10000 小时，400 V、800 MHz",
        "型号 12345678 的轴承 400 个",
        "满足 GB/T 19001-2016 与 ISO 9001:2015",
        "上市公司常用的方案，国外公司垄断",
        "a company in the group needs it",
        "3 条线路 5 号机组，道路 12 号标线",
        "2026-01-01 到 2027-12-31，SiO2 纯度 99.999%",
        "技术经理人、项目经理和高校教授联系紧密，联系方式灵活，任何老师都可以参加",
        "国内许多博士在研究，可联系周边高校；由总经理牵头，产品经理配合",
        "contact angle below 5°, contact: dry; +5 000 000 cycles, 100-200-300 mm",
        "老张力辊要更换，张总量大，请联系李工艺组以外的团队；高工和总工都可参加",
        "北仑港式起重机，苏州码子，宁波港用岸桥；青岛啤酒式发酵罐",
        "传感器位于腔体底部，加热器位于工业园区的管廊；公司位于沿海地区，工厂地处高原",
        "公司在研发过程中，我司在测试时，我厂在国内外寻找合作；总部设在海外的同行",
        "循环 +1 500 000 次，编号 400-1，张力控制、黄金、王水、李氏体",
    ],
)
def test_technical_text_is_no_leak(text: str) -> None:
    need = Need(id="1", title="示例", problem=text, organisation=OWNER, confidentiality="anonymous")
    assert [leak.text for leak in find_leaks(need)] == []


def test_lists_are_looked_at_and_every_kind_has_labels() -> None:
    need = Need(
        id="1",
        title="示例",
        keywords=("轴承", "蓝鲸微系统"),
        regions=("锦业路125号",),
        organisation=OWNER,
        confidentiality="anonymous",
    )
    assert {leak.field for leak in find_leaks(need)} == {"keywords", "regions"}
    assert all(zh and en and zh != en for zh, en in LABELS.values())


def test_marks_give_the_text_back() -> None:
    text = "高性能 400-820-8820 传感器"
    pieces = mark_up(text, [(4, 16, "leak"), (0, 6, "vague"), (-3, 99, "number")])
    assert "".join(piece for piece, _ in pieces) == text
    assert pieces == [("高性能 ", "vague"), ("400-820-8820", "leak"), (" 传感器", "number")]
    assert mark_up("", []) == []


@pytest.mark.parametrize("text", ["省市区县" * 4000, "A" * 16000, "路1" * 8000, "公司和" * 5000])
def test_odd_texts_do_not_run_away(text: str) -> None:
    # A pattern that tries all ways to split such a text would not come back for hours.
    diagnose(Need(id="1", title="示例", problem=text, confidentiality="anonymous"))
