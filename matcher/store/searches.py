"""Saved searches: words and filters that somebody wants to see again, and what is new in them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher.errors import InputError
from matcher.store.models import Capability, Need, SavedSearch, User
from matcher.store.revision import current_revision
from matcher.store.viewers import LARGEST_ID

MOST, LONGEST_NAME = 100, 80


def save_search(
    session: Session, user: User, name: str, kind: str, query: dict[str, Any]
) -> SavedSearch:
    """Keep a search; what changes from now on is new in it.

    Raises InputError for a name that is empty or too long, and for more than ``MOST`` searches.
    """
    mine = SavedSearch.user_id == user.id
    if (session.scalar(select(func.count(SavedSearch.id)).where(mine)) or 0) >= MOST:
        raise InputError(
            f"最多保存 {MOST} 个查找，请先删除不用的。",
            f"At most {MOST} searches are kept: delete one that you do not need.",
        )
    row = SavedSearch(
        user_id=user.id, name=_name(name), kind=kind, query=query,
        seen_revision=current_revision(session),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def saved_searches(session: Session, user: User) -> list[SavedSearch]:
    """Return a user's searches, latest first."""
    query = select(SavedSearch).where(SavedSearch.user_id == user.id)
    return list(session.scalars(query.order_by(SavedSearch.id.desc())))


def own_search(session: Session, user: User, number: int) -> SavedSearch | None:
    """Return one of a user's searches; None for everybody else's."""
    if not 0 < number <= LARGEST_ID:
        return None
    mine = (SavedSearch.id == number, SavedSearch.user_id == user.id)
    return session.scalar(select(SavedSearch).where(*mine))


def rename_search(session: Session, row: SavedSearch, name: str) -> None:
    """Call a search otherwise; raises InputError for a name that is empty or too long."""
    row.name = _name(name)
    session.flush()


def mark_seen(session: Session, row: SavedSearch) -> int:
    """Note that its owner has seen what there is; return up to which revision he had before."""
    before = row.seen_revision
    row.seen_revision = current_revision(session)
    session.flush()
    return before


def changed_among(
    session: Session, model: type[Need] | type[Capability], ids: list[int], revision: int
) -> int:
    """Return how many of these rows changed after a revision."""
    changed = model.changed_at_revision > revision
    return session.scalar(select(func.count(model.id)).where(model.id.in_(ids), changed)) or 0


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise InputError(
            f"请填写名称，不超过 {LONGEST_NAME} 个字。",
            f"Give a name of at most {LONGEST_NAME} characters.",
        )
    return name
