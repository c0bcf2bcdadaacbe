"""The parts of a need that partners have to bring: technologies, indicators, deliverables.

Every part is a piece of the need's own text. It belongs to one of the four elements of the table
``consortium_elements`` (technology, industry, finance, talent): the one whose words it uses, else
the one that the kind of need is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, takewhile
from typing import Literal

from matcher import taxonomy
from matcher.records import Capability, Need
from matcher.results import Span
from matcher.text.asides import is_aside
from matcher.text.indicators import compare, extract
from matcher.text.sentences import clauses, is_boilerplate, split

PartKind = Literal["technology", "indicator", "deliverable", "request"]

_ABOUT = {"finance": "finance", "talent": "talent"}
#: The order in which the words of a part are looked for; technology is what is left.
_TOLD = ("finance", "talent", "industry")
_FIELDS: tuple[tuple[str, PartKind], ...] = (
    ("key_technology", "technology"), ("indicators", "indicator"),
    ("expected_outcome", "deliverable"),
)  # fmt: skip
#: Where a sentence begins to ask.
_ASKS = re.compile(
    r"希望|期望|需要|需求是|急需|亟需|想(?!象|法)|拟|求购|寻找|寻求|征集|征求|要求|招募|引入|引进|对接"
    r"|\b(?:we (?:also )?need|needed|look(?:ing)? for|seek(?:ing)?|want(?:ed)?|would (?:also )?like"
    r"|wish|require[sd]?)\b",
    re.IGNORECASE,
)
#: What a piece says that asks for nothing: what is not wanted, and what the asker brings.
_NOT_ASKED = re.compile(
    r"不需要|不再(?:需要|要求|采购|征集|寻找)|不是|不适用|不考虑|无需|不接受|不采购|不要求|要求不高|不限|均可|(?:可|我方|我司|公司|愿意?)(?:提供|出)"
    r"|\b(?:not suitable|not needed|no need|we (?:can )?(?:offer|provide|bring))\b",
    re.IGNORECASE,
)
#: What a piece tells of how things stand; it is no part unless it asks for something too.
_BACKGROUND = re.compile(
    r"已(?:经|完成|具备|建成|通过)|(?:只|仅)有\s*\d|\balready\b", re.IGNORECASE
)
_AND = re.compile(r"、|以及|；|;|\band\b|, ")
_LEADING = re.compile(r"(?:并且?|且|同时|以及|还|also |and |or |[，,、;；\s])+", re.IGNORECASE)
_TRAILING = re.compile(r"(?:以及|和|及|\s+and|[\s，,、；;。.])+$")
#: Shorter than this, a piece names nothing that somebody could bring.
_SHORTEST = 4
#: Up to this length an indicator is shown with the clause around it.
_READABLE = 60


@dataclass(frozen=True)
class Part:
    """One thing that a need asks for; ``number`` counts from 1 in the need's reading order."""

    number: int
    kind: PartKind
    #: A code of ``consortium_elements``.
    element: str
    span: Span
    #: Where the value asked for stands, of an indicator that can be compared.
    measured: Span | None = None

    @property
    def comparable(self) -> bool:
        """Whether a record can show that it covers this: a bare figure needs a comparison."""
        figure = self.kind == "indicator" and any(ch.isdigit() for ch in self.span.text)
        return self.measured is not None or not figure


def parts_of(need: Need) -> tuple[Part, ...]:
    """Return the parts of a need, in reading order.

    They are the pieces of its key technology, its indicators (each measured one by itself) and
    its expected outcome; of its problem the pieces that ask for something, where key technology
    does not say it or where they ask for industry, finance or talent. A need that has none of
    these is one part: its title, or else its text. What asks for one indicator with one bound is
    one part.
    """
    figures = _Figures(need)
    found = [*_asked(need, figures), *_listed(need, figures)]
    found = [part for part in found if not is_aside(part[1].text)]
    if not any(part[0] != "indicator" for part in found):
        whole = [*_whole(need, figures)]
        found = [*([part for part in whole if not is_aside(part[1].text)] or whole), *found]
    seen: set[str] = set()
    parts: list[Part] = []
    for kind, span, measured in figures.once(found):
        same = taxonomy.fold(span.text)
        if same not in seen:
            seen.add(same)
            parts.append(Part(len(parts) + 1, kind, element_of(need, span.text), span, measured))
    return tuple(parts)


