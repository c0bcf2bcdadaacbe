"""From scores to probabilities: how far a candidate stands out of its own collection.

A score is first put on the scale of the collection that it was found in,

    z = (score - mean) / spread, both over the other records in the candidate's language,

so that long needs, short ones, Chinese and English become comparable. Then

    odds = exp(intercept) * z^slope * 1000 / records.

Of many unrelated records the best looks better by chance alone: with one more record that answers
nothing, the odds of a candidate with a given z fall in proportion (Bayes' rule with one relevant
record expected, whatever the size of the collection).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from matcher import settings
from matcher.encode.base import Array
from matcher.rank import versions
from matcher.rank.hub import Pair
from matcher.taxonomy import data_path

_log = logging.getLogger(__name__)

#: A level counts as if so many records of average spread and mean zero were in the collection too.
_PRIOR, _SPREAD = 20, 0.08
#: What an institute in the other language is worth beforehand, in a collection with both.
_FOREIGN = 0.5
#: Below so many records the size of a collection says nothing more.
_FEWEST = 50
#: The least z that the curve is read at: below it everything is equally improbable.
_LOWEST = 0.5


@dataclass(frozen=True)
class Level:
    """Where one need's scores lie over the *other* records in a candidate's language.

    ``records`` is how many of them would hold one relevant record: see :func:`peers`.
    """

    mean: float
    spread: float
    records: float


def peers(same: int, other: int, pair: Pair) -> float:
    """Return among how many records like this one a relevant one is expected.

    ``same`` and ``other`` count the records in the need's language and in the other one. Where
    there are both, one in the other language is a partner ``_FOREIGN`` times as often.
    """
    weighted = same + _FOREIGN * other
    return weighted if pair == "within" else weighted / _FOREIGN


class Levels:
    """The levels of one need for every candidate of a language.

    Parameters
    ----------
    scores
        Its scores against all records of that language, shape (n,).
    records
        How many peers a candidate has.
    """

    def __init__(self, scores: Array, records: float) -> None:
        self._count = len(scores) + _PRIOR
        self._sum = float(scores.sum(dtype=np.float64))
        self._squares = float(np.square(scores, dtype=np.float64).sum()) + _PRIOR * _SPREAD**2
        self._records = records

    def without(self, scores: Sequence[float]) -> Level:
        """Return the level of a candidate: of few records it is itself many.

        ``scores`` are its own and those of the records that say the same: filed a second time it
        does not stand out less.
        """
        count = self._count - len(scores)
        mean = (self._sum - sum(scores)) / count
        variance = (self._squares - sum(score**2 for score in scores)) / count - mean**2
        return Level(mean, max(variance, 1e-6) ** 0.5, self._records)


@dataclass(frozen=True)
class Curve:
    """log odds = intercept + slope * log z - log(records / 1000); ``slope`` is positive."""

    intercept: float
    slope: float

    def log_odds(self, level: Level, score: float) -> float:
        """Return the log odds that a candidate is relevant."""
        return self.intercept + self.slope * stretched(level, score) + offset(level)


def stretched(level: Level, score: float) -> float:
    """Return log z, cut below."""
    return float(np.log(max((score - level.mean) / level.spread, _LOWEST)))


def offset(level: Level) -> float:
    """Return what the size of the collection adds to the log odds."""
    return -float(np.log(max(level.records, _FEWEST) / 1000))


def probability(log_odds: float) -> float:
    """Turn log odds into a probability."""
    return float(1 / (1 + np.exp(-log_odds)))


@dataclass(frozen=True)
class Calibration:
    """The curves by pair of languages, and from which probability on something is proposed."""

    #: Names it on every report.
    version: str
    curves: Mapping[Pair, Curve]
    #: A need whose best candidate stays below this has no good match.
    threshold: float
    #: Further candidates are listed down to this.
    floor: float

    def log_odds(self, pair: Pair, score: float, level: Level) -> float:
        """Return the log odds that a candidate with this score is relevant."""
        return self.curves[pair].log_odds(level, score)


@cache
def shipped_calibration(fingerprint: str) -> Calibration | None:
    """Return the calibration that came with the program; None for any other encoder."""
    path = data_path("model", "calibration.json")
    if not path.is_file():
        return None
    raw = path.read_bytes()
    stored = json.loads(raw)
    if stored["encoder_fingerprint"] != fingerprint:
        return None
    return read_calibration(f"{stored['version']}-{hashlib.sha256(raw).hexdigest()[:8]}", stored)


def read_calibration(version: str, stored: Mapping[str, Any]) -> Calibration:
    """Return a calibration from its JSON object; raises KeyError, TypeError or ValueError."""
    curves: dict[Pair, Curve] = {
        "within": Curve(**stored["pairs"]["within"]),
        "across": Curve(**stored["pairs"]["across"]),
    }
    threshold, floor = stored["threshold"], stored["floor"]
    figures = [threshold, floor]
    figures += [figure for curve in curves.values() for figure in (curve.intercept, curve.slope)]
    if not all(type(figure) in (int, float) and np.isfinite(figure) for figure in figures):
        raise ValueError("a figure is no finite number")
    if not 0 <= floor <= threshold <= 1 or any(curve.slope <= 0 for curve in curves.values()):
        raise ValueError("a figure is out of bounds")
    return Calibration(version, curves, threshold, floor)


def own_folder(home: Path) -> Path:
    """Return the folder of the calibrations fitted on the user's own decisions."""
    return versions.model_folder(home) / "calibration"


def load_calibration(fingerprint: str) -> Calibration | None:
    """Return the calibration fitted on the user's decisions, or the shipped one.

    None for an encoder that nothing was calibrated for. One that was fitted for another release,
    or is damaged, is left aside: a warning is logged and ``version`` says so on every report.
    """
    shipped = shipped_calibration(fingerprint)
    path = versions.current(own_folder(settings.home()))
    if path is None or shipped is None:
        return shipped
    try:
        raw = path.read_bytes()
        stored = json.loads(raw)
        if stored["based_on"] == shipped.version and stored["encoder_fingerprint"] == fingerprint:
            digest = hashlib.sha256(raw).hexdigest()[:8]
            return read_calibration(f"{shipped.version}+{path.stem}-{digest}", stored)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    _log.warning(
        "校准 %s 与当前版本不符或已损坏，没有使用；请重新运行 matcher calibrate。 / The "
        "calibration %s does not fit this release or is damaged and is not used: run matcher "
        "calibrate again.",
        path.name, path.name,
    )  # fmt: skip
    return replace(shipped, version=f"{shipped.version} ({path.stem} not used)")
