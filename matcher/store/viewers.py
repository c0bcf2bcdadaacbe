"""Who may see which record: the rules of the database, as SQL and for one row.

| role | sees |
|---|---|
| administrator, transfer manager | everything, with every owner |
| reviewer | everything but private records, drafts and archived ones; no owner of anonymous ones |
| enterprise, institute | its own organisation's records in full; of others what a visitor sees |
| visitor, nobody | what is published and in force, public or anonymous, without anonymous owners |

A reviewer comes from outside the office (domain.md: third-party advice), so what is private or
anonymous stays so for him. "Own" is the same organisation, not a related party: a sister company
is a competitor too. When both sides accepted each other, each sees the other's record and its
owner; a private record never opens that way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from matcher import clock, records
from matcher.store.derived import without_owner
from matcher.store.models import Capability, Decision, Match, Need, User

T = TypeVar("T", bound=Need | Capability)
#: A number in an address may be anything; the databases' row ids end here.
LARGEST_ID = 2**31 - 1
STAFF = frozenset({"administrator", "transfer_manager"})
MEMBERS = frozenset({"enterprise", "institute"})


@dataclass(frozen=True)
class Viewer:
    """Somebody who looks: the roles and the organisation that decide what is seen."""

    user_id: int | None = None
    organisation_id: int | None = None
    roles: frozenset[str] = frozenset()

    @classmethod
    def of(cls, user: User | Viewer | None) -> Viewer:
        """Return the viewer that a user is; None and a deactivated user are visitors."""
        if isinstance(user, Viewer):
            return user
        if user is None or not user.active:
            return cls()
        return cls(user.id, user.organisation_id, frozenset(role.name for role in user.roles))

    @property
    def staff(self) -> bool:
        """Whether this is the office itself."""
        return bool(self.roles & STAFF)

    @property
    def reviewer(self) -> bool:
        """Whether this is an adviser who judges matches."""
        return "reviewer" in self.roles


Person = User | Viewer | None


def visible_needs(session: Session, user: Person, *, archived: bool = False) -> Select[Need]:
    """Select the needs that ``user`` may see; ``archived`` ones instead of the others."""
    return visible(Need, user, archived=archived)


def visible_capabilities(
    session: Session, user: Person, *, archived: bool = False
) -> Select[Capability]:
    """Select the capabilities that ``user`` may see; ``archived`` ones instead of the others."""
    return visible(Capability, user, archived=archived)


def visible(
    model: type[T], user: Person, *, archived: bool = False, today: date | None = None
) -> Select[T]:
    """Select what ``user`` may see of one table, without order."""
    viewer = Viewer.of(user)
    if archived:
        kept = model.archived_at.is_not(None)
        return select(model).where(kept, true() if viewer.staff else _own(model, viewer))
    return select(model).where(model.archived_at.is_(None), _open_to(model, viewer, today))


def find(session: Session, model: type[T], row_id: int, user: Person) -> T | None:
    """Return one record, archived or not, if ``user`` may see it, else None."""
    if not 0 < row_id <= LARGEST_ID:
        return None
    for archived in (False, True):
        query = visible(model, user, archived=archived).where(model.id == row_id)
        if (row := session.scalars(query).unique().one_or_none()) is not None:
            return row
    return None


def may_see(session: Session, row: Need | Capability, user: Person) -> bool:
    """Tell whether ``user`` may see this record at all."""
    if isinstance(row, Need):
        return find(session, Need, row.id, user) is not None
    return find(session, Capability, row.id, user) is not None


def visible_matches(user: Person) -> Select[Match]:
    """Select the matches that ``user`` may see: of records he sees, one of them his own.

    The office and reviewers need own none. Visitors see none: what the office found for
    somebody is that somebody's business.
    """
    viewer = Viewer.of(user)
    if viewer.staff:
        return select(Match)
    both = and_(
        Match.need_id.in_(visible(Need, viewer).with_only_columns(Need.id)),
        Match.capability_id.in_(visible(Capability, viewer).with_only_columns(Capability.id)),
    )
    if viewer.reviewer:
        return select(Match).where(both)
    own = or_(
        Match.need_id.in_(select(Need.id).where(_own(Need, viewer))),
        Match.capability_id.in_(select(Capability.id).where(_own(Capability, viewer))),
    )
    return select(Match).where(both, own)


def may_edit(row: Need | Capability, user: Person) -> bool:
    """Tell whether ``user`` may change this record: the office, and its own organisation."""
    viewer = Viewer.of(user)
    return viewer.staff or bool(viewer.roles & MEMBERS and _owns(row, viewer))


def may_see_owner(session: Session, row: Need | Capability, user: Person) -> bool:
    """Tell whether ``user`` may know whose record this is."""
    model = type(row)
    known = select(model.id).where(model.id == row.id, owner_known(model, Viewer.of(user)))
    return session.scalar(known) is not None


def shown_record(session: Session, row: Need | Capability, user: Person) -> records.Offer | None:
    """Return the record as ``user`` may read it, None if it is not for his eyes.

    Of an anonymous one whose owner he may not know, the owner is stripped to district, size and
    kind, and its names are masked in the texts.
    """
    if not may_see(session, row, user):
        return None
    record: records.Offer = row.to_record()
    return record if may_see_owner(session, row, user) else without_owner(record)


def shown_records(
    session: Session, rows: Iterable[T], user: Person
) -> dict[int, records.Offer]:  # fmt: skip
    """Return rows that came from ``visible`` as ``user`` may read them, by row id."""
    found = list(rows)
    if not found:
        return {}
    model = type(found[0])
    ids = [row.id for row in found]
    query = select(model.id).where(model.id.in_(ids), owner_known(model, Viewer.of(user)))
    known = set(session.scalars(query))
    return {
        row.id: row.to_record() if row.id in known else without_owner(row.to_record())
        for row in found
    }


def owner_known(model: type[T], viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition that the viewer may know a record's owner.

    Filters that look at owners need it: a list of "all needs of this company" would tell.
    """
    if viewer.staff:
        return true()
    return or_(
        model.confidentiality == "public", _own(model, viewer), _mutual(model, viewer)
    )  # fmt: skip


