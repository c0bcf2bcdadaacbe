"""The forms of this part."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, PasswordField, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, Email, EqualTo, InputRequired, Length, Optional

from matcher.errors import InputError
from matcher.store.passwords import check_password
from web.forms import Form, options
from web.i18n import lang

LONGEST_PASSWORD = 200


def _strong(form: Any, field: Field) -> None:
    names = [name.data for name in form if name.short_name in _NAMES]
    try:
        check_password(str(field.data or ""), names)
    except InputError as error:
        raise ValidationError(error.message(lang())) from error


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
