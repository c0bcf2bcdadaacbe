"""What a batch is made from."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import IntegerField, RadioField, SelectField, StringField
from wtforms.validators import Length, NumberRange, Optional

from matcher import taxonomy
from web.forms import Form, options
from web.i18n import lang


class BatchForm(Form):
    """Needs and capabilities, each from a file or from the store."""

    title = StringField(
        _l("Name of the batch"), [Length(max=100, message=_l("At most 100 characters."))]
    )
    source = RadioField(
        _l("Needs"),
        choices=options([("file", _l("from a file")), ("store", _l("on file, by a filter"))]),
        default="file",
    )  # fmt: skip
    needs = FileField(_l("File of needs"))
    text = StringField(_l("Words"), [Length(max=200)])
    field = SelectField(_l("Field"), [Optional()])
    kind = SelectField(_l("Kind"), [Optional()])
    region = StringField(_l("Region"), [Length(max=100)])
    offers = RadioField(
        _l("Capabilities"),
        choices=options([("store", _l("all that are on file")), ("file", _l("from a file"))]),
        default="store",
    )  # fmt: skip
    capabilities = FileField(_l("File of capabilities"))
    top = IntegerField(
        _l("Partners for each need"),
        [Optional(), NumberRange(1, 50, _l("A number from 1 to 50."))], default=10,
    )  # fmt: skip
    reader = RadioField(
        _l("The report is for"),
        choices=options([
            ("others", _l("passing on: no private records, no anonymous owners")),
            ("office", _l("the office alone: with private records and all owners")),
        ]),
        default="others",
    )  # fmt: skip


def batch_form() -> BatchForm:
    """Return the form with its lists in the user's language."""
    form = BatchForm()
    for item, table in ((form.field, "fields"), (form.kind, "need_kinds")):
        terms = taxonomy.terms(table).values()
        item.choices = options([("", "—"), *((t.code, t.label(lang())) for t in terms)])
    return form
