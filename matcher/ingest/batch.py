"""What reading a file gives: the records, and everything that was not read and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic

from matcher.ingest.headers import How
from matcher.ingest.tables import R
from matcher.records import Capability, Need
from matcher.results import Duplicate, Rejection


@dataclass(frozen=True)
class ColumnMapping:
    """What one column was taken to mean; ``field`` None when it is not used."""

    file: str
    sheet: str
    header: str
    field: str | None
    how: How


@dataclass(frozen=True)
class Batch(Generic[R]):
    """The records of one path, with the proof of how they were read.

    ``rejections`` are rows that are not records, ``warnings`` single cells left out of a record
    that was kept, and sheets or files passed over. ``duplicates`` are exact ones only.
    ``revision`` is a SHA-256 over the records, the same for the same data in any file format.
    """

    records: tuple[R, ...]
    rejections: tuple[Rejection, ...]
    mapping: tuple[ColumnMapping, ...]
    warnings: tuple[Rejection, ...]
    duplicates: tuple[Duplicate, ...]
    source: str
    revision: str


def revision_of(records: Iterable[Need | Capability]) -> str:
    """Return the SHA-256, in hex, of the records' content as canonical JSON."""
    digest = hashlib.sha256()
    for record in records:
        content = json.dumps(
            record.model_dump(mode="json"),
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )
        digest.update(content.encode("utf-8"))
        digest.update(b"\n")
    return digest.hexdigest()
