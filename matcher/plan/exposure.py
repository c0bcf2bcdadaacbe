"""What an assignment means: for every need, for every supplier, and what fairness costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from matcher.plan.assigning import Assigner, Assignment, assign
from matcher.plan.problem import Flags, Floats, Ints, Problem, best_of_each


def gini(values: Sequence[float] | Floats | Ints) -> float:
    """Return the Gini coefficient: 0.0 is the same for all, near 1.0 is all for one.

    Half the mean absolute difference over the mean (Gini 1912); 0.0 where there is nothing.
    """
    ordered = np.sort(np.asarray(values, np.float64))
    total, count = float(ordered.sum()), len(ordered)
    if not count or total <= 0:
        return 0.0
    ranks = np.arange(1, count + 1)
    return float((2 * (ranks * ordered).sum() / total - (count + 1)) / count)


@dataclass(frozen=True)
class NeedChange:
    """A need against its own best list: the numbers of the pairs of both, best first.

    ``own_value`` and ``value`` are sums of probabilities. ``own_served`` is what its own list
    comes to if every need insists on its own and a capability that is asked too often serves
    as many as it can, each with the same chance.
    """

    need: int
    own: tuple[int, ...]
    got: tuple[int, ...]
    own_value: float
    own_served: float
    value: float

    @property
    def change(self) -> float:
        """What the assignment gives beyond the own list as it can be served."""
        return self.value - self.own_served


@dataclass(frozen=True)
class Load:
    """A capability: in how many own lists it is, what it can take, and what it was given."""

    capability: int
    asked: int
    capacity: int
    given: int

    @property
    def overloaded(self) -> bool:
        """Whether more needs would turn to it than it can take."""
        return self.asked > self.capacity


@dataclass(frozen=True)
class Exposure:
    """A supplier: places in the own lists and in the assignment, and the expected successes."""

    supplier: int
    asked: int
    given: int
    expected: float


@dataclass(frozen=True)
class Plan:
    """An assignment and what it is compared with: the same rules without any for fairness."""

    assignment: Assignment
    #: The greatest total; the assignment itself where no rule is for fairness.
    free: Assignment

    @property
    def problem(self) -> Problem:
        """The problem."""
        return self.assignment.problem

    @property
    def price(self) -> float:
        """The share of the greatest total that fairness costs; 0.0 where it costs nothing."""
        total = self.free.total
        return max(0.0, total - self.assignment.total) / total if total else 0.0

    @property
    def fair(self) -> bool:
        """Whether any rule is for fairness."""
        return self.assignment is not self.free

    @cached_property
    def _own(self) -> Flags:
        problem = self.problem
        return best_of_each(problem.rows, problem.values, problem.rules.each)

    @cached_property
    def loads(self) -> tuple[Load, ...]:
        """Every capability that is a candidate at all."""
        problem, count = self.problem, len(self.problem.capabilities)
        asked = np.bincount(problem.columns[self._own], minlength=count)
        given = np.bincount(problem.columns[self.assignment.chosen], minlength=count)
        some = np.bincount(problem.columns, minlength=count) > 0
        return tuple(
            Load(int(n), int(asked[n]), int(problem.capacity[n]), int(given[n]))
            for n in np.flatnonzero(some)
        )

    @cached_property
    def needs(self) -> tuple[NeedChange, ...]:
        """Every need, in the order of the run."""
        problem = self.problem
        served = {load.capability: min(1.0, load.capacity / load.asked)
                  for load in self.loads if load.asked}  # fmt: skip
        own, got = (
            _by_need(problem, np.flatnonzero(self._own)),
            _by_need(problem, self.assignment.chosen),
        )
        found = []
        for need in np.argsort(problem.places, kind="stable"):
            mine, given = own.get(int(need), ()), got.get(int(need), ())
            values = [float(problem.values[pair]) for pair in mine]
            chances = [served[int(problem.columns[pair])] for pair in mine]
            found.append(NeedChange(
                int(need), mine, given, sum(values),
                sum(v * c for v, c in zip(values, chances, strict=True)),
                float(sum(problem.values[pair] for pair in given)),
            ))  # fmt: skip
        return tuple(found)

    @cached_property
    def exposures(self) -> tuple[Exposure, ...]:
        """Every supplier with a candidate, those with the most places first."""
        problem, count = self.problem, len(self.problem.suppliers)
        chosen = self.assignment.chosen
        asked = np.bincount(problem.owners[self._own], minlength=count)
        given = np.bincount(problem.owners[chosen], minlength=count)
        expected = np.bincount(problem.owners[chosen], problem.values[chosen], minlength=count)
        some = np.unique(problem.owners)
        order = sorted(some.tolist(), key=lambda n: (-given[n], -expected[n], n))
        return tuple(Exposure(n, int(asked[n]), int(given[n]), float(expected[n])) for n in order)

    @property
    def gini(self) -> tuple[float, float]:
        """The Gini coefficient of the places of suppliers: in the own lists, as assigned."""
        found = self.exposures
        return gini([e.asked for e in found]), gini([e.given for e in found])

    @property
    def small_share(self) -> tuple[float, float]:
        """The share of places of new and small suppliers: in the own lists, as assigned."""
        problem, chosen = self.problem, self.assignment.chosen
        own = problem.small[self._own]
        given = problem.small[chosen]
        return (float(own.mean()) if len(own) else 0.0, float(given.mean()) if len(given) else 0.0)

    @property
    def unknown(self) -> int:
        """How many suppliers with a candidate state neither size nor founding."""
        return sum(self.problem.suppliers[e.supplier].small is None for e in self.exposures)


def plan_of(assignment: Assignment, assigner: Assigner | None = None) -> Plan:
    """Return an assignment with the one it is compared with."""
    problem = assignment.problem
    rules = replace(problem.rules, objective="total", small_share=0, per_supplier=None)
    if rules == problem.rules:
        return Plan(assignment, assignment)
    free = assign(replace(problem, rules=rules), assigner)
    # Fewer rules can be kept where more could.
    assert isinstance(free, Assignment)
    return Plan(assignment, free)


def _by_need(problem: Problem, pairs: Ints) -> dict[int, tuple[int, ...]]:
    found: dict[int, list[int]] = {}
    for pair in sorted(pairs.tolist(), key=lambda n: (-problem.values[n], n)):
        found.setdefault(int(problem.rows[pair]), []).append(pair)
    return {need: tuple(numbers) for need, numbers in found.items()}
