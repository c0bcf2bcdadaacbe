"""Mask the names of an owner in text, however they are written, and the ways to reach it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from matcher.traces import find_traces

#: One masked character; a mask keeps the text's length so that offsets of quotes stay right.
MASK = "＊"


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
    folded: list[str] = []
    origin: list[int] = []
    for place, ch in enumerate(text):
        for piece in unicodedata.normalize("NFKC", ch).casefold():
            if piece.isalnum():
                folded.append(piece)
                origin.append(place)
    plain, shown = "".join(folded), list(text)
    for name in names:
        start = plain.find(name)
        while start >= 0:
            first, last = origin[start], origin[start + len(name) - 1]
            # "IC" is not in "silicon": a Latin name must stand alone.
            if not (_joined(text, first - 1, first) or _joined(text, last, last + 1)):
                shown[first : last + 1] = MASK * (last + 1 - first)
            start = plain.find(name, start + 1)
    return "".join(shown)


def _joined(text: str, left: int, right: int) -> bool:
    if left < 0 or right >= len(text):
        return False
    return all(ch.isascii() and ch.isalnum() for ch in (text[left], text[right]))
