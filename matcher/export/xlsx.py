"""report.xlsx: one sheet a table, ready to filter and to print."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

import xlsxwriter

from matcher.export import consortia, rows
from matcher.export.cells import Cell, clean, cut, same_bytes, width
from matcher.export.rows import Column, Table
from matcher.export.summary import Summary, summary
from matcher.export.view import View

_FONT = "微软雅黑"
_INK, _ACCENT, _WASH, _RULE, _MUTED = "#1F2A30", "#1D5C63", "#EEF3F3", "#CBD5D7", "#66737A"
_VERDICTS = {
    "met": ("#2C6B45", "#EAF4EE"),
    "answered": ("#2C6B45", "#EAF4EE"),
    "not_met": ("#A1392B", "#FBEDEA"),
    "not_stated": ("#7A6426", "#FBF6E6"),
}
_A4 = 9
#: Excel's limit for the height of a row, and what a line of 10 points takes;
#: texts longer than the rest are not measured further.
_MOST_POINTS, _LINE_POINTS, _MOST_LINES, _MOST_WIDE = 409, 14, 30, 3000


def xlsx_bytes(view: View) -> bytes:
    """Return report.xlsx."""
    out = BytesIO()
    book = _Book(out, view)
    book.brief(summary(view))
    book.summary()
    for table in (
        rows.matches(view), rows.coverage(view), rows.unmatched(view), rows.rejected(view),
    ):  # fmt: skip
        book.table(table)
    if (proposed := consortia.table_of(view)) is not None:
        book.table(proposed)
    book.sources()
    book.close()
    return same_bytes(out.getvalue())


def tables_bytes(view: View, title: str, tables: Iterable[Table]) -> bytes:
    """Return a workbook of tables in the style of the report, ending with where they come from.

    ``title`` is a code of report_words.csv.
    """
    out = BytesIO()
    book = _Book(out, view, title)
    for table in tables:
        book.table(table)
    book.sources()
    book.close()
    return same_bytes(out.getvalue())


class _Book:
    """A workbook in the making; text is always written as text, never as a formula."""

    def __init__(self, out: BytesIO, view: View, title: str = "report_title") -> None:
        self.view, self.words, self.title = view, view.words, view.words(title)
        self.book = xlsxwriter.Workbook(out, {"in_memory": True})
        self.book.set_properties(
            {"title": self.title, "author": "alleymatch", "created": view.moment}
        )
        base = {"font_name": _FONT, "font_size": 10, "font_color": _INK, "valign": "top"}
        cell = {**base, "text_wrap": True, "bottom": 1, "bottom_color": _RULE}
        centre = {**cell, "align": "center"}
        add = self.book.add_format
        self.formats = {
            "text": add({**cell, "align": "left", "indent": 1}),
            "centre": add(centre),
            "number": add({**centre, "num_format": "0.0000"}),
            "percent": add({**centre, "num_format": "0%"}),
            "verdict": add(centre),
            "head": add(
                {**base, "bold": True, "font_color": "#FFFFFF", "bg_color": _ACCENT,
                 "text_wrap": True, "valign": "vcenter", "align": "center",
                 "border": 1, "border_color": "#FFFFFF"}
            ),
            "title": add({**base, "font_size": 18, "bold": True, "font_color": _ACCENT,
                          "valign": "vcenter"}),
            "heading": add({**base, "font_size": 13, "bold": True, "font_color": _ACCENT}),
            "line": add({**base, "font_color": _MUTED}),
            "note": add({**base, "font_color": _MUTED, "valign": "vcenter"}),
            "figure": add({**base, "font_size": 16, "bold": True, "bg_color": _WASH,
                           "align": "center", "valign": "vcenter", "num_format": "0"}),
            "label": add({**base, "font_color": _MUTED, "bg_color": _WASH, "align": "center",
                          "text_wrap": True}),
            "key": add({**cell, "font_color": _MUTED}),
        }  # fmt: skip
        for code, (ink, wash) in _VERDICTS.items():
            self.formats[code] = add({**centre, "font_color": ink, "bg_color": wash, "bold": True})

    def close(self) -> None:
        self.book.close()

    def write(self, sheet: Any, row: int, column: int, value: Cell, style: str) -> None:
        form = self.formats[style]
        if value is None or value == "":
            sheet.write_blank(row, column, None, form)
        elif isinstance(value, str):
            sheet.write_string(row, column, cut(clean(value), self.words("cut_cell")), form)
        else:
            sheet.write_number(row, column, value, form)

    def sheet(self, name: str) -> Any:
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        # A header or footer may have 255 characters.
        revision = _code(self.view.run.provenance.data_revision[:60])
        page = self.words("page_of", page="&P", pages="&N")
        sheet.set_header(f"&L&8{self.title}&R&8&A")
        sheet.set_footer(f"&L&8{self.words('data_revision')} {revision}&R&8{page}")
        return sheet

    def table(self, table: Table) -> None:
        sheet = self.sheet(table.name)
        self.rows(sheet, table, 0)

    def rows(self, sheet: Any, table: Table, top: int) -> None:
        """Write a table whose heading is in row ``top``, and freeze, filter and print it."""
        for i, column in enumerate(table.columns):
            sheet.set_column(i, i, column.width)
        self.plain_rows(sheet, table, top)
        last = len(table.columns) - 1
        # In a wide table the record that a row is about stays in sight.
        sheet.freeze_panes(top + 1, 2 if last > 5 else 0)
        if table.rows:
            sheet.autofilter(top, 0, top + len(table.rows), last)
        sheet.repeat_rows(top)
        printed = sum(column.printed for column in table.columns)
        sheet.print_area(0, 0, top + max(1, len(table.rows)), printed - 1)

    def plain_rows(self, sheet: Any, table: Table, top: int) -> int:
        """Write heading and rows; return the row after the last one."""
        sheet.set_row(top, 30)
        for i, column in enumerate(table.columns):
            self.write(sheet, top, i, column.title, "head")
        if not table.rows:
            sheet.write_string(top + 1, 0, table.empty, self.formats["line"])
        for y, row in enumerate(table.rows):
            sheet.set_row(top + 1 + y, _height(row, table.columns))
            for x, (column, value) in enumerate(zip(table.columns, row, strict=True)):
                coloured = column.style == "verdict" and table.codes
                style = table.codes[y] if coloured else column.style
                self.write(sheet, top + 1 + y, x, value, style)
        return top + 1 + max(1, len(table.rows))

    def brief(self, told: Summary) -> None:
        """Write the sheet that comes first: for who has one minute."""
        words = self.words
        sheet = self.sheet(words("sheet_brief"))
        sheet.fit_to_pages(1, 1)
        for i, wide in enumerate((8, 34, 26, 34, 26, 10, 14, 44)):
            sheet.set_column(i, i, wide)
        sheet.set_row(0, 34)
        sheet.write_string(0, 0, words("report_title"), self.formats["title"])
        self.write(sheet, 1, 0, f"{self.view.date}　{told.source}", "note")
        sheet.set_row(3, 32)
        sheet.set_row(4, 26)
        for x, (label, value) in enumerate(told.figures, start=1):
            self.write(sheet, 3, x, label, "label")
            self.write(sheet, 4, x, value, "figure")
        at = 6
        for table in rows.brief(self.view, told):
            sheet.set_row(at, 24)
            sheet.write_string(at, 0, table.name, self.formats["heading"])
            at = self.plain_rows(sheet, table, at + 1) + 1

    def summary(self) -> None:
        table = rows.summary(self.view)
        sheet = self.sheet(table.name)
        sheet.set_row(0, 34)
        sheet.write_string(0, 0, self.words("report_title"), self.formats["title"])
        about = [(self.words("date"), self.view.date), *rows.sources(self.view)[1:4]]
        line = "　".join(f"{label} {value}" for label, value in about)
        self.write(sheet, 1, 0, line, "note")
        sheet.set_row(3, 26)
        sheet.set_row(1, 26)
        # The figures stand over the columns of the table below; two narrow ones make one.
        sheet.merge_range(2, 4, 2, 5, "")
        sheet.merge_range(3, 4, 3, 5, "")
        for x, (label, value) in zip((2, 3, 4, 6), rows.run_facts(self.view), strict=True):
            self.write(sheet, 2, x, label, "label")
            self.write(sheet, 3, x, value, "figure")
        self.rows(sheet, table, 5)

    def sources(self) -> None:
        words = self.words
        sheet = self.sheet(words("sheet_sources"))
        found = rows.duplicates(self.view)
        for i, column in enumerate(found.columns):
            sheet.set_column(i, i, column.width)
        self.write(sheet, 0, 0, words("item"), "head")
        self.write(sheet, 0, 1, words("content"), "head")
        at = 1
        for label, value in rows.sources(self.view):
            self.write(sheet, at, 0, label, "key")
            self.write(sheet, at, 1, value, "text")
            at += 1
        sheet.set_row(at + 1, 24)
        sheet.write_string(at + 1, 0, words("duplicates"), self.formats["heading"])
        self.plain_rows(sheet, found, at + 2)
        sheet.freeze_panes(1, 0)


def _height(row: Sequence[Cell], columns: Sequence[Column]) -> float:
    """Return a height in points that shows every line; not every program works it out itself."""
    lines = 1
    for value, column in zip(row, columns, strict=True):
        if isinstance(value, str) and value:
            room = column.width - 2
            parts = value.split("\n", _MOST_LINES)
            lines = max(
                lines,
                sum(max(1, math.ceil(0.95 * width(part[:_MOST_WIDE]) / room)) for part in parts),
            )
    return min(_MOST_POINTS, lines * _LINE_POINTS + 6)


def _code(text: str) -> str:
    """Return text for a header or footer, where an ampersand begins a code."""
    return clean(text).replace("\n", " ").replace("&", "&&")
