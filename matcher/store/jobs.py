"""Background jobs as rows: they survive a restart, show progress, and can be cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matcher.errors import MatcherError
from matcher.store.columns import utcnow
from matcher.store.models import Job, User

#: A running job without a sign of life for so long has lost its process.
SILENCE = timedelta(seconds=60)
#: A job that lost its process so often is given up: it may be what kills the process.
MAX_ATTEMPTS = 3
UNFINISHED = ("queued", "running")


def enqueue(
    session: Session, kind: str, user: User | None, parameters: dict[str, Any] | None = None
) -> Job:
    """Add a job to the end of the queue."""
    job = Job(kind=kind, parameters=parameters or {}, created_by_id=user.id if user else None)
    session.add(job)
    session.flush()
    return job


def claim(session: Session, worker: str) -> Job | None:
    """Take the oldest queued job, so that no other worker gets it; None if there is none."""
    queued = select(Job).where(Job.state == "queued").order_by(Job.id).limit(1)
    job = session.scalar(queued.with_for_update(skip_locked=True))
    if job is None:
        return None
    now = utcnow()
    job.state, job.worker, job.attempts = "running", worker, job.attempts + 1
    job.started_at = job.heartbeat_at = now
    session.flush()
    return job


def report(
    session: Session, job_id: int, worker: str, *, stage: str | None = None,
    done: int | None = None, total: int | None = None,
) -> bool:  # fmt: skip
    """Write progress and a sign of life; return whether the worker should go on.

    False: somebody cancelled the job, or it was given to another worker after a long silence.
    """
    values: dict[str, Any] = {"heartbeat_at": utcnow()}
    given = {"stage": stage, "done": done, "total": total}
    values |= {name: value for name, value in given.items() if value is not None}
    held = (Job.id == job_id, Job.worker == worker, Job.state == "running")
    going = update(Job).where(*held).values(values).returning(Job.cancel_requested)
    cancelled = session.scalar(going)
    return cancelled is False


def finish(
    session: Session, job_id: int, worker: str, *, result_folder: str | None = None,
    run_id: int | None = None,
) -> bool:  # fmt: skip
    """Mark a job as done; False if it is no longer this worker's."""
    values = {"state": "done", "result_folder": result_folder, "run_id": run_id}
    return _end(session, job_id, worker, values)


def fail(session: Session, job_id: int, worker: str, error: MatcherError) -> bool:
    """Mark a job as failed, with the sentence that its owner will read."""
    values = {"state": "failed", "error_zh": error.zh, "error_en": error.en}
    return _end(session, job_id, worker, values)


def stopped(session: Session, job_id: int, worker: str) -> bool:
    """Mark a job as cancelled, once its worker has stopped."""
    return _end(session, job_id, worker, {"state": "cancelled"})


def _end(session: Session, job_id: int, worker: str, values: dict[str, Any]) -> bool:
    held = (Job.id == job_id, Job.worker == worker, Job.state == "running")
    ended = update(Job).where(*held).values({**values, "finished_at": utcnow()}).returning(Job.id)
    return session.scalar(ended) is not None


def cancel(session: Session, job_id: int) -> None:
    """Cancel a job: at once if it waits, at its worker's next report if it runs."""
    waiting = (Job.id == job_id, Job.state == "queued")
    ended = {"state": "cancelled", "cancel_requested": True, "finished_at": utcnow()}
    session.execute(update(Job).where(*waiting).values(ended))
    running = (Job.id == job_id, Job.state == "running")
    session.execute(update(Job).where(*running).values(cancel_requested=True))


def revive(session: Session, silence: timedelta = SILENCE) -> tuple[list[int], list[int]]:
    """Deal with jobs whose process is gone; return the ids queued again and the ids given up.

    One that should be cancelled is. Call it at the start of a worker and now and then.
    """
    again: list[int] = []
    given_up: list[int] = []
    silent = (Job.state == "running", Job.heartbeat_at < utcnow() - silence)
    for job in session.scalars(select(Job).where(*silent).with_for_update(skip_locked=True)):
        job.worker = None
        if job.cancel_requested:
            job.state, job.finished_at = "cancelled", utcnow()
        elif job.attempts < MAX_ATTEMPTS:
            job.state = "queued"
            again.append(job.id)
        else:
            job.state, job.finished_at = "failed", utcnow()
            job.error_zh = "程序在处理中多次中断，任务已放弃。请减少记录后重试，或联系管理员。"
            job.error_en = (
                "The program stopped several times during this job, and it was given up: try "
                "again with fewer records, or tell the administrator."
            )
            given_up.append(job.id)
    session.flush()
    return again, given_up
