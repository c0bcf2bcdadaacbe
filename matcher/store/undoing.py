"""Undo a whole import; what people did with its records since is not undone with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from matcher import records
from matcher.errors import InputError
from matcher.store.audit import log
from matcher.store.columns import to_json, utcnow
from matcher.store.editing import model_of
from matcher.store.models import (
    Capability,
    Deal,
    Decision,
    Import,
    ImportChange,
    Invitation,
    Match,
    MatchList,
    Need,
    Organisation,
    Removal,
    User,
)
from matcher.store.parties import refresh_offers
from matcher.store.revision import next_revision


@dataclass(frozen=True)
class Undone:
    """What undoing an import did.

    ``removed`` records are gone; ``archived`` ones are in a match and were put away instead;
    ``restored`` ones have their earlier content again; ``kept`` are codes of records that
    somebody edited since, ``dealt`` of others with a deal that is under way or signed: all of
    these stay as they are.
    """

    removed: int
    archived: int
    restored: int
    kept: tuple[str, ...]
    dealt: tuple[str, ...] = ()


@dataclass(frozen=True)
class Followed:
    """How many records undoing would archive though they were decided on, or keep for a deal."""

    decided: int
    dealt: int


def followed_up(session: Session, import_id: int, *, staff: bool = True) -> Followed:
    """Count what people did with an import; without ``staff`` by the owners' own decisions."""
    row = session.get_one(Import, import_id)
    model = model_of(row.kind)
    changed = select(ImportChange.record_id).where(
        ImportChange.import_id == row.id, ImportChange.kind == row.kind
    )
    untouched = and_(model.import_id == row.id, model.version == 1)
    said = getattr(Decision, f"{row.kind}_id") == model.id
    if not staff:
        said = and_(said, Decision.side == row.kind)
    count, dealt = select(func.count(model.id)), _dealt(model)
    archived = count.where(untouched, ~dealt, exists().where(said))
    kept = count.where(or_(untouched, model.id.in_(changed)), dealt)
    return Followed(session.scalar(archived) or 0, session.scalar(kept) or 0)


def undo_import(session: Session, import_id: int, user: User | None) -> Undone:
    """Take an import back, in this transaction.

    Raises InputError if there is none or if it was undone before.
    """
    revision = next_revision(session)
    row = session.get(Import, import_id, populate_existing=True)
    if row is None or row.undone_at is not None:
        raise InputError(
            "这次导入不存在，或者已经撤销过了。请刷新页面。",
            "There is no such import, or it was undone before: reload the page.",
        )
    # Rows in memory would not notice what happens to them here.
    session.expire_all()
    model = model_of(row.kind)
    held, untouched = model.import_id == row.id, model.version == 1
    kept = list(session.scalars(select(model.code).where(held, ~untouched).order_by(model.code)))
    used = _used(model)
    dealt = _dealt(model)
    followed = list(session.scalars(select(model.code).where(held, untouched, dealt)))
    archived = _archive(session, model, [held, untouched, used, ~dealt], revision, user)
    removed = _remove(session, row.kind, model, [held, untouched, ~used], revision)
    restored, changed_since, left = _put_back(session, row.id)
    _remove_unused_owners(session, row.id, revision)
    row.undone_at, row.undone_by_id = utcnow(), user.id if user else None
    done = Undone(
        removed, archived, restored, tuple(sorted((*kept, *changed_since))),
        tuple(sorted((*followed, *left))),
    )  # fmt: skip
    log(
        session, user, "import.undo", row, removed=removed, archived=archived, restored=restored,
        kept=len(done.kept) + len(done.dealt),
    )  # fmt: skip
    session.flush()
    session.expire_all()
    return done


def _used(model: type[Need] | type[Capability]) -> Any:
    name = "need_id" if model is Need else "capability_id"
    places = (Match, MatchList, Decision, Deal)
    return or_(*(exists().where(getattr(place, name) == model.id) for place in places))


def _dealt(model: type[Need] | type[Capability]) -> Any:
    name = "need_id" if model is Need else "capability_id"
    live = or_(Deal.closed_at.is_(None), Deal.contract_amount.is_not(None))
    return exists().where(getattr(Deal, name) == model.id, live)


def _archive(
    session: Session, model: Any, where: list[Any], revision: int, user: User | None
) -> int:  # fmt: skip
    ids = list(session.scalars(select(model.id).where(*where)))
    now = utcnow()
    values = {
        "archived_at": now, "updated_at": now, "changed_at_revision": revision, "version": 2,
        "updated_by_id": user.id if user else None,
    }  # fmt: skip
    for part in _parts(ids):
        session.execute(update(model).where(model.id.in_(part)).values(values))
    return len(ids)


def _remove(session: Session, kind: str, model: Any, where: list[Any], revision: int) -> int:
    ids = list(session.scalars(select(model.id).where(*where)))
    for part in _parts(ids):
        session.execute(delete(model).where(model.id.in_(part)))
        gone = [{"kind": kind, "record_id": number, "revision": revision} for number in part]
        session.execute(insert(Removal), gone)
    return len(ids)


def _put_back(session: Session, import_id: int) -> tuple[int, list[str], list[str]]:
    """Return how many have their earlier content again, and the codes of those that do not.

    Codes of what was edited since, and of what has a deal.
    """
    restored, changed_since, dealt = 0, list[str](), list[str]()
    query = select(ImportChange).where(ImportChange.import_id == import_id)
    for change in session.scalars(query.order_by(ImportChange.id)):
        row = _row(session, change)
        if row is None:
            continue
        if row.version != change.version:
            changed_since.append(row.name if isinstance(row, Organisation) else row.code)
        elif isinstance(row, Organisation):
            row.take(_parsed(records.Organisation, change.before))
            refresh_offers(session, row)
        elif session.scalar(select(_dealt(type(row))).where(type(row).id == row.id)):
            dealt.append(row.code)
        else:
            row.take(_parsed(row.record_class, change.before))
            restored += 1
    session.flush()
    return restored, changed_since, dealt


def _row(session: Session, change: ImportChange) -> Organisation | Need | Capability | None:
    if change.kind == "organisation":
        return session.get(Organisation, change.record_id)
    if change.kind == "need":
        return session.get(Need, change.record_id)
    return session.get(Capability, change.record_id)


def _parsed(model: Any, content: dict[str, Any]) -> Any:
    # The records are strict: only from JSON do they take a list for a tuple.
    return model.model_validate_json(to_json(content))


def _remove_unused_owners(session: Session, import_id: int, revision: int) -> None:
    users = (Need, Capability, User, Invitation)
    held = [exists().where(place.organisation_id == Organisation.id) for place in users]
    unused = [Organisation.import_id == import_id, Organisation.version == 1, ~or_(*held)]
    _remove(session, "organisation", Organisation, unused, revision)


def _parts(ids: list[int], size: int = 500) -> list[list[int]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]
