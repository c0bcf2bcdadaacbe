"""Nash welfare over suppliers: the sum of the logarithms of what each of them gets.

The logarithm is concave, so each of its tangents is an upper bound. Linear programs with more and
more tangents (Kelley 1960) come as close to the best fractional assignment as wanted, and their
value is a bound for every assignment. Whole numbers are then sought among the pairs that the
prices of the last program leave open, again with tangents (Duran and Grossmann 1986). Up to
``EVERY_PAIR`` pairs all of them are open and the result is the best there is; above that it is
what was found, and the bound tells how far from the best it can be at most. It begins with the
whole numbers that are best by the slopes at the fractional assignment, and ends by the clock.
"""

from __future__ import annotations

from time import monotonic

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, eye_array, hstack

from matcher.plan.model import (
    SECONDS,
    WHOLE,
    Answer,
    Matrix,
    OutOfTime,
    Rows,
    Solution,
    maximise,
    maximise_whole,
    pairs_of,
    priced,
    stack,
)
from matcher.plan.problem import Flags, Floats, Ints, Problem

#: What a supplier who gets nothing counts as, since 0 has no logarithm: one place in a hundred.
NOTHING = 0.01
#: Up to so many pairs are all open when whole numbers are sought.
EVERY_PAIR = 1000
#: Otherwise so many, those that the prices say least about, and all fractions.
_OPEN = 1000
#: Tangents at these utilities before any is known.
_FIRST = (0.3, 1.0, 3.0, 10.0)
#: Fewer rounds for whole numbers where most pairs are settled: the bound no longer falls.
_ROUNDS, _WHOLE_FEW, _WHOLE_MANY = 12, 4, 20
#: Near enough, for each supplier.
_NEAR, _WHOLE_NEAR, _WHOLE_GAP = 1e-5, 1e-7, 1e-6


def welfare(problem: Problem, chosen: Ints) -> float:
    """Return the sum over suppliers that could get a place of log(0.01 + what they get)."""
    owners = np.unique(problem.owners)
    got = np.bincount(
        problem.owners[chosen], problem.values[chosen], minlength=len(problem.suppliers)
    )
    return float(np.log(NOTHING + got[owners]).sum())


def nash_within(problem: Problem, rows: Rows, kept: Flags) -> Solution | None:
    """Return a good assignment among the ``kept`` pairs and a bound over all pairs."""
    numbers = np.flatnonzero(kept)
    model = _Tangents(problem, rows, numbers)
    last: Answer | None = None
    bound = np.inf
    worth = np.zeros(len(problem.rows))
    for _ in range(_ROUNDS):
        last = model.relaxed()
        if last is None:
            return None
        worth, limit = model.priced(last)
        bound = min(bound, limit)
        got: Floats = model.utilities @ last.x[: len(numbers)]
        if last.value - np.log(NOTHING + got).sum() <= _NEAR * model.size:
            break
        model.touch(got)
    assert last is not None
    chosen, limit = model.whole(last.x[: len(numbers)], worth[numbers])
    if len(numbers) == len(problem.rows) <= EVERY_PAIR:
        bound = min(bound, limit)
    return Solution(numbers[chosen], float(bound), worth)


