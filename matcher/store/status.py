"""What there is to say about a database without changing it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from matcher import settings
from matcher.store import migrate
from matcher.store.database import explained
from matcher.store.engines import make_engine, parse_url
from matcher.store.models import (
    Base,
    Capability,
    Decision,
    Need,
    Organisation,
    Revision,
    Run,
    User,
)

_COUNTED: dict[str, type[Base]] = {
    "needs": Need,
    "capabilities": Capability,
    "organisations": Organisation,
    "users": User,
    "runs": Run,
    "decisions": Decision,
}


def status_of(database: str | None = None) -> dict[str, Any]:
    """Return address (without password), state, step, revision and counts of a database.

    Nothing is created. Raises StoreError if it cannot be read.
    """
    url = parse_url(database or settings.database_url())
    facts: dict[str, Any] = {"database": url.render_as_string(hide_password=True)}
    if url.drivername == "sqlite":
        path = Path(str(url.database))
        if not path.is_file():
            return {**facts, "state": "absent"}
        facts["bytes"] = path.stat().st_size
    with explained():
        return {**facts, **_inside(url)}


def _inside(url: URL) -> dict[str, Any]:
    engine = make_engine(url, migrating=True)
    with engine.connect() as connection:
        state = migrate.state_of(connection)
        facts: dict[str, Any] = {"state": state, "step": migrate.step_of(connection)}
        if state == "current":
            facts |= _counts(connection)
        return facts


def facts_of(session: Session) -> dict[str, Any]:
    """Return kind, size in bytes, step, revision and counts of the database of a session."""
    connection = session.connection()
    lite = connection.dialect.name == "sqlite"
    size = (
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        if lite
        else "SELECT pg_database_size(current_database())"
    )
    return {
        "kind": "SQLite" if lite else "PostgreSQL",
        "bytes": connection.scalar(text(size)),
        "step": migrate.step_of(connection),
        **_counts(connection),
    }


def _counts(connection: Connection) -> dict[str, Any]:
    found: dict[str, Any] = {"revision": connection.scalar(select(Revision.value))}
    for name, model in _COUNTED.items():
        found[name] = connection.scalar(select(func.count()).select_from(model))
    return found
