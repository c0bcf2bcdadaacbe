"""``matcher settings``: every setting, its value and where it is set."""

from __future__ import annotations

import re

import click

from matcher import settings
from matcher.cli import base
from matcher.cli.base import Command, say


def _settings(as_json: bool) -> None:
    values = {name: _shown(name, value) for name, value in settings.load().items()}
    if as_json:
        base.echo_json(
            {
                name: {
                    "value": values[name],
                    "default": item.default,
                    "help": say(item.help_zh, item.help_en),
                }
                for name, item in settings.REGISTRY.items()
            }
        )
        return
    for name, item in settings.REGISTRY.items():
        value = values[name] if values[name] != "" else say("（空）", "(empty)")
        note = "" if values[name] == item.default else say("（已修改）", " (changed)")
        click.echo(f"{name} = {value}{note}")
        click.echo(f"    {say(item.help_zh, item.help_en)}")
    click.echo(
        say("\n修改方法：在工作文件夹的 alleymatch.toml 中写一行，如 top = 5；",
            "\nTo change one, write a line such as top = 5 into alleymatch.toml in the working "
            "folder, ")
        + say("或设置环境变量，如 ALLEYMATCH_TOP=5。",
              "or set an environment variable such as ALLEYMATCH_TOP=5.")
    )  # fmt: skip


def _shown(name: str, value: str | int) -> str | int:
    if settings.REGISTRY[name].secret and value:
        return "***"
    # postgresql+psycopg://user:password@host/name: what is listed here is often sent to others.
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", value) if isinstance(value, str) else value


def command() -> Command:
    """Return the command with its help in the language of this call."""
    help = say("列出全部设置、当前值和说明。", "List every setting with its value and meaning.")
    return Command("settings", _settings, help, "matcher settings\nmatcher settings --json",
                   [base.json_option()])  # fmt: skip
