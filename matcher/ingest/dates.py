"""Read a date as people write it into a form; a period stands for its last or first day."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, timedelta
from typing import Any

from matcher.ingest.values import CellProblem, as_text, chinese_number, plain

_SERIAL_ZERO = date(1899, 12, 30)
_OPEN = re.compile(
    r"长期|永久|不限|面议|待定|协商|另议|尽快|无期限|long-?term|permanent|open|asap|tbd|ongoing"
)
_MONTHS = {name.casefold(): i for i, name in enumerate(calendar.month_abbr) if name}
_MONTH = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_NUMERAL = "[零〇一二三四五六七八九十]"

#: Shapes of a compact, lower-case text. Groups: y, m, d, name, q (quarter), h (half), t (third).
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})[日号]?(?:t?\d{1,2}:\d\d.*|星期.|周.)?",
        r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)",
        r"(?P<y>\d{4})(?P<m>0[1-9]|1[0-2])",
        r"(?P<y>\d{4})[-/.年](?P<m>\d{1,2})月?(?:份|底|末)?",
        r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<t>[上中下])旬",
        r"(?P<y>\d{4})年?(?:底|末|年底|年末|年内|年度|全年)?",
        r"(?P<y>\d{4})年?(?P<h>[上下])半年",
        r"(?P<y>\d{4})年?年中(?P<h>)",
        r"(?P<y>\d{4})[-/年]?第?(?P<q>[1-4一二三四])季度?(?:底|末)?",
        r"(?P<y>\d{4})[-/年]?q(?P<q>[1-4])",
        r"q(?P<q>[1-4])[-/,]?(?P<y>\d{4})",
        r"(?P<y>\d{4})[-/年]?h(?P<h>[12])",
        r"h(?P<h>[12])[-/,]?(?P<y>\d{4})",
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[-,]?(?:of)?{_MONTH}[-,]?(?P<y>\d{{4}})",
        rf"{_MONTH}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,(?P<y>\d{{4}})",
        rf"(?:by)?(?:the)?(?:endof)?{_MONTH}[-,]?(?P<y>\d{{4}})",
        r"(?:by)?(?:the)?(?:endof)?(?P<y>\d{4})",
    )
)
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_SUFFIX = re.compile(r"(?:以前|之前|前|为止|止|以内|之内|完成|前完成)$")
_RANGE = re.compile(
    r"(?P<start>.+?)(?:至|到|~|—+|–|to)(?P<end>.+)|(?P<y1>\d{4})年?-(?P<y2>\d{4})年?"
)


def parse_date(value: Any, *, end: bool = True) -> date | None:
    """Return the date that a cell states, or None where it is left open (长期).

    A period (``2025年底``, ``2026年6月``, ``2026Q3``, ``June 2026``) stands for its last day, or
    for its first day if ``end`` is false; of a range the later end counts. Numbers are a year, a
    spreadsheet's serial date or YYYYMMDD. Raises CellProblem for anything else, also for
    3/4/2026, where day and month cannot be told apart.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, bool | list | dict):
        raise _not_a_date()
    if isinstance(value, int | float) and 20_000 <= value <= 80_000:
        return _SERIAL_ZERO + timedelta(days=int(value))
    if isinstance(value, float) and abs(value * 100 % 100 - 10) < 1e-6:
        # 2026.10 loses its last digit in a number cell and then looks like January.
        raise _not_a_date()
    text = _arabic(plain(as_text(value)))
    if text.isdecimal() and len(text) == 5 and 20_000 <= int(text) <= 80_000:
        return _SERIAL_ZERO + timedelta(days=int(text))
    if _OPEN.search(text) and not re.search(r"\d{4}", text):
        return None
    try:
        return _parse(text, end)
    except (ValueError, OverflowError):
        raise _not_a_date() from None


def _parse(text: str, end: bool) -> date:
    text = _SUFFIX.sub("", text) if len(text) > 4 else text
    text = re.sub(r"^(\d\d)年", r"20\1年", text)
    for shape in _SHAPES:
        if match := shape.fullmatch(text):
            return _day(match, end)
    if match := _DAY_FIRST.fullmatch(text):
        first, second, year = (int(part) for part in match.groups())
        if first > 12 or first == second:
            return _checked(year, second, first)
        if second > 12:
            return _checked(year, first, second)
        raise ValueError(text)
    if match := _RANGE.fullmatch(text):
        last = match["y2"] or match["end"]
        named = re.search(r"\d{4}|^\d\d年", last)
        if not named and (begun := re.search(r"\d{4}", match["start"])):
            last = f"{begun[0]}年{last.lstrip('年')}"
        return _parse(last, end)
    # 2026年3-6月: months of one year.
    if match := re.fullmatch(r"(\d{4}年)\d{1,2}月?-(\d{1,2}月)", text):
        return _parse(match[1] + match[2], end)
    raise ValueError(text)


def _day(match: re.Match[str], end: bool) -> date:
    part = match.groupdict()
    year = int(part["y"])
    if part.get("d"):
        month = int(part["m"]) if part.get("m") else _MONTHS[part["name"]]
        return _checked(year, month, int(part["d"]))
    first, last = 1, 12
    if part.get("name"):
        first = last = _MONTHS[part["name"]]
    elif part.get("m"):
        first = last = int(part["m"])
    elif part.get("q"):
        quarter = int(part["q"]) if part["q"].isdigit() else chinese_number(part["q"]) or 0
        first, last = 3 * quarter - 2, 3 * quarter
    elif "h" in part:
        first, last = (7, 12) if part["h"] in ("下", "2") else (1, 6)
    if third := part.get("t"):
        start, stop = {"上": (1, 10), "中": (11, 20), "下": (21, 31)}[third]
        stop = min(stop, calendar.monthrange(year, last)[1])
        return _checked(year, last, stop if end else start)
    if not end:
        return _checked(year, first, 1)
    if not 1 <= last <= 12:
        raise ValueError(last)
    return _checked(year, last, calendar.monthrange(year, last)[1])


def _checked(year: int, month: int, day: int) -> date:
    if not 1900 <= year <= 2200:
        raise ValueError(year)
    return date(year, month, day)


def _arabic(text: str) -> str:
    """Write Chinese numerals before 年, 月 and 日 as digits."""
    return re.sub(
        rf"({_NUMERAL}+)(?=[年月日号])", lambda match: str(chinese_number(match[1])), text
    )


def _not_a_date() -> CellProblem:
    return CellProblem(
        "不是可以识别的日期，已留空；请写成“2026-06-30”“2026年6月”或“长期”。",
        "This is not a date that can be read and was left empty: write it as 2026-06-30, "
        "2026年6月 or 长期.",
    )
