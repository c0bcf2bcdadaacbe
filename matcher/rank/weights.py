"""The few figures that ranking depends on, read from ``data/model/ranking.json``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from matcher.rank.hub import Pair
from matcher.taxonomy import data_path


@dataclass(frozen=True)
class PairWeights:
    """How to score a match within one language, or across two.

    score = dense + bm25 * BM25 similarity + evidence * sentence similarity - crowding * crowding
    + shift
    """

    flatten: float
    bm25: float
    evidence: float
    crowding: float
    #: Brings the scores of both pairs of languages to one scale.
    shift: float
    #: From this sentence similarity on, a quote counts as an answer to a part of the need.
    answer: float


@dataclass(frozen=True)
class Weights:
    """All weights; ``version`` names them on every report."""

    version: str
    pairs: Mapping[Pair, PairWeights]
    #: Below this score a match without a quote is not proposed.
    floor: float


@cache
def load_weights() -> Weights:
    """Return the shipped weights."""
    raw = data_path("model", "ranking.json").read_bytes()
    stored = json.loads(raw)
    pairs: dict[Pair, PairWeights] = {
        "within": PairWeights(**stored["pairs"]["within"]),
        "across": PairWeights(**stored["pairs"]["across"]),
    }
    digest = hashlib.sha256(raw).hexdigest()[:8]
    return Weights(f"{stored['version']}-{digest}", pairs, stored["floor"])