def element_of(need: Need, text: str) -> str:
    """Return the element that a piece of a need asks for."""
    for code in _TOLD:
        if _words(code).search(text):
            return code
    return about(need)


def about(need: Need) -> str:
    """Return the element that a need of this kind is about where its words do not say it."""
    return _ABOUT.get(need.kind, "technology")


def fits(element: str, need: Need, capability: Capability) -> bool:
    """Tell whether the owner of a capability can fill a role in this element.

    The kind of the capability or of its owner must be in the table ``consortium_elements``; for
    the element that the need itself is about, the need must accept this kind of capability too.
    """
    accepted = taxonomy.terms("consortium_elements")[element].accepts
    owner = capability.organisation.kind if capability.organisation else None
    if capability.kind not in accepted and (owner or "") not in accepted:
        return False
    asked = taxonomy.terms("need_kinds")[need.kind].accepts
    return element != about(need) or not asked or capability.kind in asked


_Found = tuple[PartKind, Span, Span | None]


class _Figures:
    """The figures that a need asks for, field by field: one may be asked for in several."""

    def __init__(self, need: Need) -> None:
        self._said = {field: extract(text) for field, text in need.passages}
        #: Where a figure is shown → where the same is asked for first in its field.
        self.first: dict[Span, Span] = {}
        self._keys: dict[Span, tuple[str, str, str]] = {}
        for field, text in need.passages:
            asked = {c.requirement for c in compare([(field, text)], ())}
            firsts: dict[tuple[str, str, str], Span] = {}
            for one in self._said[field]:
                span = Span(field, one.shown_start, one.shown_end,
                            text[one.shown_start : one.shown_end])  # fmt: skip
                key = (one.code or one.quantity, one.qualifier, one.display)
                if span in asked:
                    firsts.setdefault(key, span)
                # What is told of, such as a condition, asks for nothing, whatever its value.
                if (span in asked or not one.role) and (first := firsts.get(key)):
                    self.first[span], self._keys[span] = first, key

    def inside(self, field: str, start: int, end: int) -> list[Span]:
        """Return the figures asked for in a piece of a field."""
        return [s for s in self.first if s.field == field and start <= s.start < end]

    def once(self, found: Sequence[_Found]) -> list[_Found]:
        """Drop an indicator that another one asks for too, with the same condition or a fuller."""
        # The same piece may be found in two ways: it is one, and must not drop itself.
        kept = list(dict.fromkeys(found))
        for one in reversed(tuple(kept)):
            if any(self._says(other, one) for other in kept if other is not one):
                kept.remove(one)
        return kept

    def _says(self, one: _Found, other: _Found) -> bool:
        (mine, when), (theirs, wanted) = self._asks(one), self._asks(other)
        return mine is not None and mine == theirs and wanted in ("", when)

    def _asks(self, part: _Found) -> tuple[tuple[str, str, str] | None, str]:
        """Return the figure of an indicator and the condition that it is to hold under."""
        _, span, measured = part
        if measured is None:
            return None, ""
        own = next(iter(self.inside(span.field, span.start, span.end)), measured)
        after = [i for i in self._said[span.field] if i.start >= own.end]
        conditions = takewhile(lambda i: i.role == "condition", after)
        return self._keys[own], " ".join(i.display for i in conditions)


