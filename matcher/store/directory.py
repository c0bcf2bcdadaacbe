"""The office's list of organisations, what each of them holds, and what a merge would move."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from matcher import records, taxonomy
from matcher.errors import InputError
from matcher.store.audit import log
from matcher.store.columns import storable
from matcher.store.listing import Page, nearest_page
from matcher.store.models import Alias, Capability, Invitation, Need, Organisation, User
from matcher.store.models.parties import key_of
from matcher.store.parties import FACTS
from matcher.store.revision import next_revision


@dataclass(frozen=True)
class Holding:
    """How much belongs to one organisation, archived records too."""

    needs: int = 0
    capabilities: int = 0
    users: int = 0
    invitations: int = 0


def organisations_page(
    session: Session, text: str = "", kind: str | None = None, number: int = 1, size: int = 50
) -> Page[Organisation]:
    """Return one page of the organisations whose name, alias or credit code holds a text."""
    found: list[ColumnElement[bool]] = [Organisation.archived_at.is_(None)]
    if kind:
        found.append(Organisation.kind == kind)
    if text.strip():
        key = taxonomy.fold(storable(text))
        called = select(Alias.organisation_id).where(Alias.key.contains(key, autoescape=True))
        # Signs alone fold to nothing and would find everything.
        said = or_(
            Organisation.name_key.contains(key, autoescape=True),
            Organisation.id.in_(called),
            func.lower(Organisation.credit_code).contains(key, autoescape=True),
        )
        found.append(said if key else Organisation.name.contains(text.strip(), autoescape=True))
    total = session.scalar(select(func.count(Organisation.id)).where(*found)) or 0
    number = nearest_page(number, size, total)
    query = select(Organisation).where(*found).order_by(Organisation.name_key, Organisation.id)
    rows = list(session.scalars(query.limit(size).offset((number - 1) * size)))
    return Page(rows, number, size, total)


def holdings(session: Session, ids: list[int]) -> dict[int, Holding]:
    """Return organisation id → what belongs to it."""
    counted: dict[int, dict[str, int]] = {number: {} for number in ids}
    tables = (("needs", Need), ("capabilities", Capability), ("users", User),
              ("invitations", Invitation))  # fmt: skip
    for name, model in tables:
        owner = model.organisation_id
        query = select(owner, func.count()).where(owner.in_(ids)).group_by(owner)
        for number, count in session.execute(query):
            counted[number or 0][name] = count
    return {number: Holding(**found) for number, found in counted.items()}


def filled_by(keep: Organisation, gone: Organisation) -> list[str]:
    """Return the facts that a merge takes from the one that goes, because the other has none."""
    return [name for name in FACTS if not getattr(keep, name) and getattr(gone, name)]


def add_organisation(
    session: Session, record: records.Organisation, user: User | None
) -> Organisation:
    """Add an organisation; raises InputError where one has this name or credit code already."""
    next_revision(session)
    same = Organisation.name_key == key_of(record.name)
    if record.credit_code:
        same = or_(same, Organisation.credit_code == record.credit_code)
    known = session.scalars(select(Organisation).where(same, Organisation.archived_at.is_(None)))
    if (row := known.first()) is not None:
        raise InputError(
            f"已有单位“{row.name}”（编号 {row.id}），名称或统一社会信用代码相同，请直接修改它。",
            f"There is “{row.name}” (number {row.id}) with the same name or credit code: change "
            "that one.",
        )
    row = Organisation.from_record(record)
    row.created_by_id = user.id if user else None
    session.add(row)
    session.flush()
    log(session, user, "organisation.create", row)
    return row
