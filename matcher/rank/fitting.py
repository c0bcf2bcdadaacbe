"""Learn how much each part of the score counts, from who was preferred to whom.

A small monotone model: every part keeps its sign, its coefficient stays within half and double of
the shipped one, and strong Gaussian priors hold it there. Comparisons are made within a need only,
among candidates that somebody decided on: a comparison of two such candidates stays valid however
they came to be shown, while "not decided" mostly means "shown further down".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from matcher.rank.calibration import Calibration
from matcher.rank.hub import Pair
from matcher.rank.ranker import Hit, contributions
from matcher.rank.weights import PairWeights, Weights

Values = npt.NDArray[np.float64]
#: The parts whose coefficient is learned; the others stay as they are.
PARTS = ("bm25", "evidence", "crowding")
COLUMNS: tuple[tuple[Pair, str], ...] = tuple(
    (pair, part) for pair in ("within", "across") for part in PARTS
)
#: A coefficient stays within these multiples of the shipped one.
LEAST, MOST = 0.5, 2.0


@dataclass(frozen=True)
class _Units:
    """What depends on whether matches are ordered by log odds or by score.

    ``factor`` and ``step`` are the standard deviations of the priors: of a coefficient's factor
    around 1, of the language step around 0; ``furthest`` limits the step. They are weak enough to
    learn and so strong that in the simulation of docs/quality.md no set ever fell by 0.005, even
    with one decision in ten wrong. ``scale`` is how sure a difference makes a preference; its own
    prior is wide.
    """

    factor: float
    step: float
    furthest: float
    scale: float


_ODDS, _SCORE = _Units(0.1, 0.1, 1.5, 1.0), _Units(0.05, 0.02, 0.15, 12.0)
_SCALE_SPREAD, _SCALE_ROOM = 1.0, 2.0
_DIGITS = 6
_STEP = 1e-3

#: The decided candidates of one need, each with its level of relevance.
Group = Sequence[tuple[Hit, int]]


@dataclass(frozen=True)
class Learned:
    """What was learned; without any comparison ``pairs`` are the ones it started from."""

    pairs: Mapping[Pair, PairWeights]
    #: (pair of languages, part) → factor on the coefficient.
    factors: Mapping[tuple[Pair, str], float]
    #: What matches across languages gained against those within one: log odds if ``in_odds``,
    #: else score.
    language: float
    #: Preferred over less preferred candidates, and the needs they belong to.
    comparisons: int
    needs: int
    in_odds: bool


def design(hits: Sequence[Hit], weights: Weights, calibration: Calibration | None = None) -> Values:
    """Return what the parts gave to each hit, shape (n, 2 + len(COLUMNS)).

    The first column is what is not learned, the last is 1 for matches across languages. With a
    calibration everything is in log odds, straightened around the hit's score: that is the scale
    on which both languages are ordered.
    """
    rows = np.zeros((len(hits), 2 + len(COLUMNS)))
    for row, hit in zip(rows, hits, strict=True):
        shares = contributions(hit, weights.pairs[hit.pair])
        rate = 1.0 if calibration is None else _rate(hit, calibration)
        for part in PARTS:
            row[1 + COLUMNS.index((hit.pair, part))] = rate * shares[part]
        total = hit.score if calibration is None or hit.log_odds is None else hit.log_odds
        row[0] = total - row.sum()
        row[-1] = hit.pair == "across"
    return rows


def _rate(hit: Hit, calibration: Calibration) -> float:
    """Return by how much a small step of the score moves the log odds, a step."""
    low, high = (
        calibration.log_odds(hit.pair, hit.score + step, hit.level) for step in (-_STEP, _STEP)
    )
    return (high - low) / (2 * _STEP)


def scores(rows: Values, learned: Learned) -> Values:
    """Return what the rows of ``design`` come to with learned factors, shape (n,)."""
    factors = [learned.factors[column] for column in COLUMNS]
    found: Values = rows @ np.array([1.0, *factors, learned.language])
    return found


def fit(
    groups: Sequence[Group], weights: Weights, calibration: Calibration | None = None
) -> Learned:
    """Learn from the decided candidates of each need.

    ``weights`` and ``calibration`` are those that the hits were found with. Minimises the pairwise
    logistic loss, in which every preferred candidate counts once, plus the priors; deterministic.
    The mean score of the decided candidates stays what it was, so that thresholds on it keep
    their meaning.
    """
    units = _SCORE if calibration is None else _ODDS
    found: list[Values] = []
    shares: list[float] = []
    needs = 0
    for group in groups:
        rows = design([hit for hit, _ in group], weights, calibration)
        differences, parts = _comparisons(rows, [level for _, level in group])
        found += differences
        shares += parts
        needs += bool(parts)
    values = _minimum(np.array(found), np.array(shares), units) if needs else _START
    factors = dict(zip(COLUMNS, values[:-1].tolist(), strict=True))
    learned = Learned(
        weights.pairs, factors, float(values[-1]), len(shares), needs, units is _ODDS
    )  # fmt: skip
    if not needs:
        return learned
    every = design([hit for group in groups for hit, _ in group], weights)
    level = float((every[:, 1:-1] @ (1 - values[:-1])).mean())
    pairs = {pair: _applied(old, pair, learned, level) for pair, old in weights.pairs.items()}
    return replace(learned, pairs=pairs)


_START: Values = np.array([1.0] * len(COLUMNS) + [0.0])


def _applied(figures: PairWeights, pair: Pair, learned: Learned, level: float) -> PairWeights:
    step = learned.language if pair == "across" else 0.0
    if learned.in_odds:
        figures = replace(figures, odds=round(figures.odds + step, _DIGITS))
    else:
        level += step
    return replace(
        figures, shift=round(figures.shift + level, _DIGITS),
        bm25=round(figures.bm25 * learned.factors[pair, "bm25"], _DIGITS),
        evidence=round(figures.evidence * learned.factors[pair, "evidence"], _DIGITS),
        crowding=round(figures.crowding * learned.factors[pair, "crowding"], _DIGITS),
    )  # fmt: skip


def _comparisons(rows: Values, levels: Sequence[int]) -> tuple[list[Values], list[float]]:
    """Return preferred minus less preferred rows, and the share of each; one's shares add to 1."""
    found: list[Values] = []
    shares: list[float] = []
    for i, level in enumerate(levels):
        lower = [j for j, other in enumerate(levels) if other < level]
        found += [rows[i] - rows[j] for j in lower]
        shares += [1 / len(lower) for _ in lower]
    return found, shares


