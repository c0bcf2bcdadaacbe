"""Bring in a whole file: columns, preview, confirmation, result, and undoing all of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

from flask import abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Answer

from matcher.errors import InputError, MatcherError
from matcher.store.doubles import find_doubles
from matcher.store.importing import import_records
from matcher.store.models import Import, Organisation
from matcher.store.undoing import followed_up, undo_import
from matcher.store.viewers import LARGEST_ID
from web.access import allows, current_actor, current_user_row
from web.database import reading, writing
from web.extensions import limiter
from web.i18n import lang
from web.records import blueprint
from web.records.lists import list_address
from web.records.owning import own_rows
from web.records.pages import EDITORS
from web.records.previewing import (
    AnyBatch,
    corrections,
    own_organisation,
    preview_page,
    read_waiting,
    said_same,
    tells,
)
from web.records.waiting import Waiting, fetch, receive
from web.security import MEGABYTE
from web.uploads import TABLES

_SHOWN = 30
#: Where a session keeps the latest files that it sent: [token, kind, number of the import or 0].
_SENT, _KEPT = "sent_files", 8


@blueprint.get("/<record_kind:kind>/import")
@allows(*EDITORS)
def upload_page(kind: str) -> str:
    return _upload_page(kind)


@blueprint.post("/<record_kind:kind>/import")
@limiter.limit("20 per minute")
@allows(*EDITORS)
def upload(kind: str) -> Answer | tuple[str, int]:
    try:
        waiting = receive(request.files.get("file"), kind, current_user_row().id)
    except InputError as error:
        return _upload_page(kind, error.message(lang())), 400
    _remember(waiting)
    return redirect(url_for("records.preview", token=waiting.token))


@blueprint.get("/imports/waiting/<token>")
@allows(*EDITORS)
def preview(token: str) -> Answer | str | tuple[str, int]:
    return _preview(_fetch(token))


@blueprint.post("/imports/waiting/<token>/columns")
@allows(*EDITORS)
def map_columns(token: str) -> Answer | tuple[str, int]:
    waiting = _fetch(token)
    chosen = zip(request.form.getlist("header"), request.form.getlist("field"), strict=False)
    waiting.mapping = corrections(waiting.kind, dict(chosen))
    waiting.keep()
    return redirect(url_for("records.preview", token=token))


@blueprint.post("/imports/waiting/<token>/confirm")
@limiter.limit("20 per minute")
@allows(*EDITORS)
def confirm(token: str) -> Answer | str | tuple[str, int]:
    waiting = _fetch(token)
    try:
        batch = read_waiting(waiting)
        if batch.revision != request.form.get("revision"):
            # The columns were changed on another page: what was agreed to is not what is there.
            return _preview(waiting, _("The columns have changed: check the records again."))
        batch, _others = own_rows(batch, own_organisation())
        _claim(waiting)
        try:
            number = _import(waiting, batch)
        except BaseException:
            waiting.give_back()
            raise
    except InputError as error:
        return _preview(waiting, error.message(lang()))
    waiting.remove()
    _remember(waiting, number)
    flash(_("Imported."), "success")
    return redirect(url_for("records.imported", number=number))


def _fetch(token: str) -> Waiting:
    """Return the user's waiting file; who went back to one that is gone is led on."""
    try:
        return fetch(token, current_user_row().id)
    except NotFound:
        _lead_on(token)


def _claim(waiting: Waiting) -> None:
    try:
        waiting.claim()
    except NotFound:
        _lead_on(waiting.token)


def _lead_on(token: str) -> NoReturn:
    # Somebody else's token and a made-up one get the same answer.
    sent = {known: (kind, number) for known, kind, number in session.get(_SENT, [])}
    kind, number = sent.get(token, ("need", 0))
    if number:
        flash(_("This file was imported already; this is what came of it."), "info")
        abort(redirect(url_for("records.imported", number=number)))
    said = _("This file waits no longer: it was imported or removed, or a day has passed. What was "
             "imported is listed below.")  # fmt: skip
    flash(said, "info")
    abort(redirect(url_for("records.upload_page", kind=kind)))


def _remember(waiting: Waiting, number: int = 0) -> None:
    """Keep in the session what a file was and became, for who goes back to its pages."""
    others = [known for known in session.get(_SENT, []) if known[0] != waiting.token]
    session[_SENT] = [*others, [waiting.token, waiting.kind, number]][-_KEPT:]


