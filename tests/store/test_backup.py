"""Backup and restore: whole, checked, and never over something by accident."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from cli_fixtures import Called
from sqlalchemy import select, text
from store_fixtures import need

from matcher.errors import MatcherError
from matcher.store import Store, StoreError, migrate, open_store
from matcher.store.backup import backup, restore
from matcher.store.editing import create
from matcher.store.engines import make_engine, parse_url, writer_of
from matcher.store.models import Need
from matcher.store.pgtools import program
from matcher.store.revision import changes_since


def codes(url: str) -> list[str]:
    store = open_store(url)
    with store.reading() as session:
        found = list(session.scalars(select(Need.code).order_by(Need.id)))
    store.close()
    return found


def add(url: str, code: str) -> None:
    store = open_store(url)
    with store.writing() as session:
        create(session, need(code), None)
    store.close()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_backup_brings_everything_back(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "备份"
    file = folder / "备份.db"
    add(url, "N1")
    backup(parse_url(url), file)
    assert names(folder) == {"备份.db"}
    add(url, "N2")
    with pytest.raises(StoreError, match="--force"):
        restore(parse_url(url), file)
    assert codes(url) == ["N1", "N2"]
    restore(parse_url(url), file, force=True)
    assert codes(url) == ["N1"]
    assert names(folder) == {"备份.db"}
    add(url, "N3")
    assert codes(url) == ["N1", "N3"]


def test_a_backup_fills_an_empty_database(url: str, second_url: str, tmp_path: Path) -> None:
    add(url, "N1")
    backup(parse_url(url), tmp_path / "b.db")
    restore(parse_url(second_url), tmp_path / "b.db")
    assert codes(second_url) == ["N1"]


def test_a_backup_is_made_while_others_write(store: Store, url: str, tmp_path: Path) -> None:
    with store.writing() as session:
        create(session, need("N1"), None)
    with store.writing() as session:
        create(session, need("N2"), None)
        session.flush()
        backup(parse_url(url), tmp_path / "b.db")
    store.close()
    restore(parse_url(url), tmp_path / "b.db", force=True)
    assert codes(url) == ["N1"]


def test_after_a_restore_an_index_begins_anew(url: str, tmp_path: Path) -> None:
    add(url, "N1")
    backup(parse_url(url), tmp_path / "b.db")
    store = open_store(url)
    with store.reading() as session:
        seen = changes_since(session, 0)
    store.close()
    restore(parse_url(url), tmp_path / "b.db", force=True)
    store = open_store(url)
    with store.reading() as session:
        again = changes_since(session, seen.revision, seen.epoch)
    store.close()
    assert again.complete
    assert again.revision == seen.revision


@pytest.mark.parametrize("damage", ["cut", "spoilt", "other", "empty", "text"])
def test_a_damaged_backup_changes_nothing(url: str, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "b.db"
    add(url, "N1")
    backup(parse_url(url), file)
    whole = file.read_bytes()
    middle = len(whole) // 2
    if damage == "cut":
        file.write_bytes(whole[:middle])
    elif damage == "spoilt":
        file.write_bytes(whole[:5000] + b"\xff" * 20000 + whole[25000:])
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "text":
        file.write_text("不是备份", encoding="utf-8")
    else:
        file.unlink()
        with sqlite3.connect(file) as other:
            other.execute("CREATE TABLE theirs (id)")
        other.close()
    with pytest.raises(StoreError) as told:
        restore(parse_url(url), file, force=True)
    assert told.value.zh != told.value.en
    assert codes(url) == ["N1"]


def test_a_backup_of_a_newer_program_is_refused(url: str, tmp_path: Path) -> None:
    engine = writer_of(make_engine(parse_url(url), migrating=True))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    if parse_url(url).drivername == "sqlite":
        shutil.copy(str(parse_url(url).database), tmp_path / "b.db")
    else:
        backup(parse_url(url), tmp_path / "b.db")
    with engine.begin() as connection:
        head = {"head": migrate.head()}
        connection.execute(text("UPDATE alembic_version SET version_num = :head"), head)
    with pytest.raises(StoreError, match="newer"):
        restore(parse_url(url), tmp_path / "b.db", force=True)
    assert codes(url) == []


def test_an_old_backup_is_restored_and_then_upgraded(empty_url: str, tmp_path: Path) -> None:
    url = parse_url(empty_url)
    migrate.upgrade(url, migrate.steps()[-2])
    backup(url, tmp_path / "old.db")
    migrate.upgrade(url)
    restore(url, tmp_path / "old.db", force=True)
    with pytest.raises(StoreError, match="matcher db upgrade"):
        open_store(empty_url)
    migrate.upgrade(url)
    assert codes(empty_url) == []


def test_a_missing_backup_and_a_missing_database_are_told(tmp_path: Path) -> None:
    url = parse_url(str(tmp_path / "没有.sqlite"))
    with pytest.raises(StoreError, match="no backup"):
        restore(url, tmp_path / "没有.db")
    with pytest.raises(StoreError, match="no database file"):
        backup(url, tmp_path / "b.db")
    assert names(tmp_path) == set()


def test_a_database_in_use_is_not_swapped_away(tmp_path: Path) -> None:
    url = str(tmp_path / "库.sqlite")
    add(url, "N1")
    backup(parse_url(url), tmp_path / "b.db")
    store = open_store(url)
    with store.reading() as session:
        assert session.scalars(select(Need.code)).all() == ["N1"]
        with pytest.raises(StoreError, match="in use"):
            restore(parse_url(url), tmp_path / "b.db", force=True)
    store.close()
    restore(parse_url(url), tmp_path / "b.db", force=True)
    assert codes(url) == ["N1"]


def test_a_damaged_database_is_replaced_by_its_backup(tmp_path: Path) -> None:
    path = tmp_path / "库.sqlite"
    add(str(path), "N1")
    backup(parse_url(str(path)), tmp_path / "b.db")
    path.write_bytes(b"x" * 50_000)
    (tmp_path / "库.sqlite-wal").write_bytes(b"y" * 5_000)
    with pytest.raises(StoreError, match="--force"):
        restore(parse_url(str(path)), tmp_path / "b.db")
    restore(parse_url(str(path)), tmp_path / "b.db", force=True)
    assert codes(str(path)) == ["N1"]


def test_a_copied_file_is_a_backup_too_even_with_its_log(tmp_path: Path) -> None:
    path, copied = tmp_path / "库.sqlite", tmp_path / "复制"
    copied.mkdir()
    store = open_store(str(path))
    with store.writing() as session:
        create(session, need("N1"), None)
    for file in tmp_path.glob("库.sqlite*"):
        shutil.copy(file, copied)
    store.close()
    assert (copied / "库.sqlite-wal").stat().st_size > 0
    restore(parse_url(str(tmp_path / "新.sqlite")), copied / "库.sqlite")
    assert codes(str(tmp_path / "新.sqlite")) == ["N1"]


def test_a_missing_program_is_told() -> None:
    with pytest.raises(MatcherError, match="postgresql-client"):
        program("pg_no_such_program")


def test_the_commands(url: str, called: Called, tmp_path: Path) -> None:
    at = ("--database", url)
    assert called("db", "init", *at).returncode == 0
    add(url, "N1")
    done = called("db", "status", *at)
    assert done.returncode == 0
    assert "最新" in done.stdout
    assert '"needs": 1' in called("db", "status", "--json", *at).stdout
    assert called("db", "upgrade", *at).returncode == 0
    assert called("db", "backup", "备份.db", *at).returncode == 0
    refused = called("db", "restore", "备份.db", *at)
    assert (refused.returncode, "--force" in refused.stderr) == (2, True)
    assert called("db", "restore", "备份.db", "--force", *at, "--lang", "en").returncode == 0
    assert codes(url) == ["N1"]
    (tmp_path / "坏.db").write_text("x", encoding="utf-8")
    broken = called("db", "restore", "坏.db", "--force", *at)
    assert broken.returncode == 2
    assert "Traceback" not in broken.stderr


def test_the_state_of_what_cannot_be_used(
    called: Called, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLEYMATCH_DATABASE", str(tmp_path / "库.sqlite"))
    assert "尚未建立" in called("db", "status").stdout
    assert not (tmp_path / "库.sqlite").exists()
    migrate.upgrade(parse_url(str(tmp_path / "库.sqlite")), migrate.steps()[0])
    assert "matcher db upgrade" in called("db", "status").stdout
    assert "old" in called("db", "status", "--lang", "en").stdout
    (tmp_path / "库.sqlite").write_text("不是数据库" * 99, encoding="utf-8")
    done = called("db", "status")
    assert (done.returncode, "损坏" in done.stderr) == (2, True)
