"""Forms of a text for matching; the shown text always stays as written."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal

Language = Literal["zh", "en"]

#: Blocks with Han characters that have a simplified form.
_HAN = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00))
_HAN_CHARACTER = re.compile("[{}]".format("".join(f"{chr(a)}-{chr(b - 1)}" for a, b in _HAN)))
_WORD = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")


@cache
def _simplified() -> dict[int, str]:
    from opencc import OpenCC

    # One character a line: characters are converted by themselves, so lengths never change.
    points = [point for low, high in _HAN for point in range(low, high)]
    converted = OpenCC("t2s").convert("\n".join(map(chr, points))).split("\n")
    return {p: out for p, out in zip(points, converted, strict=True) if out != chr(p)}


def simplify(text: str) -> str:
    """Turn traditional characters into simplified ones, one for one: offsets stay valid."""
    return text if text.isascii() else text.translate(_simplified())


def match_form(text: str) -> str:
    """Fold a text for comparing words: NFKC, lower case, simplified characters."""
    return simplify(unicodedata.normalize("NFKC", text)).lower()


def is_han(character: str) -> bool:
    """Tell whether a character is Chinese."""
    return any(low <= ord(character) < high for low, high in _HAN)


def language(text: str) -> Language:
    """Return the language that carries a text: Chinese characters against Latin words.

    A Chinese sentence full of codes and units stays Chinese; so does a text with neither.
    """
    rest, han = _HAN_CHARACTER.subn(" ", text)
    words = _WORD.findall(rest)
    # SiC, MOSFET and kW are written alike in both languages.
    plain = sum(len(word) > 2 and word[1:].islower() for word in words)
    # One Latin word weighs about as much as two Chinese characters.
    return "en" if 2 * plain > han or (words and not han) else "zh"
