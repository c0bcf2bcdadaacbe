"""Signing in and out, the first administrator, invitations, passwords."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext

from web.navigation import Entry

blueprint = Blueprint("account", __name__)
NAVIGATION = (Entry("account.people", lazy_gettext("People")),)

from web.account import people, setup, views  # noqa: E402, F401
