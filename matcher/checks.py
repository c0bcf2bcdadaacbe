"""The work behind ``matcher check``: how a file reads before anything is matched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from matcher.duplicates import near_duplicates
from matcher.encode import open_encoder
from matcher.encode.base import Role
from matcher.errors import EncoderError, InputError
from matcher.index.collection import encode_records
from matcher.ingest import Batch, read
from matcher.ingest.sources import STANDARD_INPUT
from matcher.pipeline import Stage, own_mapping, silent
from matcher.rank.hub import load_background
from matcher.records import Capability, Need
from matcher.results import Duplicate
from matcher.text.normalise import language
from matcher.text.sentences import record_text

AnyBatch = Batch[Need] | Batch[Capability]


@dataclass(frozen=True)
class Check:
    """What one file holds.

    ``kinds`` and ``languages`` count records by code. ``unchecked`` says why near duplicates
    were not looked for, None where they were; exact ones always are.
    """

    role: Role
    batch: AnyBatch
    kinds: Mapping[str, int]
    languages: Mapping[str, int]
    duplicates: tuple[Duplicate, ...]
    unchecked: EncoderError | None


def check_file(
    path: str, role: str | None = None, *, mapping: Mapping[str, str] | None = None,
    near: bool = True, stage: Stage = silent,
) -> Check:  # fmt: skip
    """Read a file and look for duplicates in it.

    Parameters
    ----------
    path
        A file, a folder, or ``-`` for standard input, which needs a ``role``.
    role
        ``need`` or ``capability``; None: what the columns look more like.
    near
        Whether to look for near duplicates too, which takes the prepared encoder.

    Raises InputError for a file of which nothing can be read.
    """
    role, batch = _read(path, role, mapping or {})
    found, unchecked = batch.duplicates, None
    if near:
        try:
            found = _with_near(role, batch, stage)
        except EncoderError as error:
            unchecked = error
    return Check(
        role=role,
        batch=batch,
        kinds=Counter(record.kind for record in batch.records),
        languages=Counter(language(record_text(record)[0]) for record in batch.records),
        duplicates=found,
        unchecked=unchecked,
    )


def _read(path: str, role: str | None, mapping: Mapping[str, str]) -> tuple[Role, AnyBatch]:
    if role == "need":
        return "need", read(path, Need, mapping=own_mapping(path, Need, mapping))
    if role == "capability":
        return "capability", read(path, Capability, mapping=own_mapping(path, Capability, mapping))
    if path == STANDARD_INPUT:
        raise InputError(
            "从标准输入读取时，请用 --as 说明是需求（needs）还是成果（capabilities）。",
            "Say with --as whether standard input holds needs or capabilities.",
        )
    readings: list[tuple[Role, AnyBatch]] = []
    refused: list[InputError] = []
    for name in ("need", "capability"):
        try:
            readings.append(_read(path, name, mapping))
        except InputError as error:
            refused.append(error)
    if not readings:
        raise refused[0]
    # A tie goes to needs: a bare list of titles is more often one of wishes.
    return max(readings, key=lambda reading: _understood(reading[1]))


def _understood(batch: AnyBatch) -> tuple[int, int]:
    fields = {column.field for column in batch.mapping if column.field}
    return len(fields), len(batch.records)


def _with_near(role: Role, batch: AnyBatch, stage: Stage) -> tuple[Duplicate, ...]:
    encoder = open_encoder()
    with stage("encode", len(batch.records)) as step:
        encoded = encode_records(role, batch.records, encoder, step)
    return near_duplicates(encoded, load_background(encoder.fingerprint), batch.duplicates)
