"""A stored run with what everybody may still find: its records may have been closed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import abort
from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.records import Offer
from matcher.results import Match, MatchList, Run
from matcher.store import models
from matcher.store.models import Job, Snapshot
from matcher.store.runs import load_run
from matcher.store.viewers import Viewer, visible


@dataclass(frozen=True)
class Opened:
    """A run without the records that were closed since, and where the others are on file.

    ``needs`` and ``capabilities`` are code → row id; ``closed`` counts what was left out.
    """

    run: Run
    needs: Mapping[str, int]
    capabilities: Mapping[str, int]
    closed: int


@dataclass(frozen=True)
class _Side:
    """The records of one side on file that everybody may find now; ``rows`` None: from a file."""

    rows: Mapping[str, tuple[int, str]] | None

    def now(self, record: Offer, known: dict[int, Offer | None]) -> Offer | None:
        """Return the record, anonymous if it has become so; None if it is not open any more."""
        if self.rows is None:
            return record
        if id(record) not in known:
            _, state = self.rows.get(record.id, (0, ""))
            changes = {"confidentiality": state} if state == "anonymous" else {}
            known[id(record)] = record.model_copy(update=changes) if state else None
        return known[id(record)]

    @property
    def ids(self) -> dict[str, int]:
        return {code: number for code, (number, _) in (self.rows or {}).items()}


def opened(session: Session, job: Job) -> Opened:
    """Return the run of a finished batch; records that came from files are as they were.

    A run that was removed meanwhile is not found.
    """
    row = session.get(models.Run, job.run_id) if job.run_id else None
    if row is None:
        abort(404)
    run = load_run(session, row)
    needs = _Side(None if job.parameters["needs_file"] else _rows(session, row.id, needs=True))
    from_file = job.parameters["capabilities_file"]
    offers = _Side(None if from_file else _rows(session, row.id, needs=False))
    known: dict[int, Offer | None] = {}
    lists: list[MatchList] = []
    for found in run.lists:
        query = needs.now(found.query, known)
        pairs = [(match, needs.now(match.need, known), offers.now(match.capability, known))
                 for match in found.matches]  # fmt: skip
        if query is not None:
            kept = tuple(_with(*pair) for pair in pairs if pair[1] and pair[2])
            # What is not proposed plays no part, and would have to be looked at as well.
            lists.append(replace(found, query=query, matches=kept, below=(), excluded=()))
    # What was private when an internal batch ran was never open: it did not change since.
    shut = (r for r in run.records if id(r) in known and known[id(r)] is None)
    closed = {(r.record, r.id) for r in shut if r.confidentiality != "private"}
    bare = replace(run, lists=tuple(lists), records=(), rejections=(), duplicates=(),
                   needs_file="", capabilities_file="")  # fmt: skip
    return Opened(bare, needs.ids, offers.ids, len(closed))


def _with(match: Match, need: Offer | None, capability: Offer | None) -> Match:
    changed: dict[str, object] = {"need": need, "capability": capability}
    return replace(match, **changed)  # type: ignore[arg-type]


def _rows(session: Session, run_id: int, *, needs: bool) -> dict[str, tuple[int, str]]:
    """Return code in the run → (row id, confidentiality now) of what everybody may find now."""
    model: type[models.Need] | type[models.Capability]
    if needs:
        model, kept = models.Need, models.MatchList
        linked, shot = kept.need_id, kept.snapshot_id
    else:
        model, kept = models.Capability, models.Match  # type: ignore[assignment]
        linked, shot = models.Match.capability_id, models.Match.capability_snapshot_id
    in_run = select(linked).where(kept.run_id == run_id)
    open_now = visible(model, Viewer()).where(model.id.in_(in_run))
    rows = session.execute(open_now.with_only_columns(model.id, model.confidentiality))
    states: dict[int, str] = {row.id: row.confidentiality for row in rows}
    query = (
        select(Snapshot.code, linked)
        .join(Snapshot, shot == Snapshot.id)
        .where(kept.run_id == run_id)
        .distinct()
    )
    return {
        code: (number, states[number])
        for code, number in session.execute(query)
        if number in states
    }
