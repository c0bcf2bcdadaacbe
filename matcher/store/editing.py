"""Write needs and capabilities: create, edit, archive and restore them, nobody's edit lost."""

from __future__ import annotations

import re
from typing import Any, Literal, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher import records
from matcher.errors import InputError
from matcher.ingest.limits import MAX_ID_CHARACTERS
from matcher.store.audit import kind_of, log
from matcher.store.columns import utcnow
from matcher.store.errors import EditConflict
from matcher.store.models import Capability, Need, Organisation, User
from matcher.store.parties import Parties
from matcher.store.revision import next_revision
from matcher.store.viewers import LARGEST_ID

Kind = Literal["need", "capability"]
Row = TypeVar("Row", bound=Need | Capability)
_MODELS: dict[str, type[Need] | type[Capability]] = {"need": Need, "capability": Capability}
_PREFIXES = {"need": "N", "capability": "C"}


def model_of(kind: str) -> type[Need] | type[Capability]:
    """Return the table for ``need`` or ``capability``."""
    return _MODELS[kind]


class Codes:
    """Gives codes that no record has: N0001, N0002, … and C0001, …

    ``taken`` are codes that are about to be used. Call ``next_revision`` first.
    """

    def __init__(self, session: Session, kind: str, taken: frozenset[str] = frozenset()) -> None:
        model, self._prefix = model_of(kind), _PREFIXES[kind]
        used = session.scalars(select(model.code).where(model.code.startswith(self._prefix)))
        self._used = {*used, *taken}
        # Longer numbers are somebody else's, a date or a serial number: no reason to go on there.
        numbered = re.compile(rf"{self._prefix}([0-9]{{1,7}})")
        found = (numbered.fullmatch(code) for code in self._used)
        self._last = max((int(match[1]) for match in found if match), default=0)

    def next(self) -> str:
        """Return the next free code."""
        self._last += 1
        while (code := f"{self._prefix}{self._last:04d}") in self._used:
            self._last += 1
        return code


def new_code(session: Session, kind: str) -> str:
    """Return a code for one new record."""
    next_revision(session)
    return Codes(session, kind).next()


def create(
    session: Session, record: records.Offer, user: User | None,
    organisation: Organisation | None = None,
) -> Need | Capability:  # fmt: skip
    """Add a record.

    ``organisation`` is the owner; None: the one that the record names, found or made. Raises
    InputError if the code is taken or too long.
    """
    next_revision(session)
    model = model_of(record.record)
    if len(record.id) > MAX_ID_CHARACTERS:
        raise InputError(
            f"编号超过 {MAX_ID_CHARACTERS} 个字符，请换一个短的编号。",
            f"The id has more than {MAX_ID_CHARACTERS} characters: choose a shorter one.",
        )
    if session.scalar(select(model.id).where(model.code == record.id)) is not None:
        raise InputError(
            f"编号 {record.id} 已被使用，请换一个编号。",
            f"The id {record.id} is taken: choose another one.",
        )
    if organisation is None and record.organisation is not None:
        organisation = Parties(session, [record.organisation]).resolve(record.organisation)
    row = _from_record(record, organisation)
    row.created_by_id = row.updated_by_id = user.id if user else None
    session.add(row)
    session.flush()
    log(session, user, f"{kind_of(row)}.create", row, code=row.code)
    return row


def _from_record(record: records.Offer, organisation: Organisation | None) -> Need | Capability:
    if isinstance(record, records.Need):
        return Need.from_record(record, organisation)
    return Capability.from_record(record, organisation)


def load(
    session: Session, model: type[Row], row_id: int, expected_version: int | None = None
) -> Row:
    """Return a record that nobody else can change until the transaction ends.

    Raises InputError if there is none, EditConflict if it is not at ``expected_version``.
    """
    next_revision(session)
    row = None
    if 0 < row_id <= LARGEST_ID:
        row = session.get(model, row_id, populate_existing=True)
    if row is None:
        raise gone()
    if expected_version is not None and row.version != expected_version:
        who = row.updated_by.shown_name if row.updated_by else ""
        raise EditConflict(row.code, row.to_record(), row.version, who, row.updated_at)
    return row


def gone() -> InputError:
    """Return the error for a record that does not exist, or that this user may not see."""
    return InputError(
        "找不到这条记录，可能已被删除。请返回列表重新选择。",
        "There is no such record; it may have been removed: choose one from the list again.",
    )


def save(
    session: Session, model: type[Row], row_id: int, record: Any, expected_version: int,
    user: User | None, organisation: Organisation | None = None,
) -> Row:  # fmt: skip
    """Replace the content of a record.

    Parameters
    ----------
    record
        The whole new content; its id and its organisation are not looked at.
    expected_version
        The version that the user saw when he began.
    organisation
        The new owner; None: the owner stays.

    Raises EditConflict, and changes nothing, if somebody else saved in between.
    """
    row = load(session, model, row_id, expected_version)
    before = row.to_record()
    if organisation is not None:
        row.organisation = organisation
    record = record.model_copy(update={"id": row.code})
    row.take(record)
    names = [name for name in model.record_class.model_fields if name != "organisation"]
    changed = [name for name in names if getattr(before, name) != getattr(record, name)]
    if organisation is not None and before.organisation != organisation.to_record():
        changed.append("organisation")
    if not changed:
        return row
    row.updated_by_id = user.id if user else None
    log(session, user, f"{kind_of(row)}.edit", row, code=row.code, fields=changed)
    session.flush()
    return row


def archive(
    session: Session, model: type[Row], row_id: int, user: User | None,
    expected_version: int | None = None,
) -> Row:  # fmt: skip
    """Put a record away: it takes part in nothing, and can be restored."""
    row = load(session, model, row_id, expected_version)
    if row.archived_at is None:
        row.archived_at = utcnow()
        _sign(session, row, user, "archive")
    return row


def restore(session: Session, model: type[Row], row_id: int, user: User | None) -> Row:
    """Bring an archived record back."""
    row = load(session, model, row_id)
    if row.archived_at is not None:
        row.archived_at = None
        _sign(session, row, user, "restore")
    return row


def _sign(session: Session, row: Need | Capability, user: User | None, what: str) -> None:
    row.updated_by_id = user.id if user else None
    log(session, user, f"{kind_of(row)}.{what}", row, code=row.code)
    session.flush()
