"""Roles, invitations and lock-out."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
import uuid
from datetime import timedelta

from sqlalchemy import Connection, func, insert, or_, select, update
from sqlalchemy.orm import Session

from matcher import taxonomy
from matcher.errors import InputError
from matcher.store.audit import log
from matcher.store.columns import utcnow
from matcher.store.models import Invitation, Organisation, Role, User
from matcher.store.passwords import check_password

VALID_DAYS = 14
MAX_EMAIL_CHARACTERS = 255
#: So many wrong passwords in a row lock an account for so many minutes.
MAX_FAILURES, LOCKED_MINUTES = 5, 15


def add_missing_roles(connection: Connection) -> None:
    """Add a row for every role of data/taxonomy/roles.csv that has none."""
    known = set(connection.scalars(select(Role.name)))
    now = utcnow()
    rows = [
        {"name": term.code, "description": term.zh, "created_at": now, "updated_at": now}
        for term in taxonomy.terms("roles").values()
        if term.code not in known
    ]
    if rows:
        connection.execute(insert(Role), rows)


def role(session: Session, name: str) -> Role:
    """Return a role by its code; raises InputError for one that does not exist."""
    found = session.scalar(select(Role).where(Role.name == name))
    if found is None:
        raise InputError(
            f"没有“{name}”这个角色，请从列表中选择。",
            f"There is no role “{name}”: choose one from the list.",
        )
    return found


def has_administrator(session: Session) -> bool:
    """Tell whether somebody can administer; the first start asks for one otherwise."""
    query = select(func.count(User.id)).where(
        User.active, User.roles.any(Role.name == "administrator")
    )
    return bool(session.scalar(query))


def invite(
    session: Session, email: str, role_name: str, organisation: Organisation | None,
    user: User | None, days: int = VALID_DAYS,
) -> str:  # fmt: skip
    """Invite somebody; return the token for the link, which is kept nowhere.

    Raises InputError for a role that does not exist or an address that is none.
    """
    if not 3 <= len(email) <= MAX_EMAIL_CHARACTERS or "@" not in email:
        raise InputError(
            "邮箱地址不对，请检查后重新填写。",
            "That is no e-mail address: check it and write it again.",
        )
    token = secrets.token_urlsafe(32)
    row = Invitation(
        email=email, role=role(session, role_name).name,
        organisation_id=organisation.id if organisation else None, token_hash=_hash(token),
        invited_by_id=user.id if user else None, expires_at=utcnow() + timedelta(days=days),
    )  # fmt: skip
    session.add(row)
    session.flush()
    log(session, user, "user.invite", row, role=role_name)
    return token


def open_invitation(session: Session, token: str) -> Invitation:
    """Return an invitation that can be taken; raises InputError if it is used, old or unknown."""
    row = session.scalar(select(Invitation).where(Invitation.token_hash == _hash(token)))
    if row is None or row.used_at is not None or row.expires_at < utcnow():
        raise InputError(
            "邀请链接无效、已使用或已过期。请联系管理员重新发送邀请。",
            "The invitation is unknown, used or expired: ask the administrator for a new one.",
        )
    return row


def take_invitation(session: Session, token: str, new_user: User) -> Invitation:
    """Use an invitation up for a new user: role and organisation become his.

    Raises InputError as ``open_invitation`` does; of two who come at once one is refused.
    """
    row = open_invitation(session, token)
    session.add(new_user)
    session.flush()
    free = (Invitation.id == row.id, Invitation.used_at.is_(None))
    taken = update(Invitation).where(*free).values(used_at=utcnow(), user_id=new_user.id)
    if session.scalar(taken.returning(Invitation.id)) is None:
        return open_invitation(session, token)
    new_user.organisation_id = row.organisation_id
    new_user.roles = [role(session, row.role)]
    session.refresh(row)
    log(session, new_user, "user.join", new_user, role=row.role)
    session.flush()
    return row


def replace_password(session: Session, name: str, password: str) -> None:
    """Give a user (by user name or e-mail) a new password, and open the account again.

    Every session of the user ends. Raises InputError for an unknown user and a password that
    is soon guessed.
    """
    from argon2 import PasswordHasher

    wanted = name.strip().lower()
    row = session.scalars(
        select(User).where(or_(func.lower(User.username) == wanted, User.email == wanted))
    ).first()
    if row is None:
        raise InputError(f"没有用户“{name}”。", f"There is no user “{name}”.")
    check_password(password, [row.username, row.name, row.email])
    # As the web application hashes it.
    row.password = PasswordHasher().hash(unicodedata.normalize("NFKD", password))
    row.fs_uniquifier, row.active = uuid.uuid4().hex, True
    row.failed_count, row.locked_until = 0, None
    log(session, None, "user.password-reset", row)


def is_locked(user: User) -> bool:
    """Tell whether an account is locked after wrong passwords."""
    return user.locked_until is not None and user.locked_until > utcnow()


def note_failure(session: Session, user_id: int) -> None:
    """Count a wrong password, and lock the account after ``MAX_FAILURES`` of them."""
    counted = update(User).where(User.id == user_id).values(failed_count=User.failed_count + 1)
    failures = session.scalar(counted.returning(User.failed_count)) or 0
    if failures >= MAX_FAILURES:
        until = utcnow() + timedelta(minutes=LOCKED_MINUTES)
        locked = {"locked_until": until, "failed_count": 0}
        session.execute(update(User).where(User.id == user_id).values(locked))
        log(session, None, "user.lock", session.get(User, user_id))


def note_success(session: Session, user_id: int) -> None:
    """Forget wrong passwords after a right one."""
    clear = {"failed_count": 0, "locked_until": None}
    session.execute(update(User).where(User.id == user_id).values(clear))


def _hash(token: str) -> str:
    # A token is long and random; what protects passwords against guessing is not needed.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
