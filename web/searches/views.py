"""The list of somebody's searches and what can be done with each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from pydantic import TypeAdapter
from sqlalchemy import func
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from matcher import records
from matcher.encode.base import Role
from matcher.errors import InputError, MatcherError
from matcher.ingest.prose import Facts
from matcher.store.columns import to_json
from matcher.store.editing import model_of
from matcher.store.listing import select_list
from matcher.store.models import Capability, Need, SavedSearch
from matcher.store.searches import (
    LONGEST_NAME,
    changed_among,
    mark_seen,
    own_search,
    rename_search,
    save_search,
    saved_searches,
)
from web.access import allows, current_actor, current_user_row
from web.database import reading, writing
from web.errors import note
from web.extensions import limiter
from web.home.kept import Question, kept
from web.home.views import address_of, find
from web.i18n import lang
from web.records.lists import arguments_of, filters_of, list_address, told
from web.searches import blueprint

#: The kind of a search that was asked in the box; the others are lists of this kind of record.
ASKED = "question"
_FACTS = TypeAdapter(Facts)
#: What reading a stored search raises that is damaged or was written by another version.
UNREADABLE = (MatcherError, KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True)
class Line:
    """One saved search as its owner reads it; ``new`` is None where it is counted later."""

    row: SavedSearch
    what: str
    new: int | None = None
    broken: bool = False


@blueprint.get("")
@allows()
def own() -> str:
    rows = saved_searches(reading(), current_user_row())
    return render_template(
        "searches/own.html", lines=[_line(row) for row in rows], asked=ASKED, longest=LONGEST_NAME
    )  # fmt: skip


@blueprint.post("")
@allows()
def save() -> Answer:
    kind = request.form.get("of", "")
    if kind in ("need", "capability"):
        query: dict[str, Any] = {"arguments": arguments_of(request.form)}
        back = list_address(kind, **query["arguments"])
    else:
        question = kept(request.form.get("search", ""))
        if question is None:
            flash(_("This search is no longer there: enter it again."), "error")
            return redirect(url_for("home.box"))
        kind, query = ASKED, _written(question)
        back = url_for("home.box", search=request.form["search"])
    try:
        with writing() as session:
            save_search(session, current_user_row(), request.form.get("name", ""), kind, query)
    except InputError as error:
        flash(error.message(lang()), "error")
        return redirect(back)
    flash(_("Saved: you find it under your name, at the top right."), "success")
    return redirect(back)


@blueprint.post("/<int:number>/open")
@limiter.limit("60 per minute")
@allows()
def open_one(number: int) -> Answer:
    with writing() as session:
        row = _own_or_404(number, session)
        before = mark_seen(session, row)
    only_new = {"after": before} if request.form.get("new") == "1" else {}
    try:
        if row.kind == ASKED:
            return redirect(address_of(_read(row)))
        return redirect(list_address(row.kind, **row.query["arguments"], **only_new))
    except UNREADABLE as error:
        note(f"unreadable search {row.id} {type(error).__name__}", error)
        flash(_("This search cannot be read any more: delete it, and save it anew."), "error")
        return redirect(url_for("searches.own"))


@blueprint.post("/<int:number>/rename")
@allows()
def rename(number: int) -> Answer:
    try:
        with writing() as session:
            rename_search(session, _own_or_404(number, session), request.form.get("name", ""))
    except InputError as error:
        flash(error.message(lang()), "error")
    else:
        flash(_("Renamed."), "success")
    return redirect(url_for("searches.own"))


@blueprint.post("/<int:number>/delete")
@allows()
def delete(number: int) -> Answer:
    with writing() as session:
        session.delete(_own_or_404(number, session))
    flash(_("Deleted."), "success")
    return redirect(url_for("searches.own"))


@blueprint.get("/<int:number>/new")
@limiter.limit("120 per minute")
@allows()
def new(number: int) -> str:
    """Return how many partners of a search from the box are new: it has to be run for that."""
    row = _own_or_404(number, reading())
    count: int | None = None
    if row.kind == ASKED:
        try:
            question = _read(row)
            found = find(question)
        except UNREADABLE:
            pass
        else:
            model: type[Need] | type[Capability] = Need if question.wanted == "need" else Capability
            proposed = list(found.row_ids[: len(found.found.matches)])
            count = changed_among(reading(), model, proposed, row.seen_revision)
    return render_template("searches/new.html", count=count)


def _own_or_404(number: int, session: Session) -> SavedSearch:
    row = own_search(session, current_user_row(), number)
    if row is None:
        abort(404)
    return row


def _line(row: SavedSearch) -> Line:
    try:
        return _told(row)
    except UNREADABLE as error:
        # One search that a newer program cannot read must not hide the others.
        note(f"unreadable search {row.id} {type(error).__name__}", error)
        return Line(row, "", broken=True)


def _told(row: SavedSearch) -> Line:
    if row.kind == ASKED:
        query = _read(row).query
        return Line(row, query if isinstance(query, str) else query.title or query.id)
    filters = filters_of(row.kind, row.query["arguments"])
    model: Any = model_of(row.kind)
    # Who may see what is asked now, not when the search was saved.
    listed = select_list(model, current_actor(), replace(filters, after=row.seen_revision))
    count = reading().scalar(listed.with_only_columns(func.count(model.id)))
    return Line(row, told(row.kind, filters), count or 0)


def _written(question: Question) -> dict[str, Any]:
    query = question.query
    if isinstance(query, str):
        asked: dict[str, Any] = {"text": query}
    else:
        asked = {"record": query.model_dump(mode="json")}
    if question.facts is not None:
        asked["facts"] = _FACTS.dump_python(question.facts, mode="json")
    return {**asked, "wanted": question.wanted, "level": question.level}


def _read(row: SavedSearch) -> Question:
    wanted: Role = "need" if row.query.get("wanted") == "need" else "capability"
    level = str(row.query.get("level", ""))
    if "record" not in row.query:
        said = row.query.get("facts")
        facts = None if said is None else _FACTS.validate_json(to_json(said))
        return Question(str(row.query.get("text", "")), wanted, level, facts)
    model = records.Capability if wanted == "need" else records.Need
    return Question(model.model_validate_json(to_json(row.query["record"])), wanted, level)
