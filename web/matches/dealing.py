"""Deals: accepted matches on their way through the eight stages. The office's own pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response as Answer
from wtforms import (
    DateField,
    DecimalField,
    Field,
    IntegerField,
    SelectField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional, StopValidation

from matcher import clock, taxonomy
from matcher.errors import InputError
from matcher.store import EditConflict
from matcher.store.deals import (
    check_day,
    check_stage_day,
    close_deal,
    deals_by_stage,
    enter_stage,
    reopen_deal,
)
from matcher.store.models import Deal, Decision
from matcher.store.viewers import LARGEST_ID
from web.access import MANAGERS, allows, current_actor, current_user_row
from web.database import reading, writing
from web.forms import Form, options
from web.i18n import TEN_THOUSAND, day, lang, ten_thousands
from web.matches import blueprint
from web.matches.history import standings

#: In units of 10,000 yuan.
_MOST = 10**8
_SHOWN = 200


def _happened(_form: Form, field: DateField) -> None:
    if field.data and field.data > clock.today():
        raise ValidationError(_("This day is still to come."))
    if field.data:
        try:
            check_day(field.data)
        except InputError as error:
            raise ValidationError(error.message(lang())) from None


def _an_amount(_form: Form, field: DecimalField) -> None:
    # Words in place of a number leave no data; what is said of them in general is replaced.
    if field.data is None or not (field.data.is_finite() and 0 <= field.data <= _MOST):
        field.errors = []
        raise StopValidation(_("The amount is a number of ten thousands of yuan, zero or more."))
    if field.data * TEN_THOUSAND % 1:
        raise ValidationError(_("The amount has at most four decimals: that is one yuan."))


def _with(other: str, said: Any) -> Any:
    """Return a check that a field is filled in where another one is."""

    def check(form: Form, field: Field) -> None:
        there = form[other].raw_data and form[other].raw_data[0].strip()
        if there and not (field.raw_data and field.raw_data[0].strip()):
            # Instead of what is said of an empty field that is no date.
            field.errors = []
            raise StopValidation(said)

    return check


class StageForm(Form):
    """A new stage, or another line about the present one."""

    stage = SelectField(_l("Stage"))
    entered_on = DateField(_l("Date"), [InputRequired(_l("Give the date.")), _happened])
    note = TextAreaField(
        _l("Note"), [Optional(), Length(max=2000, message=_l("The note is too long."))]
    )
    version = IntegerField()


class CloseForm(Form):
    """The end of a deal."""

    amount = DecimalField(
        _l("Contract amount (in units of CNY 10,000)"),
        [_with("signed_on", _l("Give the amount, or clear the day of signing if nothing was "
                               "signed.")),
         Optional(), _an_amount],
        places=None,
    )  # fmt: skip
    signed_on = DateField(
        _l("Signed on"),
        [_with("amount", _l("Give the day of signing: the figures count a contract by it.")),
         Optional(), _happened],
    )  # fmt: skip
    version = IntegerField()


@blueprint.get("/deals")
@allows(*MANAGERS)
def deals() -> str:
    query = (
        select(Deal)
        .order_by(Deal.closed_at.is_not(None), Deal.updated_at.desc())
        .options(joinedload(Deal.need), joinedload(Deal.capability))
        .limit(_SHOWN)
    )
    stage = request.args.get("stage", "")
    if stage in taxonomy.terms("stages"):
        query = query.where(Deal.stage == stage, Deal.closed_at.is_(None))
    rows = list(reading().scalars(query).unique())
    return render_template(
        "matches/deals.html", rows=rows, stage=stage, counts=deals_by_stage(reading())
    )


@blueprint.get("/deals/<int:number>")
@allows(*MANAGERS)
def deal(number: int) -> str:
    return _page(_deal(number))


@blueprint.post("/deals/<int:number>/stage")
@allows(*MANAGERS)
def enter(number: int) -> str | Answer | tuple[str, int]:
    row = _deal(number)
    form = _stage_form(row)
    valid = form.validate_on_submit()
    # Of a closed deal and one that somebody moved there is something else to say first.
    if valid and row.closed_at is None and form.version.data == row.version:
        try:
            check_stage_day(row, str(form.stage.data), form.entered_on.data or clock.today())
        except InputError as error:
            form.entered_on.errors = [error.message(lang())]
            valid = False
    if not valid:
        return _page(row, stage=form), 400
    try:
        with writing() as session:
            enter_stage(
                session, row.id, str(form.stage.data), form.entered_on.data or clock.today(),
                current_user_row(), form.version.data or 0, (form.note.data or "").strip(),
            )  # fmt: skip
    except EditConflict as error:
        return _conflict(row, error, stage=form), 409
    flash(_("The deal is up to date."), "success")
    return redirect(url_for("matches.deal", number=number))


@blueprint.post("/deals/<int:number>/close")
@allows(*MANAGERS)
def close(number: int) -> str | Answer | tuple[str, int]:
    row = _deal(number)
    form = CloseForm()
    if not form.validate_on_submit():
        return _page(row, close=form), 400
    typed = form.amount.data
    amount = None if typed is None else int(typed * TEN_THOUSAND)
    try:
        with writing() as session:
            close_deal(
                session, row.id, current_user_row(), form.version.data or 0, amount,
                form.signed_on.data,
            )  # fmt: skip
    except EditConflict as error:
        return _conflict(row, error, close=form), 409
    begun = min(line.entered_on for line in row.stages) if row.stages else None
    signed = form.signed_on.data
    if signed and begun and signed < begun:
        said = _("Signed on %(day)s, before the deal began here on %(begun)s. If the day is "
                 "mistyped, open the deal again: the figures count a contract by it.",
                 day=day(signed), begun=day(begun))  # fmt: skip
        flash(said, "warning")
    if amount is None:
        flash(_("The deal is closed."), "success")
    else:
        said = _("The deal is closed with a contract of %(amount)s.", amount=ten_thousands(amount))
        flash(said, "success")
    return redirect(url_for("matches.deal", number=number))


@blueprint.post("/deals/<int:number>/reopen")
@allows(*MANAGERS)
def reopen(number: int) -> Answer:
    row = _deal(number)
    version = request.form.get("version", "")
    with writing() as session:
        known = int(version) if version.isascii() and version.isdecimal() else 0
        reopen_deal(session, row.id, current_user_row(), min(known, LARGEST_ID))
    flash(_("The deal is open again."), "success")
    return redirect(url_for("matches.deal", number=number))


def _deal(number: int) -> Deal:
    row = reading().get(Deal, number) if number <= LARGEST_ID else None
    if row is None:
        abort(404)
    return row


def _stage_form(row: Deal) -> StageForm:
    form = StageForm(stage=row.stage, entered_on=clock.today(), version=row.version)
    form.stage.choices = options(
        (term.code, term.en if lang() == "en" else term.zh)
        for term in taxonomy.terms("stages").values()
    )
    return form


def _page(row: Deal, stage: StageForm | None = None, close: CloseForm | None = None) -> str:
    kept = _plain_ten_thousands(row.contract_amount)
    ended = CloseForm(amount=kept, signed_on=row.contract_date, version=row.version)
    form = stage or (_stage_form(row) if close is None else _fresh_stage(row))
    if close is None and stage is not None:
        ended = CloseForm(
            formdata=None, amount=kept, signed_on=row.contract_date, version=row.version
        )  # fmt: skip
    return render_template(
        "matches/deal.html",
        deal=row,
        form=form,
        close=close or ended,
        stages=list(taxonomy.terms("stages")),
        words=_latest_words(row),
    )


def _latest_words(row: Deal) -> list[Decision]:
    """Return the latest word of each side about the pair."""
    if row.match is None:
        return []
    said = standings(reading(), [row.match], current_actor())[row.match.id].history
    latest: dict[str, Decision] = {}
    for one in said:
        latest.setdefault(one.side, one)
    return list(latest.values())


def _plain_ten_thousands(yuan: int | None) -> Decimal | None:
    """Return an amount as it is typed: 80, not 80.0000 or 8E+1."""
    return None if yuan is None else Decimal(f"{(Decimal(yuan) / TEN_THOUSAND).normalize():f}")


def _conflict(
    row: Deal, error: EditConflict, stage: StageForm | None = None, close: CloseForm | None = None
) -> str:
    """Show what the other one saved, with what was typed still in the form."""
    reading().refresh(row)
    for form in (stage, close):
        if form is not None:
            form.version.data = row.version
            form.version.raw_data = None
    flash(error.message(lang()), "error")
    return _page(row, stage=stage, close=close)


def _fresh_stage(row: Deal) -> StageForm:
    form = StageForm(
        formdata=None, stage=row.stage, entered_on=clock.today(), version=row.version
    )  # fmt: skip
    form.stage.choices = _stage_form(row).stage.choices
    return form
