"""assignment.docx: who gets whom, for the meeting; the workbook beside it has every line."""

from __future__ import annotations

from collections.abc import Sequence

from matcher.export import assignment
from matcher.export.cells import Cell, shorten
from matcher.export.rows import Table
from matcher.export.view import View
from matcher.export.word import bytes_of
from matcher.export.wordxml import paragraph, run, table
from matcher.plan.conflict import Conflict
from matcher.plan.exposure import Plan

#: So many lines of a table are shown, so that it stays a paper for a meeting.
_ASSIGNED, _OTHERS = 300, 20
#: How much of a title and of the reason is shown, in halves of a Chinese character.
_TITLE_ROOM, _REASON_ROOM = 60, 200
Row = Sequence[Cell]


def docx_bytes(view: View, found: Plan | Conflict) -> bytes:
    """Return assignment.docx: the assignment, or which rules stand in its way."""
    words = view.words
    parts = [
        paragraph(run(words("assign_title")), "Title"),
        paragraph(run(view.date), "CoverLine"),
    ]
    parts += _conflict(view, found) if isinstance(found, Conflict) else _plan(view, found)
    return bytes_of(view, words("assign_title"), parts)


def _plan(view: View, plan: Plan) -> list[str]:
    words, given = view.words, assignment.assigned(view, plan)
    facts = [[_cell(label, "TableLabel"), _cell(said)]
             for label, said in assignment.overview(view, plan)]  # fmt: skip
    parts = [table([7, 17], facts, pad=50), paragraph("", "Gap"),
             *_items(assignment.notes(view, plan))]  # fmt: skip
    if not given.rows:
        return [*parts, paragraph(run(words("assign_nothing")))]
    parts += _section(
        view, given, given.rows[:_ASSIGNED], (0, 4, 8, -2, -1), (25, 28, 12, 9, 26), new_page=True
    )  # fmt: skip
    lost = assignment.changes(view, plan)
    moved = sorted((row for row in lost.rows if row[6]), key=lambda row: float(str(row[6])))
    parts += _section(view, lost, moved[:_OTHERS], (0, 4, 5, 6, 7), (34, 13, 12, 11, 40), moved)
    loads = assignment.loads(view, plan)
    short = [row for row, code in zip(loads.rows, loads.codes, strict=True) if code == "not_met"]
    parts += _section(view, loads, short[:_OTHERS], (0, 3, 4, 5), (54, 18, 14, 14), short)
    parties = assignment.suppliers(view, plan)
    parts += _section(
        view, parties, parties.rows[:_OTHERS], (0, 1, 2, 3, 4), (44, 14, 16, 13, 13)
    )  # fmt: skip
    return parts


def _section(
    view: View, told: Table, rows: Sequence[Row], columns: Sequence[int], widths: Sequence[int],
    every: Sequence[Row] | None = None, *, new_page: bool = False,
) -> list[str]:  # fmt: skip
    """Return a heading and a table of some columns; a record's title and owner stand with its id.

    ``every``: the lines that could be shown, where these are not those of the whole table.
    """
    if not rows:
        return []
    records = {n for n in columns if _is_record(view, told, n)}
    heads = [told.columns[n + 1 if n in records else n].title for n in columns]
    lines = [
        [_record(row[n : n + 3]) if n in records else _told(told, row, n) for n in columns]
        for row in rows
    ]
    parts = [
        paragraph(run(told.name), "Heading1", new_page=new_page),
        table(widths, lines, head=heads),
        paragraph("", "Gap"),
    ]
    if left := len(told.rows if every is None else every) - len(rows):
        parts.append(paragraph(run(view.words("assign_more_lines", n=left)), "Item"))
    return parts


def _is_record(view: View, told: Table, column: int) -> bool:
    ids = (view.words("need_id"), view.words("capability_id"))
    return told.columns[column].title in ids


def _record(cells: Sequence[Cell]) -> str:
    code, title, owner = (str(cell or "") for cell in cells)
    return _cell(shorten(title, _TITLE_ROOM)) + _cell(f"{code} · {owner}", "TableLabel")


def _told(told: Table, row: Row, column: int) -> str:
    """Return a cell of a value; below a probability stands what it is worth."""
    said = _cell(_value(told, row, column))
    if told.columns[column].style != "percent":
        return said
    return said + _cell(str(row[column + 1]), "TableLabel")


def _value(told: Table, row: Row, column: int) -> str:
    value, style = row[column], told.columns[column].style
    if value is None or value == "":
        return "—"
    if style in ("percent", "number") and isinstance(value, int | float):
        return f"{value:.0%}" if style == "percent" else f"{value:.2f}"
    return shorten(str(value), _REASON_ROOM)


def _conflict(view: View, conflict: Conflict) -> list[str]:
    words, said = view.words, assignment.told(view, conflict)
    return [
        paragraph(run(words("assign_conflict")), "Heading2"),
        *_items((*said.rules, said.summed)),
        paragraph(run(words("assign_ways")), "Heading2"),
        *_items(said.ways),
    ]


def _items(texts: Sequence[str]) -> list[str]:
    return [paragraph(run(f"· {text}"), "Item") for text in texts]


def _cell(text: str, style: str = "TableText") -> str:
    return paragraph(run(text), style)
