"""``matcher learn``: decisions on real matches in, slightly different weights out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matcher.cli import base
from matcher.cli.base import Command, say
from matcher.errors import InputError

if TYPE_CHECKING:
    from matcher.ingest.decisions import Decisions, Key
    from matcher.rank.learning import Lesson

#: So many matches that change places are listed.
_LISTED = 10


def _learn(
    files: tuple[str, ...], encoder: str | None, dry_run: bool, undo: bool, reset: bool, show: bool
) -> int:  # fmt: skip
    from matcher import settings
    from matcher.rank import versions

    folder = versions.model_folder(settings.home())
    if sum((undo, reset, show, bool(files))) != 1 or len(files) not in (0, 3):
        raise InputError(
            "请给出决定、需求、成果三个文件；或只用 --show、--undo、--reset 之一。",
            "Name three files, decisions, needs and capabilities; or give one of --show, --undo "
            "and --reset alone.",
        )
    if files:
        return _from_files(files, folder, encoder, dry_run)
    if undo:
        versions.undo(folder)
    elif reset:
        versions.reset(folder)
    _show(folder, listed=show)
    return base.OK


def _from_files(files: tuple[str, ...], folder: Path, encoder: str | None, dry_run: bool) -> int:
    from datetime import date

    from matcher.encode import open_encoder
    from matcher.index.collection import encode_records
    from matcher.ingest import read_capabilities, read_needs
    from matcher.ingest.decisions import read_decisions
    from matcher.rank.calibration import shipped_calibration
    from matcher.rank.learning import learn, save
    from matcher.rank.weights import shipped_weights

    decisions = read_decisions(files[0])
    needs, capabilities = read_needs(files[1]), read_capabilities(files[2])
    opened = open_encoder(encoder)
    with base.progress("encode", len(needs.records) + len(capabilities.records)) as step:
        asks = encode_records("need", needs.records, opened, step).public()
        offers = encode_records("capability", capabilities.records, opened, step).public()
    lesson = learn(
        decisions.items, asks, offers, opened, shipped_weights(),
        shipped_calibration(opened.fingerprint), (needs.revision, capabilities.revision),
    )  # fmt: skip
    tell_rows(decisions, lesson.unknown)
    if not dry_run:
        save(lesson, shipped_weights(), folder, opened, date.today())
    _tell(lesson)
    if dry_run:
        click.echo(say("（试算，没有保存）", "(A trial: nothing was saved.)"))
    else:
        click.echo(say("撤销：matcher learn --undo", "To take it back: matcher learn --undo"))
        _show(folder, listed=False)
    return base.REJECTED if decisions.rejections or lesson.unknown else base.OK


def tell_rows(decisions: Decisions, unknown: Sequence[Key]) -> None:
    """Say which rows were not understood and which pairs are not in the files."""
    from matcher.cli import reading
    from matcher.shown import line

    rows = len(decisions.rejections)
    items = (*decisions.rejections, *decisions.warnings)
    reading.echo_refused(items, rows, len(decisions.warnings))
    for need, capability in unknown[: reading.LISTED]:
        pair = f"{line(need)} – {line(capability)}"
        click.echo(say(f"  文件中没有这一对：{pair}", f"  Not in the files: {pair}"))
    if len(unknown) > reading.LISTED:
        more = len(unknown) - reading.LISTED
        click.echo(say(f"  ……另有 {more} 对", f"  … and {more} more"))


def _tell(lesson: Lesson) -> None:
    from matcher.rank.wording import basis, changes, moved, unused
    from matcher.shown import line

    told = base.lang()
    for sentence in changes(lesson, told):
        click.echo(sentence)
    click.echo(say(f"依据：{basis(lesson, told)}", f"Based on: {basis(lesson, told)}"))
    silent = unused(lesson.counts, told)
    if silent:
        click.echo(say(f"不影响排序的决定：{silent}", f"Decisions that teach nothing: {silent}"))
    count = len(lesson.moves)
    click.echo(
        say(f"名次有变化的已决定匹配：{count} 个", f"Decided matches that change places: {count}")
    )
    for move in lesson.moves[:_LISTED]:
        click.echo(f"  {line(moved(move, told))}")
    if count > _LISTED:
        click.echo(say(f"  ……另有 {count - _LISTED} 个", f"  … and {count - _LISTED} more"))


def _show(folder: Path, listed: bool) -> None:
    import json

    from matcher.rank import versions
    from matcher.rank.weights import load_weights, read_learned

    in_use = versions.current(folder)
    for path in versions.kept(folder) if listed else ():
        mark = "*" if path == in_use else " "
        if read_learned(path) is None:
            click.echo(f"{mark} {path.stem}  " + say("已损坏", "damaged"))
            continue
        stored = json.loads(path.read_bytes())
        facts = [
            stored.get("date"), say("起点", "from") + f" {stored['based_on']}",
            say("可比", "comparisons") + f" {stored.get('comparisons')}",
        ]  # fmt: skip
        click.echo(f"{mark} {path.stem}  " + "  ".join(str(fact) for fact in facts))
    click.echo(say("现在使用的权重：", "Weights in use: ") + load_weights().version)


def command() -> Command:
    """Return the command with its help in the language of this call."""
    help = say(
        "从已作出的决定中学习：被接受的成果和因“不相关”被婉拒的成果，会稍微调整排序的权重；价格、"
        "地域等其他原因不影响排序。DECISIONS 的列：需求编号、成果编号、决定（接受、婉拒、"
        "以后再说）、原因、日期；或需求编号、成果编号、等级。每次都从随软件提供的权重出发，"
        "请给出全部决定。"
        "各版本都会保留，可以撤销。",
        "Learn from decisions: what was accepted and what was declined as irrelevant moves the "
        "ranking weights a little; price, region and other reasons do not. Columns of DECISIONS: "
        "need ID, capability ID, decision (accept, decline, later), reason, date; or need ID, "
        "capability ID, grade. Each run starts from the shipped weights, so give all decisions. "
        "Every version is kept and can be taken back.",
    )
    return Command(
        "learn", _learn, help,
        """
        matcher learn 决定.xlsx 需求.xlsx 成果.xlsx
        matcher learn judgments.csv needs.csv capabilities.csv --dry-run --lang en
        matcher learn --show
        matcher learn --undo
        """,
        [
            click.Argument(["files"], metavar="[DECISIONS NEEDS CAPABILITIES]", nargs=-1),
            base.encoder_option(),
            click.Option(["--dry-run"], is_flag=True, help=say(
                "只显示会有什么变化，不保存", "only say what would change and save nothing")),
            click.Option(["--undo"], is_flag=True, help=say(
                "回到上一个版本", "go back to the version before")),
            click.Option(["--reset"], is_flag=True, help=say(
                "恢复随软件提供的权重", "return to the weights that came with the program")),
            click.Option(["--show"], is_flag=True, help=say(
                "列出各个版本，* 为正在使用的", "list the versions; * marks the one in use")),
        ],
        codes=True,
    )  # fmt: skip
