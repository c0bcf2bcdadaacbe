"""Problems from runs, what an assignment means for each side, and what fairness costs."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from plan_fixtures import capability, keeps, need, problem, run_of
from scipy.sparse import csr_matrix

from matcher.errors import InputError
from matcher.plan import nash
from matcher.plan.assigning import Assignment, assign
from matcher.plan.conflict import Conflict
from matcher.plan.exposure import gini, plan_of
from matcher.plan.model import OutOfTime, maximise_whole
from matcher.plan.problem import Rules, problem_of
from matcher.results import Run


def assigned(given: object) -> Assignment:
    found = assign(given)  # type: ignore[arg-type]
    assert isinstance(found, Assignment)
    return found


def test_everybodys_first_choice_is_shared_out() -> None:
    given = problem([[0.9, 0.5], [0.8, 0.1], [0.7, 0.6]], Rules(each=1), [1, 2])
    plan = plan_of(assigned(given))
    assert [(given.rows[p], given.columns[p]) for p in plan.assignment.chosen] == [
        (0, 1), (1, 0), (2, 1),
    ]  # fmt: skip
    assert plan.assignment.total == pytest.approx(1.9)
    assert plan.assignment.gap == 0.0
    assert (plan.fair, plan.price) == (False, 0.0)
    load = plan.loads[0]
    assert (load.asked, load.capacity, load.given, load.overloaded) == (3, 1, 1, True)
    first = plan.needs[0]
    # It wanted 0.9, of which every third asker gets something; it has 0.5 for certain.
    assert (first.own_value, first.own_served, first.value) == pytest.approx((0.9, 0.3, 0.5))
    assert first.change == pytest.approx(0.2)
    assert plan.gini == (pytest.approx(0.5), pytest.approx(1 / 6))


def test_a_share_for_small_suppliers_has_a_price() -> None:
    table = [[0.9, 0.3], [0.8, 0.2]]
    given = problem(table, Rules(each=1, small_share=50), [2, 2], small=[False, True])
    plan = plan_of(assigned(given))
    assert plan.assignment.total == pytest.approx(1.1)
    assert plan.free.total == pytest.approx(1.7)
    assert plan.price == pytest.approx(0.6 / 1.7)
    assert plan.small_share == (0.0, 0.5)
    assert (plan.fair, plan.unknown) == (True, 0)


def test_nash_welfare_leaves_nobody_out() -> None:
    table = [[0.9, 0.6], [0.9, 0.5]]
    total = assigned(problem(table, Rules(each=1), [2, 2]))
    fair = assigned(problem(table, Rules(each=1, objective="nash"), [2, 2]))
    assert total.problem.columns[total.chosen].tolist() == [0, 0]
    assert sorted(fair.problem.columns[fair.chosen].tolist()) == [0, 1]
    assert fair.total == pytest.approx(1.5)


def test_nash_welfare_has_an_answer_when_its_time_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.random.default_rng(3).uniform(0.05, 0.95, (40, 30)).round(4).tolist()
    given = problem(table, Rules(each=2, objective="nash"), [1 + n % 3 for n in range(30)])
    best = assigned(given)
    monkeypatch.setattr(nash, "SECONDS", 0.0)
    found = assigned(given)
    assert keeps(given, found.chosen, 0)
    assert nash.welfare(given, found.chosen) <= nash.welfare(given, best.chosen) + 1e-9
    assert best.gap <= found.gap < 0.02


def test_a_contradiction_names_its_rules_and_the_ways_out() -> None:
    given = problem([[0.9], [0.8], [0.7]], Rules(each=1, at_least=1), [1])
    found = assign(given)
    assert isinstance(found, Conflict)
    # Two needs and one place are enough for a contradiction; the third need adds nothing.
    kinds = sorted((rule.kind, rule.limit) for rule in found.rules)
    assert kinds == [("at_least", 1), ("at_least", 1), ("capacity", 1)]
    assert (found.wanted, found.possible) == (2, 1)
    ways = {way.kind: way for way in found.relaxations}
    assert ways["capacity"].parts == ((0, 2),)
    assert ways["at_least"].value == 2


def test_a_share_that_cannot_be_reached_says_what_can() -> None:
    rules = Rules(each=1, small_share=60)
    found = assign(problem([[0.9, 0.2], [0.8, 0], [0.7, 0], [0.6, 0]], rules, [9, 9],
                           small=[False, True]))  # fmt: skip
    assert isinstance(found, Conflict)
    ways = {way.kind: way.value for way in found.relaxations}
    assert ways["small_share"] == 25


def test_the_order_of_the_files_plays_no_part() -> None:
    needs = [need(n) for n in range(3)]
    offers = [capability(n, 1, f"示例单位{n}") for n in range(3)]
    table = {(r, c): 0.5 for r in range(3) for c in range(3)}
    turned = {(2 - r, 2 - c): p for (r, c), p in table.items()}
    found = []
    for run in (run_of(needs, offers, table), run_of(needs[::-1], offers[::-1], turned)):
        given = problem_of(run, Rules(each=2))
        found.append([(m.need.id, m.capability.id) for m in assigned(given).matches])
    assert found[0] == found[1]


def test_a_need_listed_twice_has_each_pair_once() -> None:
    offers = [capability(n, 3, f"示例单位{n}") for n in range(2)]
    run = run_of([need(0), need(0)], offers, {(0, 0): 0.4, (1, 0): 0.6, (1, 1): 0.3})
    given = problem_of(run, Rules(each=2))
    assert list(zip(given.rows, given.columns, given.values, strict=True)) == [
        (0, 0, 0.6), (0, 1, 0.3),
    ]  # fmt: skip
    assert [m.probability for m in given.matches] == [0.6, 0.3]


def test_a_search_that_time_ends_says_so_and_keeps_a_true_bound() -> None:
    rng = np.random.default_rng(5)
    weights = rng.integers(1000, 9999, (30, 60)).astype(np.float64)
    gain, limits = rng.integers(1000, 9999, 60).astype(np.float64), weights.sum(axis=1) / 2
    with pytest.raises(OutOfTime, match="No assignment"):
        maximise_whole(gain, csr_matrix(weights), limits, seconds=0.0)
    found = maximise_whole(gain, csr_matrix(weights), limits, seconds=0.5)
    assert found is not None
    x, bound = found
    assert (weights @ x <= limits + 1e-6).all()
    assert gain @ x <= bound


def test_who_is_the_same_supplier_and_who_is_new_or_small() -> None:
    offers = [
        capability(0, 1, "示例甲公司", size="small"),
        capability(1, 1, "示例 甲公司"),
        capability(2, 1, "示例乙", founded=date(2024, 1, 1)),
        capability(3, 1, "示例丙", founded=date(2001, 1, 1)),
        capability(4, 1, "示例丁"),
        capability(5, 1),
        capability(6, 1),
        capability(7, 1, "示例甲公司", confidentiality="anonymous"),
    ]
    run = run_of([need(0)], offers, {(0, c): 0.5 for c in range(len(offers))})
    found = problem_of(run, Rules(each=1)).suppliers
    assert [supplier.capabilities for supplier in found] == [
        (0, 1), (2,), (3,), (4,), (5,), (6,), (7,),
    ]  # fmt: skip
    assert [supplier.small for supplier in found] == [True, True, False, None, None, None, None]


def test_capacity_is_assumed_where_it_is_not_stated() -> None:
    given = problem([[0.9, 0.5, 0.4]], Rules(capacity=7), [None, 0, 2])
    assert given.capacity.tolist() == [7, 0, 2]
    assert given.assumed == 1
    assert assigned(given).problem.columns[assigned(given).chosen].tolist() == [0, 2]


def test_without_probabilities_scores_are_used() -> None:
    run = run_of([need(0)], [capability(0)], {(0, 0): None})
    given = problem_of(run, Rules())
    assert (given.calibrated, given.values.tolist()) == (False, [0.5])


def test_an_empty_run() -> None:
    run = run_of([], [], {})
    plan = plan_of(assigned(problem_of(Run((), run.provenance), Rules(small_share=20))))
    assert (plan.needs, plan.exposures, plan.gini, plan.price) == ((), (), (0.0, 0.0), 0.0)


@pytest.mark.parametrize(
    "wrong", [{"each": 0}, {"at_least": 4}, {"small_share": 101}, {"per_supplier": 0},
              {"objective": "luck"}, {"capacity": -1}],
)  # fmt: skip
def test_rules_that_make_no_sense(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        Rules(**wrong)  # type: ignore[arg-type]
    assert caught.value.zh != caught.value.en


def test_gini() -> None:
    assert gini([]) == gini([0, 0]) == gini([3, 3, 3]) == 0.0
    assert gini([0, 0, 0, 8]) == pytest.approx(0.75)
