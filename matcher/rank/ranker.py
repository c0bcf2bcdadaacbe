"""Candidates and their order: dense and BM25 search in each language, one absolute score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matcher.encode.base import Array
from matcher.index.base import Ids
from matcher.index.collection import EncodedRecords, Shelf
from matcher.rank.evidence import sentence_score
from matcher.rank.hub import Background, HubCorrection, Pair, Slot, pair_of
from matcher.rank.weights import PairWeights, Weights

#: So many candidates each from dense and BM25 search, in each language.
CANDIDATES = 200
#: So many of the best get their sentences compared before the final order.
COMPARED = 100


@dataclass(frozen=True)
class Hit:
    """One candidate and where its score came from; ranks count from 1 among one language."""

    row: int
    pair: Pair
    score: float
    dense: float
    dense_rank: int | None
    bm25: float
    bm25_rank: int | None
    evidence: float
    crowding: float


class Ranker:
    """Order the targets for a query.

    Parameters
    ----------
    targets
        The records to choose from.
    queries
        The records that ask, if they are known beforehand: their mean sharpens the correction.
    background
        Published means, or None.
    weights
        The weights by pair of languages.
    """

    def __init__(
        self, targets: EncodedRecords, queries: EncodedRecords | None,
        background: Background | None, weights: Weights,
    ) -> None:  # fmt: skip
        own = targets.own_vectors() | (queries.own_vectors() if queries else {})
        self.targets = targets
        self.weights = weights
        self.hub = HubCorrection(background, own, targets.vectors.shape[1])
        flatten = {pair: figures.flatten for pair, figures in weights.pairs.items()}
        languages = sorted(set(targets.languages))
        self.shelves = [Shelf(targets, lang, self.hub, flatten) for lang in languages]

    def rank(
        self, queries: EncodedRecords, number: int, masks: Sequence[Ids], top: int = CANDIDATES
    ) -> list[Hit]:
        """Return the candidates for one query, best first, ties by row.

        Parameters
        ----------
        queries, number
            The query and its place in ``queries``.
        masks
            Sets of target rows; each is searched by itself and the finds are joined, so that a
            rare kind is not crowded out by a common one.
        top
            Candidates from each search.
        """
        hits: list[Hit] = []
        for shelf in self.shelves:
            hits += self._shelf(shelf, queries, number, masks, top)
        hits.sort(key=lambda hit: (-hit.score, hit.row))
        head = [self._compared(hit, queries, number) for hit in hits[:COMPARED]]
        head.sort(key=lambda hit: (-hit.score, hit.row))
        # Sentences can only add to a score: what was not compared stays behind what was.
        return head + hits[COMPARED:]

    def _shelf(
        self, shelf: Shelf, queries: EncodedRecords, number: int, masks: Sequence[Ids], top: int
    ) -> list[Hit]:
        asked = queries.languages[number]
        pair = pair_of(asked, shelf.language)
        figures = self.weights.pairs[pair]
        slot: Slot = ("record", queries.role, asked)
        query = self.hub.apply(queries.vectors[number : number + 1], slot, figures.flatten)
        plain = shelf.lexical.bm25(queries.texts[number])
        dense_ranks: dict[int, int] = {}
        bm25_ranks: dict[int, int] = {}
        for mask in masks:
            rows = np.intersect1d(mask, shelf.rows)
            ids, _ = shelf.dense[pair].search(query, top, rows.tolist())
            _note(dense_ranks, [int(row) for row in ids[0]] if len(ids) else [])
            places = np.array(shelf.places(rows.tolist()), np.int64)
            order = np.lexsort((places, -plain[places]))[:top]
            _note(bm25_ranks, [int(shelf.rows[p]) for p in places[order] if plain[p] > 0])
        rows_found = sorted({*dense_ranks, *bm25_ranks})
        found = shelf.places(rows_found)
        dense = shelf.vectors[pair][found] @ query[0]
        bm25 = shelf.lexical.similarity(queries.texts[number])[found]
        crowd = shelf.crowding[pair][found]
        score = dense + figures.bm25 * bm25 - figures.crowding * crowd
        return [
            Hit(row, pair, float(score[i]), float(dense[i]), dense_ranks.get(row),
                float(bm25[i]), bm25_ranks.get(row), 0.0, float(crowd[i]))
            for i, row in enumerate(rows_found)
        ]  # fmt: skip

    def _compared(self, hit: Hit, queries: EncodedRecords, number: int) -> Hit:
        figures = self.weights.pairs[hit.pair]
        if not figures.evidence:
            return hit
        evidence = max(0.0, sentence_score(*self.sentences(queries, number, hit)))
        return replace(hit, evidence=evidence, score=hit.score + figures.evidence * evidence)

    def sentences(self, queries: EncodedRecords, number: int, hit: Hit) -> tuple[Array, Array]:
        """Return the corrected sentence vectors of a query and of one of its hits."""
        flatten = self.figures(hit).flatten
        asked, found = queries.languages[number], self.targets.languages[hit.row]
        return (
            self.hub.apply(
                queries.sentence_vectors[number], ("sentence", queries.role, asked), flatten
            ),
            self.hub.apply(
                self.targets.sentence_vectors[hit.row],
                ("sentence", self.targets.role, found), flatten,
            ),
        )  # fmt: skip

    def figures(self, hit: Hit) -> PairWeights:
        """Return the weights that scored a hit."""
        return self.weights.pairs[hit.pair]


def _note(ranks: dict[int, int], rows: Sequence[int]) -> None:
    # A narrower search gives a better rank to the same record: the widest search counts.
    for rank, row in enumerate(rows, 1):
        ranks.setdefault(row, rank)


def contributions(hit: Hit, figures: PairWeights) -> Mapping[str, float]:
    """Return what each part gave to the score of a hit; they add up to it."""
    return {
        "dense": hit.dense,
        "bm25": figures.bm25 * hit.bm25,
        "evidence": figures.evidence * hit.evidence,
        "crowding": -figures.crowding * hit.crowding,
    }
