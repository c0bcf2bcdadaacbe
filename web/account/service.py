"""What the pages of this part do to users; the rules of the store come first."""

from __future__ import annotations

import unicodedata
import uuid
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from matcher import records, taxonomy
from matcher.store import accounts
from matcher.store.audit import log
from matcher.store.columns import utcnow
from matcher.store.models import Organisation, User
from matcher.store.parties import Parties
from matcher.store.revision import next_revision
from web.access import has_role

#: An invitation's days.
INVITED_DAYS = 7
#: Roles that only an administrator gives.
OFFICE = ("administrator", "transfer_manager")
#: Roles that stand for an organisation.
MEMBERS = ("enterprise", "institute")


def find_user(session: Session, identity: str) -> User | None:
    """Return the user with this user name or e-mail address."""
    wanted = identity.strip().lower()
    matches = or_(func.lower(User.email) == wanted, func.lower(User.username) == wanted)
    return session.scalars(select(User).where(matches).order_by(User.id)).first()


def names_another(session: Session, email: str, user_id: int) -> bool:
    """Tell whether signing in with this address could mean somebody else: a user name may be one.

    For inside the transaction that writes the address.
    """
    wanted = email.strip().lower()
    matches = or_(func.lower(User.email) == wanted, func.lower(User.username) == wanted)
    return session.scalar(select(User.id).where(matches, User.id != user_id).limit(1)) is not None


def normal(password: str) -> str:
    """Return a password as it is hashed: the same however a keyboard composes it."""
    return unicodedata.normalize("NFKD", password)


def hashed(password: str) -> str:
    """Return the argon2 hash of a password."""
    from flask_security.utils import hash_password

    return str(hash_password(normal(password)))


def is_password(user: User | None, password: str) -> bool:
    """Tell whether this is the user's password; an unknown user takes as long as a known one."""
    from flask_security.utils import verify_password

    if user is None or not user.password:
        hashed(password)
        return False
    return bool(verify_password(normal(password), user.password))


def taken(session: Session, username: str, email: str | None = None) -> dict[str, str]:
    """Return what stands in the way of a new user, field → sentence."""
    found = {}
    if find_user(session, username) is not None:
        found["username"] = _("This user name is taken: choose another one.")
    if email is not None and find_user(session, email) is not None:
        found["email"] = _("There is a user with this e-mail address.")
    return found


def new_user(username: str, name: str, email: str, password: str, language: str) -> User:
    """Return a new user, not stored yet."""
    return User(
        username=username.strip(), name=name.strip(), email=email.strip().lower(),
        password=hashed(password), active=True, confirmed_at=utcnow(), language=language,
    )  # fmt: skip


def set_password(session: Session, user_id: int, password: str, by: User | None, act: str) -> None:
    """Replace a password; every session of the user and every link to reset it ends."""
    row = session.get_one(User, user_id)
    row.password, row.fs_uniquifier = hashed(password), uuid.uuid4().hex
    row.failed_count, row.locked_until = 0, None
    log(session, by, act, row)


def reset_token(user: User) -> str:
    """Return a token that lets its bearer set the user's password once, within a day."""
    from flask_security.recoverable import generate_reset_password_token

    make: Any = generate_reset_password_token
    return str(make(user))


def user_of_token(token: str) -> User | None:
    """Return whose password a token resets, None if it is used, old or made up."""
    from flask_security.recoverable import reset_password_token_status

    look: Any = reset_password_token_status
    expired, invalid, user = look(token)
    usable = isinstance(user, User) and user.active and not expired and not invalid
    return user if usable else None


def roles_to_give() -> list[tuple[str, str]]:
    """Return the roles that who asks may give, (code, label)."""
    from web.i18n import lang

    every = taxonomy.terms("roles").values()
    free = has_role("administrator")
    return [(role.code, role.label(lang())) for role in every if free or role.code not in OFFICE]


def may_manage(user: User) -> bool:
    """Tell whether who asks may reset or stop an account: managers only those outside the office.

    Else a manager could make himself an administrator.
    """
    held = {role.name for role in user.roles}
    return has_role("administrator") or not held & set(OFFICE)


def organisation_named(session: Session, name: str) -> Organisation | None:
    """Return the organisation with this name, made where there is none; None for no name."""
    if not taxonomy.fold(name):
        return None
    next_revision(session)
    record = records.Organisation(name=" ".join(name.split()))
    row = Parties(session, [record]).resolve(record)
    session.flush()
    return row


def invite(session: Session, email: str, role: str, organisation: str, by: User) -> str:
    """Invite somebody; return the token of the one-time link."""
    owner = organisation_named(session, organisation)
    return accounts.invite(session, email.strip().lower(), role, owner, by, days=INVITED_DAYS)
