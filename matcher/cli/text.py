"""Text in columns: a Chinese character takes two of them."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Sequence

_NARROWEST, _WIDEST = 60, 120
#: Never at the start of a line.
_CLOSING = frozenset("，。；：、？！）》」』”’…,.;:?!)")
#: What stays together: a run of narrow characters, or one wide one; with the blanks behind it.
_PIECES = re.compile(r"(?:[\u0000-\u1fff]+?(?= |[^\u0000-\u1fff]|$)|[^\u0000-\u1fff]) *| +")


def width(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, columns: int) -> str:
    """Return the text with blanks up to so many columns."""
    return text + " " * (columns - width(text))


def cut(text: str, columns: int) -> str:
    """Return the text, ending in … where it takes more than so many columns."""
    if width(text) <= columns:
        return text
    kept, used = [], 1
    for character in text:
        used += _columns(character)
        if used > columns:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def wrap(text: str, columns: int) -> list[str]:
    """Cut a text into lines of at most so many columns, at blanks or between wide characters."""
    lines: list[str] = []
    line = ""
    for piece in _PIECES.findall(" ".join(text.split())):
        if line and width(line + piece.rstrip()) > columns and piece[0] not in _CLOSING:
            lines.append(line.rstrip())
            line = ""
        while width(piece) > columns and len(piece) > 1 and not line:
            head = cut(piece, columns + 1)[:-1] or piece[0]
            lines.append(head)
            piece = piece[len(head) :]
        line += piece
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def table(rows: Sequence[Sequence[str]], header: Sequence[str], limits: Sequence[int]) -> list[str]:
    """Return the lines of a table; each column is as wide as it must be and at most its limit.

    The last cell of a row with fewer cells than the header takes the columns that are left.
    """
    full = [row for row in rows if len(row) == len(header)]
    widths = [
        min(max(map(width, column)), limit)
        for column, limit in zip(zip(header, *full, strict=True), limits, strict=True)
    ]
    lines = []
    for row in (header, *rows):
        rest = sum(widths[len(row) - 1 :]) + 2 * (len(header) - len(row))
        spans = [*widths[: len(row) - 1], rest]
        cells = [pad(cut(cell, span), span) for cell, span in zip(row, spans, strict=True)]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * columns for columns in widths))
    return lines


def terminal_columns() -> int:
    """Return the terminal's width, within readable bounds."""
    return min(max(shutil.get_terminal_size((100, 24)).columns, _NARROWEST), _WIDEST)
