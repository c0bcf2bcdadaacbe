"""What a need lacks before it is published: elements, numbers, terms; and what names its owner.

What a letter says in its text and not in a field of its own is said to belong there, not to lack.
Everything is found by tables under data/taxonomy and by the engine's own reading of indicators,
so that each finding can be shown in the text it was found in. Nothing here forbids anything:
only a leak in an anonymous need is a reason not to publish, and that is the caller's to enforce.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from matcher import clock, taxonomy
from matcher.ingest.prose import budget_words, deadline_words
from matcher.leaks import Leak, find_leaks
from matcher.records import Need
from matcher.text.extraction import extract
from matcher.text.indicators import compare

__all__ = ["Diagnosis", "Element", "Finding", "Leak", "diagnose", "find_leaks", "mark_up"]

Sign = Literal["missing", "no_number", "no_unit", "vague"]
_CLAUSE_END = re.compile(r"[。；;!！?？\n]|(?<!\d),(?!\d)|，|(?<=[a-z])\.(?=\s|$)")
_STANDARD = re.compile(r"标准|规范|\bGB\b|\bISO\b|\bIEC\b|GB/T|standard", re.IGNORECASE)
_NUMBER = re.compile(r"\d|[零一二三四五六七八九十百千万]+(?:倍|次|个|种|小时|年|月|天)")
#: A number that ends the clause, with nothing after it that could be a unit.
_BARE = re.compile(
    r"(?:[≥≤<>=＞＜:：为达到于过]|least|most|than)\s*\d[\d.,]*\s*(?:以上|以下|左右)?$"
)
_RATIO = re.compile(r"\d\s*[:：]\s*\d[\d.]*$")
_NEAR = 18
_LACKS: dict[str, tuple[str, str]] = {
    "indicators": (
        "没有技术指标。请每行写一条，带数值和单位，例如“工作温度≥200℃”。",
        "There are no indicators: write one a line with number and unit, such as "
        "“operating temperature ≥ 200 °C”.",
    ),
    "budget": (
        "没有写预算。写一个范围就够，对方据此判断是否接洽。",
        "There is no budget: a range is enough for the other side to judge by.",
    ),
    "deadline": (
        "没有写完成期限。",
        "There is no deadline.",
    ),
    "cooperation_modes": (
        "没有写合作方式（转让、许可、合作开发……）。",
        "There is no cooperation mode (assignment, licence, joint development …).",
    ),
}  # fmt: skip
#: The same fields where the need's text says it already; its words are shown beside.
_BELONGS: dict[str, tuple[str, str]] = {
    "indicators": (
        "正文里有这样的数值。是技术指标的，请每行一条写进“主要技术指标”一栏。",
        "The text has such figures: put those that are indicators into the field “Indicators”, "
        "one a line.",
    ),
    "budget": (
        "正文里写了预算。请填到“预算”一栏，对方据此判断是否接洽。",
        "The text states a budget: put it into the field “Budget” for the other side to judge by.",
    ),
    "deadline": (
        "正文里写了期限。请填到“完成期限”一栏。",
        "The text states a deadline: put it into the field “Deadline”.",
    ),
    "cooperation_modes": (
        "正文里提到了。如果是希望的合作方式，请在“合作方式”一栏里选上。",
        "The text mentions it: if it is a mode of cooperation that you want, choose it in the "
        "field “Cooperation modes”.",
    ),
}  # fmt: skip
_ASKS = {
    "material": ("没有写涉及什么材料或对象；若与材料无关，可以不写。",
                 "It does not say which material or object is concerned; leave it if none is."),
    "method": ("没有写希望采用或排除什么方法、工艺。",
               "It does not say which method or process is wanted or ruled out."),
    "effect": ("没有写要达到什么效果（提高、降低、替代什么，到多少）。",
               "It does not say what has to become better, and by how much."),
    "product": ("没有写用在什么产品、设备或系统上。",
                "It does not say for which product, device or system it is."),
    "application": ("没有写在什么场景、工况下使用。",
                    "It does not say where and under which conditions it will be used."),
}  # fmt: skip


@dataclass(frozen=True)
class Element:
    """One of the five elements: the words it was found by, as (field, start, end), or none."""

    code: str
    field: str = ""
    start: int = 0
    end: int = 0
    quote: str = ""

    @property
    def found(self) -> bool:
        """Whether the need says it."""
        return bool(self.quote)

    def label(self, lang: str = "zh") -> str:
        """Return the element's name."""
        return taxonomy.label_of("elements", self.code, lang)

    def advice(self, lang: str = "zh") -> str:
        """Return what to add."""
        return _ASKS[self.code][lang == "en"]