def _open_to(model: type[T], viewer: Viewer, today: date | None) -> ColumnElement[bool]:
    if viewer.staff:
        return true()
    day = today or clock.today()
    published = and_(
        model.status == "published",
        model.confidentiality.in_(("public", "anonymous")),
        or_(model.valid_until.is_(None), model.valid_until >= day),
    )
    open_to = [published, _own(model, viewer), _mutual(model, viewer)]
    if viewer.reviewer:
        open_to.append(and_(model.confidentiality != "private", model.status != "draft"))
    return or_(*open_to)


def _own(model: type[T], viewer: Viewer) -> ColumnElement[bool]:
    if not viewer.roles & MEMBERS:
        return false()
    if viewer.organisation_id is not None:
        return model.organisation_id == viewer.organisation_id
    return and_(model.organisation_id.is_(None), model.created_by_id == viewer.user_id)


def _owns(row: Need | Capability, viewer: Viewer) -> bool:
    if viewer.organisation_id is not None:
        return row.organisation_id == viewer.organisation_id
    return row.organisation_id is None and row.created_by_id == viewer.user_id


def _mutual(model: type[T], viewer: Viewer) -> ColumnElement[bool]:
    """The viewer's organisation owns the other side, and the last word of both sides is accept."""
    if viewer.organisation_id is None or not viewer.roles & MEMBERS:
        return false()
    other = Capability if model is Need else Need
    asks, offers = aliased(Decision), aliased(Decision)
    mine, theirs = (
        (asks.capability_id, asks.need_id) if model is Need else (asks.need_id, asks.capability_id)
    )
    pair = exists().where(
        theirs == model.id,
        mine == other.id,
        other.organisation_id == viewer.organisation_id,
        offers.need_id == asks.need_id,
        offers.capability_id == asks.capability_id,
        asks.id == _last_word(asks, "need"),
        offers.id == _last_word(offers, "capability"),
        asks.verdict == "accept",
        offers.verdict == "accept",
    )
    return and_(model.confidentiality != "private", pair)


def _last_word(decision: Any, side: str) -> Any:
    later = aliased(Decision)
    return (
        select(func.max(later.id))
        .where(
            later.need_id == decision.need_id,
            later.capability_id == decision.capability_id,
            later.side == side,
        )
        .correlate(decision)
        .scalar_subquery()
    )
