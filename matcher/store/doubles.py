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
from matcher.store.parties import Parties
from matcher.store.viewers import Person, Viewer

AnyBatch = Batch[records.Need] | Batch[records.Capability]
#: A text, and its owner's number in the store or folded name.
_Key = tuple[str, int | str]
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Double:
    """What a record repeats: an id and title, and its row in the store, or None in the file."""

    same_as: str
    title: str
    number: int | None = None


def find_doubles(session: Session, batch: AnyBatch, user: Person) -> Mapping[str, Double]:
    """Return which records of a file are there already, id → what they repeat.

    The same text of another owner is another record: two firms may have one problem. An alias or
    the credit code names the same owner, as for the import. The office is told of every record on
    file that is not archived, a member of its own organisation's alone, and whatever the file
    says, all of it is the member's own.
    """
    viewer = Viewer.of(user)
    if not batch.records or not (viewer.staff or viewer.organisation_id):
        stored: dict[_Key, Double] = {}
    else:
        stored = dict(_stored(session, batch, viewer))
    owned = [record.organisation for record in batch.records if record.organisation]
    parties = Parties(session, owned if viewer.staff else ())
    found: dict[str, Double] = {}
    first: dict[_Key, Double] = {}
    for record in batch.records:
        named = record.organisation if viewer.staff else None
        party = parties.find(named) if named else None
        text = text_key(text for _, text in record.passages)
        keys = _keys(text, party.id if party else None, named.name if named else "")
        double = next((d for place in (stored, first) for k in keys if (d := place.get(k))), None)
        if double is not None:
            found[record.id] = double
        for key in keys:
            first.setdefault(key, Double(record.id, record.title))
    return found


def _keys(text: str, owner: int | None, name: str) -> list[_Key]:
    """Return what a record is known by: its text and its owner's number and name."""
    named = (text, taxonomy.fold(name))
    return [named] if owner is None else [(text, owner), named]


def _stored(session: Session, batch: AnyBatch, viewer: Viewer) -> Iterator[tuple[_Key, Double]]:
    """Yield the records on file that share a title with one of the file, by text and owner."""
    model: Any = model_of(batch.records[0].record)
    texts = [getattr(model, name) for name in model.record_class.text_fields]
    query = (
        select(model.id, model.code, model.title, Organisation.id, Organisation.name, *texts)
        .outerjoin(Organisation, model.organisation_id == Organisation.id)
        .where(model.archived_at.is_(None))
        .order_by(model.id.desc())
    )
    if not viewer.staff:
        query = query.where(model.organisation_id == viewer.organisation_id)
    titles = sorted({record.title for record in batch.records})
    for start in range(0, len(titles), _CHUNK):
        part = query.where(model.title.in_(titles[start : start + _CHUNK]))
        for number, code, title, owner, name, *said in session.execute(part):
            text = text_key(text for text in said if text)
            whose = (owner, name or "") if viewer.staff else (None, "")
            for key in _keys(text, *whose):
                yield key, Double(code, title, number)
