"""The base of all forms; it brings the CSRF token and the messages in the user's language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectChoice


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """Derive every form from this one."""


def options(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """Return the choices of a select or radio field from (code, label) pairs."""
    return [SelectChoice(code, label) for code, label in pairs]
