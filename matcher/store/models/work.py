"""What people and the program do: imports, jobs, drafts, saved searches, the log, settings."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matcher.store.columns import Json, utcnow
from matcher.store.models.accounts import User
from matcher.store.models.base import Base, Timed


class Import(Base):
    """One file that was read in; its records carry the id, so that all can be undone at once."""

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    file: Mapped[str]
    #: ``need`` or ``capability``.
    kind: Mapped[str] = mapped_column(String(16))
    data_revision: Mapped[str]
    created_count: Mapped[int]
    updated_count: Mapped[int]
    unchanged_count: Mapped[int]
    skipped_count: Mapped[int]
    rejections: Mapped[list[Any]]
    warnings: Mapped[list[Any]]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    created_by: Mapped[User | None] = relationship(User, foreign_keys=[created_by_id])


class ImportChange(Base):
    """What an import replaced in a record that was there before: undoing puts it back.

    ``version`` is the record's version after the import; a later edit is not overwritten.
    """

    __tablename__ = "import_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    record_id: Mapped[int] = mapped_column(index=True)
    version: Mapped[int]
    before: Mapped[dict[str, Any]]


class Job(Base):
    """Long work in the background; it survives the process that started it.

    ``result_folder`` is relative to the data folder. A running job writes ``heartbeat_at``; one
    without a sign of life is marked failed or begun again.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"
        ),
        Index(None, "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(String(16), default="queued")
    stage: Mapped[str] = mapped_column(default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result_folder: Mapped[str | None]
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
    error_zh: Mapped[str] = mapped_column(default="")
    error_en: Mapped[str] = mapped_column(default="")
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None]
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    created_by: Mapped[User | None] = relationship(User)


class Draft(Timed, Base):
    """A form as it stood when somebody stopped typing; ``subject`` is a record's id or ``new``."""

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("user_id", "kind", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(32), default="new")
    content: Mapped[dict[str, Any]]


class SavedSearch(Timed, Base):
    """Words and filters that somebody wants to see again."""

    __tablename__ = "saved_searches"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(String(16))
    query: Mapped[dict[str, Any]]
    #: What changed after this revision is new to its owner.
    seen_revision: Mapped[int] = mapped_column(BigInteger, default=0)


class AuditEntry(Base):
    """Who did what, when; never the text of a record. ``record_id`` outlives its record."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index(None, "record_kind", "record_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    action: Mapped[str] = mapped_column(String(64), index=True)
    record_kind: Mapped[str | None] = mapped_column(String(32))
    record_id: Mapped[int | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    user: Mapped[User | None] = relationship(User)


class StoredSetting(Base):
    """A setting that the administrator makes in the browser."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(Json)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


def new_epoch() -> str:
    """Return a name for a history of changes that nobody else has."""
    return uuid.uuid4().hex


class Revision(Base):
    """One row that counts the committed changes to organisations, needs and capabilities.

    ``epoch`` is another one after a restored backup: numbers of before mean nothing any more.
    """

    __tablename__ = "revision"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[int] = mapped_column(BigInteger)
    epoch: Mapped[str] = mapped_column(String(32), default=new_epoch)


class Removal(Base):
    """A record that is gone for good, so that an index learns to forget it."""

    __tablename__ = "removals"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    record_id: Mapped[int]
    revision: Mapped[int] = mapped_column(BigInteger, index=True)
