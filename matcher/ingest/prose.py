"""Read budget, deadline and regions out of a need that is written in sentences.

Only what a word of the text announces (预算, 截止, 意向地区) and what has one meaning is read: two
different amounts, a foreign currency, a price per piece or a day that has passed are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from matcher.ingest.amounts import parse_money
from matcher.ingest.dates import parse_date
from matcher.ingest.lists import split_regions
from matcher.ingest.values import CellProblem
from matcher.records import Money
from matcher.text.asides import DEADLINE, REGION, amounts

T = TypeVar("T")
#: An amount with its unit: figures alone may be anything.
_UNIT = re.compile(r"[亿万元圆¥]|rmb|cny|yuan", re.IGNORECASE)
_OTHER_MONEY = re.compile(
    r"^\s*(?:/|每|per|美|欧|英镑|日元|港|台币|usd|us\$|\$|dollar|eur|€|gbp|£|hk)", re.IGNORECASE
)


@dataclass(frozen=True)
class Facts:
    """What a text says beside its problem."""

    budget: Money | None = None
    deadline: date | None = None
    regions: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether it says anything."""
        return bool(self.budget or self.deadline or self.regions)


def facts_of(text: str, today: date) -> Facts:
    """Return what one need, as people write it, says of budget, deadline and regions."""
    days = (_dated(value, today) for value in _values(DEADLINE, text))
    deadline = _one(days, parse_date)
    return Facts(
        budget=_one(_amounts(text), parse_money),
        deadline=deadline if deadline is not None and deadline >= today else None,
        regions=_one(_values(REGION, text), split_regions) or (),
    )


def budget_words(text: str) -> str:
    """Return the first words that state a budget, also where others state another."""
    for match in amounts(text):
        if _UNIT.search(match["value"]) and not _OTHER_MONEY.search(match["after"]):
            return text[match.start() : match.end("value")].strip()
    return ""


def deadline_words(text: str, today: date) -> str:
    """Return the first words that state a day to come, also where others state another."""
    for match in DEADLINE.finditer(text):
        day = _one(iter([_dated(_value(match), today)]), parse_date)
        if day is not None and day >= today:
            return match.group().strip()
    return ""


def _amounts(text: str) -> Iterator[str]:
    for match in amounts(text):
        value, after = match["value"].strip(), match["after"]
        if _OTHER_MONEY.search(after):
            yield f"{value}{after}"  # refused by the reader of amounts, with all others
        elif _UNIT.search(value):
            yield value


def _dated(value: str, today: date) -> str:
    """Write 明年六月份 as 2027年六月, which a form's reader of dates takes."""
    for word, later in (("今年", 0), ("明年", 1), ("后年", 2)):
        value = value.replace(word, f"{today.year + later}年")
    return value.replace("月份", "月")


def _values(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    yield from map(_value, pattern.finditer(text))


def _value(match: re.Match[str]) -> str:
    return next(value for value in match.groupdict().values() if value).strip()


def _one(values: Iterator[str], read: Callable[[str], T | None]) -> T | None:
    """Return what all values say, None where one cannot be read or says otherwise."""
    try:
        found = {read(value) for value in values}
    except CellProblem:
        return None
    return found.pop() if len(found) == 1 else None
