"""``matcher evaluate --themes``: how good the themes of alliances are, beside plain k-means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from matcher.cli import base
from matcher.cli.base import echo_table, say
from matcher.errors import InputError

if TYPE_CHECKING:
    from matcher.encode.base import Encoder


def measure(
    folders: Sequence[str], needs: str | None, capabilities: str | None, encoder: Encoder,
    as_json: bool,
) -> int:  # fmt: skip
    """Measure the themes of records with fields, and of judged sets; returns the exit code."""
    from matcher.evaluate.sets import read_set
    from matcher.evaluate.themes import ThemeQuality, judged_pairs, theme_quality
    from matcher.ingest import read_capabilities, read_needs

    if not folders and not (needs and capabilities):
        raise InputError(
            "没有可衡量的数据。请用 --needs 和 --capabilities 给出带技术领域的两个文件，或给出评测"
            "文件夹。",
            "There is nothing to measure: name two files whose records have fields with --needs "
            "and --capabilities, or give evaluation folders.",
        )
    found: list[ThemeQuality] = []
    if needs and capabilities:
        asked, offered = read_needs(needs).records, read_capabilities(capabilities).records
        found += theme_quality(Path(needs).parent.name or needs, asked, offered, encoder)
    for folder in folders:
        one = read_set(Path(folder))
        gold, pairs = judged_pairs(one)
        found += theme_quality(one.name, one.needs, gold, encoder, pairs)
    if as_json:
        base.echo_json([asdict(row) for row in found])
        return base.OK

    def figure(value: float | None) -> str:
        return "–" if value is None else f"{value:.3f}"

    echo_table(
        (say("数据", "set"), say("方法", "method"), say("记录", "records"), say("主题", "themes"),
         "V", "AMI", "ARI", say("配对AMI", "pairs AMI"), say("同主题", "together"),
         say("与语言", "language"), say("换种子", "seeds"), say("少一成", "less a tenth")),
        [
            (row.name, row.method, str(row.records), str(row.themes), figure(row.v_measure),
             figure(row.adjusted), figure(row.rand), figure(row.pairs), figure(row.together),
             figure(row.language), figure(row.seeds), figure(row.tenth))
            for row in found
        ],
    )  # fmt: skip
    return base.OK
