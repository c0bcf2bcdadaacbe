"""What may stand in a cell, a paragraph or a CSV field: cleaning, cutting, defusing, numbers."""

from __future__ import annotations

import math
import re
import zipfile
from io import BytesIO
from unicodedata import east_asian_width

Cell = str | int | float | None

#: The most characters that Excel keeps in a cell.
CELL_CHARACTERS = 32_767
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_LINE_ENDS = re.compile("\r\n?|\x85|\u2028|\u2029")
_INVISIBLE = " \u3000\u00a0\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\n"
_FORMULA = tuple("=+-@\t\r＝＋－＠﹦﹢﹣﹫−")
_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def clean(text: str) -> str:
    """Return text without the characters that XML forbids; line ends become ``\\n``."""
    return _ILLEGAL.sub("", _LINE_ENDS.sub("\n", text))


def cut(text: str, mark: str) -> str:
    """Return text that fits into a cell, ending in ``mark`` where it was cut."""
    # Excel counts UTF-16 units; rare characters take two.
    if len(text) <= CELL_CHARACTERS // 2 or len(text.encode("utf-16-le")) <= 2 * CELL_CHARACTERS:
        return text
    units = text.encode("utf-16-le")[: 2 * (CELL_CHARACTERS - len(mark))]
    return units.decode("utf-16-le", "ignore") + mark


def width(text: str) -> int:
    """Return the width of a text in halves of a Chinese character."""
    return sum(2 if east_asian_width(ch) in "WFA" else 1 for ch in text)


def shorten(text: str, room: int) -> str:
    """Return a text that is at most ``room`` wide (see :func:`width`), ending in … where cut."""
    if width(text[: room + 1]) <= room:
        return text
    used = 0
    for place, ch in enumerate(text):
        used += width(ch)
        if used > room - 2:
            return text[:place].rstrip() + "…"
    return text


def defuse(text: str) -> str:
    """Return text that no spreadsheet takes for a formula when it opens a CSV file.

    A plain negative number stays a number; anything else that begins with a formula sign, in
    half or full width, also behind blanks, gets an apostrophe in front.
    """
    bare = text.lstrip(_INVISIBLE)
    if bare.startswith(_FORMULA) and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


def number(value: float | None, digits: int = 4) -> float | None:
    """Return a finite number rounded to ``digits``, None for a missing or non-finite one."""
    if value is None or not math.isfinite(value):
        return None
    # Plus zero turns -0.0 into 0.0.
    return round(float(value), digits) + 0.0


def same_bytes(archive: bytes) -> bytes:
    """Return a zip archive whose members carry no time of writing."""
    out = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(archive)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            # The system that wrote the file must not show either.
            entry.create_system = 0
            target.writestr(entry, source.read(name))
    return out.getvalue()
