"""Starting a batch, watching it, its files, and comparing it with an earlier one."""

from __future__ import annotations

from pathlib import Path

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as Answer

from matcher.compare import Change, ListComparison, compare_runs
from matcher.errors import MatcherError
from matcher.export import FILES
from matcher.export.view import make_view
from matcher.results import Run
from matcher.store import models
from matcher.store.audit import log
from matcher.store.jobs import UNFINISHED, enqueue
from matcher.store.models import Job, Match, MatchList, Snapshot
from matcher.store.runs import load_run
from web.access import MANAGERS, allows, current_user_row
from web.batch import blueprint
from web.batch.forms import BatchForm, batch_form
from web.batch.summary import read_summary
from web.database import reading, writing
from web.extensions import limiter
from web.folders import inside, keep, new_folder, remove, report_files, send_report
from web.i18n import lang
from web.jobs import (
    BATCH,
    cancel_job,
    ended,
    own_job,
    own_jobs,
    remove_job,
    state_words,
    too_many,
)
from web.matches.compare import known_since
from web.stored import data_folder
from web.uploads import TABLES

KIND = BATCH


@blueprint.get("/batch")
@allows(*MANAGERS)
def jobs() -> str:
    return _list(batch_form())


@blueprint.post("/batch")
@limiter.limit("20 per minute")
@allows(*MANAGERS)
def begin() -> str | Answer | tuple[str, int]:
    form = batch_form()
    valid = form.validate_on_submit() and _files_given(form)
    if not valid:
        return _list(form), 400
    if said := too_many(KIND):
        return _list(form, error=said), 400
    data = data_folder()
    try:
        folder = new_folder(data)
    except MatcherError as error:
        return _list(form, error=error.message(lang())), 503
    try:
        names = _kept(form, inside(data, folder))
    except MatcherError as error:
        remove(data, folder)
        return _list(form, error=error.message(lang())), 400
    except OSError:
        remove(data, folder)
        raise
    with writing() as session:
        job = enqueue(session, KIND, current_user_row(), _parameters(form, folder, names))
        log(session, current_user_row(), "batch.start", job)
        number = job.id
    return redirect(url_for("batch.job", number=number))


def _files_given(form: BatchForm) -> bool:
    missing = _("Choose a file.")
    if form.source.data == "file" and not form.needs.data:
        form.needs.errors = [missing]
    if form.offers.data == "file" and not form.capabilities.data:
        form.capabilities.errors = [missing]
    return not (form.needs.errors or form.capabilities.errors)


def _kept(form: BatchForm, folder: Path) -> dict[str, str]:
    names = {"needs": "", "capabilities": ""}
    for side, source in (("needs", form.source), ("capabilities", form.offers)):
        upload = getattr(form, side).data
        if source.data == "file" and isinstance(upload, FileStorage):
            names[side] = keep(upload, folder, side)
    return names


def _parameters(form: BatchForm, folder: str, names: dict[str, str]) -> dict[str, object]:
    title = (form.title.data or "").strip() or names["needs"] or _("Needs on file")
    return {
        "folder": folder, "title": title, "lang": lang(), "top": form.top.data or 10,
        "internal": form.reader.data == "office", "needs_file": names["needs"],
        "capabilities_file": names["capabilities"],
        "filters": {
            "text": form.text.data or "", "region": form.region.data or "",
            "field": form.field.data or None, "kind": form.kind.data or None,
        },
    }  # fmt: skip


@blueprint.get("/batch/<int:number>")
@allows(*MANAGERS)
def job(number: int) -> str:
    row = own_job(number, KIND)
    told = None
    if row.state == "done":
        told = read_summary(inside(data_folder(), row.parameters["folder"]), lang())
    return render_template(
        "batch/job.html", job=row, told=told,
        files=report_files(row, FILES.values()), stages=stage_words(),
        others=[other for other in own_jobs(KIND) if other.id < row.id and other.run_id],
    )  # fmt: skip


@blueprint.get("/batch/<int:number>/progress")
@allows(*MANAGERS)
def progress(number: int) -> str | Answer:
    row = own_job(number, KIND)
    if row.state not in UNFINISHED:
        return ended(url_for("batch.job", number=number))
    return render_template("batch/progress.html", job=row, stages=stage_words())


