"""What a measured value is in its clause: demanded, a condition, today's state, somebody else's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from matcher.text import phrases
from matcher.text.quantities import Quantity, find_names
from matcher.text.units import Unit
from matcher.text.values import Value

#: What a value is, when it is no plain statement: ``negated`` not achieved, ``unwanted`` not asked
#: for, ``condition`` under which another value holds, ``current`` today's state, ``other`` somebody
#: else's product.
Role = Literal["", "negated", "unwanted", "condition", "current", "other"]


@dataclass(frozen=True)
class Found:
    """Which quantity a value is of, and by which unit."""

    unit: Unit
    quantity: Quantity | None = None
    label: str = ""
    qualifier: str = ""
    start: int = -1
    end: int = -1
    strong: bool = False
    #: The comparator of a value that stands instead of the one before it, whose name it takes.
    turned: Literal["", "ge", "le"] = ""


@dataclass(frozen=True)
class Clause:
    """A value where it stands: the whole text, its lower case, and what is before the value."""

    text: str
    lowered: str
    value: Value
    before: str

    def role(self, found: Found, kind: str, change: str) -> Role:
        """Return what the value is, by the words around it."""
        before = self.before
        if phrases.NEGATED_BEFORE.search(before):
            return "negated"
        if phrases.UNWANTED_BEFORE.search(before):
            return "unwanted"
        if kind in ("", "about") and self._is_condition(found):
            return "condition"
        if self._fails(kind):
            return "current"
        if not change and self._is_short(found):
            return "current"
        if not (change or phrases.WANTED.search(before)) and phrases.OTHER.search(before):
            return "other"
        if phrases.CURRENT.search(before) and not phrases.DEMANDED.search(before):
            return "current"
        return ""

    def _is_short(self, found: Found) -> bool:
        """Say whether a value is told as too bad: of what should be small, 仅5% is a praise."""
        before = self.before
        better = found.quantity.direction if found.quantity else ""
        if phrases.DEMANDED.search(before):
            return False
        if better == "lower":
            return bool(phrases.STILL_BEFORE.search(before))
        if better == "higher" and phrases.SHORT_BEFORE.search(before):
            return True
        only = phrases.ONLY_BEFORE.search(before)
        if only is None or phrases.ONLY_THEN.match(self.lowered, self.value.end):
            return False
        # 厚度仅0.3mm may be what is wanted; 厚度只有0.3mm is not.
        return better in ("higher", "reach") or bool(only["all"])

    def _fails(self, kind: str) -> bool:
        """Say whether a thing breaks at this value today, whatever is wanted instead."""
        before, end = self.before, self.value.end
        if phrases.FAILS_AFTER.match(self.lowered, end):
            return True
        bare = kind in ("", "about")
        if bare and phrases.BREAKS_AFTER.match(self.lowered, end):
            return True
        if phrases.FAILS_BEFORE.search(before):
            return True
        if phrases.DEMANDED.search(before) and not phrases.OVERCOME.search(before):
            return False
        if phrases.PRONE_AFTER.match(self.lowered, end):
            return True
        plainly = bare and phrases.PLAINLY_BREAKS_AFTER.match(self.lowered, end)
        return bool(plainly) and not phrases.PREVENTED.search(before)

    def _is_condition(self, found: Found) -> bool:
        text, before, end = self.text, self.before, self.value.end
        if phrases.CONDITION_AFTER.match(text, end):
            return True
        enclosed = before.endswith("(") and text[end : end + 1] == ")"
        # In 25℃黏度≤30 Pa·s the temperature belongs to the name of the next value.
        names = find_names(text, self.lowered, end, end + 16)
        led = names and not text[end : names[0].start].strip(" 的")
        if (enclosed and not found.strong) or (led and names[0].start != found.start):
            return True
        at = phrases.CONDITION_BEFORE.search(before)
        return bool(at) and not found.strong and not phrases.WORKS_BEFORE.search(before)

    def works(self, found: Found) -> bool:
        """Say whether a thing works at this temperature: a demand, however it is put."""
        works = phrases.WORKS_AFTER.match(self.text, self.value.end)
        return found.unit.dimension == "[temperature]" and bool(works)