def _minimum(differences: Values, shares: Values, units: _Units) -> Values:
    from scipy.optimize import minimize

    spreads = np.array([units.factor] * len(COLUMNS) + [units.step])
    # The scale is free: otherwise every coefficient would grow just to make margins larger.
    start = np.append(_START, np.log(units.scale))

    def loss(values: Values) -> tuple[float, Values]:
        scale = np.exp(values[-1])
        sureness = scale * (differences[:, 0] + differences[:, 1:] @ values[:-1])
        away = (values[:-1] - _START) / spreads
        wide = (values[-1] - start[-1]) / _SCALE_SPREAD
        total = shares @ np.logaddexp(0, -sureness) + (away @ away + wide * wide) / 2
        slopes = -shares / (1 + np.exp(np.minimum(sureness, 500)))
        gradient = scale * (slopes @ differences[:, 1:]) + away / spreads
        return float(total), np.append(gradient, slopes @ sureness + wide / _SCALE_SPREAD)

    bounds = [
        *[(LEAST, MOST)] * len(COLUMNS),
        (-units.furthest, units.furthest),
        (start[-1] - _SCALE_ROOM, start[-1] + _SCALE_ROOM),
    ]
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds,
        options={"ftol": 1e-12, "gtol": 1e-8, "maxiter": 1000},
    )  # fmt: skip
    best: Values = np.round(found.x[:-1], _DIGITS)
    return best