def _import(waiting: Waiting, batch: AnyBatch) -> int:
    """Import everything in one transaction, and return the import's number."""
    actor = current_actor()
    existing = request.form.get("existing", "skip") if actor.staff else "new"
    with writing() as transaction:
        owner = None if actor.staff else transaction.get(Organisation, actor.organisation_id or 0)
        doubles = {}
        if request.form.get("doubles") == "leave":
            found = find_doubles(transaction, batch, actor)
            doubles = {code: said_same(batch, double) for code, double in found.items()}
        row = import_records(
            transaction, _without_leaks(batch, owner), current_user_row(), waiting.file,
            "update" if existing == "update" else "new" if existing == "new" else "skip", owner,
            doubles,
        )  # fmt: skip
        return row.id


@blueprint.post("/imports/waiting/<token>/remove")
@allows(*EDITORS)
def give_up(token: str) -> Answer:
    waiting = _fetch(token)
    waiting.remove()
    flash(_("The file is removed; nothing was imported."), "info")
    return redirect(url_for("records.upload_page", kind=waiting.kind))


@blueprint.get("/imports/<int:number>")
@allows(*EDITORS)
def imported(number: int) -> str:
    row = _mine(reading(), number)
    who = row.created_by.shown_name if row.created_by else ""
    return render_template(
        "records/imported.html", row=row, who=who, list_address=list_address,
        question="" if row.undone_at else _question(number),
    )  # fmt: skip


def _question(number: int) -> str:
    """Return what to ask before an import is undone: what people did with its records since."""
    found = followed_up(reading(), number, staff=current_actor().staff)
    said = [_("Undo the whole import? Records that were edited since stay.")]
    if found.decided:
        said.append(
            ngettext("%(num)s record has been decided on, and is archived.",
                     "%(num)s records have been decided on, and are archived.",
                     found.decided)
        )  # fmt: skip
    if found.dealt:
        said.append(
            ngettext("%(num)s record has a deal under way or signed, and stays.",
                     "%(num)s records have a deal under way or signed, and stay.", found.dealt)
        )  # fmt: skip
    return (" " if lang() == "en" else "").join(said)


@blueprint.post("/imports/<int:number>/undo")
@allows(*EDITORS)
def undo(number: int) -> Answer:
    with writing() as transaction:
        _mine(transaction, number)
        done = undo_import(transaction, number, current_user_row())
    flash(
        _("Undone: %(removed)d removed, %(archived)d archived because they are in a match, "
          "%(restored)d as they were before.", removed=done.removed, archived=done.archived,
          restored=done.restored),
        "success",
    )  # fmt: skip
    if done.dealt:
        names = (", " if lang() == "en" else "、").join(done.dealt[:_SHOWN])
        flash(
            _("Left as they are because a deal is under way or signed: %(names)s", names=names),
            "warning",
        )
    if done.kept:
        names = (", " if lang() == "en" else "、").join(done.kept[:_SHOWN])
        flash(_("Edited since and left as they are: %(names)s", names=names), "warning")
    return redirect(url_for("records.imported", number=number))


def _upload_page(kind: str, error: str = "") -> str:
    query = select(Import).where(Import.kind == kind).order_by(Import.id.desc()).limit(_SHOWN)
    if not current_actor().staff:
        query = query.where(Import.created_by_id == current_actor().user_id)
    largest = int(current_app.config["MAX_CONTENT_LENGTH"] or 0) // MEGABYTE
    return render_template(
        "records/import.html", kind=kind, error=error, rows=list(reading().scalars(query)),
        types=",".join(TABLES), largest=largest,
    )  # fmt: skip


def _preview(waiting: Waiting, error: str = "") -> Answer | str | tuple[str, int]:
    try:
        html, status = preview_page(waiting, error)
    except MatcherError as problem:
        # Nothing to correct: the file itself is the problem.
        waiting.remove()
        return _upload_page(waiting.kind, problem.message(lang())), 400
    return html if status == 200 else (html, status)


def _without_leaks(batch: AnyBatch, owner: Organisation | None) -> AnyBatch:
    """Return the batch with what may not be published as it stands made a draft.

    Members bring in records of their own only: what the file says of owners is left out.
    """
    own = {} if current_actor().staff else {"organisation": None}
    records: Any = tuple(
        record.model_copy(update=own | ({"status": "draft"} if tells(record, owner) else {}))
        for record in batch.records
    )
    changed: AnyBatch = replace(batch, records=records)
    return changed


def _mine(transaction: Any, number: int) -> Import:
    row: Import | None = transaction.get(Import, number) if 0 < number <= LARGEST_ID else None
    actor = current_actor()
    if row is None or not (actor.staff or row.created_by_id == actor.user_id):
        abort(404)
    return row