@dataclass(frozen=True)
class Finding:
    """One thing to improve; ``start`` and ``end`` are its place in ``field``, equal if nowhere."""

    sign: Sign
    field: str
    zh: str
    en: str
    start: int = 0
    end: int = 0
    text: str = ""

    def message(self, lang: str = "zh") -> str:
        """Return the sentence in ``lang`` (``zh`` or ``en``)."""
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True)
class Diagnosis:
    """What was found in one need; ``leaks`` is empty unless the need is anonymous."""

    elements: tuple[Element, ...]
    findings: tuple[Finding, ...]
    leaks: tuple[Leak, ...]

    @property
    def complete(self) -> bool:
        """Whether there is nothing to say."""
        return not (self.findings or self.leaks) and all(part.found for part in self.elements)

    def of(self, *signs: str) -> tuple[Finding, ...]:
        """Return the findings with one of these signs."""
        return tuple(item for item in self.findings if item.sign in signs)


def diagnose(need: Need, today: date | None = None) -> Diagnosis:
    """Return what a need lacks, what is vague in it, and what would give an anonymous owner away.

    Fields of the record, no other data and no network; the same need gives the same diagnosis on
    the same day (a day in its text that has passed is no deadline).
    """
    findings = (*_missing(need, today or clock.today()), *_unmeasured(need), *_vague(need))
    return Diagnosis(tuple(_elements(need)), findings, find_leaks(need))


def mark_up(
    text: str, marks: list[tuple[int, int, str]]
) -> list[tuple[str, str]]:  # fmt: skip
    """Return the text in pieces as (piece, kind), kind "" for what is not marked.

    ``marks`` are (start, end, kind); of two that overlap the earlier one in the list wins.
    """
    kinds = [""] * len(text)
    for start, end, kind in marks:
        for place in range(max(0, start), min(end, len(text))):
            kinds[place] = kinds[place] or kind
    pieces: list[tuple[str, str]] = []
    begin = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or kinds[place] != kinds[begin]:
            pieces.append((text[begin:place], kinds[begin]))
            begin = place
    return pieces


def _elements(need: Need) -> Iterator[Element]:
    for code in taxonomy.terms("elements"):
        yield _element(need, code)


def _element(need: Need, code: str) -> Element:
    for field, text in need.passages:
        if code == "effect" and field == "indicators" and (found := extract(text)):
            first = found[0]
            return Element(code, field, first.start, first.end, first.text)
        if match := _words("elements", code).search(text):
            return Element(code, field, match.start(), match.end(), match.group())
    return Element(code)


def _missing(need: Need, today: date) -> Iterator[Finding]:
    for field, lacks in _LACKS.items():
        if not getattr(need, field):
            quote = _said(need, field, today)
            zh, en = _BELONGS[field] if quote else lacks
            yield Finding("missing", field, zh, en, text=quote)


def _said(need: Need, field: str, today: date) -> str:
    """Return the words by which a need's text says what an empty field should hold, or ""."""
    if field == "indicators":
        asked = compare(need.passages, ())
        return asked[0].requirement.text if asked else ""
    if field == "budget":
        found = (budget_words(text) for _, text in need.passages)
    elif field == "deadline":
        found = (deadline_words(text, today) for _, text in need.passages)
    else:
        found = (_mode_words(text) for _, text in need.passages)
    return next(filter(None, found), "")


