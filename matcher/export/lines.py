"""matches.csv and matches.jsonl: one match a row or line, for other programs."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from io import StringIO
from typing import Any

from matcher.export import rows
from matcher.export.cells import Cell, clean, cut, defuse, number
from matcher.export.view import View
from matcher.records import Capability, Need, Offer
from matcher.results import Evidence, Fit, IndicatorCheck, Match, Span

_DIGITS = 6


def csv_bytes(view: View) -> bytes:
    """Return matches.csv: UTF-8 with a byte order mark, so that Excel shows Chinese.

    Every row says what the run was made from: rows are copied out of their file.
    """
    table = rows.matches(view)
    sources = rows.sources(view)
    mark = view.words("cut_cell")
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    titles = [column.title for column in table.columns] + [label for label, _ in sources]
    writer.writerow([_field(title, mark) for title in titles])
    for row in table.rows:
        writer.writerow([_field(cell, mark) for cell in (*row, *(value for _, value in sources))])
    return out.getvalue().encode("utf-8-sig")


def _field(cell: Cell, mark: str) -> Cell:
    return cut(defuse(clean(cell)), mark) if isinstance(cell, str) else cell


def jsonl_bytes(view: View) -> bytes:
    """Return matches.jsonl: one object a match with all its proof, keys in a fixed order."""
    made = {
        **asdict(view.run.provenance),
        "needs_file": view.run.needs_file,
        "capabilities_file": view.run.capabilities_file,
    }
    lines = [
        json.dumps(_match(view, match, made), ensure_ascii=False, allow_nan=False)
        for found in view.lists
        for match in found.matches
    ]
    # A lone surrogate cannot be written; one "?" for it keeps the offsets right.
    return "".join(line + "\n" for line in lines).encode("utf-8", "replace")


def _match(view: View, match: Match, made: dict[str, Any]) -> dict[str, Any]:
    return {
        "need": _record(view, match.need),
        "capability": _record(view, match.capability),
        "rank": match.rank,
        "score": number(match.score, _DIGITS),
        "probability": number(match.probability, _DIGITS),
        "legs": [
            {
                "name": leg.name,
                "rank": leg.rank,
                "score": number(leg.score, _DIGITS),
                "contribution": number(leg.contribution, _DIGITS),
            }
            for leg in match.legs
        ],
        "evidence": [_evidence(item) for item in match.evidence],
        "coverage": [
            {
                "part": _span(item.part),
                "evidence": _evidence(item.evidence) if item.evidence else None,
            }
            for item in match.coverage
        ],
        "indicators": [_indicator(item) for item in match.indicators],
        "fits": [_fit(item) for item in match.fits],
        "missing": list(match.missing),
        "provenance": made,
    }


def _record(view: View, record: Offer) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": record.id,
        "kind": record.kind,
        "confidentiality": record.confidentiality,
        "owner": view.owner(record),
    }
    if isinstance(record, Capability):
        shown["trl"] = record.trl
    elif isinstance(record, Need):
        shown["trl_min"] = record.trl_min
    return {**shown, "text": {name: getattr(record, name) for name in record.text_fields}}


def _span(span: Span) -> dict[str, Any]:
    return {"field": span.field, "start": span.start, "end": span.end, "text": span.text}


def _evidence(item: Evidence) -> dict[str, Any]:
    return {
        "need": _span(item.need),
        "capability": _span(item.capability),
        "similarity": number(item.similarity, _DIGITS),
    }


def _indicator(item: IndicatorCheck) -> dict[str, Any]:
    return {
        "requirement": _span(item.requirement),
        "stated": _span(item.stated) if item.stated else None,
        "verdict": item.verdict,
        "required_value": item.required_value,
        "stated_value": item.stated_value,
    }


def _fit(item: Fit) -> dict[str, Any]:
    return {
        "factor": item.factor,
        "fits": item.fits,
        "need_value": item.need_value,
        "capability_value": item.capability_value,
    }