def _asked(need: Need, figures: _Figures) -> Iterator[_Found]:
    for start, end in split(need.problem):
        cue = _ASKS.search(need.problem, start, end)
        if cue is None or is_boilerplate(need.problem[start:end]):
            continue
        before = [a for a, _ in clauses(need.problem, start, end) if a <= cue.start()]
        begin = max(before, default=start)
        for a, b in _pieces(need, need.problem, begin, end):
            span = _span(need, "problem", a, b)
            if unasked := _NOT_ASKED.search(span.text):
                kept = max(span.text.rfind(comma, 0, unasked.start()) for comma in "，,")
                if kept < _SHORTEST:
                    continue
                span = _span(need, "problem", a, span.start + kept)
            if _BACKGROUND.search(span.text) and not _ASKS.search(span.text):
                continue
            if not need.key_technology or element_of(need, span.text) in _TOLD:
                measured = _only_figure(span, figures)
                yield "indicator" if measured else "request", span, measured


def _only_figure(span: Span, figures: _Figures) -> Span | None:
    """Return the figure of a piece that asks for nothing else."""
    inside = figures.inside(span.field, span.start, span.end)
    if len(inside) != 1:
        return None
    rest = span.text.replace(inside[0].text, "", 1)
    return None if re.search(r"\w", _ASKS.sub("", rest)) else figures.first[inside[0]]


def _whole(need: Need, figures: _Figures) -> Iterator[_Found]:
    """Yield the title, or of a text that is all there is its clauses and the figures in them."""
    field, text = need.passages[0]
    if len(need.passages) > 1:
        yield "request", _span(need, field, 0, len(text)), None
        return
    for start, end in split(text) or [(0, len(text))]:
        for a, b in clauses(text, start, end) or [(start, end)]:
            inside = figures.inside(field, a, b)
            for span in inside:
                yield "indicator", span, figures.first[span]
            if not inside:
                yield "request", _span(need, field, a, b), None


def _listed(need: Need, figures: _Figures) -> Iterator[_Found]:
    for field, kind in _FIELDS:
        text = getattr(need, field)
        for start, end in split(text):
            if is_boilerplate(text[start:end]):
                continue
            if field == "indicators":
                yield from _measured(need, figures, start, end)
                continue
            for a, b in _pieces(need, text, start, end, listed=field == "key_technology"):
                yield kind, _span(need, field, a, b), None


def _measured(need: Need, figures: _Figures, start: int, end: int) -> Iterator[_Found]:
    """Yield the indicators of one sentence; one that is the only one is shown with its clause."""
    inside = figures.inside("indicators", start, end)
    whole = _span(need, "indicators", start, end)
    if len(inside) <= 1 and len(whole.text) <= _READABLE:
        yield "indicator", whole, figures.first[inside[0]] if inside else None
        return
    for span in inside:
        yield "indicator", span, figures.first[span]
    if not inside:
        for a, b in clauses(need.indicators, start, end):
            yield "indicator", _span(need, "indicators", a, b), None


def _pieces(
    need: Need, text: str, start: int, end: int, *, listed: bool = False
) -> Iterator[tuple[int, int]]:
    """Cut a sentence into clauses, and a list or what asks for several elements between them."""
    for a, b in clauses(text, start, end):
        cuts = [a, *(m.end() for m in _AND.finditer(text, a, b)), b]
        pieces = list(pairwise(cuts))
        told = {element_of(need, text[x:y]) for x, y in pieces} & set(_TOLD)
        long_enough = all(y - x >= _SHORTEST for x, y in pieces)
        yield from pieces if len(told) > 1 or (listed and long_enough) else [(a, b)]


def _span(need: Need, field: str, start: int, end: int) -> Span:
    text: str = getattr(need, field)
    if lead := _LEADING.match(text, start, end):
        start = lead.end()
    kept = _TRAILING.sub("", text[start:end])
    return Span(field, start, start + len(kept), kept)


@cache
def _words(element: str) -> re.Pattern[str]:
    words = taxonomy.terms("consortium_elements")[element].synonyms
    return re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
