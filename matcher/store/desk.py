"""What each user keeps: drafts of forms; and the administrator's settings."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matcher.store.columns import put, utcnow
from matcher.store.models import Draft, StoredSetting, User


def save_draft(
    session: Session, user: User, kind: str, content: dict[str, Any], subject: str = "new"
) -> Draft:
    """Keep a form as it stands; ``subject`` is the id of the record that is edited, or ``new``."""
    now = utcnow()
    place = {"user_id": user.id, "kind": kind, "subject": subject}
    new = {"content": content, "updated_at": now}
    put(session, Draft, place, {**new, "created_at": now}, new)
    draft = load_draft(session, user, kind, subject)
    assert draft is not None
    return draft


def load_draft(session: Session, user: User, kind: str, subject: str = "new") -> Draft | None:
    """Return the draft of a form, None if there is none."""
    mine = (Draft.user_id == user.id, Draft.kind == kind, Draft.subject == subject)
    return session.scalar(select(Draft).where(*mine).execution_options(populate_existing=True))


def drop_draft(session: Session, user: User, kind: str, subject: str = "new") -> None:
    """Forget a draft, once its form was saved."""
    mine = (Draft.user_id == user.id, Draft.kind == kind, Draft.subject == subject)
    session.execute(delete(Draft).where(*mine))


def stored_setting(session: Session, key: str, default: Any = None) -> Any:
    """Return a setting that was made in the browser."""
    row = session.get(StoredSetting, key, populate_existing=True)
    return default if row is None else row.value


def store_setting(session: Session, key: str, value: Any) -> None:
    """Keep a setting; the caller logs who made it."""
    new = {"value": value, "updated_at": utcnow()}
    put(session, StoredSetting, {"key": key}, new, new)
