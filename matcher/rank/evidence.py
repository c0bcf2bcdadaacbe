"""Evidence: each part of the need beside the sentence of the capability that answers it best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from matcher.encode.base import Array
from matcher.results import Coverage, Evidence, Span
from matcher.text.extraction import extract
from matcher.text.normalise import language
from matcher.text.sentences import Sentence, is_boilerplate
from matcher.text.tokens import tokenise

#: So many quoted pairs a match.
QUOTES = 3
#: Shorter than this, a sentence is a heading or a label, not something to quote.
SHORTEST = 4
#: Below this share of an answer's similarity, a pair is no reason: unrelated sentences reach it.
QUOTABLE = 2 / 3
#: An answer is above the level of its row and column by this, or shares this share of tokens.
STANDS_OUT, _SAID = 0.03, 0.2
#: What a quote needs where neither holds: it answers, and above the level of its row by this.
_BEST_OF_ROW = 0.045
#: A quoted sentence carries the match by so many standard deviations more than the record's others.
_CARRIES = 0.8
#: The only quote of a match, where it says the need's words, gets by with so much.
_CARRIES_ALONE = 0.3
#: What carrying adds to the strength of a pair, for each standard deviation.
_CARRIED = 0.1
#: What shared words weigh beside nearness; less than in the ranking, where nothing is estimated.
_WORDS = 1.4
#: How soon a token said again adds nothing, as k1 of BM25.
_SATURATION = 1.2
_FAINT = 1e-6
#: From this many tokens on, a sentence can be understood without its neighbours.
_READABLE = 12
#: Up to so many words, a sentence with a value is about that value.
_BRIEF = 8

#: Token → how rare it is.
Rarity = Callable[[str], float]


def _equal(token: str) -> float:
    return 1.0


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
    rarity: Rarity = _equal,
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
    rarity
        Inverse document frequency of a token in the collection; without one all weigh the same.

    Returns the best pairs, each sentence quoted once, the most telling first; and every part of
    the need that is more than a label or a legal notice. Only a sentence is quoted without which
    the match would fall more than without most others: a good answer that the match does not rest
    on is no reason.
    """
    rows = [
        i for i, sentence in enumerate(need)
        if len(sentence.text) >= SHORTEST and not is_boilerplate(sentence.text)
    ]  # fmt: skip
    parts = [need[i] for i in rows]
    answers = [sentence for sentence in capability if len(sentence.text) >= SHORTEST]
    if not parts or not answers:
        return (), tuple(Coverage(_span(part), None) for part in parts)
    columns = [j for j, sentence in enumerate(capability) if len(sentence.text) >= SHORTEST]
    grid = similarity[np.ix_(rows, columns)]
    own, shared = above_level(grid), _shared(parts, answers)
    strength = grid + own + shared / 2
    # All sentences of two related texts are alike: an answer must stand out, or say it in words.
    telling = (own >= STANDS_OUT) | (shared >= _SAID)
    best_of_row = (grid - grid.mean(axis=1, keepdims=True) >= _BEST_OF_ROW) & (grid >= answer)
    if min(grid.shape) == 1:
        telling |= grid >= answer  # nothing to stand out from
    elif len(grid) == 2:
        telling |= best_of_row  # two rows give no level of a column to stand out from
    # Two sentences with ≥95% are alike to the encoder and to BM25, whatever it is a share of.
    hollow = _figures_only(parts, answers, shared)
    telling, best_of_row, strength = telling & ~hollow, best_of_row & ~hollow, strength - 2 * hollow

    def pair(row: int, column: int) -> Evidence:
        similar = round(float(grid[row, column]), 4)
        return Evidence(_span(parts[row]), _span(answers[column]), similar)

    best = strength.argmax(axis=1)
    answered = telling & (grid >= answer)
    coverage = tuple(
        Coverage(_span(part), pair(row, best[row]) if answered[row, best[row]] else None)
        for row, part in enumerate(parts)
    )
    quotable = best_of_row | (telling & ((grid >= QUOTABLE * answer) | (shared == 1)))
    carried = _carried(losses(parts, answers, grid, rarity), _titles(answers))
    weight = np.outer(_substances(parts), _substances(answers))
    weight[np.ix_(_titles(parts), _titles(answers))] *= 0.1
    strength = np.maximum(strength + _CARRIED * carried, _FAINT) * weight
    carrying = np.where(quotable & (carried >= _CARRIES), strength, 0)
    said = np.where(quotable & (shared >= _SAID) & (carried >= _CARRIES_ALONE), strength, 0)
    # A title says what a record is about, not why it fits: it is quoted for want of a sentence.
    body = np.array([sentence.field != "title" for sentence in answers])
    chosen = _chosen(carrying * body) or _chosen(said * body)[:1] or _chosen(carrying)[:1]
    return tuple(pair(row, column) for row, column in chosen), coverage


