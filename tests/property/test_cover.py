"""The choice of members against trying every set of them."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.plan.cover import Candidate, choose, value

CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.dictionaries(st.integers(1, 6), st.sampled_from([0.2, 0.3, 0.45, 1.0]), max_size=4),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def every_choice(
    candidates: list[Candidate], most: int, unlike: list[frozenset[int]]
) -> list[frozenset[int]]:
    sets = (
        frozenset(found)
        for size in range(1, most + 1)
        for found in combinations(range(len(candidates)), size)
    )
    return [found for found in sets if not any(others <= found for others in unlike)]


@settings(max_examples=150, deadline=None)
@given(CANDIDATES, st.integers(1, 4), st.booleans())
def test_no_other_set_is_better_and_each_alternative_leaves_somebody_out(
    candidates: list[Candidate], most: int, lead_wanted: bool
) -> None:
    taken: list[frozenset[int]] = []
    for _ in range(3):
        found = choose(candidates, most, lead_wanted=lead_wanted, unlike=taken)
        worth = [
            value(candidates, other, lead_wanted) for other in every_choice(candidates, most, taken)
        ]
        if found is None:
            assert not any(each[0] for each in worth)
            return
        assert found.exact
        chosen = frozenset(found.members)
        assert value(candidates, chosen, lead_wanted) == max(worth)
        assert not any(others <= chosen for others in taken)
        assert choose(candidates, most, lead_wanted=lead_wanted, unlike=taken) == found
        taken.append(chosen)


@settings(max_examples=150, deadline=None)
@given(CANDIDATES)
def test_the_greedy_choice_keeps_its_bound(candidates: list[Candidate]) -> None:
    size = len(candidates)
    best = choose(candidates, size, lead_wanted=False)
    greedy = choose(candidates, size, lead_wanted=False, exact=-1)
    if best is None:
        assert greedy is None
        return
    assert greedy is not None
    assert not greedy.exact
    covered = value(candidates, frozenset(greedy.members))[0]
    assert covered == value(candidates, frozenset(best.members))[0]
    assert len(greedy.members) <= greedy.bound * len(best.members) + 1e-9
    led = choose(candidates, size, exact=-1)
    assert led is not None
    assert any(candidates[m].lead for m in led.members) == any(
        c.lead and c.covers for c in candidates
    )


def test_many_candidates_are_chosen_greedily_and_say_so() -> None:
    candidates = [Candidate(dict.fromkeys(range(m % 7, 40, 7), 0.5)) for m in range(90)]
    found = choose(candidates, 10)
    assert found is not None
    assert (found.exact, len(found.members)) == (False, 7)
    assert found.bound > 1
