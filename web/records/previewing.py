"""What an import will do, shown before it does it: columns, records, and what is there already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from pydantic import TypeAdapter
from sqlalchemy import select

from matcher import taxonomy
from matcher.errors import MatcherError
from matcher.ingest import Batch
from matcher.ingest.headers import Names, counts_rows, likely_headers
from matcher.ingest.sources import read_source
from matcher.leaks import find_leaks
from matcher.records import Capability, Need
from matcher.store.doubles import Double, find_doubles
from matcher.store.editing import model_of
from matcher.store.importing import imported_before
from matcher.store.listing import Page
from matcher.store.models import Import, Organisation
from web.access import current_actor
from web.database import reading
from web.i18n import lang
from web.links import record_link
from web.records.kinds import name_of, shown
from web.records.owning import own_rows
from web.records.waiting import Waiting
from web.uploads import read_upload

AnyBatch = Batch[Need] | Batch[Capability]
_RECORDS: dict[str, type[Need] | type[Capability]] = {"need": Need, "capability": Capability}
#: Shown beside the titles where a file states them: figures and days are misread most easily.
_STATED = ("budget", "price", "deadline")
_CHUNK, _ROWS, _MOST_HEADERS = 500, 50, 60


@dataclass(frozen=True)
class Line:
    """One record of the file: the number it keeps, "" for a new one, and what becomes of it."""

    record: Need | Capability
    code: str
    outcome: str
    #: The record on file that it meets, if any.
    address: str = ""


@dataclass(frozen=True)
class Preview:
    """What a file holds, judged against what is there already."""

    lines: Page[Line]
    #: (record of the file, what it says the same as) of those that are there already
    doubles: list[tuple[Line, str]]
    #: How many numbers are on file already.
    known: int
    #: How many anonymous needs would tell who is asking.
    held: int
    before: Import | None


def read_waiting(waiting: Waiting) -> AnyBatch:
    """Read a file that waits, with its columns as they were corrected."""
    model: Any = _RECORDS[waiting.kind]
    batch: AnyBatch = read_upload(waiting.path, model, waiting.mapping or None)
    try:
        waiting.rows.write_bytes(_batches(waiting.kind).dump_json(batch))
    except (OSError, ValueError):
        # No room for them, a letter that is none, or removed meanwhile: read again, or never.
        waiting.rows.unlink(missing_ok=True)
    return batch


def _read_before(waiting: Waiting) -> AnyBatch | None:
    """Return what was read from the file for an earlier page of its preview."""
    try:
        found: AnyBatch = _batches(waiting.kind).validate_json(waiting.rows.read_bytes())
    except (OSError, ValueError):
        return None
    return found


@cache
def _batches(kind: str) -> TypeAdapter[Any]:
    batches: Any = Batch
    return TypeAdapter(batches[_RECORDS[kind]])


def corrections(kind: str, chosen: Mapping[str, str]) -> dict[str, str]:
    """Return of header → field only what differs from what the headers say by themselves.

    A field named by its own label goes before one named by a synonym, so what nobody changed
    is not pinned down.
    """
    names, known = Names(_RECORDS[kind]), {code for code, _said in fields_of(kind)} | {""}
    found = {header: names.match(header) for header in chosen}
    return {
        header: field
        for header, field in chosen.items()
        if field in known and field != ((found[header] or ("", ""))[0] or "")
    }


def fields_of(kind: str) -> list[tuple[str, str]]:
    """Return what a column may mean: field and label, those of the owner last."""
    own = [(code, term.label(lang())) for code, term in taxonomy.columns(kind).items()]
    names = taxonomy.columns("organisation").items()
    owner = [(f"organisation.{code}", t.label(lang())) for code, t in names if code != "id"]
    return own + owner


def preview_page(waiting: Waiting, error: str = "") -> tuple[str, int]:
    """Return the page and its status.

    Raises MatcherError for a file that cannot be read whatever its columns mean.
    """
    batch: AnyBatch | None = None
    status = 400 if error else 200
    try:
        batch = _read_before(waiting) or read_waiting(waiting)
        found = {column.header: column.field or "" for column in batch.mapping}
    except MatcherError as problem:
        error, status = error or problem.message(lang()), 400
        found = _headers(waiting)
        if not found:
            raise
    columns = list({**found, **{k: v for k, v in waiting.mapping.items() if k in found}}.items())
    actor = current_actor()
    own, others = own_organisation(), list[str]()
    if batch is not None:
        batch, others = own_rows(batch, own)
    html = render_template(
        "records/preview.html", waiting=waiting, kind=waiting.kind, batch=batch, error=error,
        columns=columns, heading=_headings(waiting),
        unused=[_headings(waiting)(header) for header, field in columns if not field],
        facts=_facts(batch) if batch else [], fact=shown,
        row_numbers=_row_numbers(columns, batch), others=others,
        fields=fields_of(waiting.kind), staff=actor.staff, own_name=own.name if own else "",
        shown=_judged(batch, own, kind=waiting.kind) if batch else None,
        page_address=lambda n: url_for("records.preview", token=waiting.token, page=n) + "#records",
    )  # fmt: skip
    return html, status


def _row_numbers(columns: list[tuple[str, str]], batch: AnyBatch | None) -> list[str]:
    """Return the headers that are read as the record's number and only count the rows."""
    named = [header for header, field in columns if field == "id"]
    if batch is None or not batch.records:
        return []
    if all(record.id in batch.unnamed for record in batch.records):
        return named
    counting = [header for header in named if counts_rows(header)]
    return counting if len(counting) < len(named) else []


