"""``matcher serve``: the web page on this computer."""

from __future__ import annotations

from pathlib import Path

import click

from matcher.cli import base
from matcher.cli.base import Command, say
from matcher.cli.search import echo_unread, source_options
from matcher.errors import InputError


def _serve(
    capabilities: str | None, index: str | None, host: str, port: int, encoder: str | None
) -> None:
    from waitress.server import create_server

    from matcher.pipeline import open_matcher
    from web import create_app

    matcher = open_matcher(
        capabilities, Path(index) if index else None, encoder=encoder, lang=base.lang(),
        stage=base.progress, unread=echo_unread,
    )  # fmt: skip
    try:
        server = create_server(create_app(matcher), host=host, port=port, ident=None)
    except OSError as error:
        raise InputError(
            f"不能在 {host}:{port} 打开网页（{error.strerror}）。请换一个 --port，或检查 --host。",
            f"The page cannot be opened at {host}:{port} ({error.strerror}): use another --port, "
            "or check --host.",
        ) from error
    click.echo(say(f"请用浏览器打开 http://{host}:{port}/ ，按 Ctrl+C 停止。",
                   f"Open http://{host}:{port}/ in a browser; Ctrl+C stops."))  # fmt: skip
    server.run()


def command() -> Command:
    """Return the command with its help in the language of this call."""
    help = say(
        "在本机打开网页：粘贴一段需求，查看合作方和双方原文。不保存任何内容，不联网。",
        "Open a page on this computer: paste a need, see partners and quotes. Stores nothing, "
        "needs no network.",
    )
    return Command(
        "serve", _serve, help,
        """
        matcher serve --in 成果.xlsx
        matcher serve --index 索引 --port 8080
        """,
        [
            *source_options(),
            click.Option(["--host"], default="127.0.0.1", metavar="HOST",
                         help=say("监听地址，默认 127.0.0.1，只有本机能访问",
                                  "address, by default 127.0.0.1: this computer only")),
            click.Option(["--port"], type=click.IntRange(1, 65535), default=8000, metavar="PORT",
                         help=say("端口，默认 8000", "port, by default 8000")),
            base.encoder_option(),
        ],
    )  # fmt: skip
