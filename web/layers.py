"""Records kept encoded, and the matchers over them: what ``web.searcher`` puts together."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from matcher.encode.base import Encoder, Role
from matcher.engine import Matcher
from matcher.index.collection import EncodedRecords
from matcher.records import Offer
from matcher.results import Excluded, Match

#: The least collection that the calibration tells apart from smaller ones.
_FEWEST = 50


@dataclass(frozen=True, eq=False)
class Item:
    """One record of the store as it takes part in matching; a new one for each edit."""

    row_id: int
    version: int
    organisation_id: int | None
    #: The record with its text, sentences and vectors, alone.
    encoded: EncodedRecords

    @property
    def record(self) -> Offer:
        """The record itself."""
        return self.encoded.records[0]

    @property
    def private(self) -> bool:
        """Whether only its own organisation and the office may find it."""
        return self.record.confidentiality == "private"

    def in_force(self, today: date) -> bool:
        """Whether it has not run out."""
        return self.record.valid_until is None or self.record.valid_until >= today


def parts(encoded: EncodedRecords) -> list[EncodedRecords]:
    """Cut encoded records into one piece a record."""
    return [
        replace(
            encoded, records=encoded.records[i : i + 1], texts=encoded.texts[i : i + 1],
            sentences=encoded.sentences[i : i + 1], languages=encoded.languages[i : i + 1],
            vectors=encoded.vectors[i : i + 1].copy(),
            sentence_vectors=encoded.sentence_vectors[i : i + 1],
        )
        for i in range(len(encoded.records))
    ]  # fmt: skip


def joined(role: Role, items: Sequence[Item], dim: int) -> EncodedRecords:
    """Put the pieces together again."""
    pieces = [item.encoded for item in items]
    vectors = [piece.vectors for piece in pieces]
    return EncodedRecords(
        role=role,
        records=tuple(piece.records[0] for piece in pieces),
        texts=tuple(piece.texts[0] for piece in pieces),
        sentences=tuple(piece.sentences[0] for piece in pieces),
        languages=tuple(piece.languages[0] for piece in pieces),
        vectors=np.concatenate(vectors) if vectors else np.zeros((0, dim), np.float32),
        sentence_vectors=tuple(piece.sentence_vectors[0] for piece in pieces),
    )


@dataclass(frozen=True)
class Hit:
    """One record found in a layer, and where it is in the store."""

    item: Item
    match: Match


class Layer:
    """A matcher over some records, ready to be asked from several threads.

    Parameters
    ----------
    items
        The records to find.
    context
        Records that are in the collection only so that scores mean what they mean in the whole
        store: how crowded a place is, what is common. They are never returned.
    size
        How many records the whole store has; a small layer's odds are brought to that size.
    """

    def __init__(
        self, role: Role, items: Sequence[Item], encoder: Encoder, today: date,
        context: Sequence[Item] = (), size: int = 0,
    ) -> None:  # fmt: skip
        every = [*items, *context]
        self.items: Mapping[int, Item] = {item.row_id: item for item in items}
        #: Records are told apart by identity: a code could be the same in an older version.
        self._known = {id(item.record): item for item in items}
        self._extra = len(context)
        # What people paste leaves no vector in the cache.
        asking: Encoder = getattr(encoder, "uncached", encoder)
        encoded = joined(role, every, encoder.dim)
        matcher = Matcher(
            encoded.records, encoded=encoded, encoder=asking, today=today, include_private=True
        )
        present = max(_FEWEST, len(every))
        self._odds = present / max(present, size)
        if every:
            # The first question builds the index; later ones share it.
            matcher.match("预备 warm up", 1)
        self._matchers = {"zh": matcher, "en": copy.copy(matcher)}
        self._matchers["en"].lang = "en"

    def find(
        self, query: Offer | str, top: int, lang: str, skip: Iterable[int] = ()
    ) -> tuple[list[Hit], tuple[Excluded, ...], str]:
        """Return hits with their probabilities, what rules kept out, and why there is none.

        ``skip`` are row ids that are out of date here. The reason is "" where there are hits.
        """
        gone = set(skip)
        found = self._matchers[lang].match(query, top + min(len(gone) + self._extra, 4 * top))
        hits = []
        for match in (*found.matches, *found.below):
            target = match.need if self.role == "need" else match.capability
            item = self._known.get(id(target))
            if item is not None and item.row_id not in gone:
                hits.append(Hit(item, self._resized(match)))
        return hits, found.excluded, found.reason if not hits else ""

    @property
    def role(self) -> Role:
        """What is found here."""
        return self._matchers["zh"].targets.role

    @property
    def matcher(self) -> Matcher:
        """The engine of this layer."""
        return self._matchers["zh"]

    def _resized(self, match: Match) -> Match:
        # Odds fall as the collection grows: see matcher.rank.calibration.
        if match.probability is None or self._odds == 1 or match.probability >= 1:
            return match
        odds = match.probability / (1 - match.probability) * self._odds
        return replace(match, probability=round(odds / (1 + odds), 4))
