"""How far probabilities can be believed: calibration error, and the right to say no.

Every need is ranked twice: as it is, and with its relevant records taken out of the collection,
when the right answer is that there is no good match.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from matcher.index.collection import EncodedRecords
from matcher.rank.calibration import Calibration, Curve, offset, stretched
from matcher.rank.hub import Pair
from matcher.rank.ranker import Hit, Ranker

Numbers = npt.NDArray[np.float64]

#: So many candidates of each need are looked at, as in a report.
LISTED = 10
#: A relevant record among so many first ones: this need should not be turned away.
_FOUND = 3
_BINS = 10


@dataclass(frozen=True)
class Answer:
    """The first candidates of one need, in the ranking's order, and which are relevant."""

    #: False: the relevant records were taken out beforehand.
    answerable: bool
    hits: tuple[Hit, ...]
    relevant: tuple[bool, ...]


def observe(
    ranker: Ranker, queries: EncodedRecords, gold: Mapping[int, Collection[int]],
    ranked: Mapping[int, Sequence[Hit]] | None = None,
) -> list[Answer]:  # fmt: skip
    """Rank every need with and without its relevant records.

    Parameters
    ----------
    ranker
        The targets and weights.
    queries
        The needs.
    gold
        Number of the need → rows of its relevant targets.
    ranked
        Number of the need → its hits among all targets, where they are known already.
    """
    every = np.arange(len(ranker.targets.records), dtype=np.int64)
    answers: list[Answer] = []
    for number, rows in sorted(gold.items()):
        hits = ranked[number] if ranked else ranker.rank(queries, number, [every])
        answers.append(_answer(True, hits, rows))
        rest = np.setdiff1d(every, np.array(sorted(rows), np.int64))
        if len(rest):
            answers.append(_answer(False, ranker.rank(queries, number, [rest]), ()))
    return answers


def _answer(answerable: bool, hits: Sequence[Hit], gold: Collection[int]) -> Answer:
    best = tuple(hits[:LISTED])
    return Answer(answerable, best, tuple(hit.row in gold for hit in best))


def calibration_error(probabilities: Numbers, relevant: Numbers, bins: int = _BINS) -> float:
    """Return the expected calibration error over bins of equal mass, in [0, 1].

    The mean over bins, weighted by their size, of |mean probability - share of relevant ones|
    (Naeini et al. 2015). Both arrays have shape (n,).
    """
    if not len(probabilities):
        return 0.0
    return sum(
        abs(low - high) * count
        for low, high, count in reliability(probabilities, relevant, bins)
    ) / len(probabilities)  # fmt: skip


def reliability(
    probabilities: Numbers, relevant: Numbers, bins: int = _BINS
) -> list[tuple[float, float, int]]:
    """Return, for each bin of equal mass, mean probability, share of relevant ones and count."""
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return [
        (float(probabilities[part].mean()), float(relevant[part].mean()), len(part))
        for part in parts
    ]


@dataclass(frozen=True)
class Refusals:
    """What a threshold does, as shares in [0, 1]; None where there was nothing to count."""

    threshold: float
    #: Of the needs whose relevant records were taken out, those told that there is no good match.
    turned_away: float | None
    #: Of the needs with a relevant record among the first three, those that keep their list.
    kept: float | None
    #: Of the needs that keep their list, those whose first candidate is relevant.
    precision: float | None


def refusals(answers: Sequence[Answer], calibration: Calibration, threshold: float) -> Refusals:
    """Return the price of a threshold on the best probability of a need."""
    answered = [best(answer, calibration) >= threshold for answer in answers]
    pairs = list(zip(answers, answered, strict=True))
    without = [not kept for answer, kept in pairs if not answer.answerable]
    found = [kept for answer, kept in pairs if answer.answerable and any(answer.relevant[:_FOUND])]
    right = [any(answer.relevant[:1]) for answer, kept in pairs if kept]
    return Refusals(threshold, _share(without), _share(found), _share(right))


