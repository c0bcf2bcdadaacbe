"""What changed between two lists of one record. For the office."""

from __future__ import annotations

from datetime import datetime

from flask import abort, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.compare import Known, compare_lists
from matcher.store.models import Capability, Decision, Need
from matcher.store.runs import provenance_of
from web.access import MANAGERS, allows, current_actor
from web.database import reading
from web.i18n import lang
from web.matches import blueprint
from web.matches.finding import lists_of, record_or_404
from web.matches.seeing import read_list


@blueprint.get("/matches/<any(needs, capabilities):kind>/<int:number>/changes")
@allows(*MANAGERS)
def changes(kind: str, number: int) -> str:
    row = record_or_404("need" if kind == "needs" else "capability", number)
    session, viewer = reading(), current_actor()
    lists = lists_of(session, row, viewer, 30)
    if len(lists) < 2:
        return render_template(
            "matches/changes.html", row=row, kind=kind, found=None, lists=lists, earlier=None
        )
    wanted = request.args.get("from", "")
    earlier = next((item for item in lists[1:] if str(item.id) == wanted), None)
    if earlier is None:
        if wanted:
            abort(404)
        earlier = lists[1]
    old = read_list(session, earlier, row, viewer, lang())
    new = read_list(session, lists[0], row, viewer, lang())
    made = (provenance_of(earlier.run), provenance_of(lists[0].run))
    found = compare_lists(
        old.found,
        new.found,
        made,
        known_since(session, earlier.run.created_at, need=kind == "needs"),
    )
    return render_template(
        "matches/changes.html", row=row, kind=kind, found=found, lists=lists, earlier=earlier,
        latest=lists[0],
    )  # fmt: skip


def known_since(session: Session, start: datetime, *, need: bool) -> Known:
    """Return what the store knows about the time since ``start``; ``need``: needs are asking."""
    partner: type[Need] | type[Capability] = Capability if need else Need
    new = select(partner.code).where(partner.created_at > start)
    gone = select(partner.code).where(
        (partner.archived_at.is_not(None)) | (partner.status != "published")
    )
    decisions = (
        select(Need.code, Capability.code)
        .select_from(Decision)
        .join(Need, Need.id == Decision.need_id)
        .join(Capability, Capability.id == Decision.capability_id)
        .where(Decision.decided_at > start)
    )
    pairs = [(asks, offers) for asks, offers in session.execute(decisions)]
    return Known(
        frozenset(session.scalars(new)), frozenset(session.scalars(gone)),
        frozenset(pairs if need else [(offers, asks) for asks, offers in pairs]),
    )  # fmt: skip
