"""``matcher check``: how a file reads, before anything is matched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from matcher.cli import base
from matcher.cli.base import Command, lang, say
from matcher.errors import MatcherError

if TYPE_CHECKING:
    from matcher.checks import Check

_ROLES = {"needs": "need", "capabilities": "capability"}


def _check(
    files: tuple[str, ...], role: str, entries: tuple[str, ...], exact_only: bool, as_json: bool
) -> int:
    from matcher.checks import check_file

    mapping = base.parse_mapping(entries)
    code, data = base.OK, []
    for number, path in enumerate(files):
        try:
            found = check_file(
                path, _ROLES.get(role), mapping=mapping, near=not exact_only, stage=base.progress
            )
        except MatcherError as error:
            # The other files are still worth a look.
            click.echo(error.message(lang()), err=True)
            code = base.UNUSABLE
            continue
        if found.batch.rejections and code == base.OK:
            code = base.REJECTED
        if as_json:
            data.append(_data(path, found))
        else:
            click.echo("", nl=number > 0)
            _show(found)
    if as_json:
        base.echo_json(data)
    return code


def _data(path: str, found: Check) -> dict[str, Any]:
    from dataclasses import asdict

    batch = found.batch
    return {
        "file": path,
        "records": found.role,
        "count": len(batch.records),
        "kinds": dict(found.kinds),
        "languages": dict(found.languages),
        "revision": batch.revision,
        "mapping": [asdict(column) for column in batch.mapping],
        "rejections": [asdict(item) for item in batch.rejections],
        "warnings": [asdict(item) for item in batch.warnings],
        "duplicates": [asdict(pair) for pair in found.duplicates],
        "near_duplicates_checked": found.unchecked is None,
    }


def _show(found: Check) -> None:
    from matcher.cli import reading
    from matcher.shown import line
    from matcher.taxonomy import label_of

    batch = found.batch
    what = {"need": say("需求", "needs"), "capability": say("成果", "capabilities")}[found.role]
    languages = {"zh": say("中文", "Chinese"), "en": say("英文", "English")}
    click.echo(f"{line(batch.source)}  {what} {len(batch.records)} {say('条', 'records')}")
    kinds = {label_of(f"{found.role}_kinds", c, lang()): n for c, n in found.kinds.items()}
    _show_counts(say("类型", "Kinds"), kinds)
    _show_counts(say("语言", "Languages"), {languages[c]: n for c, n in found.languages.items()})
    click.echo(say("列的含义：", "Columns:"))
    reading.echo_mapping(found.role, batch.mapping)
    rows, notes = len(batch.rejections), len(batch.warnings)
    reading.echo_refused((*batch.rejections, *batch.warnings), rows, notes)
    reading.echo_duplicates(found.duplicates)
    if found.unchecked is not None:
        click.echo(say("\n未检查近似重复：", "\nNear duplicates were not looked for: ")
                   + found.unchecked.message(lang()))  # fmt: skip
    if not rows:
        click.echo(say("\n所有行都已读入。", "\nEvery row was read."))


def _show_counts(title: str, counts: Mapping[str, int]) -> None:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = say("、", ", ").join(f"{name} {count}" for name, count in ordered)
    if shown:
        click.echo(f"{title}{say('：', ': ')}{shown}")


def command() -> Command:
    """Return the command with its help in the language of this call."""
    help = say(
        "检查需求或成果文件：每一列当作什么字段、哪些行读不了及其原因、有无重复或近似的记录。"
        "不做匹配，不写文件。",
        "Check files of needs or capabilities: what each column is taken for, which rows cannot be "
        "read and why, which records say the same. Matches nothing and writes nothing.",
    )
    exact = say("只查完全相同的记录，不用编码器，速度快", "only exact duplicates: fast, no encoder")
    return Command(
        "check", _check, help,
        """
        matcher check 需求.xlsx 成果.xlsx
        matcher check 导出.csv --as capabilities --map 简介=summary
        matcher check - --as needs --json < needs.jsonl
        """,
        [
            click.Argument(["files"], nargs=-1, required=True, metavar="FILE..."),
            click.Option(["--as", "role"], default="auto",
                         type=click.Choice(["auto", "needs", "capabilities"]),
                         help=say("当作需求还是成果读取，默认按列名判断",
                                  "read as needs or capabilities; by default the columns tell")),
            base.mapping_option(),
            click.Option(["--exact-only"], is_flag=True, help=exact),
            base.json_option(),
        ],
        codes=True,
    )  # fmt: skip
