"""The same tests over SQLite and over a real PostgreSQL, which starts at its first use."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from store_fixtures import Server

from matcher.errors import MatcherError
from matcher.store import Store, open_store
from matcher.store.pgtools import program

DATABASES = ("sqlite", "postgresql")
_numbers = count(1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server on a free port, with a database of the newest shape in it."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    try:
        programs = Path(program("initdb")).parent
    except MatcherError:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    if os.name != "posix":
        pytest.skip("the server is started the way of POSIX systems only")
    # Pytest's own folders are closed to the user that the server runs as. In memory it is quicker.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="alleymatch-postgresql-", dir=memory))
    as_user: list[str] = []
    if os.geteuid() == 0:
        # The server refuses to run as root.
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
    data = folder / "data"
    subprocess.run(
        [*as_user, programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
         "--no-locale", "--no-sync"],
        check=True, capture_output=True, cwd="/",
    )  # fmt: skip
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    quick = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            [*as_user, programs / "postgres", "-D", data, "-k", folder, "-p", str(port),
             "-c", "listen_addresses=127.0.0.1", *(w for name in quick for w in ("-c", name))],
            stdout=log, stderr=log, cwd="/",
        )  # fmt: skip
    server = Server(port)
    try:
        deadline = time.monotonic() + 30
        while not _answers(server):
            if running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "log").read_text(encoding="utf-8", errors="replace"))
            time.sleep(0.05)
        server.run("CREATE DATABASE shared")
        open_store(server.shown("shared")).close()
        yield server
    finally:
        first = (data / "postmaster.pid").read_text(encoding="utf-8").split("\n")[0]
        os.kill(int(first), signal.SIGQUIT)
        running.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(server: Server) -> bool:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", server.port)) != 0:
            return False
    try:
        server.run("SELECT 1")
    except Exception:
        return False
    return True


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new SQLite database; copying one is quicker than making one."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    open_store(str(path)).close()
    return path


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that holds nothing yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / '库.sqlite'}"
    server: Server = request.getfixturevalue("postgresql")
    name = f"empty_{next(_numbers)}"
    server.run(f'CREATE DATABASE "{name}"')
    return server.shown(name)


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new database, made ready."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "库.sqlite")
        return f"sqlite:///{tmp_path / '库.sqlite'}"
    server: Server = request.getfixturevalue("postgresql")
    # A database for each test would be thousands of files to write and to remove.
    server.empty("shared")
    return server.shown("shared")


@pytest.fixture
def second_url(url: str, request: pytest.FixtureRequest) -> str:
    """The address of another database of the same kind, which holds nothing yet."""
    if url.startswith("sqlite"):
        return f"{url}2"
    server: Server = request.getfixturevalue("postgresql")
    name = f"second_{next(_numbers)}"
    server.run(f'CREATE DATABASE "{name}"')
    return server.shown(name)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An open database, new for each test."""
    opened = open_store(url)
    yield opened
    opened.close()