def _headings(waiting: Waiting) -> Callable[[str], str]:
    """Return how to name a column: a letter in Word has none, and its parts those of fields."""
    if waiting.path.suffix != ".docx":
        return str
    return lambda header: name_of(waiting.kind, header)


def _facts(batch: AnyBatch) -> list[tuple[str, str]]:
    """Return the fields, with their labels, of ``_STATED`` that some record fills."""
    return [
        (name, name_of(record.record, name))
        for record in batch.records[:1]
        for name in _STATED
        if any(getattr(other, name, None) is not None for other in batch.records)
    ]


def own_organisation() -> Organisation | None:
    """Return whose all records of a file become: a member's; None where the file says it."""
    actor = current_actor()
    return None if actor.staff else reading().get(Organisation, actor.organisation_id or 0)


def tells(record: Need | Capability, owner: Organisation | None) -> bool:
    """Tell whether an anonymous need would say who is asking if it were published."""
    if not isinstance(record, Need) or record.status != "published":
        return False
    if owner is not None:
        record = record.model_copy(update={"organisation": owner.to_record()})
    return bool(find_leaks(record))


def said_same(batch: AnyBatch, double: Double) -> str:
    """Return how to name what a record repeats: its number and title, as far as it has them."""
    mine = double.number is None and double.same_as in batch.unnamed
    title = double.title and (f"“{double.title}”" if lang() == "en" else f"《{double.title}》")
    return f"{'' if mine else double.same_as} {title}".strip() or double.same_as


def _judged(batch: AnyBatch, own: Organisation | None, *, kind: str) -> Preview:
    doubles, known = find_doubles(reading(), batch, current_actor()), _known(batch, kind)
    telling = {record.id for record in batch.records if tells(record, own)}

    def line(record: Need | Capability) -> Line:
        number = known.get(record.id)
        keeps = current_actor().staff and record.id not in batch.unnamed
        code = record.id if keeps else ""
        if number is not None:
            return Line(record, code, _("this number is on file"), record_link(kind, number))
        if (double := doubles.get(record.id)) is not None:
            if double.number is None:
                return Line(record, code, _("the same is in this file already"))
            address = record_link(kind, double.number)
            return Line(record, code, _("the same is on file"), address)
        if record.id in telling:
            return Line(record, code, _("new, as a draft: it would tell who is asking"))
        return Line(record, code, _("new"))

    total = len(batch.records)
    asked = request.args.get("page", 1, type=int)
    number = min(max(asked, 1), max(1, -(-total // _ROWS)))
    part = batch.records[(number - 1) * _ROWS : number * _ROWS]
    repeated = [
        (line(record), said_same(batch, doubles[record.id]))
        for record in batch.records
        if record.id in doubles and record.id not in known
    ]
    return Preview(
        lines=Page([line(record) for record in part], number, _ROWS, total), doubles=repeated,
        known=len(known), held=len(telling), before=_before(batch),
    )  # fmt: skip


def _headers(waiting: Waiting) -> dict[str, str]:
    """Return the headers of a file in which no field was recognised, with what was said of them."""
    try:
        raw = read_source(waiting.path, Names(_RECORDS[waiting.kind], None))
    except MatcherError:
        return {}
    headers = dict.fromkeys(text for table in raw.tables for text in likely_headers(table))
    return {header: waiting.mapping.get(header, "") for header in list(headers)[:_MOST_HEADERS]}


def _known(batch: AnyBatch, kind: str) -> dict[str, int]:
    """Return the numbers that are on file, for the office; members' records get new ones."""
    if not current_actor().staff:
        return {}
    model: Any = model_of(kind)
    ids = [record.id for record in batch.records if record.id not in batch.unnamed]
    found: dict[str, int] = {}
    for start in range(0, len(ids), _CHUNK):
        part = model.code.in_(ids[start : start + _CHUNK])
        found.update((code, number) for code, number in reading().execute(
            select(model.code, model.id).where(part)
        ))  # fmt: skip
    return found


def _before(batch: AnyBatch) -> Import | None:
    """Return an import of the same records; of others' imports only the office hears."""
    row = imported_before(reading(), batch) if batch.records else None
    actor = current_actor()
    return row if row and (actor.staff or row.created_by_id == actor.user_id) else None
