"""The store in a request: one session to read, short transactions to write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import Flask, current_app, g
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from matcher.store import Store

_KEY = "alleymatch_store"


def init_app(app: Flask, store: Store | None) -> None:
    """Give the application its store."""
    app.extensions[_KEY] = store
    app.teardown_appcontext(_close)


def store_or_none() -> Store | None:
    """Return the store, None where the application serves the search page alone."""
    found: Store | None = current_app.extensions[_KEY]
    return found


def the_store() -> Store:
    """Return the store; only views that are not there without one may call this."""
    store = store_or_none()
    assert store is not None
    return store


def reading() -> Session:
    """Return the session of this request: opened at first use, closed at the request's end.

    It sees one moment of the database and cannot write.
    """
    if "reading_session" not in g:
        g.reading_session = the_store().session(writes=False)
    session: Session = g.reading_session
    return session


@contextmanager
def writing() -> Iterator[Session]:
    """Open a transaction, committed at the end; an error undoes all of it.

    Rows that ``reading()`` gave show the new state afterwards, somebody else's after a conflict.
    """
    try:
        with the_store().writing() as session:
            yield session
    finally:
        if "reading_session" in g:
            # A new snapshot at the next use: that of before may be older than the error.
            g.reading_session.rollback()
    current_app.extensions["alleymatch_search"].wake()


def _close(error: BaseException | None) -> None:
    session: Session | None = g.pop("reading_session", None)
    if session is not None:
        session.close()
