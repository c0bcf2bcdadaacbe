"""What every table shares: names of constraints, column types, times, versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from matcher.store.columns import Json, PlainText, UTCDateTime, utcnow

#: Migrations drop constraints by name, on every database by the same one.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of all tables.

    JSON values are replaced, never changed in place: a change inside a list is not noticed.
    """

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: PlainText(),
        datetime: UTCDateTime(),
        list[str]: Json,
        list[Any]: Json,
        dict[str, Any]: Json,
    }


class Timed:
    """When a row was made and last changed, in UTC."""

    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


class Versioned:
    """Counts the edits of a row: an edit of a version that is no longer there is refused."""

    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class Tracked:
    """Stamps a row with the store's revision at its last change; see ``matcher.store.revision``."""

    changed_at_revision: Mapped[int] = mapped_column(BigInteger, index=True, default=0)
