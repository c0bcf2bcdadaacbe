"""BM25: known scores by construction, and a scale that does not depend on length."""

from __future__ import annotations

import math

import numpy as np
import pytest

from matcher.index.lexical import K1, B, LexicalIndex


def bm25_term(count: int, length: int, mean_length: float, holders: int, texts: int) -> float:
    idf = math.log(1 + (texts - holders + 0.5) / (holders + 0.5))
    return idf * count / (count + K1 * (1 - B + B * length / mean_length))


def test_scores_are_those_of_the_formula() -> None:
    # Tokens: 压力 力传 传感 感器 | 压力 力容 容器 | seal ring; 3 texts, 4 + 3 + 2 tokens.
    index = LexicalIndex(["压力传感器", "压力容器", "seal rings"])
    found = index.bm25("压力 seal")
    expected = [
        bm25_term(1, 4, 3, holders=2, texts=3),
        bm25_term(1, 3, 3, holders=2, texts=3),
        bm25_term(1, 2, 3, holders=1, texts=3),
    ]
    assert np.allclose(found, expected, atol=1e-5)


def test_a_word_that_is_asked_twice_counts_twice_in_plain_bm25() -> None:
    index = LexicalIndex(["压力传感器", "seal rings"])
    assert np.allclose(index.bm25("压力。压力"), 2 * index.bm25("压力"), atol=1e-6)


@pytest.mark.parametrize("text", ["高温压力传感器", "High-temperature sensor", "SiC 压力 sensor"])
def test_similarity_is_a_cosine(text: str) -> None:
    index = LexicalIndex([text, text * 20, "无关内容", "unrelated words", ""])
    found = index.similarity(text)
    assert found.dtype == np.float32
    assert ((found >= 0) & (found <= 1 + 1e-6)).all()
    assert found[0] > 0.9
    assert found[2:].tolist() == [0.0, 0.0, 0.0]


def test_traditional_full_width_and_case_meet() -> None:
    index = LexicalIndex(["高溫壓力傳感器 ＭＥＭＳ", "水泵"])
    assert index.similarity("高温压力传感器 mems")[0] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("texts", [[], [""], ["", " "], ["。"], ["the"], ["", "传感器"]])
@pytest.mark.parametrize("query", ["", "传感器", "the", "\ud800", "sensor"])
def test_empty_texts_and_queries_score_zero(texts: list[str], query: str) -> None:
    index = LexicalIndex(texts)
    assert len(index) == len(texts)
    for found in (index.bm25(query), index.similarity(query)):
        assert found.shape == (len(texts),)
        assert np.isfinite(found).all()
        shared = query == "传感器" and "传感器" in texts
        assert bool(found.any()) is shared


def test_identical_texts_get_identical_scores() -> None:
    index = LexicalIndex(["压力传感器"] * 5)
    assert len(set(index.bm25("压力").tolist())) == 1
    assert len(set(index.similarity("压力").tolist())) == 1


def test_word_order_of_the_query_does_not_matter() -> None:
    index = LexicalIndex(["压力传感器 seal", "bearing 轴承"])
    assert np.allclose(index.similarity("seal 压力"), index.similarity("压力 seal"), atol=1e-6)
