"""Columns as the migrations write them. Steps already taken rely on these: add, never change."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

_JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Column = sa.Column[Any]


def key(name: str = "id") -> Column:
    """Return a column for the table's own numbers."""
    return sa.Column(name, sa.Integer(), primary_key=True, nullable=False)


def text(name: str, length: int | None = None, *, null: bool = False) -> Column:
    """Return a column of text, limited where a ``length`` is given."""
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=null)


def number(name: str, *, null: bool = False) -> Column:
    """Return a column of whole numbers of 32 bits."""
    return sa.Column(name, sa.Integer(), nullable=null)


def small(name: str, *, null: bool = False) -> Column:
    """Return a column of whole numbers of 16 bits."""
    return sa.Column(name, sa.SmallInteger(), nullable=null)


def large(name: str, *, null: bool = False) -> Column:
    """Return a column of whole numbers of 64 bits."""
    return sa.Column(name, sa.BigInteger(), nullable=null)


def real(name: str, *, null: bool = False) -> Column:
    """Return a column of floating-point numbers of 64 bits."""
    return sa.Column(name, sa.Double(), nullable=null)


def flag(name: str) -> Column:
    """Return a column of truth values."""
    return sa.Column(name, sa.Boolean(), nullable=False)


def day(name: str, *, null: bool = False) -> Column:
    """Return a column of dates."""
    return sa.Column(name, sa.Date(), nullable=null)


def moment(name: str, *, null: bool = False) -> Column:
    """Return a column of moments in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def json(name: str, *, null: bool = False) -> Column:
    """Return a column of JSON."""
    return sa.Column(name, _JSON, nullable=null)


def link(
    name: str, target: str, ondelete: str | None = None, *, null: bool = False, own: bool = False
) -> Column:
    """Return a column that points to a row of another table; ``own`` makes it part of the key."""
    points = sa.ForeignKey(f"{target}.id", ondelete=ondelete)
    return sa.Column(name, sa.Integer(), points, nullable=null, primary_key=own)


def index(table: str, *names: str) -> None:
    """Create an index for each of ``column``, ``column,column`` and ``name:column,column``."""
    for item in names:
        name, _, listed = item.rpartition(":")
        columns = listed.split(",")
        op.create_index(f"ix_{table}_{name or '_'.join(columns)}", table, columns)
