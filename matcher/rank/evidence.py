"""Evidence: each part of the need beside the sentence of the capability that answers it best."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matcher.encode.base import Array
from matcher.results import Coverage, Evidence, Span
from matcher.text.sentences import Sentence
from matcher.text.tokens import tokenise

#: So many quoted pairs a match.
QUOTES = 3
#: Shorter than this, a sentence is a heading or a label, not something to quote.
_SHORTEST = 6
#: Below this share of an answer's similarity, a pair is no reason: unrelated sentences reach it.
_QUOTABLE = 2 / 3
#: From this many tokens on, a sentence can be understood without its neighbours.
_READABLE = 12


def sentence_score(need: Array, capability: Array) -> float:
    """Return how well the sentences of one text are answered by those of the other, in [-1, 1].

    The mean, over the first text's sentences, of the best inner product with one of the second.
    """
    if not len(need) or not len(capability):
        return 0.0
    return float((need @ capability.T).max(axis=1).mean())


def quote(
    need: Sequence[Sentence],
    capability: Sequence[Sentence],
    similarity: Array,
    answer: float,
) -> tuple[tuple[Evidence, ...], tuple[Coverage, ...]]:
    """Choose the quotes of a match and say which parts of the need are answered.

    Parameters
    ----------
    need, capability
        The sentences of both records, n and m of them.
    similarity
        Inner products of their corrected vectors, shape (n, m).
    answer
        From this similarity on a part counts as answered.

    Returns the best pairs, each sentence of the capability quoted once, the most telling first;
    and every part of the need.
    """
    parts = [i for i, sentence in enumerate(need) if len(sentence.text) >= _SHORTEST]
    answers = [j for j, sentence in enumerate(capability) if len(sentence.text) >= _SHORTEST]
    if not parts or not answers:
        return (), tuple(Coverage(_span(sentence), None) for sentence in need)
    grid = similarity[np.ix_(parts, answers)]
    best = grid.argmax(axis=1)
    pairs = {
        parts[row]: Evidence(
            _span(need[parts[row]]), _span(capability[answers[column]]),
            round(float(grid[row, column]), 4),
        )
        for row, column in enumerate(best)
    }  # fmt: skip
    coverage = tuple(
        Coverage(pair.need, pair if pair.similarity >= answer else None)
        for _, pair in sorted(pairs.items())
    )
    told = [pair for pair in pairs.values() if pair.similarity >= _QUOTABLE * answer]
    return _distinct(told), coverage


def _distinct(pairs: list[Evidence]) -> tuple[Evidence, ...]:
    # Titles say what a record is about, not why it fits: they are quoted last.
    ranked = sorted(
        pairs,
        key=lambda p: (
            p.need.field == "title" and p.capability.field == "title",
            -p.similarity * _substance(p.need) * _substance(p.capability),
            p.need.field, p.need.start,
        ),
    )  # fmt: skip
    chosen: list[Evidence] = []
    for pair in ranked:
        if all(pair.capability != other.capability for other in chosen):
            chosen.append(pair)
    return tuple(chosen[:QUOTES])


def _substance(span: Span) -> float:
    # "7 s" may answer "≤ 10 s" to the letter and still tell a reader nothing.
    return float(min(1.0, len(tokenise(span.text)) / _READABLE) ** 0.5)


def _span(sentence: Sentence) -> Span:
    return Span(sentence.field, sentence.start, sentence.end, sentence.text)
