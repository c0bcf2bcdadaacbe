"""The list of organisations, and the page of one: its names, facts, records and people."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pydantic import ValidationError
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer
from wtforms import DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import URL, DataRequired, Length, Optional

from matcher import records, taxonomy
from matcher.errors import InputError
from matcher.store import EditConflict
from matcher.store.directory import add_organisation, holdings, organisations_page
from matcher.store.listing import Filters, list_page
from matcher.store.models import Capability, Need, Organisation, User
from matcher.store.parties import possible_duplicates, same_party, save_organisation
from matcher.store.viewers import LARGEST_ID
from web.access import MANAGERS, allows, current_actor, current_user_row
from web.admin import blueprint
from web.database import reading, writing
from web.forms import Form, options
from web.i18n import lang

_SIZE, _RECORDS = 50, 100
_MOST_ALIASES = 50
_NAME = 200


class OrganisationForm(Form):
    """What is known of an organisation."""

    name = StringField(
        _l("Name of the organisation"), [DataRequired(_l("Give the name.")), Length(max=_NAME)]
    )
    aliases = TextAreaField(_l("Other names"), [Length(max=_MOST_ALIASES * _NAME)])
    kind = SelectField(_l("Kind"), default="")
    credit_code = StringField(_l("Credit code"), [Length(max=40)])
    parent = StringField(_l("Parent"), [Length(max=_NAME)])
    district = StringField(_l("District"), [Length(max=_NAME)])
    size = SelectField(_l("Size"), default="")
    founded = DateField(_l("Founded"), [Optional()])
    website = StringField(
        _l("Website"),
        [Optional(), Length(max=300),
         URL(message=_l("This is no web address: it begins with https:// or http://."))],
    )  # fmt: skip
    version = IntegerField()

    def fill_choices(self) -> OrganisationForm:
        """Offer the terms in the reader's language."""
        for field, table in ((self.kind, "organisation_kinds"), (self.size, "sizes")):
            terms = taxonomy.terms(table).values()
            field.choices = options(
                [("", _("not known")), *((term.code, term.label(lang())) for term in terms)]
            )
        return self

    def record(self) -> records.Organisation | None:
        """Return what was typed; None, with errors at the fields, where it cannot be that."""
        aliases = tuple(
            dict.fromkeys(" ".join(line.split()) for line in (self.aliases.data or "").splitlines())
        )
        aliases = tuple(name for name in aliases if name)
        if len(aliases) > _MOST_ALIASES or any(len(name) > _NAME for name in aliases):
            said = _("At most %(n)s names of %(m)s characters.", n=_MOST_ALIASES, m=_NAME)
            self.aliases.errors = [said]
            return None
        code = "".join((self.credit_code.data or "").split()).upper() or None
        try:
            return records.Organisation(
                name=" ".join((self.name.data or "").split()), aliases=aliases,
                kind=self.kind.data or None, credit_code=code,
                parent=" ".join((self.parent.data or "").split()) or None,
                district=" ".join((self.district.data or "").split()) or None,
                size=self.size.data or None, founded=self.founded.data,
                website=(self.website.data or "").strip() or None,
            )  # fmt: skip
        except ValidationError as error:
            for line in error.errors():
                # The store's sentences bring both languages, with a stroke between them.
                said = str(line["msg"]).removeprefix("Value error, ").partition(" / ")
                name = str(line["loc"][0])
                self[name].errors = [said[0] if lang() == "zh" or not said[2] else said[2]]
            return None


@blueprint.get("/organisations")
@allows(*MANAGERS)
def organisations() -> str:
    text, kind = request.args.get("text", "")[:_NAME], request.args.get("kind", "")
    known = taxonomy.terms("organisation_kinds")
    into = organisation_or_none(_number("into"))
    page = organisations_page(
        reading(), text, kind if kind in known else None, _number("page") or 1, _SIZE
    )
    pairs = possible_duplicates(reading()) if into is None else []
    return render_template(
        "admin/organisations.html", page=page, text=text, kind=kind, kinds=list(known),
        holdings=holdings(reading(), [row.id for row in page.rows]), pairs=pairs, into=into,
    )  # fmt: skip


@blueprint.get("/organisations/new")
@allows(*MANAGERS)
def new_organisation() -> str:
    return _form_page(OrganisationForm().fill_choices(), None)


@blueprint.post("/organisations/new")
@allows(*MANAGERS)
def create_organisation() -> str | Answer | tuple[str, int]:
    form = OrganisationForm().fill_choices()
    record = form.record() if form.validate_on_submit() else None
    if record is None:
        return _form_page(form, None), 400
    try:
        with writing() as session:
            number = add_organisation(session, record, current_user_row()).id
    except InputError as error:
        form.name.errors = [error.message(lang())]
        return _form_page(form, None), 400
    flash(_("Saved."), "success")
    return redirect(url_for("admin.organisation", number=number))


@blueprint.get("/organisations/<int:number>")
@allows(*MANAGERS)
def organisation(number: int) -> str:
    row = organisation_or_404(number)
    held = {
        kind: list_page(
            reading(), model, current_actor(), Filters(organisation_id=row.id), size=_RECORDS
        )
        for kind, model in _MODELS
    }
    people = reading().scalars(select(User).where(User.organisation_id == row.id).order_by(User.id))
    return render_template(
        "admin/organisation.html", row=row, held=held, people=list(people),
        related=same_party(reading(), row),
    )  # fmt: skip


_MODELS: tuple[tuple[str, Any], ...] = (("need", Need), ("capability", Capability))


@blueprint.get("/organisations/<int:number>/edit")
@allows(*MANAGERS)
def edit_organisation(number: int) -> str:
    row = organisation_or_404(number)
    form = OrganisationForm(
        formdata=None, name=row.name, aliases="\n".join(row.aliases), kind=row.kind or "",
        credit_code=row.credit_code, parent=row.parent, district=row.district,
        size=row.size or "", founded=row.founded, website=row.website, version=row.version,
    )  # fmt: skip
    return _form_page(form.fill_choices(), row)


@blueprint.post("/organisations/<int:number>/edit")
@allows(*MANAGERS)
def save_edited(number: int) -> str | Answer | tuple[str, int]:
    row = organisation_or_404(number)
    form = OrganisationForm().fill_choices()
    record = form.record() if form.validate_on_submit() else None
    if record is None:
        return _form_page(form, row), 400
    try:
        with writing() as session:
            save_organisation(session, row.id, record, form.version.data or 0, current_user_row())
    except EditConflict as error:
        # What was typed stays; what stands now is shown beside it.
        form.version.data, form.version.raw_data = error.version, None
        flash(error.message(lang()), "error")
        return _form_page(form, row, conflict=True), 409
    flash(_("Saved."), "success")
    return redirect(url_for("admin.organisation", number=number))


def organisation_or_none(number: int | None) -> Organisation | None:
    """Return an organisation, None if there is none."""
    if number is None or not 0 < number <= LARGEST_ID:
        return None
    return reading().get(Organisation, number)


def organisation_or_404(number: int) -> Organisation:
    """Return an organisation; without one the page does not exist."""
    row = organisation_or_none(number)
    if row is None:
        abort(404)
    return row


def _form_page(form: OrganisationForm, row: Organisation | None, *, conflict: bool = False) -> str:
    return render_template(
        "admin/organisation_form.html", form=form, row=row, conflict=conflict
    )  # fmt: skip


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
