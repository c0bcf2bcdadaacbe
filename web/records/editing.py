"""Write a record: nothing that was typed is lost, and nobody's edit is overwritten unseen."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from matcher import clock, records
from matcher.diagnosis import find_leaks
from matcher.errors import MatcherError
from matcher.ingest.values import clean_text
from matcher.records import Offer
from matcher.store import editing as store
from matcher.store.desk import drop_draft, load_draft
from matcher.store.errors import EditConflict
from matcher.store.models import Organisation
from matcher.store.models.parties import key_of
from matcher.store.parties import Parties
from matcher.store.revision import next_revision
from web.access import (
    Rule,
    allows,
    current_actor,
    current_user_row,
    may_call,
    open_to_all,
    signed_in,
)
from web.database import reading, writing
from web.i18n import lang
from web.records import blueprint
from web.records.building import build, mark, merge, seen_of, typed, values_of
from web.records.forms import HELP, RecordForm, form_for, names_in
from web.records.kinds import GROUPS, name_of, shown
from web.records.lists import list_address
from web.records.pages import EDITORS, editable_row, seen, shown_name

Page = str | Answer | tuple[str, int]


def keeps_typed(view: Callable[..., Page]) -> Callable[..., Page]:
    """Answer somebody whose session has ended with what he typed, instead of the sign-in page."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Page:
        if not signed_in():
            kept = [(k, v) for k, v in request.form.items(multi=True) if k != "csrf_token"]
            html = render_template("records/signed_out.html", kept=kept, action=request.path)
            return html, 401
        if not may_call(Rule(True, frozenset(EDITORS))):
            abort(403)
        return view(*args, **kwargs)

    return open_to_all(checked)


@blueprint.get("/<record_kind:kind>/new")
@allows(*EDITORS)
def new(kind: str) -> str:
    draft = load_draft(reading(), current_user_row(), kind)
    form = form_for(kind, _sent(draft.content)) if draft else form_for(kind)
    return page(kind, form, restored=draft)


@blueprint.post("/<record_kind:kind>/new")
@keeps_typed
def create(kind: str) -> Page:
    form = form_for(kind, request.form)
    record = build(form, kind, "-", None) if _valid(form) else None
    if record is None or not _allowed(form, record):
        return page(kind, form), 400
    try:
        with writing() as session:
            next_revision(session)
            owner = _owner(session, form)
            code = store.new_code(session, kind)
            record = record.model_copy(update={"id": code})
            row = store.create(session, record, current_user_row(), owner)
            drop_draft(session, current_user_row(), kind)
            number = row.id
    except MatcherError as error:
        return page(kind, form, error=error.message(lang())), 400
    flash(_("Saved as %(code)s.", code=code), "success")
    return _onwards(kind, number, record)


@blueprint.get("/<record_kind:kind>/<int:number>/edit")
@allows(*EDITORS)
def edit(kind: str, number: int) -> str | Answer:
    row = editable_row(reading(), kind, number)
    if row.archived_at is not None:
        flash(_("Restore the record before you change it."), "warning")
        return redirect(url_for("records.show", kind=kind, number=number))
    draft = load_draft(reading(), current_user_row(), kind, str(number))
    if draft is not None:
        return page(kind, form_for(kind, _sent(draft.content)), row=row, restored=draft)
    return page(kind, form_for(kind, None, values_of(row.to_record(), row.version)), row=row)


@blueprint.post("/<record_kind:kind>/<int:number>/edit")
@keeps_typed
def save(kind: str, number: int) -> Page:
    row = editable_row(reading(), kind, number)
    base = row.to_record()
    sent = merge(request.form, base, lang())
    form = form_for(kind, sent)
    if not _valid(form):
        return page(kind, form, row=row), 400
    if _version(form) != row.version:
        # Compared before anything is complained about: an error may be in the older text only.
        return _conflict(kind, number, sent)
    record = build(form, kind, row.code, base)
    if record is None or not _allowed(form, record, base):
        return page(kind, form, row=row), 400
    try:
        with writing() as session:
            held = editable_row(session, kind, number)
            owner = _owner(session, form, base)
            store.save(
                session, type(held), number, record, _version(form), current_user_row(), owner
            )
            drop_draft(session, current_user_row(), kind, str(number))
    except EditConflict:
        return _conflict(kind, number, sent)
    except MatcherError as error:
        return page(kind, form, row=row, error=error.message(lang())), 400
    flash(_("Saved."), "success")
    return _onwards(kind, number, record)


def page(
    kind: str, form: RecordForm, *, row: Any = None, restored: Any = None, error: str = ""
) -> str:
    """Return the page of a form."""
    number = row.id if row is not None else None
    here = url_for("records.edit", kind=kind, number=number) if row is not None else url_for(
        "records.new", kind=kind
    )  # fmt: skip
    back = list_address(kind) if row is None else url_for("records.show", kind=kind, number=number)
    opened = {group.names: any(form[name].errors for name in group.names) for group in GROUPS[kind]}
    filled = {
        group.names: sum(
            bool(form[name].data) and form[name].data != form[name].default for name in group.names
        )
        for group in GROUPS[kind]
    }
    return render_template(
        "records/form.html", kind=kind, form=form, groups=GROUPS[kind], help=HELP, row=row,
        restored=restored, error=error, action=here, back=back, opened=opened, filled=filled,
        staff=current_actor().staff, subject=str(number or "new"),
    )  # fmt: skip


