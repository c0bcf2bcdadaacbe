"""The rules of an assignment as linear inequalities, and the calls of HiGHS (through SciPy).

Every pair of a need and a capability is a variable in [0, 1]. The rows of needs, capabilities and
suppliers form a network (each pair is in one of each, and suppliers nest capabilities), so
that a vertex of the linear program is whole numbers; only the share of new and small suppliers
lies across it. The same holds for feasibility with the share: the most places of small suppliers
is a linear objective over a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_matrix, csr_matrix, vstack
from scipy.sparse.csgraph import maximum_flow

from matcher.errors import MatcherError
from matcher.plan.problem import Flags, Floats, Ints, Problem

RuleKind = Literal["each", "at_least", "capacity", "per_supplier", "small_share"]
#: A sparse matrix; its stubs know fewer kinds than SciPy takes.
Matrix = Any
#: So many seconds the search for whole numbers may take; then the best so far counts.
SECONDS = 60.0
#: Away from a whole number by more than this is a fraction.
WHOLE = 1e-6


class OutOfTime(MatcherError):
    """No whole numbers were found in the time for it."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"在 {seconds:.0f} 秒内没有算出分配方案。请减少每项需求的候选数，或把需求分批后再试。",
            f"No assignment was found within {seconds:.0f} seconds: consider fewer candidates for "
            "a need, or split the needs, and try again.",
        )


@dataclass(frozen=True)
class Rows:
    """Inequalities ``matrix @ x <= limits``; row i is rule ``kinds[i]`` of number ``numbers[i]``.

    The number is that of the need, the capability or the supplier; 0 for the share. Lower
    limits stand with their signs changed.
    """

    matrix: Matrix
    limits: Floats
    kinds: tuple[RuleKind, ...]
    numbers: Ints

    def of(self, wanted: Flags) -> Rows:
        """Return some of the rows."""
        kept = np.flatnonzero(wanted)
        kinds = tuple(self.kinds[i] for i in kept)
        return Rows(self.matrix[kept], self.limits[kept], kinds, self.numbers[kept])

    def are(self, *kinds: RuleKind) -> Flags:
        """Tell which rows are of these kinds."""
        return np.array([kind in kinds for kind in self.kinds], np.bool_)


@dataclass(frozen=True)
class Answer:
    """A solution of a linear program, its value, and the price of every row (at least 0)."""

    x: Floats
    value: float
    prices: Floats


@dataclass(frozen=True)
class Solution:
    """Pairs found, a bound over *all* pairs, and what each pair is worth above its prices."""

    chosen: Ints
    bound: float
    worth: Floats


def most_places(problem: Problem) -> int:
    """Return how many places can be filled under the upper limits: a maximum flow."""
    n, m, s = len(problem.needs), len(problem.capabilities), len(problem.suppliers)
    if not len(problem.rows):
        return 0
    limit = problem.rules.per_supplier
    source, sink = n + m + s, n + m + s + 1
    tails = [np.full(n, source), problem.rows, n + np.arange(m), n + m + np.arange(s)]
    heads = [np.arange(n), n + problem.columns, n + m + problem.supplier_of, np.full(s, sink)]
    sizes = [
        np.full(n, problem.rules.each), np.ones(len(problem.rows), np.int64), problem.capacity,
        np.full(s, len(problem.rows) if limit is None else limit),
    ]  # fmt: skip
    # More than there are pairs is no limit, and fits the solver's integers.
    flows = np.minimum(np.concatenate(sizes), len(problem.rows)).astype(np.int32)
    shape = (n + m + s + 2, n + m + s + 2)
    graph: Matrix = csr_matrix((flows, (np.concatenate(tails), np.concatenate(heads))), shape=shape)
    return int(maximum_flow(graph, source, sink).flow_value)


