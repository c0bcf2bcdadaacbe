"""Fit the calibration on the user's own decisions, blended with the shipped one until they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from matcher.encode.base import Encoder
from matcher.errors import InputError
from matcher.evaluate.doubt import LISTED, Answer, best, fit, sample
from matcher.index.collection import EncodedRecords
from matcher.ingest.decisions import Decision, Key, latest
from matcher.rank import versions
from matcher.rank.calibration import Calibration, Curve
from matcher.rank.hub import Pair, load_background
from matcher.rank.ranker import COMPARED, Ranker
from matcher.rank.weights import Weights

#: From so many decisions of each kind on the user's own curve counts alone.
ENOUGH = 50
#: What holds the own curve near the shipped one while decisions are few, in mean log losses.
_HOLD = 0.01


@dataclass(frozen=True)
class Own:
    """The blended calibration and what it rests on."""

    calibration: Calibration
    #: Pair of languages → (accepted, irrelevant, share of the own curve).
    counts: Mapping[Pair, tuple[int, int, float]]
    #: Decided pairs whose need or capability is not in the files.
    unknown: tuple[Key, ...] = ()


def fit_own(
    decisions: Iterable[Decision], needs: EncodedRecords, capabilities: EncodedRecords,
    encoder: Encoder, weights: Weights, shipped: Calibration,
) -> Own:  # fmt: skip
    """Fit on the latest decision on each pair; only accepted and irrelevant ones count.

    A pair of languages with n decisions of the rarer kind takes n / ENOUGH of its own curve and
    the rest of the shipped one. Decided pairs are mostly good ones, so their curve lies higher:
    the threshold moves along, and as many needs as before get a list. Raises InputError where no
    decision tells anything.
    """
    asked = {record.id: row for row, record in enumerate(needs.records)}
    offered = {record.id: row for row, record in enumerate(capabilities.records)}
    told: dict[int, dict[int, bool]] = {}
    chosen = latest(decisions)
    for (need, capability), decision in chosen.items():
        if decision.level is not None and need in asked and capability in offered:
            told.setdefault(asked[need], {})[offered[capability]] = decision.level > 0
    background = load_background(encoder.fingerprint)
    ranker = Ranker(capabilities, needs, background, weights)
    every = np.arange(len(capabilities.records), dtype=np.int64)
    answers: list[Answer] = []
    for number, rows in sorted(told.items()):
        hits = ranker.rank(needs, number, [every, np.array(sorted(rows), np.int64)])
        # Further down the list nobody compared sentences: a part of those scores is missing.
        decided = tuple(hit for hit in hits[:COMPARED] if hit.row in rows)
        answers.append(Answer(True, decided, tuple(rows[hit.row] for hit in decided)))
    curves: dict[Pair, Curve] = {}
    counts: dict[Pair, tuple[int, int, float]] = {}
    for pair, prior in shipped.curves.items():
        part = sample(answers, pair, weights.pairs[pair].odds)
        accepted = int(part.relevant.sum())
        irrelevant = len(part.relevant) - accepted
        share = min(1.0, min(accepted, irrelevant) / ENOUGH)
        own = fit([part], prior, _HOLD)
        curves[pair] = Curve(
            round((1 - share) * prior.intercept + share * own.intercept, 4),
            round((1 - share) * prior.slope + share * own.slope, 4),
        )
        counts[pair] = accepted, irrelevant, share
    if not any(share for _, _, share in counts.values()):
        raise InputError(
            "这些决定还不能用来校准：至少要有一项“接受”和一项因“不相关”的婉拒，且需求和成果都在文件中。",
            "These decisions cannot calibrate anything yet: at least one accepted and one declined "
            "as irrelevant are needed, with need and capability in the files.",
        )
    unknown = tuple(sorted(key for key in chosen if key[0] not in asked or key[1] not in offered))
    every_need = [
        Answer(True, tuple(ranker.rank(needs, number, [every])[:LISTED]), ())
        for number in range(len(needs.records))
    ]
    fitted = _moved(every_need, shipped, replace(shipped, curves=curves))
    return Own(fitted, counts, unknown)


def _moved(needs: Sequence[Answer], shipped: Calibration, fitted: Calibration) -> Calibration:
    """Return ``fitted`` with bounds at which as many needs get a list as with ``shipped``."""
    before = np.array([best(answer, shipped) for answer in needs])
    after = np.sort([best(answer, fitted) for answer in needs])
    refused = int((before < shipped.threshold).sum())
    low = after[refused - 1] if refused else 0.0
    high = after[refused] if refused < len(after) else 1.0
    threshold = round(float(low + high) / 2, 4)
    # What is listed beside a good match keeps its distance to the threshold, in log odds.
    floor = expit(logit(shipped.floor) + logit(threshold) - logit(shipped.threshold))
    return replace(fitted, threshold=threshold, floor=round(float(floor), 4))


def save_own(own: Own, shipped: Calibration, folder: Path, encoder: Encoder, day: date) -> Path:
    """Write the blended calibration as the next version and put it to use; returns its file."""
    number = versions.next_number(folder)
    return versions.add(folder, number, {
        "based_on": shipped.version,
        "date": day.isoformat(),
        "encoder_fingerprint": encoder.fingerprint,
        "decisions": {
            pair: {"accepted": accepted, "irrelevant": irrelevant, "own_share": round(share, 3)}
            for pair, (accepted, irrelevant, share) in own.counts.items()
        },
        "threshold": own.calibration.threshold,
        "floor": own.calibration.floor,
        "pairs": {pair: asdict(curve) for pair, curve in own.calibration.curves.items()},
    })  # fmt: skip
