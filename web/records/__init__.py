"""Needs and capabilities: lists, pages, forms, the check before publishing, and imports."""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState
from flask_babel import lazy_gettext
from werkzeug.routing import BaseConverter

from web.navigation import Entry

_WORDS = {"need": "needs", "capability": "capabilities"}


class KindConverter(BaseConverter):
    """``/needs`` and ``/capabilities`` in addresses, ``need`` and ``capability`` in the code."""

    regex = "needs|capabilities"

    def to_python(self, value: str) -> str:
        """Return the kind of record."""
        return next(kind for kind, word in _WORDS.items() if word == value)

    def to_url(self, value: str) -> str:
        """Return the word in the address."""
        return _WORDS[value]


def _add_converter(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["record_kind"] = KindConverter


blueprint = Blueprint("records", __name__)
blueprint.record(_add_converter)
NAVIGATION = (
    Entry("records.needs", lazy_gettext("Needs"), ("/needs",)),
    Entry("records.capabilities", lazy_gettext("Capabilities"), ("/capabilities",)),
)

# Each adds its views to the blueprint.
import web.records.diagnosing  # noqa: E402
import web.records.drafts  # noqa: E402
import web.records.editing  # noqa: E402
import web.records.imports  # noqa: E402
import web.records.lists  # noqa: E402
import web.records.pages  # noqa: E402, F401
