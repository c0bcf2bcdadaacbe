"""A stored list or match as one reader may see it now.

A stored run keeps its records as it saw them. Who may read them, and whose they are, is asked of
the store again at every reading: a record may have become private or anonymous since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from matcher import records, results
from matcher.rank.fits import soft_fits
from matcher.store import models
from matcher.store.columns import to_json
from matcher.store.models import Capability, Need
from matcher.store.revision import current_revision
from matcher.store.runs import load_match
from matcher.store.viewers import LARGEST_ID, Viewer, may_edit, owner_known, visible_matches
from web.matches.finding import Row, partner_code

#: (table, row id) of the records whose owner the reader may know.
Known = frozenset[tuple[str, int]]


@dataclass(frozen=True)
class Kept:
    """One stored list as a reader may see it; ``rows`` is partner's code → the stored match."""

    row: models.MatchList
    found: results.MatchList
    rows: Mapping[str, models.Match]
    #: Whether records of the store changed since the list was made.
    stale: bool = False

    def ids(self, listed: results.MatchList) -> list[int]:
        """Return the stored matches' ids in the order of ``listed``'s matches and then below."""
        every = (*listed.matches, *listed.below)
        return [self.rows[partner_code(self.row.query_kind, match)].id for match in every]


def read_list(
    session: Session, row: models.MatchList, asked: Row, viewer: Viewer, lang: str
) -> Kept:
    """Return a stored list of the record ``asked``.

    Others' records that were edited since are left out for everybody but the office: what an
    owner took out of a text is not shown any more.
    """
    stored = _stored(session, viewer, row.id)
    known = _known(session, [asked, *_records(stored)], viewer)
    seen = ((item, seen_match(item, viewer, known, lang)) for item in stored)
    kept = [(item, match) for item, match in seen if match is not None]
    proposed = [match for item, match in kept if not item.below]
    others = [match for item, match in kept if item.below]
    matches = tuple(replace(match, rank=n) for n, match in enumerate(proposed, 1))
    below = tuple(replace(match, rank=n) for n, match in enumerate(others, len(matches) + 1))
    reason = row.reason or ("" if matches else "below_threshold")
    query = as_known(_record(row.snapshot), viewer.staff or _key(asked) in known)
    found = results.MatchList(
        query, matches, tuple(results.Excluded(**item) for item in row.excluded), reason, below
    )
    rows = {partner_code(row.query_kind, match): item for item, match in kept}
    return Kept(row, found, rows, row.run.revision != current_revision(session))


def read_match(
    session: Session, number: int, viewer: Viewer, lang: str
) -> tuple[models.Match, results.Match] | None:
    """Return one stored match, None if it is not for the viewer's eyes."""
    if not 0 < number <= LARGEST_ID:
        return None
    query = visible_matches(viewer).where(models.Match.id == number)
    row = session.scalars(query).unique().one_or_none()
    if row is None:
        return None
    match = seen_match(row, viewer, _known(session, _records([row]), viewer), lang)
    return None if match is None else (row, match)


def seen_match(
    row: models.Match, viewer: Viewer, known: Known, lang: str
) -> results.Match | None:  # fmt: skip
    """Return a stored match in the words of ``lang``, None if a text of it is out of date."""
    match = load_match(row)
    fits, missing = soft_fits(match.need, match.capability, lang)
    match = replace(match, fits=fits, missing=missing)
    if viewer.staff:
        return match
    for side, record in ((row.need, match.need), (row.capability, match.capability)):
        if side is None or not (may_edit(side, viewer) or side.to_record() == record):
            return None
    assert row.need is not None
    assert row.capability is not None
    need = as_known(match.need, _key(row.need) in known)
    capability = as_known(match.capability, _key(row.capability) in known)
    assert isinstance(need, records.Need)
    assert isinstance(capability, records.Capability)
    return replace(match, need=need, capability=capability)


def as_known(record: records.Offer, known: bool) -> records.Offer:
    """Return the record so that the rules of reports hide its owner, or name it, as they should.

    Somebody whose own record is anonymous, or whom both sides accepted, may read the owner.
    """
    wanted = "anonymous" if not known else "public"
    if record.confidentiality == wanted or (known and record.confidentiality == "private"):
        return record
    return record.model_copy(update={"confidentiality": wanted})


def _stored(session: Session, viewer: Viewer, list_id: int) -> list[models.Match]:
    query = (
        visible_matches(viewer)
        .where(models.Match.list_id == list_id)
        .order_by(models.Match.rank)
        .options(
            joinedload(models.Match.need_snapshot), joinedload(models.Match.capability_snapshot),
            joinedload(models.Match.need), joinedload(models.Match.capability),
        )
    )  # fmt: skip
    return list(session.scalars(query).unique())


def _records(rows: Iterable[models.Match]) -> list[Row]:
    return [side for row in rows for side in (row.need, row.capability) if side is not None]


def _key(row: Row) -> tuple[str, int]:
    return row.__tablename__, row.id


def _known(session: Session, rows: Iterable[Row], viewer: Viewer) -> Known:
    found: set[tuple[str, int]] = set()
    listed = list(rows)
    for model in (Need, Capability):
        ids = {row.id for row in listed if isinstance(row, model)}
        query = select(model.id).where(model.id.in_(ids), owner_known(model, viewer))
        found.update((model.__tablename__, number) for number in session.scalars(query))
    return frozenset(found)


def _record(row: models.Snapshot) -> records.Offer:
    model = records.Need if row.kind == "need" else records.Capability
    return model.model_validate_json(to_json(row.content))
