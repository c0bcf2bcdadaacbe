"""The box and what it finds."""

from __future__ import annotations

from flask import current_app, render_template
from flask_babel import gettext as _

from matcher.encode.base import Role
from matcher.errors import InputError, MatcherError
from matcher.records import Offer
from web.access import allows, current_actor, signed_in
from web.cards import ShownList, show
from web.extensions import limiter
from web.home import blueprint
from web.home.forms import LEVELS, MAX_CHARACTERS, SearchForm
from web.home.upload import TYPES, one_record
from web.i18n import lang
from web.searcher import Search

#: So many candidates are looked at; the best of them are partners if they are probable enough.
TOP = 20
#: So many of those that are not recommended are shown.
NEAREST = 4


@blueprint.get("/")
@allows(visitors=True)
def box() -> str:
    return _page(SearchForm())


@blueprint.post("/")
@limiter.limit("30 per minute")
@allows(visitors=True)
def results() -> str | tuple[str, int]:
    form = SearchForm()
    if not form.validate_on_submit():
        return _page(form), 413 if form.text.errors else 400
    wanted: Role = "need" if form.wanted.data == "need" else "capability"
    try:
        query = _query(form, wanted)
        found = _search().find(query, current_actor(), wanted, TOP, lang())
    except InputError as error:
        return _page(form, error=error.message(lang())), 400
    except MatcherError as error:
        return _page(form, error=error.message(lang())), 503
    level = int(form.level.data) / 100 if form.level.data else None
    listed = found.found if level is None else found.found.at(level, level)
    # Only somebody's own private records come here: the search asked the store who sees what.
    seen = show(
        listed, lang(), staff=current_actor().staff, private=signed_in(), row_ids=found.row_ids
    )
    return _page(form, seen=seen, wanted=wanted, query=query)


def _query(form: SearchForm, wanted: Role) -> Offer | str:
    if form.file.data:
        asking: Role = "capability" if wanted == "need" else "need"
        return one_record(form.file.data, asking)
    return (form.text.data or "").replace("\r\n", "\n")


def _page(
    form: SearchForm, *, seen: ShownList | None = None, error: str = "",
    wanted: Role = "capability", query: Offer | str = "",
) -> str:  # fmt: skip
    shown_query = "" if isinstance(query, str) else query.title or _("the uploaded record")
    return render_template(
        "home/box.html", form=form, seen=seen, error=error, wanted=wanted, levels=LEVELS,
        longest=MAX_CHARACTERS, types=",".join(TYPES), asked=shown_query, nearest=NEAREST,
        counts={role: _search().count(role) for role in ("capability", "need")},
    )  # fmt: skip


def _search() -> Search:
    search: Search = current_app.extensions["alleymatch_search"]
    return search
