"""Alliances: the themes of what is on file, on a map and in tables, and who should meet whom."""

from __future__ import annotations

from flask import Response, abort, flash, jsonify, redirect, render_template
from flask import url_for as address
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response as Answer
from wtforms import RadioField, SelectField
from wtforms.validators import Optional

from matcher.errors import MatcherError
from matcher.export.alliances_files import FILES
from matcher.store.audit import log
from matcher.store.jobs import UNFINISHED, enqueue
from matcher.store.models import Job
from web.access import MANAGERS, allows, current_user_row
from web.database import writing
from web.extensions import limiter
from web.folders import inside, new_folder, report_files, send_report
from web.forms import Form, options
from web.i18n import lang, moment
from web.jobs import (
    cancel_job,
    ended,
    own_job,
    own_jobs,
    remove_job,
    state_words,
    too_many,
)
from web.links import record_link
from web.plan import blueprint
from web.plan.cards import Card
from web.plan.themes import read_page
from web.stored import data_folder

KIND = "alliances"
CARD = Card(
    "plan.alliances", lazy_gettext("Alliances"),
    lazy_gettext(
        "The themes among all needs and capabilities: supply, demand and gap, candidates for the "
        "lead, and who should meet whom at a salon."
    ),
)  # fmt: skip
#: What is handed out; the rest of the folder is for the next run.
_FILES = tuple(name for kind, name in FILES.items() if kind != "json")
#: Partners that a need's list holds.
_TOP = 10


class AlliancesForm(Form):
    """For whom, and what to compare with."""

    reader = RadioField(
        lazy_gettext("The result is for"),
        choices=options([
            ("others", lazy_gettext("passing on: no private records, no anonymous owners")),
            ("office", lazy_gettext("the office alone: with private records and all owners")),
        ]),
        default="others",
    )  # fmt: skip
    previous = SelectField(lazy_gettext("Compare with"), [Optional()])


def _form() -> AlliancesForm:
    form = AlliancesForm()
    earlier = [(str(job.id), _title(job)) for job in own_jobs(KIND) if job.state == "done"]
    form.previous.choices = options([*earlier, ("", _("no earlier result"))])
    return form


def _title(job: Job) -> str:
    reader = _("the office") if job.parameters["internal"] else _("passing on")
    return f"{moment(job.created_at)} · {reader}"


@blueprint.get("/plan/alliances")
@allows(*MANAGERS)
def alliances() -> str:
    return _list(_form())


@blueprint.post("/plan/alliances")
@allows(*MANAGERS)
@limiter.limit("30/hour")
def find_alliances() -> Answer | tuple[str, int]:
    form = _form()
    if not form.validate_on_submit():
        return _list(form), 400
    internal = form.reader.data == "office"
    before = own_job(int(form.previous.data), KIND) if form.previous.data else None
    if before is not None and before.parameters["internal"] and not internal:
        said = _("That result holds private records: compare it with one for the office.")
        return _list(form, said), 400
    if said := too_many(KIND):
        return _list(form, said), 400
    try:
        folder = new_folder(data_folder())
    except MatcherError as error:
        return _list(form, error.message(lang())), 503
    parameters = {
        "folder": folder, "lang": lang(), "internal": internal, "top": _TOP,
        "previous": before.parameters["folder"] if before is not None else "",
        "needs_file": "", "capabilities_file": "", "filters": {},
    }  # fmt: skip
    with writing() as session:
        job = enqueue(session, KIND, current_user_row(), parameters)
        log(session, current_user_row(), "alliances.start", job)
        number = job.id
    return redirect(address("plan.alliances_of", number=number))


def _list(form: AlliancesForm, error: str = "") -> str:
    jobs = [(job, _title(job)) for job in own_jobs(KIND)]
    return render_template(
        "plan/alliances.html", form=form, jobs=jobs, error=error, states=state_words()
    )


@blueprint.get("/plan/alliances/<int:number>")
@allows(*MANAGERS)
def alliances_of(number: int) -> str:
    row = own_job(number, KIND)
    told = None
    if row.state == "done":
        told = read_page(inside(data_folder(), row.parameters["folder"]), lang())
    return render_template(
        "plan/alliances_job.html", job=row, title=_title(row), told=told,
        files=report_files(row, _FILES), stages=_stages(),
    )  # fmt: skip


@blueprint.get("/plan/alliances/<int:number>/progress")
@allows(*MANAGERS)
def alliances_progress(number: int) -> str | Answer:
    row = own_job(number, KIND)
    if row.state not in UNFINISHED:
        return ended(address("plan.alliances_of", number=number))
    return render_template("plan/alliances_progress.html", job=row, stages=_stages())


@blueprint.get("/plan/alliances/<int:number>/map")
@allows(*MANAGERS)
def alliances_map(number: int) -> Response:
    """Return the points and discs of the map; each point with the address of its record."""
    row = own_job(number, KIND)
    told = read_page(inside(data_folder(), row.parameters["folder"]), lang())
    if row.state != "done" or told is None:
        abort(404)
    words = {"need": _("Need"), "capability": _("Capability"), "open": _("no match")}
    points = [
        [
            point["x"], point["y"], point["theme"], point["kind"], point["open"],
            f"{point['id']} {point['title']}", point["owner"],
            record_link(point["kind"], point["number"]),
        ]
        for point in told["points"]
    ]  # fmt: skip
    themes = [
        {"name": theme["name"], "id": theme["id"], "disc": disc}
        for theme, disc in zip(told["themes"], told["discs"], strict=True)
    ]
    return jsonify(points=points, themes=themes, words=words)


@blueprint.get("/plan/alliances/<int:number>/files/<name>")
@allows(*MANAGERS)
def alliances_file(number: int, name: str) -> Answer:
    return send_report(own_job(number, KIND), _FILES, name)


@blueprint.post("/plan/alliances/<int:number>/cancel")
@allows(*MANAGERS)
def stop_alliances(number: int) -> Answer:
    cancel_job(number, KIND, "alliances.cancel")
    return redirect(address("plan.alliances_of", number=number))


@blueprint.post("/plan/alliances/<int:number>/remove")
@allows(*MANAGERS)
def remove_alliances(number: int) -> Answer:
    if not remove_job(own_job(number, KIND), "alliances.remove"):
        flash(_("Cancel the search for alliances first."), "error")
        return redirect(address("plan.alliances_of", number=number))
    flash(_("The result and its files are removed."), "success")
    return redirect(address("plan.alliances"))


def _stages() -> dict[str, str]:
    return {
        "": _("starting"), "read": _("reading"), "encode": _("encoding"), "match": _("matching"),
        "themes": _("finding themes"), "write": _("writing the report"),
    }  # fmt: skip
