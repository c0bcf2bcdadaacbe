"""Sentences of Chinese, English and mixed text, as exact offsets into the text as shown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from matcher.records import Need, Offer
from matcher.text.asides import is_aside
from matcher.text.letters import is_introduction

#: A sentence longer than this is cut at a comma, so that a quote stays readable.
LONGEST = 240
#: A need of at most so many sentences, beside its title, names its parts in clauses.
FEW = 2
#: A clause says at least so much: a Han character counts one, a word or number 1.6.
_CLAUSE = 8.0
_CLOSING = "”’\"')）]】》」』"
_ABBREVIATIONS = frozenset(
    "e.g i.e etc fig figs no nos vs dr mr mrs ms prof al approx ca cf eq eqs ref refs vol sec "
    "inc ltd co corp st dept u.s min max temp".split()
)
_BOUNDARY = re.compile(r"[。！？!?；;\n\r]+|\.(?=\s|$|[^\x00-\x7f])|(?<=[a-z])\.(?=[A-Z]{2})|…+")
_COMMA = re.compile(r"[，,、：:]\s*")
_CLAUSE_END = re.compile(r"，\s*|,(?!\d)\s*")
_WORD = re.compile(r"(?P<han>[\u3400-\u9fff])|[^\W\u3400-\u9fff]+")


#: What calls carry beside the need: export control, who may apply, which phases, whom to ask.
_BOILERPLATE = re.compile(
    r"traffic in arms regulation|\bITAR\b|export[- ](?:control|administration)"
    r"|foreign (?:nationals|citizens?)\b|offerors? (?:must|shall|should) (?:disclose|identify)"
    r"|proposals? accepted\s*:|direct[- ]to[- ]phase\s|^\W*phase (?:i{1,3}|[123])\W*$"
    r"|(?:classified|unclassified) proposals|contractor must be u\.?s\.? owned"
    r"|technical points? of contact|最终解释权|报名截止|如有疑问|请致电|联系方式[：:]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sentence:
    """One sentence of a record.

    ``start`` and ``end`` are offsets into the named field as written, ``at`` is the offset of
    ``start`` in the record's whole text (see :func:`record_text`).
    """

    field: str
    start: int
    end: int
    at: int
    text: str


def split(text: str) -> list[tuple[int, int]]:
    """Return the sentences of ``text`` as half-open offsets, without the blanks around them."""
    spans: list[tuple[int, int]] = []
    start = 0
    for mark in _BOUNDARY.finditer(text):
        if mark.start() < start or (mark.group() == "." and _is_abbreviation(text, mark.start())):
            continue
        end = mark.end()
        while end < len(text) and text[end] in _CLOSING:
            end += 1
        spans += _trimmed(text, start, end)
        start = end
    return spans + _trimmed(text, start, len(text))


def _is_abbreviation(text: str, dot: int) -> bool:
    word = re.search(r"[\w.]*$", text[max(0, dot - 12) : dot])
    last = word.group().lower() if word else ""
    # "1." and "A." number a list or shorten a name: what follows belongs to them.
    return last in _ABBREVIATIONS or len(last) == 1 or (last.isdigit() and len(last) <= 2)


def _trimmed(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    while True:
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if not any(character.isalnum() for character in text[start:end]):
            return spans
        if end - start <= LONGEST:
            return [*spans, (start, end)]
        commas = [m.end() for m in _COMMA.finditer(text, start + LONGEST // 3, start + LONGEST)]
        blank = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
        cut = commas[-1] if commas else blank + 1 if blank > 0 else start + LONGEST
        spans += _trimmed(text, start, cut)
        start = cut


def is_boilerplate(text: str) -> bool:
    """Tell a notice, a heading, a bare budget or what is said for politeness from a part."""
    return bool(_BOILERPLATE.search(text)) or is_aside(text) or is_introduction(text)


def clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut one sentence, ``text[start:end]``, at its commas into parts that say something each.

    Returns half-open offsets into ``text``. A short clause stays with the one before it, or at
    the beginning with the one after it.
    """
    spans: list[tuple[int, int]] = []
    for comma in _CLAUSE_END.finditer(text, start, end):
        cut = comma.end()
        piece = text[start:cut]
        if _is_closed(piece) and min(_size(piece), _size(text[cut:end])) >= _CLAUSE:
            spans += _trimmed(text, start, cut)
            start = cut
    return spans + _trimmed(text, start, end)


def _is_closed(text: str) -> bool:
    return sum(text.count(mark) for mark in "(（[") <= sum(text.count(mark) for mark in ")）]")


def _size(text: str) -> float:
    return sum(1.0 if word["han"] else 1.6 for word in _WORD.finditer(text))


def record_text(record: Offer) -> tuple[str, tuple[Sentence, ...]]:
    """Join a record's text fields, one a line, and cut them into sentences.

    A need of few sentences is cut into clauses: each is a part that wants its own answer.

    Returns the whole text and its sentences, each with offsets into its own field and into the
    whole text.
    """
    cut = [(field, text, split(text)) for field, text in record.passages]
    body = sum(len(spans) for field, _, spans in cut if field != "title")
    if isinstance(record, Need) and body <= FEW:
        cut = [
            (field, text, spans if field == "title"
             else [part for span in spans for part in clauses(text, *span)])
            for field, text, spans in cut
        ]  # fmt: skip
    sentences: list[Sentence] = []
    at = 0
    for field, text, spans in cut:
        sentences += [Sentence(field, a, b, at + a, text[a:b]) for a, b in spans]
        at += len(text) + 1
    return "\n".join(text for _, text, _ in cut), tuple(sentences)
