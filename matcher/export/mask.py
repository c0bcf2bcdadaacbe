"""Mask the names of an owner in text, however they are written, and the ways to reach it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

#: One masked character; a mask keeps the text's length so that offsets of quotes stay right.
MASK = "＊"
_CONTACT = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
    r"|(?:https?://|www\.)[!-~]+"
    r"|(?<![A-Za-z0-9.-])(?:[A-Za-z0-9-]+\.)+(?:com|cn|net|org|edu|gov)(?![A-Za-z0-9])(?:/[!-~]*)?"
    # Mobile and fixed telephones.
    r"|(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?![\d.]\d|\d)"
    r"|(?<![\d.])(?:\+?86[- ]?)?(?:\(0\d{2,3}\)[- ]?|0\d{2,3}[- ])\d{7,8}(?:-\d{1,5})?(?!\d)"
    # Patents and applications: with an office's letters, or a Chinese number with check digit.
    r"|(?<![A-Za-z0-9])ZL ?[12]\d{3} ?\d ?\d{4,7}(?: ?\. ?[\dXx])?"
    r"|(?<![A-Za-z0-9])(?:PCT/?)?(?:CN|WO) ?(?:\d{4}/)?\d{6,13}(?:\.[\dXx])?"
    r"(?: ?[ABCSUY]\d?(?![A-Za-z0-9]))?"
    r"|(?<![\d.])(?:19|20)\d{2}[123589]\d{7}\.[\dXx](?!\d)",
    re.IGNORECASE | re.ASCII,
)
_KEPT_WIDE = re.compile(r"[Ａ-Ｚａ-ｚ０-９＠．－：／＿＋（）]")


def mask_owner(text: str, names: Iterable[str]) -> str:
    """Mask an owner's folded names, and addresses, telephones and patent numbers of anybody."""
    narrow = _KEPT_WIDE.sub(lambda wide: unicodedata.normalize("NFKC", wide.group()), text)
    shown = list(text)
    for found in _CONTACT.finditer(narrow):
        shown[found.start() : found.end()] = MASK * len(found.group())
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
