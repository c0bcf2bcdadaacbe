"""Back a database up into one file, and bring it back: checked first, swapped in whole."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import URL

from matcher.store import migrate, pgtools
from matcher.store.engines import PATIENCE, check_folder, explain, make_engine
from matcher.store.errors import StoreError, damaged, taken
from matcher.store.models.work import new_epoch


def backup(url: URL, target: Path) -> None:
    """Write a database to one file while others go on working with it.

    SQLite by its online backup, PostgreSQL by ``pg_dump``. The file is checked before it takes
    the place of an earlier one. Raises StoreError.
    """
    check_folder(target)
    with _beside(target) as fresh:
        if url.drivername == "sqlite":
            source = _file_of(url)
            if not source.is_file():
                raise StoreError(
                    f"没有数据库文件 {source}，无法备份。",
                    f"There is no database file {source} to back up.",
                )
            _copy(source, fresh, live=True)
            _check_file(fresh)
        else:
            pgtools.dump(url, fresh)
            pgtools.check_archive(fresh)
        _settle(fresh, target)


def restore(url: URL, source: Path, *, force: bool = False) -> None:
    """Replace a database by a backup, whole or not at all.

    Without ``force`` only an absent or empty database is filled. The backup is checked first; a
    damaged one, or one of a newer program, changes nothing. Raises StoreError.
    """
    if not source.is_file():
        raise StoreError(
            f"找不到备份文件 {source}，请检查文件名。",
            f"There is no backup {source}: check the name of the file.",
        )
    if url.drivername != "sqlite":
        pgtools.restore(url, source, force=force)
        return
    target = _file_of(url)
    check_folder(target)
    _check_file(source)
    if target.is_file() and target.stat().st_size and not force and not _is_empty(url):
        raise taken(str(target))
    with _beside(target) as fresh:
        _copy(source, fresh, live=False)
        _check_file(fresh)
        _free(target)
        _settle(fresh, target)


def _file_of(url: URL) -> Path:
    return Path(str(url.database))


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Give a name beside the target, where a rename is one step, and leave nothing behind."""
    fresh = target.with_name(f".{target.name}.{os.getpid()}.alleymatch-new")
    try:
        yield fresh
    finally:
        for name in (fresh.name, f"{fresh.name}-journal", f"{fresh.name}-wal", f"{fresh.name}-shm"):
            fresh.with_name(name).unlink(missing_ok=True)


def _open_to_read(path: Path) -> sqlite3.Connection:
    """Open a file without changing it or its folder; a log beside it is read too."""
    log = path.with_name(f"{path.name}-wal")
    # A backup may lie on a disk that cannot be written.
    still = "" if log.exists() and log.stat().st_size else "&immutable=1"
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro{still}", uri=True)


def _copy(source: Path, target: Path, *, live: bool) -> None:
    try:
        address = f"{source.resolve().as_uri()}?mode=ro"
        old = sqlite3.connect(address, uri=True, timeout=PATIENCE) if live else None
        with (
            closing(old or _open_to_read(source)) as connection,
            closing(sqlite3.connect(target)) as new,
        ):
            connection.backup(new)
            # One file that can be copied anywhere, without a log beside it.
            new.execute("PRAGMA journal_mode=DELETE")
            if not live:
                new.execute("UPDATE revision SET epoch = ?", (new_epoch(),))
                new.commit()
    except (OSError, sqlite3.Error) as error:
        told = explain(error) if isinstance(error, sqlite3.Error) else None
        raise told or damaged(source.name, str(error)) from error


def _check_file(path: Path) -> None:
    try:
        with closing(_open_to_read(path)) as connection:
            said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if said == "ok":
                broken = connection.execute("PRAGMA foreign_key_check").fetchone()
                said = "ok" if broken is None else f"foreign key: {broken[0]}"
    except sqlite3.Error as error:
        raise damaged(path.name, str(error)) from error
    if said != "ok":
        raise damaged(path.name, str(said))
    engine = create_engine("sqlite://", creator=lambda: _open_to_read(path), poolclass=NullPool)
    with engine.connect() as connection:
        state = migrate.state_of(connection)
    # An old backup is welcome: matcher db upgrade brings it up to date afterwards.
    if state == "empty":
        raise damaged(path.name, "empty")
    if state in ("foreign", "newer"):
        raise migrate.refusal(state)


def _is_empty(url: URL) -> bool:
    try:
        with make_engine(url, migrating=True).connect() as connection:
            return migrate.state_of(connection) == "empty"
    except Exception:
        # Damaged, and still not to be overwritten without being asked.
        return False


def _free(target: Path) -> None:
    """Make sure that nobody has the file open: its log would be taken for the new one's."""
    if not target.exists():
        return
    try:
        with closing(sqlite3.connect(target, timeout=2)) as connection:
            # Leaving the log's mode takes the only connection there is, and empties the log.
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise StoreError(
                "数据库正在使用，没有恢复。请先停止 matcher serve 和其他使用它的程序。",
                "The database is in use and was not restored: stop matcher serve and every other "
                "program that uses it.",
            ) from error
    except sqlite3.DatabaseError:
        # Damaged: this is what a backup is for.
        pass
    for suffix in ("-wal", "-shm", "-journal"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)


def _settle(fresh: Path, target: Path) -> None:
    with fresh.open("rb+") as file:
        os.fsync(file.fileno())
    fresh.replace(target)
    # So that the new name survives a power cut; not every system can do it.
    with suppress(OSError):
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
