"""``matcher calibrate``: make probabilities mean what they say, on decisions or judged sets."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matcher.cli import base
from matcher.cli.base import Command, say
from matcher.errors import InputError

if TYPE_CHECKING:
    from matcher.encode.base import Encoder
    from matcher.evaluate.own import Own
    from matcher.rank.calibration import Calibration


def _calibrate(
    files: tuple[str, ...], judged: bool, judgments: str | None, output: str | None,
    plot: str | None, undo: bool, reset: bool, encoder: str | None,
) -> int:  # fmt: skip
    from matcher import settings
    from matcher.encode import open_encoder
    from matcher.rank import versions
    from matcher.rank.calibration import load_calibration, own_folder

    folder = own_folder(settings.home())
    if undo or reset:
        if files or judged or (undo and reset):
            raise InputError(
                "--undo 和 --reset 只能单独使用，请去掉其他参数。",
                "--undo and --reset are used alone: leave the rest out.",
            )
        if undo and not versions.history(folder):
            raise InputError(
                "没有可以撤销的校准，现在用的就是随软件提供的校准。",
                "There is nothing to undo: the calibration that came with the program is in use.",
            )
        if undo:
            versions.undo(folder)
        else:
            versions.reset(folder)
    opened = open_encoder(encoder)
    if not judged and (output or plot or judgments):
        raise InputError(
            "-o、--plot 和 --judgments 要与 --judged 一起使用。请加上 --judged，或去掉它们。",
            "-o, --plot and --judgments go with --judged: add it, or leave them out.",
        )
    if judged:
        return _judged(files, judgments, output, plot, opened)
    if not (undo or reset):
        _own(files, folder, opened)
    found = load_calibration(opened.fingerprint)
    click.echo(say("现在使用的校准：", "Calibration in use: ") + (found.version if found else "–"))
    return base.OK


def _own(files: tuple[str, ...], folder: Path, encoder: Encoder) -> None:
    from matcher.cli.learn import tell_rows
    from matcher.evaluate.own import fit_own, save_own
    from matcher.index.collection import encode_records
    from matcher.ingest import read_capabilities, read_needs
    from matcher.ingest.decisions import read_decisions
    from matcher.rank.calibration import shipped_calibration
    from matcher.rank.weights import load_weights

    if len(files) != 3:
        raise InputError(
            "请依次给出三个文件：决定、需求、成果。",
            "Name three files, in this order: decisions, needs, capabilities.",
        )
    shipped = shipped_calibration(encoder.fingerprint)
    if shipped is None:
        raise InputError(
            "这个编码器没有随软件提供的校准，请先用 --judged 在评测集上拟合。",
            "No calibration was shipped for this encoder: fit one on judged sets with --judged.",
        )
    decisions = read_decisions(files[0])
    needs, capabilities = read_needs(files[1]), read_capabilities(files[2])
    with base.progress("encode", len(needs.records) + len(capabilities.records)) as step:
        asks = encode_records("need", needs.records, encoder, step).public()
        offers = encode_records("capability", capabilities.records, encoder, step).public()
    weights = load_weights(encoder.fingerprint)
    own = fit_own(decisions.items, asks, offers, encoder, weights, shipped)
    tell_rows(decisions, own.unknown)
    save_own(own, shipped, folder, encoder, date.today())
    _tell(own, shipped)
    click.echo(say("撤销：matcher calibrate --undo", "To take it back: matcher calibrate --undo"))


def _tell(own: Own, shipped: Calibration) -> None:
    names = {"within": say("同一语言", "within one language"),
             "across": say("跨语言", "across languages")}  # fmt: skip
    for pair, (accepted, irrelevant, share) in own.counts.items():
        before, after = shipped.curves[pair], own.calibration.curves[pair]
        click.echo(say(
            f"{names[pair]}：接受 {accepted} 项、不相关 {irrelevant} 项，自有曲线占 {share:.0%}；"
            f"截距 {before.intercept} → {after.intercept}，斜率 {before.slope} → {after.slope}",
            f"{names[pair]}: {accepted} accepted, {irrelevant} irrelevant, own curve counts "
            f"{share:.0%}; intercept {before.intercept} → {after.intercept}, slope {before.slope} "
            f"→ {after.slope}",
        ))  # fmt: skip

    old, new = shipped.threshold, own.calibration.threshold
    click.echo(say(
        f"门槛 {old:.2f} → {new:.2f}：得到推荐的需求与原来一样多",
        f"Threshold {old:.2f} → {new:.2f}: as many needs get a list as before",
    ))  # fmt: skip


def _judged(
    folders: tuple[str, ...], judgments: str | None, output: str | None, plot: str | None,
    encoder: Encoder,
) -> int:  # fmt: skip
    from matcher.evaluate.calibrating import fit_calibration, observe_set, write_calibration
    from matcher.evaluate.sets import read_judgments, read_set
    from matcher.rank.weights import shipped_weights

    if not output:
        raise InputError(
            "请用 -o 指定要写的文件，例如 -o data/model/calibration.json。",
            "Name the file to write with -o, for example -o data/model/calibration.json.",
        )
    sets = [read_set(Path(folder)) for folder in folders]
    if judgments:
        beside = Path(judgments).parent
        sets.append(
            read_judgments(Path(judgments), beside / "needs.csv", beside / "capabilities.csv")
        )
    if len({one.name for one in sets}) < len(sets):
        raise InputError(
            "有两个评测集同名，结果会混在一起。请给其中一个文件夹改名。",
            "Two evaluation sets have the same name: rename one of the folders.",
        )
    weights = shipped_weights()
    fitted = fit_calibration({one.name: observe_set(one, encoder, weights) for one in sets})
    threshold = fitted.calibration.threshold
    for part in fitted.left_out:
        refused = part.refusals[threshold]
        click.echo(
            f"{part.name}  ECE {part.error:.4f}  "
            + say("无合作方时说“没有”", "turned away rightly")
            + f" {_share(refused.turned_away)}  "
            + say("有合作方时保留", "kept")
            + f" {_share(refused.kept)}"
        )
    try:
        write_calibration(fitted, encoder, weights, Path(output), date.today())
        if plot:
            from matcher.evaluate.plot import plot_reliability

            plot_reliability(fitted.left_out, Path(plot))
    except OSError as error:
        raise InputError(
            f"写不了 {error.filename}（{error.strerror}）。请检查文件夹、磁盘空间和权限。",
            f"{error.filename} cannot be written ({error.strerror}): check the folder, disk space "
            "and permissions.",
        ) from error
    base.echo_facts([(say("门槛", "Threshold"), f"{threshold:.2f}"),
                     (say("写入", "Written"), output)])  # fmt: skip
    return base.OK


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def command() -> Command:
    """Return the command with its help in the language of this call."""
    help = say(
        "让匹配的概率名副其实。用自己的决定：给出决定、需求、成果三个文件；“接受”和“不相关”"
        "各满 50 项以后只用自己的数据，之前与随软件提供的校准按比例混合。各版本都会保留，可以撤销。"
        "加 --judged 则在评测集文件夹上重新拟合，逐个留出一个评测集检验。",
        "Make the probability of a match mean what it says. On your own decisions: name the files "
        "of decisions, needs and capabilities; from 50 accepted and 50 irrelevant ones on only "
        "your own count, before that they are blended with the shipped calibration. Every version "
        "is kept and can be taken back. With --judged it is fitted anew on evaluation folders and "
        "tested by leaving out one of them at a time.",
    )
    return Command(
        "calibrate", _calibrate, help,
        """
        matcher calibrate 决定.xlsx 需求.xlsx 成果.xlsx
        matcher calibrate --undo
        matcher calibrate --judged 评测集/* -o calibration.json --plot 校准图.png
        """,
        [
            click.Argument(["files"], metavar="[FILE …]", nargs=-1),
            click.Option(["--judged"], is_flag=True, help=say(
                "FILE 是评测集文件夹", "FILE are evaluation folders")),
            click.Option(["--judgments"], metavar="CSV", help=say(
                "与 --judged 一起：再加上评判表（needs.csv 和 capabilities.csv 在同一文件夹）",
                "with --judged: a table of your own judgements too, beside needs.csv and "
                "capabilities.csv")),
            click.Option(["-o", "--output"], metavar="FILE", help=say(
                "与 --judged 一起：写到这个文件", "with --judged: write this file")),
            click.Option(["--plot"], metavar="PNG", help=say(
                "与 --judged 一起：画出概率与实际比例的对照图（需要 matplotlib）",
                "with --judged: draw probabilities against what came true (needs matplotlib)")),
            click.Option(["--undo"], is_flag=True, help=say(
                "回到上一个版本", "go back to the version before")),
            click.Option(["--reset"], is_flag=True, help=say(
                "恢复随软件提供的校准", "return to the calibration that came with the program")),
            base.encoder_option(),
        ],
    )  # fmt: skip
