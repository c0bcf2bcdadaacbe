"""Candidates and their order: dense and BM25 search in each language, one absolute score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matcher.encode.base import Array
from matcher.index.base import Ids
from matcher.index.collection import EncodedRecords, Shelf
from matcher.rank.calibration import Calibration, Level, Levels, peers
from matcher.rank.common import count, dampings, load_common
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
    #: Where the need's scores against the other records in this language lie.
    level: Level
    #: Log odds of being relevant; None without a calibration.
    log_odds: float | None = None

    @property
    def order(self) -> tuple[float, int]:
        """What hits are sorted by: the probability, which is one scale for both languages.

        Rounded, so that a record listed twice keeps its order whatever the algebra library does.
        """
        value = self.score if self.log_odds is None else self.log_odds
        return -round(value, 5), self.row


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
    calibration
        What turns scores into probabilities, or None.
    """

    def __init__(
        self, targets: EncodedRecords, queries: EncodedRecords | None,
        background: Background | None, weights: Weights, calibration: Calibration | None = None,
    ) -> None:  # fmt: skip
        own = targets.own_vectors() | (queries.own_vectors() if queries else {})
        self.targets = targets
        self.weights = weights
        self.calibration = calibration
        self.hub = HubCorrection(background, own, targets.vectors.shape[1])
        flatten = {pair: figures.flatten for pair, figures in weights.pairs.items()}
        languages = sorted(set(targets.languages))
        self.shelves = [Shelf(targets, lang, self.hub, flatten) for lang in languages]
        # Only needs were counted: what is common among capabilities is another matter.
        needs = queries.texts if queries and targets.role == "capability" else ()
        known = load_common() if targets.role == "capability" else {}
        self.dampings = dampings(known, count(needs))

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
        for shelf in self.shelves if masks else ():
            hits += self._shelf(shelf, queries, number, masks, top)
        hits.sort(key=lambda hit: hit.order)
        head = self._compared(hits[:COMPARED], queries, number)
        head.sort(key=lambda hit: hit.order)
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
            places = shelf.places(mask)
            # To search everything takes no list of what to search.
            every = len(places) == len(shelf.rows)
            allowed = None if every else shelf.rows[places].tolist()
            ids, _ = shelf.dense[pair].search(query, top, allowed)
            _note(dense_ranks, [int(row) for row in ids[0]] if len(ids) else [])
            order = np.lexsort((places, -plain[places]))[:top]
            _note(bm25_ranks, [int(shelf.rows[p]) for p in places[order] if plain[p] > 0])
        rows_found = sorted({*dense_ranks, *bm25_ranks})
        dense = shelf.vectors[pair] @ query[0]
        bm25 = shelf.lexical.similarity(queries.texts[number], self.dampings.get(asked))
        crowd = shelf.crowding[pair]
        score = dense + figures.bm25 * bm25 - figures.crowding * crowd + figures.shift
        # Only what the asker may see: a private record must not move a probability either.
        seen = shelf.places(masks[0])
        same, other = len(seen), len(masks[0]) - len(seen)
        if pair == "across":
            same, other = other, same
        levels = Levels(score[seen], peers(same, other, pair))
        shown = np.zeros(len(score), bool)
        shown[seen] = True

        def twins(place: int) -> list[int]:
            return [other for other in shelf.twins(place) if shown[other]]

        return [
            self._judged(
                Hit(row, pair, float(score[i]), float(dense[i]), dense_ranks.get(row),
                    float(bm25[i]), bm25_ranks.get(row), 0.0, float(crowd[i]),
                    levels.without([float(score[i]), *(float(score[j]) for j in twins(i))]))
            )
            for row, i in zip(rows_found, shelf.places(rows_found).tolist(), strict=True)
        ]  # fmt: skip

    def _judged(self, hit: Hit) -> Hit:
        if self.calibration is None:
            return hit
        log_odds = self.calibration.log_odds(hit.pair, hit.score, hit.level)
        return replace(hit, log_odds=log_odds + self.figures(hit).odds)

    def _compared(self, hits: Sequence[Hit], queries: EncodedRecords, number: int) -> list[Hit]:
        vectors = self.sentences(queries, number, [h for h in hits if self.figures(h).evidence])
        return [
            self._with_evidence(hit, sentence_score(*vectors[hit.row]))
            if hit.row in vectors else hit
            for hit in hits
        ]  # fmt: skip

    def _with_evidence(self, hit: Hit, answered: float) -> Hit:
        evidence = max(0.0, answered)
        score = hit.score + self.figures(hit).evidence * evidence
        return self._judged(replace(hit, evidence=evidence, score=score))

    def _corrected(
        self, records: EncodedRecords, rows: Sequence[int], flatten: float
    ) -> list[Array]:
        """Return the corrected sentence vectors of some records of one language."""
        slot: Slot = ("sentence", records.role, records.languages[rows[0]])
        parts = [records.sentence_vectors[row] for row in rows]
        joined = self.hub.apply(np.concatenate(parts), slot, flatten)
        return np.split(joined, np.cumsum([len(part) for part in parts])[:-1])

    def sentences(
        self, queries: EncodedRecords, number: int, hits: Sequence[Hit]
    ) -> dict[int, tuple[Array, Array]]:
        """Return, by row, the corrected sentence vectors of a query and of each of its hits."""
        found: dict[int, tuple[Array, Array]] = {}
        for pair in sorted({hit.pair for hit in hits}):
            rows = [hit.row for hit in hits if hit.pair == pair]
            flatten = self.weights.pairs[pair].flatten
            asked = self._corrected(queries, [number], flatten)[0]
            corrected = self._corrected(self.targets, rows, flatten)
            found |= {row: (asked, part) for row, part in zip(rows, corrected, strict=True)}
        return found

    def rarity(self, hit: Hit) -> Callable[[str], float]:
        """Return what tells how rare a token is among the targets in the language of a hit."""
        language = self.targets.languages[hit.row]
        return next(shelf for shelf in self.shelves if shelf.language == language).lexical.idf

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
        "language": figures.shift,
    }
