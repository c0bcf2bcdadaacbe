"""nDCG@10, recall and MRR by ir-measures; bootstrap intervals; paired significance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ir_measures
import numpy as np
import numpy.typing as npt
from ir_measures import RR, R, nDCG

from matcher.evaluate.sets import Qrels

Values = npt.NDArray[np.float64]
#: query id → document id → score.
RunScores = Mapping[str, Mapping[str, float]]

MEASURES = {"ndcg@10": nDCG @ 10, "recall@10": R @ 10, "recall@100": R @ 100, "mrr": RR}
_ROUNDS = 10_000


def per_query(qrels: Qrels, run: RunScores, queries: Sequence[str]) -> dict[str, Values]:
    """Return each measure for each query, in the order of ``queries``.

    A query without results counts as zero instead of vanishing.
    """
    place = {query: number for number, query in enumerate(queries)}
    names = {measure: name for name, measure in MEASURES.items()}
    values = {name: np.zeros(len(queries)) for name in MEASURES}
    judged = {query: dict(qrels[query]) for query in queries}
    results = {query: dict(run.get(query, {})) for query in queries if run.get(query)}
    for value in ir_measures.iter_calc(list(names), judged, results):
        values[names[value.measure]][place[value.query_id]] = value.value
    return values


def interval(values: Values, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean."""
    means = _resampled(values, seed)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def p_value(ours: Values, theirs: Values, seed: int = 0) -> float:
    """Return the two-sided p of the paired bootstrap that the means do not differ.

    Resamples the differences shifted to mean zero (Efron & Tibshirani 1993, section 16.4).
    """
    differences = ours - theirs
    observed = abs(differences.mean())
    if not differences.any():
        return 1.0
    means = _resampled(differences - differences.mean(), seed)
    return float((1 + (np.abs(means) >= observed - 1e-12).sum()) / (1 + _ROUNDS))


def _resampled(values: Values, seed: int) -> Values:
    generator = np.random.default_rng(seed)
    size = len(values)
    means = np.empty(_ROUNDS)
    for start in range(0, _ROUNDS, 500):
        drawn = generator.integers(0, size, (500, size))
        means[start : start + 500] = values[drawn].mean(axis=1)
    return means
