"""Keep a run with its matches, and bring it back as the pages and reports know it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session, joinedload, selectinload

from matcher import records, results
from matcher.store import models
from matcher.store.audit import log
from matcher.store.columns import storable, to_json
from matcher.store.editing import model_of
from matcher.store.models import User
from matcher.store.proof import explanation_of, match_from
from matcher.store.revision import current_revision

_CHUNK = 500
Ids = Mapping[str, int]


def ids_of(session: Session, kind: str, codes: Iterable[str]) -> dict[str, int]:
    """Return the row ids of records by their codes, to link a run that was made from the store."""
    model, wanted = model_of(kind), sorted(set(codes))
    found: dict[str, int] = {}
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        query = select(model.code, model.id).where(model.code.in_(part))
        found.update((code, number) for code, number in session.execute(query))
    return found


def save_run(
    session: Session, run: results.Run, user: User | None, *, title: str = "",
    need_ids: Ids | None = None, capability_ids: Ids | None = None,
) -> models.Run:  # fmt: skip
    """Store a run.

    Parameters
    ----------
    need_ids, capability_ids
        Code → row id for the side that came from the store, from ``ids_of``; None for a side
        that came from a file or was typed in: equal codes there mean nothing.

    The records are kept as the run saw them, each once however many runs saw it.
    """
    made = run.provenance
    row = models.Run(
        created_by_id=user.id if user else None, title=title, software=made.version,
        data_revision=made.data_revision, encoder=made.encoder,
        encoder_fingerprint=made.encoder_fingerprint, weights=made.weights,
        calibration=made.calibration, run_date=made.date, needs_file=run.needs_file,
        capabilities_file=run.capabilities_file, need_count=run.need_count,
        capability_count=run.capability_count,
        rejections=[asdict(item) for item in run.rejections],
        duplicates=[asdict(item) for item in run.duplicates],
        revision=current_revision(session),
    )  # fmt: skip
    session.add(row)
    session.flush()
    snapshots = _Snapshots(session, run)
    needs, capabilities = need_ids or {}, capability_ids or {}
    for position, found in enumerate(run.lists):
        query = found.query
        asks = isinstance(query, records.Need)
        kept = models.MatchList(
            run_id=row.id, position=position, query_kind=query.record,
            need_id=needs.get(query.id) if asks else None,
            capability_id=None if asks else capabilities.get(query.id),
            snapshot_id=snapshots.of(query), reason=found.reason,
            excluded=[asdict(item) for item in found.excluded],
        )  # fmt: skip
        kept.matches = [
            models.Match(
                run_id=row.id, rank=match.rank, score=float(match.score),
                probability=None if match.probability is None else float(match.probability),
                need_id=needs.get(match.need.id),
                capability_id=capabilities.get(match.capability.id),
                need_snapshot_id=snapshots.of(match.need),
                capability_snapshot_id=snapshots.of(match.capability),
                explanation=explanation_of(match), below=below,
            )
            for below, matches in ((False, found.matches), (True, found.below))
            for match in matches
        ]  # fmt: skip
        session.add(kept)
    session.flush()
    log(session, user, "run", row, lists=len(run.lists), needs=run.need_count)
    return row


class _Snapshots:
    """The records of a run, as rows that are shared with earlier runs where nothing changed."""

    def __init__(self, session: Session, run: results.Run) -> None:
        self._digests: dict[int, tuple[records.Offer, str]] = {}
        contents = {self._key(record): record for record in _records_of(run)}
        known = _snapshot_ids(session, contents)
        rows = [
            {"kind": key[0], "code": record.id, "digest": key[1], "content": _content(record)}
            for key, record in contents.items()
            if key not in known
        ]
        if rows:
            # Somebody else may be storing the same ones now: then theirs are as good.
            insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else pg_insert
            session.execute(insert(models.Snapshot).on_conflict_do_nothing(), rows)
            known = _snapshot_ids(session, contents)
        self._ids = known

    def of(self, record: records.Offer) -> int:
        return self._ids[self._key(record)]

    def _key(self, record: records.Offer) -> tuple[str, str]:
        # Thousands of matches share a record; it is held, so that its identity stays its own.
        if id(record) not in self._digests:
            canonical = json.dumps(_content(record), sort_keys=True, ensure_ascii=False)
            digest = hashlib.sha256(storable(canonical).encode()).hexdigest()
            self._digests[id(record)] = (record, digest)
        return record.record, self._digests[id(record)][1]


def _snapshot_ids(
    session: Session, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], int]:  # fmt: skip
    digests = sorted({digest for _, digest in keys})
    table = models.Snapshot
    found: dict[tuple[str, str], int] = {}
    for start in range(0, len(digests), _CHUNK):
        part = digests[start : start + _CHUNK]
        query = select(table.kind, table.digest, table.id).where(table.digest.in_(part))
        found.update(((kind, digest), number) for kind, digest, number in session.execute(query))
    return found


def _content(record: records.Offer) -> dict[str, object]:
    return record.model_dump(mode="json")


def _records_of(run: results.Run) -> Iterable[records.Offer]:
    for found in run.lists:
        yield found.query
        for match in (*found.matches, *found.below):
            yield from (match.need, match.capability)


def load_run(session: Session, row: models.Run) -> results.Run:
    """Return a stored run as it was, its ``records`` being those that are in its lists."""
    lists = load_lists(session, row.id)
    kept = {(r.record, r.id): r for found in lists for r in _of_list(found)}
    return results.Run(
        lists=tuple(lists), provenance=provenance_of(row), needs_file=row.needs_file,
        capabilities_file=row.capabilities_file, need_count=row.need_count,
        capability_count=row.capability_count,
        rejections=tuple(results.Rejection(**item) for item in row.rejections),
        duplicates=tuple(results.Duplicate(**item) for item in row.duplicates),
        records=tuple(kept.values()),
    )  # fmt: skip


def provenance_of(row: models.Run) -> results.Provenance:
    """Return what a stored run was made from."""
    return results.Provenance(
        version=row.software, data_revision=row.data_revision, encoder=row.encoder,
        encoder_fingerprint=row.encoder_fingerprint, weights=row.weights, date=row.run_date,
        calibration=row.calibration,
    )  # fmt: skip


def load_lists(session: Session, run_id: int) -> list[results.MatchList]:
    """Return the match lists of a run, in its order."""
    matches = selectinload(models.MatchList.matches)
    query = (
        select(models.MatchList)
        .where(models.MatchList.run_id == run_id)
        .order_by(models.MatchList.position)
        .options(
            joinedload(models.MatchList.snapshot),
            matches.joinedload(models.Match.need_snapshot),
            matches.joinedload(models.Match.capability_snapshot),
        )
    )
    read = _Reader()
    return [read.match_list(row) for row in session.scalars(query)]


def load_match(row: models.Match) -> results.Match:
    """Return one stored match as the engine made it."""
    return _Reader().match(row)


class _Reader:
    """Turns rows back into results; a record that occurs often is parsed once."""

    def __init__(self) -> None:
        self._records: dict[int, records.Offer] = {}

    def match_list(self, row: models.MatchList) -> results.MatchList:
        return results.MatchList(
            query=self._record(row.snapshot),
            matches=tuple(self.match(match) for match in row.matches if not match.below),
            below=tuple(self.match(match) for match in row.matches if match.below),
            excluded=tuple(results.Excluded(**item) for item in row.excluded),
            reason=row.reason,
        )

    def match(self, row: models.Match) -> results.Match:
        need = self._record(row.need_snapshot)
        capability = self._record(row.capability_snapshot)
        assert isinstance(need, records.Need)
        assert isinstance(capability, records.Capability)
        return match_from(need, capability, row.rank, row.score, row.probability, row.explanation)

    def _record(self, row: models.Snapshot) -> records.Offer:
        if row.id not in self._records:
            model = records.Need if row.kind == "need" else records.Capability
            # The records are strict: only from JSON do they take a list for a tuple.
            self._records[row.id] = model.model_validate_json(to_json(row.content))
        return self._records[row.id]


def _of_list(found: results.MatchList) -> Iterable[records.Offer]:
    yield found.query
    for match in (*found.matches, *found.below):
        yield from (match.need, match.capability)
