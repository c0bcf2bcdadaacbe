"""Runs, their matches, what people decided about them, and the deals that came of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matcher.store.columns import utcnow
from matcher.store.models.accounts import User
from matcher.store.models.base import Base, Timed, Versioned
from matcher.store.models.offers import Capability, Need


class Run(Base):
    """One matching run and what it was made from."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    title: Mapped[str] = mapped_column(default="")
    #: The Provenance of matcher.results.
    software: Mapped[str]
    data_revision: Mapped[str]
    encoder: Mapped[str]
    encoder_fingerprint: Mapped[str]
    weights: Mapped[str]
    calibration: Mapped[str]
    run_date: Mapped[str]
    needs_file: Mapped[str]
    capabilities_file: Mapped[str]
    need_count: Mapped[int]
    capability_count: Mapped[int]
    rejections: Mapped[list[Any]]
    duplicates: Mapped[list[Any]]
    #: The store's revision that the records were read at.
    revision: Mapped[int] = mapped_column(BigInteger, default=0)

    created_by: Mapped[User | None] = relationship(User)
    lists: Mapped[list[MatchList]] = relationship(
        back_populates="run", order_by="MatchList.position", cascade="all, delete-orphan"
    )


class Snapshot(Base):
    """A record as a run saw it: quotes keep pointing into the right text after an edit.

    ``digest`` is the SHA-256 of the content; an unchanged record is kept once for all runs.
    """

    __tablename__ = "snapshots"
    __table_args__ = (UniqueConstraint("kind", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(index=True)
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]


class MatchList(Base):
    """The ranked matches of one record in a run; ``reason`` says why there is none."""

    __tablename__ = "match_lists"
    __table_args__ = (UniqueConstraint("run_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    position: Mapped[int]
    #: ``need`` or ``capability``: which side asked.
    query_kind: Mapped[str] = mapped_column(String(16))
    need_id: Mapped[int | None] = mapped_column(
        ForeignKey("needs.id", ondelete="CASCADE"), index=True
    )
    capability_id: Mapped[int | None] = mapped_column(
        ForeignKey("capabilities.id", ondelete="CASCADE"), index=True
    )
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("snapshots.id"), index=True)
    excluded: Mapped[list[Any]]
    reason: Mapped[str]

    run: Mapped[Run] = relationship(back_populates="lists")
    snapshot: Mapped[Snapshot] = relationship()
    matches: Mapped[list[Match]] = relationship(
        back_populates="match_list", order_by="Match.rank", cascade="all, delete-orphan"
    )


class Match(Base):
    """One capability proposed for one need, with its proof.

    ``need_id`` and ``capability_id`` are None for a record that is not in the store, such as a
    text typed into the search box. ``below``: too improbable to be proposed, kept so that a list
    can be cut elsewhere without computing it again. ``explanation`` holds legs, evidence,
    coverage, indicators, fits and missing as in ``matcher.results.Match``.
    """

    __tablename__ = "matches"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    list_id: Mapped[int] = mapped_column(
        ForeignKey("match_lists.id", ondelete="CASCADE"), index=True
    )
    need_id: Mapped[int | None] = mapped_column(
        ForeignKey("needs.id", ondelete="CASCADE"), index=True
    )
    capability_id: Mapped[int | None] = mapped_column(
        ForeignKey("capabilities.id", ondelete="CASCADE"), index=True
    )
    need_snapshot_id: Mapped[int] = mapped_column(ForeignKey("snapshots.id"), index=True)
    capability_snapshot_id: Mapped[int] = mapped_column(ForeignKey("snapshots.id"), index=True)
    rank: Mapped[int]
    score: Mapped[float]
    probability: Mapped[float | None]
    below: Mapped[bool] = mapped_column(default=False)
    explanation: Mapped[dict[str, Any]]

    run: Mapped[Run] = relationship()
    match_list: Mapped[MatchList] = relationship(back_populates="matches")
    need: Mapped[Need | None] = relationship(Need)
    capability: Mapped[Capability | None] = relationship(Capability)
    need_snapshot: Mapped[Snapshot] = relationship(foreign_keys=[need_snapshot_id])
    capability_snapshot: Mapped[Snapshot] = relationship(foreign_keys=[capability_snapshot_id])
    decisions: Mapped[list[Decision]] = relationship(back_populates="match", order_by="Decision.id")


class Decision(Base):
    """What somebody said about a match. Rows are added, never changed: the last one counts.

    ``side`` says for whom: ``need``, ``capability`` or ``staff``. After a purge the row stays
    for the count, without its record and its note.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        CheckConstraint("verdict IN ('accept', 'decline', 'later')", name="verdict"),
        CheckConstraint("side IN ('need', 'capability', 'staff')", name="side"),
        CheckConstraint("verdict = 'decline' OR reason IS NULL", name="reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int | None] = mapped_column(
        ForeignKey("matches.id", ondelete="SET NULL"), index=True
    )
    need_id: Mapped[int | None] = mapped_column(
        ForeignKey("needs.id", ondelete="SET NULL"), index=True
    )
    capability_id: Mapped[int | None] = mapped_column(
        ForeignKey("capabilities.id", ondelete="SET NULL"), index=True
    )
    decided_at: Mapped[datetime] = mapped_column(default=utcnow)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    side: Mapped[str] = mapped_column(String(16))
    verdict: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")

    match: Mapped[Match | None] = relationship(back_populates="decisions")
    decided_by: Mapped[User | None] = relationship(User)


class Deal(Timed, Versioned, Base):
    """An accepted match on its way through the eight stages (data/taxonomy/stages.csv).

    ``contract_amount`` is in yuan. ``closed_at`` without an amount: it came to nothing.
    """

    __tablename__ = "deals"
    __table_args__ = (UniqueConstraint("need_id", "capability_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int | None] = mapped_column(
        ForeignKey("matches.id", ondelete="SET NULL"), index=True
    )
    need_id: Mapped[int | None] = mapped_column(
        ForeignKey("needs.id", ondelete="SET NULL"), index=True
    )
    capability_id: Mapped[int | None] = mapped_column(
        ForeignKey("capabilities.id", ondelete="SET NULL"), index=True
    )
    stage: Mapped[str]
    contract_amount: Mapped[int | None] = mapped_column(BigInteger)
    contract_date: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    match: Mapped[Match | None] = relationship()
    need: Mapped[Need | None] = relationship(Need)
    capability: Mapped[Capability | None] = relationship(Capability)
    updated_by: Mapped[User | None] = relationship(User, foreign_keys=[updated_by_id])
    stages: Mapped[list[DealStage]] = relationship(
        order_by="DealStage.id", cascade="all, delete-orphan"
    )


class DealStage(Base):
    """One line of a deal's dated log."""

    __tablename__ = "deal_stages"

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deals.id", ondelete="CASCADE"), index=True)
    stage: Mapped[str]
    entered_on: Mapped[date]
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    created_by: Mapped[User | None] = relationship(User)
