"""Find the records of a form: labels beside, above or in front of their values."""

from __future__ import annotations

import re
from collections.abc import Iterable

from matcher import taxonomy
from matcher.ingest.headers import Names, undecorated
from matcher.ingest.tables import Row, Table
from matcher.ingest.values import as_text

#: (label as written, value, row)
Pair = tuple[str, str, int]

MAX_FORM_ROWS = 80
_INLINE = re.compile(r"(?P<label>[^：:\n]{1,40}?)\s*[：:]\s*(?P<value>.*)", re.DOTALL)
_HEADING = re.compile(
    r"\s*(?:[（(]?[一二三四五六七八九十]{1,3}[、.．)）]|第[一二三四五六七八九十]+[部章节]"
    r"|(?:技术)?(?:需求|成果|项目)[一二三四五六七八九十\d]{1,3}\s*[：:]?$)"
)
# What belongs to a person never becomes part of a need's text.
_CONTACT = re.compile(
    r"联系|电话|手机|邮箱|传真|邮编|微信|职务|填表|填报人|负责人|签字|盖章|备注|说明"
    r"|phone|tel|e-?mail|contact|fax|remarks",
    re.IGNORECASE,
)
#: Labels of columns that no field takes.
_UNREAD = frozenset({"备注", "联系人", "联系电话", "联系方式", "电话", "手机", "邮箱", "传真"})


def grid_pairs(rows: Iterable[tuple[int, list[str]]], names: Names) -> list[Pair]:
    """Return the label–value pairs of a form's grid.

    ``rows`` are (row number, cells); an empty text is an empty cell, and merged cells come once.
    A label alone in its row has its value in the row below.
    """
    pairs: list[Pair] = []
    waiting = ""
    for number, cells in rows:
        filled = [cell for cell in cells if cell]
        if waiting and len(filled) == 1 and not _is_next_label(waiting, filled[0], names):
            pairs.append((waiting, filled[0], number))
            waiting = ""
            continue
        waiting = ""
        if len(filled) == 1:
            if names.match(filled[0]):
                waiting = filled[0]
            elif (inline := split_inline(filled[0], names)) is not None:
                pairs.append((*inline, number))
            continue
        pairs += _row_pairs(number, cells, names)
    return pairs


def _row_pairs(number: int, cells: list[str], names: Names) -> list[Pair]:
    pairs: list[Pair] = []
    filled = [cell for cell in cells if cell]
    if filled and all(_is_next_label(filled[0], cell, names) for cell in filled):
        return pairs  # labels only: the header of a table, or a form that nobody filled in
    index = 0
    while index < len(cells) - 1:
        label = cells[index]
        if not label or not names.match(label):
            index += 1
            continue
        after = next((i for i in range(index + 1, len(cells)) if cells[i]), None)
        if after is None:
            break
        if after > index + 1 and _is_next_label(label, cells[after], names):
            index = after  # the label's own cell is empty, and this is the next label
            continue
        pairs.append((label, cells[after], number))
        index = after + 1
    return pairs


def _is_next_label(label: str, cell: str, names: Names) -> bool:
    # 保密 names a column and answers one: after 保密要求 it is the answer.
    found = names.match(label)
    if found and found[0] == "confidentiality" and taxonomy.code_of("confidentiality", cell):
        return False
    return undecorated(cell) in _UNREAD or names.match(cell) is not None


def split_inline(text: str, names: Names) -> tuple[str, str] | None:
    """Return (label, value) of ``需求名称：…``, or None if the label is not known."""
    match = _INLINE.fullmatch(text.strip())
    if match and names.match(match["label"]):
        return match["label"], match["value"].strip()
    return None


def paragraph_pairs(
    paragraphs: Iterable[tuple[int, str]], names: Names, *, follow: bool
) -> list[Pair]:
    """Return the label–value pairs of paragraphs such as ``一、需求名称：…``.

    With ``follow``, paragraphs without a label continue the text field before them, until a
    heading or a label of something else (联系人) ends it.
    """
    pairs: list[Pair] = []
    open_text = False
    for number, text in paragraphs:
        alone = names.match(text.strip()) if follow and len(text) <= 40 else None
        if inline := split_inline(text, names):
            pairs.append((*inline, number))
        elif alone is not None:
            pairs.append((text.strip(), "", number))
        elif open_text and not _ends_text(text):
            label, value, row = pairs[-1]
            pairs[-1] = (label, f"{value}\n{text}".strip("\n"), row)
            continue
        else:
            open_text = False
            continue
        found = names.match(pairs[-1][0])
        empty = not pairs[-1][1]
        open_text = follow and found is not None and (empty or names.is_text(found[0]))
    return [pair for pair in pairs if pair[1]]


def _ends_text(text: str) -> bool:
    match = _INLINE.fullmatch(text.strip())
    label = match["label"] if match else text.strip()
    if len(label) > 20 or re.search(r"[，。,；;]", label):
        return False
    return bool(_HEADING.match(text) or (match and _CONTACT.search(undecorated(label))))


def pairs_table(pairs: list[Pair], names: Names, file: str, sheet: str = "") -> Table:
    """Return pairs as a table; a second 需求名称 begins the next record."""
    header: dict[str, int] = {}
    rows: list[Row] = []
    for label, value, number in pairs:
        found = names.match(label)
        field = found[0] if found else None
        index = header.setdefault(label, len(header))
        starts = field == "title" and any(
            (names.match(name) or ("", ""))[0] == "title" for name, i in header.items()
            if rows and i in rows[-1].cells
        )  # fmt: skip
        if not rows or starts:
            rows.append(Row(number, {}))
        before = rows[-1].cells.get(index)
        rows[-1].cells[index] = f"{before}\n{value}" if before else value
    return Table(file, sheet, rows, header=tuple(header))


def form_of(table: Table, names: Names, header_fields: int) -> Table | None:
    """Return a sheet's table read as a form, or None if it is rather one row a record.

    ``header_fields`` is the number of fields that its best header row names.
    """
    if table.header is not None or len(table.rows) > MAX_FORM_ROWS:
        return None
    rows = []
    for row in table.rows:
        own = {i: as_text(v) for i, v in row.cells.items() if i not in row.continued}
        rows.append((row.number, [own.get(i, "") for i in range(max(own, default=-1) + 1)]))
    pairs = grid_pairs(rows, names)
    fields = {found[0] for label, _, _ in pairs if (found := names.match(label)) and found[0]}
    if len(fields) < 2 or len(fields) <= header_fields:
        return None
    if not any(names.is_text(field) for field in fields):
        return None
    return pairs_table(pairs, names, table.file, table.sheet)
