"""The store's revision: what changed since an index was last brought up to date.

Every transaction that changes an organisation, a need or a capability takes the next number and
stamps the rows with it. The number is one row, locked until the transaction ends: numbers become
visible in their own order, so that asking for "everything after N" can never miss a change that
was begun earlier and committed later. Writers of records wait for each other there, and nowhere
else, so they cannot deadlock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import event, inspect, or_, select, update
from sqlalchemy.orm import Session, SessionTransaction

from matcher.store.models import Capability, Need, Organisation, Removal, Revision
from matcher.store.models.base import Tracked

T = TypeVar("T", bound=Need | Capability)
_KEY = "store revision"


class StoreSession(Session):
    """A session that stamps what it changes; open one with ``Store.reading`` or ``writing``."""


@dataclass(frozen=True)
class Changes:
    """What an index must learn: rows to read again (archived ones too) and (kind, id) to forget.

    ``complete``: these are all rows there are, and everything else is to be forgotten.
    """

    revision: int
    epoch: str
    complete: bool
    needs: tuple[Need, ...]
    capabilities: tuple[Capability, ...]
    removed: tuple[tuple[str, int], ...]


def current_revision(session: Session) -> int:
    """Return the number of the last committed change that this session can see."""
    return session.scalars(select(Revision.value)).one()


def next_revision(session: Session) -> int:
    """Return this transaction's revision, taking a new one at its first call.

    Call it before reading a row that is going to be changed: from then on nobody else can change
    a record until the transaction ends.
    """
    if _KEY not in session.info:
        step = update(Revision).values(value=Revision.value + 1).returning(Revision.value)
        session.info[_KEY] = session.connection().execute(step).scalar_one()
    return int(session.info[_KEY])


def changes_since(session: Session, revision: int, epoch: str | None = None) -> Changes:
    """Return everything that changed after ``revision``; 0 gives every record.

    A record counts as changed when its owner did. Pass the ``revision`` and ``epoch`` of the last
    answer: after a restored backup the epoch is another one and everything is given anew.
    """
    now, present = session.execute(select(Revision.value, Revision.epoch)).one()
    if revision > now or epoch not in (None, present):
        revision = 0
    removed = select(Removal.kind, Removal.record_id).where(Removal.revision > revision)
    return Changes(
        revision=now,
        epoch=present,
        complete=revision == 0,
        needs=tuple(_changed(session, Need, revision)),
        capabilities=tuple(_changed(session, Capability, revision)),
        removed=tuple((kind, number) for kind, number in session.execute(removed)),
    )


def _changed(session: Session, model: type[T], revision: int) -> list[T]:
    owners = select(Organisation.id).where(Organisation.changed_at_revision > revision)
    changed = or_(model.changed_at_revision > revision, model.organisation_id.in_(owners))
    return list(session.scalars(select(model).where(changed).order_by(model.id)).unique())


def _writes(session: Session) -> bool:
    return bool(session.get_bind().get_execution_options().get("writes"))


@event.listens_for(StoreSession, "before_flush")
def _stamp(session: Session, flush_context: object, instances: object) -> None:
    changed = [row for row in session.dirty if session.is_modified(row)]
    if (session.new or changed or session.deleted) and not _writes(session):
        raise RuntimeError("This session only reads: change rows in one from Store.writing().")
    rows = [row for row in (*session.new, *changed) if isinstance(row, Tracked)]
    gone = [row for row in session.deleted if isinstance(row, Tracked)]
    if not rows and not gone:
        return
    revision = next_revision(session)
    for row in rows:
        row.changed_at_revision = revision
    for row in gone:
        identity = inspect(row).identity
        kind = type(row).__name__.casefold()
        session.add(Removal(kind=kind, record_id=identity[0], revision=revision))


@event.listens_for(StoreSession, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_KEY, None)


@event.listens_for(StoreSession, "after_soft_rollback")
def _forget_undone(session: Session, previous: SessionTransaction) -> None:
    # A savepoint that is rolled back takes the number back with it.
    session.info.pop(_KEY, None)
