"""Small problems of assignment, and every answer to them by trying all."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import numpy as np

from matcher.plan.problem import Problem, Rules, problem_of
from matcher.records import Capability, Need, Organisation
from matcher.results import Match, MatchList, Provenance, Run

PROVENANCE = Provenance("0", "r", "e", "f", "w", "2026-11-25", "c")


def need(number: int) -> Need:
    return Need(id=f"N{number:03}", title=f"示例需求 {number}")


def capability(
    number: int, capacity: int | None = 1, owner: str = "", size: str | None = None,
    founded: date | None = None, confidentiality: str = "public",
) -> Capability:  # fmt: skip
    organisation = Organisation(name=owner, size=size, founded=founded) if owner else None
    return Capability(
        id=f"C{number:03}", title=f"示例成果 {number}", capacity=capacity,
        organisation=organisation, confidentiality=confidentiality,  # type: ignore[arg-type]
    )  # fmt: skip


def match(one: Need, other: Capability, rank: int, probability: float | None) -> Match:
    return Match(one, other, rank, probability or 0.5, (), (), (), (), (), (), probability)


def run_of(
    needs: Sequence[Need], capabilities: Sequence[Capability],
    table: Mapping[tuple[int, int], float | None],
) -> Run:  # fmt: skip
    """Return a run with these probabilities by the numbers of need and capability."""
    lists = []
    for row, one in enumerate(needs):
        found = sorted(
            ((p, c) for (r, c), p in table.items() if r == row), key=lambda x: -(x[0] or 0)
        )
        matches = tuple(match(one, capabilities[c], i, p) for i, (p, c) in enumerate(found, 1))
        lists.append(MatchList(one, matches, reason="" if matches else "no_common_ground"))
    return Run(tuple(lists), PROVENANCE, need_count=len(needs), capability_count=len(capabilities),
               records=(*needs, *capabilities))  # fmt: skip


def problem(
    table: Sequence[Sequence[float]], rules: Rules, capacity: Sequence[int | None] = (),
    owners: Sequence[str] = (), small: Sequence[bool | None] = (),
) -> Problem:  # fmt: skip
    """Return a problem from a dense table of probabilities, 0 where there is no pair."""
    width = len(table[0]) if table else 0
    sizes = {True: "small", False: "large", None: None}
    offers = [
        capability(
            c,
            capacity[c] if capacity else 1,
            owners[c] if owners else f"示例单位{c}",
            sizes[small[c]] if small else None,
        )
        for c in range(width)
    ]
    pairs = {
        (r, c): p for r, line in enumerate(table) for c, p in enumerate(line) if p > 0
    }  # fmt: skip
    return problem_of(run_of([need(r) for r in range(len(table))], offers, pairs), rules)


def keeps(given: Problem, chosen: np.ndarray, floor: int) -> bool:
    """Tell whether chosen pairs keep the rules, in plain words rather than in matrices."""
    rules = given.rules
    rows, columns, owners = given.rows[chosen], given.columns[chosen], given.owners[chosen]
    per_need = [int((rows == n).sum()) for n in range(len(given.needs))]
    asked = set(given.rows.tolist())
    return (
        all(n <= rules.each for n in per_need)
        and all(per_need[n] >= rules.at_least for n in asked)
        and all(int((columns == c).sum()) <= given.capacity[c] for c in set(columns.tolist()))
        and (
            rules.per_supplier is None
            or all(int((owners == s).sum()) <= rules.per_supplier for s in set(owners.tolist()))
        )
        and int(given.small[chosen].sum()) >= floor
    )


def every_answer(given: Problem, floor: int) -> Iterator[np.ndarray]:
    """Yield every set of pairs that keeps the rules."""
    for flags in itertools.product((False, True), repeat=len(given.rows)):
        chosen = np.flatnonzero(flags)
        if keeps(given, chosen, floor):
            yield chosen
