"""What every way of assigning has to do, checked against trying all answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plan_fixtures import every_answer, keeps, problem

from matcher.plan.assigning import Assigner, Assignment, Exact, Pruned
from matcher.plan.conflict import Conflict, irreducible
from matcher.plan.model import most_places, rows_of, small_floor
from matcher.plan.nash import welfare
from matcher.plan.problem import Problem, Rules

ASSIGNERS: dict[str, Assigner] = {
    "exact": Exact(), "pruned": Pruned(first=1, gap=0.0), "rough": Pruned(first=1, rounds=1),
}  # fmt: skip
_FEW = settings(
    max_examples=50, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip


@st.composite
def problems(draw: st.DrawFn, objective: str = "total") -> Problem:
    """Draw up to four needs and four capabilities with at most eight pairs."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    value = st.sampled_from([0.0, 0.0, 0.05, 0.2, 0.35, 0.5, 0.5001, 0.8, 0.97])
    table = draw(st.lists(st.lists(value, min_size=columns, max_size=columns),
                          min_size=rows, max_size=rows))  # fmt: skip
    while sum(v > 0 for line in table for v in line) > 8:
        line = max(table, key=lambda line: sum(v > 0 for v in line))
        line[next(i for i, v in enumerate(line) if v > 0)] = 0.0
    each = draw(st.integers(1, 3))
    rules = Rules(
        each=each, at_least=draw(st.integers(0, min(2, each))),
        small_share=draw(st.sampled_from([0, 0, 20, 50, 100])),
        per_supplier=draw(st.sampled_from([None, None, 1, 2])),
        objective=objective, capacity=2,  # type: ignore[arg-type]
    )  # fmt: skip
    return problem(
        table, rules,
        draw(st.lists(st.sampled_from([0, 1, 2, None]), min_size=columns, max_size=columns)),
        draw(st.lists(st.sampled_from(["示例甲", "示例乙", "示例丙", ""]),
                      min_size=columns, max_size=columns)),
        draw(st.lists(st.sampled_from([True, False, None]), min_size=columns, max_size=columns)),
    )  # fmt: skip


@pytest.fixture(params=sorted(ASSIGNERS), scope="module")
def assigner(request: pytest.FixtureRequest) -> Assigner:
    return ASSIGNERS[request.param]


class TestAssigner:
    """The contract."""

    @pytest.mark.parametrize("objective", ["total", "nash"])
    @_FEW
    @given(data=st.data())
    def test_against_every_answer(
        self, assigner: Assigner, objective: str, data: st.DataObject
    ) -> None:
        given_problem = data.draw(problems(objective))
        floor = small_floor(given_problem)
        answers = list(every_answer(given_problem, floor))
        found = assigner.assign(given_problem)
        if not answers:
            assert isinstance(found, Conflict)
            return
        assert isinstance(found, Assignment)
        assert keeps(given_problem, found.chosen, floor)
        values = [
            float(given_problem.values[chosen].sum()) if objective == "total"
            else welfare(given_problem, chosen) for chosen in answers
        ]  # fmt: skip
        best = max(values)
        assert found.bound >= best - 1e-6
        assert found.objective <= best + 1e-6
        if assigner.name == "exact" or (objective == "total" and assigner is ASSIGNERS["pruned"]
                                        and not given_problem.rules.small_share):  # fmt: skip
            assert found.objective == pytest.approx(best, abs=1e-5)
        if assigner.name == "exact":
            assert found.gap < 1e-5

    def test_nothing_to_assign(self, assigner: Assigner) -> None:
        for table in ([], [[]], [[0.0, 0.0]]):
            found = assigner.assign(problem(table, Rules()))
            assert isinstance(found, Assignment)
            assert (len(found.chosen), found.objective, found.bound, found.gap) == (0, 0, 0, 0)

    def test_the_order_of_the_pairs_is_fixed_and_the_answer_repeats(
        self, assigner: Assigner
    ) -> None:
        table = [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]
        rules = Rules(each=1)
        first, second = (assigner.assign(problem(table, rules)) for _ in range(2))
        assert isinstance(first, Assignment)
        assert isinstance(second, Assignment)
        assert first.chosen.tolist() == second.chosen.tolist()
        assert first.objective == 1.5 or assigner is ASSIGNERS["rough"]


@_FEW
@given(problems())
def test_the_most_places_are_counted_right(drawn: Problem) -> None:
    free = replace(drawn, rules=replace(drawn.rules, at_least=0, small_share=0))
    assert most_places(free) == max(len(chosen) for chosen in every_answer(free, 0))


@_FEW
@given(problems())
def test_a_conflict_is_irreducible_and_every_way_out_is_one(drawn: Problem) -> None:
    found = Exact().assign(drawn)
    if isinstance(found, Assignment):
        return
    rows = rows_of(drawn, small_floor(drawn))
    kept = irreducible(rows)
    numbers = np.flatnonzero(kept)
    assert not _can(rows, numbers)
    for left_out in numbers:
        assert _can(rows, [n for n in numbers if n != left_out])
    assert len(found.rules) == len(numbers)
    assert found.possible < found.wanted
    for way in found.relaxations:
        assert isinstance(Exact().assign(_relaxed(drawn, way.kind, way.value, way.parts)),
                          Assignment) or way.kind == "at_least"  # fmt: skip


def _can(rows: object, numbers: object) -> bool:
    """Try every set of pairs against some rows."""
    matrix = rows.matrix.toarray()[list(numbers)]  # type: ignore[attr-defined, call-overload]
    limits = rows.limits[list(numbers)]  # type: ignore[attr-defined, call-overload]
    flags = np.array(np.meshgrid(*[[0, 1]] * matrix.shape[1])).reshape(matrix.shape[1], -1)
    return bool(((matrix @ flags) <= limits[:, None] + 1e-9).all(axis=0).any())


def _relaxed(given: Problem, kind: str, value: int, parts: tuple[tuple[int, int], ...]) -> Problem:
    if kind == "small_share":
        return replace(given, rules=replace(given.rules, small_share=value))
    if kind in ("each", "per_supplier"):
        return replace(given, rules=replace(given.rules, **{kind: value}))
    more = dict(parts)
    return replace(given, capabilities=tuple(
        record.model_copy(update={"capacity": int(given.capacity[n]) + more.get(n, 0)})
        for n, record in enumerate(given.capabilities)
    ))  # fmt: skip
