"""The box."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from web.cards import LEVELS
from web.forms import Form, options

#: Longer than any need that somebody wrote; a whole file is for the batch page.
MAX_CHARACTERS = 50_000
_WANTED = (("capability", _l("Capabilities for a need")), ("need", _l("Needs for a capability")))


class SearchForm(Form):
    """A text or a file, and what is looked for."""

    text = TextAreaField(
        _l("Need"),
        [Length(max=MAX_CHARACTERS, message=_l("The text is longer than %(max)d characters: "
                                               "paste one need; a whole list is for the batch "
                                               "page."))],
    )  # fmt: skip
    file = FileField(_l("Choose a file"))
    wanted = RadioField(
        _l("Looking for"), [Optional()], choices=options(_WANTED), default="capability"
    )
    level = SelectField(
        _l("At least"), [Optional()], choices=options((code, code) for code in LEVELS)
    )
    budget = StringField(_l("Budget"), [Length(max=60)], render_kw={"autocomplete": "off"})
    deadline = StringField(_l("Deadline"), [Length(max=40)], render_kw={"autocomplete": "off"})
    regions = StringField(_l("Regions"), [Length(max=120)], render_kw={"autocomplete": "off"})
    #: The stamp of the text that the three were read from: another text has others.
    about = HiddenField()
