"""Read .docx documents: a table of records, a form, headed paragraphs, or plain text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matcher.ingest.forms import Pair, form_of, grid_pairs, pairs_table, paragraph_pairs
from matcher.ingest.headers import Names, find_header, recognised
from matcher.ingest.limits import check_rows, check_zip, corrupt
from matcher.ingest.tables import Raw, Row, Table
from matcher.ingest.values import clean_text

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_WRAPPERS = {f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}smartTag", f"{_W}customXml"}
#: Check boxes drawn with the Wingdings fonts, which have no character of their own.
_SYMBOLS = dict.fromkeys(("F0FE", "F052", "F0FD", "F053"), "☑") | dict.fromkeys(
    ("F0A3", "F0A8", "F06F"), "□"
)
_SKIPPED = {
    f"{_W}del", f"{_W}moveFrom", f"{_W}pPr", f"{_W}rPr",
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
}  # fmt: skip


def read_word(path: Path, name: str, raw: Raw, names: Names) -> None:
    """Add the tables of a document to ``raw``, or the one record that the document is.

    Raises InputError for a damaged or dangerous file.
    """
    check_zip(path, name)
    try:
        from docx import Document

        body = Document(str(path)).element.body
    except Exception as error:  # python-docx raises whatever its parts raise
        raise corrupt(name) from error
    paragraphs: list[tuple[int, str]] = []
    pairs: list[Pair] = []
    listed = False
    tables = 0
    for number, block in enumerate(_blocks(body), 1):
        if block.tag == f"{_W}p":
            if text := clean_text(_text(block)):
                paragraphs.append((number, text))
            continue
        tables += 1
        grid = list(_grid(block))
        table = Table(name, f"表 {tables} / table {tables}", [row for row, _ in grid])
        check_rows(len(grid), name)
        header = find_header(table, names)
        fields = len(recognised(header.columns)) if header else 0
        body_rows = sum(row.number > header.last_row for row in table.rows) if header else 0
        if form_of(table, names, fields if body_rows else 0) is None and header and body_rows:
            raw.tables.append(table)
            listed = True
        else:
            pairs += grid_pairs(((row.number, cells) for row, cells in grid), names)
    if listed:
        return
    has_form = _has_text(pairs, names)
    pairs = paragraph_pairs(paragraphs, names, follow=not has_form) + pairs
    if _has_text(pairs, names):
        raw.tables.append(pairs_table(pairs, names, name))
    elif paragraphs:
        raw.tables.append(_plain(paragraphs, name, names))


def _has_text(pairs: list[Pair], names: Names) -> bool:
    return any((found := names.match(pair[0])) and names.is_text(found[0]) for pair in pairs)


def _plain(paragraphs: list[tuple[int, str]], name: str, names: Names) -> Table:
    # The first two text fields of both records are the title and the body.
    title, body = names.text_fields[:2]
    texts = [text for _, text in paragraphs]
    cells = {0: texts[0], 1: "\n".join(texts[1:])}
    return Table(name, "", [Row(1, {i: text for i, text in cells.items() if text})], (title, body))


def _blocks(parent: Any) -> Iterator[Any]:
    """Yield the paragraphs and tables of a body in order, also inside content controls."""
    for child in parent:
        if child.tag in (f"{_W}p", f"{_W}tbl"):
            yield child
        elif child.tag in _WRAPPERS and not _is_prompt(child):
            yield from _blocks(child)


def _paragraphs(parent: Any) -> Iterator[Any]:
    for child in parent:
        if child.tag in _SKIPPED or _is_prompt(child):
            continue
        if child.tag == f"{_W}p":
            yield child
        yield from _paragraphs(child)


def _is_prompt(element: Any) -> bool:
    # An unfilled content control shows "click here to enter text", which nobody wrote.
    return element.find(f"{_W}sdtPr/{_W}showingPlcHdr") is not None


def _grid(table: Any) -> Iterator[tuple[Row, list[str]]]:
    """Yield each row as cells by column, and as a list in which merged cells come once.

    A cell merged downwards carries its value to the rows below in the first form only.
    """
    above: dict[int, str] = {}
    for number, line in enumerate(_children(table, f"{_W}tr"), 1):
        cells: dict[int, str] = {}
        carried: set[int] = set()
        once: list[str] = []
        column = 0
        for cell in _children(line, f"{_W}tc"):
            properties = cell.find(f"{_W}tcPr")
            merge = properties.find(f"{_W}vMerge") if properties is not None else None
            span = properties.find(f"{_W}gridSpan") if properties is not None else None
            if merge is not None and merge.get(f"{_W}val") != "restart":
                text = above.get(column, "")
                carried.add(column)
            else:
                text = clean_text("\n".join(_text(p) for p in _paragraphs(cell)))
                once.append(text)
            above[column] = text
            if text:
                cells[column] = text
            width = span.get(f"{_W}val") if span is not None else "1"
            column += max(1, int(width)) if width and width.isdigit() else 1
        if set(cells) - carried:
            yield Row(number, cells, frozenset(carried)), once


def _children(parent: Any, tag: str) -> Iterator[Any]:
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _children(child, tag)


def _text(element: Any) -> str:
    """Return the text of a paragraph with tabs, line ends and check boxes, without deletions."""
    parts: list[str] = []
    for child in element:
        if child.tag in _SKIPPED or _is_prompt(child):
            continue
        if child.tag == f"{_W}t":
            parts.append(child.text or "")
        elif child.tag == f"{_W}tab":
            parts.append("\t")
        elif child.tag in (f"{_W}br", f"{_W}cr"):
            parts.append("\n")
        elif child.tag == f"{_W}noBreakHyphen":
            parts.append("-")
        elif child.tag == f"{_W}sym":
            parts.append(_SYMBOLS.get(str(child.get(f"{_W}char")).upper(), ""))
        elif child.tag != f"{_W}p":
            parts.append(_text(child))
    return "".join(parts)
