"""Fit the shipped calibration on judged sets, leave one set out, and write it with its origin."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

from matcher.encode.base import Encoder
from matcher.errors import InputError
from matcher.evaluate.doubt import (
    Answer,
    Refusals,
    calibration_error,
    fit,
    observe,
    pooled,
    refusals,
    reliability,
    sample,
)
from matcher.evaluate.sets import JudgedSet, relevant_rows
from matcher.index.collection import encode_records
from matcher.rank.calibration import Calibration, Curve
from matcher.rank.hub import Pair, load_background
from matcher.rank.ranker import Ranker
from matcher.rank.weights import Weights

_PAIRS: tuple[Pair, ...] = ("within", "across")
#: This share of needs without a partner on file should be told so.
TURNED_AWAY = 0.8
#: Candidates below this are left out of a list that has a good one.
FLOOR = 0.05
_THRESHOLDS = tuple(round(0.01 * step, 2) for step in range(5, 61))


@dataclass(frozen=True)
class LeftOut:
    """What curves fitted without a set do on it; needs with and without a partner, half each."""

    name: str
    needs: int
    #: Expected calibration error of the ten first candidates of each need.
    error: float
    #: The same over the needs that do have a partner on file.
    error_answerable: float
    #: (mean probability, share of relevant ones, count) by bins of equal mass.
    bins: tuple[tuple[float, float, int], ...]
    refusals: Mapping[float, Refusals]


@dataclass(frozen=True)
class Fitted:
    """The calibration fitted on all sets, and what leaving one out shows."""

    calibration: Calibration
    left_out: tuple[LeftOut, ...]


def observe_set(one: JudgedSet, encoder: Encoder, weights: Weights) -> list[Answer]:
    """Rank the needs of a judged set with and without their relevant capabilities."""
    targets = encode_records("capability", one.capabilities, encoder)
    queries = encode_records("need", one.needs, encoder)
    ranker = Ranker(targets, queries, load_background(encoder.fingerprint), weights)
    return observe(ranker, queries, relevant_rows(one.qrels, queries, targets))


def fit_calibration(answers: Mapping[str, Sequence[Answer]]) -> Fitted:
    """Fit one curve a pair of languages over all sets, each set with equal weight.

    The threshold is the lowest at which ``TURNED_AWAY`` of all needs without a partner on file
    get no list. Raises InputError where a pair of languages has no judged candidate.
    """
    curves = _curves(answers)
    if len(curves) < len(_PAIRS):
        raise InputError(
            "评测集里要同时有同语言和跨语言的评判，才能校准。",
            "Calibration needs judged matches both within one language and across two.",
        )
    fitted = Calibration("", curves, _THRESHOLDS[-1], FLOOR)
    good = (t for t in _THRESHOLDS if _turned_away(answers, fitted, t) >= TURNED_AWAY)
    fitted = replace(fitted, threshold=next(good, _THRESHOLDS[-1]))
    return Fitted(fitted, tuple(_left_out(name, answers) for name in answers))


def _turned_away(
    answers: Mapping[str, Sequence[Answer]], calibration: Calibration, threshold: float
) -> float:
    every = [answer for part in answers.values() for answer in part]
    share = refusals(every, calibration, threshold).turned_away
    return 1.0 if share is None else share


def _curves(answers: Mapping[str, Sequence[Answer]]) -> dict[Pair, Curve]:
    curves: dict[Pair, Curve] = {}
    for pair in _PAIRS:
        samples = [sample(part, pair) for part in answers.values()]
        # A pair of languages that hardly occurs in a set says nothing about it.
        samples = [s for s in samples if s.relevant.sum() >= 10]
        if samples:
            curves[pair] = fit(samples)
    return curves


def _left_out(name: str, answers: Mapping[str, Sequence[Answer]]) -> LeftOut:
    rest = {other: part for other, part in answers.items() if other != name}
    # Where no other set has a pair of languages, its own curve is all there is.
    curves = {**_curves(answers), **_curves(rest)}
    calibration = Calibration("", curves, 0.5, FLOOR)
    own = [_known(answer, calibration) for answer in answers[name]]
    found, relevant = pooled(own, calibration)
    found_there, relevant_there = pooled([a for a in own if a.answerable], calibration)
    return LeftOut(
        name,
        sum(answer.answerable for answer in own),
        calibration_error(found, relevant),
        calibration_error(found_there, relevant_there),
        tuple(reliability(found, relevant)),
        {t: refusals(own, calibration, t) for t in _THRESHOLDS},
    )


def _known(answer: Answer, calibration: Calibration) -> Answer:
    kept = [i for i, hit in enumerate(answer.hits) if hit.pair in calibration.curves]
    return Answer(
        answer.answerable,
        tuple(answer.hits[i] for i in kept),
        tuple(answer.relevant[i] for i in kept),
    )


def write_calibration(
    fitted: Fitted, encoder: Encoder, weights: Weights, target: Path, day: date
) -> None:
    """Write the calibration with where it comes from and how well it did."""
    threshold = fitted.calibration.threshold
    content = {
        "version": f"{day:%Y.%m}",
        "encoder_fingerprint": encoder.fingerprint,
        "weights": weights.version,
        "fitted_on": [
            {
                "set": part.name,
                "needs": part.needs,
                "calibration_error_left_out": round(part.error, 4),
                "turned_away_left_out": _rounded(part.refusals[threshold].turned_away),
                "kept_left_out": _rounded(part.refusals[threshold].kept),
            }
            for part in fitted.left_out
        ],
        "threshold": threshold,
        "floor": fitted.calibration.floor,
        "pairs": {pair: asdict(curve) for pair, curve in fitted.calibration.curves.items()},
    }
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    part_file = target.with_name(f"{target.name}.part")
    part_file.write_text(text, encoding="utf-8", newline="\n")
    part_file.replace(target)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
