"""BM25 over words and character bigrams, plain and scaled to [0, 1]."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np
from scipy import sparse

from matcher.index.base import Array
from matcher.text.tokens import tokenise

with warnings.catch_warnings():
    # It takes in progress bars for notebooks, which warn where there are no widgets; none is shown.
    warnings.simplefilter("ignore")
    import bm25s

K1, B = 1.2, 0.75
#: Tokens that no indexed text has count by this share in the length of a query. Without them the
#: one acronym that a Chinese need shares with English texts would make it nearly their twin; with
#: all of them, needs in the other language would lose their BM25.
UNKNOWN = 0.05


class LexicalIndex:
    """A BM25 index over texts, in their order."""

    def __init__(self, texts: Sequence[str]) -> None:
        tokens = [tokenise(text) for text in texts]
        self._vocabulary: dict[str, int] = {}
        self._weights = sparse.csc_matrix((len(texts), 0), dtype=np.float32)
        # bm25s cannot index a corpus without a single token.
        if any(tokens):
            bm25 = bm25s.BM25(k1=K1, b=B, method="lucene")
            # Left to bm25s, the order of the columns, and with it the last digit of a sum, would
            # change from one process to the next.
            self._vocabulary = {t: i for i, t in enumerate(sorted(set(chain(*tokens))))}
            ids = [[self._vocabulary[t] for t in text] for text in tokens]
            bm25.index((ids, self._vocabulary), create_empty_token=False, show_progress=False)
            parts = bm25.scores
            shape = (len(texts), len(self._vocabulary))
            self._weights = sparse.csc_matrix(
                (parts["data"], parts["indices"], parts["indptr"]), shape=shape
            )
        lengths = np.sqrt(np.asarray(self._weights.multiply(self._weights).sum(axis=1)).ravel())
        self._lengths = np.where(lengths > 0, lengths, 1).astype(np.float32)
        found = np.diff(self._weights.indptr)
        self._idf = np.log(1 + (len(texts) - found + 0.5) / (found + 0.5)).astype(np.float32)
        self._rarest = float(np.log(1 + (len(texts) + 0.5) / 0.5))

    def __len__(self) -> int:
        return int(self._weights.shape[0])

    def idf(self, token: str) -> float:
        """Return the inverse document frequency of a token, as BM25 counts it."""
        column = self._vocabulary.get(token)
        return self._rarest if column is None else float(self._idf[column])

    def bm25(self, text: str) -> Array:
        """Return the plain BM25 score of every text, shape (n,)."""
        counts = Counter(t for t in tokenise(text) if t in self._vocabulary)
        columns = [self._vocabulary[t] for t in counts]
        return self._product(columns, np.array([*counts.values()], np.float32))

    def similarity(self, text: str, damping: Mapping[str, float] | None = None) -> Array:
        """Return BM25 as a cosine, in [0, 1], shape (n,): zero where no token is shared.

        The text's tokens weigh (1 + log count) * idf * damping, the indexed ones their BM25
        weight; both sides have unit length, so the scale does not depend on the length of either.
        Tokens that ``damping`` lacks keep their weight.
        """
        counts = Counter(tokenise(text))
        weights = 1 + np.log(np.array([*counts.values()], np.float32))
        weights *= np.array([(damping or {}).get(t, 1.0) for t in counts], np.float32)
        known = np.array([t in self._vocabulary for t in counts], bool)
        columns = [self._vocabulary[t] for t in counts if t in self._vocabulary]
        if not columns:
            return np.zeros(len(self), np.float32)
        asked = weights[known] * self._idf[columns]
        missing = weights[~known] * self._rarest
        asked /= np.sqrt(asked @ asked + UNKNOWN * (missing @ missing))
        return self._product(columns, asked) / self._lengths

    def _product(self, columns: list[int], weights: Array) -> Array:
        query = np.zeros(self._weights.shape[1], np.float32)
        query[columns] = weights
        scores: Array = (self._weights @ query).astype(np.float32)
        return scores
