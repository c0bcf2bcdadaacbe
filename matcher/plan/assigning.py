"""Assign partners over a whole batch: the best under the rules, or which rules stand in the way."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from time import monotonic
from typing import Protocol

import numpy as np

from matcher.plan.conflict import Conflict, explain
from matcher.plan.model import SECONDS, Rows, Solution, rows_of, small_floor, total_within
from matcher.plan.nash import nash_within, welfare
from matcher.plan.problem import Flags, Ints, Problem, best_of_each
from matcher.results import Match

#: Up to so many pairs every one of them is in the model; above, the promising ones.
EXACT_PAIRS = 300_000
#: A total within this share of its bound is called the best.
PROVEN = 1e-7


@dataclass(frozen=True)
class Assignment:
    """Who works with whom; ``chosen`` are the numbers of the pairs of ``problem``, ascending.

    ``objective`` is what the rules ask for, summed over the chosen pairs; no assignment under
    these rules reaches more than ``bound``.
    """

    problem: Problem
    chosen: Ints
    objective: float
    bound: float
    method: str

    @property
    def total(self) -> float:
        """The expected number of fitting partners: the sum of the values."""
        return math.fsum(self.problem.values[self.chosen])

    @property
    def gap(self) -> float:
        """How far below the best possible this may be, as a share; 0.0 is proven to be best.

        Of the total; with Nash welfare, of the geometric mean of what the suppliers get.
        """
        if self.problem.rules.objective == "nash":
            asked = len(np.unique(self.problem.owners)) or 1
            found = 1.0 - math.exp(min(0.0, self.objective - self.bound) / asked)
        else:
            found = max(0.0, self.bound - self.objective) / (self.bound or 1.0)
        return 0.0 if found <= PROVEN else found

    @property
    def matches(self) -> tuple[Match, ...]:
        """The matches of the chosen pairs."""
        return tuple(self.problem.matches[number] for number in self.chosen)


class Assigner(Protocol):
    """Solves a problem; the same problem gives the same answer."""

    @property
    def name(self) -> str:
        """The method's name in reports."""

    def assign(self, problem: Problem) -> Assignment | Conflict:
        """Return an assignment that keeps every rule, or why there is none."""


class Exact:
    """All pairs in one model: a linear program, whole numbers where the rules need them.

    The total is the greatest there is; ``matcher.plan.nash`` says how near Nash welfare comes.
    """

    name = "exact"

    def assign(self, problem: Problem) -> Assignment | Conflict:
        """Return the best assignment, or why there is none."""
        if not len(problem.rows):
            return _nothing(problem, self.name)
        rows = rows_of(problem, small_floor(problem))
        found = _within(problem, rows, np.ones(len(problem.rows), np.bool_))
        if found is None:
            return explain(problem, rows)
        return _assignment(problem, found, self.name)


@dataclass(frozen=True)
class Pruned:
    """The promising pairs of each need, and the prices of the rules to bound what others add.

    Starts with the best ``first`` pairs of each need (and as many of new or small suppliers, if
    there is a share for them), takes in what the prices call worthwhile, and ends when the bound
    over *all* pairs is within ``gap`` of what was found, or after ``rounds``; Nash welfare, whose
    rounds are long, begins none after a minute.
    """

    first: int = 12
    rounds: int = 8
    gap: float = 1e-3
    name: str = "pruned"

    def assign(self, problem: Problem) -> Assignment | Conflict:
        """Return an assignment with its bound, or why there is none."""
        if not len(problem.rows):
            return _nothing(problem, self.name)
        rows = rows_of(problem, small_floor(problem))
        kept = _promising(problem, max(self.first, 2 * problem.rules.each))
        best: Assignment | None = None
        ends = monotonic() + SECONDS
        for _ in range(self.rounds):
            found = _within(problem, rows, kept)
            if found is None:
                # Too few of them for a lower limit, or nothing is enough.
                kept = np.ones(len(kept), np.bool_)
                found = _within(problem, rows, kept)
            if found is None:
                return explain(problem, rows)
            best = _better(best, _assignment(problem, found, self.name))
            wanted = (found.worth > 0) & ~kept
            late = problem.rules.objective == "nash" and monotonic() >= ends
            if best.gap <= self.gap or not wanted.any() or late:
                break
            kept = kept | wanted
        return _nothing(problem, self.name) if best is None else best


def assign(problem: Problem, assigner: Assigner | None = None) -> Assignment | Conflict:
    """Return the assignment, exact where the size allows it, or why there is none."""
    small = len(problem.rows) <= EXACT_PAIRS
    return (assigner or (Exact() if small else Pruned())).assign(problem)


def _nothing(problem: Problem, method: str) -> Assignment:
    return Assignment(problem, np.zeros(0, np.int64), 0.0, 0.0, method)


def _within(problem: Problem, rows: Rows, kept: Flags) -> Solution | None:
    solve = nash_within if problem.rules.objective == "nash" else total_within
    return solve(problem, rows, kept)


def _assignment(problem: Problem, found: Solution, method: str) -> Assignment:
    if problem.rules.objective == "nash":
        reached = welfare(problem, found.chosen)
    else:
        reached = math.fsum(problem.values[found.chosen])
    return Assignment(problem, found.chosen, reached, max(found.bound, reached), method)


def _better(best: Assignment | None, other: Assignment) -> Assignment:
    """Return the greater of two, with the lower of their bounds."""
    if best is None:
        return other
    greater = other if other.objective > best.objective else best
    bound = max(greater.objective, min(best.bound, other.bound))
    return replace(greater, bound=bound)


def _promising(problem: Problem, count: int) -> Flags:
    kept = best_of_each(problem.rows, problem.values, count)
    if problem.rules.small_share:
        # A pair of another supplier comes after every pair of a small one.
        kept |= best_of_each(problem.rows, problem.values + 1e6 * problem.small, count)
    return kept
