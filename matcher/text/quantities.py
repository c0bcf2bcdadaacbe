"""Names of measured quantities: which of them mean the same, and which way is better."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

from matcher.text.units import Unit, dimension_of, read_table, trie_pattern

#: ``higher`` / ``lower`` better; ``range``: a span or exact point that must be covered; ``reach``:
#: as ``range``, and one stated limit covers everything up to it; ``none``: must lie within.
Direction = Literal["higher", "lower", "range", "reach", "none"]

#: ASCII capitals only: ``str.lower`` can change the length of a text and so shift offsets.
_LOWER = {ord(ch): ch.lower() for ch in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


@dataclass(frozen=True)
class Quantity:
    """One row of ``quantities.csv``.

    ``dimensions`` is empty when any unit will do, ``counts`` and ``plain`` say whether a count of
    things or a number without a unit will. ``generic`` names (温度, accuracy) mean one thing
    only together with what they qualify; ``broader`` is the code of such a name.
    """

    code: str
    zh: str
    en: str
    direction: Direction
    dimensions: frozenset[str]
    counts: bool
    plain: bool
    is_difference: bool
    broader: str
    generic: bool
    names: tuple[str, ...]

    def fits(self, unit: Unit) -> bool:
        """Say whether a value in this unit can belong to the quantity.

        A counted thing (8 种) is no share and no plain ratio; a number without any unit is either.
        """
        if unit.dimension:
            return not self.dimensions or unit.dimension in self.dimensions
        if unit.symbol:
            return self.counts
        return self.counts or self.plain or "dimensionless" in self.dimensions


@cache
def quantities() -> Mapping[str, Quantity]:
    """Return the table, code → quantity."""
    found = {}
    for row in read_table("quantities"):
        units = [unit for unit in row["units"].split("|") if unit]
        synonyms = [name.strip() for name in row["synonyms"].split("|") if name.strip()]
        found[row["code"]] = Quantity(
            row["code"],
            row["zh"],
            row["en"],
            row["direction"],  # type: ignore[arg-type]
            frozenset(dimension_of(unit) for unit in units),
            "count" in units,
            "1" in units,
            any(unit.startswith("delta_") for unit in units),
            row["broader"],
            row["generic"] == "1",
            (row["zh"], row["en"], *synonyms),
        )
    return MappingProxyType(found)


def lower(text: str) -> str:
    """Return the text with ASCII capitals lowered, every offset kept."""
    return text.translate(_LOWER)


def _is_acronym(name: str) -> bool:
    return name.isascii() and len(name) <= 4 and not name.islower()


@cache
def _by_name() -> Mapping[str, tuple[Quantity, ...]]:
    found: dict[str, list[Quantity]] = {}
    for quantity in quantities().values():
        for name in quantity.names:
            rows = found.setdefault(lower(name), [])
            if quantity not in rows:
                rows.append(quantity)
    return MappingProxyType({name: tuple(rows) for name, rows in found.items()})


@cache
def _acronyms() -> Mapping[str, str]:
    names = (name for quantity in quantities().values() for name in quantity.names)
    return MappingProxyType({lower(name): name for name in names if _is_acronym(name)})


@cache
def name_pattern() -> re.Pattern[str]:
    """Return the pattern of all names; match it against ``lower(text)``."""
    latin = [name for name in _by_name() if name.isascii()]
    han = [name for name in _by_name() if not name.isascii()]
    return re.compile(
        rf"(?:{trie_pattern(han)})|(?<![a-z])(?:{trie_pattern(latin)})(?:s(?![a-z])|(?![a-z0-9]))"
    )


@dataclass(frozen=True)
class Name:
    """A known name found in a text, with the quantities that it can stand for."""

    start: int
    end: int
    quantities: tuple[Quantity, ...]


def find_names(text: str, lowered: str, start: int, end: int) -> list[Name]:
    """Return the known names in ``text[start:end]``; ``lowered`` is ``lower(text)``."""
    found = []
    for match in name_pattern().finditer(lowered, start, end):
        key = match.group()
        rows = _by_name().get(key) or _by_name().get(key.removesuffix("s"))
        acronym = _acronyms().get(key)
        if rows and not (acronym and text[match.start() : match.end()] != acronym):
            found.append(Name(match.start(), match.end(), rows))
    return found
