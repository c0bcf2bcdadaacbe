"""The forms of this part."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, PasswordField, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, Email, EqualTo, InputRequired, Length, Optional

from matcher.store.accounts import SHORTEST_PASSWORD
from web.forms import Form, options

LONGEST_PASSWORD = 200
#: A password of fewer different characters is guessed at once.
_DIFFERENT = 5
#: What fingers and children say in order; backwards too.
_ROWS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEXT = frozenset(
    pair
    for row in _ROWS
    for way in (row, row[::-1])
    for pair in (way[at : at + 2] for at in range(len(way) - 1))
)


def _is_run(text: str) -> bool:
    """Tell whether a password is 1234567890, qwertyuiop and the like, or such ones repeated."""
    folded = text.casefold()
    starts = {
        now
        for before, now in zip(" " + folded, folded, strict=False)
        if before != now and before + now not in _NEXT
    }
    return len(starts) < _DIFFERENT


def _strong(form: Any, field: Field) -> None:
    text = str(field.data or "")
    if len(text) < SHORTEST_PASSWORD:
        raise ValidationError(
            _l("The password needs at least %(n)s characters.", n=SHORTEST_PASSWORD)
        )
    if len(set(text)) < _DIFFERENT:
        raise ValidationError(_l("The password repeats too few characters."))
    if _is_run(text):
        raise ValidationError(
            _l("The password is little more than keys in their order, such as 1234567890 or "
               "qwertyuiop: choose one that is harder to guess.")
        )  # fmt: skip
    names = {name.data.casefold() for name in form if name.short_name in _NAMES and name.data}
    if text.casefold() in names:
        raise ValidationError(_l("The password must not be the user name or the e-mail address."))


_NAMES = ("username", "email", "name")


def _plain_name(form: Any, field: Field) -> None:
    text = str(field.data)
    if "@" in text or text != text.strip() or not text.isprintable():
        raise ValidationError(_l("A user name has letters, digits and marks, and no @."))


class _NewPassword(Form):
    password = PasswordField(
        _l("Password"),
        [InputRequired(_l("Choose a password.")), Length(max=LONGEST_PASSWORD), _strong],
        render_kw={"autocomplete": "new-password"},
    )
    password_again = PasswordField(
        _l("Password, once more"),
        [InputRequired(_l("Enter the password once more.")),
         EqualTo("password", _l("The two passwords are not the same."))],
        render_kw={"autocomplete": "new-password"},
    )  # fmt: skip


class LogInForm(Form):
    """User name or e-mail, and password."""

    identity = StringField(
        _l("User name or e-mail"),
        [DataRequired(_l("Enter your user name or e-mail address.")), Length(max=255)],
        render_kw={"autocomplete": "username", "autocapitalize": "none"},
    )
    password = PasswordField(
        _l("Password"),
        [InputRequired(_l("Enter your password.")), Length(max=LONGEST_PASSWORD)],
        render_kw={"autocomplete": "current-password"},
    )


class JoinForm(_NewPassword):
    """What a new user says of himself; the e-mail address is that of the invitation."""

    username = StringField(
        _l("User name"),
        [DataRequired(_l("Choose a user name.")), Length(min=2, max=40), _plain_name],
        render_kw={"autocomplete": "username", "autocapitalize": "none"},
    )
    name = StringField(
        _l("Your name"),
        [DataRequired(_l("Enter your name as colleagues read it.")), Length(max=80)],
        render_kw={"autocomplete": "name"},
    )


class SetUpForm(JoinForm):
    """The first administrator."""

    email = StringField(
        _l("E-mail"),
        [DataRequired(_l("Enter an e-mail address.")), Email(_l("This is no e-mail address.")),
         Length(max=255)],
        render_kw={"autocomplete": "email", "type": "email"},
    )  # fmt: skip


class ResetForm(_NewPassword):
    """A new password by a one-time link."""


class ChangePasswordForm(_NewPassword):
    """A new password by the old one."""

    current = PasswordField(
        _l("Present password"),
        [InputRequired(_l("Enter your present password.")), Length(max=LONGEST_PASSWORD)],
        render_kw={"autocomplete": "current-password"},
    )


class ProfileForm(Form):
    """What a user may change about himself."""

    name = StringField(
        _l("Your name"),
        [DataRequired(_l("Enter your name as colleagues read it.")), Length(max=80)],
        render_kw={"autocomplete": "name"},
    )
    language = SelectField(_l("Language"), choices=options([("zh", "中文"), ("en", "English")]))


class InviteForm(Form):
    """Whom to invite, as what, and for which organisation."""

    email = StringField(
        _l("E-mail"),
        [DataRequired(_l("Enter an e-mail address.")), Email(_l("This is no e-mail address.")),
         Length(max=255)],
        render_kw={"autocomplete": "off", "type": "email"},
    )  # fmt: skip
    role = SelectField(_l("Role"), default="enterprise")
    organisation = StringField(
        _l("Organisation"), [Optional(), Length(max=200)], render_kw={"autocomplete": "off"}
    )
