"""How good themes are: against known classes and known pairs, beside two plain rivals.

Every method makes the same number of themes, the one that ours chooses. Classes are the first
field of each record; pairs are a need and the work that was judged relevant to it, of which a good
grouping keeps both in one theme. The rivals are k-means on TF-IDF (character pairs and stemmed
words) and k-means on the encoder's own vectors, means over ``SEEDS`` seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    normalized_mutual_info_score,
    v_measure_score,
)
from threadpoolctl import threadpool_limits

from matcher.encode.base import Encoder
from matcher.evaluate.sets import JudgedSet
from matcher.index.collection import EncodedRecords, encode_records
from matcher.plan.themes import Labels, cluster, common_space
from matcher.rank.hub import load_background
from matcher.records import Capability, Need
from matcher.text.tokens import tokenise

SEEDS = 5
_LEFT_OUT = 0.1
#: Gives the themes of the rows that are kept, with a seed.
Method = Callable[[npt.NDArray[np.int64], int], Labels]


@dataclass(frozen=True)
class ThemeQuality:
    """What one method reaches on one set; ``None`` where a figure does not apply.

    ``v_measure`` is the same as normalised mutual information with the arithmetic mean. ``pairs``
    is the adjusted mutual information between the themes of the two sides of judged pairs, and
    ``together`` the share of pairs in one theme. ``language`` is the normalised mutual information
    with the language: 0 is best. ``seeds`` and ``tenth`` are mean adjusted Rand indices: between
    runs with other seeds (ours has none: other orders of the records), and between the whole and
    the data without a tenth.
    """

    name: str
    method: str
    records: int
    themes: int
    v_measure: float | None
    adjusted: float | None
    rand: float | None
    pairs: float | None
    together: float | None
    language: float
    seeds: float
    tenth: float


def theme_quality(
    name: str, needs: Sequence[Need], capabilities: Sequence[Capability], encoder: Encoder,
    pairs: Sequence[tuple[str, str]] = (),
) -> list[ThemeQuality]:  # fmt: skip
    """Measure ours and the rivals on the records of one set.

    Classes are known where every record has a field, ``pairs`` are (need id, capability id).
    """
    sides = (
        encode_records("need", needs, encoder), encode_records("capability", capabilities, encoder)
    )  # fmt: skip
    with threadpool_limits(limits=1):
        methods = _methods(sides, encoder)
        return [_measured(name, method, sides, pairs, run) for method, run in methods]


def judged_pairs(one: JudgedSet) -> tuple[list[Capability], list[tuple[str, str]]]:
    """Return the capabilities of a set that are judged relevant, and the pairs."""
    pairs = [
        (need.id, document)
        for need in one.needs
        for document, grade in sorted(one.qrels[need.id].items())
        if grade > 0
    ]
    wanted = {document for _, document in pairs}
    return [record for record in one.capabilities if record.id in wanted], pairs


def _methods(
    sides: tuple[EncodedRecords, EncodedRecords], encoder: Encoder
) -> list[tuple[str, Method]]:
    ours = common_space(sides, load_background(encoder.fingerprint))
    languages = [lang for side in sides for lang in side.languages]
    count = cluster(ours, languages).count
    texts = [text for side in sides for text in side.texts]
    vectoriser = TfidfVectorizer(
        tokenizer=tokenise, token_pattern=None, lowercase=False, sublinear_tf=True, min_df=2
    )
    words = vectoriser.fit_transform(texts)
    raw = np.concatenate([side.vectors for side in sides])

    def themes(rows: npt.NDArray[np.int64], seed: int) -> Labels:
        order = np.random.default_rng(seed).permutation(len(rows)) if seed else np.arange(len(rows))
        found = cluster(ours[rows[order]], [languages[row] for row in rows[order]]).of
        back = np.empty_like(found)
        back[order] = found
        return back

    def k_means(points: object) -> Method:
        def run(rows: npt.NDArray[np.int64], seed: int) -> Labels:
            found = KMeans(count, n_init=10, random_state=seed).fit(points[rows])  # type: ignore[index]
            return np.asarray(found.labels_, np.int64)

        return run

    return [
        ("alleymatch", themes), ("k-means, encoder", k_means(raw)),
        ("k-means, TF-IDF", k_means(words)),
    ]  # fmt: skip


def _measured(
    name: str, method: str, sides: tuple[EncodedRecords, EncodedRecords],
    pairs: Sequence[tuple[str, str]], run: Method,
) -> ThemeQuality:  # fmt: skip
    records = [record for side in sides for record in side.records]
    languages = [lang for side in sides for lang in side.languages]
    rows = np.arange(len(records))
    runs = [run(rows, seed) for seed in range(SEEDS)]
    classes = [record.fields[0] for record in records if record.fields]
    known = len(classes) == len(records) and len(set(classes)) > 1
    place = {(record.record, record.id): row for row, record in enumerate(records)}
    asks = [place["need", one] for one, _ in pairs]
    offers = [place["capability", other] for _, other in pairs]
    random = np.random.default_rng(0)
    kept = [
        np.sort(random.choice(rows, round(len(rows) * (1 - _LEFT_OUT)), replace=False))
        for _ in range(SEEDS)
    ]

    def mean(score: Callable[[Labels], float]) -> float:
        return float(np.mean([score(found) for found in runs]))

    return ThemeQuality(
        name, method, len(records), int(runs[0].max()) + 1,
        mean(lambda found: v_measure_score(classes, found)) if known else None,
        mean(lambda found: adjusted_mutual_info_score(classes, found)) if known else None,
        mean(lambda found: adjusted_rand_score(classes, found)) if known else None,
        mean(lambda found: adjusted_mutual_info_score(found[asks], found[offers]))
        if pairs else None,
        mean(lambda found: float((found[asks] == found[offers]).mean())) if pairs else None,
        mean(lambda found: normalized_mutual_info_score(languages, found)),
        float(np.mean([adjusted_rand_score(a, b) for a, b in combinations(runs, 2)])),
        float(np.mean([adjusted_rand_score(runs[0][part], run(part, 0)) for part in kept])),
    )  # fmt: skip