def _mode_words(text: str) -> str:
    match = _modes().search(text)
    return next(filter(None, match.groups())) if match else ""


@taxonomy.made_from_terms
def _modes() -> re.Pattern[str]:
    """Return what finds a mode of cooperation by the names that the import knows.

    服务, 诊断 and 共享 are names too and say other things as well: a short name counts only where
    it is announced (合作方式：许可) or followed by 均可.
    """
    terms = taxonomy.terms("cooperation_modes").values()
    names = sorted({name for term in terms for name in term.names}, key=lambda name: -len(name))
    clear = [name for name in names if " " in name or (len(name) > 3 and not name.isascii())]
    any_name, clear_name = _one_of(names), _one_of(clear)
    return re.compile(
        r"(?:合作(?:方式|模式|形式)|cooperation(?: modes?)?)\s?[:：为是可]{1,2}\s?"
        rf"({any_name})"
        rf"|({any_name}(?:[、，,/或和及]{any_name}){{0,9}})(?=[均都皆]可)|({clear_name})",
        re.IGNORECASE,
    )


def _unmeasured(need: Need) -> Iterator[Finding]:
    for start, end in _clauses(need.indicators):
        text = need.indicators[start:end]
        if not any(ch.isalnum() for ch in text) or _STANDARD.search(text):
            continue
        found = extract(text)
        place = ("indicators", start, end, text)
        if not _NUMBER.search(text):
            yield _finding(
                "no_number",
                place,
                "这条指标没有数值；如果只有“是/否”，可以不改。",
                "This indicator has no number; leave it if it can only be yes or no.",
            )
        elif (
            (bare := _BARE.search(text))
            and not _RATIO.search(text[: bare.end()])
            and not any(item.unit or item.code for item in found)
        ):
            yield _finding(
                "no_unit",
                place,
                "这条指标的数值没有单位，请写成“名称≥数值 单位”；本来没有单位的可以不改。",
                "The number has no unit: write “name ≥ number unit”, or leave it if there is none.",
            )


def _finding(sign: Sign, place: tuple[str, int, int, str], zh: str, en: str) -> Finding:
    field, start, end, text = place
    return Finding(sign, field, zh, en, start, end, text)


def _vague(need: Need) -> Iterator[Finding]:
    for field, text in need.passages:
        taken: list[tuple[int, int]] = []
        for code, term in taxonomy.terms("vague_words").items():
            for match in _words("vague_words", code).finditer(text):
                start, end = match.span()
                # High precision (±0.1 %) says how high.
                if _NUMBER.search(_rest_of_clause(text, end)) or any(
                    start < stop and begin < end for begin, stop in taken
                ):
                    continue
                taken.append((start, end))
                zh, en = f"{term.zh}。", f"{term.en}."
                yield Finding("vague", field, zh, en, start, end, match.group())


def _rest_of_clause(text: str, start: int) -> str:
    rest = text[start : start + _NEAR]
    cut = _CLAUSE_END.search(rest)
    return rest[: cut.start()] if cut else rest


def _clauses(text: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for cut in _CLAUSE_END.finditer(text):
        if text[cut.start() : cut.end()] in (",", "，"):
            continue
        yield from _stripped(text, begin, cut.start())
        begin = cut.end()
    yield from _stripped(text, begin, len(text))


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if piece.strip():
        left = len(piece) - len(piece.lstrip())
        yield start + left, start + len(piece.rstrip())


@cache
def _words(table: str, code: str) -> re.Pattern[str]:
    words = sorted(taxonomy.terms(table)[code].synonyms, key=lambda word: (-len(word), word))
    return re.compile(_one_of(words), re.IGNORECASE)


def _one_of(words: list[str]) -> str:
    parts = (
        rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])" if word.isascii() else re.escape(word)
        for word in words
    )
    return f"(?:{'|'.join(parts)})"
