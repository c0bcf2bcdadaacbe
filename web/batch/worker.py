"""One thread that works on the queue; the queue itself is in the store and survives it."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.orm import Session

from matcher.encode.base import Encoder, Progress
from matcher.errors import InputError, MatcherError, is_full
from matcher.store import Store
from matcher.store.jobs import claim, fail, finish, report, revive, stopped
from matcher.store.models import Job
from web.jobs import Task, Work

log = logging.getLogger("web")
_POLL, _BEAT, _REPORT = 1.0, 5.0, 0.4


class _Stop(Exception):
    """Somebody cancelled the job, another worker has it, or the server ends."""


class Worker:
    """Takes jobs one after the other.

    Parameters
    ----------
    kinds
        Kind of job → "module:function", as in ``web.jobs``.
    data
        Where the folders of the jobs are.
    encoder
        By default the prepared one, opened with the first job.
    """

    def __init__(
        self, store: Store, data: Path, kinds: Mapping[str, str], encoder: Encoder | None = None
    ) -> None:  # fmt: skip
        self._store, self._data, self._kinds, self._encoder = store, data, kinds, encoder
        self.name = secrets.token_hex(8)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="batch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float = 20.0) -> None:
        """Put the present job back and end the thread."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                busy = self.run_once()
            except Exception as error:
                # Its text may quote a record.
                log.error("batch: %s", type(error).__name__)
                busy = False
            if not busy:
                self._end.wait(_POLL)

    def run_once(self) -> bool:
        """Work on the oldest job; return whether there was one."""
        with self._store.writing() as session:
            again, given_up = revive(session)
            job = claim(session, self.name)
            task = Task(job.id, job.created_by_id, dict(job.parameters)) if job else None
            kind = job.kind if job else ""
        for number in (*again, *given_up):
            log.warning("batch %s: its process had stopped", number)
        if task is None:
            return False
        beat = _Beat(self._store, task.id, self.name, self._end)
        with beat:
            self._work(task, kind, beat)
        return True

    def _work(self, task: Task, kind: str, beat: _Beat) -> None:
        try:
            work = self._work_of(kind)

            def finished(session: Session, run: int | None) -> None:
                folder = task["folder"]
                if not finish(session, task.id, self.name, result_folder=folder, run_id=run):
                    raise _Stop

            work(task, self._store, self._data, self._opened(), beat.stage, finished)
        except _Stop:
            self._leave(task)
        except MatcherError as error:
            self._fail(task, error)
        except Exception as error:
            log.error("batch %s: %s", task.id, type(error).__name__)
            self._fail(task, _full() if is_full(error) else _broken(task.id))

    def _work_of(self, kind: str) -> Work:
        if kind not in self._kinds:
            raise _unknown()
        module, _, name = self._kinds[kind].partition(":")
        found: Work = getattr(import_module(module), name)
        return found

    def _opened(self) -> Encoder:
        if self._encoder is None:
            from matcher.encode import open_encoder

            self._encoder = open_encoder()
        return self._encoder

    def _fail(self, task: Task, error: MatcherError) -> None:
        with self._store.writing() as session:
            fail(session, task.id, self.name, error)

    def _leave(self, task: Task) -> None:
        with self._store.writing() as session:
            job = session.get(Job, task.id)
            if job is not None and self._end.is_set() and not job.cancel_requested:
                # The server ends in good order: this is no failed attempt.
                held = (Job.id == task.id, Job.worker == self.name, Job.state == "running")
                back = {"state": "queued", "worker": None, "attempts": Job.attempts - 1, "done": 0}
                session.execute(update(Job).where(*held).values(back))
            else:
                stopped(session, task.id, self.name)


class _Beat:
    """Writes progress and a sign of life, and hears that the job should stop."""

    def __init__(self, store: Store, job_id: int, worker: str, end: threading.Event) -> None:
        self._store, self._job_id, self._worker, self._end = store, job_id, worker, end
        self._gone, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._live, name="batch beat", daemon=True)
        self._last = 0.0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _live(self) -> None:
        # Single steps, such as building an index, take longer than the silence that is allowed.
        while not self._over.wait(_BEAT):
            try:
                self._tell()
            except Exception as error:
                log.error("batch %s: %s", self._job_id, type(error).__name__)

    def _tell(
        self, stage: str | None = None, done: int | None = None, total: int | None = None
    ) -> None:  # fmt: skip
        with self._store.writing() as session:
            going = report(
                session, self._job_id, self._worker, stage=stage, done=done, total=total
            )  # fmt: skip
        if not going:
            self._gone.set()

    def _check(self) -> None:
        if self._gone.is_set() or self._end.is_set():
            raise _Stop

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[Progress]:
        """Open a step of the work."""
        self._tell(name, 0, total)
        self._check()
        done = 0

        def step(count: int) -> None:
            nonlocal done
            done += count
            if time.monotonic() - self._last > _REPORT:
                self._last = time.monotonic()
                self._tell(done=done)
            self._check()

        yield step
        self._tell(done=done)
        self._check()


def _unknown() -> InputError:
    return InputError(
        "这个版本的程序不认识这种任务。请升级后重试。",
        "This version of the program does not know this kind of job: upgrade it and try again.",
    )


def _full() -> InputError:
    return InputError(
        "服务器磁盘已满，任务没有完成。请清理磁盘后重试。",
        "The disk of the server is full and the batch was not finished: make room and try again.",
    )


def _broken(number: int) -> InputError:
    return InputError(
        f"处理中出现意外错误，任务没有完成。请重试；仍然失败时，请把任务号 {number} 告诉管理员。",
        f"Something unexpected went wrong and the batch was not finished. Try again; if it fails "
        f"again, tell the administrator the number {number}.",
    )