def best(answer: Answer, calibration: Calibration) -> float:
    """Return the probability of a need's most probable candidate; 0 without one."""
    return float(max(probabilities(answer, calibration), default=0.0))


def probabilities(answer: Answer, calibration: Calibration) -> Numbers:
    """Return the probability of each candidate of a need.

    Hits that were ranked by a calibration keep what it said; learned weights add to that.
    """
    odds = [
        calibration.log_odds(hit.pair, hit.score, hit.level)
        if hit.log_odds is None else hit.log_odds
        for hit in answer.hits
    ]  # fmt: skip
    return np.asarray(expit(np.array(odds, np.float64)), np.float64)


def pooled(answers: Sequence[Answer], calibration: Calibration) -> tuple[Numbers, Numbers]:
    """Return the probabilities of all candidates and whether they are relevant, as 0 and 1."""
    parts = [probabilities(answer, calibration) for answer in answers]
    relevant = [np.array(answer.relevant, np.float64) for answer in answers]
    empty = np.zeros(0)
    return np.concatenate([empty, *parts]), np.concatenate([empty, *relevant])


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None


@dataclass(frozen=True)
class Doubt:
    """What the probabilities of one set are worth."""

    #: Expected calibration error over the ten first candidates of every need.
    error: float
    #: The same with every need a second time, its relevant records taken out.
    error_halved: float
    refusals: Refusals


def doubt_of(answers: Sequence[Answer], calibration: Calibration) -> Doubt:
    """Return what a calibration is worth on one set, at its own threshold."""
    there = [answer for answer in answers if answer.answerable]
    return Doubt(
        calibration_error(*pooled(there, calibration)),
        calibration_error(*pooled(answers, calibration)),
        refusals(answers, calibration, calibration.threshold),
    )


@dataclass(frozen=True)
class Sample:
    """Candidates of one pair of languages from one source, each array of shape (n,)."""

    #: log z.
    stretched: Numbers
    #: What the size of the collection adds to the log odds.
    offset: Numbers
    relevant: Numbers


def sample(answers: Sequence[Answer], pair: Pair, odds: float = 0.0) -> Sample:
    """Collect the candidates of one pair of languages.

    ``odds`` is what the weights add to the log odds of this pair beside the curve.
    """
    rows = [
        (stretched(hit.level, hit.score), offset(hit.level) + odds, float(relevant))
        for answer in answers
        for hit, relevant in zip(answer.hits, answer.relevant, strict=True)
        if hit.pair == pair
    ]
    table = np.array(rows, np.float64).reshape(-1, 3)
    return Sample(table[:, 0], table[:, 1], table[:, 2])


def fit(samples: Sequence[Sample], prior: Curve | None = None, strength: float = 0.0) -> Curve:
    """Fit a curve by maximum likelihood, every sample with equal weight, the slope not negative.

    With ``prior``, squared distance from it costs ``strength`` times as much as one sample's mean
    log loss. Raises ValueError where no sample has both kinds and there is no prior.
    """
    told = [s for s in samples if 0 < s.relevant.sum() < len(s.relevant)]
    if not told and prior is None:
        raise ValueError("no sample has both relevant and irrelevant candidates")

    def loss(figures: Numbers) -> float:
        total = 0.0
        for part in told:
            odds = figures[0] + figures[1] * part.stretched + part.offset
            total += float(np.mean(np.logaddexp(0, odds) - part.relevant * odds))
        if prior is not None:
            away = figures - np.array([prior.intercept, prior.slope])
            total += strength * float(away @ away)
        return total

    start = np.array([prior.intercept, prior.slope] if prior else [-8.0, 3.0])
    found = minimize(loss, start, method="L-BFGS-B", bounds=[(None, None), (0.1, None)])
    return Curve(round(float(found.x[0]), 4), round(float(found.x[1]), 4))
