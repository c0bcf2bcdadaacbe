"""Assignment of partners over a finished batch: choose it, set the rules, see who gets whom.

As with consortia, the page and its file can be shown at a meeting: anonymous owners are hidden and
private records left out, whoever of the office looks and whoever the batch was for.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Response, abort, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func, select
from wtforms import IntegerField, RadioField
from wtforms.validators import Optional

from matcher import settings
from matcher.errors import InputError
from matcher.export.assignment import (
    assigned,
    assignment_bytes,
    changes,
    loads,
    notes,
    overview,
    suppliers,
    told,
)  # fmt: skip
from matcher.export.assignment_word import docx_bytes
from matcher.export.view import View, make_view
from matcher.plan.batch import assign_run
from matcher.plan.conflict import Conflict
from matcher.plan.exposure import Plan
from matcher.plan.problem import Rules
from matcher.store import models
from matcher.store.models import Job
from web.access import MANAGERS, allows
from web.database import reading
from web.extensions import limiter
from web.forms import Form, options
from web.i18n import lang
from web.jobs import own_job, own_jobs
from web.plan import blueprint
from web.plan.cards import Card
from web.plan.openness import Opened, opened

CARD = Card(
    "plan.assigning", lazy_gettext("Batch assignment"),
    lazy_gettext(
        "For a whole batch: who gets whom when everybody's capacity counts, with a share for new "
        "and small suppliers."
    ),
)  # fmt: skip
KIND = "batch"
#: A batch with more matches would keep a page waiting: reading it takes longer than solving it.
_MOST_MATCHES = 10_000
#: As many as a list of a batch can hold.
_TOP = 50
#: So many lines of a table are on the page; the file has all.
_SHOWN = 300


class AssigningForm(Form):
    """The rules; what they may be is said by ``Rules``."""

    each = IntegerField(lazy_gettext("Partners of a need, at most"), [Optional()], default=3)
    at_least = IntegerField(lazy_gettext("Partners of a need, at least"), [Optional()], default=0)
    capacity = IntegerField(lazy_gettext("Projects of a capability, if not stated"), [Optional()])
    per_supplier = IntegerField(lazy_gettext("Places of a supplier, at most"), [Optional()])
    small_share = IntegerField(
        lazy_gettext("Share of new and small suppliers (%)"), [Optional()], default=0
    )
    objective = RadioField(
        lazy_gettext("Objective"),
        choices=options([
            ("total", lazy_gettext("the most successes in total")),
            ("nash", lazy_gettext("balance among suppliers")),
        ]),
        default="total",
    )  # fmt: skip


@dataclass(frozen=True)
class _Answer:
    """What a batch comes to; ``found`` is None where ``error`` says why."""

    error: str
    view: View | None = None
    found: Plan | Conflict | None = None
    seen: Opened | None = None


@blueprint.get("/plan/assigning")
@allows(*MANAGERS)
def assigning() -> str:
    done = [job for job in own_jobs(KIND) if job.state == "done" and job.run_id]
    return render_template("plan/assigning.html", jobs=done)


@blueprint.get("/plan/assigning/<int:number>")
@limiter.limit("30 per minute")
@allows(*MANAGERS)
def assignment(number: int) -> str | tuple[str, int]:
    job = _finished(number)
    form = _form()
    answer = _answer(job, form)
    shown: dict[str, Any] = {}
    if answer.view is not None:
        shown = {"w": answer.view.words, "seen": answer.seen}
        if isinstance(answer.found, Conflict):
            shown["conflict"] = told(answer.view, answer.found)
        elif answer.found is not None:
            shown |= _tables(answer.view, answer.found)
    query = request.query_string.decode("ascii", "replace")
    page = render_template(
        "plan/assignment.html", job=job, form=form, error=answer.error, most=_SHOWN,
        files={kind: f"{url_for('plan.assignment_file', number=number, kind=kind)}?{query}"
               for kind in ("docx", "xlsx")},
        **shown,
    )  # fmt: skip
    return (page, 400) if answer.error else page


@blueprint.get("/plan/assigning/<int:number>/<any(docx, xlsx):kind>")
@limiter.limit("30 per minute")
@allows(*MANAGERS)
def assignment_file(number: int, kind: str) -> Response:
    answer = _answer(_finished(number), _form())
    if answer.view is None or answer.found is None:
        abort(400, answer.error)
    write = docx_bytes if kind == "docx" else assignment_bytes
    content = BytesIO(write(answer.view, answer.found))
    name = f"assignment-{number}.{kind}"
    return send_file(content, as_attachment=True, download_name=name, max_age=0)


def _tables(view: View, plan: Plan) -> dict[str, Any]:
    return {
        "facts": overview(view, plan), "notes": notes(view, plan),
        "assigned": assigned(view, plan), "changes": changes(view, plan),
        "suppliers": suppliers(view, plan), "loads": loads(view, plan),
    }  # fmt: skip


def _finished(number: int) -> Job:
    job = own_job(number, KIND)
    if job.state != "done" or not job.run_id:
        abort(404)
    return job


def _form() -> AssigningForm:
    # Nothing is changed, so the address holds the rules and can be kept.
    form = AssigningForm(request.args or None, meta={"csrf": False})
    if form.capacity.data is None and not form.capacity.raw_data:
        form.capacity.data = int(settings.load()["capacity"])
    return form


def _answer(job: Job, form: AssigningForm) -> _Answer:
    if not form.validate():
        return _Answer(_("Please correct what is marked."))
    try:
        rules = _rules(form)
    except InputError as error:
        return _Answer(error.message(lang()))
    count = select(func.count()).where(models.Match.run_id == job.run_id, ~models.Match.below)
    matches = reading().scalar(count) or 0
    if matches > _MOST_MATCHES:
        return _Answer(_(
            "This batch has %(n)s matches, and a page takes %(most)s at most: start a batch with "
            "fewer needs or fewer partners for each.", n=matches, most=_MOST_MATCHES,
        ))  # fmt: skip
    seen = opened(reading(), job)
    view = make_view(seen.run, lang(), _TOP, staff=False)
    return _Answer("", view, assign_run(view, rules), seen)


def _rules(form: AssigningForm) -> Rules:
    """Return the rules; what is left empty is as by default."""
    names = ("each", "at_least", "capacity", "per_supplier", "small_share", "objective")
    return Rules(**{name: form[name].data for name in names if form[name].data is not None})
