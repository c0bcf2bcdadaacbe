"""The log of who did what; it names records and fields and never quotes a record."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.store.models import AuditEntry, Base, User


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