def _conflict(kind: str, number: int, sent: MultiDict[str, str]) -> Page:
    row, current = seen(kind, number)
    form = form_for(kind, sent)
    began = _began(form)
    rows = []
    kept = []
    for name in names_in(kind):
        if name == "organisation" and not current_actor().staff:
            continue
        mine = form[name].data
        mine_list = list(mine or ()) if isinstance(mine, list) else [mine or ""]
        kept += [(name, text) for text in mine_list]
        theirs = {str(typed(current, name, language)) for language in ("zh", "en")}
        if str(mine if isinstance(mine, list) else _folded(mine)) in theirs:
            continue
        own = began.get(name) != mark(name, mine)
        rows.append((name, name_of(kind, name), _said(form, name), _theirs(current, name), own))
    if not rows:
        # Both wrote the same: there is nothing to choose.
        flash(_("Somebody else has made the same change already."), "info")
        with writing() as session:
            drop_draft(session, current_user_row(), kind, str(number))
        return redirect(url_for("records.show", kind=kind, number=number))
    who = shown_name(row.updated_by)
    html = render_template(
        "records/conflict.html", kind=kind, row=row, rows=rows, kept=kept, who=who,
        seen=seen_of(current),
    )  # fmt: skip
    return html, 409


def _began(form: RecordForm) -> dict[str, Any]:
    try:
        found = json.loads(form.seen.data or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _theirs(current: Offer, name: str) -> str:
    return str(typed(current, name, lang())) if name == "organisation" else shown(current, name)


def _said(form: RecordForm, name: str) -> str:
    field = form[name]
    if hasattr(field, "iter_choices"):
        comma = ", " if lang() == "en" else "、"
        sent = field.data if isinstance(field.data, list) else [field.data]
        return comma.join(str(text) for value, text in field.choices if value in sent and value)
    return str(field.data or "")


def _folded(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n")


def _sent(content: dict[str, Any]) -> MultiDict[str, str]:
    return MultiDict((name, value) for name, values in content.items() for value in values)


def _valid(form: RecordForm) -> bool:
    return bool(form.validate())


def _version(form: RecordForm) -> int:
    text = str(form.version.data or "")
    return int(text) if text.isascii() and text.isdecimal() else 0


def _allowed(form: RecordForm, record: Offer, base: Offer | None = None) -> bool:
    """Check what would publish a leak, and the owner; errors stand beside the fields."""
    if isinstance(record, records.Need) and record.status == "published":
        owned = record.model_copy(update={"organisation": _told_owner(form, base)})
        for leak in find_leaks(owned):
            field = form[leak.field] if leak.field in form else form["title"]
            field.errors = [*field.errors, _(
                "“%(text)s” would tell who is asking (%(what)s): remove it, or save as a draft.",
                text=leak.text, what=leak.label(lang()),
            )]  # fmt: skip
            if field.name != "status" and not form["confidentiality"].errors:
                form["confidentiality"].errors = [
                    _("An anonymous need is published only without these.")
                ]
    had = base is not None and base.organisation is not None
    if current_actor().staff and had and not (form.organisation.data or "").strip():
        form.organisation.errors = [_("The owner can be replaced, but not left out.")]
    return not any(field.errors for field in form)


def _told_owner(form: RecordForm, base: Offer | None) -> records.Organisation | None:
    name = (form.organisation.data or "").strip()
    if base is not None and base.organisation and name in ("", base.organisation.name):
        return base.organisation
    if not current_actor().staff:
        own = reading().get(Organisation, current_actor().organisation_id or 0)
        return own.to_record() if own else None
    if not name:
        return None
    # One that is on file brings its aliases, which would tell as much as its name.
    query = select(Organisation).where(Organisation.name_key == key_of(name)).limit(1)
    known = reading().scalars(query).first()
    return known.to_record() if known else records.Organisation(name=name)


def _owner(session: Session, form: RecordForm, base: Offer | None = None) -> Organisation | None:
    """Return the owner to write; None: as it is."""
    if not current_actor().staff:
        number = current_actor().organisation_id
        return session.get(Organisation, number) if base is None and number else None
    name = " ".join(clean_text(form.organisation.data or "").split())
    if not name or (base is not None and base.organisation and base.organisation.name == name):
        return None
    next_revision(session)
    record = records.Organisation(name=name)
    owner = Parties(session, [record]).resolve(record)
    session.flush()
    return owner


def _onwards(kind: str, number: int, record: Offer) -> Answer:
    """Lead to the check of a need that is not published yet, else to the record."""
    if isinstance(record, records.Need) and record.deadline and record.deadline < clock.today():
        flash(_("The deadline has passed already: check the year."), "warning")
    if kind == "need" and record.status == "draft":
        return redirect(url_for("records.diagnosis", number=number))
    return redirect(url_for("records.show", kind=kind, number=number))
