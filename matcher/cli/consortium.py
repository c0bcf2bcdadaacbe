"""``matcher consortium``: for one need the partners that cover its parts together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from matcher.cli import base, search, text
from matcher.cli.base import Command, say
from matcher.errors import InputError

if TYPE_CHECKING:
    from datetime import date

    from matcher.export.consortium import Sheet
    from matcher.records import Need


def _consortium(
    source: str, offers: str | None, wanted: str | None, capabilities: str | None,
    index: str | None, most: int, output: str | None, encoder: str | None, day: date,
    include_private: bool,
) -> None:  # fmt: skip
    from matcher import pipeline
    from matcher.export.consortium import sheet
    from matcher.plan.consortium import Consortia

    if offers is not None and (capabilities or index):
        raise InputError(
            "成果文件给了两次：写成“需求文件 成果文件”，或写“一段话 --in 成果文件”。",
            "The capabilities are given twice: write NEEDS CAPABILITIES, or TEXT --in FILE.",
        )
    need = _need(source, wanted, day) if offers is not None else _text(source)
    matcher = pipeline.open_matcher(
        offers or capabilities, Path(index) if index else None, encoder=encoder, lang=base.lang(),
        stage=base.progress, unread=search.echo_unread, today=day,
        include_private=include_private,
    )  # fmt: skip
    proposal = Consortia.of(matcher).form(need, most)
    told = sheet(proposal, base.lang(), staff=include_private)
    _show(told)
    if output is not None:
        from matcher.export.consortium_files import write_consortium

        files = write_consortium(told, pipeline.provenance(matcher, ()), Path(output), base.lang())
        names = say("、", ", ").join(path.name for path in files.values())
        click.echo(say(f"\n已写入 {output}：{names}", f"\nWritten into {output}: {names}"))


def _need(path: str, wanted: str | None, day: date) -> Need:
    from matcher.ingest import read_needs

    needs = read_needs(path).records
    if wanted is None and len(needs) == 1:
        return needs[0]
    for need in needs:
        if need.id == wanted:
            return need
    some = say("、", ", ").join(need.id for need in needs[:5])
    if wanted is None:
        raise InputError(
            f"文件里有 {len(needs)} 项需求，请用 --need 指明一项，例如 {some}。",
            f"The file has {len(needs)} needs: name one with --need, such as {some}.",
        )
    raise InputError(
        f"文件里没有编号为 {wanted} 的需求；前几项是 {some}。",
        f"The file has no need {wanted}; the first ones are {some}.",
    )


def _text(words: str) -> Need:
    from matcher.records import Need

    if not words.strip():
        raise InputError(
            "需求是空的。请写一两句话：要解决什么问题、需要什么技术、有什么指标。",
            "The need is empty: say in a sentence or two what the problem is, which technology "
            "is wanted and what it must reach.",
        )
    return Need(id="-", problem=words)


def _show(told: Sheet) -> None:
    click.echo(f"{told.id} {told.title}".strip("- "))
    for line in told.summary:
        click.echo(f"  {line}")
    if told.reason:
        click.echo(told.reason)
        click.echo(told.advice)
        return
    from matcher.export.words import Words

    words = Words(base.lang())
    click.echo("")
    rows = [(str(m.number), f"{m.owner} · {m.title}", m.role, m.parts) for m in told.members]
    heads = ("number", "consortium_member", "consortium_role", "consortium_covered_parts")
    wide = text.terminal_columns() - 8
    for line in text.table(
        rows, tuple(words(code) for code in heads),
        (4, wide * 55 // 100, wide * 22 // 100, wide * 18 // 100),
    ):  # fmt: skip
        click.echo(line)
    click.echo("")
    parts = [
        (
            str(part.number),
            part.text,
            say("、", ", ").join(str(q.member) for q in part.quotes) or "—",
            part.quotes[0].text if part.quotes else words("consortium_not_covered"),
        )
        for part in told.parts
    ]
    heads = ("number", "consortium_part", "consortium_member", "consortium_quote")
    for line in text.table(
        parts, tuple(words(code) for code in heads),
        (4, wide * 35 // 100, 6, wide * 50 // 100),
    ):  # fmt: skip
        click.echo(line)
    click.echo("\n" + told.one_more)
    for other in told.alternatives:
        number = words("consortium_alternative_n", n=other.number)
        loses = say(f"（{other.loses}）", f" ({other.loses})")
        click.echo(f"{number}{words('label_separator')}{other.members}{loses}")
    click.echo(told.how)


def command() -> Command:
    """Return the command with its help in the language of this call."""
    from matcher.cli.match import day_option

    help = say(
        "把一项需求拆成若干部分（关键技术、指标、预期目标，以及产业、资金、人才的诉求），用最少的单位"
        "把它们覆盖起来：谁牵头、每部分由谁的哪句原文说明、哪些没人覆盖、再加一家能补上什么、还有哪些备选。"
        "SOURCE 是需求文件（配 --need），或配 --in 时是一段话。",
        "Split a need into parts (key technologies, indicators, deliverables, and what it asks of "
        "industry, finance and talent) and cover them by the fewest partners: who leads, whose "
        "words show each part, what nobody covers, what one more would add, and alternatives. "
        "SOURCE is a file of needs (with --need), or with --in a text.",
    )
    private = say(
        "保密记录也参与，并显示匿名单位名称，仅供内部使用",
        "private records take part and anonymous owners are named: for staff only",
    )
    return Command(
        "consortium", _consortium, help,
        """
        matcher consortium 需求.xlsx 成果.xlsx --need N030 -o 联合体
        matcher consortium "抗体纯化用的耐碱亲和层析填料，动态载量≥60 g/L" --in 成果.xlsx
        matcher consortium needs.csv capabilities.csv --need N122 --most 3 --lang en
        """,
        [
            click.Argument(["source"], metavar="SOURCE"),
            click.Argument(["offers"], metavar="[CAPABILITIES]", required=False),
            click.Option(["--need", "wanted"], metavar="ID",
                         help=say("需求编号", "the id of the need")),
            *search.source_options(),
            click.Option(["--most"], type=click.IntRange(1, 20), metavar="N", default=6,
                         help=say("最多几家单位，默认 6", "the most partners, by default 6")),
            click.Option(["-o", "--output"], metavar="DIR",
                         help=say("把 Word、Excel、网页写入这个文件夹",
                                  "write Word, Excel and a web page into this folder")),
            base.encoder_option(),
            day_option(),
            click.Option(["--include-private"], is_flag=True, help=private),
        ],
    )  # fmt: skip
