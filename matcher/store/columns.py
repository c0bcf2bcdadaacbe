"""Column types that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    DateTime,
    Dialect,
    Text,
    TypeDecorator,
    literal,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

# Neither database can hold these: PostgreSQL refuses NUL, UTF-8 knows no lone surrogates.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Return a text with the characters that no database can hold replaced by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def to_json(value: object) -> str:
    """Return a value as JSON that both databases accept."""
    written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if "\\u0000" in written or _UNSTORABLE.search(written):
        written = json.dumps(_clean(value), ensure_ascii=False, allow_nan=False)
    return written


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


class PlainText(TypeDecorator[str]):
    """Text of any length; what a database cannot hold becomes U+FFFD instead of an error."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class UTCDateTime(TypeDecorator[datetime]):
    """A moment in UTC, aware when read; a naive one given is taken as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


#: JSON that PostgreSQL can search; Python's None is SQL's NULL.
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def utcnow() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def put(
    session: Session, model: type[Any], place: dict[str, Any], new: dict[str, Any],
    known: dict[str, Any],
) -> None:  # fmt: skip
    """Insert a row, or change the one that has this place; two who come at once do not collide.

    ``place`` are the columns of a unique constraint, ``new`` the others of a new row, ``known``
    what is set in a row that is there.
    """
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else pg_insert
    statement = insert(model).values({**place, **new})
    session.execute(statement.on_conflict_do_update(index_elements=list(place), set_=known))


class holds(ColumnElement[bool]):
    """True where a JSON list holds a text: ``holds(Need.fields, "textiles")``."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: Any, value: str) -> None:
        self.column = column
        self.value = literal(value, PlainText())


@compiles(holds, "sqlite")
def _holds_sqlite(element: holds, compiler: SQLCompiler, **options: Any) -> str:
    column = compiler.process(element.column, **options)
    value = compiler.process(element.value, **options)
    return f"EXISTS (SELECT 1 FROM json_each({column}) WHERE json_each.value = {value})"


@compiles(holds, "postgresql")
def _holds_postgresql(element: holds, compiler: SQLCompiler, **options: Any) -> str:
    column = compiler.process(element.column, **options)
    value = compiler.process(element.value, **options)
    return f"({column} @> to_jsonb(CAST({value} AS text)))"
