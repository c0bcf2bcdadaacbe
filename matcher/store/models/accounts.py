"""Users, roles and invitations, in the shape that the web application's login needs.

This is the one module of the engine that knows the login framework: the class that a session
loads has to be the class that signs in, so its two mixins stand here.
"""

# The mixins say "str" where a mapped column stands.
# mypy: disable-error-code="assignment, misc"

from __future__ import annotations

import uuid
from datetime import datetime

from flask_security import RoleMixin, UserMixin
from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matcher.store.models.base import Base, Timed
from matcher.store.models.parties import Organisation

users_roles = Table(
    "users_roles",
    Base.metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
)


def _uniquifier() -> str:
    return uuid.uuid4().hex


class Role(RoleMixin, Timed, Base):
    """What a user may do; ``name`` is a code of data/taxonomy/roles.csv."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str | None]
    permissions: Mapped[list[str] | None]


class User(UserMixin, Timed, Base):
    """A person who can sign in.

    ``language`` is ``zh`` or ``en``. ``failed_count`` and ``locked_until`` serve the lock-out
    after repeated failures. Users are deactivated, not deleted: the log still names them.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    username: Mapped[str | None] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(default="")
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True, default=_uniquifier)
    confirmed_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]
    current_login_at: Mapped[datetime | None]
    last_login_ip: Mapped[str | None] = mapped_column(String(64))
    current_login_ip: Mapped[str | None] = mapped_column(String(64))
    login_count: Mapped[int | None]
    failed_count: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    language: Mapped[str] = mapped_column(String(2), default="zh")
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id", ondelete="SET NULL"), index=True
    )

    organisation: Mapped[Organisation | None] = relationship(Organisation)
    roles: Mapped[list[Role]] = relationship(Role, secondary=users_roles, lazy="selectin")

    @property
    def shown_name(self) -> str:
        """The name that others read: name, else user name, else e-mail."""
        return self.name or self.username or self.email


class Invitation(Timed, Base):
    """An offer to become a user. Only the SHA-256 of its token is kept."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255), index=True)
    role: Mapped[str] = mapped_column(String(80))
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id", ondelete="SET NULL")
    )
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    organisation: Mapped[Organisation | None] = relationship(Organisation)
