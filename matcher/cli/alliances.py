"""``matcher alliances``: the themes of a district, and who should meet whom."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matcher.cli import base
from matcher.cli.base import Command, say
from matcher.cli.match import day_option

if TYPE_CHECKING:
    from matcher.export.alliances import Shown


def _alliances(
    needs: str, capabilities: str, output: str, previous: str | None, number: int | None,
    entries: tuple[str, ...], encoder: str | None, day: date, include_private: bool,
    as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    from matcher.cli import reading
    from matcher.export.alliances import Shown
    from matcher.export.alliances_files import SNAPSHOT, write_alliances
    from matcher.pipeline import Request, match_files, silent
    from matcher.plan.alliances import plan_alliances
    from matcher.plan.identity import read_snapshot
    from matcher.rank.hub import load_background

    before = read_snapshot(Path(previous) / SNAPSHOT) if previous else None
    request = Request(
        needs, capabilities, lang=base.lang(), mapping=base.parse_mapping(entries),
        encoder=encoder, today=day, include_private=include_private,
    )  # fmt: skip
    outcome = match_files(request, silent if quiet else base.progress)
    background = load_background(outcome.run.provenance.encoder_fingerprint)
    found = plan_alliances(
        outcome.run, outcome.encoded, background, staff=include_private, previous=before,
        number=number,
    )  # fmt: skip
    files = write_alliances(found, Path(output), base.lang())
    shown = Shown(found, base.lang())
    if as_json:
        base.echo_json(_data(shown, files))
    elif not quiet:
        rejected = len(outcome.rejections)
        reading.echo_refused(outcome.run.rejections, rejected,
                             len(outcome.run.rejections) - rejected)  # fmt: skip
        _summary(shown, files)
    return base.REJECTED if outcome.rejections else base.OK


def _data(shown: Shown, files: dict[str, Path]) -> dict[str, Any]:
    return {
        "themes": [
            {
                "id": theme.id,
                "name": {"zh": theme.called("zh"), "en": theme.called("en")},
                "needs": [need.id for need in theme.needs],
                "capabilities": [capability.id for capability in theme.capabilities],
                "unmet": [need.id for need in theme.unmet],
                "unasked": [capability.id for capability in theme.unasked],
                "parties": len(theme.parties),
                "leads": [
                    {"party": shown.party(lead.party), "why": shown.lead(lead)}
                    for lead in theme.leads
                ],
                "meetings": [
                    {
                        "asks": shown.party(item.asks), "need": item.match.need.id,
                        "offers": shown.party(item.offers),
                        "capability": item.match.capability.id,
                        "probability": item.match.probability, "guest": item.guest,
                        "why": shown.reasons(item),
                    }
                    for item in theme.meetings
                ],
                "movement": shown.movement(theme),
            }
            for theme in shown.found.themes
        ],
        "closed": shown.found.closed,
        "why_none": shown.why_none,
        "report": {kind: str(path) for kind, path in files.items()},
    }  # fmt: skip


def _summary(shown: Shown, files: dict[str, Path]) -> None:
    from matcher.shown import line

    for theme in shown.found.themes:
        said = say(
            f"{theme.id} {theme.called('zh')}\n"
            f"    需求 {len(theme.needs)}（无合适成果 {len(theme.unmet)}）"
            f"　成果 {len(theme.capabilities)}（无人问津 {len(theme.unasked)}）"
            f"　单位 {len(theme.parties)}　对接 {len(theme.meetings)} 场",
            f"{theme.id} {theme.called('en')}\n"
            f"    needs {len(theme.needs)} (without a match {len(theme.unmet)})"
            f", capabilities {len(theme.capabilities)} (nobody asks {len(theme.unasked)})"
            f", parties {len(theme.parties)}, talks {len(theme.meetings)}",
        )
        for text in said.split("\n"):
            click.echo(text if text.startswith(" ") else line(text))
    if shown.why_none:
        click.echo(shown.why_none)
    folder = next(iter(files.values())).parent
    click.echo(say(f"\n报告已写入 {folder}：", f"\nThe report is in {folder}: ")
               + say("、", ", ").join(path.name for path in files.values()))  # fmt: skip


def command() -> Command:
    """Return the command with its help in the language of this call."""
    help = say(
        "把需求和成果归并成主题（中文、英文一起），为每个主题列出供需和缺口、牵头单位候选，以及一场"
        "沙龙该请谁、谁和谁谈、为什么。写出 alliances.xlsx、alliances.docx，和供下次比较的 "
        "alliances.json。",
        "Group needs and capabilities into themes, Chinese and English together, and give for each "
        "its supply, demand and gap, candidates for the lead, and who should meet whom at a salon "
        "and why. Writes alliances.xlsx, alliances.docx, and alliances.json for the next run to "
        "compare itself with.",
    )
    private = say(
        "保密的记录也参与，并显示匿名单位的名称；结果仅供内部使用",
        "let private records take part and name anonymous owners; the result is for staff only",
    )
    return Command(
        "alliances", _alliances, help,
        """
        matcher alliances 需求.xlsx 成果.xlsx -o 联盟
        matcher alliances 需求.xlsx 成果.xlsx -o 联盟-12月 --previous 联盟-11月
        """,
        [
            click.Argument(["needs"], metavar="NEEDS"),
            click.Argument(["capabilities"], metavar="CAPABILITIES"),
            click.Option(["-o", "--output"], required=True, metavar="DIR",
                         help=say("结果文件夹（必填）", "folder for the result (required)")),
            click.Option(["--previous"], metavar="DIR",
                         help=say("上一次的结果文件夹：主题沿用原来的编号，并说明有什么变化",
                                  "folder of the run before: themes keep their numbers, and what "
                                  "moved is said")),
            click.Option(["--themes", "number"], type=click.IntRange(2, 200), metavar="N",
                         help=say("主题个数，默认由数据决定",
                                  "how many themes; by default the data decide")),
            base.mapping_option(),
            base.encoder_option(),
            day_option(),
            click.Option(["--include-private"], is_flag=True, help=private),
            base.json_option(),
            click.Option(["-q", "--quiet"], is_flag=True,
                         help=say("不在终端显示结果", "show nothing on the terminal")),
        ],
        codes=True,
    )  # fmt: skip
