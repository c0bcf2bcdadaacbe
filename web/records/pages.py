"""The page of one record: what it says, what happened to it, putting it away for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from matcher.errors import InputError
from matcher.records import Offer
from matcher.store import editing as store
from matcher.store.audit import entries_about
from matcher.store.editing import model_of
from matcher.store.models import Capability, Need
from matcher.store.purging import purge as purge_record
from matcher.store.viewers import MEMBERS, find, may_edit, shown_records
from web.access import allows, current_actor, current_user_row, signed_in
from web.database import reading, writing
from web.i18n import lang
from web.records import blueprint
from web.records.kinds import GROUPS, name_of, owner, owner_is_known, shown
from web.records.lists import list_address

EDITORS = ("transfer_manager", *sorted(MEMBERS))
#: Which view of the matching part shows partners; there is a link where it exists.
_PARTNERS = {"need": "matches.of_need", "capability": "matches.of_capability"}


@dataclass(frozen=True)
class Event:
    """One line of the history."""

    at: datetime
    what: str
    who: str
    fields: tuple[str, ...]


@blueprint.get("/<record_kind:kind>/<int:number>")
@allows(visitors=True)
def show(kind: str, number: int) -> str:
    row, record = seen(kind, number)
    editable = signed_in() and may_edit(row, current_actor())
    texts = [
        (name_of(kind, name), text) for name, text in record.passages if name != "title"
    ]  # fmt: skip
    facts = [
        (name_of(kind, name), value)
        for group in GROUPS[kind]
        for name in group.names
        if name not in type(record).text_fields
        # Whom a need keeps away is nobody else's business.
        and (editable or name not in ("confidentiality", "status", "exclusions"))
        and (value := shown(record, name))
    ]
    return render_template(
        "records/show.html", kind=kind, row=row, record=record, texts=texts, facts=facts,
        owner=owner(record), owner_facts=_owner_facts(record), editable=editable,
        partners=partners_link(kind, number), address=list_address(kind),
        history=history(kind, row) if editable else (),
    )  # fmt: skip


@blueprint.post("/<record_kind:kind>/<int:number>/archive")
@allows(*EDITORS)
def archive(kind: str, number: int) -> Answer:
    with writing() as session:
        row = editable_row(session, kind, number)
        store.archive(session, type(row), number, current_user_row())
    flash(_("Archived: it takes part in nothing until it is restored."), "success")
    return redirect(url_for("records.show", kind=kind, number=number))


@blueprint.post("/<record_kind:kind>/<int:number>/restore")
@allows(*EDITORS)
def restore(kind: str, number: int) -> Answer:
    with writing() as session:
        row = editable_row(session, kind, number)
        store.restore(session, type(row), number, current_user_row())
    flash(_("Restored."), "success")
    return redirect(url_for("records.show", kind=kind, number=number))


@blueprint.get("/<record_kind:kind>/<int:number>/purge")
@allows("administrator")
def purge_page(kind: str, number: int) -> str:
    row, record = seen(kind, number)
    return _purge_page(kind, row, record)


@blueprint.post("/<record_kind:kind>/<int:number>/purge")
@allows("administrator")
def purge(kind: str, number: int) -> Answer | str | tuple[str, int]:
    row, record = seen(kind, number)
    code, model = row.code, type(row)
    if request.form.get("code", "").strip() != code:
        return _purge_page(kind, row, record, _("This is not the record's number.")), 400
    try:
        with writing() as session:
            purge_record(session, model, number, current_user_row())
    except InputError as error:
        return _purge_page(kind, row, record, error.message(lang())), 400
    flash(_("%(code)s is removed for good.", code=code), "success")
    return redirect(list_address(kind, archived=1))


def _purge_page(kind: str, row: Any, record: Offer, error: str = "") -> str:
    return render_template(
        "records/purge.html", kind=kind, row=row, record=record, error=error,
    )  # fmt: skip


def seen(kind: str, number: int) -> tuple[Need | Capability, Offer]:
    """Return a record's row and what who asks may read of it; 404 if that is nothing."""
    model: Any = model_of(kind)
    row = find(reading(), model, number, current_actor())
    if row is None:
        abort(404)
    return row, shown_records(reading(), [row], current_actor())[number]


def editable_row(session: Any, kind: str, number: int) -> Need | Capability:
    """Return a row in a writing session, after asking whether this user may change it."""
    model: Any = model_of(kind)
    row: Need | Capability | None = find(session, model, number, current_actor())
    if row is None:
        abort(404)
    if not may_edit(row, current_actor()):
        abort(403)
    return row


def partners_link(kind: str, number: int) -> str:
    """Return where the partners of a record are, "" where that part is not there."""
    from web.access import may_visit

    endpoint = _PARTNERS[kind]
    if endpoint not in current_app.view_functions or not may_visit(endpoint):
        return ""
    names = sorted(
        name
        for rule in current_app.url_map.iter_rules(endpoint)
        for name in rule.arguments
    )  # fmt: skip
    arguments: dict[str, Any] = dict.fromkeys(names, number)
    return url_for(endpoint, **arguments) if len(arguments) == 1 else ""


def history(kind: str, row: Need | Capability) -> tuple[Event, ...]:
    """Return what happened to a record, latest first, for those who may change it."""
    said = {
        "create": _("created"), "edit": _("changed"), "archive": _("archived"),
        "restore": _("restored"), "publish": _("published"),
    }  # fmt: skip
    events = []
    for entry in entries_about(reading(), kind, row.id):
        what = said.get(entry.action.partition(".")[2], entry.action)
        fields = tuple(name_of(kind, str(name)) for name in entry.details.get("fields", ()))
        events.append(Event(entry.at, what, shown_name(entry.user), fields))
    if row.import_id is not None:
        events.append(
            Event(row.created_at, _("imported from a file"), shown_name(row.created_by), ())
        )
    return tuple(events)


def shown_name(user: Any) -> str:
    """Return who did something, as who asks may know it."""
    actor = current_actor()
    if user is None:
        return ""
    # Members know their colleagues; who in the office did it is the office's business.
    colleague = user.organisation_id is not None and user.organisation_id == actor.organisation_id
    if actor.staff or user.id == actor.user_id or colleague:
        return str(user.shown_name)
    return str(_("Transfer office"))


def _owner_facts(record: Offer) -> list[tuple[str, str]]:
    from matcher import taxonomy

    if record.organisation is None or not owner_is_known(record):
        return []
    found = record.organisation
    names = taxonomy.columns("organisation")
    said = (
        ("kind", taxonomy.label_of("organisation_kinds", found.kind or "", lang())),
        ("size", taxonomy.label_of("sizes", found.size or "", lang())),
        ("district", found.district or ""),
    )
    return [(names[name].label(lang()), text) for name, text in said if text]
