"""Set cover with a lead: the fewest that cover everything, exactly or with a stated bound.

What counts, in this order: the parts covered; a lead; few members; who covers them best. Small
instances are solved exactly as a mixed-integer programme (HiGHS, through SciPy); larger ones
greedily, which needs at most H(d) times the fewest members, and one more for a lead (d: the most
parts that one candidate covers, H(d) = 1 + 1/2 + … + 1/d; Chvátal 1979, "A greedy heuristic for the
set-covering problem"). Where the number of members is what ends it and no lead is wanted, the
greedy choice covers at least 1 - 1/e of the parts that could be covered (Nemhauser, Wolsey and
Fisher 1978). With a lead wanted one place is kept for a lead, so that this holds only for the
parts that one member fewer could cover.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

#: Up to so many pairs of a candidate and a part it covers are solved exactly.
EXACT = 300


@dataclass(frozen=True)
class Candidate:
    """What one candidate covers: part → how well, in [0, 1]."""

    covers: Mapping[int, float]
    #: Whether it could be the lead.
    lead: bool = False


@dataclass(frozen=True)
class Choice:
    """The chosen candidates, by number, in ascending order."""

    members: tuple[int, ...]
    exact: bool
    #: What the number of members is at most, as a multiple of the fewest; 1.0 for an exact choice.
    bound: float = 1.0


def choose(
    candidates: Sequence[Candidate],
    most: int,
    *,
    lead_wanted: bool = True,
    unlike: Sequence[Set[int]] = (),
    exact: int = EXACT,
) -> Choice | None:
    """Choose members; None where nobody covers anything.

    Parameters
    ----------
    most
        The most members.
    lead_wanted
        Whether a lead is to be found among them, where any candidate could be one.
    unlike
        Earlier choices: of each at least one member is left out.
    exact
        Up to so many covered pairs the choice is exact.
    """
    if most < 1 or not any(candidate.covers for candidate in candidates):
        return None
    if sum(len(candidate.covers) for candidate in candidates) <= exact:
        members = _exactly(candidates, most, lead_wanted, unlike)
        return Choice(members, exact=True) if members else None
    members = _greedily(candidates, most, lead_wanted, unlike)
    largest = max(len(candidate.covers) for candidate in candidates)
    bound = float(sum(1 / i for i in range(1, largest + 1)))
    return Choice(members, exact=False, bound=round(bound, 2)) if members else None


def value(
    candidates: Sequence[Candidate], members: Set[int], lead_wanted: bool = True
) -> tuple[int, int, int, float]:
    """Return what a choice is judged by, the larger the better: parts, lead, few, strength."""
    chosen = [candidates[m] for m in members]
    best: dict[int, float] = {}
    for candidate in chosen:
        for part, strength in candidate.covers.items():
            best[part] = max(best.get(part, 0.0), strength)
    led = lead_wanted and any(candidate.lead for candidate in chosen)
    return len(best), int(led), -len(members), round(sum(best.values()), 6)


def _exactly(
    candidates: Sequence[Candidate], most: int, lead_wanted: bool, unlike: Sequence[Set[int]]
) -> tuple[int, ...]:
    """Solve for x (members), z (covered parts), y (who a part is shown by) and l (a lead)."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import lil_array

    n = len(candidates)
    parts = sorted({part for candidate in candidates for part in candidate.covers})
    pairs = [(m, p) for m in range(n) for p in sorted(candidates[m].covers)]
    z_at = {part: n + i for i, part in enumerate(parts)}
    y_at = {pair: n + len(parts) + i for i, pair in enumerate(pairs)}
    lead_at = n + len(parts) + len(pairs)
    size = min(most, n)
    # Each weighs more than all that follow it together.
    gain = np.zeros(lead_at + 1)
    gain[:n] = -1.0
    gain[n : n + len(parts)] = 2 * size + 3
    gain[lead_at] = size + 1 if lead_wanted else 0
    for pair, at in y_at.items():
        gain[at] = 0.9 * candidates[pair[0]].covers[pair[1]] / len(parts)

    rows: list[dict[int, float]] = [dict.fromkeys(range(n), 1.0)]
    limits: list[float] = [float(size)]
    for part in parts:
        holders = [m for m in range(n) if part in candidates[m].covers]
        rows.append({z_at[part]: 1.0} | dict.fromkeys(holders, -1.0))
        rows.append({y_at[m, part]: 1.0 for m in holders})
        limits += [0.0, 1.0]
    for (m, _), at in y_at.items():
        rows.append({at: 1.0, m: -1.0})
        limits.append(0.0)
    rows.append({lead_at: 1.0} | {m: -1.0 for m in range(n) if candidates[m].lead})
    limits.append(0.0)
    for others in unlike:
        rows.append(dict.fromkeys(others, 1.0))
        limits.append(len(others) - 1.0)
    matrix = lil_array((len(rows), lead_at + 1))
    for i, row in enumerate(rows):
        for at, factor in row.items():
            matrix[i, at] = factor
    integral = np.zeros(lead_at + 1, np.int64)
    integral[:n] = 1
    solved = milp(
        -gain, integrality=integral, bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix.tocsr(), -np.inf, limits),
        options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    if solved.x is None:
        return ()
    return tuple(m for m in range(n) if solved.x[m] > 0.5)


def _greedily(
    candidates: Sequence[Candidate], most: int, lead_wanted: bool, unlike: Sequence[Set[int]]
) -> tuple[int, ...]:
    # Of each earlier choice its most useful member stays out, so that the rest must differ.
    barred = {max(others, key=lambda m: (len(candidates[m].covers), -m)) for others in unlike}
    free = [m for m in range(len(candidates)) if m not in barred and candidates[m].covers]
    leads = [m for m in free if candidates[m].lead] if lead_wanted else []
    left = {part for m in free for part in candidates[m].covers}
    chosen: list[int] = []
    room = most - 1 if leads else most

    def gained(m: int) -> tuple[int, bool, float, int]:
        new = [strength for part, strength in candidates[m].covers.items() if part in left]
        return len(new), m in leads, sum(new), -m

    while left and free and len(chosen) < (most if set(chosen) & set(leads) else room):
        best = max(free, key=gained)
        if gained(best)[0] == 0:
            break
        chosen.append(best)
        free.remove(best)
        left -= set(candidates[best].covers)
    if leads and not set(chosen) & set(leads):
        chosen.append(max(leads, key=lambda m: (gained(m), -m)))
    return tuple(sorted(_without_idle(candidates, chosen, set(leads))))


def _without_idle(
    candidates: Sequence[Candidate], chosen: Sequence[int], leads: Set[int]
) -> list[int]:
    """Drop who brings nothing that the others do not, the last chosen first."""
    kept = list(chosen)
    for m in reversed(chosen):
        rest = [other for other in kept if other != m]
        shown = {part for other in rest for part in candidates[other].covers}
        led = m not in leads or bool(set(rest) & leads)
        if led and set(candidates[m].covers) <= shown:
            kept = rest
    return kept
