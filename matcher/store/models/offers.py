"""Needs and capabilities, and how they turn into the engine's records and back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Self, cast

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from matcher import records
from matcher.store.derived import derived
from matcher.store.errors import too_large
from matcher.store.models.accounts import User
from matcher.store.models.base import Base, Timed, Tracked, Versioned
from matcher.store.models.parties import Organisation

#: What PostgreSQL's and SQLite's largest integers hold.
_LARGEST = 2**63 - 1
#: Written under another name, because the store keeps its own times: the dates of the source.
_DATES = {"created_at": "created_on", "updated_at": "updated_on"}
#: Long texts stand at the end of a row: SQLite then filters and sorts without reading them.
_LOOKED_INTO, _LONG = 10, 20
_LISTS = frozenset(
    {"fields", "keywords", "cooperation_modes", "partner_kinds", "regions", "exclusions",
     "ip_references"}
)  # fmt: skip
_MONEY = frozenset({"budget", "price"})


class _Offer(Timed, Versioned, Tracked):
    """What a need and a capability have in common.

    ``code`` is the record's id as people write it. ``search_text`` and ``region_text`` are folded
    copies that filters look into; ``open_text`` and ``open_region`` are the same with the names of
    an anonymous owner masked, for those who may not see it, and empty in other records.
    Deleting sets ``archived_at``.
    """

    record_class: ClassVar[type[records.Need] | type[records.Capability]]

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    title_sort: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(index=True)
    indicators: Mapped[str] = mapped_column(sort_order=_LONG)
    fields: Mapped[list[str]]
    keywords: Mapped[list[str]] = mapped_column(sort_order=_LONG)
    cooperation_modes: Mapped[list[str]] = mapped_column(sort_order=_LONG)
    confidentiality: Mapped[str]
    valid_until: Mapped[date | None] = mapped_column(index=True)
    created_on: Mapped[date | None]
    updated_on: Mapped[date | None]
    status: Mapped[str]
    search_text: Mapped[str] = mapped_column(sort_order=_LOOKED_INTO)
    open_text: Mapped[str] = mapped_column(sort_order=_LONG)
    region_text: Mapped[str] = mapped_column(sort_order=_LOOKED_INTO)
    open_region: Mapped[str] = mapped_column(sort_order=_LOOKED_INTO)
    archived_at: Mapped[datetime | None]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    import_id: Mapped[int | None] = mapped_column(
        ForeignKey("imports.id", ondelete="SET NULL"), index=True
    )
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    @declared_attr
    def organisation(cls) -> Mapped[Organisation | None]:
        return relationship(Organisation, lazy="joined")

    @declared_attr
    def created_by(cls) -> Mapped[User | None]:
        return relationship(User, foreign_keys=[cast(Any, cls).created_by_id])

    @declared_attr
    def updated_by(cls) -> Mapped[User | None]:
        return relationship(User, foreign_keys=[cast(Any, cls).updated_by_id])

    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for name in self.record_class.model_fields:
            if name in ("id", "organisation"):
                continue
            if name in _MONEY:
                low, high = getattr(self, f"{name}_low"), getattr(self, f"{name}_high")
                some = low is not None or high is not None
                content[name] = records.Money(low=low, high=high) if some else None
            else:
                value = getattr(self, _DATES.get(name, name))
                content[name] = tuple(value) if name in _LISTS else value
        return content

    @classmethod
    def from_record(cls, record: records.Offer, organisation: Organisation | None) -> Self:
        """Return a new row with the content of a record, owned by a row of the store."""
        row = cls()
        row.organisation = organisation
        row.take(record)
        return row

    def take(self, record: records.Offer) -> None:
        """Replace the content by that of a record; the owner stays the row's own."""
        owner = self.organisation.to_record() if self.organisation else None
        for name, value in columns_of(record, owner).items():
            # An equal value is not assigned: the row stays clean and its version stands.
            if getattr(self, name) != value:
                setattr(self, name, value)


def _indexes(table: str) -> tuple[Index, Index]:
    """Return what counts a list, and what gives its latest rows, without touching the table."""
    shown = ("archived_at", "status", "confidentiality", "valid_until", "organisation_id")
    return (
        Index(f"ix_{table}_shown", *shown),
        Index(f"ix_{table}_latest", "archived_at", "updated_at"),
    )


class Need(_Offer, Base):
    """A technical need (技术需求); fields as in ``matcher.records.Need``."""

    __tablename__ = "needs"
    __table_args__ = _indexes("needs")
    record_class = records.Need

    problem: Mapped[str] = mapped_column(sort_order=_LONG)
    key_technology: Mapped[str] = mapped_column(sort_order=_LONG)
    expected_outcome: Mapped[str] = mapped_column(sort_order=_LONG)
    trl_min: Mapped[int | None] = mapped_column(SmallInteger)
    budget_low: Mapped[int | None] = mapped_column(BigInteger)
    budget_high: Mapped[int | None] = mapped_column(BigInteger)
    deadline: Mapped[date | None] = mapped_column(index=True)
    partner_kinds: Mapped[list[str]] = mapped_column(sort_order=_LONG)
    regions: Mapped[list[str]] = mapped_column(sort_order=_LONG)
    exclusions: Mapped[list[str]] = mapped_column(sort_order=_LONG)

    def to_record(self) -> records.Need:
        """Return the need as the engine knows it, with its owner."""
        owner = self.organisation.to_record() if self.organisation else None
        return records.Need(id=self.code, organisation=owner, **self._content())


class Capability(_Offer, Base):
    """A result or ability (成果/能力); fields as in ``matcher.records.Capability``."""

    __tablename__ = "capabilities"
    __table_args__ = _indexes("capabilities")
    record_class = records.Capability

    summary: Mapped[str] = mapped_column(sort_order=_LONG)
    trl: Mapped[int | None] = mapped_column(SmallInteger)
    ip_status: Mapped[str | None]
    ip_references: Mapped[list[str]] = mapped_column(sort_order=_LONG)
    price_low: Mapped[int | None] = mapped_column(BigInteger)
    price_high: Mapped[int | None] = mapped_column(BigInteger)
    advantages: Mapped[str] = mapped_column(sort_order=_LONG)
    economics: Mapped[str] = mapped_column(sort_order=_LONG)
    prior_applications: Mapped[str] = mapped_column(sort_order=_LONG)
    capacity: Mapped[int | None] = mapped_column(BigInteger)
    confirmed_at: Mapped[date | None]

    def to_record(self) -> records.Capability:
        """Return the capability as the engine knows it, with its owner."""
        owner = self.organisation.to_record() if self.organisation else None
        return records.Capability(id=self.code, organisation=owner, **self._content())


Offer = Need | Capability


def columns_of(record: records.Offer, owner: records.Organisation | None) -> dict[str, Any]:
    """Return a record's content as column → value, the worked-out columns with it.

    ``owner`` is the organisation as the store knows it. Raises StoreError for a number that no
    database can hold.
    """
    values: dict[str, Any] = {"code": record.id}
    for name in type(record).model_fields:
        value = getattr(record, name)
        if name in ("id", "organisation"):
            continue
        if name in _MONEY:
            low, high = (value.low, value.high) if value else (None, None)
            if max(low or 0, high or 0) > _LARGEST:
                raise too_large(name)
            values[f"{name}_low"], values[f"{name}_high"] = low, high
        elif isinstance(value, int) and value > _LARGEST:
            raise too_large(name)
        else:
            values[_DATES.get(name, name)] = list(value) if name in _LISTS else value
    return values | derived(record.model_copy(update={"organisation": owner}))
