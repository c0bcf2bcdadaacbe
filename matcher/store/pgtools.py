"""PostgreSQL's own programs for backups: found on the path, or in their usual folders."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.engine import URL

from matcher.store import migrate
from matcher.store.engines import make_engine
from matcher.store.errors import StoreError, damaged, taken
from matcher.store.models import Base
from matcher.store.models.work import new_epoch

_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")
_STEP = re.compile(r"COPY \S*alembic_version .*?;\n(\S+)\n", re.DOTALL)


def dump(url: URL, target: Path) -> None:
    """Write a database in PostgreSQL's custom format; raises StoreError."""
    _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def check_archive(path: Path) -> str:
    """Read a whole archive without using it; return it as SQL. Raises StoreError if damaged."""
    script = _run(
        "pg_restore", None, "--file=-", "--no-owner", "--no-privileges", str(path), reading=path
    )
    if not _STEP.search(script):
        raise _damaged(path, "alembic_version?")
    return script


def restore(url: URL, source: Path, *, force: bool) -> None:
    """Replace the program's tables by those of an archive, whole or not; raises StoreError."""
    script = check_archive(source)
    found = _STEP.search(script)
    if found is None or found[1] not in migrate.steps():
        raise migrate.refusal("newer")
    with make_engine(url, migrating=True).connect() as connection:
        held = set(inspect(connection).get_table_names())
        state = migrate.state_of(connection)
    if state == "foreign":
        raise migrate.refusal("foreign")
    if state != "empty" and not force:
        raise taken(url.render_as_string(hide_password=True))
    # Only its own tables, in case the database has others.
    ours = sorted(held & {*Base.metadata.tables, "alembic_version"})
    drop = "".join(f'DROP TABLE IF EXISTS "{name}" CASCADE;\n' for name in ours)
    renew = f"\nUPDATE public.revision SET epoch = '{new_epoch()}';\n"
    options = ("--single-transaction", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1")
    _run(
        "psql", url, *options, "--file=-", text=f"SET lock_timeout = '20s';\n{drop}{script}{renew}"
    )


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs, the newest; raises StoreError."""
    if found := shutil.which(name):
        return found
    places = [
        path
        for pattern in _FOLDERS
        for path in Path("/").glob(f"{pattern[1:]}/{name}")
        if os.access(path, os.X_OK)
    ]
    if not places:
        raise StoreError(
            f"没有找到 PostgreSQL 的 {name} 程序。请在这台计算机上安装 PostgreSQL 客户端"
            "（Debian：apt install postgresql-client），或在数据库服务器上备份。",
            f"PostgreSQL's program {name} was not found: install the PostgreSQL client on this "
            "computer (Debian: apt install postgresql-client), or back up on the server itself.",
        )
    return str(max(places, key=lambda path: [int(n) for n in re.findall(r"\d+", str(path))]))


def _run(
    name: str, url: URL | None, *options: str, text: str | None = None, reading: Path | None = None
) -> str:
    arguments, environment = [program(name), *options], {**os.environ, "PGCLIENTENCODING": "UTF8"}
    if url is not None:
        # The password goes by the environment: anybody can read a command line.
        if url.password is not None:
            environment["PGPASSWORD"] = str(url.password)
        plain = url.set(drivername="postgresql", password=None)
        arguments.append(f"--dbname={plain.render_as_string(hide_password=False)}")
    done = subprocess.run(
        arguments, input=text, capture_output=True, encoding="utf-8", errors="replace",
        env=environment, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        said = " ".join(done.stderr.split())[-300:]
        if reading is not None:
            raise _damaged(reading, said)
        raise StoreError(
            f"{name} 没有完成（{said}），数据库没有改动。",
            f"{name} did not finish ({said}); the database was not changed.",
        )
    return done.stdout


def _damaged(path: Path, said: str) -> StoreError:
    return damaged(path.name, said)
