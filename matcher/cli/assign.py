"""``matcher assign``: two files in, an assignment over the whole batch out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matcher.cli import base
from matcher.cli.base import Command, say
from matcher.cli.match import day_option

if TYPE_CHECKING:
    from matcher.export.view import View
    from matcher.pipeline import Outcome
    from matcher.plan.conflict import Conflict
    from matcher.plan.exposure import Plan


def _assign(
    needs: str, capabilities: str, output: str, each: int, at_least: int, objective: str,
    small_share: int, per_supplier: int | None, capacity: int, new_years: int, candidates: int,
    entries: tuple[str, ...], encoder: str | None, day: date, include_private: bool,
    as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    from matcher.export.assignment_files import write_assignment
    from matcher.export.view import make_view
    from matcher.pipeline import Request, match_files, silent
    from matcher.plan.batch import assign_run
    from matcher.plan.conflict import Conflict
    from matcher.plan.problem import Rules

    # Before minutes of matching.
    rules = Rules(
        each, at_least, small_share, per_supplier, "nash" if objective == "nash" else "total",
        capacity, new_years,
    )  # fmt: skip
    request = Request(
        needs, capabilities, candidates, base.lang(), base.parse_mapping(entries), encoder, day,
        include_private,
    )  # fmt: skip
    outcome = match_files(request, silent if quiet else base.progress)
    view = make_view(outcome.run, base.lang(), candidates, include_private)
    found = assign_run(view, rules)
    files = write_assignment(view, found, Path(output))
    if as_json:
        base.echo_json(_data(view, found, files))
    elif not quiet:
        _summary(outcome, view, found, files)
    if isinstance(found, Conflict):
        return base.UNUSABLE
    return base.REJECTED if outcome.rejections else base.OK


def _data(view: View, found: Plan | Conflict, files: dict[str, Path]) -> dict[str, Any]:
    from dataclasses import asdict

    from matcher.confidence import grade
    from matcher.export.assignment import told
    from matcher.plan.conflict import Conflict

    data: dict[str, Any] = {
        "provenance": asdict(view.run.provenance),
        "report": {kind: str(path) for kind, path in files.items()},
    }
    if isinstance(found, Conflict):
        return {**data, "conflict": asdict(told(view, found))}
    made, problem = found.assignment, found.problem
    gini, small = found.gini, found.small_share
    return {
        **data,
        "rules": asdict(problem.rules),
        "objective": made.objective, "bound": made.bound, "gap": made.gap,
        "total": made.total, "price_of_fairness": found.price,
        "gini": {"own": gini[0], "assigned": gini[1]},
        "small_share": {"own": small[0], "assigned": small[1]},
        "assigned": [
            {"need": match.need.id, "capability": match.capability.id,
             "value": float(problem.values[pair]), "grade": grade(match.probability)}
            for pair, match in zip(made.chosen.tolist(), made.matches, strict=True)
        ],
    }  # fmt: skip


def _summary(
    outcome: Outcome, view: View, found: Plan | Conflict, files: dict[str, Path]
) -> None:  # fmt: skip
    from matcher.cli import reading
    from matcher.export.assignment import notes, overview, told
    from matcher.plan.conflict import Conflict

    rejected = len(outcome.rejections)
    reading.echo_refused(
        outcome.run.rejections, rejected, len(outcome.run.rejections) - rejected
    )  # fmt: skip
    if isinstance(found, Conflict):
        said = told(view, found)
        for title, lines in (
            (view.words("assign_conflict"), (*said.rules, said.summed)),
            (view.words("assign_ways"), said.ways),
        ):
            click.echo(title + say("：", ":"))
            for line in lines:
                click.echo(f"  - {line}")
    else:
        base.echo_facts(overview(view, found))
        for note in notes(view, found):
            click.echo(f"· {note}")
        if not len(found.assignment.chosen):
            click.echo(view.words("assign_nothing"))
    folder = next(iter(files.values())).parent
    click.echo(say(f"\n结果已写入 {folder}：", f"\nThe result is in {folder}: ")
               + say("、", ", ").join(path.name for path in files.values()))  # fmt: skip


def command() -> Command:
    """Return the command with its help in the language of this call."""
    help = say(
        "把整批需求统筹分配给成果：每项需求最多几家，每项成果不超过可承接项目数，利益冲突和保密的"
        "不分配；可以为新小单位留出名额，也可以在单位之间求均衡。结果写入 "
        "assignment.xlsx 和 assignment.docx：分配方案、需求得失、单位名额、承接能力。规则不能同时"
        "满足时，列出互相矛盾的规则和可选的办法。",
        "Assign the capabilities to a whole batch of needs: so many partners for a need, no "
        "capability beyond its capacity, no conflict of interest, nothing private; with places "
        "kept for new and small suppliers, or in balance among suppliers. The result is "
        "assignment.xlsx and assignment.docx: assignment, needs, suppliers, capacity. Where the "
        "rules contradict each other, those rules and the ways out are listed.",
    )
    return Command(
        "assign", _assign, help,
        """
        matcher assign 需求.xlsx 成果.xlsx -o 分配
        matcher assign 需求.xlsx 成果.xlsx -o 分配 --each 2 --small-share 20
        matcher assign needs.csv capabilities.csv -o plan --objective nash --lang en
        """,
        [
            click.Argument(["needs"], metavar="NEEDS"),
            click.Argument(["capabilities"], metavar="CAPABILITIES"),
            click.Option(["-o", "--output"], required=True, metavar="DIR",
                         help=say("结果文件夹（必填）", "folder for the result (required)")),
            click.Option(["--each"], type=click.IntRange(1, 50), default=3, metavar="N",
                         help=say("每项需求最多几家，默认 3",
                                  "most partners for a need, by default 3")),
            click.Option(["--at-least"], type=click.IntRange(0, 50), default=0, metavar="N",
                         help=say("每项有候选的需求至少几家，默认 0",
                                  "fewest partners for a need with candidates, by default 0")),
            click.Option(["--objective"], type=click.Choice(["total", "nash"]), default="total",
                         help=say("total：预期成功数最大（默认）；nash：在单位之间求均衡",
                                  "total: the most expected successes (default); nash: balance "
                                  "among suppliers")),
            click.Option(["--small-share"], type=click.IntRange(0, 100), default=0,
                         metavar="PERCENT",
                         help=say("新小单位至少占可分名额的百分之几，默认 0（不要求）",
                                  "percent of the places that new or small suppliers get at "
                                  "least, by default 0 (off)")),
            click.Option(["--per-supplier"], type=click.IntRange(1), metavar="N",
                         help=say("每家单位最多几个名额，默认不限",
                                  "most places of one supplier, by default no limit")),
            click.Option(["--capacity"], type=click.IntRange(0), metavar="N",
                         default=base.setting("capacity"),
                         help=say("没有填写可承接项目数的成果按几个计算，默认 3",
                                  "assumed where a capability does not state its capacity, by "
                                  "default 3")),
            click.Option(["--new-years"], type=click.IntRange(0, 200), metavar="N",
                         default=base.setting("new_years"),
                         help=say("成立不超过几年算新单位，默认 5",
                                  "years that an organisation counts as new, by default 5")),
            click.Option(["--candidates"], type=click.IntRange(1, 1000), default=50, metavar="N",
                         help=say("每项需求最多考虑几个候选，默认 50",
                                  "candidates to consider for a need, by default 50")),
            base.mapping_option(),
            base.encoder_option(),
            day_option(),
            click.Option(["--include-private"], is_flag=True,
                         help=say("保密的需求和成果也参与，匿名单位显示名称，仅供内部使用",
                                  "private records take part and anonymous owners are named; for "
                                  "staff only")),
            base.json_option(),
            click.Option(["-q", "--quiet"], is_flag=True,
                         help=say("不在终端显示结果", "show nothing on the terminal")),
        ],
        codes=True,
    )  # fmt: skip
