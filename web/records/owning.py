"""Whose the rows of a file are: members bring in those of their own organisation only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from matcher import records, taxonomy
from matcher.ingest import Batch
from matcher.results import Rejection
from matcher.store.models import Organisation

AnyBatch = Batch[records.Need] | Batch[records.Capability]
_OTHERS = (
    "写的是其他单位，没有导入：您只能为本单位导入。",
    "It names another organisation and was not imported: you import for your own only.",
)


def own_rows(batch: AnyBatch, own: Organisation | None) -> tuple[AnyBatch, list[str]]:
    """Return a batch without the rows of others than ``own``, and the names that these have.

    Rows that name nobody stay. They are listed as rejected; the batch keeps its revision, by
    which it is known between the steps of an import. Without ``own`` nothing is left out.
    """
    if own is None:
        return batch, []
    owner = own.to_record()
    kept: list[records.Offer] = []
    others: list[Rejection] = []
    names: list[str] = []
    column = _column(batch)
    for record in batch.records:
        named = record.organisation
        if named is None or _same(owner, named):
            kept.append(record)
        else:
            names.append(named.name)
            value = f"{named.name} · {record.title or record.id}"
            others.append(Rejection(batch.source, "", 0, column, *_OTHERS, value))
    left: Any = {"records": tuple(kept), "rejections": (*batch.rejections, *others)}
    return replace(batch, **left), names


def _column(batch: AnyBatch) -> str:
    fields = {column.field: column.header for column in batch.mapping}
    return fields.get("organisation.name", "")


def _same(own: records.Organisation, named: records.Organisation) -> bool:
    """Tell whether a file means one's own organisation: by its code, else by a name of it."""
    if own.credit_code and named.credit_code:
        return own.credit_code == named.credit_code
    keys = {taxonomy.fold(name) for name in (own.name, *own.aliases)} - {""}
    return any(taxonomy.fold(name) in keys for name in (named.name, *named.aliases))
