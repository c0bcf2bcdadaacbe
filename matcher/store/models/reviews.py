"""What advisers from outside say about a match."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matcher.store.columns import utcnow
from matcher.store.models.accounts import User
from matcher.store.models.base import Base
from matcher.store.models.results import Match


class Review(Base):
    """One question to one reviewer about one match; without a ``verdict`` it waits.

    The records are kept beside the match, so that the same two in a later run are known. After a
    purge the row stays for the count, without its records and its note.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint("verdict IN ('recommend', 'conditional', 'against')", name="verdict"),
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
    reviewer_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    asked_at: Mapped[datetime] = mapped_column(default=utcnow)
    verdict: Mapped[str | None] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(default="")
    given_at: Mapped[datetime | None]

    match: Mapped[Match | None] = relationship(Match)
    reviewer: Mapped[User | None] = relationship(User, foreign_keys=[reviewer_id])
