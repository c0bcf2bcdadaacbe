"""``matcher evaluate``: how good the ranking is, on judged data, beside its rivals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matcher.cli import base, text
from matcher.cli.base import Command, say
from matcher.errors import InputError

if TYPE_CHECKING:
    from matcher.evaluate.evaluation import SetResult
    from matcher.evaluate.sets import JudgedSet


def _evaluate(
    folders: tuple[str, ...], judgments: str | None, needs: str | None, capabilities: str | None,
    merge: bool, encoder: str | None, output: str | None, as_json: bool,
) -> int:  # fmt: skip
    from matcher.encode import open_encoder
    from matcher.evaluate.evaluation import evaluate
    from matcher.evaluate.tables import as_json as figures
    from matcher.rank.weights import load_weights

    sets = _sets(folders, judgments, needs, capabilities)
    opened, weights = open_encoder(encoder), load_weights()
    results = list(evaluate(sets, opened, weights, merge=merge, stage=base.progress))
    if output:
        _write(Path(output), results)
    if as_json:
        base.echo_json(figures(results, opened.name, weights.version))
        return base.OK
    _show(results)
    click.echo()
    base.echo_facts([
        (say("编码器", "Encoder"), f"{opened.name} ({opened.fingerprint})"),
        (say("权重", "Weights"), weights.version),
        (say("结果文件夹", "Results"), output or ""),
    ])  # fmt: skip
    return base.OK


def _sets(
    folders: Sequence[str], judgments: str | None, needs: str | None, capabilities: str | None
) -> list[JudgedSet]:
    from matcher.evaluate.sets import read_judgments, read_set

    sets = [read_set(Path(folder)) for folder in folders]
    if judgments:
        beside = Path(judgments).parent
        sets.append(read_judgments(
            Path(judgments),
            Path(needs) if needs else beside / "needs.csv",
            Path(capabilities) if capabilities else beside / "capabilities.csv",
        ))  # fmt: skip
    if not sets:
        raise InputError(
            "没有可评测的数据。请给出评测文件夹，或用 --judgments 给出评判表。",
            "There is nothing to evaluate: give evaluation folders, or a table with --judgments.",
        )
    names = [one.name for one in sets]
    if len(set(names)) < len(names):
        raise InputError(
            "有两个评测集同名，结果会混在一起。请给其中一个文件夹改名。",
            "Two evaluation sets have the same name: rename one of the folders.",
        )
    return sets


def _show(results: Sequence[SetResult]) -> None:
    from matcher.evaluate.tables import main_table, strata_table

    for header, rows in (main_table(results), strata_table(results)):
        columns = list(zip(header, *rows, strict=True))
        widths = [max(text.width(cell) for cell in column) for column in columns]
        for row in (header, *rows):
            cells = [text.pad(cell, width) for cell, width in zip(row, widths, strict=True)]
            click.echo("  ".join(cells).rstrip())
        click.echo()


def _write(folder: Path, results: Sequence[SetResult]) -> None:
    from matcher.evaluate.tables import main_table, markdown, query_lines, strata_table

    tables = markdown(*main_table(results)) + "\n" + markdown(*strata_table(results))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, body in (
            ("evaluation.md", tables),
            ("queries.jsonl", "".join(query_lines(results))),
        ):
            part = folder / f"{name}.part"
            part.write_text(body, encoding="utf-8")
            part.replace(folder / name)
    except OSError as error:
        raise InputError(
            f"写不了文件夹 {folder}（{error.strerror}）。请检查磁盘空间和权限，或换一个文件夹。",
            f"The folder {folder} cannot be written ({error.strerror}): "
            "check disk space and permissions, or name another folder.",
        ) from error


def command() -> Command:
    """Return the command with its help in the language of this call."""
    help = say(
        "在有评判的数据上衡量排序质量，并与单用 BM25、单用编码器、RRF 在同一次运行中比较。"
        "DIR 是 BEIR 格式的文件夹（corpus.jsonl、queries.jsonl、qrels.tsv）。",
        "Measure the ranking on judged data, beside BM25 alone, the encoder alone and RRF in the "
        "same run. DIR is a folder in BEIR layout (corpus.jsonl, queries.jsonl, qrels.tsv).",
    )
    return Command(
        "evaluate", _evaluate, help,
        """
        matcher evaluate 评测集/intro_zh 评测集/sbir_en
        matcher evaluate 评测集/* --merge --json
        matcher evaluate --judgments data/sample/judgments.csv -o 评测结果
        """,
        [
            click.Argument(["folders"], metavar="[DIR …]", nargs=-1),
            click.Option(["--judgments"], metavar="CSV", help=say(
                "自己的评判表：需求编号、成果编号、等级",
                "your own judgements: need id, capability id, grade")),
            click.Option(["--needs"], metavar="FILE", help=say(
                "评判表对应的需求文件，默认同一文件夹的 needs.csv",
                "the needs that were judged, by default needs.csv beside the table")),
            click.Option(["--capabilities"], metavar="FILE", help=say(
                "评判表对应的成果文件，默认同一文件夹的 capabilities.csv",
                "the capabilities that were judged, by default capabilities.csv beside the table")),
            click.Option(["--merge"], is_flag=True, help=say(
                "把所有评测集的成果并入一个索引", "put the capabilities of all sets in one index")),
            click.Option(["-o", "--output"], metavar="DIR", help=say(
                "写出 evaluation.md 和逐条结果 queries.jsonl",
                "write evaluation.md and one line a query, queries.jsonl")),
            base.encoder_option(),
            base.json_option(),
        ],
    )  # fmt: skip
