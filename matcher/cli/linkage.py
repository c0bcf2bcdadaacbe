"""``matcher linkage``: which needs, offers and products of enterprises belong together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from matcher.cli import base, search, text
from matcher.cli.base import Command, say
from matcher.errors import InputError

if TYPE_CHECKING:
    from datetime import date

_SHOWN = 10


def _linkage(
    needs: str, capabilities: str, output: str | None, most: int, encoder: str | None, day: date,
    include_private: bool,
) -> None:  # fmt: skip
    from matcher import pipeline
    from matcher.export import linkage as words_of
    from matcher.export.words import Words
    from matcher.ingest import read_needs
    from matcher.plan.linkage import link

    path = None if output is None else _file(output)
    matcher = pipeline.open_matcher(
        capabilities, encoder=encoder, lang=base.lang(), stage=base.progress,
        unread=search.echo_unread, today=day, include_private=include_private,
    )  # fmt: skip
    found = link(matcher, read_needs(needs).records, most)
    words = Words(base.lang())
    for kind in words_of.KINDS:
        lines = words_of.lines(found, kind, base.lang(), include_private)
        click.echo(f"{words(f'linkage_{kind}')}{words('label_separator')}{len(lines)}")
        if not lines:
            click.echo("  " + words_of.none_found(found, base.lang()))
        if kind == "offers" and (said := words_of.limited(found, base.lang())):
            click.echo("  " + said)
        wide = text.terminal_columns() - 8
        rows = [
            (f"{item.first.id} {item.first.title}", f"{item.second.id} {item.second.title}",
             item.reason)
            for item in lines[:_SHOWN]
        ]  # fmt: skip
        heads = tuple(words(c) for c in ("linkage_first", "linkage_second", "linkage_reason"))
        for line in text.table(rows, heads, (wide // 3,) * 3) if rows else ():
            click.echo(line)
        click.echo("")
    if path is not None:
        _write(path, words_of.xlsx_bytes(found, base.lang(), include_private))
    click.echo(words("linkage_note"))


def _file(output: str) -> Path:
    path = Path(output)
    if path.suffix.lower() != ".xlsx":
        raise InputError(
            f"联动结果是 Excel 文件，不能写成 {path.name}。请把 -o 后的文件名改为以 .xlsx 结尾，"
            "例如 联动.xlsx。",
            f"The links are an Excel file and cannot be written as {path.name}: give -o a name "
            "that ends in .xlsx, such as links.xlsx.",
        )
    return path


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(
            f"写不了文件 {path}（{error.strerror}）。请检查路径，或关闭正在打开它的 Excel。",
            f"The file {path} cannot be written ({error.strerror}): check the path, or close it "
            "in Excel.",
        ) from error
    click.echo(say(f"已写入 {path}", f"Written: {path}"))


def command() -> Command:
    """Return the command with its help in the language of this call."""
    from matcher.cli.match import day_option

    help = say(
        "在需求和成果两个文件里找企业间的联动：难题相同、可联合委托的需求；互补、可联合供给的成果；"
        "一家企业的产品正是另一家的需求。每条都附双方原文；同一单位、关联单位和互相回避的不列。",
        "Find links among enterprises in a file of needs and one of capabilities: needs with the "
        "same problem for a joint commission, capabilities that complete each other for a joint "
        "offer, and products that are another's need. Each comes with the words of both; one "
        "party, related parties and excluded ones are never paired.",
    )
    private = say(
        "保密记录也参与，并显示匿名单位名称，仅供内部使用",
        "private records take part and anonymous owners are named: for staff only",
    )
    return Command(
        "linkage", _linkage, help,
        """
        matcher linkage 需求.xlsx 成果.xlsx -o 联动.xlsx
        matcher linkage needs.csv capabilities.csv --most 20 --lang en
        """,
        [
            click.Argument(["needs"], metavar="NEEDS"),
            click.Argument(["capabilities"], metavar="CAPABILITIES"),
            click.Option(["-o", "--output"], metavar="FILE",
                         help=say("写入这个 Excel 文件（.xlsx）", "write this Excel file (.xlsx)")),
            click.Option(["--most"], type=click.IntRange(1, 1000), metavar="N", default=100,
                         help=say("每类最多几条，默认 100", "most of a kind, by default 100")),
            base.encoder_option(),
            day_option(),
            click.Option(["--include-private"], is_flag=True, help=private),
        ],
    )  # fmt: skip
