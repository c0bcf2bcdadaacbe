"""The raw shape every format is read into: tables of rows of cells, with where they came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from matcher.records import Capability, Need
from matcher.results import Rejection

R = TypeVar("R", bound=Need | Capability)

VALUE_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell that its file could not give a value for, and why."""

    zh: str
    en: str
    shown: str = ""


@dataclass(slots=True)
class Row:
    """One row: its number as the user's program shows it, and its non-empty cells by column.

    ``continued`` names the columns whose value was carried down from a vertical merge.
    """

    number: int
    cells: dict[int, Any]
    continued: frozenset[int] = frozenset()


@dataclass(slots=True)
class Table:
    """Rows of one sheet, table or file.

    ``header`` None means that it stands among the rows. ``ragged`` says that a cell beyond the
    header is a sign of a broken row (CSV) and not a remark in the margin.
    """

    file: str
    sheet: str
    rows: list[Row]
    header: tuple[str, ...] | None = None
    ragged: bool = False


@dataclass(slots=True)
class Raw:
    """Everything read from one path, before any column is understood."""

    source: str
    tables: list[Table] = field(default_factory=list)
    warnings: list[Rejection] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


def shorten(value: object) -> str:
    """Return a value as one line of at most 80 characters."""
    text = " ".join(str(value).split())
    return text if len(text) <= VALUE_CHARACTERS else text[: VALUE_CHARACTERS - 1] + "…"


def note(
    file: str,
    zh: str,
    en: str,
    *,
    sheet: str = "",
    row: int = 0,
    column: str = "",
    value: object = "",
) -> Rejection:
    """Return a rejection or warning; row 0 stands for the whole file or sheet."""
    return Rejection(file, sheet, row, shorten(column), zh, en, shorten(value))
