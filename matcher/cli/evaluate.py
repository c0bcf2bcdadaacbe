"""``matcher evaluate``: how good the ranking is, on judged data, beside its rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matcher.cli import base
from matcher.cli.base import Command, echo_table, say
from matcher.errors import InputError

if TYPE_CHECKING:
    from matcher.encode.base import Encoder
    from matcher.evaluate.evaluation import SetResult
    from matcher.evaluate.sets import JudgedSet
    from matcher.rank.weights import Weights

#: What each option would leave without effect.
_EXCLUDED = {
    "--bilingual": (
        "DIR", "--judgments", "--merge", "--output", "--simulate-decisions", "--deletion"
    ),
    "--simulate-decisions": ("--deletion", "--output"),
    "--deletion": ("--merge", "--output"),
    "--themes": (
        "--judgments", "--merge", "--output", "--simulate-decisions", "--deletion", "--bilingual"
    ),
}  # fmt: skip
#: What --needs and --capabilities go with.
_WITH_FILES = ("--judgments", "--bilingual", "--themes")


def _evaluate(
    folders: tuple[str, ...], judgments: str | None, needs: str | None, capabilities: str | None,
    merge: bool, encoder: str | None, output: str | None, as_json: bool, use: str,
    simulated: bool, deletion: bool, bilingual: str | None, themes: bool,
) -> int:  # fmt: skip
    from matcher.encode import open_encoder
    from matcher.evaluate.evaluation import evaluate
    from matcher.evaluate.tables import as_json as figures

    _check_options({
        "--bilingual": bool(bilingual), "--simulate-decisions": simulated, "--deletion": deletion,
        "DIR": bool(folders), "--judgments": bool(judgments), "--needs": bool(needs),
        "--capabilities": bool(capabilities), "--merge": merge, "--output": bool(output),
        "--themes": themes,
    })  # fmt: skip
    opened = open_encoder(encoder)
    if themes:
        from matcher.cli.theme_quality import measure

        return measure(folders, needs, capabilities, opened, as_json)
    weights = _weights(use, opened.fingerprint)
    if bilingual:
        return _bilingual(Path(bilingual), needs, capabilities, encoder, weights, as_json)
    sets = _sets(folders, judgments, needs, capabilities)
    if simulated:
        return _simulate(sets, opened, weights, merge, as_json)
    if deletion:
        return _delete(sets, opened, weights, as_json)
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


def _check_options(given: Mapping[str, bool]) -> None:
    """Refuse what would be ignored beside another option."""
    for option, excluded in _EXCLUDED.items():
        for other in excluded if given[option] else ():
            if given[other]:
                raise InputError(
                    f"{option} 与 {other} 不能同时使用，请去掉其中一个。",
                    f"{option} and {other} cannot both be given: leave one out.",
                )
    for option in ("--needs", "--capabilities"):
        if given[option] and not any(given[name] for name in _WITH_FILES):
            raise InputError(
                f"{option} 只能与 --judgments、--bilingual 或 --themes 一起使用。",
                f"{option} goes with --judgments, --bilingual or --themes only.",
            )


def _bilingual(
    others: Path, needs: str | None, capabilities: str | None, encoder: str | None,
    weights: Weights, as_json: bool,
) -> int:  # fmt: skip
    from matcher.evaluate.fairness import twins
    from matcher.ingest import read_needs
    from matcher.pipeline import open_matcher

    matcher = open_matcher(
        capabilities or str(others.parent / "capabilities.csv"), encoder=encoder,
        stage=base.progress, weights=weights,
    )  # fmt: skip
    asked = read_needs(needs or others.parent / "needs.csv").records
    found = twins(matcher, asked, read_needs(others).records)
    means = {
        "overlap@10": sum(twin.overlap for twin in found) / len(found),
        "same_answer": sum(twin.same_answer for twin in found) / len(found),
        "same_best": sum(twin.same_best for twin in found) / len(found),
    }
    if as_json:
        base.echo_json({"pairs": [asdict(twin) for twin in found], "mean": means})
        return base.OK
    rows: list[tuple[str, ...]] = [
        (twin.need, twin.twin, f"{twin.overlap:.0%}", _tick(twin.same_answer),
         _tick(twin.same_best))
        for twin in found
    ]  # fmt: skip
    rows.append((say("平均", "mean"), "", *(f"{value:.0%}" for value in means.values())))
    echo_table(
        (say("需求", "need"), say("另一语言", "twin"), say("前十名重合", "top 10 shared"),
         say("同有或同无", "same answer"), say("首位相同", "same best")), rows,
    )  # fmt: skip
    return base.OK


def _tick(value: bool) -> str:
    return say("是", "yes") if value else say("否", "no")


def _weights(use: str, fingerprint: str) -> Weights:
    from matcher.rank.weights import load_weights, shipped_weights

    if use == "shipped":
        return shipped_weights()
    learned = load_weights(fingerprint)
    if learned.pairs == shipped_weights().pairs:
        raise InputError(
            "没有适用于这个编码器的学习权重。请先运行 matcher learn，或去掉 --weights。",
            "No weights were learned with this encoder: run matcher learn first, or leave out "
            "--weights.",
        )
    return learned


def _simulate(
    sets: Sequence[JudgedSet], encoder: Encoder, weights: Weights, merge: bool, as_json: bool
) -> int:
    from matcher.evaluate.simulation import simulate
    from matcher.evaluate.tables import curves_as_json, curves_table

    curves = list(simulate(sets, encoder, weights, merge=merge, stage=base.progress))
    if as_json:
        base.echo_json(curves_as_json(curves, encoder.name, weights.version))
        return base.OK
    echo_table(*curves_table(curves))
    return base.OK


def _delete(sets: Sequence[JudgedSet], encoder: Encoder, weights: Weights, as_json: bool) -> int:
    from matcher.evaluate.deletion import deletion_test

    results = [deletion_test(one, encoder, weights, stage=base.progress) for one in sets]
    if as_json:
        base.echo_json({
            "deletion": {result.name: result.figures() for result in results},
            "encoder": encoder.name,
            "weights": weights.version,
        })  # fmt: skip
        return base.OK
    header = (
        say("评测集", "set"), say("需求", "needs"), say("引文", "quotes"), say("通过", "pass"),
        say("已判相关", "relevant"), say("通过", "pass"), say("其余", "others"),
        say("通过", "pass"), say("仅一句", "one sentence"), say("无引文", "no quote"),
    )  # fmt: skip
    echo_table(header, [result.row() for result in results])
    click.echo(say(
        "通过：去掉被引用的句子，得分比去掉同一条成果里长短相近的另一句下降更多。",
        "A quote passes when the score falls more without it than without another sentence of "
        "about its length from the same record.",
    ))  # fmt: skip
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
    from matcher.evaluate.tables import doubt_table, main_table, strata_table

    for header, rows in (main_table(results), doubt_table(results), strata_table(results)):
        if rows:
            echo_table(header, rows)
            click.echo()


def _write(folder: Path, results: Sequence[SetResult]) -> None:
    from matcher.evaluate.tables import (
        doubt_table,
        main_table,
        markdown,
        query_lines,
        strata_table,
    )

    parts = (main_table(results), doubt_table(results), strata_table(results))
    tables = "\n".join(markdown(*part) for part in parts if part[1])
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
            click.Option(["--weights", "use"], type=click.Choice(["shipped", "learned"]),
                         default="shipped", help=say(
                "用哪一套排序权重：shipped 随软件提供（默认），learned 为 matcher learn 所得",
                "which ranking weights: shipped (default), or learned by matcher learn")),
            click.Option(["--simulate-decisions", "simulated"], is_flag=True, help=say(
                "改为模拟：按排名逐步公开评判，学习后在其余需求上衡量",
                "simulate instead: reveal judgements in rank order, learn, measure on the rest")),
            click.Option(["--deletion"], is_flag=True, help=say(
                "改为删句检验：去掉被引用的句子，得分是否比去掉另一句下降更多",
                "test the quotes instead: does the score fall more without a quoted sentence than "
                "without another one")),
            click.Option(["--bilingual"], metavar="FILE", help=say(
                "改为检验语言公平：FILE 是同一批需求的另一种语言版本（编号加 -EN），"
                "看前十名重合多少",
                "test language fairness instead: FILE has the same needs in the other language "
                "(ids with -EN); how much of the top ten do they share")),
            click.Option(["--themes"], is_flag=True, help=say(
                "改为衡量联盟的主题：与所属领域（--needs、--capabilities）或已判相关的配对（DIR）"
                "比较，并与 k-means 比较",
                "measure the themes of alliances instead: against fields (--needs and "
                "--capabilities) or judged pairs (DIR), beside k-means")),
            base.encoder_option(),
            base.json_option(),
        ],
    )  # fmt: skip
