"""``matcher serve``: the web application on this computer or for an office."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from matcher.cli import base
from matcher.cli.base import Command, say
from matcher.cli.search import echo_unread, source_options
from matcher.errors import InputError
from matcher.threads import one_thread_each

if TYPE_CHECKING:
    from flask import Flask


def _serve(
    capabilities: str | None, index: str | None, demo: bool, host: str, port: int,
    encoder: str | None,
) -> None:  # fmt: skip
    from waitress.server import create_server

    one_thread_each()
    from web import serving

    if demo and (capabilities or index):
        raise InputError(
            "--demo 使用自带的示例数据，不能与 --in 或 --index 同时使用。",
            "--demo brings its own sample and does not go with --in or --index.",
        )
    click.echo(say("正在启动，需要几秒……", "Starting; this takes some seconds."), err=True)
    app, first = _app(capabilities, index, demo, host, encoder)
    try:
        server = create_server(
            app, host=host, port=port, ident=None, threads=8,
            # They are the application's to read, which counts the proxies.
            clear_untrusted_proxy_headers=not app.config["PROXIES"],
        )  # fmt: skip
    except OSError as error:
        serving.end(app)
        raise InputError(
            f"不能在 {host}:{port} 打开网页（{error.strerror}）。请换一个 --port，或检查 --host。",
            f"The page cannot be opened at {host}:{port} ({error.strerror}): use another --port, "
            "or check --host.",
        ) from error
    address = f"http://{host}:{port}/"
    click.echo(say(f"请用浏览器打开 {address} ，按 Ctrl+C 停止。",
                   f"Open {address} in a browser; Ctrl+C stops."))  # fmt: skip
    if first:
        link = f"{address}setup?token={app.config['SETUP_TOKEN']}"
        click.echo(say(f"首次启动，请先创建管理员：{link}",
                       f"First start: create the administrator at {link}"))  # fmt: skip
    serving.begin(app)
    try:
        server.run()
    finally:
        serving.end(app)


def _app(
    capabilities: str | None, index: str | None, demo: bool, host: str, encoder: str | None
) -> tuple[Flask, bool]:
    """Return the application and whether its administrator has to be created."""
    from matcher import settings
    from matcher.encode import open_encoder
    from matcher.pipeline import open_matcher
    from matcher.store import open_store
    from web import serving

    if capabilities or index:
        matcher = open_matcher(
            capabilities, Path(index) if index else None, encoder=encoder, lang=base.lang(),
            stage=base.progress, unread=echo_unread,
        )  # fmt: skip
        return serving.file_app(matcher, host), False
    opened = open_encoder(encoder)
    serving.log_to(settings.data_folder())
    store = serving.demo_store() if demo else open_store()
    app = serving.store_app(store, host, encoder=opened, demo=demo)
    return app, serving.needs_administrator(store)


def command() -> Command:
    """Return the command with its help in the language of this call."""
    help = say(
        "打开网页版：发布需求和成果、匹配、记录决定，供本机或办公室使用，不联网。"
        "首次启动时创建管理员。加 --in 或 --index 则只打开查找页，不保存任何内容。",
        "Open the web application: post needs and capabilities, match, decide; for this computer "
        "or an office, without a network. The first start creates the administrator. With --in or "
        "--index only the search page opens, and nothing is stored.",
    )
    return Command(
        "serve", _serve, help,
        """
        matcher serve
        matcher serve --demo
        matcher serve --in 成果.xlsx
        matcher serve --index 索引 --port 8080
        """,
        [
            *source_options(),
            click.Option(["--demo"], is_flag=True,
                         help=say("用自带的示例数据，数据库另存，不影响正式数据",
                                  "with the sample, in a database of its own")),
            click.Option(["--host"], default="127.0.0.1", metavar="HOST",
                         help=say("监听地址，默认 127.0.0.1，只有本机能访问",
                                  "address, by default 127.0.0.1: this computer only")),
            click.Option(["--port"], type=click.IntRange(1, 65535), default=8000, metavar="PORT",
                         help=say("端口，默认 8000", "port, by default 8000")),
            base.encoder_option(),
        ],
    )  # fmt: skip
