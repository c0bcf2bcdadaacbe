"""Simulate learning: reveal judgements in rank order, learn, and measure on later needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from matcher.encode.base import Encoder
from matcher.evaluate.evaluation import joined
from matcher.evaluate.sets import JudgedSet
from matcher.index.collection import EncodedRecords, encode_records
from matcher.pipeline import Stage, silent
from matcher.rank.calibration import Calibration, shipped_calibration
from matcher.rank.fitting import Group, Learned, Values, design, fit, scores
from matcher.rank.hub import load_background
from matcher.rank.ranker import COMPARED, Hit, Ranker
from matcher.rank.weights import Weights

#: Weights are learned anew after so many needs have been decided on; and at the end.
CHECKPOINTS = (10, 20, 40, 80)
#: So many of the best candidates of a need are looked at and decided on.
_SHOWN = 10


@dataclass(frozen=True)
class Curve:
    """nDCG@10 on needs that nobody decided on yet, as decisions on others come in.

    ``checkpoints`` are numbers of needs decided on, 0 first; ``values`` has shape
    (seeds, checkpoints). ``noise`` is the share of decisions that were wrong.
    """

    name: str
    noise: float
    checkpoints: tuple[int, ...]
    values: Values

    @property
    def gains(self) -> Values:
        """What each checkpoint adds to the start, shape (seeds, checkpoints)."""
        found: Values = self.values - self.values[:, :1]
        return found


@dataclass(frozen=True)
class _Asked:
    """One need: the parts of its best candidates' scores, their grades, the best possible sum."""

    hits: Sequence[Hit]
    rows: Values
    grades: Values
    ideal: float


def simulate(
    sets: Sequence[JudgedSet], encoder: Encoder, weights: Weights, *, merge: bool = False,
    noises: Sequence[float] = (0.0, 0.1), seeds: int = 5, stage: Stage = silent,
) -> Iterator[Curve]:  # fmt: skip
    """Yield a curve for each set and share of wrong decisions.

    A random half of the needs comes in batches; of each, the ten candidates that the weights
    learned so far rank best are decided on: what is judged relevant is accepted, the rest declined
    as irrelevant, some of it wrongly. nDCG@10 is measured on the other half. With ``merge`` the
    capabilities of all sets are one index.
    """
    calibration = shipped_calibration(encoder.fingerprint)
    targets: list[EncodedRecords] = []
    for one in sets:
        with stage("encode", len(one.capabilities)) as step:
            targets.append(encode_records("capability", one.capabilities, encoder, step))
    whole, place = joined(list(zip(sets, targets, strict=True))) if merge else (None, {})
    for one, own in zip(sets, targets, strict=True):
        judged = one
        if whole is not None:
            judged = replace(one, qrels={
                query: {place[one.name, document]: grade for document, grade in grades.items()}
                for query, grades in one.qrels.items()
            })  # fmt: skip
        asked = _asked(judged, whole or own, encoder, weights, calibration, stage)
        for noise in noises:
            runs = [_run(asked, weights, calibration, noise, seed) for seed in range(seeds)]
            values = np.array([[value for _, value in run] for run in runs])
            yield Curve(one.name, noise, tuple(count for count, _ in runs[0]), values)


def _asked(
    one: JudgedSet, targets: EncodedRecords, encoder: Encoder, weights: Weights,
    calibration: Calibration | None, stage: Stage,
) -> list[_Asked]:  # fmt: skip
    with stage("encode", len(one.needs)) as step:
        queries = encode_records("need", one.needs, encoder, step)
    background = load_background(encoder.fingerprint)
    ranker = Ranker(targets, queries, background, weights, calibration)
    every = np.arange(len(targets.records), dtype=np.int64)
    found = []
    for number, need in enumerate(queries.records):
        hits = ranker.rank(queries, number, [every])[:COMPARED]
        judged: Mapping[str, int] = one.qrels[need.id]
        grades = [max(judged.get(targets.records[hit.row].id, 0), 0) for hit in hits]
        best = sorted((grade for grade in judged.values() if grade > 0), reverse=True)
        rows = design(hits, weights, calibration)
        found.append(_Asked(hits, rows, np.array(grades, float), _sum(best)))
    return found


def _run(
    asked: Sequence[_Asked],
    weights: Weights,
    calibration: Calibration | None,
    noise: float,
    seed: int,
) -> list[tuple[int, float]]:
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(asked)).tolist()
    half = len(asked) // 2
    later = [asked[i] for i in order[half:]]
    learned = fit([], weights, calibration)
    found = [(0, _mean(later, learned))]
    groups: list[Group] = []
    stops = [0, *(stop for stop in CHECKPOINTS if stop < half), half]
    for start, stop in pairwise(stops):
        for i in order[start:stop]:
            shown = _order(asked[i], learned)[:_SHOWN]
            wrong = generator.random(len(shown)) < noise
            right = asked[i].grades[shown] > 0
            levels = (right ^ wrong).tolist()
            groups.append([
                (asked[i].hits[row], int(level)) for row, level in zip(shown, levels, strict=True)
            ])  # fmt: skip
        learned = fit(groups, weights, calibration)
        found.append((stop, _mean(later, learned)))
    return found


def _order(need: _Asked, learned: Learned) -> list[int]:
    # The level of the need's scores is taken as it was: coefficients change by little.
    return [int(i) for i in np.argsort(-scores(need.rows, learned), kind="stable")]


def _mean(needs: Sequence[_Asked], learned: Learned) -> float:
    return float(np.mean([
        _sum(need.grades[_order(need, learned)[:_SHOWN]].tolist()) / need.ideal for need in needs
    ]))  # fmt: skip


def _sum(grades: Sequence[float]) -> float:
    """Return the discounted gain of the ten first grades, as in nDCG@10."""
    return float(sum(grade / np.log2(i + 2) for i, grade in enumerate(grades[:_SHOWN])))
