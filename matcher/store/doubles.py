"""Find records of a file that say the same as another one of the same owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher import records, taxonomy
from matcher.ingest.batch import Batch, text_key
from matcher.store.editing import model_of
from matcher.store.models import Organisation
from matcher.store.viewers import Person, Viewer

AnyBatch = Batch[records.Need] | Batch[records.Capability]
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Double:
    """What a record repeats: an id and title, and its row in the store, or None in the file."""

    same_as: str
    title: str
    number: int | None = None


def find_doubles(session: Session, batch: AnyBatch, user: Person) -> Mapping[str, Double]:
    """Return which records of a file are there already, id → what they repeat.

    The same text of another owner is another record: two firms may have one problem. The office
    is told of every record on file that is not archived, a member of its own organisation's
    alone, and whatever the file says, all of it is the member's own.
    """
    viewer = Viewer.of(user)
    if not batch.records or not (viewer.staff or viewer.organisation_id):
        stored: dict[tuple[str, str], Double] = {}
    else:
        stored = dict(_stored(session, batch, viewer))
    found: dict[str, Double] = {}
    first: dict[tuple[str, str], Double] = {}
    for record in batch.records:
        owner = record.organisation.name if record.organisation and viewer.staff else ""
        key = text_key(text for _, text in record.passages), taxonomy.fold(owner)
        double = stored.get(key) or first.get(key)
        if double is not None:
            found[record.id] = double
        first.setdefault(key, Double(record.id, record.title))
    return found


def _stored(
    session: Session, batch: AnyBatch, viewer: Viewer
) -> Iterator[tuple[tuple[str, str], Double]]:
    """Yield the records on file that share a title with one of the file, by text and owner."""
    model: Any = model_of(batch.records[0].record)
    texts = [getattr(model, name) for name in model.record_class.text_fields]
    query = (
        select(model.id, model.code, model.title, Organisation.name, *texts)
        .outerjoin(Organisation, model.organisation_id == Organisation.id)
        .where(model.archived_at.is_(None))
        .order_by(model.id.desc())
    )
    if not viewer.staff:
        query = query.where(model.organisation_id == viewer.organisation_id)
    titles = sorted({record.title for record in batch.records})
    for start in range(0, len(titles), _CHUNK):
        part = query.where(model.title.in_(titles[start : start + _CHUNK]))
        for number, code, title, name, *said in session.execute(part):
            owner = taxonomy.fold(name or "") if viewer.staff else ""
            yield (text_key(text for text in said if text), owner), Double(code, title, number)
