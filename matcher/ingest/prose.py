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

T = TypeVar("T")
_SCALE = r"(?:亿|千万|百万|十万|万|千|w(?![a-z])|million|mln)?\s*(?:元|圆)?"
_BOUND = (
    r"(?:不超过|不高于|不低于|不少于|最多|最高|至多|至少|约|大约|人民币"
    r"|rmb|cny|¥|up to|at least|≤|≥)"
)
_MONEY = re.compile(
    r"(?:预算|经费|(?:拟|计划|预计)?投入(?:资金|经费|金额)?|悬赏(?:金额)?|奖金|budget)"
    r"(?:金额|资金|经费|总额|额度|上限|范围)?\s*(?:[:：]|为|是|在|of|is)?\s*"
    rf"(?P<value>(?:{_BOUND}\s*)*\d[\d,.]*\s*{_SCALE}"
    rf"(?:\s*(?:-|~|～|—|–|至|到)\s*\d[\d,.]*\s*{_SCALE})?"
    r"\s*(?:人民币|rmb|cny|yuan)?\s*(?:以内|以下|之内|以上|左右|起)?)"
    r"(?P<after>[^，。；,;\n]{0,8})",
    re.IGNORECASE,
)
#: An amount with its unit: figures alone may be anything.
_UNIT = re.compile(r"[亿万元圆¥]|rmb|cny|yuan", re.IGNORECASE)
_OTHER_MONEY = re.compile(
    r"^\s*(?:/|每|per|美|欧|英镑|日元|港|台币|usd|us\$|\$|dollar|eur|€|gbp|£|hk)", re.IGNORECASE
)
_DAY = (
    r"\d{4}\s*[年/.-]\s*(?:\d{1,2}\s*[月/.-]\s*\d{1,2}\s*[日号]?|\d{1,2}\s*月?\s*(?:底|末|[上中下]旬)?"
    r"|底|末|年底|年末|[上下]半年|第?[一二三四1-4]季度)"
)
_DEADLINE = re.compile(
    r"(?:截止|截至|完成(?:期限|时限|时间|日期)|(?:交付|交货|验收)(?:期限|时间)?|期限|时限|deadline|due)"
    rf"(?:时间|日期|date)?\s*(?:[:：]|为|是|到|至|于|is|by)?\s*(?P<value>{_DAY})"
    rf"|(?P<before>{_DAY})\s*(?:之前|以前|前)\s*(?:要|须|需|能|应)?(?:完成|交付|解决|提供|验收|投产|落地|结题)",
    re.IGNORECASE,
)
_REGION = re.compile(
    r"(?:意向|合作|期望|希望|优先|要求)(?:合作)?(?:地区|区域|地域|省份)\s*(?:[:：]|为|是|在|限)\s*"
    r"(?P<value>[^，。；,;\n]{2,30})"
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
    deadline = _one(_values(_DEADLINE, text), parse_date)
    return Facts(
        budget=_one(_amounts(text), parse_money),
        deadline=deadline if deadline is not None and deadline >= today else None,
        regions=_one(_values(_REGION, text), split_regions) or (),
    )


def _amounts(text: str) -> Iterator[str]:
    for match in _MONEY.finditer(text):
        value, after = match["value"].strip(), match["after"]
        if _OTHER_MONEY.search(after):
            yield f"{value}{after}"  # refused by the reader of amounts, with all others
        elif _UNIT.search(value):
            yield value


def _values(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for match in pattern.finditer(text):
        yield next(value for value in match.groupdict().values() if value).strip()


def _one(values: Iterator[str], read: Callable[[str], T | None]) -> T | None:
    """Return what all values say, None where one cannot be read or says otherwise."""
    try:
        found = {read(value) for value in values}
    except CellProblem:
        return None
    return found.pop() if len(found) == 1 else None
