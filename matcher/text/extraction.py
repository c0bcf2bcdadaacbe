"""Find indicators in a text: a quantity, a comparator, a value or range, and a unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from matcher.text import phrases
from matcher.text.numbers import fold, mask, stands_alone
from matcher.text.quantities import Name, Quantity, find_names, lower, quantities
from matcher.text.roles import Clause, Found, Role
from matcher.text.units import Unit, parse_unit
from matcher.text.values import Comparator, Side, Value, bounds, display, resolve, value_at


@dataclass(frozen=True)
class Indicator:
    """One measured value in a text: ``text == given[start:end]``.

    ``low`` and ``high`` are in pint's base units (a side that is open is None; a percentage is a
    fraction; ± alone has ``-d`` and ``d``). ``code`` is the row of ``quantities.csv`` or "",
    ``quantity`` the name as written, ``qualifier`` what stands before a generic name.
    ``change`` is "up" or "down" where the value is a difference (能耗降低20%). ``side`` is
    "max" or "min" where the text says 最高 or 最低, "up" for "up to". ``shown_start`` and
    ``shown_end`` take in the name where it stands right beside the value, for quoting.
    """

    start: int
    end: int
    text: str
    quantity: str
    comparator: Comparator
    low: float | None
    high: float | None
    unit: str
    dimension: str
    display: str
    code: str = ""
    qualifier: str = ""
    change: Literal["", "up", "down"] = ""
    role: Role = ""
    side: Side = ""
    shown_start: int = 0
    shown_end: int = 0


#: From today's value to the one wanted, at most so many characters.
_NEAR = 80


class _Reader:
    """One pass over one text; keeps what the next value may refer back to."""

    def __init__(self, text: str) -> None:
        self.given = text
        self.text = mask(fold(text))
        self.lowered = lower(self.text)
        self.previous: Indicator | None = None
        self.left = 0
        self.shared: list[Name] = []
        #: Whether the value just read is the one wanted instead of the one before it.
        self.turned = False

    def read(self) -> Iterator[Indicator]:
        text, at = self.text, 0
        waiting: Indicator | None = None
        while match := phrases.ANCHOR.search(text, at):
            begin, at = match.start(), match.end()
            begin -= _is_signed(text, begin)
            if not stands_alone(text, begin):
                continue
            value = value_at(text, begin)
            if value is None:
                continue
            indicator = self._indicator(value)
            at = max(at, value.end)
            if indicator:
                at = max(at, indicator.end)
                if waiting:
                    role: Role = waiting.role or ("current" if self.turned else "")
                    yield replace(waiting, role=role)
                self.previous = waiting = indicator
            self.left = at
        if waiting:
            yield waiting

    def _indicator(self, value: Value) -> Indicator | None:
        text = self.text
        following = text[value.end : value.end + 2]
        if not value.units[1] and following[:1].isascii() and following[:1].isalnum():
            return None
        if following[:1] in ("/", "·", "\\", "^") and following[1:].isalpha():
            return None  # a compound unit of which only the beginning was understood
        clause = max(0, value.start - 70)
        for boundary in phrases.CLAUSE.finditer(text, clause, value.start):
            clause = boundary.end()
        left = max(clause, self.left)
        begin, end, kind, word = self._comparator(value, left)
        units = self._units(value)
        last = self.previous
        if not kind and last and self.shared and phrases.AND.fullmatch(text, last.end, begin):
            kind = last.comparator if last.comparator in ("ge", "gt", "le", "lt") else ""
        change = self._change(value, left, begin, end, word)
        if found := self._elliptic(value, units):
            change = ""
            if kind in ("", "to", "reach"):
                kind = found.turned
        else:
            found = self._quantity(value, units, clause, left, begin, end, kind, change)
        if found is None or not self._counts(value, found, kind, change, clause, begin):
            return None
        around = Clause(text, self.lowered, value, self.lowered[clause : value.start])
        role = around.role(found, kind, change)
        turned = bool(found.turned) or self._turned_again(value, found)
        self.turned = turned and not self._was_demanded(value)
        if turned and role in ("", "current"):
            role = "current" if phrases.DONE.search(self.lowered, clause, begin) else ""
        if role == "condition" and around.works(found):
            role = ""
            quantity = quantities()["operating_temperature"]
            found = Found(found.unit, quantity, quantity.zh, strong=True)
        return self._build(value, found, kind, change, role, begin, end)

    def _comparator(self, value: Value, left: int) -> tuple[int, int, str, str]:
        """Return where the indicator begins and ends, its kind of comparator, and the word."""
        text, lowered = self.text, self.lowered
        window = max(left, value.start - 28)
        prefix = phrases.PREFIX.search(lowered[window : value.start])
        begin, end, kind, word = value.start, value.end, "", ""
        if prefix:
            word = prefix.group(1)
            kind = phrases.KIND_OF_PREFIX[word]
            if kind == "low" and lowered[window : window + prefix.start()].endswith("降"):
                kind, word = "to", word[1:]  # 降低至 says to, not as low as
                begin = window + prefix.start() + 1
            elif kind != "eq":
                begin = window + prefix.start()
        sign = text[max(left, value.start - 4) : value.start].rstrip()
        if sign.endswith("±"):
            kind = "pm"
            begin = min(begin, text.rindex("±", 0, value.start))
        suffix = phrases.SUFFIX.match(lowered, value.end)
        if suffix and (value.units[1] or suffix.group(1) not in ("级", "内", "+", "起")):
            after = phrases.KIND_OF_SUFFIX[suffix.group(1)]
            if after != "about" or not kind:
                kind = after
            end = suffix.end()
        return begin, end, kind, word

    def _units(self, value: Value) -> tuple[Unit, ...]:
        written = value.units[1]
        units = parse_unit(written) if written else (Unit("", "", 1.0, 0.0),)
        if value.form == "product":
            units = units if written else parse_unit("像素")
            return tuple(unit for unit in units if unit.dimension == "[image]")
        return units

    def _change(
        self, value: Value, left: int, begin: int, end: int, word: str
    ) -> Literal["", "up", "down"]:
        if word in ("到", "至", "达到", "达"):
            return ""
        before = self.lowered[max(left, begin - 60) : begin]
        last = self.previous
        if last and last.change and phrases.AND.fullmatch(self.text, last.end, begin):
            return last.change
        match = phrases.CHANGE_BEFORE.search(before) or phrases.CHANGE_AFTER.match(
            self.lowered, end
        )
        if not match and value.units[1] in ("%", "倍"):
            match = phrases.CHANGE_AROUND.search(before)
        if not match:
            return ""
        return "down" if match["down"] else "up"

    def _elliptic(self, value: Value, units: tuple[Unit, ...]) -> Found | None:
        """Give the value in 漏检率5%，希望降到0.5%以下 that is wanted the name of today's."""
        last = self.previous
        if last is None or not last.quantity or last.change or last.role == "condition":
            return None
        if value.form not in ("one", "range") or value.start - last.end > _NEAR:
            return None
        turn = phrases.TURNED.fullmatch(self.lowered, last.end, value.start)
        if turn is None:
            return None
        quantity = quantities().get(last.code)
        spread = last.comparator == "pm" and last.low == -(last.high or 0.0)
        better = "lower" if spread else quantity.direction if quantity else ""
        apart = spread or bool(quantity and quantity.is_difference)
        # 精度0.1mm，提高到0.05mm: what counts as more goes by what is better.
        down = better == "lower" or (better != "higher" and turn["down"])
        way: Literal["ge", "le"] = "le" if down else "ge"
        if (turn["held"] and better != "lower") or (turn["reached"] and last.role != "current"):
            return None
        for unit in units:
            known = last.high if spread or last.low is None else last.low
            wanted = value.numbers[0].value * unit.factor + (0.0 if apart else unit.offset)
            if unit.dimension != last.dimension or known is None:
                continue
            if wanted < known if way == "le" else wanted > known:
                name, qualifier = (
                    phrases.CURRENT.sub("", told) for told in (last.quantity, last.qualifier)
                )
                start, end = last.shown_start, last.end
                return Found(unit, quantity, name, qualifier, start, end, strong=True, turned=way)
        return None

    def _turned_again(self, value: Value, found: Found) -> bool:
        """Say whether a value is to replace the one before it, of the same quantity."""
        last = self.previous
        if last is None or last.change or not found.quantity or found.quantity.code != last.code:
            return False
        between = self.lowered[last.end : value.start]
        if len(between) > _NEAR or phrases.SENTENCE_END.search(between):
            return False
        turn = phrases.TURNED_AGAIN.search(between)
        return bool(turn and (turn["down"] or turn["up"])) and found.qualifier in (
            "", last.qualifier,
        )  # fmt: skip

    def _was_demanded(self, value: Value) -> bool:
        """Say whether 要求效率≥90%，并逐步提高到95% asks for the first value too."""
        last = self.previous
        between = self.lowered[last.end : value.start] if last else ""
        if last is None or phrases.DEMANDED.search(between) or not phrases.CLAUSE.search(between):
            return False
        clause = phrases.CLAUSE.split(self.lowered[max(0, last.start - 40) : last.start])[-1]
        return bool(phrases.DEMANDED.search(clause)) or last.text[0] in "≥≤<>不"

    def _quantity(
        self, value: Value, units: tuple[Unit, ...], clause: int, left: int, begin: int, end: int,
        kind: str, change: str,
    ) -> Found | None:  # fmt: skip
        if not units:
            return None
        text, lowered = self.text, self.lowered
        self._share(clause, left, begin)
        before = find_names(text, lowered, max(left, begin - 60), begin)
        weak: Found | None = None
        gap, at = "", begin
        for name in reversed(before):
            gap, at = lowered[name.end : at] + gap, name.start
            picked = _pick(name, units, kind, value, change)
            if picked is None:
                continue
            linking = phrases.CHANGE_WORDS.sub("", gap) if change else gap
            strong = bool(phrases.LINK.match(linking))
            if strong or len(gap) <= (14 if any(ch > "\u2fff" for ch in gap) else 36):
                weak = self._named(name, picked, left, strong)
                break
        if weak and weak.strong:
            return weak
        if self.shared:
            name = self.shared.pop(0)
            if picked := _pick(name, units, kind, value, change):
                return replace(self._named(name, picked, clause, True), start=-1)
        stop = phrases.STOP.search(text, end, end + 40)
        limit = stop.start() if stop else min(len(text), end + 40)
        for name in find_names(text, lowered, end, limit)[:2]:
            picked = _pick(name, units, kind, value, change)
            gap = lowered[end : name.start]
            near = phrases.NEAR_AFTER.fullmatch(gap) or (not weak and len(gap) <= 12)
            if picked and near:
                return self._named(name, picked, end, bool(phrases.NEAR_AFTER.fullmatch(gap)))
        if weak:
            return weak
        return self._inherited(units, begin, kind) or self._unknown(units, left, begin)

    def _share(self, clause: int, left: int, begin: int) -> None:
        """Note the names of 灵敏度和特异性分别为…, which the next values take in turn."""
        at = self.text.rfind("分别", left, begin)
        if at >= 0:
            self.shared = find_names(self.text, self.lowered, clause, at)
        elif left == clause:
            self.shared = []

    def _named(self, name: Name, picked: tuple[Quantity, Unit], left: int, strong: bool) -> Found:
        qualifier, start = "", name.start
        if name.start > left:
            before = self.text[
                phrases.word_start(self.text, max(left, name.start - 24), left) : name.start
            ]
            qualifier, start = phrases.qualifier(before, name.start)
        label = self.given[start : name.end]
        return Found(picked[1], picked[0], label, qualifier, start, name.end, strong)

    def _inherited(self, units: tuple[Unit, ...], begin: int, kind: str) -> Found | None:
        """Take over the quantity of the value just before: ≥200℃且≤300℃."""
        last = self.previous
        if last is None or not last.quantity or begin - last.end > 12:
            return None
        gap = self.lowered[last.end : begin]
        if not phrases.CONNECTOR.match(gap) or (not kind and gap.strip() in ("", ",", "，", "(")):
            return None
        for unit in units:
            if unit.dimension == last.dimension:
                return Found(unit, quantities().get(last.code), last.quantity, last.qualifier)
        return None

    def _unknown(self, units: tuple[Unit, ...], left: int, begin: int) -> Found:
        at = phrases.word_start(self.text, max(left, begin - 40), left)
        before = phrases.LINK_TAIL.sub("", self.text[at:begin])
        han = phrases.HAN_TAIL.search(before)
        latin = phrases.LATIN_TAIL.search(before)
        label = phrases.last_name(han.group(1)) if han else ""
        if latin and not han:
            words = phrases.STOP_WORD.split(latin.group(1))[-1].split()
            label = " ".join(words) if latin.end() < begin - at else ""
        label = "" if phrases.FILLER.sub("", label.lower()).strip() == "" else label
        start = at + before.rfind(label) if label else -1
        linked = bool(label) and len(label) > 1
        return Found(units[0], None, label if linked else "", "", start, start + len(label))

    def _counts(
        self, value: Value, found: Found, kind: str, change: str, clause: int, begin: int
    ) -> bool:
        """Say whether a value is an indicator at all, not a date, a price or how many people."""
        written, dimension, quantity = value.units[1], found.unit.dimension, found.quantity
        if value.form == "product" and not written:
            return quantity is not None and quantity.code == "pixel_count"
        if any(money in dimension for money in phrases.MONEY):
            return quantity is not None and dimension in quantity.dimensions
        if dimension == "[time]" and found.unit.factor >= phrases.DAY:
            return quantity is not None and dimension in quantity.dimensions
        if change:
            return True
        if written and dimension:
            return True
        compared = kind in ("ge", "gt", "le", "lt", "pm", "best")
        if written:
            context = self.text[clause : value.end + 6]
            delivered = phrases.DELIVERED.search(context)
            return not delivered and (quantity is not None or (compared and bool(found.label)))
        if quantity is None:
            return compared and bool(phrases.PURE_NUMBER_NAME.search(found.label))
        if "" in quantity.dimensions or not quantity.dimensions:
            return found.strong and (bool(quantity.dimensions) or compared)
        share = all(0 < n.value <= 1.0 and (compared or "." in n.raw) for n in value.numbers)
        return found.strong and share

    def _build(
        self, value: Value, found: Found, kind: str, change: Literal["", "up", "down"],
        role: Role, begin: int, end: int,
    ) -> Indicator:  # fmt: skip
        quantity, unit = found.quantity, found.unit
        direction = quantity.direction if quantity else ""
        if change and kind == "best":
            kind = "ge"  # a reduction of 20 % or better
        comparator, side = resolve(kind, direction, value)
        near = self.text[max(0, found.start - 3) : found.start + 3] if found.start >= 0 else ""
        if not side and (word := phrases.EXTREME.search(near)):
            side = "max" if word.group() in phrases.MAXIMA else "min"
        if role == "negated":
            comparator = "gt" if direction == "lower" else "lt"
        apart = bool(change) or (quantity is not None and quantity.is_difference)
        low, high = bounds(value, unit, comparator, apart)
        if value.form == "range":
            comparator = "range"
        elif value.form == "pm":
            comparator = "pm"
        close = quantity is None and 0 <= begin - found.end <= 3
        beside = found.start >= 0 and (found.strong or close)
        return Indicator(
            begin, end, self.given[begin:end], found.label, comparator, low, high,
            value.units[1], unit.dimension, display(value, unit, comparator, change, side),
            quantity.code if quantity else "", found.qualifier, change, role, side,
            min(begin, found.start) if beside else begin,
            max(end, found.end) if beside else end,
        )  # fmt: skip


