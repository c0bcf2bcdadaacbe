"""A workbook of plain tables: every text is written as text, never as a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO

import xlsxwriter

from matcher.export.cells import Cell, clean, cut, width

_FONT = "微软雅黑"
_WIDEST, _NARROWEST = 60, 8
#: Excel's limit for the height of a row, and what a line of 10 points takes.
_MOST_POINTS, _LINE_POINTS, _MOST_LINES = 409, 14, 30


@dataclass(frozen=True)
class Sheet:
    """One table: its name on the tab, what stands above it, its headings, its rows."""

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    notes: Sequence[str] = ()
    widths: Sequence[int] = ()


def workbook(sheets: Sequence[Sheet], mark: str = "…") -> bytes:
    """Return an Excel file with one sheet a table; rows may come from an iterator.

    Texts are string cells and stand as they are: "-55~125℃" gets no apostrophe. ``mark`` ends a
    text that was cut.
    """
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    book.set_properties({"author": "alleymatch"})
    base = {"font_name": _FONT, "font_size": 10, "valign": "top"}
    text = book.add_format({**base, "text_wrap": True})
    number = book.add_format({**base, "num_format": "#,##0.##"})
    whole = book.add_format({**base, "num_format": "#,##0"})
    note = book.add_format({**base, "font_color": "#66737A"})
    head = book.add_format(
        {**base, "bold": True, "font_color": "#FFFFFF", "bg_color": "#1D5C63", "text_wrap": True}
    )
    for sheet in sheets:
        page = book.add_worksheet(sheet.name[:31])
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        for column, title in enumerate(sheet.headings):
            given = sheet.widths[column] if column < len(sheet.widths) else width(title) + 4
            page.set_column(column, column, min(max(given, _NARROWEST), _WIDEST))
        for place, line in enumerate(sheet.notes):
            page.write_string(place, 0, clean(line), note)
        top = len(sheet.notes)
        for column, title in enumerate(sheet.headings):
            page.write_string(top, column, title, head)
        page.freeze_panes(top + 1, 0)
        page.repeat_rows(top)
        for place, row in enumerate(sheet.rows, start=top + 1):
            page.set_row(place, _height(row, sheet.widths))
            for column, value in enumerate(row):
                if isinstance(value, str):
                    if value:
                        page.write_string(place, column, cut(clean(value), mark), text)
                elif value is not None:
                    form = whole if isinstance(value, int) else number
                    page.write_number(place, column, value, form)
    book.close()
    return out.getvalue()


def _height(row: Sequence[Cell], widths: Sequence[int]) -> float:
    """Return a height in points that shows every line; not every program works it out itself."""
    lines = 1
    for value, room in zip(row, widths, strict=False):
        if isinstance(value, str):
            wide = min(max(room, _NARROWEST), _WIDEST) - 1
            parts = value.split("\n", _MOST_LINES)
            lines = max(lines, sum(-(-width(part) // wide) or 1 for part in parts))
    return min(_MOST_POINTS, lines * _LINE_POINTS + 3)
