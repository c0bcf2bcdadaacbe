"""Whatever was decided: learning is monotone, bounded, and does not depend on the order."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.rank.calibration import Calibration, Curve, Level
from matcher.rank.fitting import COLUMNS, LEAST, MOST, Group, design, fit, scores
from matcher.rank.hub import Pair
from matcher.rank.ranker import Hit
from matcher.rank.weights import PairWeights, Weights

WITHIN = PairWeights(0.2, 2.5, 0.0, 0.5, 0.0, 0.3)
ACROSS = PairWeights(0.05, 1.2, 0.5, 0.2, -0.05, 0.2)
WEIGHTS = Weights("示例", {"within": WITHIN, "across": ACROSS}, 0.25)
CURVES: dict[Pair, Curve] = {"within": Curve(-8, 3.5), "across": Curve(-12, 5.5)}
CALIBRATION = Calibration("示例", CURVES, 0.2, 0.05)
LEVEL = Level(0.0, 0.1, 1000)


def hit(row: int, pair: Pair, dense: float, bm25: float, evidence: float, crowding: float) -> Hit:
    figures = WEIGHTS.pairs[pair]
    score = (
        dense + figures.bm25 * bm25 + figures.evidence * evidence - figures.crowding * crowding
        + figures.shift
    )  # fmt: skip
    return Hit(
        row=row, pair=pair, score=score, dense=dense, dense_rank=1, bm25=bm25, bm25_rank=1,
        evidence=evidence, crowding=crowding, level=LEVEL,
        log_odds=CALIBRATION.log_odds(pair, score, LEVEL),
    )  # fmt: skip


PAIRS: st.SearchStrategy[Pair] = st.sampled_from(("within", "across"))
PARTS = st.floats(0, 0.6)
HITS = st.builds(hit, st.integers(0, 99), PAIRS, st.floats(-0.25, 1), PARTS, PARTS, PARTS)
GROUPS = st.lists(st.lists(st.tuples(HITS, st.integers(0, 3)), max_size=5), max_size=4)
KINDS = st.sampled_from((None, CALIBRATION))


def loss(groups: Sequence[Group], calibration: Calibration | None, factors: object) -> float:
    """Return the least pairwise logistic loss over all scales."""
    margins, shares = [0.0], [0.0]
    for group in groups:
        rows = design([found for found, _ in group], WEIGHTS, calibration)
        values = scores(rows, factors)  # type: ignore[arg-type]
        for i, (_, level) in enumerate(group):
            lower = [j for j, (_, other) in enumerate(group) if other < level]
            margins += [values[i] - values[j] for j in lower]
            shares += [1 / len(lower) for _ in lower]
    scale = np.exp(np.linspace(-3, 6, 200))[:, None]
    return float((np.array(shares) * np.logaddexp(0, -scale * np.array(margins))).sum(axis=1).min())


@settings(max_examples=25, deadline=None)
@given(GROUPS, KINDS)
def test_coefficients_keep_their_sign_and_their_bounds(
    groups: list[Group], calibration: Calibration | None
) -> None:
    learned = fit(groups, WEIGHTS, calibration)
    assert all(LEAST <= learned.factors[column] <= MOST for column in COLUMNS)
    for pair, old in WEIGHTS.pairs.items():
        new = learned.pairs[pair]
        assert (new.flatten, new.answer) == (old.flatten, old.answer)
        for part in ("bm25", "evidence", "crowding"):
            assert LEAST * getattr(old, part) <= getattr(new, part) <= MOST * getattr(old, part)
    if not learned.comparisons:
        assert learned.pairs == WEIGHTS.pairs
        assert learned.language == 0


@settings(max_examples=25, deadline=None)
@given(HITS, HITS, KINDS)
def test_the_accepted_one_never_loses_ground_to_the_declined_one(
    accepted: Hit, declined: Hit, calibration: Calibration | None
) -> None:
    learned = fit([[(accepted, 2), (declined, 0)]], WEIGHTS, calibration)
    start = fit([], WEIGHTS, calibration)
    rows = design([accepted, declined], WEIGHTS, calibration)
    before, after = scores(rows, start), scores(rows, learned)
    assert after[0] - after[1] >= before[0] - before[1] - 1e-5


@settings(max_examples=15, deadline=None)
@given(GROUPS, KINDS)
def test_the_decisions_are_never_explained_worse_than_before(
    groups: list[Group], calibration: Calibration | None
) -> None:
    start, learned = fit([], WEIGHTS, calibration), fit(groups, WEIGHTS, calibration)
    assert loss(groups, calibration, learned) <= loss(groups, calibration, start) + 0.02


@settings(max_examples=15, deadline=None)
@given(GROUPS, KINDS, st.randoms(use_true_random=False))
def test_the_order_of_needs_and_candidates_does_not_matter(
    groups: list[Group], calibration: Calibration | None, chance: random.Random
) -> None:
    mixed = [chance.sample(list(group), len(group)) for group in groups]
    chance.shuffle(mixed)
    one, other = fit(groups, WEIGHTS, calibration), fit(mixed, WEIGHTS, calibration)
    assert np.allclose([*one.factors.values(), one.language],
                       [*other.factors.values(), other.language], atol=1e-4)  # fmt: skip
