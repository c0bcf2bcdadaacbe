"""The searchable side of a match: records of one role, encoded and indexed by language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from matcher.encode.base import Array, Encoder, Progress, Role, Text
from matcher.index.base import Ids
from matcher.index.dense import FaissIndex
from matcher.index.lexical import LexicalIndex
from matcher.rank.hub import HubCorrection, Pair, Slot, neighbourhoods
from matcher.records import Offer
from matcher.text.normalise import Language, language, simplify
from matcher.text.sentences import Sentence, record_text

PAIRS: tuple[Pair, ...] = ("within", "across")


@dataclass(frozen=True)
class EncodedRecords:
    """Records of one role with their texts, languages and raw vectors, all in the same order."""

    role: Role
    records: tuple[Offer, ...]
    texts: tuple[str, ...]
    sentences: tuple[tuple[Sentence, ...], ...]
    languages: tuple[Language, ...]
    #: Shape (n, dim), as encoded.
    vectors: Array
    #: For each record shape (its sentences, dim), as encoded.
    sentence_vectors: tuple[Array, ...]

    def rows(self, lang: Language) -> list[int]:
        """Return the numbers of the records in one language."""
        return [i for i, found in enumerate(self.languages) if found == lang]

    def subset(self, keep: Sequence[bool]) -> EncodedRecords:
        """Return the records that are marked, in their order."""
        rows = [i for i, kept in enumerate(keep) if kept]
        return replace(
            self,
            records=tuple(self.records[i] for i in rows),
            texts=tuple(self.texts[i] for i in rows),
            sentences=tuple(self.sentences[i] for i in rows),
            languages=tuple(self.languages[i] for i in rows),
            vectors=self.vectors[rows],
            sentence_vectors=tuple(self.sentence_vectors[i] for i in rows),
        )

    def public(self) -> EncodedRecords:
        """Return the records that are not private; with none of those, itself."""
        keep = [record.confidentiality != "private" for record in self.records]
        return self if all(keep) else self.subset(keep)

    def own_vectors(self) -> dict[Slot, Array]:
        """Group the vectors for :class:`matcher.rank.hub.HubCorrection`."""
        grouped: dict[Slot, Array] = {}
        for lang in sorted(set(self.languages)):
            rows = self.rows(lang)
            grouped["record", self.role, lang] = self.vectors[rows]
            parts = [self.sentence_vectors[i] for i in rows if len(self.sentence_vectors[i])]
            if parts:
                grouped["sentence", self.role, lang] = np.concatenate(parts)
        return grouped


def encode_records(
    role: Role, records: Sequence[Offer], encoder: Encoder, progress: Progress | None = None
) -> EncodedRecords:
    """Cut records into sentences and encode them."""
    cut = [record_text(record) for record in records]
    texts = [
        Text(simplify(text), tuple((s.at, s.at + len(s.text)) for s in sentences))
        for text, sentences in cut
    ]
    encoded = encoder.encode(role, texts, progress)
    vectors = (
        np.stack([item.vector for item in encoded])
        if encoded else np.zeros((0, encoder.dim), np.float32)
    )  # fmt: skip
    return EncodedRecords(
        role,
        tuple(records),
        tuple(text for text, _ in cut),
        tuple(sentences for _, sentences in cut),
        tuple(language(text) for text, _ in cut),
        vectors,
        tuple(item.sentences for item in encoded),
    )


class Shelf:
    """The targets in one language: dense and lexical indexes, each exact."""

    def __init__(
        self, targets: EncodedRecords, lang: Language, hub: HubCorrection,
        flatten: Mapping[Pair, float],
    ) -> None:  # fmt: skip
        self.language = lang
        self.rows: Ids = np.array(targets.rows(lang), np.int64)
        self.lexical = LexicalIndex([targets.texts[row] for row in self.rows])
        slot: Slot = ("record", targets.role, lang)
        raw = targets.vectors[self.rows]
        self.vectors = {p: hub.apply(raw, slot, flatten[p]) for p in PAIRS}
        around = {p: neighbourhoods(self.vectors[p]) for p in PAIRS}
        self.crowding = {p: crowd for p, (crowd, _) in around.items()}
        alike: dict[int, list[int]] = {}
        for place, first in enumerate(around["within"][1].tolist()):
            alike.setdefault(first, []).append(place)
        self._alike = {place: group for group in alike.values() if group[1:] for place in group}

    @cached_property
    def dense(self) -> Mapping[Pair, FaissIndex]:
        """One FAISS index a pair of languages, under the targets' row numbers."""
        indexes = {}
        for pair, vectors in self.vectors.items():
            indexes[pair] = FaissIndex(vectors.shape[1])
            indexes[pair].add(self.rows.tolist(), vectors)
        return indexes

    def twins(self, place: int) -> list[int]:
        """Return the places of the records that say the same as one, without it."""
        return [other for other in self._alike.get(place, ()) if other != place]

    def places(self, rows: Ids | Sequence[int]) -> Ids:
        """Turn row numbers of the collection into places on this shelf; others are left out."""
        wanted = np.asarray(rows, np.int64)
        places = np.searchsorted(self.rows, wanted)
        inside = places < len(self.rows)
        inside[inside] = self.rows[places[inside]] == wanted[inside]
        found: Ids = places[inside]
        return found
