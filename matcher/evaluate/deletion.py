"""The deletion test: without its quoted sentence a record must lose more than without another.

A quote is a true reason only if the match leans on it. For each quoted pair of the best matches
the quoted sentence of the capability is taken out of the record; the rest is encoded and scored
anew, with every part of the engine's score, and so it is without another sentence of about the
same length, drawn by a seeded generator. The quote passes when its loss is the greater.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matcher.encode.base import Array, Encoder
from matcher.engine import Matcher
from matcher.evaluate.sets import JudgedSet
from matcher.index.collection import EncodedRecords, Shelf, encode_records
from matcher.index.lexical import K1, UNKNOWN, B
from matcher.pipeline import Stage, silent
from matcher.rank.evidence import SHORTEST, sentence_score
from matcher.rank.hub import Slot, crowding, load_background, pair_of
from matcher.rank.ranker import Ranker
from matcher.rank.weights import Weights
from matcher.records import Capability
from matcher.results import Match, Span
from matcher.text.tokens import tokenise

#: So many needs of a set, drawn by the seed, and so many matches of each.
NEEDS, TOP = 120, 3
#: The other sentence is drawn among so many that come nearest to the quoted one in length.
_ALIKE = 3


@dataclass(frozen=True)
class Deletion:
    """One quoted sentence taken out, against another sentence taken out; falls of the score."""

    need: str
    capability: str
    gold: bool
    quoted: Span
    other: Span
    fall: float
    other_fall: float

    @property
    def passed(self) -> bool:
        """Whether the match leans on the quote more than on the other sentence."""
        return self.fall > self.other_fall


@dataclass(frozen=True)
class DeletionResult:
    """The deletion test on one set."""

    name: str
    needs: int
    deletions: tuple[Deletion, ...]
    #: Quotes left out because their record has no other sentence.
    single: int
    #: Matches without any quote.
    unquoted: int

    def share(self, gold: bool | None = None) -> float | None:
        """Return the share that passes: of all quotes, of relevant partners' or of the rest."""
        passed = [d.passed for d in self.deletions if gold is None or d.gold == gold]
        return sum(passed) / len(passed) if passed else None

    def count(self, gold: bool | None = None) -> int:
        """Return how many quotes were tested."""
        return sum(gold is None or d.gold == gold for d in self.deletions)

    def figures(self) -> dict[str, object]:
        """Return the result for one JSON object; a share of nothing is null."""
        parts = {"all": None, "relevant": True, "others": False}
        return {
            "needs": self.needs,
            **{
                name: {"quotes": self.count(gold), "passed": self.share(gold)}
                for name, gold in parts.items()
            },
            "one_sentence": self.single,
            "matches_without_quote": self.unquoted,
        }

    def row(self) -> tuple[str, ...]:
        """Return the result as a row of a table."""
        cells = [self.name, str(self.needs)]
        for gold in (None, True, False):
            share = self.share(gold)
            cells += [str(self.count(gold)), "—" if share is None else f"{share:.3f}"]
        return (*cells, str(self.single), str(self.unquoted))


def deletion_test(
    one: JudgedSet, encoder: Encoder, weights: Weights, *, needs: int = NEEDS, top: int = TOP,
    seed: int = 0, stage: Stage = silent,
) -> DeletionResult:  # fmt: skip
    """Test the quotes of the ``top`` best matches of ``needs`` needs drawn from a set.

    ``stage`` shows the progress of encoding the shortened records.
    """
    generator = np.random.default_rng(seed)
    drawn = np.sort(generator.permutation(len(one.needs))[:needs])
    asked = [one.needs[number] for number in drawn]
    with stage("encode", len(one.capabilities)) as count:
        targets = encode_records("capability", one.capabilities, encoder, count)
    with stage("encode", len(asked)) as count:
        queries = encode_records("need", asked, encoder, count)
    matcher = Matcher(one.capabilities, encoder=encoder, weights=weights, encoded=targets)
    row = {record.id: number for number, record in enumerate(targets.records)}
    cases: list[tuple[int, Match, Span, Span]] = []
    single = unquoted = 0
    for number, found in enumerate(matcher.match_all(asked, top)):
        for match in found.matches:
            unquoted += not match.evidence
            for evidence in match.evidence:
                other = _other(targets, row[match.capability.id], evidence.capability, generator)
                if other is None:
                    single += 1
                else:
                    cases.append((number, match, evidence.capability, other))
    spans = [(match.capability, span) for _, match, *both in cases for span in both]
    with stage("encode", len(spans)) as count:
        shortened = encode_records("capability", [without(*s) for s in spans], encoder, count)
    scorer = Rescorer(Ranker(targets, queries, load_background(encoder.fingerprint), weights))
    deletions = []
    for place, (number, match, quoted, other) in enumerate(cases):
        at = row[match.capability.id]
        whole = scorer.score(queries, number, targets, at, at)
        falls = [
            whole - scorer.score(queries, number, shortened, 2 * place + k, at) for k in (0, 1)
        ]
        gold = one.qrels[match.need.id].get(match.capability.id, 0) > 0
        deletions.append(Deletion(match.need.id, match.capability.id, gold, quoted, other, *falls))
    return DeletionResult(one.name, len(asked), tuple(deletions), single, unquoted)


