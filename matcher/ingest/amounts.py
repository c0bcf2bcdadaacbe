"""Read an amount of money as people write it into a form."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from matcher.ingest.values import CellProblem, as_text, chinese_number, plain
from matcher.records import Money

_SCALES = {
    "亿": 10**8, "千万": 10**7, "百万": 10**6, "十万": 10**5, "万": 10**4, "w": 10**4,
    "千": 10**3, "k": 10**3, "百": 100, "million": 10**6, "mln": 10**6, "m": 10**6,
}  # fmt: skip
_AMOUNT = re.compile(
    r"(?P<number>\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百千]+)"
    rf"(?P<scale>{'|'.join(sorted(_SCALES, key=len, reverse=True))})?(?P<yuan>元|圆)?"
)
_SEPARATOR = r"(?:-|~|—+|–|至|到|to)"
_OPEN = re.compile(
    r"面议|面谈|待定|待议|协商|商议|商定|另议|不限|无要求|视.*而定|negotia|tbd|tobe|onrequest"
)
_FOREIGN = re.compile(r"usd|us\$|\$|dollar|美元|美金|eur|€|欧元|gbp|£|英镑|jpy|日元|hk|港元|港币")
_CHINESE = re.compile("元|万|亿|¥|rmb|cny")
_PER = re.compile(r"/|每|per")
_YUAN_WORDS = re.compile(r"人民币|rmb|cny|yuan|¥")
_AT_LEAST = re.compile(
    r"不低于|不少于|不小于|不得低于|atleast|nolessthan|morethan|over|above|from|min(?:imum)?\.?"
)
_AT_MOST = re.compile(
    r"不超过|不高于|不大于|不多于|不得超过"
    r"|upto|nomorethan|lessthan|within|under|below|atmost|max(?:imum)?\.?"
)
_BELOW = re.compile(r"以内|以下|之内|内|低于|少于|小于|最多|至多|≤|<=|<|封顶")
_ABOVE = re.compile(r"以上|超过|高于|大于|至少|最少|≥|>=|>|\+|起")
#: Less than this without a unit is more likely meant in 万元 than in yuan: asked, not guessed.
_DOUBTFUL_YUAN = 1_000
_MAX_YUAN = 10**13


def parse_money(value: Any, unit: str = "") -> Money | None:
    """Return the amount that a cell states, in yuan, or None where it is left open (面议).

    ``unit`` is the unit of the column's header (``万元``) and applies to numbers that carry none.
    ``3-5万元`` is a range, ``30万以内`` has an upper end only, ``不低于50万`` a lower end only; a
    mapping with ``low`` and ``high`` is taken as it is. Raises CellProblem for anything else,
    for foreign currencies, which are not converted, and for a price per unit.
    """
    if isinstance(value, dict):
        return _from_mapping(value)
    if isinstance(value, bool | list):
        raise _not_money()
    if isinstance(value, float) and not value.is_integer():
        value = format(Decimal(repr(value)), "f")
    text = plain(as_text(value))
    if _OPEN.search(text):
        return None
    unit = plain(unit)
    if _FOREIGN.search(text) or (_FOREIGN.search(unit) and not _CHINESE.search(text)):
        raise CellProblem(
            "外币金额不作换算，已留空；请填写人民币金额，如“50万元”。",
            "A foreign currency is not converted and was left empty: state the amount in CNY, "
            "for example 50万元.",
        )
    if _PER.search(text):
        raise CellProblem(
            "这是单价，不能与总额比较，已留空；请填写总金额，如“50万元”。",
            "This is a price per unit, which cannot be compared with a total, and was left empty: "
            "state a total, for example 50万元.",
        )
    return _range(text, unit)


def _range(text: str, unit: str) -> Money:
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    explicit = bool(_YUAN_WORDS.search(text))
    text = _YUAN_WORDS.sub("", text)
    if text.startswith("-"):
        raise _not_money()
    # Negated words first: 不低于 holds 低于, which says the opposite.
    text, at_least = _AT_LEAST.subn("", text)
    text, at_most = _AT_MOST.subn("", text)
    text, below = _BELOW.subn("", text)
    text, above = _ABOVE.subn("", text)
    low_only, high_only = bool(at_least or above), bool(at_most or below)

    found = list(_AMOUNT.finditer(text))
    rest = _AMOUNT.sub("", text)
    if len(found) == 1 and (explicit or found[0]["scale"] or found[0]["yuan"] or not _words(rest)):
        amount = _yuan(found[0], unit, explicit)
        return _money(None if high_only else amount, None if low_only else amount)
    if len(found) != 2:
        raise _not_money()
    between = text[found[0].end() : found[1].start()]
    if not re.fullmatch(_SEPARATOR, between) and not (low_only and high_only):
        raise _not_money()
    first, second = found
    shared = (second["scale"] or "") + (second["yuan"] or "") or unit
    high = _yuan(second, (first["scale"] or "") or unit, explicit)
    low = _yuan(first, shared, explicit)
    if low > high and not first["scale"]:
        low = _yuan(first, "元", explicit)
    return _money(low, high)


def _words(rest: str) -> bool:
    return any(ch.isalnum() and ch not in "约左右大概" for ch in rest)


def _yuan(match: re.Match[str], unit: str, explicit: bool) -> int:
    written = match["number"]
    number = Decimal(written) if written[0].isdigit() else Decimal(chinese_number(written) or 0)
    scale = match["scale"] or ""
    if not scale and not match["yuan"]:
        named = _AMOUNT.search("1" + unit)
        scale = (named["scale"] if named else "") or ""
        known = bool(unit) or explicit
        if not known and 0 < number < _DOUBTFUL_YUAN:
            raise CellProblem(
                "金额没有单位，无法判断是元还是万元，已留空；请写成“50万元”。",
                "The amount has no unit, yuan or ten thousand yuan, and was left empty: write it "
                "as 50万元.",
            )
    amount = number * _SCALES.get(scale, 1)
    if amount >= _MAX_YUAN:
        raise _not_money()
    return round(amount)


def _money(low: int | None, high: int | None) -> Money:
    if low is not None and high is not None and low > high:
        raise _not_money()
    if low is None and high is None:
        raise _not_money()
    return Money(low=low, high=high)


def _from_mapping(value: dict[Any, Any]) -> Money | None:
    low, high = value.get("low"), value.get("high")
    if low is None and high is None:
        return None
    for end in (low, high):
        if end is not None and (isinstance(end, bool) or not isinstance(end, int) or end < 0):
            raise _not_money()
    return _money(low, high)


def _not_money() -> CellProblem:
    return CellProblem(
        "不是可以识别的金额，已留空；请写成“50万元”“30-50万元”或“面议”。",
        "This is not an amount that can be read and was left empty: write it as 50万元, 30-50万元 "
        "or 面议.",
    )
