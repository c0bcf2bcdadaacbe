"""The application for a WSGI server such as gunicorn: ``gunicorn 'web.wsgi:application()'``.

``matcher serve`` needs none of this. One process with threads is what an office wants: every
process keeps an encoder and an index of its own, counts rate limits for itself, and takes batches
from the shared queue.
"""

from __future__ import annotations

import atexit

import click
from flask import Flask

from matcher.garbage import collect_apart
from matcher.threads import one_thread_each


def application() -> Flask:
    """Return the application over the database of the settings, its background work begun."""
    collect_apart()
    one_thread_each()
    from matcher import settings
    from matcher.store import open_store
    from web import serving

    serving.log_to(settings.data_folder())
    # Not this computer's own name: a proxy stands before it and passes on what it was called.
    store = open_store()
    app = serving.store_app(store, host="0.0.0.0")
    if serving.needs_administrator(store):
        path = f"/setup?token={app.config['SETUP_TOKEN']}"
        click.echo(
            f"首次启动，请先创建管理员 / First start, create the administrator: {path}", err=True
        )
    serving.begin(app)
    atexit.register(serving.end, app)
    return app
