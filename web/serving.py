"""What a real server adds to the application: settings, the demonstration, its start and end."""

from __future__ import annotations

import logging
import secrets
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask

from matcher import settings, taxonomy
from web import create_app
from web.security import fresh_key, secret_key

if TYPE_CHECKING:
    from matcher.encode.base import Encoder
    from matcher.engine import Matcher
    from matcher.store import Store

_LOCAL = ("127.0.0.1", "localhost", "::1")


def configuration(host: str) -> dict[str, Any]:
    """Return what the settings say, for a server at this address."""
    values = settings.load()
    local = host in _LOCAL
    named = [name.strip() for name in str(values["trusted_hosts"]).split(",") if name.strip()]
    # A page that is served to this computer only answers to no other name: another site could
    # give its own name this address, and would then be taken for it.
    hosts = named or (["127.0.0.1", "localhost", "[::1]"] if local else None)
    open_search = {"on": True, "off": False}.get(str(values["open_search"]), local)
    return {
        "OPEN_SEARCH": open_search,
        "TRUSTED_HOSTS": hosts,
        "PROXIES": int(values["proxies"]),
        "DATA_FOLDER": settings.data_folder(),
    }


def file_app(matcher: Matcher, host: str) -> Flask:
    """Return the search page over a file or a saved index; it stores nothing and knows no users."""
    from web.searcher import FixedSearch

    config = configuration(host) | {"OPEN_SEARCH": True, "SECRET_KEY": fresh_key()}
    return create_app(None, FixedSearch(matcher), config)


def store_app(store: Store, host: str, *, encoder: Encoder | None = None, demo: bool = False,
              key_folder: Path | None = None) -> Flask:  # fmt: skip
    """Return the application over a store, its search index being built in the background."""
    from web.searcher import Searcher

    config = configuration(host) | {
        "SECRET_KEY": secret_key(key_folder or settings.data_folder()),
        "SETUP_TOKEN": secrets.token_urlsafe(16),
        "DEMO": demo,
    }
    return create_app(store, Searcher(store, encoder).start(), config)


def log_to(folder: Path) -> None:
    """Write the log of errors into ``web.log`` in a folder, and keep the last five of 1 MB."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / "web.log", maxBytes=1_000_000, backupCount=5,
                                  encoding="utf-8", delay=True)  # fmt: skip
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    for name in ("web", "waitress"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO if name == "web" else logging.WARNING)
        logger.addHandler(handler)


def begin(app: Flask) -> None:
    """Start the background work of every part that has some: its ``start(app)``."""
    _each(app, "start")


def end(app: Flask) -> None:
    """Stop it: ``stop(app)``; then the search index."""
    _each(app, "stop")
    app.extensions["alleymatch_search"].stop()


def _each(app: Flask, what: str) -> None:
    from importlib import import_module

    for path in app.config["PARTS"]:
        if path.rpartition(".")[2] in app.blueprints:
            work = getattr(import_module(path), what, None)
            if work is not None:
                work(app)


def needs_administrator(store: Store) -> bool:
    """Tell whether this is the first start."""
    from matcher.store.accounts import has_administrator

    with store.reading() as session:
        return not has_administrator(session)


def demo_store() -> Store:
    """Return the demonstration's database, with the sample in it if it held nothing.

    It lies beside the real one and never mixes with it.
    """
    from matcher.ingest import read_capabilities, read_needs
    from matcher.store import migrate, open_store
    from matcher.store.engines import parse_url
    from matcher.store.importing import import_records
    from matcher.store.revision import changes_since

    place = str(settings.data_folder() / "demo.sqlite")
    settings.data_folder().mkdir(parents=True, exist_ok=True)
    # Nobody's own data is in it, so that an older one is brought up without asking.
    migrate.upgrade(parse_url(place))
    store = open_store(place)
    with store.writing() as session:
        if changes_since(session, 0).revision == 0:
            sample = taxonomy.data_path("sample")
            needs = read_needs(sample / "needs.csv")
            import_records(session, needs, None, "needs.csv")
            capabilities = read_capabilities(sample / "capabilities.csv")
            import_records(session, capabilities, None, "capabilities.csv")
    return store
