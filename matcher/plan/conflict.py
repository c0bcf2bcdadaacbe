"""When the rules contradict each other: which of them, and what the least relaxation is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.sparse import csr_matrix, hstack

from matcher.plan.model import (
    OutOfTime,
    Rows,
    RuleKind,
    maximise,
    maximise_whole,
    most_places,
    rows_of,
    small_floor,
)
from matcher.plan.problem import Flags, Floats, Ints, Problem

#: Less than this much of a broken rule is rounding.
_BROKEN = 1e-6
#: By so much a limit for all needs or suppliers is raised at most.
_TRIES = 12
#: In this order a rule is tried to be left out of the contradiction; limits that are facts first.
_ORDER: tuple[RuleKind, ...] = ("each", "per_supplier", "capacity", "small_share", "at_least")


@dataclass(frozen=True)
class Rule:
    """One rule: ``number`` is that of its need, capability or supplier (0 for the share)."""

    kind: RuleKind
    number: int
    limit: int


@dataclass(frozen=True)
class Relaxation:
    """What would be enough if only rules of one kind gave way.

    ``value`` is the new value of the setting (``each``, ``per_supplier``, the share in percent);
    for ``at_least`` and ``capacity`` it is the total by which single rules give way, ``parts``
    says which and by how much, by the number of the need or capability.
    """

    kind: RuleKind
    value: int
    parts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Conflict:
    """Rules that cannot be kept together; without any one of them the others can.

    ``wanted`` places are asked for by those of ``rules`` that are lower limits, and under the
    others at most ``possible`` can be given. ``relaxations`` are the ways out of all
    contradictions, each enough by itself; a kind of rule that cannot do it alone is not in it.
    """

    problem: Problem
    rules: tuple[Rule, ...]
    wanted: int
    possible: int
    relaxations: tuple[Relaxation, ...]


def explain(problem: Problem, rows: Rows) -> Conflict:
    """Return why no assignment keeps all ``rows``.

    The rules are an irreducible infeasible set, by the deletion filter (Chinneck and Dravnieks
    1991) over the rules that carry a price in the program of least violation.
    """
    kept = irreducible(rows)
    found = rows.of(kept)
    lower = found.are("at_least", "small_share")
    limits = np.round(found.limits).astype(np.int64)
    rules = tuple(
        Rule(kind, int(number), int(-limit if is_lower else limit))
        for kind, number, limit, is_lower in zip(
            found.kinds, found.numbers, limits, lower, strict=True
        )
    )
    wanted = int(-limits[lower].sum())
    possible = math.floor(wanted - _violation(found)[0] + _BROKEN)
    return Conflict(problem, rules, wanted, possible, _relaxations(problem, rows))


def irreducible(rows: Rows) -> Flags:
    """Return which rows are an infeasible set of which every proper part is feasible.

    Raises ValueError if all rows together are feasible.
    """
    short, priced = _violation(rows)
    if short <= _BROKEN:
        raise ValueError("these rules can be kept")
    kept = priced
    for kind in _ORDER:
        for number in np.flatnonzero(rows.are(kind)):
            if not kept[number]:
                continue
            kept[number] = False
            some = rows.of(kept)
            short, priced = _violation(some)
            if short <= _BROKEN:
                kept[number] = True
            else:
                # Less may be enough than was asked for.
                kept[np.flatnonzero(kept)[~priced]] = False
    return kept


def _relaxations(problem: Problem, rows: Rows) -> tuple[Relaxation, ...]:
    tried = (
        _less_share(problem, rows), _single(problem, rows, "at_least"),
        _single(problem, rows, "capacity"), _greater(problem, "each"),
        _greater(problem, "per_supplier"),
    )  # fmt: skip
    return tuple(found for found in tried if found is not None)


def _less_share(problem: Problem, rows: Rows) -> Relaxation | None:
    if "small_share" not in rows.kinds:
        return None
    others = rows.of(~rows.are("small_share"))
    answer = maximise(problem.small.astype(np.float64), others.matrix, others.limits)
    if answer is None:
        return None
    return Relaxation("small_share", 100 * round(answer.value) // most_places(problem))


def _single(problem: Problem, rows: Rows, kind: RuleKind) -> Relaxation | None:
    """Return the fewest places by which single rules of a kind have to give way."""
    numbers = np.flatnonzero(rows.are(kind))
    if not len(numbers):
        return None
    limits = rows.limits
    while True:
        given = _given_way(rows, limits, numbers)
        if given is None:
            return None
        # With more capacity more places can be filled, and the share is of all of them.
        floor = _floor_with(problem, rows, numbers, given) if kind == "capacity" else 0
        share = rows.are("small_share")
        if not floor or not share.any() or -limits[share][0] >= floor:
            break
        limits = np.where(share, -float(floor), limits)
    parts = [(int(rows.numbers[n]), int(g)) for n, g in zip(numbers, given, strict=True) if g]
    return Relaxation(kind, sum(more for _, more in parts), tuple(parts))


def _given_way(rows: Rows, limits: Floats, numbers: Ints) -> Ints | None:
    count, pairs = len(numbers), rows.matrix.shape[1]
    slack = csr_matrix(
        (-np.ones(count), (numbers, np.arange(count))), (len(rows.limits), count)
    )  # fmt: skip
    gain = np.concatenate([np.zeros(pairs), -np.ones(count)])
    # With whole limits a fractional assignment is as good as a whole one; see matcher.plan.model.
    whole = np.arange(pairs + count) >= pairs
    high = np.concatenate([np.ones(pairs), np.full(count, float(pairs))])
    lower = rows.limits[numbers] < 0
    high[pairs:][lower] = -rows.limits[numbers][lower]
    try:
        found = maximise_whole(gain, hstack([rows.matrix, slack]).tocsr(), limits, whole, 0.0, high)
    except OutOfTime:
        return None
    # A way out that time ended may ask for more than the fewest places: it is not offered.
    if found is None or found[1] - gain @ found[0] >= 1 - _BROKEN:
        return None
    return np.round(found[0][pairs:]).astype(np.int64)


def _floor_with(problem: Problem, rows: Rows, numbers: Ints, more: Ints) -> int:
    capacity = problem.capacity.copy()
    capacity[rows.numbers[numbers]] += more
    changed = [
        record.model_copy(update={"capacity": int(value)})
        for record, value in zip(problem.capabilities, capacity, strict=True)
    ]
    return small_floor(replace(problem, capabilities=tuple(changed)))


def _greater(problem: Problem, kind: Literal["each", "per_supplier"]) -> Relaxation | None:
    now = problem.rules.each if kind == "each" else problem.rules.per_supplier
    if now is None:
        return None
    for value in range(now + 1, now + 1 + _TRIES):
        rules = (
            replace(problem.rules, each=value)
            if kind == "each"
            else replace(problem.rules, per_supplier=value)
        )
        changed = replace(problem, rules=rules)
        rows = rows_of(changed, small_floor(changed))
        if _violation(rows)[0] <= _BROKEN:
            return Relaxation(kind, value)
    return None


def _violation(rows: Rows) -> tuple[float, Flags]:
    """Return by how many places lower limits are missed at least, and which rows carry a price."""
    lower = np.flatnonzero(rows.are("at_least", "small_share"))
    touched = np.flatnonzero(np.diff(rows.matrix[lower].tocsc().indptr)) if len(lower) else lower
    if not len(lower):
        return 0.0, np.zeros(len(rows.limits), np.bool_)
    slack = csr_matrix(
        (-np.ones(len(lower)), (lower, np.arange(len(lower)))), (len(rows.limits), len(lower))
    )
    gain = np.concatenate([np.zeros(len(touched)), -np.ones(len(lower))])
    high = np.concatenate([np.ones(len(touched)), np.full(len(lower), np.inf)])
    answer = maximise(
        gain, hstack([rows.matrix[:, touched], slack]).tocsr(), rows.limits, 0.0, high
    )
    assert answer is not None
    return -answer.value, answer.prices > _BROKEN
