"""Planning over many records at once: batch assignment, consortia, alliances, enterprise linkage.

A view of this part is a module of ``VIEWS`` with its routes on ``blueprint`` (below ``/plan/…``),
its templates in ``templates/plan/``, its Chinese texts in ``translations/zh/<module>.po``, and a
``CARD`` for the index page. A module that is not there is left out, with its card.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from flask import Blueprint
from flask_babel import lazy_gettext

from web.navigation import Entry
from web.plan.cards import Card

blueprint = Blueprint("plan", __name__)
NAVIGATION = (Entry("plan.index", lazy_gettext("Plan")),)
#: In the order of the cards on the index page.
VIEWS = ("assigning", "consortia", "alliances", "linkage")
JOBS = {"alliances": "web.plan.themes:work", "linkage": "web.plan.linking:work"}
CARDS: list[Card] = []

from web.plan import views  # noqa: E402, F401

for _name in VIEWS:
    if find_spec(f"{__name__}.{_name}") is not None:
        CARDS.append(import_module(f"{__name__}.{_name}").CARD)
