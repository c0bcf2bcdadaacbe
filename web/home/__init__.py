"""The first page: one box for a need, and the partners found for it."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext

from web.navigation import Entry

blueprint = Blueprint("home", __name__)
NAVIGATION = (Entry("home.box", lazy_gettext("Find a partner"), ("/", "/searches")),)

from web.home import views  # noqa: E402, F401
