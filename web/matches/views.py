"""The overview, and the partners of one record."""

from __future__ import annotations

from collections.abc import Sequence

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from matcher import taxonomy
from matcher.errors import MatcherError
from matcher.results import MatchList
from matcher.store.listing import Filters, list_page
from matcher.store.models import Capability, Deal, Need
from matcher.store.viewers import Viewer, may_edit, shown_record, shown_records
from web.access import allows, current_actor, may_visit
from web.cards import LEVELS, ShownList, show
from web.database import reading
from web.extensions import limiter
from web.i18n import lang
from web.matches import blueprint
from web.matches.finding import Row, batch_of, lists_of, make_list, record_or_404
from web.matches.history import standings
from web.matches.seeing import Kept, read_list

#: So many of those that are not recommended are shown.
NEAREST = 5
KINDS = {"needs": "need", "capabilities": "capability"}


@blueprint.context_processor
def _words() -> dict[str, object]:
    return {
        "reasons": lambda: list(taxonomy.terms("decline_reasons")),
        "partners_link": partners_link,
    }


@blueprint.get("/matches")
@allows("transfer_manager", "enterprise", "institute", "reviewer")
def overview() -> str:
    viewer = current_actor()
    office = viewer.staff or viewer.reviewer
    kind = _side(viewer, own=not office)
    filters = Filters(text=request.args.get("q", "")[:200], own=not office)
    model: type[Need] | type[Capability] = Need if kind == "need" else Capability
    page = list_page(reading(), model, viewer, filters, "-updated", _number("page"), 30)
    made = {row.id: lists_of(reading(), row, viewer, 1) for row in page.rows}
    return render_template(
        "matches/overview.html", page=page, kind=kind, q=filters.text,
        seen=shown_records(reading(), page.rows, viewer), page_address=_page_address,
        dates={number: lists[0].run.created_at for number, lists in made.items() if lists},
        under_way=_under_way(page.rows) if viewer.staff else frozenset(),
    )  # fmt: skip


def _under_way(rows: Sequence[Row]) -> frozenset[int]:
    """Return the ids of the records that an open deal is about."""
    column = Deal.need_id if rows and isinstance(rows[0], Need) else Deal.capability_id
    query = select(column).where(column.in_([row.id for row in rows]), Deal.closed_at.is_(None))
    return frozenset(number for number in reading().scalars(query) if number is not None)


def _side(viewer: Viewer, *, own: bool) -> str:
    """Return which records to show: what was asked for, else needs where there are any."""
    asked = request.args.get("kind", "")
    if asked in KINDS.values():
        return asked
    filters = Filters(own=own)
    if list_page(reading(), Need, viewer, filters, size=1).total:
        return "need"
    offers = list_page(reading(), Capability, viewer, filters, size=1).total
    return "capability" if offers else "need"


@blueprint.get("/matches/needs/<int:number>")
@allows("transfer_manager", "enterprise", "institute", "reviewer")
def of_need(number: int) -> str | tuple[str, int]:
    return _of_record("needs", number)


@blueprint.get("/matches/capabilities/<int:number>")
@allows("transfer_manager", "enterprise", "institute", "reviewer")
def of_capability(number: int) -> str | tuple[str, int]:
    return _of_record("capabilities", number)


def _of_record(kind: str, number: int) -> str | tuple[str, int]:
    row = record_or_404(KINDS[kind], number)
    if row.archived_at is None and not lists_of(reading(), row, current_actor(), 1):
        try:
            make_list(row)
        except MatcherError as error:
            return page(row, kind, error=error.message(lang())), 503
        row = record_or_404(KINDS[kind], number)
    return page(row, kind)


def partners_link(kind: str, number: int, **arguments: str | None) -> str:
    """Return the address of the partners of a record; ``kind`` is needs or capabilities."""
    view = "matches.of_need" if kind == "needs" else "matches.of_capability"
    return url_for(view, number=number, **arguments)  # type: ignore[arg-type]


@blueprint.post("/matches/<any(needs, capabilities):kind>/<int:number>")
@limiter.limit("30 per minute")
@allows("transfer_manager", "enterprise", "institute", "reviewer")
def again(kind: str, number: int) -> str | Answer | tuple[str, int]:
    row = record_or_404(KINDS[kind], number)
    if row.archived_at is not None:
        return page(row, kind), 400
    try:
        make_list(row)
    except MatcherError as error:
        return page(row, kind, error=error.message(lang())), 503
    flash(_("The partners were looked for again."), "success")
    return redirect(partners_link(kind, number, level=level() or None))


def level() -> str:
    """Return the chosen level of the request, "" for the engine's own measure."""
    asked = request.args.get("level", "")
    return asked if asked in LEVELS else ""


def cut(found: MatchList, chosen: str) -> MatchList:
    """Return the list at a level; nothing is computed again."""
    return found.at(int(chosen) / 100, int(chosen) / 100) if chosen else found


def page(row: Row, kind: str, *, error: str = "", wrong: dict[int, str] | None = None) -> str:
    """Return the page of a record's partners; with htmx asking, its list alone."""
    viewer, session = current_actor(), reading()
    # Of an archived record every match is out of sight, which is not the same as having none.
    lists = [] if row.archived_at is not None else lists_of(session, row, viewer)
    kept = read_list(session, lists[0], row, viewer, lang()) if lists else None
    shown, standing = None, {}
    if kept is not None:
        shown = shown_list(kept)
        standing = standings(session, kept.rows.values(), viewer)
    fragment = request.headers.get("HX-Target") == "list"
    return render_template(
        "matches/list.html" if fragment else "matches/record.html",
        row=row, kind=kind, kept=kept, shown=shown, standing=standing, error=error,
        levels=LEVELS, level=level(), nearest=NEAREST, wrong=wrong or {},
        earlier=lists[1:], edit=_edit_address(row), title=_title(row), partners=_partners(kept),
        batch=batch_of(session, lists[0]) if lists else None,
    )  # fmt: skip


def shown_list(kept: Kept) -> ShownList:
    """Put a stored list into words; each card's ``row_id`` is the stored match."""
    listed = cut(kept.found, level())
    staff = current_actor().staff
    return show(listed, lang(), staff=staff, private=True, row_ids=kept.ids(listed))


def _partners(kept: Kept | None) -> dict[int, int | None]:
    """Return match id → the partner's row id, for links."""
    if kept is None:
        return {}
    need = kept.row.query_kind == "need"
    return {r.id: r.capability_id if need else r.need_id for r in kept.rows.values()}


def _title(row: Row) -> str:
    seen = shown_record(reading(), row, current_actor())
    return (seen.title or seen.id) if seen else ""


def _edit_address(row: Row) -> str:
    """Return where the record is edited, "" where the reader may not."""
    if not may_edit(row, current_actor()):
        return ""
    kind = "need" if isinstance(row, Need) else "capability"
    for endpoint in ("records.edit", "records.show"):
        if endpoint in current_app.view_functions and may_visit(endpoint):
            return url_for(endpoint, kind=kind, number=row.id)
    return ""


def _page_address(number: int) -> str:
    given = {name: request.args.get(name) for name in ("q", "kind")}
    return url_for("matches.overview", page=number, **given)  # type: ignore[arg-type]


def _number(name: str) -> int:
    given = request.args.get(name, "1")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 7 else 1
