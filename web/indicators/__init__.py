"""Figures for the science office, counted from the records."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext

from web.navigation import Entry

blueprint = Blueprint("indicators", __name__, url_prefix="/figures")
NAVIGATION = (Entry("indicators.figures", lazy_gettext("Figures")),)

from web.indicators import views  # noqa: E402, F401
