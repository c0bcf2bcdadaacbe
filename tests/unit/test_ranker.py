"""The order of candidates, on vectors whose right answer is known by construction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from engine_fixtures import LetterEncoder, capability, need

from matcher.index.base import Ids
from matcher.index.collection import EncodedRecords, encode_records
from matcher.rank.ranker import CANDIDATES, Hit, Ranker, contributions
from matcher.rank.weights import PairWeights, Weights, shipped_weights
from matcher.records import Offer

PLAIN = PairWeights(flatten=0.0, bm25=1.0, evidence=0.0, crowding=0.0, shift=0.0, answer=0.35)
FULL = PairWeights(flatten=0.25, bm25=1.5, evidence=0.5, crowding=0.2, shift=-0.2, answer=0.35)


def weights(figures: PairWeights) -> Weights:
    return Weights("example", {"within": figures, "across": figures}, 0.25)


def encoded(records: Sequence[Offer]) -> EncodedRecords:
    role = "need" if records and records[0].record == "need" else "capability"
    return encode_records(role, records, LetterEncoder())


def rank(
    targets: EncodedRecords, asked: EncodedRecords, figures: PairWeights = PLAIN,
    masks: Sequence[Ids] | None = None, number: int = 0, **options: int,
) -> list[Hit]:  # fmt: skip
    ranker = Ranker(targets, None, None, weights(figures))
    every = np.arange(len(targets.records))
    return ranker.rank(asked, number, [every] if masks is None else masks, **options)


TEXTS = [
    "液压密封圈漏油",
    "高温压力传感器芯片",
    "Seal rings for hydraulic pumps",
    "葡萄酒酿造",
    "高温压力传感器",
]
TARGETS = encoded([capability(text, f"C{i}") for i, text in enumerate(TEXTS)])
ASKED = encoded([need("高温压力传感器芯片"), need("Hydraulic seal rings", "N2")])


@pytest.mark.parametrize("figures", [PLAIN, FULL])
def test_the_record_that_says_the_same_comes_first(figures: PairWeights) -> None:
    hits = rank(TARGETS, ASKED, figures)
    assert next(hit.row for hit in hits) == 1
    assert rank(TARGETS, ASKED, figures, number=1)[0].row == 2
    assert sorted(hit.row for hit in hits) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("figures", [PLAIN, FULL, shipped_weights().pairs["across"]])
def test_scores_fall_and_are_the_sum_of_their_parts(figures: PairWeights) -> None:
    hits = rank(TARGETS, ASKED, figures)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        assert sum(contributions(hit, figures).values()) == pytest.approx(hit.score, abs=1e-5)
        assert hit.pair == ("across" if hit.row == 2 else "within")


def test_ranks_count_from_one_within_a_language() -> None:
    hits = rank(TARGETS, ASKED)
    chinese = [hit for hit in hits if hit.pair == "within"]
    assert sorted(hit.dense_rank or 0 for hit in chinese) == [1, 2, 3, 4]
    assert {hit.row: hit.bm25_rank for hit in hits} == {0: None, 1: 1, 2: None, 3: None, 4: 2}


def test_only_masked_rows_are_candidates() -> None:
    hits = rank(TARGETS, ASKED, masks=[np.array([0, 3])])
    assert sorted(hit.row for hit in hits) == [0, 3]
    assert rank(TARGETS, ASKED, masks=[np.array([], np.int64)]) == []
    assert rank(TARGETS, ASKED, masks=[]) == []


def test_a_rare_kind_is_not_crowded_out_by_a_common_one() -> None:
    common = [capability("高温压力传感器芯片", f"C{i}") for i in range(CANDIDATES + 20)]
    targets = encoded([*common, capability("葡萄酒酿造", "rare")])
    rare = len(common)
    every = np.arange(len(targets.records))
    assert rare not in {hit.row for hit in rank(targets, ASKED)}
    hits = rank(targets, ASKED, masks=[every, np.array([rare])])
    assert rare in {hit.row for hit in hits}
    # The rank is that of the first, widest search which found it.
    assert {hit.dense_rank for hit in hits if hit.row == rare} == {1}
    assert hits[0].dense_rank == 1


def test_what_says_the_same_comes_in_the_order_of_the_list() -> None:
    twins = encoded([capability("高温压力传感器", f"C{9 - i}") for i in range(9)])
    for figures in (PLAIN, FULL):
        assert [hit.row for hit in rank(twins, ASKED, figures)] == list(range(9))
        assert len({round(hit.score, 5) for hit in rank(twins, ASKED, figures)}) == 1


def test_a_record_filed_twice_stands_out_as_far_as_before() -> None:
    others = [f"{kind}的{what}" for kind in "酒茶米盐油糖" for what in ("酿造", "包装", "运输")]
    texts = ["高温压力传感器芯片", *others]

    def lead(listed: list[str]) -> list[float]:
        targets = encoded([capability(text, f"C{i}") for i, text in enumerate(listed)])
        best = [hit for hit in rank(targets, ASKED) if targets.texts[hit.row] == texts[0]]
        return [(hit.score - hit.level.mean) / hit.level.spread for hit in best]

    (alone,) = lead(texts)
    one, other = lead([*texts, texts[0]])
    assert one == other == pytest.approx(alone, rel=0.03)


def test_the_order_of_the_list_does_not_change_the_ranking() -> None:
    records = [capability(text, f"C{i}") for i, text in enumerate(TEXTS)]
    expected = [records[hit.row].id for hit in rank(TARGETS, ASKED, FULL)]
    turned = records[::-1]
    found = [turned[hit.row].id for hit in rank(encoded(turned), ASKED, FULL)]
    assert found == expected


def test_a_narrow_search_gives_few_candidates() -> None:
    hits = rank(TARGETS, ASKED, top=1)
    assert [hit.row for hit in hits] == [1, 2]


def test_a_lone_target_scores_as_itself_and_not_as_nothing() -> None:
    alone = encoded([capability("高温压力传感器芯片")])
    (hit,) = rank(alone, ASKED, FULL)
    assert hit.dense > 0.5
    assert hit.crowding == 0


def test_records_without_a_sentence_are_ranked_too() -> None:
    bare = encoded([capability("！！！", "C1"), capability("高温压力传感器", "C2")])
    assert [len(vectors) for vectors in bare.sentence_vectors] == [0, 1]
    assert [hit.row for hit in rank(bare, ASKED, FULL)] == [1, 0]
    asked = encoded([need("？？？")])
    assert {hit.evidence for hit in rank(TARGETS, asked, FULL)} == {0.0}


def test_sentences_that_answer_raise_the_score() -> None:
    without = replace(FULL, evidence=0.0)
    higher = {hit.row: hit.score for hit in rank(TARGETS, ASKED, FULL)}
    lower = {hit.row: hit.score for hit in rank(TARGETS, ASKED, without)}
    assert higher[1] > lower[1] + 0.2
    assert all(higher[row] >= lower[row] - 1e-6 for row in lower)


def test_queries_that_are_known_beforehand_sharpen_the_mean() -> None:
    ranker = Ranker(TARGETS, ASKED, None, weights(FULL))
    hits = [ranker.rank(ASKED, number, [np.arange(5)])[0].row for number in range(2)]
    assert hits == [1, 2]


def test_the_shipped_weights_are_named_after_their_content() -> None:
    shipped = shipped_weights()
    assert set(shipped.pairs) == {"within", "across"}
    assert len(shipped.version.rsplit("-", 1)[1]) == 8
    assert all(0 <= figures.flatten < 1 for figures in shipped.pairs.values())
    assert all(figures.crowding >= 0 for figures in shipped.pairs.values())
