"""Sentences of Chinese, English and mixed text, as exact offsets into the text as shown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from matcher.records import Offer

#: A sentence longer than this is cut at a comma, so that a quote stays readable.
LONGEST = 240
_CLOSING = "”’\"')）]】》」』"
_ABBREVIATIONS = frozenset(
    "e.g i.e etc fig figs no nos vs dr mr mrs ms prof al approx ca cf eq eqs ref refs vol sec "
    "inc ltd co corp st dept u.s min max temp".split()
)
_BOUNDARY = re.compile(r"[。！？!?；;\n\r]+|\.(?=\s|$|[^\x00-\x7f])|(?<=[a-z])\.(?=[A-Z]{2})|…+")
_COMMA = re.compile(r"[，,、：:]\s*")


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


def record_text(record: Offer) -> tuple[str, tuple[Sentence, ...]]:
    """Join a record's text fields, one a line, and cut them into sentences.

    Returns the whole text and its sentences, each with offsets into its own field and into the
    whole text.
    """
    pieces: list[str] = []
    sentences: list[Sentence] = []
    at = 0
    for field, text in record.passages:
        for start, end in split(text):
            sentences.append(Sentence(field, start, end, at + start, text[start:end]))
        pieces.append(text)
        at += len(text) + 1
    return "\n".join(pieces), tuple(sentences)
