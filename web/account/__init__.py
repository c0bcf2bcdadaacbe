"""Signing in and out, the first administrator, invitations, passwords."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("account", __name__)

from web.account import editing, forgot, people, setup, views  # noqa: E402, F401
