"""Judged sets in BEIR layout, read as needs and capabilities."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matcher.errors import InputError
from matcher.index.collection import EncodedRecords
from matcher.ingest import read_capabilities, read_needs
from matcher.ingest.delimited import decode
from matcher.records import Capability, Need

#: query id → document id → grade; grades above zero are relevant.
Qrels = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class JudgedSet:
    """Needs, capabilities, and which capability is relevant to which need."""

    name: str
    needs: tuple[Need, ...]
    capabilities: tuple[Capability, ...]
    qrels: Qrels


def read_set(folder: Path) -> JudgedSet:
    """Read a folder with corpus.jsonl, queries.jsonl and qrels.tsv (or qrels/test.tsv).

    Only needs with a judgement are kept: the others measure nothing. Raises InputError.
    """
    places = [folder / "qrels.tsv", folder / "qrels" / "test.tsv"]
    found = next((path for path in places if path.is_file()), None)
    if found is None:
        raise InputError(
            f"{folder.name} 不是评测文件夹：缺少 qrels.tsv。"
            "需要 corpus.jsonl、queries.jsonl 和 qrels.tsv 三个文件。",
            f"{folder.name} is not an evaluation folder: qrels.tsv is missing. "
            "It needs corpus.jsonl, queries.jsonl and qrels.tsv.",
        )
    needs = read_needs(folder / "queries.jsonl").records
    capabilities = read_capabilities(folder / "corpus.jsonl").records
    return judged_set(folder.name, needs, capabilities, _read_qrels(found))


def read_judgments(judgments: Path, needs: Path, capabilities: Path) -> JudgedSet:
    """Read the user's own judgements: a CSV with need_id, capability_id, grade."""
    return judged_set(
        judgments.stem, read_needs(needs).records, read_capabilities(capabilities).records,
        read_grades(judgments),
    )  # fmt: skip


def read_grades(judgments: Path) -> Qrels:
    """Read a CSV with need_id, capability_id, grade; raises InputError."""
    return _grades(list(csv.reader(_text(judgments).splitlines())), judgments.name)


def judged_set(
    name: str, needs: Sequence[Need], capabilities: Sequence[Capability], qrels: Qrels
) -> JudgedSet:
    """Keep the needs that have a relevant capability; raises InputError if there is none."""
    known = {capability.id for capability in capabilities}
    kept = {
        query: {doc: grade for doc, grade in grades.items() if doc in known}
        for query, grades in qrels.items()
    }
    judged = tuple(need for need in needs if any(g > 0 for g in kept.get(need.id, {}).values()))
    if not judged:
        raise InputError(
            f"{name} 里没有一条可用的评判：需求编号和成果编号与数据对不上。",
            f"{name} has no usable judgement: its ids do not fit the needs and capabilities.",
        )
    return JudgedSet(name, judged, tuple(capabilities), kept)


def relevant_rows(
    qrels: Qrels, queries: EncodedRecords, targets: EncodedRecords
) -> dict[int, list[int]]:
    """Return the number of each query → the rows of its relevant targets."""
    row = {record.id: i for i, record in enumerate(targets.records)}
    return {
        number: sorted(row[id] for id, grade in qrels[need.id].items() if grade > 0 and id in row)
        for number, need in enumerate(queries.records)
    }


def _read_qrels(path: Path) -> Qrels:
    rows = [line.split("\t") for line in _text(path).splitlines() if line.strip()]
    # TREC files have an iteration number in the second of four columns.
    rows = [[row[0], row[2], row[3]] if len(row) == 4 else row for row in rows]
    return _grades(rows, path.name)


def _text(path: Path) -> str:
    try:
        return decode(path.read_bytes(), path.name)
    except OSError as error:
        raise InputError(
            f"读不了 {path.name}（{error.strerror}）。请检查文件名和权限。",
            f"{path.name} cannot be read ({error.strerror}): check its name and permissions.",
        ) from error


def _grades(rows: Sequence[Sequence[str]], name: str) -> Qrels:
    qrels: dict[str, dict[str, int]] = {}
    for number, row in enumerate(rows, 1):
        try:
            query, document, grade = row[0].strip(), row[1].strip(), int(float(row[2]))
        except (IndexError, ValueError):
            if number == 1:  # the header
                continue
            raise InputError(
                f"{name} 第 {number} 行读不出来，应为：需求编号、成果编号、等级（整数）。",
                f"{name}, line {number} cannot be read: it should hold need id, capability id "
                "and grade (a whole number).",
            ) from None
        qrels.setdefault(query, {})[document] = grade
    return qrels
