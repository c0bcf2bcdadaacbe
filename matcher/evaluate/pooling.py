"""Which pairs to judge: the best of several methods, so that none is favoured by the judging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from matcher.encode.base import Array, Encoder
from matcher.index.base import Ids
from matcher.index.collection import EncodedRecords
from matcher.index.lexical import LexicalIndex
from matcher.rank.calibration import shipped_calibration
from matcher.rank.evidence import quote
from matcher.rank.hub import load_background
from matcher.rank.ranker import Ranker
from matcher.rank.rules import closed, conflict
from matcher.rank.weights import Weights
from matcher.records import Capability, Need
from matcher.results import Match

#: So many of the best candidates of each method are pooled.
_DEPTH = 3


@dataclass(frozen=True)
class Candidate:
    """One pair to judge, with its quotes and without any sign of its rank."""

    match: Match

    @property
    def key(self) -> tuple[str, str]:
        """The ids of the need and the capability."""
        return self.match.need.id, self.match.capability.id


class Pool:
    """Pairs to judge, need by need, in an order that a seed decides.

    For each need the three best candidates of the engine, of BM25 and of the encoder alone are
    shuffled together. Records that no report would show are left out.
    """

    def __init__(
        self, needs: EncodedRecords, capabilities: EncodedRecords, encoder: Encoder,
        weights: Weights, *, today: date, include_private: bool = False, seed: int = 0,
    ) -> None:  # fmt: skip
        self._needs, self._capabilities, self._seed = needs, capabilities, seed
        open_needs = [closed(r, today, include_private) is None for r in needs.records]
        open_rows = [closed(r, today, include_private) is None for r in capabilities.records]
        self._rows: Ids = np.flatnonzero(open_rows).astype(np.int64)
        order = np.random.default_rng(seed).permutation(len(needs.records)).tolist()
        self._order = [number for number in order if open_needs[number]]
        self._lexical = LexicalIndex(capabilities.texts)
        self._ranker = Ranker(
            capabilities, needs, load_background(encoder.fingerprint), weights,
            shipped_calibration(encoder.fingerprint),
        )  # fmt: skip

    def pairs(self, count: int) -> list[Candidate]:
        """Return the first ``count`` pairs; fewer where the records give no more."""
        found: list[Candidate] = []
        for number in self._order:
            if len(found) >= count:
                break
            found += self._of_need(number)
        return found[:count]

    def _of_need(self, number: int) -> list[Candidate]:
        need = self._needs.records[number]
        assert isinstance(need, Need)
        free = np.array([r for r in self._rows.tolist() if self._fits(need, r)], np.int64)
        if not len(free):
            return []
        words = self._lexical.bm25(self._needs.texts[number])[free]
        meaning = self._capabilities.vectors[free] @ self._needs.vectors[number]
        engine = [hit.row for hit in self._ranker.rank(self._needs, number, [free])[:_DEPTH]]
        pooled = sorted({*engine, *_best(free, words), *_best(free, meaning)})
        np.random.default_rng([self._seed, number]).shuffle(pooled)
        return [self._candidate(number, row) for row in pooled]

    def _fits(self, need: Need, row: int) -> bool:
        capability = self._capabilities.records[row]
        assert isinstance(capability, Capability)
        return conflict(need, capability) is None

    def _candidate(self, number: int, row: int) -> Candidate:
        need, capability = self._needs.records[number], self._capabilities.records[row]
        assert isinstance(need, Need)
        assert isinstance(capability, Capability)
        # Quotes are looked for in the same way whoever found the pair.
        hits = self._ranker.rank(self._needs, number, [np.array([row], np.int64)])
        asked, offered = self._ranker.sentences(self._needs, number, hits)[row]
        answer = self._ranker.figures(hits[0]).answer
        evidence, _ = quote(
            self._needs.sentences[number], self._capabilities.sentences[row],
            asked @ offered.T, answer,
        )  # fmt: skip
        return Candidate(Match(need, capability, 1, 0.0, (), evidence, (), (), (), ()))


def _best(rows: Ids, scores: Array) -> Sequence[int]:
    order = np.argsort(-scores, kind="stable")[:_DEPTH]
    return [int(rows[i]) for i in order if scores[i] > 0]
