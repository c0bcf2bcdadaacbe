"""``matcher search``: one text in, partners out."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matcher.cli import base, text
from matcher.cli.base import Command, say
from matcher.errors import InputError

if TYPE_CHECKING:
    from matcher.export.view import View
    from matcher.shown import Card

#: A pasted text longer than this is a file by mistake.
MAX_CHARACTERS = 50_000
_QUOTE_LINES = 3
#: So many candidates are shown that are not recommended.
_NEAREST = 3


def _search(
    words: str, capabilities: str | None, index: str | None, top: int, kind: str | None,
    encoder: str | None, as_json: bool,
) -> None:  # fmt: skip
    wanted = _text(words)
    from matcher import pipeline
    from matcher.shown import as_data, shown

    matcher = pipeline.open_matcher(
        capabilities, Path(index) if index else None, encoder=encoder, kind=kind,
        lang=base.lang(), stage=base.progress, unread=echo_unread,
    )  # fmt: skip
    view = shown(pipeline.search(matcher, wanted, top), base.lang(), top)
    if as_json:
        found = as_data(view)[0]
        keep = {name: found[name] for name in ("reason", "excluded", "matches")}
        base.echo_json({"text": wanted, **keep})
    else:
        _show(view)


def _text(words: str) -> str:
    if words == "-":
        words = sys.stdin.buffer.read(8 * MAX_CHARACTERS).decode("utf-8", "replace")
    if len(words) > MAX_CHARACTERS:
        raise InputError(
            f"文字超过 {MAX_CHARACTERS} 字，请只给出一项需求的内容。",
            f"The text is longer than {MAX_CHARACTERS} characters: give one need only.",
        )
    return words


def _show(view: View) -> None:
    from matcher.shown import cards

    found = view.lists[0]
    if not found.matches:
        click.echo(view.reason(found))
        click.echo(view.advice(found))
        near = tuple(match for match in found.below[:_NEAREST] if match.evidence)
        if near:
            # A few words are less a need than a question what there is.
            click.echo("\n" + view.words("nearest") + view.words("label_separator"))
            found = replace(found, matches=near)
    for card in cards(view, found):
        _show_card(card, view.words("no_quotes"))
    kept_out = view.excluded(found)
    if kept_out:
        click.echo(say(f"被规则排除：{kept_out}", f"Kept out by rules: {kept_out}"))


def _show_card(card: Card, no_quotes: str) -> None:
    facts = [card.id, card.owner, card.kind, card.trl, card.probability]
    click.echo(f"{card.rank}. {card.title}")
    click.echo("   " + " · ".join(fact for fact in facts if fact))
    if card.quotes:
        sides = (say("需求", "Need"), say("成果", "Offer"))
        for side, pieces in zip(sides, card.quotes[0], strict=True):
            _show_quote(side, "".join(piece for piece, _ in pieces))
    else:
        click.echo(f"   {no_quotes}")
    for misfit in card.misfits:
        click.echo(say(f"   不符合：{misfit}", f"   Does not fit: {misfit}"))
    click.echo("")


def _show_quote(side: str, quote: str) -> None:
    lead = f"   {side}{say('：', ': ')}"
    room = text.terminal_columns() - text.width(lead)
    lines = text.wrap(say(f"「{quote}」", f"“{quote}”"), room)
    if len(lines) > _QUOTE_LINES:
        lines = [
            *lines[: _QUOTE_LINES - 1],
            text.cut(lines[_QUOTE_LINES - 1] + "  ", room - 1) + "…",
        ]
    for number, line in enumerate(lines):
        click.echo((lead if number == 0 else " " * text.width(lead)) + line)


def echo_unread(rows: int) -> None:
    """Say on standard error that rows of the file take no part."""
    click.echo(
        say(f"有 {rows} 行未读入，不参与匹配；运行 matcher check 可逐行查看原因。",
            f"Not read: {rows} row{'s' * (rows > 1)}, left out here; matcher check says why."),
        err=True,
    )  # fmt: skip


def source_options() -> list[click.Parameter]:
    """Return ``--in`` and ``--index``, of which just one must be given."""
    return [
        click.Option(["--in", "capabilities"], metavar="FILE",
                     help=say("成果文件", "a file of capabilities")),
        click.Option(["--index"], metavar="DIR",
                     help=say("用 matcher index build 建立的索引文件夹",
                              "an index folder made by matcher index build")),
    ]  # fmt: skip


def command() -> Command:
    """Return the command with its help in the language of this call."""
    help = say(
        "用一两句话说出需求，从成果文件或索引中找合作方，并引用双方原文。"
        "TEXT 为 - 时从标准输入读取。",
        "Say in a sentence or two what is needed and find partners in a file of capabilities or in "
        "a saved index, with quotes from both sides. TEXT may be - for standard input.",
    )
    return Command(
        "search", _search, help,
        """
        matcher search "耐高温压力传感器芯片，要在 250 ℃ 下长期工作" --in 成果.xlsx
        matcher search "low-CTE underfill for flip chip" --index 索引 --top 3 --lang en
        matcher search - --in 成果.xlsx --kind instrument --json < 需求.txt
        """,
        [
            click.Argument(["words"], metavar="TEXT"),
            *source_options(),
            click.Option(["--top"], type=click.IntRange(1, 1000), metavar="N", default=5,
                         help=say("列出的匹配数，默认 5", "matches to list, by default 5")),
            click.Option(["--kind"], metavar="KIND",
                         help=say("只要这一类成果，如 patent、仪器设备",
                                  "only this kind of capability, such as patent or instrument")),
            base.encoder_option(),
            base.json_option(),
        ],
    )  # fmt: skip
