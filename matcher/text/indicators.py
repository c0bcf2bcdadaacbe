"""Check a need's measured requirements against what a capability states.

How a verdict is reached (``direction`` is a column of ``data/taxonomy/quantities.csv``):

- ``higher`` and ``lower``: a bare value asks for at least (at most) that much; a stated range or
  "≥ 90%" promises only its worse end.
- ``reach`` (operating temperature, measuring range …): a requirement is a span or a point that
  the stated span must cover; a single stated limit covers everything from ordinary conditions
  (25 °C, zero) up to it. ``range`` (voltage, frequency, thickness …) is the same, but a single
  stated value stands for itself alone.
- ``none``: what is stated must lie within what is required, or be adjustable over all of it.
- "Up to 800 m" is no upper bound, in a need as in a capability: that far has to be reached, or is.
- What the statement leaves open (a requirement on both ends, one of them stated) is not stated.

Values are compared under the same quantity and dimension only, never by unit alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matcher.results import IndicatorCheck, Span, Verdict
from matcher.taxonomy import fold as fold_name
from matcher.text import phrases
from matcher.text.extraction import Indicator, extract
from matcher.text.normalise import language
from matcher.text.quantities import quantities

__all__ = ["Indicator", "compare", "extract"]

_AMBIENT = 298.15  # kelvin: what "works up to 250 °C" reaches down to
_TOLERANCE = 0.02
_NEGLIGIBLE = 1e-9
#: Roles that say nothing about what is wanted, and nothing about what is offered.
_NOT_REQUIRED = ("negated", "unwanted", "condition", "current", "other")
#: Fields of a need in which every figure is asked for.
_ASKING = ("title", "indicators", "key_technology", "expected_outcome")
_NOT_OFFERED = ("unwanted", "condition", "other")


@dataclass(frozen=True)
class _Interval:
    """Where a value may lie; an end is infinite when open, and left out when ``open_…``."""

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False

    def within(self, other: _Interval) -> bool:
        return _reaches_down(self, other) and _reaches_up(self, other)

    def apart(self, other: _Interval) -> bool:
        for below, above in ((self, other), (other, self)):
            slack = _slack(below.high, above.low)
            if below.high < above.low - slack:
                return True
            touching = abs(below.high - above.low) <= slack
            if touching and (below.open_high or above.open_low):
                return True
        return False


def _slack(a: float, b: float) -> float:
    if math.isinf(a) or math.isinf(b):
        return 0.0
    return _NEGLIGIBLE * max(abs(a), abs(b))


def _reaches_down(inner: _Interval, outer: _Interval) -> bool:
    if math.isinf(outer.low):
        return True
    slack = _slack(inner.low, outer.low)
    touching = abs(inner.low - outer.low) <= slack
    return inner.low > outer.low + slack or (touching and (inner.open_low or not outer.open_low))


def _reaches_up(inner: _Interval, outer: _Interval) -> bool:
    if math.isinf(outer.high):
        return True
    slack = _slack(inner.high, outer.high)
    touching = abs(inner.high - outer.high) <= slack
    return inner.high < outer.high - slack or (
        touching and (inner.open_high or not outer.open_high)
    )


def _ends(indicator: Indicator) -> tuple[float, float]:
    low = -math.inf if indicator.low is None else indicator.low
    high = math.inf if indicator.high is None else indicator.high
    return low, high


def _is_deviation(indicator: Indicator) -> bool:
    return indicator.comparator == "pm" and indicator.low == -(indicator.high or 0.0)


def _stated(indicator: Indicator) -> _Interval:
    low, high = _ends(indicator)
    if indicator.side == "up":
        return _Interval(high, high)  # it reaches that far, no less
    if _is_deviation(indicator):
        return _Interval(-math.inf, high)
    return _Interval(low, high, indicator.comparator == "gt", indicator.comparator == "lt")


def _required(indicator: Indicator, direction: str) -> _Interval:
    """Return where a stated value has to lie, from how the need words it."""
    interval = _stated(indicator)
    if indicator.comparator not in ("eq", "about", "range"):
        return interval
    if direction == "higher":
        return _Interval(interval.low, math.inf)
    if direction == "lower":
        return _Interval(-math.inf, interval.high)
    if indicator.comparator == "range":
        return interval
    margin = abs(interval.low) * (_TOLERANCE if indicator.comparator == "eq" else 0.1)
    return _Interval(interval.low - margin, interval.high + margin)


def _promise(need: Indicator, stated: Indicator, direction: str) -> Verdict:
    """Judge a value for which more, or less, or staying within is better."""
    required, offered = _required(need, direction), _stated(stated)
    if offered.within(required):
        return "met"
    if offered.apart(required):
        return "not_met"
    if direction in ("", "none") and stated.comparator == "range" and required.within(offered):
        return "met"
    # One open end each, facing apart: "≤ 300 MPa" neither meets nor misses "≥ 200 MPa".
    facing = math.isinf(required.low) == math.isinf(offered.low)
    return "not_met" if facing or stated.comparator in ("range", "pm") else "not_stated"


def _coverage(need: Indicator, stated: Indicator, direction: str) -> Verdict:
    """Judge a span that has to be covered, or a limit that has to be reached."""
    low, high = _ends(stated)
    reach = direction == "reach"
    zero = _AMBIENT if need.dimension == "[temperature]" else 0.0
    if stated.role == "negated":
        return "not_met" if need.high is None or need.high >= high else "not_stated"
    if reach and stated.comparator not in ("range", "pm"):
        # One limit: everything between ordinary conditions and the limit.
        limit = low if math.isfinite(low) else high
        cold = limit < zero if stated.side == "" else stated.side == "min"
        known_low, known_high = (limit, None) if cold else (None, limit)
    elif stated.comparator in ("ge", "gt"):
        # Promised from here up; how far up is open.
        known_low, known_high = low, None if need.comparator == "range" else low
    elif stated.comparator in ("le", "lt"):
        known_low, known_high = None, high
    else:
        known_low, known_high = low, high
    slack = _TOLERANCE if not reach and known_low == known_high else _NEGLIGIBLE
    want_low, want_high = _span(need, zero, reach)
    verdicts = []
    if want_high is not None:
        verdicts.append(_end(want_high, known_high, slack, up=True))
    if want_low is not None:
        if known_low is None and want_low >= zero - 50 * (zero > 0):
            verdicts.append("met" if known_high is not None else "not_stated")
        else:
            verdicts.append(_end(want_low, known_low, slack, up=False))
    for verdict in ("not_met", "not_stated"):
        if verdict in verdicts:
            return verdict
    return "met"


def _span(need: Indicator, zero: float, reach: bool) -> tuple[float | None, float | None]:
    """Return the lowest and the highest point that have to be covered, None where open."""
    if need.side == "up":
        return None, need.high
    if need.comparator in ("ge", "gt"):
        return None, need.low
    if need.comparator in ("le", "lt") and need.high is not None:
        upward = need.code in ("operating_temperature", "storage_temperature")
        if upward and need.high >= zero and need.side != "min":
            return None, need.high
        return need.high, None
    if need.comparator in ("range", "pm"):
        return need.low, need.high
    if need.side == "min" or (reach and (need.low or 0.0) < zero):
        return need.low, None
    if need.side == "max" or reach:
        return None, need.high
    return need.low, need.high


def _end(wanted: float, known: float | None, slack: float, *, up: bool) -> Verdict:
    if known is None:
        return "not_stated"
    margin = slack * max(abs(wanted), abs(known))
    enough = known >= wanted - margin if up else known <= wanted + margin
    return "met" if enough else "not_met"


def _judge(need: Indicator, stated: Indicator) -> Verdict:
    quantity = quantities().get(need.code) or quantities().get(stated.code)
    direction = quantity.direction if quantity else ""
    if need.change:
        return _promise(need, stated, "higher")
    if direction in ("range", "reach"):
        return _coverage(need, stated, direction)
    if direction in ("", "none") and (need.side == "up" or _reaches(need, stated)):
        return _coverage(need, stated, "reach")
    return _promise(need, stated, direction)


def _reaches(need: Indicator, stated: Indicator) -> bool:
    return stated.side == "up" and need.comparator in ("eq", "about", "ge", "gt", "range")


def _same_dimension(a: Indicator, b: Indicator) -> bool:
    plain = ("", "dimensionless")
    return a.dimension == b.dimension or (a.dimension in plain and b.dimension in plain)


def _naming(need: Indicator, stated: Indicator) -> int:
    """Say how surely two values are of the same quantity: 0 not at all, 4 the same words."""
    if not _same_dimension(need, stated) or need.change != stated.change:
        return 0
    a, b = fold_name(need.quantity), fold_name(stated.quantity)
    if not a or not b:
        return 0
    contained = min(len(a), len(b)) >= 2 and (a in b or b in a)
    if not need.code and not stated.code:
        return 4 if a == b else 3 if contained else 0
    table = quantities()
    mine, theirs = table.get(need.code), table.get(stated.code)
    if mine is None or theirs is None:
        return 0
    if mine.code == theirs.code:
        if mine.generic and not _qualifiers_agree(need.qualifier, stated.qualifier):
            return 0
        return 4 if a == b else 3 if contained else 2
    swapped = bool(mine.broader)
    narrow, broad = (mine, theirs) if swapped else (theirs, mine)
    narrow_value, wide = (need, stated) if swapped else (stated, need)
    agree = _qualifiers_agree(wide.qualifier, fold_name(narrow_value.quantity))
    return 1 if narrow.broader == broad.code and agree else 0


def _qualifiers_agree(a: str, b: str) -> bool:
    if not a or not b:
        return True
    return a in b or b in a or any(a[i : i + 2] in b for i in range(len(a) - 1))


def _span_of(field: str, text: str, indicator: Indicator) -> Span:
    start, end = indicator.shown_start, indicator.shown_end
    return Span(field, start, end, text[start:end])


def _is_requirement(indicator: Indicator) -> bool:
    if indicator.role in _NOT_REQUIRED:
        return False
    # A bare number without a name is a figure of speech, not something that can be required.
    return bool(indicator.code) or (
        indicator.comparator not in ("eq", "about")
        and bool(indicator.quantity or indicator.comparator != "range")
    )


def _is_asked(field: str, text: str, indicator: Indicator) -> bool:
    """Tell a demand from a background figure, by the sentence that the value stands in.

    A list of indicators asks by itself, and so does a phrase without a verb; an English sentence
    that only describes does not.
    """
    if field in _ASKING:
        return True
    before = phrases.SENTENCE_END.split(text[: indicator.start])[-1]
    after = phrases.SENTENCE_END.split(text[indicator.end :], maxsplit=1)[0]
    sentence = f"{before}{indicator.text}{after}".lower()
    if phrases.BACKGROUND.search(sentence):
        return False
    if language(sentence) == "zh" or phrases.DEMAND.search(sentence):
        return True
    return not phrases.DESCRIPTION.search(sentence)


def compare(
    requirements: Sequence[tuple[str, str]], statements: Sequence[tuple[str, str]]
) -> tuple[IndicatorCheck, ...]:
    """Check every measured requirement of a need against a capability's statements.

    Parameters
    ----------
    requirements, statements
        (field, text) pairs as in ``record.passages``; the spans returned are exact in them.

    Among several statements of the same quantity the best named one counts, then a met one.
    """
    offered = [
        (field, text, indicator)
        for field, text in statements
        for indicator in extract(text)
        if indicator.role not in _NOT_OFFERED
    ]
    order = {"met": 2, "not_met": 1, "not_stated": 0}
    checks: list[IndicatorCheck] = []
    seen: set[tuple[str, str, str]] = set()
    for field, text in requirements:
        for need in extract(text):
            key = (need.code or need.quantity, need.qualifier, need.display)
            if not _is_requirement(need) or (need.quantity and key in seen):
                continue
            if not _is_asked(field, text, need):
                continue
            seen.add(key)
            best: tuple[tuple[int, int], int, Verdict] | None = None
            for at, (_, _, stated) in enumerate(offered):
                if naming := _naming(need, stated):
                    verdict = _judge(need, stated)
                    rank = (naming, order[verdict])
                    if best is None or rank > best[0]:
                        best = (rank, at, verdict)
            requirement = _span_of(field, text, need)
            if best is None:
                checks.append(IndicatorCheck(requirement, None, "not_stated", need.display, ""))
                continue
            stated_field, stated_text, stated = offered[best[1]]
            span = _span_of(stated_field, stated_text, stated)
            checks.append(IndicatorCheck(requirement, span, best[2], need.display, stated.display))
    return tuple(checks)
