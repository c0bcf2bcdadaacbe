"""The extensions, and the users of the store as Flask-Security wants them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from limits.storage import MemoryStorage
from sqlalchemy.orm import Session

from web.database import reading, store_or_none


class Counts(MemoryStorage):
    """Counts in the memory of this process, one request at a time.

    Two requests at once would start the same timer of the library twice, which ends the process.
    """

    STORAGE_SCHEME = ["counts"]  # noqa: RUF012  # As the library declares it.
    _gate = Lock()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add to a counter and return it."""
        with self._gate:
            return int(super().incr(key, expiry, amount))


csrf = CSRFProtect()
#: One process serves an office.
limiter = Limiter(get_remote_address, storage_uri="counts://", headers_enabled=False)


class _Sessions:
    """What the user datastore takes for a Flask-SQLAlchemy object."""

    @property
    def session(self) -> Session:
        return reading()


def init_app(app: Flask) -> None:
    """Bind the extensions to the application."""
    csrf.init_app(app)
    limiter.init_app(app)
    with app.app_context():
        if store_or_none() is None:
            return
    _init_users(app)


def _init_users(app: Flask) -> None:
    from flask_security import Security
    from flask_security.datastore import SQLAlchemyUserDatastore

    from matcher.store.models import Role, User

    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",
        # Older schemes would only be another way in, and bcrypt warns where it is absent.
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_DEPRECATED_PASSWORD_SCHEMES=[],
        # Argon2 salts by itself; a key of its own would lose every password with its file.
        SECURITY_PASSWORD_SINGLE_HASH=True,
        SECURITY_PASSWORD_LENGTH_MIN=10,
        SECURITY_RESET_PASSWORD_WITHIN=timedelta(days=1),
        SECURITY_DATETIME_FACTORY=_now,
        SECURITY_CLI_USERS_NAME=False,
        SECURITY_CLI_ROLES_NAME=False,
    )
    sessions: Any = _Sessions()
    security = Security()
    # The pages are this application's own: in two languages, with lock-out and invitations.
    security.init_app(app, SQLAlchemyUserDatastore(sessions, User, Role), register_blueprint=False)
    # No tokens in addresses or headers: a browser's session is the only way in.
    security.login_manager.request_loader(lambda request: None)


def _now() -> datetime:
    return datetime.now(UTC)
