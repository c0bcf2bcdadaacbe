"""Open the database: SQLite in a file by default, PostgreSQL by URL.

    store = open_store("sqlite:///库.sqlite")
    with store.reading() as session: ...      # a snapshot; writing is refused
    with store.writing() as session: ...      # committed at the end, rolled back on an error

A web request takes ``store.session(writes=...)`` and closes it itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from matcher import settings, taxonomy
from matcher.store import migrate
from matcher.store.engines import (
    check_folder,
    explain,
    make_engine,
    parse_url,
    reader_of,
    use_write_ahead_log,
    writer_of,
)  # fmt: skip
from matcher.store.errors import StoreError
from matcher.store.revision import StoreSession
from matcher.store.terms import stored_changes


class Store:
    """One open database.

    Parameters
    ----------
    engine
        Made by ``make_engine``. ``engine`` is then the one whose transactions only read, and
        ``writer`` the one whose transactions write; on SQLite they take the write lock at their
        start, because taken later it is refused at once when somebody wrote in between.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine, self.writer = reader_of(engine), writer_of(engine)

    @property
    def url(self) -> str:
        """The address, without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    @property
    def path(self) -> Path | None:
        """The file of an SQLite database, None for PostgreSQL."""
        name = self.engine.url.database
        return Path(name) if self.engine.dialect.name == "sqlite" and name else None

    def session(self, *, writes: bool) -> Session:
        """Return a session that the caller closes, and commits if it writes.

        What was loaded stays readable after a commit, and is then as old as it is.
        """
        return StoreSession(self.writer if writes else self.engine, expire_on_commit=False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that sees one moment of the database and cannot change it."""
        with explained(), self.session(writes=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session that is committed at the end; an error undoes all of it."""
        with explained(), self.session(writes=True) as session, session.begin():
            yield session

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@contextmanager
def explained() -> Iterator[None]:
    """Turn the driver's complaints about a locked, damaged or absent database into StoreError."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        told = explain(error)
        if told is None:
            raise
        raise told from error


def open_store(url: str | None = None, *, create: bool = True) -> Store:
    """Open a database, creating it where there is none.

    Parameters
    ----------
    url
        ``sqlite:///PATH``, a bare path, or ``postgresql+psycopg://…``; None: the setting
        ``database``.
    create
        Whether an empty or absent database is made ready; otherwise it is refused.

    The words of that database's office come with it (``matcher.store.terms``). Raises StoreError,
    with what to do, for a missing driver, a server that does not answer, a
    damaged or read-only file, a database of a newer program, of another program, or of an older
    one, which only ``matcher db upgrade`` changes.
    """
    parsed = parse_url(url or settings.database_url())
    store = Store(make_engine(parsed))
    try:
        _prepare(store, create)
    except BaseException:
        store.close()
        raise
    return store


def _prepare(store: Store, create: bool) -> None:
    url, path = store.engine.url, store.path
    if path is not None:
        if not create and not path.is_file():
            raise _absent(store.url)
        check_folder(path)
    with explained():
        if path is not None:
            use_write_ahead_log(path)
        state = _state(store)
        if state == "empty":
            if not create:
                raise _absent(store.url)
            # Another process may be doing the same: the steps run under a lock, and once.
            migrate.upgrade(url)
            state = _state(store)
    if state != "current":
        raise migrate.refusal(state)
    with store.reading() as session:
        taxonomy.set_changes(stored_changes(session))


def _state(store: Store) -> migrate.State:
    with store.engine.connect() as connection:
        if store.path is None:
            encoding = connection.scalar(text("SHOW server_encoding"))
            if encoding != "UTF8":
                raise StoreError(
                    f"PostgreSQL 数据库的编码是 {encoding}，应为 UTF8。请用 "
                    "createdb --encoding UTF8 --template template0 新建一个。",
                    f"The PostgreSQL database is encoded in {encoding} and should be in UTF8: "
                    "create one with createdb --encoding UTF8 --template template0.",
                )
        return migrate.state_of(connection)


def _absent(url: str) -> StoreError:
    return StoreError(
        f"还没有数据库 {url}。请先运行 matcher db init。",
        f"There is no database {url} yet: run matcher db init first.",
    )
