"""Mask the names of an owner in text, however they are written, and the ways to reach it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from matcher.traces import find_traces

#: One masked character; a mask keeps the text's length so that offsets of quotes stay right.
MASK = "＊"
#: What any bracket or quotation mark is in a name that is only found between two of them.
BRACKET = "|"
_BRACKETS = frozenset("()[]【】〔〕《》〈〉「」『』“”‘’\"'")


def mask_owner(text: str, names: Iterable[str]) -> str:
    """Mask an owner's folded names, and whatever else points to somebody (``matcher.traces``)."""
    shown = list(text)
    for start, end, _kind in find_traces(text):
        shown[start:end] = MASK * (end - start)
    return mask_names("".join(shown), names)


def mask_names(text: str, names: Iterable[str]) -> str:
    """Replace every way of writing a folded name in ``text`` by as many mask characters."""
    names = tuple(names)
    if not text or not names:
        return text
    bare, bracketed, shown = _folded(text), _folded(text, brackets=True), list(text)
    for name in names:
        plain, origin = bracketed if BRACKET in name else bare
        start = plain.find(name)
        while start >= 0:
            first, last = origin[start], origin[start + len(name) - 1]
            # "IC" is not in "silicon": a Latin name must stand alone.
            if not (_joined(text, first - 1, first) or _joined(text, last, last + 1)):
                shown[first : last + 1] = MASK * (last + 1 - first)
            start = plain.find(name, start + 1)
    return "".join(shown)


def _folded(text: str, brackets: bool = False) -> tuple[str, list[int]]:
    """Return the letters and figures folded, and where each stood; with one mark for brackets."""
    folded: list[str] = []
    origin: list[int] = []
    for place, ch in enumerate(text):
        for piece in unicodedata.normalize("NFKC", ch).casefold():
            mark = BRACKET if brackets and piece in _BRACKETS else ""
            if piece.isalnum() or (mark and folded[-1:] != [mark]):
                folded.append(mark or piece)
                origin.append(place)
    return "".join(folded), origin


def _joined(text: str, left: int, right: int) -> bool:
    if left < 0 or right >= len(text):
        return False
    return all(ch.isascii() and ch.isalnum() for ch in (text[left], text[right]))
