"""Forms of a text: one for matching, sentences for quoting, tokens for counting."""

from __future__ import annotations

from time import perf_counter

import pytest
from engine_fixtures import capability, need

from matcher.records import Need
from matcher.text.letters import is_courtesy, is_introduction
from matcher.text.normalise import language, match_form, simplify
from matcher.text.sentences import LONGEST, clauses, is_boilerplate, record_text, split
from matcher.text.tokens import stem, tokenise


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in split(text)]


def test_traditional_characters_become_simplified_one_for_one() -> None:
    assert simplify("高溫壓力傳感器 MEMS 開發") == "高温压力传感器 MEMS 开发"
    assert simplify("plain ASCII 3.5 GPa") == "plain ASCII 3.5 GPa"


def test_the_match_form_folds_width_case_and_script() -> None:
    assert match_form("ＳｉＣ　晶圓　１２英寸") == match_form("sic 晶圆 12英寸")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("耐高温压力传感器", "zh"),
        ("A pressure sensor for high temperatures", "en"),
        ("采用SiC MOSFET、GaN HEMT与DC/DC模块的车载充电机", "zh"),
        ("Pressure sensor (压力传感器) for engines", "en"),
        ("3.5 / 200 %", "zh"),
        ("GB/T 22900-2009", "en"),
        ("HIGH TEMPERATURE SENSOR", "en"),
        ("", "zh"),
    ],
)
def test_the_language_is_that_of_the_words_that_carry_the_text(text: str, expected: str) -> None:
    assert language(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("先清洗。再烘干！可以吗？", ["先清洗。", "再烘干！", "可以吗？"]),
        ("Wash first. Then dry! Can it?", ["Wash first.", "Then dry!", "Can it?"]),
        ("采用SiC MOSFET. 效率≥98%；重量≤3.5 kg", ["采用SiC MOSFET.", "效率≥98%；", "重量≤3.5 kg"]),
        ("他说：“不行。”然后走了。", ["他说：“不行。”", "然后走了。"]),
        ("See Fig. 3, e.g. by Dr. Li. Done.", ["See Fig. 3, e.g. by Dr. Li.", "Done."]),
        ("1. 清洗\n2. 烘干", ["1. 清洗", "2. 烘干"]),
        ("第一行\r\n\r\n  第二行  ", ["第一行", "第二行"]),
        ("版本v2.1.3可用", ["版本v2.1.3可用"]),
        ("等等……还有", ["等等……", "还有"]),
        ("。！？ \n ——", []),
        ("", []),
    ],
)  # fmt: skip
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


@pytest.mark.parametrize(
    "text", ["字" * 1000, "温度稳定，" * 120, "word " * 200, "字" * LONGEST + "   " + "末" * 30]
)
def test_a_long_sentence_is_cut_to_a_readable_length_and_nothing_is_lost(text: str) -> None:
    found = pieces(text)
    assert all(0 < len(piece) <= LONGEST for piece in found)
    assert all(piece == piece.strip() for piece in found)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")


def test_a_record_is_joined_line_by_line_and_cut_within_its_fields() -> None:
    record = need("漏油。常停机。", title="Seal 密封件", indicators="耐压≥35 MPa")
    text, sentences = record_text(record)
    assert text == "Seal 密封件\n漏油。常停机。\n耐压≥35 MPa"
    assert [s.field for s in sentences] == ["title", "problem", "problem", "indicators"]
    for sentence in sentences:
        assert getattr(record, sentence.field)[sentence.start : sentence.end] == sentence.text
        assert text[sentence.at : sentence.at + len(sentence.text)] == sentence.text


def test_a_field_that_is_only_blanks_has_no_sentence() -> None:
    _, sentences = record_text(capability("  \n ", title="成果"))
    assert [s.text for s in sentences] == ["成果"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("压力传感器", ["压力", "力传", "传感", "感器"]),
        ("胶", ["胶"]),
        ("壓力", ["压力"]),
        ("The sensors are used", ["sensor"]),
        ("SiC晶圆", ["sic", "晶圆"]),
        ("执行 GB/T 22900-2009", ["执行", "gb/t22900-2009"]),
        ("TRL6", ["trl6"]),
        ("Ti-6Al-4V 粉末", ["ti-6al-4v", "粉末"]),
        ("C++ 软件", ["c++", "软件"]),
        ("", []),
        ("。！ — 😀", []),
    ],
)
def test_tokens_are_character_pairs_stems_and_whole_codes(text: str, expected: list[str]) -> None:
    found = tokenise(text)
    assert [token for token in found if token in expected] == expected
    if "-" not in text:
        assert found == expected


