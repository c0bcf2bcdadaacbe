"""Evidence: each part of the need beside the sentence of the capability that answers it best."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from matcher.encode.base import Array
from matcher.results import Coverage, Evidence, Span
from matcher.text.sentences import Sentence
from matcher.text.tokens import tokenise

#: So many quoted pairs a match.
QUOTES = 3
#: Shorter than this, a sentence is a heading or a label, not something to quote.
_SHORTEST = 4
#: Below this share of an answer's similarity, a pair is no reason: unrelated sentences reach it.
_QUOTABLE = 2 / 3
#: An answer is above the level of its row and column by this, or shares this share of tokens.
_STANDS_OUT, _SAID = 0.03, 0.2
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

    Returns the best pairs, each sentence quoted once, the most telling first; and every part of
    the need that is more than a label.
    """
    parts = [sentence for sentence in need if len(sentence.text) >= _SHORTEST]
    answers = [sentence for sentence in capability if len(sentence.text) >= _SHORTEST]
    if not parts or not answers:
        return (), tuple(Coverage(_span(part), None) for part in parts)
    rows = [i for i, sentence in enumerate(need) if len(sentence.text) >= _SHORTEST]
    columns = [j for j, sentence in enumerate(capability) if len(sentence.text) >= _SHORTEST]
    grid = similarity[np.ix_(rows, columns)]
    own, shared = _own(grid), _shared(parts, answers)
    strength = grid + own + shared / 2
    # All sentences of two related texts are alike: an answer must stand out, or say it in words.
    telling = (own >= _STANDS_OUT) | (shared >= _SAID)
    if min(grid.shape) == 1:
        telling |= grid >= answer  # nothing to stand out from

    def pair(row: int, column: int) -> Evidence:
        similar = round(float(grid[row, column]), 4)
        return Evidence(_span(parts[row]), _span(answers[column]), similar)

    best = strength.argmax(axis=1)
    answered = telling & (grid >= answer)
    coverage = tuple(
        Coverage(_span(part), pair(row, best[row]) if answered[row, best[row]] else None)
        for row, part in enumerate(parts)
    )
    weight = np.outer(_substances(parts), _substances(answers))
    # Two titles say what the records are about, not why they fit: they are quoted last.
    weight[np.ix_(_titles(parts), _titles(answers))] *= 1e-3
    quotable = telling & ((grid >= _QUOTABLE * answer) | (shared == 1))
    chosen = _chosen(np.where(quotable, strength * weight, 0))
    return tuple(pair(row, column) for row, column in chosen), coverage


def _own(grid: Array) -> Array:
    """Return what each pair adds to the level of its row and of its column."""
    level = grid.mean(axis=1, keepdims=True) + grid.mean(axis=0, keepdims=True) - grid.mean()
    own: Array = grid - level
    return own


def _shared(need: Sequence[Sentence], capability: Sequence[Sentence]) -> Array:
    """Return Dice's coefficient of the tokens of each pair of sentences, shape (n, m).

    It is 1 where the second sentence has every token of the first.
    """
    ours = [frozenset(_tokens(sentence.text)) for sentence in need]
    theirs = [frozenset(_tokens(sentence.text)) for sentence in capability]

    def alike(one: frozenset[str], other: frozenset[str]) -> float:
        if len(one) > 1 and one <= other:
            return 1.0
        return 2 * len(one & other) / max(len(one) + len(other), 1)

    return np.array([[alike(a, b) for b in theirs] for a in ours], np.float32)


def _chosen(strength: Array) -> list[tuple[int, int]]:
    """Take the strongest pairs, each row and each column once."""
    left = strength.copy()
    found: list[tuple[int, int]] = []
    while len(found) < QUOTES and left.max() > 0:
        row, column = divmod(int(left.argmax()), left.shape[1])
        found.append((row, column))
        left[row], left[:, column] = 0, 0
    return found


@lru_cache(maxsize=65536)
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(tokenise(text))


def _substances(sentences: Sequence[Sentence]) -> Array:
    # "7 s" may answer "≤ 10 s" to the letter and still tell a reader nothing.
    lengths = np.array([len(_tokens(sentence.text)) for sentence in sentences], np.float32)
    return np.sqrt(np.minimum(1, lengths / _READABLE))


def _titles(sentences: Sequence[Sentence]) -> list[int]:
    return [i for i, sentence in enumerate(sentences) if sentence.field == "title"]


def _span(sentence: Sentence) -> Span:
    return Span(sentence.field, sentence.start, sentence.end, sentence.text)
