"""An office of one's own to change: a copy of the shared one."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import update
from web_fixtures import Office

from matcher.encode.base import Encoder
from matcher.store import open_store
from matcher.store.backup import backup
from matcher.store.models import User
from web import create_app
from web.searcher import Searcher


def copied(office: Office, encoder: Encoder, folder: Path, *, searching: bool) -> Office:
    """Return an application over a copy of the office's database."""
    path = folder / "副本.sqlite"
    backup(office.store.engine.url, path)
    store = open_store(str(path))
    with store.writing() as session:
        # Other files may have left the shared users in English.
        session.execute(update(User).values(language="zh"))
    search = Searcher(store, encoder)
    if searching:
        search.start()
        search.settle(60)
    settings = {"RATELIMIT_ENABLED": False, "OPEN_SEARCH": True, "TESTING": False}
    return Office(create_app(store, search, settings), store, search)
