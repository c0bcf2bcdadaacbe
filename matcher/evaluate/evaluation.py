"""Evaluate the engine on judged sets: its own run, the baselines, significance, strata."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matcher.encode.base import Encoder, Role
from matcher.evaluate.baselines import DEPTH, baseline_runs, ordered
from matcher.evaluate.doubt import Doubt, doubt_of, observe
from matcher.evaluate.measures import MEASURES, Values, interval, p_value, per_query
from matcher.evaluate.sets import JudgedSet, relevant_rows
from matcher.index.collection import EncodedRecords, encode_records
from matcher.index.lexical import LexicalIndex
from matcher.pipeline import Stage, silent
from matcher.rank.calibration import shipped_calibration
from matcher.rank.hub import load_background
from matcher.rank.ranker import Hit, Ranker
from matcher.rank.weights import Weights
from matcher.records import Offer
from matcher.text.normalise import language
from matcher.text.tokens import tokenise

MAIN = "ndcg@10"
OURS = "alleymatch"


@dataclass(frozen=True)
class SetResult:
    """What one set gave: every measure for every query, for the engine and each baseline."""

    name: str
    queries: tuple[str, ...]
    #: method → measure → values, in the order of ``queries``.
    values: Mapping[str, Mapping[str, Values]]
    #: kind of stratum → label of each query.
    strata: Mapping[str, tuple[str, ...]]
    #: query → its ten best documents.
    top: Mapping[str, tuple[str, ...]]
    corpus_size: int
    doubt: Doubt | None = None

    def mean(self, measure: str, method: str = OURS) -> float:
        """Return the mean of a measure over all queries."""
        return float(self.values[method][measure].mean())

    def interval(self, measure: str = MAIN) -> tuple[float, float]:
        """Return the 95 % bootstrap interval of the engine's mean."""
        return interval(self.values[OURS][measure])

    def p(self, baseline: str, measure: str = MAIN) -> float:
        """Return the p of the paired bootstrap against a baseline."""
        return p_value(self.values[OURS][measure], self.values[baseline][measure])

    def by_stratum(self, kind: str, method: str = OURS) -> dict[str, tuple[int, float]]:
        """Return label → (queries, mean nDCG@10)."""
        labels, values = np.array(self.strata[kind]), self.values[method][MAIN]
        return {
            label: (int((labels == label).sum()), float(values[labels == label].mean()))
            for label in sorted(set(self.strata[kind]))
        }


def evaluate(
    sets: Sequence[JudgedSet],
    encoder: Encoder,
    weights: Weights,
    *,
    merge: bool = False,
    stage: Stage = silent,
) -> Iterator[SetResult]:
    """Evaluate each set, against its own capabilities or, with ``merge``, against those of all.

    ``stage`` shows the progress of encoding.
    """

    def encoded(role: Role, one: JudgedSet) -> EncodedRecords:
        records: Sequence[Offer] = one.needs if role == "need" else one.capabilities
        with stage("encode", len(records)) as count:
            return encode_records(role, records, encoder, count)

    if not merge:
        for one in sets:
            targets = encoded("capability", one)
            lexical = LexicalIndex(targets.texts)
            yield _evaluate(one, encoded("need", one), targets, lexical, encoder, weights)
        return
    whole, place = joined([(one, encoded("capability", one)) for one in sets])
    lexical = LexicalIndex(whole.texts)
    for one in sets:
        judged = {
            query: {place[one.name, document]: grade for document, grade in grades.items()}
            for query, grades in one.qrels.items()
        }
        yield _evaluate(
            replace(one, qrels=judged), encoded("need", one), whole, lexical, encoder, weights
        )


