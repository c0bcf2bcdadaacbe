"""What a theme is called from run to run: the same number for the same theme, and how it moved."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from matcher.encode.base import Array
from matcher.errors import InputError

FORMAT = 1
#: A theme goes on if so much of its records (Jaccard) or so near a centre (cosine) is left.
_SHARED, _NEAR = 0.25, 0.8

Status = Literal["first", "new", "kept"]


@dataclass(frozen=True)
class Remembered:
    """One theme of an earlier run."""

    id: str
    zh: str
    en: str
    #: Unit vector of hub-corrected records, rounded; comparable under one encoder only.
    centre: tuple[float, ...]
    needs: tuple[str, ...]
    capabilities: tuple[str, ...]
    unmet: int

    @property
    def records(self) -> frozenset[tuple[str, str]]:
        """The theme's records as (role, id)."""
        return frozenset(
            [("need", id) for id in self.needs] + [("capability", id) for id in self.capabilities]
        )


@dataclass(frozen=True)
class Snapshot:
    """The themes of a run, kept beside its report so that the next run can be compared."""

    date: str
    encoder: str
    #: Whether private records took part.
    staff: bool
    #: The next number that no theme has had yet.
    next: int
    themes: tuple[Remembered, ...]

    def to_json(self) -> str:
        """Return the snapshot as JSON; the same snapshot gives the same bytes."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1) + "\n"


@dataclass(frozen=True)
class Movement:
    """How a theme moved since the run before.

    ``first``: there is no run before; ``new``: no theme of that run goes on in this one.
    """

    status: Status
    before: Remembered | None = None
    #: Records that are in the theme now and were not, and the other way round.
    joined: int = 0
    left: int = 0


def read_snapshot(path: Path) -> Snapshot:
    """Read a snapshot; raises InputError for a file that is none."""
    try:
        return parse_snapshot(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path.name} 不是以前的产业技术联盟结果，读不出来。请指定上一次运行的文件夹，"
            "或去掉 --previous。",
            f"{path.name} is no earlier result of alliances: name the folder of the run before, "
            "or leave out --previous.",
        ) from error


def parse_snapshot(found: Mapping[str, Any]) -> Snapshot:
    """Return the snapshot of a JSON document; raises KeyError, TypeError or ValueError."""
    if found["format"] != FORMAT:
        raise ValueError("format")
    themes = tuple(
        Remembered(
            str(item["id"]), str(item["zh"]), str(item["en"]),
            tuple(float(value) for value in item["centre"]),
            tuple(map(str, item["needs"])), tuple(map(str, item["capabilities"])),
            int(item["unmet"]),
        )
        for item in found["themes"]
    )  # fmt: skip
    return Snapshot(
        str(found["date"]), str(found["encoder"]), bool(found["staff"]), int(found["next"]), themes
    )  # fmt: skip


def continue_themes(
    members: Sequence[frozenset[tuple[str, str]]], centres: Array, encoder: str,
    previous: Snapshot | None,
) -> tuple[list[str], list[Movement], int]:  # fmt: skip
    """Give each theme of this run its number: that of the earlier theme that goes on in it.

    One earlier theme goes on in one theme at most; the pairs with the most in common in total win.
    Returns the numbers, the movements and the next free number.
    """
    if previous is None:
        numbers = [f"T{i:02d}" for i in range(1, len(members) + 1)]
        return numbers, [Movement("first")] * len(members), len(members) + 1
    shared, near = _likeness(members, centres, encoder, previous)
    rows, columns = linear_sum_assignment(-(shared + near).round(6))
    pairs = dict(zip(rows.tolist(), columns.tolist(), strict=True))
    upcoming = previous.next
    ids: list[str] = []
    moves: list[Movement] = []
    for theme, now in enumerate(members):
        old = pairs.get(theme)
        if old is not None and (shared[theme, old] >= _SHARED or near[theme, old] >= _NEAR):
            before = previous.themes[old]
            ids.append(before.id)
            moves.append(
                Movement("kept", before, len(now - before.records), len(before.records - now))
            )
        else:
            ids.append(f"T{upcoming:02d}")
            moves.append(Movement("new"))
            upcoming += 1
    return ids, moves, upcoming


def _likeness(
    members: Sequence[frozenset[tuple[str, str]]], centres: Array, encoder: str, previous: Snapshot
) -> tuple[Array, Array]:
    """Return shared records and nearness of centres, each of shape (themes, earlier themes)."""
    shape = (len(members), len(previous.themes))
    shared, near = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    # Records that only one of the runs has say nothing about whether the theme is the same.
    both = frozenset().union(*members) & frozenset().union(*(t.records for t in previous.themes))
    for theme, now in enumerate(members):
        for old, before in enumerate(previous.themes):
            one, other = now & both, before.records & both
            shared[theme, old] = len(one & other) / max(len(one | other), 1)
            if encoder == previous.encoder and len(before.centre) == centres.shape[1]:
                near[theme, old] = max(0.0, float(centres[theme] @ np.array(before.centre)))
    return shared, near