def small_floor(problem: Problem) -> int:
    """Return how many places new and small suppliers are to get at least."""
    share = problem.rules.small_share
    # Of the most that can be filled, so that leaving places empty does not reach the share.
    return -(-share * most_places(problem) // 100) if share else 0


def rows_of(problem: Problem, floor: int) -> Rows:
    """Return the inequalities of a problem; ``floor`` is ``small_floor``, 0 leaves it out."""
    rules, count = problem.rules, len(problem.rows)
    pairs, ones = np.arange(count), np.ones(count)

    def block(numbers: Ints, size: int) -> Matrix:
        return coo_matrix((ones, (numbers, pairs)), shape=(size, count)).tocsr()

    parts: list[tuple[RuleKind, Any, Floats, Ints]] = []

    def add(kind: RuleKind, matrix: Any, limits: Any, wanted: Flags | None = None) -> None:
        numbers = np.arange(matrix.shape[0])
        kept = numbers if wanted is None else np.flatnonzero(wanted)
        limits = np.broadcast_to(np.asarray(limits, np.float64), (matrix.shape[0],))
        parts.append((kind, matrix[kept], limits[kept], kept))

    by_need = block(problem.rows, len(problem.needs))
    asked = np.bincount(problem.rows, minlength=len(problem.needs)) > 0
    add("each", by_need, rules.each, asked)
    offered = np.bincount(problem.columns, minlength=len(problem.capabilities)) > 0
    add("capacity", block(problem.columns, len(problem.capabilities)), problem.capacity, offered)
    if rules.per_supplier is not None:
        add("per_supplier", block(problem.owners, len(problem.suppliers)), rules.per_supplier)
    if rules.at_least:
        add("at_least", -by_need, -rules.at_least, asked)
    if floor:
        add("small_share", csr_matrix(-problem.small.astype(np.float64)), -floor)
    return Rows(
        vstack([part[1] for part in parts]).tocsr(),
        np.concatenate([part[2] for part in parts]),
        tuple(part[0] for part in parts for _ in range(part[1].shape[0])),
        np.concatenate([part[3] for part in parts]),
    )


def maximise(
    gain: Floats, matrix: Any, limits: Floats, low: Floats | float = 0.0,
    high: Floats | float = 1.0,
) -> Answer | None:  # fmt: skip
    """Return the vertex where ``gain @ x`` is greatest, None where there is no solution."""
    ends = [np.broadcast_to(low, gain.shape), np.broadcast_to(high, gain.shape)]
    bounds: Any = np.column_stack(ends)
    # The dual simplex ends in a vertex and gives the same one every time.
    found: Any = linprog(-gain, A_ub=matrix, b_ub=limits, bounds=bounds, method="highs-ds")
    if found.status == 2:
        return None
    _check(found)
    return Answer(found.x, -float(found.fun), np.maximum(0.0, -found.ineqlin.marginals))


def maximise_whole(
    gain: Floats, matrix: Any, limits: Floats, whole: Flags | None = None,
    low: Floats | float = 0.0, high: Floats | float = 1.0, gap: float = 0.0,
    seconds: float = SECONDS,
) -> tuple[Floats, float] | None:  # fmt: skip
    """Return whole numbers where ``gain @ x`` is greatest and a bound, None without a solution.

    Where the time ends the search the numbers are the best so far; the bound holds for any.

    Parameters
    ----------
    whole
        Which variables have to be whole; by default all.
    gap
        The relative distance from the bound at which the search may end.
    seconds
        The time after which it ends.

    Raises OutOfTime where no whole numbers were found by then.
    """
    shape = gain.shape
    integrality = np.ones(shape, np.int8) if whole is None else whole.astype(np.int8)
    found: Any = milp(
        -gain, constraints=LinearConstraint(matrix, -np.inf, limits),
        integrality=integrality,
        bounds=Bounds(np.broadcast_to(low, shape), np.broadcast_to(high, shape)),
        options={"mip_rel_gap": gap, "time_limit": seconds},
    )  # fmt: skip
    if found.status == 2:
        return None
    if found.status == 1:
        if found.x is None:
            raise OutOfTime(seconds)
    else:
        _check(found)
    return found.x, -float(found.mip_dual_bound)


def priced(rows: Rows, gain: Floats, prices: Floats) -> tuple[Floats, float]:
    """Return what each pair gains above its prices, and the bound that follows.

    For any prices of at least 0 no solution gains more than the limits at these prices and, for
    every pair, what it gains above them (Lagrangian bound, Geoffrion 1974).
    """
    worth = gain - rows.matrix.T @ prices
    return worth, float(rows.limits @ prices + worth[worth > 0].sum())


def total_within(problem: Problem, rows: Rows, kept: Flags) -> Solution | None:
    """Return the greatest total among the ``kept`` pairs and a bound over all pairs."""
    numbers = np.flatnonzero(kept)
    gain, matrix = problem.values[numbers], rows.matrix[:, numbers]
    answer = maximise(gain, matrix, rows.limits)
    if answer is None:
        return None
    worth, bound = priced(rows, problem.values, answer.prices)
    if is_whole(answer.x):
        return Solution(numbers[pairs_of(answer.x)], bound, worth)
    found = maximise_whole(gain, matrix, rows.limits)
    if found is None:
        return None
    x, limit = found
    return Solution(numbers[pairs_of(x)], min(bound, limit) if kept.all() else bound, worth)


def is_whole(x: Floats) -> bool:
    """Tell whether a solution has no fractions."""
    return bool(np.all(np.abs(x - np.round(x)) <= WHOLE))


def pairs_of(x: Floats) -> Ints:
    """Return the numbers of the chosen pairs."""
    return np.flatnonzero(x > 0.5)


def stack(parts: Sequence[Any]) -> Matrix:
    """Return matrices below each other."""
    found: Matrix = vstack(parts).tocsr()
    return found


def _check(found: Any) -> None:
    if found.status != 0:
        raise RuntimeError(f"HiGHS: {found.message}")
