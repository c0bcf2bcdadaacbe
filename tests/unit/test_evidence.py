"""Evidence: which quotes are chosen, and what counts as answered."""

from __future__ import annotations

import numpy as np
import pytest

from matcher.rank.evidence import QUOTES, losses, quote, sentence_score
from matcher.text.sentences import Sentence


def sentences(*texts: str, field: str = "summary") -> list[Sentence]:
    return [Sentence(field, 0, len(text), 0, text) for text in texts]


ASKED = sentences(
    "高温下压力漂移过大。", "Drift below 0.1 % per year.", "寿命不低于十万次。", field="problem"
)
OFFERED = sentences("压力漂移小于百分之零点一。", "Long life of the die.", "可批量供货一万只。")


def grid(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_each_part_of_the_need_gets_its_best_answer() -> None:
    similar = grid([0.9, 0.1, 0.0], [0.2, 0.3, 0.1], [0.1, 0.7, 0.2])
    evidence, coverage = quote(ASKED, OFFERED, similar, answer=0.5)
    assert [c.part.text for c in coverage] == [s.text for s in ASKED]
    answers = [c.evidence.capability.text if c.evidence else "" for c in coverage]
    assert answers == [OFFERED[0].text, "", OFFERED[1].text]
    # The match rests on the first answer, which also says the need's words.
    assert [(e.need.text, e.capability.text) for e in evidence] == [
        (ASKED[0].text, OFFERED[0].text)
    ]
    assert evidence[0].similarity == pytest.approx(0.9)
    assert [c.evidence is not None for c in coverage] == [True, False, True]


def test_a_sentence_near_to_everything_answers_only_where_it_stands_out() -> None:
    similar = grid([0.9, 0.1, 0.0], [0.8, 0.3, 0.1], [0.7, 0.2, 0.2])
    evidence, coverage = quote(ASKED, OFFERED, similar, answer=0.5)
    assert [e.need.text for e in evidence] == [ASKED[0].text]
    assert [c.evidence is not None for c in coverage] == [True, False, False]


def test_shared_words_count_as_an_answer_where_nothing_stands_out() -> None:
    asked = sentences("漂移小于百分之零点一", "寿命不低于十万次", field="problem")
    similar = np.full((2, 3), 0.6, np.float32)
    evidence, coverage = quote(asked, OFFERED, similar, answer=0.5)
    assert [(e.need.text, e.capability.text) for e in evidence] == [
        (asked[0].text, OFFERED[0].text)
    ]
    assert [c.evidence is not None for c in coverage] == [True, False]


def test_there_are_never_more_than_a_few_quotes_best_first() -> None:
    asked, offered = sentences(*"甲乙丙丁戊己庚辛壬"), sentences(*"子丑寅卯辰巳午未申")
    asked, offered = (
        [Sentence(s.field, 0, 9, 0, s.text * 9) for s in side] for side in (asked, offered)
    )
    similar = np.diag([0.7, 0.8, 0.9, 0.75, *[0.4] * 5]).astype(np.float32)
    evidence, coverage = quote(asked, offered, similar, answer=0.35)
    assert [e.similarity for e in evidence] == sorted(
        (e.similarity for e in evidence), reverse=True
    )
    assert (len(evidence), len(coverage)) == (QUOTES, 9)


def test_headings_are_not_quoted_and_titles_give_way_to_sentences() -> None:
    asked = [
        *sentences("指标：", field="indicators"),
        *sentences("高温压力传感器芯片", field="title"),
        *ASKED,
    ]
    offered = [*sentences("高温压力传感器", field="title"), *OFFERED]
    similar = np.full((5, 4), 0.1, np.float32)
    similar[0] = 1
    similar[1, 0] = 0.95
    similar[[2, 3, 4], [1, 2, 3]] = [0.6, 0.5, 0.4]
    evidence, coverage = quote(asked, offered, similar, answer=0.5)
    assert (evidence[0].need.text, evidence[0].capability.text) == (ASKED[0].text, OFFERED[0].text)
    assert all(quoted.need.field == "problem" for quoted in evidence)
    assert (coverage[0].part.field, coverage[0].evidence is not None) == ("title", True)
    assert "指标：" not in [c.part.text for c in coverage]


def test_without_anything_to_quote_every_part_is_open() -> None:
    similar = np.ones((3, 0), np.float32)
    evidence, coverage = quote(ASKED, [], similar, answer=0.5)
    assert evidence == ()
    assert [(c.part.text, c.evidence) for c in coverage] == [(s.text, None) for s in ASKED]
    assert quote([], OFFERED, np.ones((0, 3), np.float32), 0.5) == ((), ())


def test_the_sentence_score_is_the_mean_of_the_best_answers() -> None:
    asked = np.eye(3, dtype=np.float32)[:2]
    offered = np.array([[1, 0, 0], [0, 0, 1]], np.float32)
    assert sentence_score(asked, offered) == pytest.approx(0.5)
    assert sentence_score(asked, asked) == pytest.approx(1.0)
    assert sentence_score(asked[:0], offered) == 0.0
    assert sentence_score(asked, offered[:0]) == 0.0


def test_a_sentence_without_which_the_match_would_not_fall_is_not_quoted() -> None:
    offered = sentences(
        "压力漂移小于百分之零点一，寿命十万次。",
        "高温下压力漂移小。",
        "可批量供货。",
        "已装机三百台。",
    )
    lost = losses(ASKED, offered, np.full((3, 4), 0.5, np.float32))
    assert lost[:2].min() > 0
    assert lost[2:].max() <= 0  # what shares nothing only dilutes
    similar = grid([0.6, 0.6, 0.5, 0.7], [0.6, 0.5, 0.4, 0.6], [0.6, 0.4, 0.4, 0.6])
    evidence, _ = quote(ASKED, offered, similar, answer=0.5)
    assert "已装机三百台。" not in [e.capability.text for e in evidence]


def test_what_a_sentence_repeats_is_not_lost_with_it() -> None:
    once = sentences("压力漂移小。", "可批量供货。", "三年质保期。")
    twice = sentences("压力漂移小。", "压力漂移小。", "三年质保期。")
    level = np.zeros((3, 3), np.float32)
    assert losses(ASKED, once, level)[0] > 2 * losses(ASKED, twice, level)[0]


def test_a_title_is_quoted_only_for_want_of_a_sentence() -> None:
    title = sentences("高温压力漂移小的芯片", field="title")
    similar = grid([0.9, 0.6, 0.1, 0.1], [0.3, 0.2, 0.2, 0.1], [0.2, 0.1, 0.1, 0.2])
    body = sentences("高温下压力漂移小。", "可批量供货一万只。", "三年质保期。")
    evidence, _ = quote(ASKED, [*title, *body], similar, answer=0.5)
    assert [e.capability.field for e in evidence] == ["summary"]
    evidence, _ = quote(ASKED, title, similar[:, :1], answer=0.5)
    assert [e.capability.field for e in evidence] == ["title"]


def test_two_parts_are_answered_where_one_stands_out_of_its_row() -> None:
    asked = sentences("用于井下测井仪器，", "要求年漂移小于百分之一", field="problem")
    similar = grid([0.6, 0.1, 0.1], [0.6, 0.1, 0.1])
    offered = sentences("Drift is low.", "Made in lots of 500.", "Ten years on the market.")
    _, coverage = quote(asked, offered, similar, answer=0.5)
    assert [c.evidence is not None for c in coverage] == [True, True]
    _, coverage = quote(asked, offered, np.full((2, 3), 0.6, np.float32), answer=0.5)
    assert [c.evidence is not None for c in coverage] == [False, False]


def test_a_legal_notice_is_no_part_of_the_need() -> None:
    asked = sentences(
        "Work on this topic is restricted under ITAR.", "PHASE I:",
        "The sensor must survive 200 °C downhole.", field="problem",
    )  # fmt: skip
    offered = sentences("The die works at 225 °C.", "Export controls apply to the sensor.")
    evidence, coverage = quote(asked, offered, np.full((3, 2), 0.9, np.float32), answer=0.3)
    assert [c.part.text for c in coverage] == [asked[2].text]
    assert all(e.need.text == asked[2].text for e in evidence)


def test_a_budget_or_a_deadline_is_no_part_of_the_need_and_no_reason() -> None:
    asked = sentences(
        "高温下压力漂移过大，预算50万元。", "预算50万元。", "要求2026年底前完成。",
        field="problem",
    )  # fmt: skip
    offered = sentences("高温下压力漂移小。", "已完成三家用户的验证。", "单价50万元。")
    similar = grid([0.6, 0.1, 0.1], [0.1, 0.1, 0.9], [0.1, 0.9, 0.1])
    evidence, coverage = quote(asked, offered, similar, answer=0.3)
    assert [c.part.text for c in coverage] == [asked[0].text]
    assert [e.need.text for e in evidence] == [asked[0].text]


@pytest.mark.parametrize(
    ("need", "capability", "kept"),
    [
        ("良品率≥95%；", "溶剂回收率≥95%。", False),
        ("Yield ≥ 95%;", "Solvent recovery ≥ 95%.", False),
        ("检测准确率≥95%；", "识别准确率96%。", True),  # a word
        ("热导率≥5 W/(m·K)；", "导热系数5.2 W/(m·K)。", True),  # the same quantity, otherwise named
        ("热导率≥5 W/(m·K)；", "thermal conductivity 5.2 W/(m·K)", True),  # no word can be shared
        ("O ≤ 150 ppm;", "热膨胀2.6 ppm/℃。", False),  # another kind of unit
        ("工作温度-40~85℃；", "-40~85℃；", True),  # no word to compare
    ],
)
def test_a_shared_number_and_unit_are_no_evidence(need: str, capability: str, kept: bool) -> None:
    asked = [*sentences(need, field="indicators"), *sentences("可用于车间。", field="problem")]
    offered = sentences(capability, "已装机三百台。", "三年质保期。")
    similar = grid([0.8, 0.1, 0.1], [0.1, 0.2, 0.1])
    evidence, coverage = quote(asked, offered, similar, answer=0.3)
    assert (need in [e.need.text for e in evidence]) == kept
    assert (coverage[0].evidence is not None) == kept
