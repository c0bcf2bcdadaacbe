"""Purge: remove an archived record for good, with every copy of its text in the database."""

from __future__ import annotations

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from matcher.errors import InputError
from matcher.store.audit import kind_of, log
from matcher.store.editing import Row, load
from matcher.store.models import (
    Capability,
    Deal,
    DealStage,
    Decision,
    Draft,
    Import,
    ImportChange,
    Match,
    MatchList,
    Need,
    Review,
    Snapshot,
    User,
)


def purge(session: Session, model: type[Row], row_id: int, user: User | None) -> None:
    """Remove an archived record, its matches, snapshots and drafts, and the notes about it.

    Decisions and deals stay as bare figures, so that what happened is still counted. Backups
    and report files made before are not touched. Raises InputError for a record that is not
    archived: purging is never the first step.
    """
    row = load(session, model, row_id)
    if row.archived_at is None:
        raise InputError(
            f"{row.code} 还没有归档。请先归档，确认无误后再彻底删除。",
            f"{row.code} is not archived: archive it first, and purge it when you are sure.",
        )
    kind = kind_of(row)
    _forget_results(session, row)
    session.execute(delete(Draft).where(Draft.kind == kind, Draft.subject == str(row.id)))
    session.execute(
        delete(ImportChange).where(ImportChange.kind == kind, ImportChange.record_id == row.id)
    )
    if row.import_id is not None:
        _blank_cells(session, row.import_id)
    log(session, user, f"{kind}.purge", row, code=row.code)
    session.delete(row)
    session.flush()
    # Lists and matches went with the row behind the session's back.
    session.expire_all()


def _forget_results(session: Session, row: Need | Capability) -> None:
    need = isinstance(row, Need)
    mine = Match.need_id == row.id if need else Match.capability_id == row.id
    lists = MatchList.need_id == row.id if need else MatchList.capability_id == row.id
    snapshots = {
        *session.scalars(
            select(Match.need_snapshot_id if need else Match.capability_snapshot_id).where(mine)
        ),
        *session.scalars(select(MatchList.snapshot_id).where(lists)),
    }
    decided = Decision.need_id == row.id if need else Decision.capability_id == row.id
    session.execute(update(Decision).where(decided).values(note="", match_id=None))
    reviewed = Review.need_id == row.id if need else Review.capability_id == row.id
    session.execute(update(Review).where(reviewed).values(note="", match_id=None))
    deals = select(Deal.id).where(Deal.need_id == row.id if need else Deal.capability_id == row.id)
    session.execute(update(DealStage).where(DealStage.deal_id.in_(deals)).values(note=""))
    session.execute(delete(Match).where(mine))
    session.execute(delete(MatchList).where(lists))
    # A text typed into the search box may be the same, and is then still somebody else's.
    used = or_(
        Match.need_snapshot_id == Snapshot.id, Match.capability_snapshot_id == Snapshot.id
    )  # fmt: skip
    session.execute(
        delete(Snapshot).where(
            Snapshot.id.in_(snapshots),
            ~select(Match.id).where(used).exists(),
            ~select(MatchList.id).where(MatchList.snapshot_id == Snapshot.id).exists(),
        )
    )


def _blank_cells(session: Session, import_id: int) -> None:
    """Drop the quoted cells from the notes of an import: they do not say whose they were."""
    batch = session.get(Import, import_id)
    if batch is not None:
        batch.warnings = [{**note, "value": ""} for note in batch.warnings]
        batch.rejections = [{**note, "value": ""} for note in batch.rejections]
