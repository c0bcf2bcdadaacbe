"""Links among enterprises: look for them in the background, read them side by side.

As with consortia, only what everybody may find takes part, with anonymous owners hidden.
"""

from __future__ import annotations

from io import BytesIO

from flask import abort, flash, redirect, render_template, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from werkzeug.wrappers import Response as Answer

from matcher.errors import MatcherError
from matcher.export.linkage import KINDS, book
from matcher.export.words import Words
from matcher.plan.linkage import Kind
from matcher.store.audit import log
from matcher.store.jobs import UNFINISHED, enqueue
from matcher.store.models import Job
from web.access import MANAGERS, allows, current_user_row
from web.database import reading, writing
from web.extensions import limiter
from web.folders import inside, new_folder
from web.i18n import lang
from web.jobs import (
    cancel_job,
    ended,
    own_job,
    own_jobs,
    remove_job,
    state_words,
    too_many,
)
from web.plan import blueprint
from web.plan.cards import Card
from web.plan.linking import Links, read_links
from web.stored import data_folder

KIND = "linkage"
CARD = Card(
    "plan.linkage", lazy_gettext("Enterprise linkage"),
    lazy_gettext(
        "Needs to commission together, capabilities to offer together, and products of one "
        "enterprise that another needs."
    ),
)  # fmt: skip


@blueprint.get("/plan/linkage")
@allows(*MANAGERS)
def linkage() -> str:
    return _list()


@blueprint.post("/plan/linkage")
@limiter.limit("20 per minute")
@allows(*MANAGERS)
def find_linkage() -> Answer | tuple[str, int]:
    if said := too_many(KIND):
        return _list(said), 400
    try:
        folder = new_folder(data_folder())
    except MatcherError as error:
        return _list(error.message(lang())), 503
    with writing() as session:
        job = enqueue(session, KIND, current_user_row(), {"folder": folder, "lang": lang()})
        log(session, current_user_row(), "linkage.start", job)
        number = job.id
    return redirect(url_for("plan.linkage_of", number=number))


@blueprint.get("/plan/linkage/<int:number>")
@allows(*MANAGERS)
def linkage_of(number: int) -> str:
    row = own_job(number, KIND)
    found = _links(row)
    return render_template(
        "plan/linkage_job.html", job=row, found=found, kinds=KINDS, w=Words(lang()),
        left_out=_left_out(found), nothing=_nothing(found), stages=_stages(),
    )  # fmt: skip


@blueprint.get("/plan/linkage/<int:number>/progress")
@allows(*MANAGERS)
def linkage_progress(number: int) -> str | Answer:
    row = own_job(number, KIND)
    if row.state not in UNFINISHED:
        return ended(url_for("plan.linkage_of", number=number))
    return render_template("plan/linkage_progress.html", job=row, stages=_stages())


@blueprint.get("/plan/linkage/<int:number>/xlsx")
@allows(*MANAGERS)
def linkage_file(number: int) -> Answer:
    found = _links(own_job(number, KIND))
    if found is None:
        abort(404)
    told = {kind: [item.line for item in found.of[kind]] for kind in KINDS}
    none, notes = _in_file(found)
    content = book(told, none, lang(), [*_left_out(found), *notes])
    name = f"linkage-{number}.xlsx"
    return send_file(BytesIO(content), as_attachment=True, download_name=name, max_age=0)


@blueprint.post("/plan/linkage/<int:number>/cancel")
@allows(*MANAGERS)
def stop_linkage(number: int) -> Answer:
    cancel_job(number, KIND, "linkage.cancel")
    return redirect(url_for("plan.linkage_of", number=number))


@blueprint.post("/plan/linkage/<int:number>/remove")
@allows(*MANAGERS)
def remove_linkage(number: int) -> Answer:
    if not remove_job(own_job(number, KIND), "linkage.remove"):
        flash(_("Cancel the search for links first."), "error")
        return redirect(url_for("plan.linkage_of", number=number))
    flash(_("The links are removed."), "success")
    return redirect(url_for("plan.linkage"))


def _links(row: Job) -> Links | None:
    if row.state != "done":
        return None
    return read_links(reading(), inside(data_folder(), row.parameters["folder"]), lang())


def _left_out(found: Links | None) -> list[str]:
    if not found or not found.gone:
        return []
    told = ngettext(
        "%(num)s pair is left out: one of its records was changed, closed or removed since. "
        "Look for links again.",
        "%(num)s pairs are left out: one of their records was changed, closed or removed since. "
        "Look for links again.",
        found.gone.total(),
    )  # fmt: skip
    return [str(told)]


def _nothing(found: Links | None) -> dict[Kind, str]:
    """Return what to say where a kind has no pair."""
    if found is None:
        return {}
    said = dict.fromkeys(KINDS, found.none)
    for kind in found.gone:
        said[kind] = ngettext(
            "%(num)s pair was found here, but its records are no longer as they were then.",
            "%(num)s pairs were found here, but their records are no longer as they were then.",
            found.gone[kind],
        )  # fmt: skip
    if found.untyped and not found.gone["supply"]:
        said["supply"] = ngettext(
            "%(num)s pair fits, but is not listed as supply: an owner has no organisation type, "
            "and its name does not end as a firm's does. Enter the types, then look for links "
            "again.",
            "%(num)s pairs fit, but are not listed as supply: an owner has no organisation type, "
            "and its name does not end as a firm's does. Enter the types, then look for links "
            "again.",
            found.untyped,
        )  # fmt: skip
    return said


def _in_file(found: Links) -> tuple[str, list[str]]:
    """Return what an empty sheet says, and what stands on all: a note names the sheet it is of."""
    empty = [kind for kind in KINDS if not found.of[kind]]
    told, words = _nothing(found), Words(lang())
    notes = [
        f"{words(f'linkage_{kind}_tab')}{words('label_separator')}{told[kind]}"
        for kind in empty if told[kind] != found.none
    ]  # fmt: skip
    if any(found.gone[kind] for kind in empty):
        return _("There is no pair to list."), notes
    return found.none, notes


def _list(error: str = "") -> str:
    return render_template(
        "plan/linkage.html", jobs=own_jobs(KIND), error=error, states=state_words()
    )  # fmt: skip


def _stages() -> dict[str, str]:
    return {
        "": _("starting"), "read": _("reading"), "encode": _("encoding"), "match": _("matching"),
        "complete": _("looking for capabilities that complete each other"),
        "compare": _("comparing needs and capabilities"), "write": _("writing the links"),
    }  # fmt: skip
