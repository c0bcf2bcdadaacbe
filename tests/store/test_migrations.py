"""The steps lead to what the models say, and back, and never happen by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from store_fixtures import need

from matcher import taxonomy
from matcher.store import StoreError, migrate, open_store
from matcher.store.engines import make_engine, parse_url, writer_of
from matcher.store.models import Base, Need, Role


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = make_engine(parse_url(url), migrating=True)
    with engine.connect() as connection:
        yield connection


def differences(url: str) -> list[object]:
    with connected(url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def tables(url: str) -> set[str]:
    with connected(url) as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_the_steps_give_what_the_models_say(url: str) -> None:
    assert differences(url) == []
    assert tables(url) == set(Base.metadata.tables)


def test_constraints_have_the_names_that_later_steps_will_drop_them_by(url: str) -> None:
    with connected(url) as connection:
        looked = inspect(connection)
        for name, table in Base.metadata.tables.items():
            checks = {item["name"] for item in looked.get_check_constraints(name)}
            unique = {item["name"] for item in looked.get_unique_constraints(name)}
            keys = {item["name"] for item in looked.get_foreign_keys(name)}
            said = {str(item.name) for item in table.constraints}
            assert checks | unique | keys | {looked.get_pk_constraint(name)["name"]} == said


def test_up_down_and_up_again(empty_url: str) -> None:
    url = parse_url(empty_url)
    assert migrate.upgrade(url) == migrate.head()
    migrate.downgrade(url, "base")
    assert tables(empty_url) == set()
    for step in migrate.steps():
        assert migrate.upgrade(url, step) == step
    assert differences(empty_url) == []


def test_steps_are_numbered_one_after_the_other() -> None:
    numbers = range(1, len(migrate.steps()) + 1)
    assert list(migrate.steps()) == [f"{number:04d}" for number in numbers]


def test_a_new_database_has_the_roles(url: str) -> None:
    store = open_store(url)
    with store.reading() as session:
        assert {row.name for row in session.query(Role)} == set(taxonomy.terms("roles"))
    store.close()


def test_an_old_database_is_upgraded_when_asked_and_not_before(empty_url: str) -> None:
    url = parse_url(empty_url)
    migrate.upgrade(url, migrate.steps()[-2])
    with pytest.raises(StoreError, match="matcher db upgrade"):
        open_store(empty_url)
    assert "reviews" not in tables(empty_url)
    migrate.upgrade(url)
    store = open_store(empty_url)
    with store.writing() as session:
        session.add(Need.from_record(need(), None))
    # Upgrading what is up to date changes nothing.
    assert migrate.upgrade(url) == migrate.head()
    with store.reading() as session:
        assert session.query(Need).count() == 1
    store.close()


def test_a_newer_database_is_refused(url: str) -> None:
    engine = make_engine(parse_url(url), migrating=True)
    with writer_of(engine).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer"):
        open_store(url)
    with pytest.raises(StoreError, match="newer"):
        migrate.upgrade(parse_url(url))


def test_another_programs_database_is_refused(empty_url: str) -> None:
    engine = make_engine(parse_url(empty_url), migrating=True)
    with writer_of(engine).begin() as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
    for attempt in (open_store, lambda url: migrate.upgrade(parse_url(url))):
        with pytest.raises(StoreError, match="another program"):
            attempt(empty_url)
    assert tables(empty_url) == {"theirs"}
