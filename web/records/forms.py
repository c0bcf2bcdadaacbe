"""The forms of a need and of a capability: fields in the user's language, over closed lists."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from werkzeug.datastructures import MultiDict
from wtforms import (
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from matcher import taxonomy
from matcher.ingest.limits import MAX_RECORD_CHARACTERS
from web.forms import Form
from web.i18n import lang
from web.records.kinds import DATES, GROUPS, LEVELS, level, name_of, table_of

LONG = (
    "problem", "key_technology", "indicators", "expected_outcome", "summary", "advantages",
    "economics", "prior_applications",
)  # fmt: skip
_MANY = ("fields", "cooperation_modes", "partner_kinds")
_ROWS = {"problem": 6, "summary": 8, "indicators": 4}
#: What is said below a label.
HELP: dict[str, Any] = {
    "title": _l("What it is in one line, as a specialist would search for it."),
    "problem": _l("What does not work today, under which conditions, and what was tried."),
    "key_technology": _l("The method, process or material that has to be mastered."),
    "indicators": _l("One a line, with number and unit: temperature ≥ 200 °C."),
    "expected_outcome": _l("What has to be delivered, and where it will be used."),
    "keywords": _l("One to five, separated by commas."),
    "budget": _l("For example 30-50万元 or CNY 300,000-500,000."),
    "price": _l("For example 30-50万元 or CNY 300,000-500,000."),
    "regions": _l("Separated by commas; leave empty for anywhere."),
    "exclusions": _l("Organisations that are not to be proposed as partners, separated by commas."),
    "organisation": _l("As registered; a new name makes a new organisation."),
    "summary": _l("What it does, how, and what it was tried on."),
    "ip_references": _l("Numbers, separated by commas."),
    "capacity": _l("How many new projects the team can take."),
    "advantages": _l("Compared with what is used today."),
    "confirmed_at": _l("When the owner last said that this still holds."),
}


class RecordForm(Form):
    """What both forms share.

    ``version`` is the one that the user saw when he began, ``seen`` the marks of what stood in
    the fields then: who edits at the same time learns what he has changed himself.
    """

    version = StringField(validators=[Length(max=12)])
    seen = StringField(validators=[Length(max=4000)])
    organisation = StringField(
        LazyString(partial(name_of, "need", "organisation")),
        [Length(max=200, message=_l("This is too long: use at most %(max)d characters."))],
        render_kw={"autocomplete": "off"},
    )


class _Boxes(SelectMultipleField):  # type: ignore[misc]  # WTForms has no types.
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _listed(form: Any, field: Any) -> None:
    """Refuse what is not in the list: only a forged form sends it."""
    known = {str(value) for value, _label in field.choices}
    sent = field.data if isinstance(field.data, list) else [field.data or ""]
    if any(value not in known and value != "" for value in sent):
        raise ValidationError(_("Choose from the list."))


def _choices(table: str, empty: bool) -> Callable[[], list[tuple[str, str]]]:
    def make() -> list[tuple[str, str]]:
        found = [(code, term.label(lang())) for code, term in taxonomy.terms(table).items()]
        return [("", _("not stated")), *found] if empty else found

    return make


def _levels() -> list[tuple[str, str]]:
    return [("", _("not stated")), *((str(n), level(n)) for n in range(1, 10))]


def _field(kind: str, name: str) -> Any:
    title = LazyString(partial(name_of, kind, name))
    table = table_of(kind, name)
    checks = [_listed]
    if name in _MANY:
        return _Boxes(title, checks, choices=_choices(table, False), validate_choice=False)
    if name == "confidentiality":
        return RadioField(
            title, checks, choices=_choices(table, False), default="public", validate_choice=False
        )
    if name in LEVELS:
        return SelectField(title, checks, choices=_levels, validate_choice=False)
    if table:
        default = {"kind": "technology", "status": "draft"}.get(name, "")
        return SelectField(
            title, checks, choices=_choices(table, name == "ip_status"), default=default,
            validate_choice=False,
        )  # fmt: skip
    message = _l("This is too long: use at most %(max)d characters.")
    if name in LONG:
        return TextAreaField(
            title, [Length(max=MAX_RECORD_CHARACTERS, message=message)],
            render_kw={"rows": _ROWS.get(name, 3)},
        )  # fmt: skip
    widget = {"type": "date"} if name in DATES else {"autocomplete": "off"}
    return StringField(title, [Length(max=1000, message=message)], render_kw=widget)


def _make(kind: str) -> type[RecordForm]:
    fields = {name: _field(kind, name) for group in GROUPS[kind] for name in group.names}
    return type(f"{kind.title()}Form", (RecordForm,), fields)


_FORMS: dict[str, type[RecordForm]] = {}


def form_for(
    kind: str, sent: MultiDict[str, str] | None = None, values: dict[str, Any] | None = None
) -> RecordForm:
    """Return the form of a kind of record, filled by what was sent or by ``values``."""
    if kind not in _FORMS:
        _FORMS[kind] = _make(kind)
    return _FORMS[kind](formdata=sent, data=values)


def names_in(kind: str) -> list[str]:
    """Return the fields of a form in their order, the owner's last."""
    return [*(name for group in GROUPS[kind] for name in group.names), "organisation"]
