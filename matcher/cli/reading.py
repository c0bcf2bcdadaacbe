"""How files were read and what was found in them, as lines on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click

from matcher.cli import text
from matcher.cli.base import lang, say
from matcher.results import Duplicate, Rejection

if TYPE_CHECKING:
    from matcher.export.view import View
    from matcher.ingest import ColumnMapping

#: So many refused rows and duplicates are listed; the rest is counted.
LISTED = 20
_CELL = 36


def echo_mapping(record: str, mapping: Sequence[ColumnMapping]) -> None:
    """Show what each column was taken for, table by table."""
    for (_, sheet), columns in groupby(mapping, key=lambda column: (column.file, column.sheet)):
        if sheet:
            click.echo(say(f"  工作表 {_line(sheet)}", f"  Sheet {_line(sheet)}"))
        plain: list[str] = []
        others: list[str] = []
        for column in columns:
            header, meaning = _line(column.header), _meaning(record, column.field)
            same = header.casefold() == meaning.casefold()
            shown = header if same else text.cut(f"{header} → {meaning}", _CELL)
            (plain if same else others).append(shown)
        _echo_plain(plain)
        _echo_grid(others)


def _echo_plain(headers: Sequence[str]) -> None:
    if headers:
        lead = say("  按列名识别：", "  Known by name: ")
        room = text.terminal_columns() - text.width(lead)
        for line in text.wrap(say("、", ", ").join(headers), room):
            click.echo(lead + line)
            lead = " " * text.width(lead)


def _echo_grid(cells: Sequence[str]) -> None:
    wide = max(map(text.width, cells), default=0) + 2
    across = max(1, (text.terminal_columns() - 2) // wide)
    for start in range(0, len(cells), across):
        row = "".join(text.pad(cell, wide) for cell in cells[start : start + across])
        click.echo(f"  {row.rstrip()}")


def _meaning(record: str, field: str | None) -> str:
    from matcher import taxonomy

    if field is None:
        return say("（未使用）", "(not used)")
    table, _, name = field.rpartition(".")
    term = taxonomy.columns(table or record).get(name)
    return term.label(lang()) if term else field


def echo_refused(items: Sequence[Rejection], rows: int, cells: int) -> None:
    """List refused rows and cells left out, the first twenty of them."""
    if not items:
        return
    click.echo(
        say(f"\n未读入：{rows} 行；另有 {cells} 处提示", f"\nNot read: {rows} rows; {cells} notes")
    )
    for item in items[:LISTED]:
        place = [_line(item.file), _line(item.sheet)]
        place.append(say(f"第 {item.row} 行", f"row {item.row}") if item.row else "")
        place.append(_line(item.column))
        reason = item.reason_en if lang() == "en" else item.reason_zh
        where = " · ".join(part for part in place if part)
        click.echo(f"  {where}{say('：', ': ')}{_line(reason)}")
    _echo_rest(len(items) - LISTED)


def echo_duplicates(found: Sequence[Duplicate], hidden: int = 0) -> None:
    """List records that say the same; ``hidden`` counts pairs that must not be named."""
    if not found and not hidden:
        return
    total = len(found) + hidden
    click.echo(
        say(f"\n重复或近似的记录：{total} 对", f"\nDuplicate or nearly identical: {total} pairs")
    )
    for pair in found[:LISTED]:
        same = (
            say("内容相同", "the same") if pair.similarity >= 1 else say("近似", "nearly the same")
        )
        click.echo(f"  {_line(pair.first_id)}  {_line(pair.second_id)}  {same}")
    _echo_rest(len(found) - LISTED)
    if hidden:
        click.echo(
            say(f"  另有 {hidden} 对涉及匿名或保密记录，不列出",
                f"  {hidden} more with anonymous or private records are not listed")
        )  # fmt: skip


def _echo_rest(count: int) -> None:
    if count > 0:
        click.echo(say(f"  ……另有 {count} 条", f"  … and {count} more"))


def echo_partners(view: View) -> None:
    """Show a table: who asks, the best partner, its owner and a short quote."""
    from matcher.shown import cards

    words = view.words
    header = (
        words("subject_title"), words("best_partner"),
        say("单位", "Owner"), say("原文摘引", "Quote"),
    )  # fmt: skip
    rows: list[tuple[str, ...]] = []
    for found in view.lists:
        title = f"{_line(found.query.id)} {_line(view.title(found.query))}"
        best = next(iter(cards(view, found)), None)
        if best is None:
            rows.append((title, say(f"（{view.reason(found)}）", f"({view.reason(found)})")))
            continue
        quote = "".join(piece for piece, _ in best.quotes[0][1]) if best.quotes else ""
        rows.append((title, best.title, best.owner, quote))
    wide = text.terminal_columns() - 6
    limits = (wide * 28 // 100, wide * 28 // 100, wide * 20 // 100, wide * 24 // 100)
    for line in text.table(rows, header, limits):
        click.echo(line)


def _line(value: str) -> str:
    from matcher.shown import line

    return line(value)
