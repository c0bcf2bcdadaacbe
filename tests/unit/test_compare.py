"""Two runs side by side: what rose, fell, came and went, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matcher.compare import Known, ListComparison, compare_lists, compare_runs
from matcher.records import Capability, Need
from matcher.results import Match, MatchList, Provenance, Run

MADE = Provenance("1", "data", "encoder", "print", "weights", "2026-11-01", "curve")
NEED = Need(id="N1", title="低膨胀底部填充胶 underfill", problem="空洞 voids", kind="technology")


def capability(code: str, summary: str = "毛细流动 capillary flow") -> Capability:
    return Capability(id=code, title=f"示例成果 {code}", summary=summary, kind="technology")


def match(code: str, rank: int, probability: float | None = 0.5, **more: str) -> Match:
    return Match(NEED, capability(code, **more), rank, 1.0, (), (), (), (), (), (), probability)


def found(*matches: Match, below: tuple[Match, ...] = (), need: Need = NEED) -> MatchList:
    return MatchList(need, matches, (), "", below)


def told(comparison: ListComparison) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {move.partner.id: (move.change, move.reasons) for move in comparison.moves}


def test_every_kind_of_change() -> None:
    before = found(match("A", 1, 0.9), match("B", 2, 0.8), match("C", 3, 0.7), match("E", 4, 0.6))
    after = found(match("B", 1, 0.8), match("A", 2, 0.75), match("D", 3, 0.7), match("E", 4, 0.6))
    changes = told(compare_lists(before, after, (MADE, MADE)))
    assert {code: change for code, (change, _) in changes.items()} == {
        "B": "rose", "A": "fell", "D": "came", "E": "same", "C": "went",
    }  # fmt: skip
    assert list(changes) == ["B", "A", "D", "E", "C"]
    assert changes["E"] == ("same", ())
    assert changes["B"][1] == ("others",)


def test_a_candidate_below_the_threshold_comes_and_goes() -> None:
    listed, rest = found(match("A", 1)), found(below=(match("A", 1, 0.1),))
    assert told(compare_lists(rest, listed, (MADE, MADE)))["A"][0] == "came"
    went = compare_lists(listed, rest, (MADE, MADE))
    assert told(went)["A"][0] == "went"
    assert went.moves[0].after is not None
    assert not went.moves[0].after.proposed
    assert not compare_lists(rest, rest, (MADE, MADE)).moves


@pytest.mark.parametrize(
    ("changed", "reason"),
    [("encoder_fingerprint", "encoder"), ("weights", "weights"), ("calibration", "calibration")],
)
def test_what_a_run_was_made_from_is_a_reason(changed: str, reason: str) -> None:
    other = replace(MADE, **{changed: "another"})
    before, after = found(match("A", 1, 0.9)), found(match("A", 1, 0.6))
    assert told(compare_lists(before, after, (MADE, other)))["A"] == ("fell", (reason,))


def test_edited_records_are_a_reason() -> None:
    edited = NEED.model_copy(update={"problem": "更多空洞 more voids"})
    before = found(match("A", 1, 0.5))
    after = found(match("A", 1, 0.7), need=edited)
    assert told(compare_lists(before, after, (MADE, MADE)))["A"] == ("rose", ("query_changed",))
    after = found(match("A", 1, 0.7, summary="新的摘要 new summary"))
    assert told(compare_lists(before, after, (MADE, MADE)))["A"] == ("rose", ("partner_changed",))


def test_what_only_the_office_knows_is_a_reason() -> None:
    known = Known(new={"D"}, gone={"A"}, decided={("N1", "B")})
    before = found(match("A", 1), match("B", 2, 0.4))
    after = found(match("D", 1), match("B", 2, 0.3))
    changes = told(compare_lists(before, after, (MADE, MADE), known))
    assert changes["D"] == ("came", ("new_partner",))
    assert changes["A"] == ("went", ("partner_gone",))
    assert changes["B"] == ("fell", ("decision",))


def test_probabilities_that_look_alike_are_the_same() -> None:
    before, after = found(match("A", 1, 0.501)), found(match("A", 1, 0.499))
    assert told(compare_lists(before, after, (MADE, MADE)))["A"] == ("same", ())
    bare = found(match("A", 1, None))
    assert told(compare_lists(bare, bare, (MADE, MADE)))["A"] == ("same", ())


def test_needs_for_a_capability_are_compared_too() -> None:
    asked = capability("C1")
    one = Match(NEED, asked, 1, 1.0, (), (), (), (), (), (), 0.5)
    compared = compare_lists(MatchList(asked, ()), MatchList(asked, (one,)), (MADE, MADE))
    assert told(compared) == {"N1": ("came", ("others",))}


def test_runs_may_ask_for_different_records() -> None:
    other = NEED.model_copy(update={"id": "N2"})
    before = Run((found(match("A", 1)), found(match("B", 1), need=other)), MADE)
    third = NEED.model_copy(update={"id": "N3"})
    after = Run((found(match("C", 1), need=third), found(match("A", 1))), MADE)
    compared = compare_runs(before, after)
    assert [(c.query.id, c.in_before, c.in_after) for c in compared] == [
        ("N3", False, True), ("N1", True, True), ("N2", True, False),
    ]  # fmt: skip
    assert compared[1].count("same") == 1
    with pytest.raises(ValueError, match="no lists"):
        compare_lists(None, None, (MADE, MADE))
