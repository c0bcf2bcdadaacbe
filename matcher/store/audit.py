"""The log of who did what; it names records and fields and never quotes a record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from matcher.store.listing import Page, nearest_page
from matcher.store.models import AuditEntry, Base, User
from matcher.store.viewers import LARGEST_ID


def log(
    session: Session, user: User | None, action: str, row: Base | None = None, **details: Any
) -> AuditEntry:
    """Add one line to the log.

    Parameters
    ----------
    user
        Who; None is the program itself.
    action
        A short code such as ``need.edit``.
    row
        The row it was done to, already stored.
    details
        Names of fields, numbers, codes. The text of a record does not belong here: the log is
        kept after a purge and read by people who may not see the record.
    """
    entry = AuditEntry(
        user_id=user.id if user else None,
        action=action,
        record_kind=kind_of(row) if row is not None else None,
        record_id=getattr(row, "id", None),
        details=details,
    )
    session.add(entry)
    return entry


def kind_of(row: Base | type[Base]) -> str:
    """Return the word for a row's table in logs and addresses: ``need``, ``match``, …"""
    model = row if isinstance(row, type) else type(row)
    return model.__name__.casefold()


def entries_about(session: Session, kind: str, record_id: int) -> list[AuditEntry]:
    """Return what happened to one record, latest first."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.record_kind == kind, AuditEntry.record_id == record_id)
        .order_by(AuditEntry.id.desc())
    )
    return list(session.scalars(query))


@dataclass(frozen=True)
class LogFilters:
    """What the log is narrowed to; None narrows nothing. ``before`` is exclusive; both in UTC."""

    user_id: int | None = None
    action: str | None = None
    record_kind: str | None = None
    record_id: int | None = None
    since: datetime | None = None
    before: datetime | None = None


def log_page(session: Session, filters: LogFilters, number: int, size: int) -> Page[AuditEntry]:
    """Return one page of the log, latest first; a number past the end gives the last page."""
    query = _narrowed(filters)
    counted = query.with_only_columns(func.count(AuditEntry.id))
    total = session.scalar(counted) or 0
    number = nearest_page(number, size, total)
    # Ids first: what is skipped is then read from the index alone.
    ids = query.with_only_columns(AuditEntry.id).order_by(AuditEntry.id.desc())
    chosen = list(session.scalars(ids.limit(size).offset((number - 1) * size)))
    rows = select(AuditEntry).where(AuditEntry.id.in_(chosen)).options(joinedload(AuditEntry.user))
    return Page(list(session.scalars(rows.order_by(AuditEntry.id.desc()))), number, size, total)


def log_entries(session: Session, filters: LogFilters, limit: int) -> Iterator[AuditEntry]:
    """Yield entries of the log, latest first, without holding all of them in memory."""
    query = _narrowed(filters).options(joinedload(AuditEntry.user))
    query = query.order_by(AuditEntry.id.desc()).limit(limit)
    yield from session.scalars(query.execution_options(yield_per=1000))


def _narrowed(filters: LogFilters) -> Select[AuditEntry]:
    query = select(AuditEntry)
    for name in ("user_id", "action", "record_kind", "record_id"):
        if (wanted := getattr(filters, name)) is not None:
            # A number that no row can have finds nothing, instead of an error.
            known = not isinstance(wanted, int) or 0 <= wanted <= LARGEST_ID
            query = query.where(getattr(AuditEntry, name) == (wanted if known else -1))
    if filters.since is not None:
        query = query.where(AuditEntry.at >= filters.since)
    if filters.before is not None:
        query = query.where(AuditEntry.at < filters.before)
    return query
