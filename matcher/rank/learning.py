"""From decided matches to learned weights, what they change, and the file they are kept in."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from matcher.encode.base import Encoder
from matcher.errors import InputError
from matcher.index.base import Ids
from matcher.index.collection import EncodedRecords
from matcher.ingest.decisions import Decision, Key, latest
from matcher.rank import versions
from matcher.rank.calibration import Calibration
from matcher.rank.fitting import Learned, fit
from matcher.rank.hub import load_background
from matcher.rank.ranker import COMPARED, Hit, Ranker
from matcher.rank.weights import Weights


@dataclass(frozen=True)
class Move:
    """A decided match that changes its place; places count from 1 among all capabilities."""

    need_id: str
    capability_id: str
    level: int
    before: int
    after: int


@dataclass(frozen=True)
class Lesson:
    """What decisions taught: the weights, the places that change, and what it rests on."""

    learned: Learned
    moves: tuple[Move, ...]
    #: "accept", "irrelevant", "graded", then the codes of what does not teach → how many.
    counts: Mapping[str, int]
    #: Pairs whose need or capability is not in the files.
    unknown: tuple[Key, ...]
    #: Versions of the weights and of the calibration that it starts from.
    based_on: str
    calibration: str
    #: Of needs, capabilities and decisions together.
    revision: str


def learn(
    decisions: Iterable[Decision], needs: EncodedRecords, capabilities: EncodedRecords,
    encoder: Encoder, shipped: Weights, calibration: Calibration | None = None,
    revisions: Sequence[str] = (),
) -> Lesson:  # fmt: skip
    """Learn from the last decision on each pair, always starting from the shipped weights.

    The same decisions therefore teach the same, whatever was learned before and in whatever order
    they stand. ``calibration`` is the one that orders both languages in use, ``revisions`` are
    those of the files of needs and capabilities.
    """
    chosen = latest(decisions)
    asked = {record.id: row for row, record in enumerate(needs.records)}
    offered = {record.id: row for row, record in enumerate(capabilities.records)}
    known = {key: d for key, d in chosen.items() if key[0] in asked and key[1] in offered}
    by_need: dict[str, dict[int, int]] = {}
    for (need, capability), decision in known.items():
        if decision.level is not None:
            by_need.setdefault(need, {})[offered[capability]] = decision.level
    background = load_background(encoder.fingerprint)
    every = np.arange(len(capabilities.records), dtype=np.int64)

    def ranked(weights: Weights) -> dict[str, list[Hit]]:
        ranker = Ranker(capabilities, needs, background, weights, calibration)
        return {
            need: ranker.rank(needs, asked[need], [every, _rows(levels)])
            for need, levels in by_need.items()
        }

    before = ranked(shipped)
    # Further down the list nobody compared sentences: a part of those scores is missing.
    groups = [
        [(hit, levels[hit.row]) for hit in before[need][:COMPARED] if hit.row in levels]
        for need, levels in by_need.items()
    ]
    learned = fit([sorted(g, key=lambda item: item[0].row) for g in groups], shipped, calibration)
    moves: list[Move] = []
    if learned.comparisons:
        after = ranked(replace(shipped, pairs=learned.pairs))
        for need, levels in by_need.items():
            old, new = _places(before[need]), _places(after[need])
            moves += [
                Move(need, capabilities.records[row].id, level, old[row], new[row])
                for row, level in levels.items()
                if row in old and row in new and old[row] != new[row]
            ]
    moves.sort(key=lambda m: (-abs(1 / m.before - 1 / m.after), m.need_id, m.capability_id))
    return Lesson(
        learned=learned,
        moves=tuple(moves),
        counts=_counts(known.values()),
        unknown=tuple(sorted(chosen.keys() - known.keys())),
        based_on=shipped.version,
        calibration=calibration.version if calibration else "",
        revision=_revision(chosen.values(), revisions),
    )


def save(lesson: Lesson, shipped: Weights, folder: Path, encoder: Encoder, today: date) -> Path:
    """Write what was learned as the next version and put it to use; returns its file.

    Raises InputError where nothing was learned or the folder cannot be written.
    """
    learned = lesson.learned
    if not learned.comparisons:
        raise InputError(
            "这些决定里没有可比的内容：至少要有一条需求，其中一项成果被接受、另一项因“不相关”被婉拒"
            "（或等级不同）。权重没有改动。",
            "These decisions compare nothing: at least one need must have one capability accepted "
            "and another declined as irrelevant (or of another grade). The weights are unchanged.",
        )
    number = versions.next_number(folder)
    previous = versions.current(folder)
    return versions.add(folder, number, {
        "version": f"learned-{number:03d}",
        "based_on": lesson.based_on,
        "calibration": lesson.calibration,
        "previous": previous.name if previous else versions.SHIPPED,
        "date": today.isoformat(),
        "decisions": dict(lesson.counts),
        "comparisons": learned.comparisons,
        "needs": learned.needs,
        "data_revision": lesson.revision,
        "encoder_fingerprint": encoder.fingerprint,
        "floor": shipped.floor,
        "pairs": {pair: asdict(figures) for pair, figures in learned.pairs.items()},
    })  # fmt: skip


def _rows(levels: Mapping[int, int]) -> Ids:
    return np.array(sorted(levels), np.int64)


def _places(hits: Sequence[Hit]) -> dict[int, int]:
    return {hit.row: place for place, hit in enumerate(hits, 1)}


def _counts(decisions: Iterable[Decision]) -> dict[str, int]:
    names = Counter(_name(decision) for decision in decisions)
    first = {name: names.pop(name, 0) for name in ("accept", "irrelevant", "graded")}
    return first | dict(sorted(names.items()))


def _name(decision: Decision) -> str:
    if not decision.code:
        return "graded"
    return (decision.reason or "no_reason") if decision.code == "decline" else decision.code


def _revision(decisions: Iterable[Decision], revisions: Sequence[str]) -> str:
    lines = [*revisions, *(f"{d.need_id}\t{d.capability_id}\t{d.level}" for d in decisions)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
