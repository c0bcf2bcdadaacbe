"""Organisations and the names they go by."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matcher import records, taxonomy
from matcher.store.columns import storable
from matcher.store.models.base import Base, Timed, Tracked, Versioned

#: PostgreSQL's indexes hold no more than some 2,700 bytes of a text.
_KEY_CHARACTERS = 200


def key_of(name: str) -> str:
    """Return the folded name that parties are compared by."""
    return taxonomy.fold(name)[:_KEY_CHARACTERS]


class Organisation(Timed, Versioned, Tracked, Base):
    """A party: the owner of needs, capabilities and users.

    ``code`` is the record's own id, None where its source gave none. ``name_key`` and
    ``parent_key`` are the folded names that parties are compared by.
    """

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str | None] = mapped_column(index=True)
    credit_code: Mapped[str | None] = mapped_column(index=True)
    parent: Mapped[str | None]
    parent_key: Mapped[str | None] = mapped_column(index=True)
    district: Mapped[str | None]
    size: Mapped[str | None]
    founded: Mapped[date | None]
    website: Mapped[str | None]
    archived_at: Mapped[datetime | None] = mapped_column(index=True)
    #: Without foreign keys: users and imports point here already, and tables in a circle can
    #: neither be created nor restored in one order.
    import_id: Mapped[int | None] = mapped_column(index=True)
    created_by_id: Mapped[int | None]
    updated_by_id: Mapped[int | None]

    alias_rows: Mapped[list[Alias]] = relationship(
        order_by="Alias.position", cascade="all, delete-orphan", lazy="selectin"
    )

    @property
    def aliases(self) -> tuple[str, ...]:
        """The other names, in their order."""
        return tuple(row.name for row in self.alias_rows)

    def to_record(self) -> records.Organisation:
        """Return the organisation as the engine knows it."""
        return records.Organisation(
            id=self.code or "", name=self.name, aliases=self.aliases, kind=self.kind,
            credit_code=self.credit_code, parent=self.parent, district=self.district,
            size=self.size, founded=self.founded, website=self.website,
        )  # fmt: skip

    @classmethod
    def from_record(cls, record: records.Organisation) -> Organisation:
        """Return a new row with the content of a record."""
        row = cls()
        row.take(record)
        return row

    def take(self, record: records.Organisation) -> None:
        """Replace the content by that of a record."""
        self.code = record.id or None
        self.name, self.name_key = record.name, key_of(record.name)
        self.kind, self.credit_code, self.size = record.kind, record.credit_code, record.size
        self.parent = record.parent
        self.parent_key = key_of(record.parent or "") or None
        self.district, self.founded, self.website = record.district, record.founded, record.website
        # Compared as it will be stored, so that saving the same names again changes nothing.
        if tuple(storable(name) for name in record.aliases) != self.aliases:
            self.alias_rows = [
                Alias(position=place, name=name, key=key_of(name))
                for place, name in enumerate(record.aliases)
            ]


class Alias(Base):
    """Another name of an organisation; ``key`` is folded."""

    __tablename__ = "organisation_aliases"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int]
    name: Mapped[str]
    key: Mapped[str] = mapped_column(index=True)
