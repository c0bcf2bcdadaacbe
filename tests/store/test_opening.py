"""Opening a database: created when absent, refused with a sentence when it cannot be used."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from store_fixtures import Child, Server, need, python

from matcher import settings, taxonomy
from matcher.store import Store, StoreError, open_store
from matcher.store.engines import make_engine, parse_url
from matcher.store.models import Alias, Need, Role
from matcher.store.revision import next_revision


def test_what_is_absent_is_created_and_what_is_there_is_kept(empty_url: str) -> None:
    with pytest.raises(StoreError, match="matcher db init"):
        open_store(empty_url, create=False)
    store = open_store(empty_url)
    with store.writing() as session:
        session.add(Need.from_record(need(), None))
    store.close()
    store = open_store(empty_url, create=False)
    with store.reading() as session:
        assert session.scalars(select(Need.code)).all() == ["N001"]
    store.close()


def test_many_processes_may_create_it_at_the_same_moment(empty_url: str) -> None:
    started = [Child("create_one", empty_url) for _ in range(5)]
    for process in started:
        process.go()
    assert [process.end() for process in started] == [("", 0)] * 5
    store = open_store(empty_url)
    with store.reading() as session:
        assert len(session.scalars(select(Need.code)).all()) == 5
        assert len(session.scalars(select(Role.name)).all()) == len(taxonomy.terms("roles"))
    store.close()


def test_sqlite_is_opened_for_many_who_read_while_one_writes(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "库.sqlite"))
    with store.writing() as writing:
        writing.add(Need.from_record(need(), None))
        writing.flush()
        with store.reading() as session:
            assert session.scalar(text("PRAGMA journal_mode")) == "wal"
            assert session.scalar(text("PRAGMA foreign_keys")) == 1
            assert session.scalars(select(Need)).all() == []
    store.close()


def test_a_reading_session_sees_one_moment(store: Store) -> None:
    with store.reading() as session:
        assert session.scalars(select(Need.code)).all() == []
        with store.writing() as other:
            other.add(Need.from_record(need(), None))
        assert session.scalars(select(Need.code)).all() == []
    with store.reading() as session:
        assert session.scalars(select(Need.code)).all() == ["N001"]


def test_a_reading_session_cannot_write(store: Store) -> None:
    with store.reading() as session:
        session.add(Need.from_record(need(), None))
        with pytest.raises(RuntimeError, match="only reads"):
            session.flush()
    with pytest.raises((StoreError, DBAPIError)), store.reading() as session:
        session.execute(text("DELETE FROM needs"))


def test_an_error_undoes_all_of_a_transaction(store: Store) -> None:
    def fail() -> None:
        with store.writing() as session:
            session.add(Need.from_record(need(), None))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.reading() as session:
        assert session.scalars(select(Need)).all() == []


def test_waiting_too_long_for_another_writer_is_a_sentence(store: Store, url: str) -> None:
    impatient = Store(make_engine(parse_url(url), patience=0.2))
    with store.writing() as session:
        next_revision(session)
        with pytest.raises(StoreError, match="busy"), impatient.writing() as other:
            next_revision(other)
    with impatient.writing() as session:
        next_revision(session)
    impatient.close()


@pytest.mark.parametrize("content", [b"no database" * 99, b"SQLite format 3\x00" + b"x" * 99])
def test_a_damaged_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "库.sqlite").write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        open_store(str(tmp_path / "库.sqlite"))


def test_a_file_damaged_inside_is_told(tmp_path: Path) -> None:
    path = tmp_path / "库.sqlite"
    open_store(str(path)).close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(StoreError, match="damaged"):
        open_store(str(path))


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for name in ("file/库.sqlite", "."):
        with pytest.raises(StoreError, match="cannot be written"):
            open_store(str(tmp_path / name))


AS_NOBODY = """
import os, sys
from matcher.store import StoreError, open_store
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    open_store(sys.argv[1])
except StoreError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
def test_a_read_only_folder_is_told() -> None:
    with tempfile.TemporaryDirectory(prefix="alleymatch-") as name:
        path = Path(name) / "库.sqlite"
        open_store(str(path)).close()
        path.parent.chmod(0o555)
        output, complaints = python(AS_NOBODY, str(path)).communicate(timeout=60)
        path.parent.chmod(0o700)
    assert "cannot be written" in output, complaints


@pytest.mark.parametrize(
    "url", ["mysql://a/b", "sqlite://", "sqlite:///:memory:", "://", "http://user:geheim@host/x"]
)
def test_an_address_of_something_else_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="sqlite:///") as refused:
        open_store(url)
    assert refused.value.zh != refused.value.en
    assert "geheim" not in refused.value.message("zh") + refused.value.message("en")


def test_a_missing_driver_is_told() -> None:
    program = (
        "import sys\nsys.modules['psycopg'] = None\n"
        "from matcher.store import StoreError, open_store\n"
        "try:\n    open_store('postgresql://127.0.0.1/x')\n"
        "except StoreError as error:\n    print(error)\n"
    )
    output, complaints = python(program).communicate(timeout=60)
    assert "alleymatch[postgresql]" in output, complaints


def test_a_server_that_does_not_answer_is_told(postgresql: Server) -> None:
    for url in (
        "postgresql://postgres:geheim@127.0.0.1:1/x",
        f"postgresql://postgres:geheim@127.0.0.1:{postgresql.port}/没有这个库",
    ):
        with pytest.raises(StoreError, match="cannot be reached") as refused:
            open_store(url)
        assert "geheim" not in refused.value.zh + refused.value.en


def test_a_postgresql_database_in_another_encoding_is_refused(postgresql: Server) -> None:
    postgresql.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(StoreError, match="UTF8"):
        open_store(postgresql.shown("latin"))


def test_the_password_is_never_shown(postgresql: Server) -> None:
    url = postgresql.url("shared").set(password="geheim")
    store = open_store(url.render_as_string(hide_password=False))
    assert "geheim" not in store.url
    assert store.path is None
    store.close()


def test_the_setting_names_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLEYMATCH_HOME", str(tmp_path / "家"))
    assert settings.database_url() == str(tmp_path / "家" / "alleymatch.sqlite")
    store = open_store()
    assert store.path == tmp_path / "家" / "alleymatch.sqlite"
    store.close()
    monkeypatch.setenv("ALLEYMATCH_DATABASE", str(tmp_path / "别处.sqlite"))
    store = open_store()
    assert store.path == tmp_path / "别处.sqlite"
    store.close()
    monkeypatch.setenv("ALLEYMATCH_HOME", "")
    monkeypatch.delenv("ALLEYMATCH_DATABASE")
    assert Path(settings.database_url()).name == "alleymatch.sqlite"


def test_foreign_keys_are_enforced(store: Store) -> None:
    with pytest.raises(DBAPIError), store.writing() as session:
        session.add(Alias(organisation_id=4711, position=0, name="x", key="x"))


def test_the_command_line_does_not_load_the_database_for_its_help() -> None:
    program = (
        "import sys\nfrom matcher.cli import run\nrun(['db', '--help'])\n"
        "print([name for name in ('sqlalchemy', 'flask') if name in sys.modules], file=sys.stderr)"
    )
    started = python(program)
    assert isinstance(started, subprocess.Popen)
    assert started.communicate(timeout=60)[1].strip() == "[]"
