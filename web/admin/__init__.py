"""Administration: people, organisations, closed lists, settings, the log, the machinery."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response as Answer

from web.access import MANAGERS, allows
from web.navigation import Entry

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
#: The pages of this part; each is shown to those who may call it.
SECTIONS = (
    Entry("account.people", lazy_gettext("People"), ("/people",)),
    Entry("admin.organisations", lazy_gettext("Organisations"), ("/admin/organisations",)),
    Entry("admin.taxonomies", lazy_gettext("Closed lists"), ("/admin/lists",)),
    Entry("admin.settings_page", lazy_gettext("Settings"), ("/admin/settings",)),
    Entry("admin.audit", lazy_gettext("Audit log"), ("/admin/log",)),
    Entry("admin.system", lazy_gettext("System"), ("/admin/system",)),
)
NAVIGATION = (Entry("admin.first", lazy_gettext("Manage"), ("/admin", "/people")),)


@blueprint.app_context_processor
def _sections() -> dict[str, object]:
    from web.access import may_visit

    def sections() -> list[Entry]:
        return [entry for entry in SECTIONS if may_visit(entry.endpoint)]

    return {"admin_sections": sections}


@blueprint.get("/")
@allows(*MANAGERS)
def first() -> Answer:
    return redirect(url_for(SECTIONS[0].endpoint))


# Each adds its views to the blueprint.
from web.admin import audit, merging, organisations, settings, system, taxonomies  # noqa: E402, F401
