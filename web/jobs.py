"""Background jobs of any part: who does them, who may see them, how many may wait.

A part names its kinds of jobs in ``JOBS``, kind → "module:function" (imported with the first
job); the worker of ``web.batch`` calls the function as ``Work`` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from flask import Flask, abort, redirect, request
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, false, func, select
from werkzeug.wrappers import Response

from matcher.errors import InputError
from matcher.store.audit import log
from matcher.store.jobs import UNFINISHED, cancel
from matcher.store.models import Job, Run, User
from matcher.store.viewers import LARGEST_ID, Viewer
from web.access import current_user_row, has_role
from web.database import reading, writing
from web.folders import remove
from web.stored import data_folder

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from matcher.encode.base import Encoder
    from matcher.pipeline import Stage
    from matcher.store import Store

#: So many waiting jobs a person may have.
MAX_WAITING = 5
#: The kind of job that matches many needs at once, and makes a report.
BATCH = "batch"
_SHOWN = 100
_KEY = "alleymatch_jobs"


@dataclass(frozen=True)
class Task:
    """A claimed job, apart from its row."""

    id: int
    user_id: int | None
    parameters: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        """Return a parameter."""
        return self.parameters[name]


class Work(Protocol):
    """Does one job.

    ``finished`` gets the id of the run that was stored, or None, and has to be called once, in
    the transaction that keeps the result, so that a crash leaves no result without its job.
    Raises MatcherError for what the job's owner can act on, and whatever ``stage`` raises.
    """

    def __call__(
        self, task: Task, store: Store, data: Path, encoder: Encoder, stage: Stage,
        finished: Callable[[Session, int | None], None],
    ) -> None:  # fmt: skip
        """Do it; files go into the folder that the job's parameters name, below ``data``."""


def add(app: Flask, kinds: Mapping[str, str]) -> None:
    """Add the kinds of jobs of one part."""
    kinds_of(app).update(kinds)


def kinds_of(app: Flask) -> dict[str, str]:
    """Return kind → "module:function" of every part."""
    found: dict[str, str] = app.extensions.setdefault(_KEY, {})
    return found


def own_job(number: int, kind: str) -> Job:
    """Return a job that who asks may see: his own, or any for an administrator; else 404."""
    row = reading().get(Job, number) if 0 < number <= LARGEST_ID else None
    mine = row is not None and row.created_by_id == current_user_row().id
    if row is None or row.kind != kind or not (mine or has_role("administrator")):
        abort(404)
    return row


def own_run(viewer: Viewer, kind: str) -> ColumnElement[bool]:
    """Return, for queries over runs, whether a run came of a job that ``viewer`` may see.

    Jobs are for the office alone: who is no longer of it does not see those he began there.
    """
    if not viewer.staff:
        return false()
    jobs = select(Job.run_id).where(Job.kind == kind, Job.run_id.is_not(None))
    if "administrator" not in viewer.roles:
        jobs = jobs.where(Job.created_by_id == viewer.user_id)
    return Run.id.in_(jobs)


def own_jobs(kind: str) -> list[Job]:
    """Return the latest jobs of a kind that who asks may see, the newest first."""
    query = select(Job).where(Job.kind == kind).order_by(Job.id.desc()).limit(_SHOWN)
    if not has_role("administrator"):
        query = query.where(Job.created_by_id == current_user_row().id)
    return list(reading().scalars(query))


def too_many(kind: str) -> str:
    """Return why who asks cannot begin one more job, "" if he can; others' jobs do not count."""
    query = select(func.count()).where(
        Job.kind == kind, Job.created_by_id == current_user_row().id, Job.state.in_(UNFINISHED)
    )
    waiting = reading().scalar(query) or 0
    if waiting < MAX_WAITING:
        return ""
    return str(_("There are %(n)s batches waiting: let one finish, or cancel one.", n=waiting))


def cancel_job(number: int, kind: str, action: str) -> None:
    """Cancel a job of who asks, and log it under ``action``."""
    row = own_job(number, kind)
    with writing() as session:
        cancel(session, row.id)
        log(session, current_user_row(), action, row)


def remove_job(
    row: Job, action: str, also: Callable[[Session], None] = lambda session: None
) -> bool:
    """Remove an ended job with its folder and ``also`` what belongs to it; False if it runs."""
    if row.state in UNFINISHED:
        return False
    folder = str(row.parameters["folder"])
    with writing() as session:
        log(session, current_user_row(), action, row)
        session.execute(delete(Job).where(Job.id == row.id))
        also(session)
    remove(data_folder(), folder)
    return True


def ended(address: str) -> Response:
    """Return the way from a job's progress to its result, for htmx and without it."""
    if request.headers.get("HX-Request"):
        # The page with the result takes the place of the progress.
        return Response(status=200, headers={"HX-Redirect": address})
    return redirect(address)


def maker(session: Session, task: Task) -> Viewer:
    """Return who began a job, as he stands now: rights may have been taken away since."""
    user = session.get(User, task.user_id) if task.user_id else None
    viewer = Viewer.of(user)
    if not viewer.staff:
        raise InputError(
            "提交这个任务的账号已停用，或不再是技术经理人，任务没有执行。",
            "The account that started this batch is stopped or is no transfer manager any more.",
        )
    return viewer


def state_words() -> dict[str, tuple[str, str]]:
    """Return the states of a job in words, with the tone of their badge."""
    return {
        "queued": (_("waiting"), "plain"), "running": (_("running"), "warn"),
        "done": (_("finished"), "good"), "failed": (_("failed"), "bad"),
        "cancelled": (_("cancelled"), "plain"),
    }  # fmt: skip
