"""The partners of a record, what people decide about them, and the deals that come of it."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext

from web.navigation import Entry

blueprint = Blueprint("matches", __name__)
NAVIGATION = (
    Entry("matches.overview", lazy_gettext("Matches"), ("/matches",)),
    Entry("matches.deals", lazy_gettext("Deals"), ("/deals",)),
    Entry("matches.reviews", lazy_gettext("Reviews"), ("/reviews",), frozenset({"reviewer"})),
)

from web.matches import compare, dealing, deciding, reviewing, views  # noqa: E402, F401
