"""Engines for the two databases, and their complaints as sentences."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from matcher.store.columns import to_json
from matcher.store.errors import StoreError

#: Seconds to wait for somebody else who writes.
PATIENCE = 20.0


def parse_url(url: str) -> URL:
    """Return a database URL; a bare path means SQLite, ``postgresql://`` means psycopg.

    Raises StoreError for anything else.
    """
    if "://" not in url:
        return URL.create("sqlite", database=str(Path(url).expanduser()))
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise _unknown(url.partition("://")[0]) from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise _unknown(parsed.drivername)
    if parsed.drivername == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StoreError(
            "SQLite 数据库需要一个文件名，例如 sqlite:///alleymatch.sqlite。",
            "An SQLite database needs a file name, such as sqlite:///alleymatch.sqlite.",
        )
    return parsed


def _unknown(name: str) -> StoreError:
    return StoreError(
        f"不支持“{name[:40]}”数据库。可用：sqlite:///文件路径，或 "
        "postgresql+psycopg://用户:密码@主机/数据库名。",
        f"The database “{name[:40]}” is not supported: use sqlite:///PATH or "
        "postgresql+psycopg://USER:PASSWORD@HOST/NAME.",
    )


def make_engine(url: URL, *, migrating: bool = False, patience: float = PATIENCE) -> Engine:
    """Return an engine; ``reader_of`` and ``writer_of`` say what its transactions may do.

    With ``migrating`` foreign keys are not enforced, because SQLite changes a table by building
    it anew. ``patience`` is how many seconds to wait for another writer. Nothing is connected
    yet. Raises StoreError for a missing driver.
    """
    options: dict[str, Any] = {"json_serializer": to_json}
    if migrating:
        options["poolclass"] = NullPool
    if url.drivername == "sqlite":
        options["connect_args"] = {"timeout": patience}
    else:
        # A lock that is not given within reason is an error, not a page that never comes.
        settings = f"-c lock_timeout={int(patience * 1000)} -c client_encoding=UTF8"
        options["connect_args"] = {
            "connect_timeout": 10, "application_name": "alleymatch", "options": settings,
        }  # fmt: skip
        options["pool_pre_ping"] = not migrating
    if not migrating:
        # Every request of a threaded server may hold one.
        options |= {"pool_size": 10, "max_overflow": 40}
    try:
        engine = create_engine(url, **options)
    except ModuleNotFoundError as error:
        raise StoreError(
            f'缺少 PostgreSQL 驱动（{error.name}）。请运行：pip install "alleymatch[postgresql]"。',
            f"The PostgreSQL driver ({error.name}) is missing: run "
            'pip install "alleymatch[postgresql]".',
        ) from error
    if url.drivername == "sqlite":
        _control_sqlite(engine, migrating)
    return engine


def reader_of(engine: Engine) -> Engine:
    """Return the same engine, with transactions that see one moment and cannot write."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")


def writer_of(engine: Engine) -> Engine:
    """Return the same engine, with transactions that write."""
    writer = engine.execution_options(writes=True)
    if engine.dialect.name == "sqlite":
        return writer
    # Waiting for the revision's lock has to be followed by a look at what was committed meanwhile.
    return writer.execution_options(isolation_level="READ COMMITTED")


def _control_sqlite(engine: Engine, migrating: bool) -> None:
    keys = "OFF" if migrating else "ON"

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, record: object) -> None:
        # The driver must not begin by itself: it does so late, and never before DDL or SELECT.
        connection.isolation_level = None
        connection.execute(f"PRAGMA foreign_keys={keys}")
        # What is purged shall not stay readable in the file.
        connection.execute("PRAGMA secure_delete=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def use_write_ahead_log(path: Path) -> None:
    """Turn the write-ahead log of a file on; it stays on for every later connection.

    SQLite does not wait here by itself: two processes that open a new file at once would
    deadlock on the change of mode, so one of them is refused at once and tries again.
    """
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    deadline = time.monotonic() + PATIENCE
    try:
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
    finally:
        connection.close()


def check_folder(path: Path) -> None:
    """Make sure that a file can be written at ``path``, creating its folder; raises StoreError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        usable = os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))
        usable = usable and not path.is_dir()
    except OSError:
        usable = False
    if not usable:
        raise _read_only(str(path))


def _read_only(name: str) -> StoreError:
    return StoreError(
        f"数据库 {name} 不能写入。请检查文件夹是否存在、是否有写权限，或把 database 设置改到别处。",
        f"The database {name} cannot be written: check that its folder exists and may be written, "
        "or set the setting database to another place.",
    )


def explain(error: DBAPIError | sqlite3.Error) -> StoreError | None:
    """Return what a driver's complaint means to a user, or None if it is the program's mistake."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    said, state = str(cause), getattr(cause, "sqlstate", None) or ""
    if "malformed" in said or "not a database" in said:
        return StoreError(
            "数据库文件已损坏，或者不是数据库。请用 matcher db restore 恢复最近的备份。",
            "The database file is damaged, or is not a database: restore the latest backup with "
            "matcher db restore.",
        )
    if "readonly database" in said or "unable to open database" in said or "disk I/O" in said:
        return _read_only("file")
    if "is full" in said or state == "53100":
        return StoreError(
            "磁盘已满，没有保存。请清理磁盘后重试。",
            "The disk is full and nothing was saved: make room and try again.",
        )
    if "locked" in said or state in ("55P03", "40P01", "40001"):
        return StoreError(
            "数据库正忙：其他人正在写入，等待超时，没有保存。请稍后重试。",
            "The database is busy: somebody else is writing. Nothing was saved; try again.",
        )
    broken = isinstance(error, DBAPIError) and error.connection_invalidated
    # Not even connected, or the server went away.
    if broken or state[:2] in ("08", "28", "3D", "57") or "connection" in said.casefold():
        return unreachable(said)
    return None


def unreachable(said: str) -> StoreError:
    """Return the error for a server that does not answer or lets nobody in."""
    first = " ".join(said.split())[:200]
    return StoreError(
        f"连接不上 PostgreSQL 服务器（{first}）。请检查服务器是否启动、地址、用户名和密码。",
        f"The PostgreSQL server cannot be reached ({first}): check that it runs, its address, "
        "user and password.",
    )