def _evaluate(
    one: JudgedSet, queries: EncodedRecords, targets: EncodedRecords, lexical: LexicalIndex,
    encoder: Encoder, weights: Weights,
) -> SetResult:  # fmt: skip
    calibration = shipped_calibration(encoder.fingerprint)
    ranker = Ranker(targets, queries, load_background(encoder.fingerprint), weights, calibration)
    every = np.arange(len(targets.records), dtype=np.int64)
    runs = {OURS: {}, **baseline_runs(queries, targets, lexical)}
    ranked: dict[int, list[Hit]] = {}
    for number, need in enumerate(queries.records):
        ranked[number] = ranker.rank(queries, number, [every])[:DEPTH]
        found = [targets.records[hit.row].id for hit in ranked[number]]
        runs[OURS][need.id] = ordered(found)
    names = tuple(need.id for need in queries.records)
    values = {method: per_query(one.qrels, run, names) for method, run in runs.items()}
    top = {query: tuple(runs[OURS][query])[:10] for query in names}
    gold = relevant_rows(one.qrels, queries, targets)
    doubt = None
    if calibration is not None:
        doubt = doubt_of(observe(ranker, queries, gold, ranked), calibration)
    return SetResult(
        one.name, names, values, _strata(one, queries, targets), top, len(targets.records), doubt
    )


def joined(
    parts: Sequence[tuple[JudgedSet, EncodedRecords]],
) -> tuple[EncodedRecords, dict[tuple[str, str], str]]:
    """Put the documents of all sets into one collection.

    Returns it and (set, document id) → id there: two sets may use one id for different documents,
    and a document that stands in two sets, word for word, is one.
    """
    seen: dict[str, str] = {}
    place: dict[tuple[str, str], str] = {}
    chosen: list[tuple[EncodedRecords, int, str]] = []
    for one, part in parts:
        for row, record in enumerate(part.records):
            found = seen.setdefault(part.texts[row], f"{one.name}/{record.id}")
            place[one.name, record.id] = found
            if found == f"{one.name}/{record.id}":
                chosen.append((part, row, found))
    whole = EncodedRecords(
        "capability",
        tuple(part.records[row].model_copy(update={"id": name}) for part, row, name in chosen),
        tuple(part.texts[row] for part, row, _ in chosen),
        tuple(part.sentences[row] for part, row, _ in chosen),
        tuple(part.languages[row] for part, row, _ in chosen),
        np.stack([part.vectors[row] for part, row, _ in chosen]),
        tuple(part.sentence_vectors[row] for part, row, _ in chosen),
    )
    return whole, place


def _strata(
    one: JudgedSet, queries: EncodedRecords, targets: EncodedRecords
) -> dict[str, tuple[str, ...]]:
    row = {record.id: i for i, record in enumerate(targets.records)}
    gold = []
    for need in queries.records:
        grades = one.qrels[need.id]
        best = max((d for d in grades if d in row), key=lambda d: grades[d])
        gold.append(targets.texts[row[best]])
    pairs = [
        f"{asked}→{language(text)}" for asked, text in zip(queries.languages, gold, strict=True)
    ]
    overlaps = [overlap(text, found) for text, found in zip(queries.texts, gold, strict=True)]
    return {
        "language": tuple(pairs),
        "length": _thirds([len(text) for text in queries.texts], ("short", "middle", "long")),
        "overlap": _thirds(overlaps, ("low", "middle", "high")),
    }


def overlap(query: str, document: str) -> float:
    """Return the share of the query's tokens (Chinese: bigrams) that the document has."""
    asked, found = Counter(tokenise(query)), set(tokenise(document))
    total = sum(asked.values())
    return sum(n for token, n in asked.items() if token in found) / total if total else 0.0


def _thirds(figures: Sequence[float], labels: tuple[str, str, str]) -> tuple[str, ...]:
    order = np.argsort(np.array(figures, np.float64), kind="stable")
    places = np.empty(len(figures), np.int64)
    places[order] = np.arange(len(figures)) * 3 // max(len(figures), 1)
    return tuple(labels[place] for place in places)


__all__ = ["MAIN", "MEASURES", "OURS", "SetResult", "evaluate", "overlap"]
