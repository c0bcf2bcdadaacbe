"""Mask the names of an owner in text, however they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from matcher import taxonomy
from matcher.records import Capability, Offer

#: One masked character; a mask keeps the text's length so that offsets of quotes stay right.
MASK = "＊"


def names_of(record: Offer) -> tuple[str, ...]:
    """Return what names a record's owner, folded; the longest first, to be masked as one."""
    owner = record.organisation
    if owner is None:
        return ()
    host = re.sub(r"^\w+://(?:www\.)?|^www\.|/.*$", "", owner.website or "")
    names = {owner.name, *owner.aliases, owner.parent or "", owner.credit_code or "", host}
    if isinstance(record, Capability):
        names.update(record.ip_references)
    folded = {taxonomy.fold(name) for name in names}
    return tuple(sorted((name for name in folded if len(name) > 1), key=lambda n: (-len(n), n)))


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
