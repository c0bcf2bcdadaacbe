"""The page that leads to every way of planning."""

from __future__ import annotations

from flask import render_template

from web.access import MANAGERS, allows, may_visit
from web.plan import CARDS, blueprint


@blueprint.get("/plan")
@allows(*MANAGERS)
def index() -> str:
    cards = [card for card in CARDS if may_visit(card.endpoint)]
    return render_template("plan/index.html", cards=cards)
