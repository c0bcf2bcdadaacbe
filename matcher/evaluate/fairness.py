"""Language fairness: the same need in two languages should find the same partners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matcher.engine import Matcher
from matcher.errors import InputError
from matcher.records import Need
from matcher.results import MatchList

TOP = 10


@dataclass(frozen=True)
class Twin:
    """One need and the same in the other language."""

    need: str
    twin: str
    #: Share of the first candidates that both have, in [0, 1].
    overlap: float
    #: Whether both get a list, or both get none.
    same_answer: bool
    #: Whether both put the same partner first.
    same_best: bool


def twins(
    matcher: Matcher, needs: Sequence[Need], others: Sequence[Need], suffix: str = "-EN"
) -> list[Twin]:
    """Match needs and their translations; a translation has the need's id with ``suffix``.

    The overlap is that of the ten best candidates, proposed or not. Raises InputError where no
    need has a translation.
    """
    wanted = {other.id.removesuffix(suffix): other for other in others}
    pairs = [(need, wanted[need.id]) for need in needs if need.id in wanted]
    if not pairs:
        raise InputError(
            f"没有一条需求有另一种语言的版本：编号应为原编号加 {suffix}。",
            f"No need has a version in the other language: its id is that of the need with "
            f"{suffix}.",
        )
    found = {
        listed.query.id: listed
        for listed in matcher.match_all([need for pair in pairs for need in pair], TOP)
    }
    return [_twin(found[one.id], found[other.id]) for one, other in pairs]


def _twin(one: MatchList, other: MatchList) -> Twin:
    first, second = _candidates(one), _candidates(other)
    size = max(1, min(TOP, len(first), len(second)))
    shared = len(set(first[:size]) & set(second[:size])) / size
    return Twin(
        one.query.id, other.query.id, shared, bool(one.matches) == bool(other.matches),
        first[:1] == second[:1],
    )  # fmt: skip


def _candidates(found: MatchList) -> list[str]:
    return [match.capability.id for match in (*found.matches, *found.below)]