def test_words_inside_a_code_are_found_too() -> None:
    assert tokenise("flip-chip") == ["flip-chip", "flip", "chip"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("sensor", "sensors"), ("battery", "batteries"), ("glass", "glass")],
)
def test_singular_and_plural_meet(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "需要耐高温200℃以上的压力传感器芯片，用于井下测井仪器，要求年漂移小于0.1%",
            ["需要耐高温200℃以上的压力传感器芯片，", "用于井下测井仪器，", "要求年漂移小于0.1%"],
        ),
        ("体积小，功耗低，可供货", ["体积小，功耗低，可供货"]),
        ("A lamp of 10,000 h, cheap, and small", ["A lamp of 10,000 h, cheap, and small"]),
        (
            "We seek a paste for bare copper, which survives a thousand cycles, no hot press",
            ["We seek a paste for bare copper,", "which survives a thousand cycles, no hot press"],
        ),
        (
            "利用植物叶片性状（示例等，2007），揭示其适应环境的能力",
            ["利用植物叶片性状（示例等，2007），", "揭示其适应环境的能力"],
        ),
        ("", []),
    ],
)
def test_a_long_sentence_is_cut_into_clauses_that_say_something(
    text: str, parts: list[str]
) -> None:
    assert [text[start:end] for start, end in clauses(text, 0, len(text))] == parts


def test_only_needs_of_few_sentences_are_cut_into_clauses() -> None:
    long = "需要耐高温200℃以上的压力传感器芯片，用于井下测井仪器的长期监测。"
    for count, parts in ((1, 2), (2, 4), (3, 3)):
        text, sentences = record_text(
            Need(id="N", title="芯片，以及它的封装与测试", problem=long * count)
        )
        assert len(sentences) == parts + 1
        assert sentences[0].text == "芯片，以及它的封装与测试"
        for sentence in sentences:
            assert text[sentence.at : sentence.at + len(sentence.text)] == sentence.text
    assert len(record_text(capability(long))[1]) == 1


@pytest.mark.parametrize(
    ("text", "is_notice"),
    [
        ("Work under this topic is restricted by ITAR.", True),
        ("PROPOSALS ACCEPTED: Phase I and DP", True),
        ("PHASE II:", True),
        ("本公告的最终解释权归示例园区所有。", True),
        ("In phase II the prototype must reach 200 °C.", False),
        ("Export of the data in CSV is required.", False),
        ("与外地研究机构合作的平台。", False),
        ("尊敬的技术转移中心：", True),
        ("尊敬的技术转移中心：您好！", True),
        ("我们是示例临江区一家做热镀锌的小企业，一共120多人。", True),
        ("我公司是专业从事高压阀门的生产企业，成立于2005年，现有员工300余人。", True),
        ("详细情况可现场交流", True),
        ("期待与贵单位合作！", True),
        ("此致 敬礼", True),
        ("示例临江镀锌有限公司\u30002026年11月25日", True),
        ("关于热镀锌锌渣回收技术的函", True),
        ("技术需求书", True),
        ("Dear Sir or Madam,", True),
        ("We look forward to hearing from you.", True),
        ("尊敬的专家、老师：", True),
        ("各位专家、老师：大家好！", True),
        ("我是示例江北密封件有限公司技术部的张工，冒昧来信打扰。", True),
        ("我是示例江北密封件有限公司的张工，打扰了。", True),
        ("我公司主要生产机械密封和骨架油封，年产约六万套。", True),
        ("我公司主要生产机械密封、骨架油封和O形圈，年产约6万套。", True),
        # What is wanted, what is wrong, a figure, and what only looks like a courtesy.
        ("我们是一家热镀锌企业，锌渣太多。", False),
        ("我们是一家小企业，希望回收锌渣。", False),
        ("我公司主要生产阀门，泄漏率0.1%。", False),
        ("我厂一台锌锅的寿命很短", False),
        ("我们主要做锌锅的温度控制", False),
        ("主要加工铝合金支架", False),
        ("培训操作工120人", False),
        ("尊敬的专家我们需要热镀锌技术", False),
        ("尊敬的专家、我们需要热镀锌技术", False),
        ("各位专家能否解决涂层剥落", False),
        ("各位专家、密封件容易泄漏", False),
        ("我是示例江北密封件有限公司的张工，密封件总是泄漏。", False),
        ("我公司主要生产机械密封、密封面容易泄漏", False),
        ("我公司主要生产机械密封，年产约六万套，涂层剥落。", False),
        ("冒昧来信请教涂层剥落的问题", False),
        ("年产约六万套的涂层生产线", False),
        ("年产约六万套", False),
        ("期待与高校合作开发涂层", False),
        ("技术咨询", False),
        ("现场查看设备状态", False),
        ("替代示例精密轴承有限公司", False),
        ("热镀锌锌渣回收技术", False),
    ],
)
def test_notices_are_told_from_parts_of_the_need(text: str, is_notice: bool) -> None:
    assert is_boilerplate(text) is is_notice


@pytest.mark.parametrize(
    "piece",
    [
        "我们是",
        "尊敬的",
        "您",
        "关于的函",
        "详细",
        "可以",
        "现有员工",
        "，",
        "a",
        "各位",
        "来信",
        "主要生产",
        "年产",
        "、",
    ],
)
def test_no_text_keeps_the_reader_of_letters_long(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    start = perf_counter()
    for said in (text, f"我们是一家企业，{text}", f"详细情况可{text}"):
        is_courtesy(said)
        is_introduction(said)
    assert perf_counter() - start < 0.5
