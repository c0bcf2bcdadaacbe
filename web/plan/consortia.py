"""A consortium for one need: choose the need, see who covers what, take the files along.

Need and partners are what everybody may find, with anonymous owners hidden, whoever of the office
looks: the page and its files can be shown at a meeting.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Response, abort, current_app, render_template, request, send_file
from flask_babel import lazy_gettext

from matcher import taxonomy
from matcher.export.consortium import Sheet, sheet
from matcher.export.consortium_files import FIELDS, docx_bytes, xlsx_bytes
from matcher.export.view import View
from matcher.export.words import Words
from matcher.pipeline import provenance
from matcher.plan.consortium import Consortia
from matcher.plan.proposal import Candidate
from matcher.records import Need
from matcher.results import MatchList, Run
from matcher.store import models
from matcher.store.listing import Filters, list_page
from matcher.store.viewers import Viewer, find, shown_records
from web.access import MANAGERS, allows
from web.database import reading
from web.i18n import lang
from web.plan import blueprint
from web.plan.cards import Card
from web.records.kinds import owner
from web.records.lists import filters_of

if TYPE_CHECKING:
    from web.searcher import Searcher

CARD = Card(
    "plan.consortia", lazy_gettext("Consortium"),
    lazy_gettext("For one need: the fewest partners that cover its parts, with quotes and a lead."),
)  # fmt: skip
#: So many needs stand on a page of the list to choose from, the latest first.
_OFFERED = 30


@blueprint.get("/plan/consortia")
@allows(*MANAGERS)
def consortia() -> str:
    everybody, given = Viewer(), filters_of("need", request.args)
    filters = Filters(text=given.text, field=given.field)
    page = list_page(
        reading(), models.Need, everybody, filters, "-updated",
        request.args.get("page", 1, type=int), _OFFERED,
    )  # fmt: skip
    seen = shown_records(reading(), page.rows, everybody)
    return render_template(
        "plan/consortia.html", page=page, filters=filters, narrowed=filters != Filters(),
        rows=[(row.id, seen[row.id], owner(seen[row.id])) for row in page.rows],
        fields=[(code, term.label(lang())) for code, term in taxonomy.terms("fields").items()],
    )  # fmt: skip


@blueprint.get("/plan/consortia/<int:number>")
@allows(*MANAGERS)
def consortium(number: int) -> str:
    told, _ = _sheet(number)
    return render_template(
        "plan/consortium.html", sheet=told, number=number, w=Words(lang()), fields=FIELDS
    )


@blueprint.get("/plan/consortia/<int:number>/<any(docx, xlsx):kind>")
@allows(*MANAGERS)
def consortium_file(number: int, kind: str) -> Response:
    told, search = _sheet(number)
    matcher = search.index.side("capability").base.matcher
    made = provenance(matcher, ())
    view = View(Run((), made), Words(lang()), staff=False)
    content = docx_bytes(told, view) if kind == "docx" else xlsx_bytes(told, view.words)
    name = f"consortium-{number}.{kind}"
    return send_file(BytesIO(content), as_attachment=True, download_name=name)


def _sheet(number: int) -> tuple[Sheet, Searcher]:
    row = find(reading(), models.Need, number, Viewer())
    if row is None:
        abort(404)
    search: Searcher = current_app.extensions["alleymatch_search"]
    need = row.to_record()
    assert isinstance(need, Need)
    return sheet(_consortia(search).form(need), lang()), search


def _consortia(search: Searcher) -> Consortia:
    side = search.index.side("capability")

    def ask(query: Need, top: int) -> tuple[MatchList, Sequence[Candidate]]:
        found = search.find(query, Viewer(), "capability", top, lang())
        listed = zip(found.found.matches, found.row_ids, strict=False)
        items = ((match, side.items.get(row_id)) for match, row_id in listed)
        # A record that was edited meanwhile is left out: its quotes would not be its own.
        return found.found, [
            Candidate(match, item.encoded, 0)
            for match, item in items
            if item is not None and item.record == match.capability
        ]

    matcher = side.base.matcher
    return Consortia(ask, matcher.encoder, matcher.hub, matcher.weights)
