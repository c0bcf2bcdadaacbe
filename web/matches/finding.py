"""The lists of a record: made by the search, kept in the store, read back for whoever looks.

A list is made for somebody's view of the store, so it is read again only by people who see as
much: the office by the office, an organisation by itself, reviewers by reviewers; one of a batch
by whoever may open that batch. What changed since is checked at each reading.
"""

from __future__ import annotations

from flask import abort, current_app
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from matcher import results
from matcher.encode.base import Role
from matcher.pipeline import provenance
from matcher.store import models
from matcher.store.models import Capability, Job, Need, User
from matcher.store.revision import current_revision
from matcher.store.runs import ids_of, save_run
from matcher.store.viewers import (
    STAFF,
    Viewer,
    find,
    may_edit,
)
from web.access import current_actor, current_user_row
from web.database import reading, writing
from web.jobs import BATCH, own_run
from web.searcher import Search

#: So many candidates are kept of a search; which of them are partners is decided at each look.
TOP = 20
Row = Need | Capability


def record_or_404(kind: str, number: int) -> Row:
    """Return a record whose partners who asks may see; else the page does not exist."""
    model: type[Need] | type[Capability] = Need if kind == "need" else Capability
    viewer = current_actor()
    row: Row | None = find(reading(), model, number, viewer)
    if row is None or not (viewer.staff or viewer.reviewer or may_edit(row, viewer)):
        abort(404)
    return row


def lists_of(session: Session, row: Row, viewer: Viewer, limit: int = 10) -> list[models.MatchList]:
    """Return the lists of a record, made on its page or by a batch, latest first."""
    column = models.MatchList.need_id if isinstance(row, Need) else models.MatchList.capability_id
    query = (
        select(models.MatchList)
        .join(models.Run)
        .where(column == row.id, or_(_on_page(viewer), own_run(viewer, BATCH)))
        .order_by(models.MatchList.id.desc())
        .limit(limit)
        .options(joinedload(models.MatchList.run), joinedload(models.MatchList.snapshot))
    )
    return list(session.scalars(query))


def batch_of(session: Session, found: models.MatchList) -> Job | None:
    """Return the batch that made a list, None for one that was made on the record's page."""
    return session.scalar(select(Job).where(Job.run_id == found.run_id, Job.kind == BATCH).limit(1))


def _on_page(viewer: Viewer) -> ColumnElement[bool]:
    # A run with a title is a batch.
    users = select(User.id)
    if viewer.staff:
        users = users.where(User.roles.any(models.Role.name.in_(STAFF)))
    elif viewer.reviewer:
        users = users.where(User.roles.any(models.Role.name == "reviewer"))
    elif viewer.organisation_id is not None:
        same = User.organisation_id == viewer.organisation_id
        users = users.where(same, ~User.roles.any(models.Role.name.in_((*STAFF, "reviewer"))))
    else:
        users = users.where(User.id == viewer.user_id)
    return and_(models.Run.title == "", models.Run.created_by_id.in_(users))


def make_list(row: Row) -> None:
    """Look for the partners of a record now and keep the list.

    Raises EncoderError while the first index is made.
    """
    search: Search = current_app.extensions["alleymatch_search"]
    record, user = row.to_record(), current_user_row()
    need = isinstance(row, Need)
    session = reading()
    revision = current_revision(session)
    wanted: Role = "capability" if need else "need"
    found = search.find(record, current_actor(), wanted, TOP, "zh")
    assert found.matcher is not None
    listed = found.found
    run = results.Run(
        (listed,), provenance(found.matcher, (str(revision),)), need_count=1,
        capability_count=search.count(wanted),
    )  # fmt: skip
    partners = [partner_code(record.record, m) for m in (*listed.matches, *listed.below)]
    with writing() as session:
        others = ids_of(session, wanted, partners)
        mine = {row.code: row.id}
        kept = save_run(
            session, run, user, need_ids=mine if need else others,
            capability_ids=others if need else mine,
        )  # fmt: skip
        kept.revision = revision


def partner_code(query_kind: str, match: results.Match) -> str:
    """Return the code of the side that was found."""
    return match.capability.id if query_kind == "need" else match.need.id
