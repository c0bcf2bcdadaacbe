"""What reading a file gives: the records, and everything that was not read and why."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic

from matcher.ingest.headers import How
from matcher.ingest.tables import R
from matcher.records import Capability, Need
from matcher.results import Duplicate, Rejection

_IGNORED = frozenset("，。、；：！？,;:!?“”‘’\"'（）()《》【】[]")


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
    ``unnamed`` are the ids that mean nothing outside this file: running numbers of its rows, and
    those that were made up for rows without any.
    """

    records: tuple[R, ...]
    rejections: tuple[Rejection, ...]
    mapping: tuple[ColumnMapping, ...]
    warnings: tuple[Rejection, ...]
    duplicates: tuple[Duplicate, ...]
    source: str
    revision: str
    unnamed: frozenset[str] = frozenset()


def text_key(texts: Iterable[str]) -> str:
    """Return what two records that say the same have in common: width, case and marks aside.

    Signs such as ≥, - and . count: they change what an indicator says.
    """
    text = unicodedata.normalize("NFKC", " ".join(texts))
    return "".join(ch for ch in text.casefold() if ch not in _IGNORED and not ch.isspace())


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
