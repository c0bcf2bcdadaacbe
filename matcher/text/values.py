"""Values as written: one number, a range, ± or a product, with its unit, in base units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from matcher.text import phrases
from matcher.text.numbers import Number, number_at
from matcher.text.units import Unit, parse_unit, unit_pattern

Comparator = Literal["ge", "gt", "le", "lt", "eq", "range", "pm", "about"]
#: The end that a text names: 最高, 最低, or "up to", which says how far something reaches.
Side = Literal["", "max", "min", "up"]


@dataclass(frozen=True)
class Value:
    """Numbers and units as read, before anything around them is looked at."""

    start: int
    end: int
    numbers: tuple[Number, ...]
    form: Literal["one", "range", "pm", "product"]
    units: tuple[str, str]


def _unit_at(text: str, at: int) -> tuple[str, int]:
    gap = phrases.UNIT_GAP.match(text, at)
    begin = gap.end() if gap else at
    match = unit_pattern().match(text, begin)
    if match is None or (text[at:begin].endswith("-") and len(match.group()) < 2):
        return "", at
    return match.group(), match.end()


def value_at(text: str, at: int) -> Value | None:
    """Read ``12 nm``, ``5~10万次``, ``25±2℃`` or ``1920×1080 像素`` at ``at``."""
    first = number_at(text, at)
    if first is None:
        return None
    unit, end = ("%", first.end) if first.is_percent else _unit_at(text, first.end)
    product = phrases.PRODUCT.match(text, end)
    if product:
        numbers = [first]
        while product and (number := number_at(text, product.end())):
            numbers.append(number)
            unit, end = _unit_at(text, number.end)
            product = phrases.PRODUCT.match(text, end)
        return Value(at, end, tuple(numbers), "product", (unit, unit))
    plus = phrases.PLUS_MINUS.match(text, end)
    if plus and (second := number_at(text, plus.end())):
        unit2, end = _unit_at(text, second.end)
        if unit2 == "%" and unit not in ("", "%"):  # 3.3V±5%: a share of the value
            share = abs(first.value * second.value) / 100
            second = replace(second, value=share, raw=f"{second.raw.strip()}%")
            unit2 = unit
        return Value(at, end, (first, second), "pm", (unit or unit2, unit2 or unit))
    link = phrases.RANGE.match(text, end)
    second = number_at(text, link.end()) if link else None
    if link and second:
        unit2, end2 = ("%", second.end) if second.is_percent else _unit_at(text, second.end)
        between = phrases.BETWEEN_BEFORE.search(text[max(0, at - 10) : at])
        first = first.scaled_like(second.scale)
        rising = second.value > first.value or bool(unit and unit != unit2)
        if (
            (between or not link["and"])
            and (rising or not link["hyphen"])
            and (unit2 or not unit)
            and not (unit2 == "" and text[end2 : end2 + 1].isalpha() and text[end2].isascii())
        ):
            return Value(at, end2, (first, second), "range", (unit or unit2, unit2))
    return Value(at, end, (first,), "one", (unit, unit))


def resolve(kind: str, direction: str, value: Value) -> tuple[Comparator, Side]:
    """Turn a kind of comparator into a comparator, by which way is better for the quantity."""
    better: Comparator = "le" if direction == "lower" else "ge"
    if kind == "best":
        small = not direction and value.numbers[0].value < 50
        return ("le" if small else better), ""
    if kind == "max":
        return ("eq" if direction == "higher" else "le"), "max"
    if kind == "up":
        return ("eq" if direction == "higher" else "le"), ("max" if direction == "lower" else "up")
    if kind == "min":
        return ("ge" if direction == "higher" else "eq"), "min"
    if kind == "low":
        return "eq", "min"
    if kind in ("reach", "to"):
        known = direction in ("higher", "lower") or (kind == "reach" and not direction)
        return (better if known else "eq"), ""
    if kind in ("ge", "gt", "le", "lt", "pm", "about"):
        return kind, ""  # type: ignore[return-value]
    return "eq", ""


def bounds(
    value: Value, unit: Unit, comparator: str, apart: bool
) -> tuple[float | None, float | None]:
    """Return low and high in base units; ``apart`` for differences, which have no offset."""
    first, last = value.numbers[0].value, value.numbers[-1].value
    offset = 0.0 if apart else unit.offset
    if value.form == "product":
        total = 1.0
        for number in value.numbers:
            total *= number.value
        return total * unit.factor, total * unit.factor
    if value.form == "pm":
        middle = first * unit.factor + offset
        spread = abs(last) * unit.factor
        return middle - spread, middle + spread
    if value.form == "range":
        other = unit
        if value.units[0] != value.units[1]:
            same = [u for u in parse_unit(value.units[0]) if u.dimension == unit.dimension]
            other = same[0] if same else unit
        ends = (
            first * other.factor + (0.0 if apart else other.offset),
            last * unit.factor + offset,
        )
        return min(ends), max(ends)
    if comparator == "pm":
        return -abs(first) * unit.factor, abs(first) * unit.factor
    base = first * unit.factor + offset
    return (
        None if comparator in ("le", "lt") else base,
        None if comparator in ("ge", "gt") else base,
    )


def display(value: Value, unit: Unit, comparator: str, change: str, side: str = "") -> str:
    numbers = [number.raw.strip() for number in value.numbers]
    symbol = "倍" if change and unit.symbol == "次" else unit.symbol
    if value.form == "range" and value.units[0] != value.units[1]:
        numbers[0] = f"{numbers[0]} {value.units[0]}"
    joined = {"range": "–", "pm": " ± ", "product": "×", "one": ""}[value.form].join(numbers)
    # "Up to 800 m" is no upper bound: the bare value is what has to be reached.
    plain = value.form in ("range", "pm") or side == "up"
    sign = "" if plain else phrases.SIGNS.get(comparator, "")
    arrow = {"up": "↑ ", "down": "↓ "}.get(change, "")
    tight = symbol in ("", "%", "°", "‰") or symbol[0] > "\u2fff"
    return f"{arrow}{sign}{joined}{'' if tight else ' '}{symbol}"