def without(record: Capability, span: Span) -> Capability:
    """Return the record with a piece of its text taken out."""
    text: str = getattr(record, span.field)
    rest = f"{text[: span.start].rstrip()} {text[span.end :].lstrip()}".strip()
    return record.model_copy(update={span.field: rest})


def _other(
    targets: EncodedRecords, row: int, quoted: Span, generator: np.random.Generator
) -> Span | None:
    """Draw another sentence of the record, of about the quoted one's length."""
    rest = [
        Span(sentence.field, sentence.start, sentence.end, sentence.text)
        for sentence in targets.sentences[row]
        if len(sentence.text) >= SHORTEST
        and (sentence.field != quoted.field or sentence.end <= quoted.start
             or quoted.end <= sentence.start)
    ]  # fmt: skip
    length = len(quoted.text)
    rest.sort(key=lambda span: abs(np.log(len(span.text) / length)))
    return rest[int(generator.integers(min(_ALIKE, len(rest))))] if rest else None


class Rescorer:
    """Score a changed record as if it stood in the collection in place of the whole one."""

    def __init__(self, ranker: Ranker) -> None:
        self._ranker = ranker
        self._shelves = {shelf.language: shelf for shelf in ranker.shelves}
        self._words = {
            shelf.language: _Words([ranker.targets.texts[row] for row in shelf.rows])
            for shelf in ranker.shelves
        }

    def score(
        self, queries: EncodedRecords, number: int, changed: EncodedRecords, place: int, row: int
    ) -> float:
        """Return the score of ``changed.records[place]`` standing for target ``row``."""
        ranker, hub = self._ranker, self._ranker.hub
        asked, found = queries.languages[number], ranker.targets.languages[row]
        pair = pair_of(asked, found)
        figures, shelf = ranker.weights.pairs[pair], self._shelves[found]
        ours: Slot = ("record", queries.role, asked)
        theirs: Slot = ("record", changed.role, found)
        query = hub.apply(queries.vectors[number : number + 1], ours, figures.flatten)[0]
        vector = hub.apply(changed.vectors[place : place + 1], theirs, figures.flatten)[0]
        damping = ranker.dampings.get(asked, {})
        words = self._words[found]
        bm25 = words.similarity(queries.texts[number], changed.texts[place], damping)
        answered = 0.0
        if figures.evidence:
            need = hub.apply(
                queries.sentence_vectors[number], ("sentence", queries.role, asked),
                figures.flatten,
            )  # fmt: skip
            offer = hub.apply(
                changed.sentence_vectors[place], ("sentence", changed.role, found),
                figures.flatten,
            )  # fmt: skip
            answered = max(0.0, sentence_score(need, offer))
        return (
            float(vector @ query)
            + figures.bm25 * bm25
            + figures.evidence * answered
            - figures.crowding * _crowd(shelf, shelf.vectors[pair], vector, row)
            + figures.shift
        )


def _crowd(shelf: Shelf, vectors: Array, vector: Array, row: int) -> float:
    others = np.delete(vectors, shelf.places([row])[0], axis=0)
    # Only its nearest count, and of those only near-duplicates do not: a hundred are plenty.
    nearest = np.argsort(-(others @ vector), kind="stable")[:100]
    return float(crowding(np.vstack([vector, others[nearest]]))[0])


class _Words:
    """BM25 as a cosine for a text that is not in the index, by the index's own statistics."""

    def __init__(self, texts: Sequence[str]) -> None:
        tokens = [tokenise(text) for text in texts]
        self._mean = sum(map(len, tokens)) / max(len(tokens), 1)
        found = Counter(token for text in tokens for token in set(text))
        self._idf: Mapping[str, float] = {
            token: float(np.log(1 + (len(texts) - n + 0.5) / (n + 0.5)))
            for token, n in found.items()
        }
        self._rarest = float(np.log(1 + (len(texts) + 0.5) / 0.5))

    def similarity(self, query: str, text: str, damping: Mapping[str, float]) -> float:
        """Return what :meth:`matcher.index.lexical.LexicalIndex.similarity` would for the text."""
        wanted = {
            token: (1 + np.log(n)) * damping.get(token, 1.0) * self._idf.get(token, self._rarest)
            for token, n in Counter(tokenise(query)).items()
        }
        known = [weight for token, weight in wanted.items() if token in self._idf]
        unknown = [weight for token, weight in wanted.items() if token not in self._idf]
        asked = np.hypot(np.linalg.norm(known), np.sqrt(UNKNOWN) * np.linalg.norm(unknown))
        tokens = [token for token in tokenise(text) if token in self._idf]
        level = K1 * (1 - B + B * len(tokens) / max(self._mean, 1))
        offered = {t: self._idf[t] * n / (n + level) for t, n in Counter(tokens).items()}
        lengths = float(asked * np.linalg.norm([*offered.values()]))
        shared = sum(wanted[token] * weight for token, weight in offered.items() if token in wanted)
        return float(shared / lengths) if lengths else 0.0
