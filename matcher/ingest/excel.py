"""Read .xlsx workbooks: every visible sheet, merged cells, formulas and error cells."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from typing import IO, Any

from matcher.errors import InputError
from matcher.ingest.limits import (
    MAX_COLUMNS,
    MAX_ROW_NUMBER,
    MEGABYTE,
    check_rows,
    check_zip,
    corrupt,
)
from matcher.ingest.tables import Raw, Row, Table, Unreadable, note

_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d+):[A-Z]{1,3}(\d+)"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_MAX_MERGES = 200_000
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_NO_VALUE = Unreadable(
    "公式没有保存计算结果，已留空；请用 Excel 打开、保存后再试。",
    "The formula was saved without its result and was left empty: open and save the file in Excel.",
    "公式 / formula",
)


def read_excel(path: Path, name: str, raw: Raw) -> None:
    """Add a table for each visible worksheet of a workbook to ``raw``.

    Hidden rows are read, hidden sheets are passed over with a warning. Raises InputError for a
    damaged or dangerous file and for too many rows.
    """
    check_zip(path, name)
    try:
        with warnings.catch_warnings():
            # What openpyxl warns of (pictures, validation lists) is not data.
            warnings.simplefilter("ignore")
            # Open files, because openpyxl judges a path by its ending.
            with path.open("rb") as values, path.open("rb") as formulas:
                _read(values, formulas, name, raw)
    except InputError:
        raise
    except Exception as error:  # openpyxl raises whatever its parts raise
        raise corrupt(name) from error


def _read(value_file: IO[bytes], formula_file: IO[bytes], name: str, raw: Raw) -> None:
    from openpyxl import load_workbook

    book = load_workbook(value_file, read_only=True, data_only=True)
    formulas: Any = None
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                raw.warnings.append(
                    note(
                        name,
                        "隐藏的工作表没有读取；需要读取时请在 Excel 中取消隐藏。",
                        "This hidden sheet was not read: unhide it in Excel if it is wanted.",
                        sheet=sheet.title,
                    )
                )
                continue
            merges, has_formulas = _scan(sheet)
            if has_formulas and formulas is None:
                formulas = load_workbook(formula_file, read_only=True, data_only=False)
            written = formulas[sheet.title] if has_formulas else None
            raw.tables.append(_table(sheet, written, merges, name, raw))
    finally:
        book.close()
        if formulas is not None:
            formulas.close()


def _scan(sheet: Any) -> tuple[dict[int, dict[str, int]], bool]:
    """Return vertical merges as first row → column letters → last row, and if formulas occur.

    The streaming reader knows no merged cells, and the other one needs fifty times the memory.
    """
    merges: dict[int, dict[str, int]] = {}
    count, formulas, tail = 0, False, b""
    with sheet._get_source() as file:
        while chunk := file.read(MEGABYTE):
            data = tail + chunk
            formulas = formulas or _FORMULA.search(data) is not None
            # Each element is cut out once: the tail kept begins after the last match.
            end = 0
            for match in _MERGE.finditer(data):
                end = match.end()
                first, last = int(match[2]), int(match[3])
                if last > first and count < _MAX_MERGES:
                    merges.setdefault(first, {})[match[1].decode()] = last
                    count += 1
            tail = data[max(end, len(data) - 200) :]
    return merges, formulas


def _table(
    sheet: Any, written: Any, merges: dict[int, dict[str, int]], name: str, raw: Raw
) -> Table:
    from openpyxl.utils import column_index_from_string

    if (sheet.max_column or 0) > MAX_COLUMNS:
        raw.warnings.append(
            note(
                name,
                f"只读取前 {MAX_COLUMNS} 列。",
                f"Only the first {MAX_COLUMNS} columns were read.",
                sheet=sheet.title,
            )
        )
    table = Table(name, sheet.title, [])
    active: dict[int, tuple[int, Any]] = {}  # column → (last row, value carried down)
    for number, (cells, formula_cells) in enumerate(_pairs(sheet, written), 1):
        if number > MAX_ROW_NUMBER:
            raise corrupt(name)
        values = _values(cells, formula_cells)
        if values:
            carried = {
                column: value
                for column, (last, value) in active.items()
                if number <= last and column not in values
            }
            table.rows.append(Row(number, values | carried, frozenset(carried)))
            check_rows(len(table.rows), name)
        for letters, last in merges.get(number, {}).items():
            column = column_index_from_string(letters) - 1
            if column in values:
                active[column] = (last, values[column])
            else:
                active.pop(column, None)
    return table


def _pairs(sheet: Any, written: Any) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    # The stated dimensions are wrong in files of some programs and would cut rows off.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_col=MAX_COLUMNS)
    if written is None:
        return zip(rows, repeat(()), strict=False)
    written.reset_dimensions()
    return zip(rows, written.iter_rows(max_col=MAX_COLUMNS), strict=False)


def _values(cells: tuple[Any, ...], formula_cells: tuple[Any, ...]) -> dict[int, Any]:
    values: dict[int, Any] = {}
    for index, cell in enumerate(cells):
        value = cell.value
        if value is None:
            # A formula whose result is an empty text is of another type than one never computed.
            if formula_cells and cell.data_type == "n" and formula_cells[index].data_type == "f":
                values[index] = _NO_VALUE
        elif isinstance(value, str):
            if "_x" in value:
                value = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), value)
            if value.strip():
                values[index] = value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            values[index] = _number(value, cell.number_format)
        else:
            values[index] = value
    return values


def _number(value: float, number_format: str | None) -> float | str:
    if number_format and number_format.rstrip(" ;").endswith("%"):
        return f"{round(value * 100, 10):.10g}%"
    return value