@blueprint.post("/batch/<int:number>/cancel")
@allows(*MANAGERS)
def stop(number: int) -> Answer:
    cancel_job(number, KIND, "batch.cancel")
    flash(_("The batch is being cancelled."), "info")
    return redirect(url_for("batch.job", number=number))


@blueprint.post("/batch/<int:number>/remove")
@allows(*MANAGERS)
def drop(number: int) -> Answer:
    row = own_job(number, KIND)
    run = row.run_id
    if not remove_job(row, "batch.remove", lambda session: _forget(session, run)):
        flash(_("Cancel the batch first."), "error")
        return redirect(url_for("batch.job", number=number))
    flash(_("The batch, its file and its report are removed."), "success")
    return redirect(url_for("batch.jobs"))


def _forget(session: Session, run_id: int | None) -> None:
    """Remove a run, with the texts that no other run saw."""
    if run_id is None:
        return
    mine = Match.run_id == run_id
    kept = {
        *session.scalars(select(MatchList.snapshot_id).where(MatchList.run_id == run_id)),
        *session.scalars(select(Match.need_snapshot_id).where(mine)),
        *session.scalars(select(Match.capability_snapshot_id).where(mine)),
    }
    session.execute(delete(models.Run).where(models.Run.id == run_id))
    used = select(Match.id).where(
        or_(Match.need_snapshot_id == Snapshot.id, Match.capability_snapshot_id == Snapshot.id)
    )
    listed = select(MatchList.id).where(MatchList.snapshot_id == Snapshot.id)
    ids = sorted(kept)
    for start in range(0, len(ids), 500):
        part = Snapshot.id.in_(ids[start : start + 500])
        session.execute(delete(Snapshot).where(part, ~used.exists(), ~listed.exists()))


@blueprint.get("/batch/<int:number>/files/<name>")
@allows(*MANAGERS)
def file(number: int, name: str) -> Answer:
    return send_report(own_job(number, KIND), FILES.values(), name)


@blueprint.get("/batch/<int:number>/changes")
@allows(*MANAGERS)
def changes(number: int) -> str:
    row = own_job(number, KIND)
    given = request.args.get("from", "")
    before = (
        own_job(int(given), KIND)
        if given.isascii() and given.isdigit() and len(given) < 10
        else None
    )
    old, new = _run_of(before) if before else None, _run_of(row)
    if before is None or old is None or new is None:
        abort(404)
    start = min(before.finished_at or before.created_at, row.finished_at or row.created_at)
    internal = bool(row.parameters["internal"] and before.parameters["internal"])
    seen = [make_view(run, lang(), 10_000, staff=internal).run for run in (old, new)]
    found = compare_runs(seen[0], seen[1], known_since(reading(), start, need=True))
    shown = [item for item in found if _worth_showing(item)]
    kinds: tuple[Change, ...] = ("came", "rose", "fell", "went")
    return render_template(
        "batch/changes.html", job=row, before=before, found=shown,
        unchanged=len(found) - len(shown),
        totals={kind: sum(item.count(kind) for item in found) for kind in kinds},
    )  # fmt: skip


def _worth_showing(item: ListComparison) -> bool:
    asked_twice = item.in_before and item.in_after
    return not asked_twice or any(move.change != "same" for move in item.moves)


def _run_of(row: Job) -> Run | None:
    stored = reading().get(models.Run, row.run_id) if row.run_id else None
    return load_run(reading(), stored) if stored is not None else None


def _list(form: BatchForm, error: str = "") -> str:
    return render_template(
        "batch/jobs.html", form=form, jobs=own_jobs(KIND), error=error, types=",".join(TABLES),
        states=state_words(), stages=stage_words(),
    )  # fmt: skip


def stage_words() -> dict[str, str]:
    """Return the steps of a batch in words."""
    return {
        "": _("starting"), "read": _("reading"), "encode": _("encoding"), "match": _("matching"),
        "consortia": _("seeking consortia"), "write": _("writing the report"),
    }  # fmt: skip
