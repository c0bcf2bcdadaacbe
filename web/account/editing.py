"""Change what an account is: name, e-mail, role and organisation."""

from __future__ import annotations

import hashlib
import json

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import DataRequired, Email, Length, Optional

from matcher.store import EditConflict
from matcher.store.accounts import role
from matcher.store.audit import entries_about, log
from matcher.store.models import User
from web.access import MANAGERS, allows, current_user_row
from web.account import blueprint, service
from web.account.people import manageable
from web.database import writing
from web.forms import Form, options
from web.i18n import lang


class UserForm(Form):
    """An account as those who manage it see it."""

    name = StringField(_l("Name"), [DataRequired(_l("Give the name.")), Length(max=80)])
    email = StringField(
        _l("E-mail"),
        [DataRequired(_l("Enter an e-mail address.")), Email(_l("This is no e-mail address.")),
         Length(max=255)],
        render_kw={"autocomplete": "off", "type": "email"},
    )  # fmt: skip
    role = SelectField(_l("Role"))
    organisation = StringField(
        _l("Organisation"), [Optional(), Length(max=200)], render_kw={"autocomplete": "off"}
    )
    shown = HiddenField()


@blueprint.get("/people/<int:number>")
@allows(*MANAGERS)
def person(number: int) -> str:
    row = manageable(number)
    held = row.roles[0].name if row.roles else "visitor"
    form = UserForm(
        formdata=None, name=row.name, email=row.email, role=held,
        organisation=row.organisation.name if row.organisation else "", shown=_stamp(row),
    )  # fmt: skip
    return _page(form, row)


@blueprint.post("/people/<int:number>")
@allows(*MANAGERS)
def save_person(number: int) -> str | Answer | tuple[str, int]:
    row, form = manageable(number), UserForm()
    form.role.choices = options(service.roles_to_give())
    if not form.validate_on_submit():
        return _page(form, row), 400
    email, wanted = (form.email.data or "").strip().lower(), str(form.role.data)
    if wanted in service.MEMBERS and not (form.organisation.data or "").strip():
        form.organisation.errors = [_("Say for which organisation this user speaks.")]
        return _page(form, row), 400
    held = {item.name for item in row.roles}
    if row.id == current_user_row().id and wanted not in held:
        # Nobody locks himself out, and so one administrator always stays.
        form.role.errors = [_("Your own role is changed by another administrator.")]
        return _page(form, row), 400
    try:
        with writing() as session:
            person = session.get(User, number, populate_existing=True)
            if person is None:
                abort(404)
            if not service.may_manage(person):
                # Somebody gave him another role meanwhile.
                abort(403)
            if _stamp(person) != form.shown.data:
                raise _conflict(session, person)
            if service.names_another(session, email, number):
                form.email.errors = [_("There is a user with this e-mail address.")]
                return _page(form, row), 400
            owner = service.organisation_named(session, form.organisation.data or "")
            person.name, person.email = (form.name.data or "").strip(), email
            person.organisation_id = owner.id if owner else None
            person.roles = [role(session, wanted)]
            log(session, current_user_row(), "user.edit", person, role=wanted)
    except EditConflict as error:
        row = manageable(number)
        form.shown.data, form.shown.raw_data = _stamp(row), None
        flash(error.message(lang()), "error")
        return _page(form, row, conflict=True), 409
    flash(_("Saved."), "success")
    return redirect(url_for("account.people"))


def _stamp(user: User) -> str:
    """Return what tells one state of an account from another."""
    roles = sorted(role.name for role in user.roles)
    state = [user.name, user.email, roles, user.organisation_id]
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()[:16]


def _conflict(session: Session, user: User) -> EditConflict:
    edits = (e for e in entries_about(session, "user", user.id) if e.action == "user.edit")
    last = next(edits, None)
    who = last.user.shown_name if last and last.user else ""
    return EditConflict(user.shown_name, None, 0, who, last.at if last else user.updated_at)


def _page(form: UserForm, row: User, *, conflict: bool = False) -> str:
    form.role.choices = options(service.roles_to_give())
    return render_template("account/person.html", form=form, user=row, conflict=conflict)
