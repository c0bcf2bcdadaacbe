"""Evidence: which quotes are chosen, and what counts as answered."""

from __future__ import annotations

import numpy as np
import pytest

from matcher.rank.evidence import QUOTES, quote, sentence_score
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
    assert [(e.need.text, e.capability.text) for e in evidence] == [
        (ASKED[0].text, OFFERED[0].text),
        (ASKED[2].text, OFFERED[1].text),
    ]
    assert [e.similarity for e in evidence] == pytest.approx([0.9, 0.7])
    assert [c.part.text for c in coverage] == [s.text for s in ASKED]
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
    asked, offered = sentences(*"甲乙丙丁戊己"), sentences(*"子丑寅卯辰巳")
    asked, offered = (
        [Sentence(s.field, 0, 9, 0, s.text * 9) for s in side] for side in (asked, offered)
    )
    similar = np.diag(np.linspace(0.3, 0.9, 6)).astype(np.float32)
    evidence, coverage = quote(asked, offered, similar, answer=0.35)
    assert [e.similarity for e in evidence] == sorted(
        (e.similarity for e in evidence), reverse=True
    )
    assert (len(evidence), len(coverage)) == (QUOTES, 6)


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