def losses(
    need: Sequence[Sentence],
    capability: Sequence[Sentence],
    similarity: Array,
    rarity: Rarity = _equal,
) -> Array:
    """Estimate what the score of a match would lose without each sentence of the capability.

    In closed form, nothing is encoded again. A record's vector is the mean over its tokens, so a
    sentence pulls the dense part by its share of the tokens times what it is nearer to the need
    than the record is; and the words that only this sentence shares with the need go from BM25.

    Returns shape (m,), in units of the score.
    """
    asked = [_tokens(sentence.text) for sentence in need]
    offered = [_tokens(sentence.text) for sentence in capability]
    rows = np.array([max(1, len(tokens)) for tokens in asked], np.float32)
    share = np.array([max(1, len(tokens)) for tokens in offered], np.float32)
    share /= share.sum()
    level = (rows / rows.sum()) @ similarity
    dense = share / np.maximum(1 - share, share) * (level - share @ level)
    total: Array = (dense + _WORDS * _words_lost(asked, offered, rarity)).astype(np.float32)
    return total


def _words_lost(
    asked: Sequence[Sequence[str]], offered: Sequence[Sequence[str]], rarity: Rarity
) -> Array:
    """Return what the cosine of shared words loses without each sentence, shape (m,)."""
    wanted = Counter(token for tokens in asked for token in tokens)
    whole = Counter(token for tokens in offered for token in tokens)
    rare = {token: rarity(token) for token in {*wanted, *whole}}
    query = {token: (1 + np.log(n)) * rare[token] for token, n in wanted.items()}
    length = float(np.linalg.norm([*query.values()]))

    def product(counts: Counter[str]) -> tuple[float, float]:
        weights = [(token, rare[token] * n / (n + _SATURATION)) for token, n in counts.items()]
        return (
            sum(query[token] * weight for token, weight in weights if token in query),
            sum(weight * weight for _, weight in weights),
        )

    def cosine(shared: float, square: float) -> float:
        return shared / max(length * float(np.sqrt(max(square, 0))), _FAINT)

    shared, square = product(whole)
    lost = []
    for tokens in offered:
        own = Counter(tokens)
        # Only the sentence's own tokens change: what they gave goes, what is left of them stays.
        before = product(Counter({token: whole[token] for token in own}))
        after = product(Counter({token: whole[token] - n for token, n in own.items()}))
        rest = cosine(shared - before[0] + after[0], square - before[1] + after[1])
        lost.append(cosine(shared, square) - rest)
    return np.array(lost, np.float32)


def _carried(lost: Array, titles: Sequence[int]) -> Array:
    """Return how far each loss lies above that of the mean sentence, in standard deviations.

    Titles repeat what the sentences say; they are measured, but not measured against.
    """
    bodies = np.delete(lost, titles)
    spread = float(bodies.std()) if len(bodies) > 1 else 0.0
    if spread < _FAINT:
        return np.full(len(lost), _CARRIES, np.float32)  # nothing to tell them apart by
    scores: Array = ((lost - bodies.mean()) / spread).astype(np.float32)
    return scores


def above_level(grid: Array) -> Array:
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


def _figures_only(
    need: Sequence[Sentence], capability: Sequence[Sentence], shared: Array
) -> NDArray[np.bool_]:
    """Tell which pairs share a number or a unit, and neither a word nor the quantity; (n, m).

    Across languages no word can be shared, so only two quantities or kinds of unit that differ
    tell; a bare value has no word, and two long sentences say more than their values: those pairs
    stay.
    """
    found = np.zeros(shared.shape, np.bool_)
    for row, column in np.argwhere(shared > 0).tolist():
        one, other = need[row].text, capability[column].text
        common = set(_tokens(one)) & set(_tokens(other))
        if not all(len(token) < 4 or not token.isalpha() for token in common):
            continue
        if any(token[0] >= "\u3400" for token in common):
            continue
        ours, theirs = _words(one), _words(other)
        mine, others = ({item.code for item in extract(text)} - {""} for text in (one, other))
        known = (mine and others) or _other_kind(one, other)
        if language(one) != language(other) and not known:
            continue
        short = 0 < min(len(ours), len(theirs)) <= _BRIEF
        found[row, column] = short and not ours & theirs and not mine & others
    return found


def _other_kind(one: str, other: str) -> bool:
    """Tell whether both have values and none of the one can be compared with one of the other."""
    ours, theirs = ({item.dimension for item in extract(text)} for text in (one, other))
    return bool(ours and theirs) and not ours & theirs


@lru_cache(maxsize=65536)
def _words(text: str) -> frozenset[str]:
    """Return the tokens of a sentence without its values and their units."""
    rest = list(text)
    for item in extract(text):
        rest[item.start : item.end] = " " * (item.end - item.start)
    return frozenset(token for token in _tokens("".join(rest)) if token.strip("0123456789.-/"))


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
