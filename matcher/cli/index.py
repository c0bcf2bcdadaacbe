"""``matcher index``: encode a file of capabilities once, search it many times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from matcher.cli import base
from matcher.cli.base import Command, Entry, Group, say


def _build(capabilities: str, output: str, entries: tuple[str, ...], encoder: str | None) -> int:
    from matcher.cli import reading
    from matcher.pipeline import build_index

    mapping = base.parse_mapping(entries)
    batch = build_index(
        capabilities, Path(output), mapping=mapping, encoder=encoder, stage=base.progress
    )
    items = (*batch.rejections, *batch.warnings)
    reading.echo_refused(items, len(batch.rejections), len(batch.warnings))
    count = len(batch.records)
    click.echo(say(f"索引已写入 {output}：成果 {count} 条",
                   f"The index is in {output}: {count} capabilities"))  # fmt: skip
    return base.REJECTED if batch.rejections else base.OK


def _info(folder: str, as_json: bool) -> None:
    from matcher.index.folder import read_manifest

    manifest: dict[str, Any] = read_manifest(Path(folder))
    if as_json:
        base.echo_json(manifest)
        return
    packages = manifest.get("packages", {})
    base.echo_facts([
        (say("成果", "Capabilities"), str(manifest["rows"])),
        (say("维数", "Dimensions"), str(manifest["dim"])),
        (say("编码器指纹", "Encoder fingerprint"), manifest["encoder_fingerprint"]),
        (say("数据版本", "Data revision"), manifest["data_revision"]),
        (say("格式版本", "Format version"), str(manifest["format"])),
        (say("软件版本", "Software"), ", ".join(f"{n} {v}" for n, v in packages.items())),
    ])  # fmt: skip


def _build_command() -> Command:
    help = say(
        "读取成果文件并编码，存成索引文件夹，供 matcher search 和 matcher serve 反复使用。"
        "中途停止不会留下残缺的索引。",
        "Read and encode a file of capabilities and save an index folder for matcher search and "
        "matcher serve. Stopping it half way leaves no half index.",
    )
    return Command(
        "build", _build, help,
        """
        matcher index build 成果.xlsx -o 索引
        matcher index build capabilities.csv -o index --map Abstract=summary
        """,
        [
            click.Argument(["capabilities"], metavar="CAPABILITIES"),
            click.Option(["-o", "--output"], required=True, metavar="DIR",
                         help=say("索引文件夹（必填）", "folder for the index (required)")),
            base.mapping_option(),
            base.encoder_option(),
        ],
        codes=True,
    )  # fmt: skip


def _info_command() -> Command:
    help = say("显示索引的条数、编码器和版本。", "Show an index: rows, encoder and versions.")
    return Command("info", _info, help, "matcher index info 索引\nmatcher index info 索引 --json",
                   [click.Argument(["folder"], metavar="DIR"), base.json_option()])  # fmt: skip


def command() -> Group:
    """Return the group with its help in the language of this call."""
    return Group(
        "index",
        (
            Entry("build", f"{__name__}:_build_command", "建立索引", "Build an index"),
            Entry("info", f"{__name__}:_info_command", "查看索引", "Show an index"),
        ),
        say("成果索引：编码一次，反复检索。", "A saved index: encode once, search many times."),
        'matcher index build 成果.xlsx -o 索引\nmatcher search "激光测距" --index 索引',
    )
