"""Evaluation results as a table, Markdown, JSON and one line a query."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from matcher.evaluate.baselines import BASELINES
from matcher.evaluate.doubt import Doubt
from matcher.evaluate.evaluation import MAIN, OURS, SetResult
from matcher.evaluate.measures import MEASURES
from matcher.evaluate.simulation import Curve

Row = tuple[str, ...]


def main_table(results: Sequence[SetResult]) -> tuple[Row, list[Row]]:
    """Return header and rows: the engine's measures beside each baseline's nDCG@10 and p."""
    header = ("set", "queries", "docs", *MEASURES, f"95 % ({MAIN})", *BASELINES)
    rows = []
    for result in results:
        low, high = result.interval()
        rivals = [f"{result.mean(MAIN, b):.4f} (p={result.p(b):.4f})" for b in BASELINES]
        rows.append((
            result.name, str(len(result.queries)), str(result.corpus_size),
            *(f"{result.mean(m):.4f}" for m in MEASURES), f"{low:.3f}–{high:.3f}", *rivals,
        ))  # fmt: skip
    return header, rows


def strata_table(results: Sequence[SetResult]) -> tuple[Row, list[Row]]:
    """Return header and rows: nDCG@10 by language pair, query length and lexical overlap."""
    rows = []
    for result in results:
        for kind in result.strata:
            ours = result.by_stratum(kind)
            rivals = [result.by_stratum(kind, b) for b in BASELINES]
            rows += [
                (result.name, kind, label, str(count), f"{mean:.4f}",
                 *(f"{rival[label][1]:.4f}" for rival in rivals))
                for label, (count, mean) in ours.items()
            ]  # fmt: skip
    return ("set", "by", "stratum", "queries", OURS, *BASELINES), rows


def markdown(header: Row, rows: Sequence[Row]) -> str:
    """Write one table in Markdown."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def as_json(results: Sequence[SetResult], encoder: str, weights: str) -> dict[str, object]:
    """Return the figures as one JSON object; ``ece`` is null for an encoder without calibration."""

    def figures(result: SetResult, method: str) -> dict[str, float]:
        return {measure: round(result.mean(measure, method), 6) for measure in MEASURES}

    return {
        "sets": {
            result.name: {
                **figures(result, OURS),
                "interval": [round(bound, 6) for bound in result.interval()],
                "baselines": {b: {**figures(result, b), "p": result.p(b)} for b in BASELINES},
                "strata": {
                    kind: {label: mean for label, (_, mean) in result.by_stratum(kind).items()}
                    for kind in result.strata
                },
                "ece": None if result.doubt is None else round(result.doubt.error, 6),
                "abstention": _abstention(result.doubt),
                "queries": len(result.queries),
                "documents": result.corpus_size,
            }
            for result in results
        },
        "encoder": encoder,
        "weights": weights,
    }


def _abstention(doubt: Doubt | None) -> dict[str, float | None] | None:
    if doubt is None:
        return None
    return {
        "threshold": doubt.refusals.threshold,
        "turned_away": doubt.refusals.turned_away,
        "kept": doubt.refusals.kept,
        "precision": doubt.refusals.precision,
        "ece": round(doubt.error_halved, 6),
    }


def doubt_table(results: Sequence[SetResult]) -> tuple[Row, list[Row]]:
    """Return header and rows: calibration error, and what the threshold does."""
    header = ("set", "ece", "ece (half without)", "threshold", "turned away", "kept", "precision")
    rows = []
    for result in results:
        if result.doubt is not None:
            refused = result.doubt.refusals
            shares = (refused.turned_away, refused.kept, refused.precision)
            rows.append((
                result.name, f"{result.doubt.error:.4f}", f"{result.doubt.error_halved:.4f}",
                f"{refused.threshold:.2f}",
                *("–" if share is None else f"{share:.1%}" for share in shares),
            ))  # fmt: skip
    return header, rows


def query_lines(results: Sequence[SetResult]) -> Iterator[str]:
    """Yield one JSON line a query, for reading the errors."""
    for result in results:
        for number, query in enumerate(result.queries):
            row = {
                "set": result.name,
                "query": query,
                **{kind: labels[number] for kind, labels in result.strata.items()},
                **{
                    method: {m: round(float(values[m][number]), 6) for m in MEASURES}
                    for method, values in result.values.items()
                },
                "top": result.top[query],
            }
            yield json.dumps(row, ensure_ascii=False) + "\n"


def curves_table(curves: Sequence[Curve]) -> tuple[Row, list[Row]]:
    """Return header and rows: nDCG@10 at the start and what each checkpoint adds, in points."""
    most = max((curve.checkpoints for curve in curves), key=len)
    header = ("set", "wrong", "start", *(f"+{count}" for count in most[1:-1]), "half", "worst")
    rows = []
    for curve in curves:
        gains = [f"{gain * 100:+.2f}" for gain in curve.gains.mean(axis=0)[1:]]
        blank = [""] * (len(most) - len(curve.checkpoints))
        rows.append((
            curve.name, f"{curve.noise:.0%}", f"{curve.values[:, 0].mean():.4f}",
            *gains[:-1], *blank, gains[-1], f"{curve.gains.min() * 100:+.2f}",
        ))  # fmt: skip
    return header, rows


def curves_as_json(curves: Sequence[Curve], encoder: str, weights: str) -> dict[str, object]:
    """Return the curves as one JSON object, a value for each seed and checkpoint."""
    return {
        "simulations": [
            {
                "set": curve.name,
                "wrong": curve.noise,
                "needs_decided": curve.checkpoints,
                "ndcg@10": curve.values.round(6).tolist(),
            }
            for curve in curves
        ],
        "encoder": encoder,
        "weights": weights,
    }