def _is_signed(text: str, at: int) -> bool:
    """Say whether a + or - right before ``at`` is a sign: not so after a Latin letter."""
    before = text[max(0, at - 2) : at]
    if not before.endswith(("+", "-")):
        return False
    return len(before) == 1 or not before[0].isalnum() or before[0] > "\u2fff"


def _pick(
    name: Name, units: tuple[Unit, ...], kind: str, value: Value, change: str
) -> tuple[Quantity, Unit] | None:
    """Choose the quantity and unit that go together, e.g. accuracy in % is a rate, in mm an error.

    Where both readings fit, 精度≥95% is a rate and 精度≤0.5% an error; without a comparator the
    size of the percentage decides.
    """
    if change and units[0].dimension in ("", "dimensionless"):
        better = "higher" if change == "up" else "lower"
        rows = [quantity for quantity in name.quantities if quantity.direction == better]
        return (rows or name.quantities)[0], units[0]
    pairs = [(q, u) for u in units for q in name.quantities if q.fits(u)]
    fitting = [pair for pair in pairs if pair[0].dimensions]
    fitting += [pair for pair in pairs if not pair[0].dimensions and pair[1] == units[0]]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    if {q.direction for q, _ in fitting} >= {"higher", "lower"} and fitting[0][1] == fitting[1][1]:
        share = value.numbers[0].value * fitting[0][1].factor
        up = kind in ("ge", "gt") or (kind not in ("le", "lt", "pm") and share >= 0.5)
        wanted = "higher" if up else "lower"
        return next(pair for pair in fitting if pair[0].direction == wanted)
    return fitting[0]


@lru_cache(maxsize=4096)
def extract(text: str) -> tuple[Indicator, ...]:
    """Return the indicators of a text in reading order, with offsets into the text as given.

    Dates, standards, model numbers, prices, schedules and numbering are left out. Any text is
    fine, none raises.
    """
    return tuple(_Reader(text).read())
