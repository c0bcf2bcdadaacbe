"""``matcher match``: two files in, a report out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matcher.cli import base
from matcher.cli.base import Command, say
from matcher.errors import InputError

if TYPE_CHECKING:
    from matcher.export.view import View
    from matcher.pipeline import Outcome


def _match(
    needs: str, capabilities: str, output: str, top: int, entries: tuple[str, ...],
    encoder: str | None, day: date, include_private: bool, direction: str,
    partner_kinds: tuple[str, ...], consortia: int, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    from matcher.export import write_report
    from matcher.pipeline import Request, match_files, silent
    from matcher.shown import shown

    request = Request(
        needs, capabilities, top, base.lang(), base.parse_mapping(entries), encoder, day,
        include_private, "capabilities" if direction == "capabilities" else "needs", partner_kinds,
        consortia,
    )  # fmt: skip
    outcome = match_files(request, silent if quiet else base.progress)
    files = write_report(
        outcome.run, Path(output), lang=base.lang(), top=top,
        viewer_may_see_private=include_private, consortia=outcome.consortia,
    )  # fmt: skip
    view = shown(outcome.run, base.lang(), top, include_private)
    if as_json:
        base.echo_json(_data(outcome, view, files))
    elif not quiet:
        _summary(outcome, view, files, include_private)
    return base.REJECTED if outcome.rejections else base.OK


def _data(outcome: Outcome, view: View, files: dict[str, Path]) -> dict[str, Any]:
    from dataclasses import asdict

    from matcher.shown import as_data

    run = view.run
    return {
        "provenance": asdict(run.provenance),
        "needs": {"file": run.needs_file, "count": run.need_count},
        "capabilities": {"file": run.capabilities_file, "count": run.capability_count},
        "lists": as_data(view),
        "not_read": [asdict(item) for item in run.rejections],
        "rejected_rows": len(outcome.rejections),
        "duplicates": [asdict(item) for item in outcome.open_duplicates],
        "report": {kind: str(path) for kind, path in files.items()},
    }


def _summary(outcome: Outcome, view: View, files: dict[str, Path], all_in: bool) -> None:
    from matcher.cli import reading
    from matcher.shown import line

    run, names = view.run, (view.run.needs_file, view.run.capabilities_file)
    for role, title, name, batch in (
        ("need", say("需求", "Needs"), names[0], outcome.needs),
        ("capability", say("成果", "Capabilities"), names[1], outcome.capabilities),
    ):
        counted = say(f"{len(batch.records)} 条", f"{len(batch.records)} records")
        private = sum(record.confidentiality == "private" for record in batch.records)
        if private and not all_in:
            counted += say(
                f"（其中保密 {private} 条未参与）", f" ({private} of them private, left out)"
            )
        click.echo(f"{title}  {line(name)}  {counted}")
        reading.echo_mapping(role, batch.mapping)
    rejected, others = len(outcome.rejections), len(run.rejections) - len(outcome.rejections)
    reading.echo_refused(run.rejections, rejected, others)
    hidden = len(outcome.run.duplicates) - len(outcome.open_duplicates)
    reading.echo_duplicates(outcome.open_duplicates, hidden)
    click.echo("")
    reading.echo_partners(view)
    folder = next(iter(files.values())).parent
    click.echo(say(f"\n报告已写入 {folder}：", f"\nThe report is in {folder}: ")
               + say("、", ", ").join(path.name for path in files.values()))  # fmt: skip


def _day(ctx: click.Context, param: click.Parameter, value: str | None) -> date:
    if value is None:
        return date.today()
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise InputError(
            f"--date 的写法是 YYYY-MM-DD，例如 2026-11-01；实际是“{value}”。",
            f"--date takes YYYY-MM-DD, for example 2026-11-01, not “{value}”.",
        ) from None


def day_option() -> click.Option:
    """Return the ``--date`` option."""
    explained = say(
        "判断是否过期、并写在报告上的日期，默认今天",
        "the day that expiry is judged by and that stands on the report; by default today",
    )
    return click.Option(
        ["--date", "day"], metavar="YYYY-MM-DD", callback=_day, help=explained
    )  # fmt: skip


def command() -> Command:
    """Return the command with its help in the language of this call."""
    help = say(
        "读取需求和成果两个文件（xlsx、csv、jsonl、docx，或文件夹；- 表示标准输入），为每项需求列出"
        "合适的成果，把报告写入文件夹：report.xlsx、report.docx、report.html、matches.csv、"
        "matches.jsonl。读不了的行会逐一列出，其余照常匹配。",
        "Read a file of needs and one of capabilities (xlsx, csv, jsonl, docx, or a folder; - is "
        "standard input), list the fitting capabilities of each need and write the report: "
        "report.xlsx, report.docx, report.html, matches.csv and matches.jsonl. Rows that cannot "
        "be read are listed one by one; the others are matched.",
    )
    private = say(
        "保密的需求和成果也参与匹配；报告中会显示匿名单位的名称，仅供内部使用",
        "match private records too; the report then names anonymous owners and is for staff only",
    )
    return Command(
        "match", _match, help,
        """
        matcher match 需求.xlsx 成果.xlsx -o 报告
        matcher match needs.csv capabilities.csv -o report --lang en --top 5
        matcher match 需求.xlsx 成果.xlsx -o 报告 --map 痛点=problem --date 2026-11-01
        matcher match 企业需求.xlsx 成果.xlsx -o 报告 --partner-kind enterprise
        matcher match - 成果.xlsx -o 报告 --json < 需求.jsonl
        """,
        [
            click.Argument(["needs"], metavar="NEEDS"),
            click.Argument(["capabilities"], metavar="CAPABILITIES"),
            click.Option(["-o", "--output"], required=True, metavar="DIR",
                         help=say("报告文件夹（必填）", "folder for the report (required)")),
            click.Option(["--top"], type=click.IntRange(1, 1000), metavar="N",
                         default=base.setting("top"),
                         help=say("每项列出的匹配数，默认 10", "matches to list, by default 10")),
            base.mapping_option(),
            base.encoder_option(),
            day_option(),
            click.Option(["--include-private"], is_flag=True, help=private),
            click.Option(["--direction"], type=click.Choice(["needs", "capabilities"]),
                         default="needs",
                         help=say("needs：为需求找成果（默认）；capabilities：为成果找需求",
                                  "needs: capabilities for each need (default); capabilities: "
                                  "needs for each capability")),
            click.Option(["--partner-kind", "partner_kinds"], multiple=True, metavar="KIND",
                         help=say("只要这类单位的成果，如 enterprise、高校；可多次使用",
                                  "only capabilities of this kind of organisation, such as "
                                  "enterprise or university; may be repeated")),
            click.Option(["--consortia"], type=click.IntRange(0, 1000), metavar="N",
                         default=base.setting("consortia"),
                         help=say("为几项需求试组创新联合体并写入报告，默认 20；0 表示不试组",
                                  "for how many needs a consortium is sought and put into the "
                                  "report, by default 20; 0: for none")),
            base.json_option(),
            click.Option(["-q", "--quiet"], is_flag=True,
                         help=say("不在终端显示结果", "show nothing on the terminal")),
        ],
        codes=True,
    )  # fmt: skip
