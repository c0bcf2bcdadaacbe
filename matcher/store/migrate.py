"""Bring a database to the shape that this program needs, one numbered step after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL

from matcher.store.engines import make_engine, writer_of
from matcher.store.errors import StoreError

#: ``foreign``: there are tables, but not of this program.
State = Literal["empty", "current", "old", "newer", "foreign"]
#: Any number; processes that create the same PostgreSQL database wait for each other on it.
_LOCK = 7_105_312_026


def head() -> str:
    """Return the newest step that this program knows."""
    return steps()[-1]


@cache
def steps() -> tuple[str, ...]:
    """Return every step, oldest first."""
    script = ScriptDirectory.from_config(_config())
    return tuple(step.revision for step in reversed(list(script.walk_revisions())))


def step_of(connection: Connection) -> str | None:
    """Return the step that a database is at, None if it has none."""
    if "alembic_version" not in inspect(connection).get_table_names():
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def state_of(connection: Connection) -> State:
    """Tell whether a database is empty, fits this program, is older, newer, or somebody else's."""
    found = step_of(connection)
    if found is None:
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
        return "foreign" if tables else "empty"
    if found == head():
        return "current"
    return "old" if found in steps() else "newer"


def upgrade(url: URL, to: str = "head") -> str:
    """Bring a database up to a step in one transaction; return the step it is at.

    An empty database is created. Raises StoreError for a database of a newer program or of
    another one.
    """
    with _migrating(url) as connection:
        state = state_of(connection)
        if state in ("newer", "foreign"):
            raise refusal(state)
        command.upgrade(_config(connection), to)
        if to == "head":
            from matcher.store.accounts import add_missing_roles

            add_missing_roles(connection)
        return str(step_of(connection))


def downgrade(url: URL, to: str) -> None:
    """Take a database back to an earlier step; what only later steps know is lost."""
    with _migrating(url) as connection:
        command.downgrade(_config(connection), to)


def refusal(state: State) -> StoreError:
    """Return why a database in this state cannot be used as it is."""
    if state == "old":
        return StoreError(
            "数据库是旧版本程序建立的。请先用 matcher db backup 备份，再运行 matcher db upgrade。",
            "The database was made by an older version of this program: back it up "
            "(matcher db backup FILE), then run matcher db upgrade.",
        )
    if state == "newer":
        return StoreError(
            "数据库是更新版本的程序建立的，本程序读不了。请升级 alleymatch。",
            "The database was made by a newer version of this program: upgrade alleymatch.",
        )
    return StoreError(
        "这个数据库里是其他程序的数据。请为 alleymatch 另建一个空数据库。",
        "This database holds another program's data: give alleymatch an empty one of its own.",
    )


@contextmanager
def _migrating(url: URL) -> Iterator[Connection]:
    engine = writer_of(make_engine(url, migrating=True))
    try:
        with engine.begin() as connection:
            if url.drivername != "sqlite":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            yield connection
            if url.drivername == "sqlite":
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                assert not broken, broken
    finally:
        engine.dispose()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    folder = Path(__file__).parent / "migrations"
    # A percent sign in a path would be read as a reference to another option.
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
