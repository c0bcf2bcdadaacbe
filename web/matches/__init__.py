"""The partners of a record, what people decide about them, and the deals that come of it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, request
from flask_babel import lazy_gettext

from web.navigation import Entry


@dataclass(frozen=True)
class Section(Entry):
    """A link that stands for several pages; ``path`` is what their addresses begin with."""

    path: str = ""

    @property
    def current(self) -> bool:
        """Whether the page that is shown belongs to this link."""
        return f"{request.path}/".startswith(f"{self.path}/")


blueprint = Blueprint("matches", __name__)
NAVIGATION = (
    Section("matches.overview", lazy_gettext("Matches"), "/matches"),
    Section("matches.deals", lazy_gettext("Deals"), "/deals"),
)

from web.matches import compare, dealing, deciding, views  # noqa: E402, F401
