"""The few figures that ranking depends on: shipped, or learned from the user's decisions.

The shipped ones are ``data/model/ranking.json``. Learned ones (``matcher learn``) lie in the home
folder and count as long as they were learned from the shipped ones that are installed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from matcher import settings
from matcher.rank import versions
from matcher.rank.hub import Pair
from matcher.taxonomy import data_path

_log = logging.getLogger(__name__)


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
    #: Added to the log odds: what decisions taught about the balance of the two languages.
    odds: float = 0.0


@dataclass(frozen=True)
class Weights:
    """All weights; ``version`` names them on every report."""

    version: str
    pairs: Mapping[Pair, PairWeights]
    #: Below this score a match without a quote is not proposed.
    floor: float
    #: The fingerprint of the encoder that they were learned with, "" for the shipped ones.
    encoder: str = ""


@cache
def shipped_weights() -> Weights:
    """Return the weights that came with the program."""
    raw = data_path("model", "ranking.json").read_bytes()
    stored = json.loads(raw)
    return _weights(f"{stored['version']}-{_digest(raw)}", stored)


def load_weights(fingerprint: str | None = None) -> Weights:
    """Return the weights learned from the user's decisions, or the shipped ones.

    Parameters
    ----------
    fingerprint
        Of the encoder in use; scores of another one lie on another scale. None: of whichever.

    Learned weights that do not fit, because they start from other shipped ones, were learned with
    another encoder or are damaged, are left aside: a warning is logged and ``version`` says so on
    every report.
    """
    shipped = shipped_weights()
    path = versions.current(versions.model_folder(settings.home()))
    if path is None:
        return shipped
    learned = read_learned(path)
    if learned is not None and learned.version.startswith(f"{shipped.version}+"):
        if fingerprint in (None, learned.encoder):
            return learned
        _log.warning(
            "学习所得的权重 %s 是用另一个编码器学到的，没有使用；请用现在的编码器重新运行 matcher "
            "learn。 / The learned weights %s were learned with another encoder and are not used: "
            "run matcher learn again with this one.",
            path.name, path.name,
        )  # fmt: skip
    else:
        _log.warning(
            "学习所得的权重 %s 与当前版本不符或已损坏，没有使用；请重新运行 matcher learn。 / "
            "The learned weights %s do not fit this release or are damaged and are not used: "
            "run matcher learn again.",
            path.name, path.name,
        )  # fmt: skip
    return replace(shipped, version=f"{shipped.version} ({path.stem} not used)")


def read_learned(path: Path) -> Weights | None:
    """Return the weights of one learned version, or None where the file cannot be understood."""
    try:
        raw = path.read_bytes()
        stored = json.loads(raw)
        version = f"{stored['based_on']}+{path.stem}-{_digest(raw)}"
        return replace(_weights(version, stored), encoder=str(stored["encoder_fingerprint"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _weights(version: str, stored: Mapping[str, Any]) -> Weights:
    pairs: dict[Pair, PairWeights] = {
        "within": PairWeights(**stored["pairs"]["within"]),
        "across": PairWeights(**stored["pairs"]["across"]),
    }
    figures = [stored["floor"], *(f for pair in pairs.values() for f in asdict(pair).values())]
    if not all(type(figure) in (int, float) and math.isfinite(figure) for figure in figures):
        raise ValueError("a figure is no finite number")
    if any(min(p.bm25, p.evidence, p.crowding, p.flatten) < 0 for p in pairs.values()):
        raise ValueError("a weight is negative")
    return Weights(version, pairs, stored["floor"])


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:8]
