"""What is to be assigned: the match lists of a run as a sparse table, and the rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from matcher import settings, taxonomy
from matcher.errors import InputError
from matcher.records import Capability, Need, Offer, Organisation
from matcher.results import Match, Run

#: Total: the expected number of fitting partners. Nash: the sum of the logarithms of what each
#: supplier gets.
Objective = Literal["total", "nash"]
#: Sizes of an organisation that count as small.
SMALL = ("micro", "small")
_DAYS_A_YEAR = 365.25

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rules:
    """What an assignment has to keep.

    Parameters
    ----------
    each
        The most partners of a need.
    at_least
        The fewest partners of every need that has a candidate at all.
    small_share
        Percent of all places that can be filled which new or small suppliers get; 0 is off.
    per_supplier
        The most places of one supplier over all its capabilities; None is no limit.
    capacity
        Assumed for a capability that does not state how many projects it can take.
    new_years
        An organisation founded within so many years before the run counts as new.

    Raises InputError for rules that make no sense.
    """

    each: int = 3
    at_least: int = 0
    small_share: int = 0
    per_supplier: int | None = None
    objective: Objective = "total"
    capacity: int = field(default_factory=lambda: int(settings.load()["capacity"]))
    new_years: int = field(default_factory=lambda: int(settings.load()["new_years"]))

    def __post_init__(self) -> None:
        most = 1 if self.per_supplier is None else self.per_supplier
        for low, value, high, zh, en in (
            (1, self.each, 50, "每项需求最多的合作方数", "most partners of a need"),
            (0, self.at_least, self.each, "每项需求最少的合作方数", "fewest partners of a need"),
            (0, self.small_share, 100, "新小单位的名额占比（%）", "share of new and small (%)"),
            (1, most, 10**6, "每家单位最多的名额", "places of one supplier"),
            (0, self.capacity, 10**6, "默认承接能力", "assumed capacity"),
            (0, self.new_years, 200, "新单位的年限", "years of a new organisation"),
        ):  # fmt: skip
            if not low <= value <= high:
                raise InputError(
                    f"{zh}应在 {low} 到 {high} 之间，实际是 {value}。",
                    f"The {en} must be from {low} to {high}, not {value}.",
                )
        if self.objective not in ("total", "nash"):
            raise InputError(
                f"没有“{self.objective}”这个目标，请用 total 或 nash。",
                f"There is no objective “{self.objective}”: use total or nash.",
            )


@dataclass(frozen=True)
class Supplier:
    """One party that offers: its name as it stands in the records, its capabilities by number."""

    name: str
    capabilities: tuple[int, ...]
    #: Whether it is new or small; None where its records state neither size nor founding.
    small: bool | None


@dataclass(frozen=True)
class Problem:
    """Needs × capabilities as pairs, in an order that does not depend on that of the files.

    ``rows`` and ``columns`` number the need and the capability of each pair, ``values`` is its
    probability, or its score in a run that is not calibrated; ``places`` is the number of the
    need in the run. Everything is sorted by the ids of the records.
    """

    rules: Rules
    needs: tuple[Need, ...] = field(repr=False)
    places: tuple[int, ...]
    capabilities: tuple[Capability, ...] = field(repr=False)
    suppliers: tuple[Supplier, ...]
    rows: Ints
    columns: Ints
    values: Floats
    matches: tuple[Match, ...] = field(repr=False)
    calibrated: bool = True

    @cached_property
    def capacity(self) -> Ints:
        """How many projects each capability can take, assumed where it is not stated."""
        stated = (c.capacity for c in self.capabilities)
        return np.array([self.rules.capacity if n is None else n for n in stated], np.int64)

    @cached_property
    def assumed(self) -> int:
        """How many capabilities do not state their capacity."""
        return sum(c.capacity is None for c in self.capabilities)

    @cached_property
    def supplier_of(self) -> Ints:
        """The number of the supplier of each capability."""
        found = np.zeros(len(self.capabilities), np.int64)
        for number, supplier in enumerate(self.suppliers):
            found[list(supplier.capabilities)] = number
        return found

    @cached_property
    def owners(self) -> Ints:
        """The number of the supplier of each pair."""
        return self.supplier_of[self.columns]

    @cached_property
    def small(self) -> Flags:
        """Whether the supplier of each pair is known to be new or small."""
        flags = np.array([s.small is True for s in self.suppliers], np.bool_)
        return flags[self.owners] if len(flags) else np.zeros(len(self.rows), np.bool_)


def problem_of(run: Run, rules: Rules) -> Problem:
    """Return the problem that the match lists of a run pose.

    What a rule of the ranking keeps apart is in no list and so never comes in. ``run`` should be
    what its reader may see (``matcher.export.view``): an anonymous owner is then hidden already,
    and each of its capabilities counts as a supplier of its own.
    """
    asked = [found.query for found in run.lists if isinstance(found.query, Need)]
    matches = [match for found in run.lists for match in found.matches]
    needs = _Numbers([*asked, *(match.need for match in matches)])
    capabilities = _Numbers(match.capability for match in matches)
    calibrated = all(match.probability is not None for match in matches)
    values = [m.probability if calibrated else m.score for m in matches]
    # By ids first, so that the order of the files plays no part. Two lists of one need may repeat
    # a pair, which is one pair with the greater value.
    best: dict[tuple[int, int], int] = {}
    for row, column, place in sorted(
        (
            (needs.of(m.need), capabilities.of(m.capability), place)
            for place, (m, value) in enumerate(zip(matches, values, strict=True))
            if value is not None and value > 0
        ),
        key=lambda pair: (pair[0], pair[1], -(values[pair[2]] or 0.0), pair[2]),
    ):
        best.setdefault((row, column), place)
    pairs = [(row, column, place) for (row, column), place in best.items()]
    order = [place for _, _, place in pairs]
    offered = tuple(r for r in capabilities.records if isinstance(r, Capability))
    return Problem(
        rules=rules,
        needs=tuple(r for r in needs.records if isinstance(r, Need)),
        places=tuple(needs.places),
        capabilities=offered,
        suppliers=_suppliers(offered, rules.new_years, _day(run.provenance.date)),
        rows=np.array([row for row, _, _ in pairs], np.int64),
        columns=np.array([column for _, column, _ in pairs], np.int64),
        values=np.array([values[place] for place in order], np.float64),
        matches=tuple(matches[place] for place in order),
        calibrated=calibrated,
    )


def best_of_each(rows: Ints, values: Floats, count: int) -> Flags:
    """Return which pairs are among the first ``count`` of their need; ties go by their number."""
    order = np.lexsort((-values, rows))
    starts = np.searchsorted(rows[order], rows[order])
    kept = np.zeros(len(rows), np.bool_)
    kept[order] = np.arange(len(rows)) - starts < count
    return kept


class _Numbers:
    """Numbers records by their ids; the same object is known by its identity."""

    def __init__(self, records: Iterable[Offer]) -> None:
        # Held, so that an identity is not used again; equal records are one.
        held = list({id(record): record for record in records}.values())
        first: dict[Offer, int] = {}
        for place, record in enumerate(held):
            first.setdefault(record, place)
        ordered = sorted(first.items(), key=lambda item: (item[0].id, item[1]))
        number = {record: n for n, (record, _) in enumerate(ordered)}
        self.records = [record for record, _ in ordered]
        self.places = [place for _, place in ordered]
        self._held = held
        self._by_identity = {id(record): number[record] for record in held}

    def of(self, record: Offer) -> int:
        return self._by_identity[id(record)]


def _suppliers(
    capabilities: tuple[Capability, ...], years: int, today: date | None
) -> tuple[Supplier, ...]:  # fmt: skip
    groups: dict[int, list[int]] = {}
    joined = _Parties()
    for number, record in enumerate(capabilities):
        groups.setdefault(joined.number(record), []).append(number)
    merged: dict[int, list[int]] = {}
    for group, numbers in groups.items():
        merged.setdefault(joined.root(group), []).extend(numbers)
    found = []
    for numbers in sorted(sorted(group) for group in merged.values()):
        owners = [o for n in numbers if (o := capabilities[n].organisation) is not None]
        name = owners[0].name if owners else ""
        found.append(Supplier(name, tuple(numbers), _is_small(owners, years, today)))
    return tuple(found)


class _Parties:
    """Joins organisations that share a name, an alias or a credit code; a parent joins nobody."""

    def __init__(self) -> None:
        self._up: list[int] = []
        self._by_key: dict[str, int] = {}

    def number(self, record: Capability) -> int:
        mine = len(self._up)
        self._up.append(mine)
        owner = record.organisation
        if owner is None or record.confidentiality == "anonymous":
            return mine
        keys = {taxonomy.fold(name) for name in (owner.name, *owner.aliases)}
        keys |= {f"code:{owner.credit_code}"} if owner.credit_code else set()
        for key in sorted(key for key in keys if key):
            other = self._by_key.setdefault(key, mine)
            self._up[self.root(mine)] = self.root(other)
        return mine

    def root(self, number: int) -> int:
        while self._up[number] != number:
            number = self._up[number]
        return number


def _is_small(owners: list[Organisation], years: int, today: date | None) -> bool | None:
    sizes = {owner.size for owner in owners if owner.size}
    ages = [
        (today - owner.founded).days / _DAYS_A_YEAR
        for owner in owners
        if owner.founded and today is not None
    ]
    if not sizes and not ages:
        return None
    return bool(sizes & set(SMALL)) or any(age <= years for age in ages)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
