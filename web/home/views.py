"""The box and what it finds: asked by POST, shown by GET, so that going back gives it again."""

from __future__ import annotations

from flask import current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from matcher.encode.base import Role
from matcher.errors import InputError, MatcherError
from matcher.ingest.prose import Facts
from matcher.records import Offer
from matcher.store.models import Capability, Need
from matcher.store.viewers import visible
from matcher.text.asides import without_asides
from web.access import allows, current_actor, signed_in
from web.cards import LEVELS, ShownList, show
from web.database import reading, store_or_none
from web.extensions import limiter
from web.home import blueprint
from web.home.forms import MAX_CHARACTERS, SearchForm
from web.home.kept import HOURS, Question, keep, kept
from web.home.stated import as_typed, corrected, fill, judged, stated
from web.home.upload import TYPES, one_record
from web.i18n import lang
from web.searcher import Found, Search

#: So many candidates are looked at; the best of them are partners if they are probable enough.
TOP = 20
#: So many of those that are not recommended are shown.
NEAREST = 4


def _without_question() -> bool:
    return "search" not in request.args


@blueprint.get("/")
@limiter.limit("60 per minute", exempt_when=_without_question)
@allows(visitors=True)
def box() -> str | tuple[str, int]:
    name = request.args.get("search", "")
    if not name:
        return _page(SearchForm())
    question = kept(name)
    if question is None:
        said = _("This search is over %(n)s hours old or from another sign-in: enter it again.",
                 n=HOURS)  # fmt: skip
        return _page(SearchForm(), error=said)
    text = question.query if isinstance(question.query, str) else ""
    form = SearchForm(formdata=None, text=text, wanted=question.wanted, level=question.level)
    try:
        found = find(question)
    except InputError as error:
        return _page(form, error=error.message(lang())), 400
    except MatcherError as error:
        return _page(form, error=error.message(lang())), 503
    facts = stated(question)
    if facts is not None:
        found = judged(found, facts)
        fill(form, facts, text)
    level = int(question.level) / 100 if question.level else None
    listed = found.found if level is None else found.found.at(level, level)
    # Only somebody's own private records come here: the search asked the store who sees what.
    seen = show(
        listed, lang(), staff=current_actor().staff, private=signed_in(), row_ids=found.row_ids
    )
    return _page(form, seen=seen, question=question, name=name, facts=facts)


@blueprint.post("/")
@limiter.limit("30 per minute")
@allows(visitors=True)
def results() -> str | Answer | tuple[str, int]:
    form = SearchForm()
    if not form.validate_on_submit():
        return _page(form), 413 if form.text.errors else 400
    wanted: Role = "need" if form.wanted.data == "need" else "capability"
    try:
        query = _query(form, wanted)
    except InputError as error:
        return _page(form, error=error.message(lang())), 400
    facts = corrected(form, query) if isinstance(query, str) and wanted == "capability" else None
    if form.errors:
        return _page(form, facts=facts), 400
    return redirect(address_of(Question(query, wanted, form.level.data or "", facts)))


def address_of(question: Question) -> str:
    """Keep a question for who asks, and return the address of what it finds."""
    return url_for("home.box", search=keep(question))


def find(question: Question) -> Found:
    """Return what a question finds now, for who asks.

    Raises InputError for an empty text, EncoderError while the first index is made.
    """
    query, wanted, actor = question.query, question.wanted, current_actor()
    if not isinstance(query, str) or wanted != "capability":
        return _search().find(query, actor, wanted, TOP, lang())
    # "2027年完成" is in the words of whatever is open in 2027.
    found = _search().find(without_asides(query), actor, wanted, TOP, lang())
    return as_typed(found, query)


def _query(form: SearchForm, wanted: Role) -> Offer | str:
    if form.file.data:
        asking: Role = "capability" if wanted == "need" else "need"
        return one_record(form.file.data, asking)
    return (form.text.data or "").replace("\r\n", "\n")


def _page(
    form: SearchForm, *, seen: ShownList | None = None, error: str = "",
    question: Question | None = None, name: str = "", facts: Facts | None = None,
) -> str:  # fmt: skip
    query = question.query if question else ""
    shown_query = "" if isinstance(query, str) else query.title or _("the uploaded record")
    counts = {role: _search().count(role) for role in ("capability", "need")}
    first_steps = seen is None and not error and not any(counts.values()) and _nothing_there()
    return render_template(
        "home/box.html", first_steps=first_steps, form=form, seen=seen, error=error,
        levels=LEVELS, hours=HOURS, name=name,
        wanted=question.wanted if question else "capability",
        longest=MAX_CHARACTERS, types=",".join(TYPES), asked=shown_query, nearest=NEAREST,
        facts=facts, counts=counts, ready=_search().state().ready,
    )  # fmt: skip


def _nothing_there() -> bool:
    """Tell whether the store holds nothing that who asks may see, drafts and run-out ones too."""
    if store_or_none() is None:
        return False
    asked = (visible(model, current_actor()).limit(1) for model in (Need, Capability))
    return all(reading().scalars(query).first() is None for query in asked)


def _search() -> Search:
    search: Search = current_app.extensions["alleymatch_search"]
    return search