class _Tangents:
    """The model: pairs, then one variable for the logarithm of each supplier."""

    def __init__(self, problem: Problem, rows: Rows, numbers: Ints) -> None:
        self._problem, self._rows, self._numbers = problem, rows, numbers
        owners, self._owner = np.unique(problem.owners, return_inverse=True)
        self.size = len(owners)
        self._matrix = rows.matrix[:, numbers]
        values = problem.values[numbers]
        shape = (self.size, len(numbers))
        pairs = np.arange(len(numbers))
        self.utilities: Matrix = coo_matrix(
            (values, (self._owner[numbers], pairs)), shape=shape
        ).tocsr()
        self._least = np.full(self.size, np.inf)
        np.minimum.at(self._least, self._owner, problem.values)
        # Nobody gets anything between nothing and his least pair: a chord is tighter there.
        rise = (np.log(NOTHING + self._least) - np.log(NOTHING)) / self._least
        self._slopes = [rise]
        self._heights = [np.full(self.size, np.log(NOTHING))]
        for utility in _FIRST:
            self.touch(np.full(self.size, utility))

    def touch(self, got: Floats) -> None:
        """Add the tangents at what the suppliers get."""
        at = NOTHING + np.maximum(got, self._least)
        self._slopes.append(1 / at)
        self._heights.append(np.log(at) - (at - NOTHING) / at)

    def relaxed(self) -> Answer | None:
        """Solve with fractions."""
        matrix, limits, gain = self._model(np.arange(len(self._numbers)))
        low, high = self._bounds(len(self._numbers))
        return maximise(gain, matrix, limits, low, high)

    def priced(self, answer: Answer) -> tuple[Floats, float]:
        """Return what every pair of the problem is worth above its prices, and the bound."""
        count = len(self._rows.limits)
        weights = answer.prices[count:].reshape(len(self._slopes), self.size)
        slope = (weights * np.array(self._slopes)).sum(axis=0)
        fixed = float((weights * np.array(self._heights)).sum())
        gain = slope[self._owner] * self._problem.values
        worth, bound = priced(self._rows, gain, answer.prices[:count])
        return worth, bound + fixed

    def whole(self, x: Floats, worth: Floats) -> tuple[Ints, float]:
        """Return whole numbers near a fractional solution, and their bound among these pairs."""
        count = len(self._numbers)
        doubt = np.abs(worth)
        parted = np.abs(x - np.round(x)) > WHOLE
        doubt[parted] = -1.0
        # Rounding a fraction could break a rule: all of them stay open.
        many = count if count <= EVERY_PAIR else max(_OPEN, int(parted.sum()))
        free = np.sort(np.argsort(doubt, kind="stable")[:many])
        found = self._whole(x, free)
        if found is None:
            found = self._whole(x, np.arange(count))
        assert found is not None
        return found

    def _whole(self, x: Floats, free: Ints) -> tuple[Ints, float] | None:
        fixed = np.round(x)
        fixed[free] = 0.0
        count = len(free)
        whole = np.arange(count + self.size) < count
        low, high = self._bounds(count)
        best = self._linear(x, free, fixed)
        if best is None:
            return None
        value, bound = self._welfare(best), np.inf
        ends = monotonic() + SECONDS
        for _ in range(_WHOLE_MANY if count == len(x) else _WHOLE_FEW):
            matrix, limits, gain = self._model(free, fixed)
            try:
                found = maximise_whole(
                    gain, matrix, limits, whole, low, high, _WHOLE_GAP, max(0.0, ends - monotonic())
                )
            except OutOfTime:
                break
            assert found is not None, "the same rows had a solution"
            bound = min(bound, found[1])
            full = fixed.copy()
            full[free] = np.round(found[0][:count])
            got: Floats = self.utilities @ full
            reached = self._welfare(full)
            if reached > value:
                best, value = full, reached
            if bound - value <= _WHOLE_NEAR * self.size or monotonic() >= ends:
                break
            self.touch(got)
        return pairs_of(best), bound

    def _welfare(self, x: Floats) -> float:
        return float(np.log(NOTHING + self.utilities @ x).sum())

    def _linear(self, x: Floats, free: Ints, fixed: Floats) -> Floats | None:
        """Return whole numbers that are best by the slopes of the logarithm at ``x``.

        The fractional optimum is best by these slopes too, so little is lost, and without
        logarithms whole numbers are found in no time: there is an answer whenever the search
        for a better one ends.
        """
        slope = 1 / (NOTHING + self.utilities @ x)
        gain = slope @ self.utilities[:, free]
        limits = self._rows.limits - self._matrix @ fixed
        found = maximise_whole(gain, self._matrix[:, free], limits)
        if found is None:
            return None
        full = fixed.copy()
        full[free] = np.round(found[0])
        return full

    def _model(self, free: Ints, fixed: Floats | None = None) -> tuple[Matrix, Floats, Floats]:
        """Return matrix, limits and gain over the free pairs; the others are as fixed."""
        utilities = self.utilities[:, free]
        mine = hstack([self._matrix[:, free], csr_matrix((len(self._rows.limits), self.size))])
        identity = eye_array(self.size)
        cuts = [
            hstack([utilities.multiply(-slope[:, None]), identity]) for slope in self._slopes
        ]  # fmt: skip
        limits, heights = self._rows.limits, self._heights
        if fixed is not None:
            limits = limits - self._matrix @ fixed
            got = self.utilities @ fixed
            heights = [h + s * got for h, s in zip(self._heights, self._slopes, strict=True)]
        gain = np.concatenate([np.zeros(len(free)), np.ones(self.size)])
        return stack([mine, *cuts]), np.concatenate([limits, *heights]), gain

    def _bounds(self, count: int) -> tuple[Floats, Floats]:
        low = np.concatenate([np.zeros(count), np.full(self.size, -np.inf)])
        high = np.concatenate([np.ones(count), np.full(self.size, np.inf)])
        return low, high
