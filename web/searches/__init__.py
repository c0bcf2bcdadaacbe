"""Saved searches: kept, run again, renamed, removed, with what is new since the last look."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("searches", __name__, url_prefix="/searches")

from web.searches import views  # noqa: E402, F401
