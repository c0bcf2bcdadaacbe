"""The real rivals, computed in the same run: BM25 alone, the encoder alone, RRF of both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matcher.encode.base import Array
from matcher.index.collection import EncodedRecords
from matcher.index.lexical import LexicalIndex

BASELINES = ("bm25", "encoder", "rrf")
DEPTH = 1000
#: The constant of Cormack, Clarke & Büttcher 2009, "Reciprocal rank fusion".
_RRF = 60
#: query id → document id → score.
Run = dict[str, dict[str, float]]


def baseline_runs(
    queries: EncodedRecords, targets: EncodedRecords, lexical: LexicalIndex | None = None
) -> dict[str, Run]:
    """Return a run for each of ``bm25``, ``encoder`` (plain cosine) and ``rrf``.

    ``lexical`` is a BM25 index over all targets, if there is one already.
    """
    lexical = lexical or LexicalIndex(targets.texts)
    ids = [record.id for record in targets.records]
    runs: dict[str, Run] = {name: {} for name in BASELINES}
    for number, record in enumerate(queries.records):
        bm25 = lexical.bm25(queries.texts[number])
        cosine = targets.vectors @ queries.vectors[number]
        words, vectors = [i for i in _top(bm25) if bm25[i] > 0], _top(cosine)
        fused: dict[int, float] = {}
        for ranked in (words, vectors):
            for rank, i in enumerate(ranked, 1):
                fused[i] = fused.get(i, 0.0) + 1 / (_RRF + rank)
        runs["bm25"][record.id] = ordered([ids[i] for i in words])
        runs["encoder"][record.id] = ordered([ids[i] for i in vectors])
        best = sorted(fused, key=lambda i: (-fused[i], i))[:DEPTH]
        runs["rrf"][record.id] = ordered([ids[i] for i in best])
    return runs


def _top(scores: Array) -> list[int]:
    return [int(i) for i in np.argsort(-scores, kind="stable")[:DEPTH]]


def ordered(documents: Sequence[str]) -> dict[str, float]:
    """Give falling scores to an ordered list, so that no tool breaks its ties differently."""
    return {document: float(len(documents) - rank) for rank, document in enumerate(documents)}
