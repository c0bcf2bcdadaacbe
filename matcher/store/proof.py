"""The proof of a match as JSON and back: legs, quotes, coverage, indicators, fits."""

from __future__ import annotations

from typing import Any

from matcher import records
from matcher.results import (
    Coverage,
    Evidence,
    Fit,
    IndicatorCheck,
    Leg,
    Match,
    Span,
)

Json = Any


def explanation_of(match: Match) -> dict[str, Json]:
    """Return everything about a match that has no column of its own."""
    return {
        "legs": [
            {"name": leg.name, "rank": leg.rank, "score": _number(leg.score),
             "contribution": float(leg.contribution)}
            for leg in match.legs
        ],
        "evidence": [_evidence(item) for item in match.evidence],
        "coverage": [
            {"part": _span(item.part), "evidence": item.evidence and _evidence(item.evidence)}
            for item in match.coverage
        ],
        "indicators": [
            {"requirement": _span(item.requirement), "stated": item.stated and _span(item.stated),
             "verdict": item.verdict, "required_value": item.required_value,
             "stated_value": item.stated_value}
            for item in match.indicators
        ],
        "fits": [
            {"factor": fit.factor, "fits": bool(fit.fits), "need_value": fit.need_value,
             "capability_value": fit.capability_value}
            for fit in match.fits
        ],
        "missing": list(match.missing),
    }  # fmt: skip


def match_from(
    need: records.Need, capability: records.Capability, rank: int, score: float,
    probability: float | None, explanation: dict[str, Json],
) -> Match:  # fmt: skip
    """Return the match that ``explanation_of`` was made from."""
    return Match(
        need=need, capability=capability, rank=rank, score=score, probability=probability,
        legs=tuple(Leg(**leg) for leg in explanation["legs"]),
        evidence=tuple(_evidence_from(item) for item in explanation["evidence"]),
        coverage=tuple(
            Coverage(_span_from(item["part"]),
                     _evidence_from(item["evidence"]) if item["evidence"] else None)
            for item in explanation["coverage"]
        ),
        indicators=tuple(_indicator_from(item) for item in explanation["indicators"]),
        fits=tuple(Fit(**fit) for fit in explanation["fits"]),
        missing=tuple(explanation["missing"]),
    )  # fmt: skip


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _span(span: Span) -> list[Json]:
    return [span.field, int(span.start), int(span.end), span.text]


def _span_from(item: list[Json]) -> Span:
    return Span(*item)


def _evidence(item: Evidence) -> dict[str, Json]:
    return {
        "need": _span(item.need), "capability": _span(item.capability),
        "similarity": float(item.similarity),
    }  # fmt: skip


def _evidence_from(item: dict[str, Json]) -> Evidence:
    return Evidence(
        _span_from(item["need"]), _span_from(item["capability"]), item["similarity"]
    )  # fmt: skip


def _indicator_from(item: dict[str, Json]) -> IndicatorCheck:
    return IndicatorCheck(
        requirement=_span_from(item["requirement"]),
        stated=_span_from(item["stated"]) if item["stated"] else None,
        verdict=item["verdict"], required_value=item["required_value"],
        stated_value=item["stated_value"],
    )  # fmt: skip
