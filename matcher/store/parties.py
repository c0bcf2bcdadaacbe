"""Organisations: find the one that a record means, edit it, and see who is the same party."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, union_all, update
from sqlalchemy.orm import Session

from matcher import records, taxonomy
from matcher.errors import InputError
from matcher.store.audit import log
from matcher.store.derived import derived
from matcher.store.errors import EditConflict
from matcher.store.models import Alias, Capability, Need, Organisation, User
from matcher.store.models.parties import key_of
from matcher.store.revision import next_revision
from matcher.store.viewers import LARGEST_ID

#: Facts that a later record may add to an organisation where it has none.
FACTS = ("kind", "credit_code", "parent", "district", "size", "founded", "website")
#: More than this are looked for in a list of all.
_MANY = 100


class Parties:
    """Finds or makes the organisation that a record names, for one record or for thousands.

    The same credit code, else the same name, else a name that exactly one organisation has as an
    alias. Two different credit codes are two organisations whatever their names; a shared parent
    makes nobody the same. What a record adds to what is known is kept; what contradicts it is
    not. Call ``next_revision`` before ``resolve``.
    """

    def __init__(
        self, session: Session, wanted: Iterable[records.Organisation], import_id: int | None = None
    ) -> None:
        self._session, self._import_id = session, import_id
        #: What organisations that were there before looked like before facts were added.
        self.before: dict[Organisation, records.Organisation] = {}
        self._by_code: dict[str, Organisation] = {}
        self._by_name: dict[str, list[Organisation]] = defaultdict(list)
        self._by_alias: dict[str, list[Organisation]] = defaultdict(list)
        self._seen: dict[records.Organisation, Organisation] = {}
        for row in session.scalars(_like(set(wanted))):
            self._learn(row)

    def resolve(self, record: records.Organisation) -> Organisation:
        """Return the row that ``record`` means; a new one has no id before the next flush."""
        if record in self._seen:
            return self._seen[record]
        row = self.find(record)
        if row is None:
            row = Organisation.from_record(record.model_copy(update={"id": ""}))
            row.import_id = self._import_id
            self._session.add(row)
        else:
            self._add_facts(row, record)
        self._learn(row)
        self._seen[record] = row
        return row

    def find(self, record: records.Organisation) -> Organisation | None:
        """Return the row that ``record`` means, None for a new one; writes nothing."""
        if record.credit_code and (row := self._by_code.get(record.credit_code)):
            return row
        key = key_of(record.name)
        named = [row for row in self._by_name[key] if _may_be(row, record)]
        if named:
            return named[0]
        called = {row.id: row for row in self._by_alias[key] if _may_be(row, record)}
        return next(iter(called.values())) if len(called) == 1 else None

    def _add_facts(self, row: Organisation, record: records.Organisation) -> None:
        now = row.to_record()
        facts = {
            name: getattr(record, name)
            for name in FACTS
            if getattr(now, name) is None and getattr(record, name) is not None
        }
        keys = now.party_keys
        names = (record.name, *record.aliases)
        aliases = [name for name in names if taxonomy.fold(name) not in {*keys, ""}]
        if not facts and not aliases:
            return
        changed = now.model_copy(update={**facts, "aliases": (*now.aliases, *aliases)})
        row.take(changed)
        # One made a moment ago has no records yet.
        if row.id is not None:
            self.before.setdefault(row, now)
            refresh_offers(self._session, row)

    def _learn(self, row: Organisation) -> None:
        if row.archived_at is not None:
            return
        if row.credit_code:
            self._by_code.setdefault(row.credit_code, row)
        for place, key in ((self._by_name, row.name_key), *((self._by_alias, a.key)
                           for a in row.alias_rows)):  # fmt: skip
            if key and row not in place[key]:
                place[key].append(row)


def _may_be(row: Organisation, record: records.Organisation) -> bool:
    return not (row.credit_code and record.credit_code and row.credit_code != record.credit_code)


def _like(wanted: set[records.Organisation]) -> Select[Organisation]:
    """Select the organisations that one of ``wanted`` could be; all, if they are many."""
    query = select(Organisation).order_by(Organisation.id)
    if len(wanted) > _MANY:
        return query
    keys = {key_of(record.name) for record in wanted}
    aliased = select(Alias.organisation_id).where(Alias.key.in_(keys))
    codes = {record.credit_code for record in wanted if record.credit_code}
    return query.where(
        or_(
            Organisation.name_key.in_(keys),
            Organisation.id.in_(aliased),
            Organisation.credit_code.in_(codes),
        )
    )


def save_organisation(
    session: Session, row_id: int, record: records.Organisation, expected_version: int,
    user: User | None,
) -> Organisation:  # fmt: skip
    """Replace the content of an organisation.

    Raises EditConflict if it is no longer at ``expected_version``.
    """
    row = load_organisation(session, row_id, expected_version)
    before = row.to_record()
    row.take(record.model_copy(update={"id": before.id}))
    changed = [n for n in type(record).model_fields if getattr(before, n) != getattr(record, n)]
    row.updated_by_id = user.id if user else None
    refresh_offers(session, row)
    log(session, user, "organisation.edit", row, fields=[n for n in changed if n != "id"])
    session.flush()
    return row


def load_organisation(
    session: Session, row_id: int, expected_version: int | None = None
) -> Organisation:
    """Return an organisation that nobody else can change until the transaction ends.

    Raises InputError if there is none, EditConflict if it is at another version.
    """
    next_revision(session)
    row = None
    if 0 < row_id <= LARGEST_ID:
        row = session.get(Organisation, row_id, populate_existing=True)
    if row is None:
        raise InputError(
            "找不到这个单位，可能已被合并或删除。请返回列表重新选择。",
            "There is no such organisation; it may have been merged or removed: choose one from "
            "the list again.",
        )
    if expected_version is not None and row.version != expected_version:
        editor = session.get(User, row.updated_by_id) if row.updated_by_id else None
        who = editor.shown_name if editor else ""
        raise EditConflict(row.name, row.to_record(), row.version, who, row.updated_at)
    return row


def refresh_offers(session: Session, organisation: Organisation) -> None:
    """Work out anew what is derived from the owner in all of its records."""
    session.flush()
    owner = organisation.to_record()
    for row in offers_of(session, organisation):
        values: dict[str, Any] = derived(row.to_record().model_copy(update={"organisation": owner}))
        if all(getattr(row, name) == value for name, value in values.items()):
            continue
        # Beside the session: no edit of the record, so neither its version nor its date moves.
        model = type(row)
        values["updated_at"] = model.updated_at
        session.connection().execute(update(model).where(model.id == row.id).values(values))
        session.expire(row, list(values))


def offers_of(session: Session, organisation: Organisation) -> list[Need | Capability]:
    """Return everything that an organisation owns, archived records too."""
    held = organisation.id
    needs = session.scalars(select(Need).where(Need.organisation_id == held))
    offers = session.scalars(select(Capability).where(Capability.organisation_id == held))
    return [*needs.unique(), *offers.unique()]


def same_party(session: Session, organisation: Organisation) -> list[Organisation]:
    """Return the other organisations that share a credit code, a name, an alias or a parent."""
    names = (organisation.name, *organisation.aliases, organisation.parent or "")
    keys = {key for name in names if (key := key_of(name))}
    aliased = select(Alias.organisation_id).where(Alias.key.in_(keys))
    shared: list[ColumnElement[bool]] = [
        Organisation.name_key.in_(keys),
        Organisation.parent_key.in_(keys),
        Organisation.id.in_(aliased),
    ]
    if organisation.credit_code:
        shared.append(Organisation.credit_code == organisation.credit_code)
    query = select(Organisation).where(or_(*shared), Organisation.id != organisation.id)
    return list(session.scalars(query.order_by(Organisation.id)))


@dataclass(frozen=True)
class SameParty:
    """Two organisations that look like one, and why: ``credit_code`` or ``name``."""

    first: Organisation
    second: Organisation
    why: str


def possible_duplicates(session: Session, limit: int = 200) -> list[SameParty]:
    """Return pairs that share a credit code, a name or an alias, for a person to merge.

    A shared parent makes a related party and no duplicate.
    """
    rows = session.scalars(
        select(Organisation)
        .where(Organisation.archived_at.is_(None), Organisation.id.in_(_sharing()))
        .order_by(Organisation.id)
    )
    first: dict[tuple[str, str], Organisation] = {}
    found: dict[tuple[int, int], SameParty] = {}
    for row in rows:
        keys = {("name", row.name_key), *(("name", alias.key) for alias in row.alias_rows)}
        keys.add(("credit_code", row.credit_code or ""))
        for why, key in sorted(keys):
            if not key:
                continue
            other = first.setdefault((why, key), row)
            if other is not row:
                found.setdefault((other.id, row.id), SameParty(other, row, why))
    return list(found.values())[:limit]


def _sharing() -> Select[Any]:
    """Select the organisations that have a key in common with another one."""
    present = Organisation.archived_at.is_(None)
    code = ("code:" + Organisation.credit_code).label("key")
    keys = union_all(
        select(Organisation.name_key.label("key"), Organisation.id).where(present),
        select(Alias.key, Alias.organisation_id)
        .join(Organisation, Organisation.id == Alias.organisation_id)
        .where(present),
        select(code, Organisation.id).where(present, Organisation.credit_code.is_not(None)),
    ).subquery()
    many = func.count(keys.c.id.distinct()) > 1
    shared = select(keys.c.key).where(keys.c.key != "").group_by(keys.c.key).having(many)
    return select(keys.c.id).where(keys.c.key.in_(shared))
