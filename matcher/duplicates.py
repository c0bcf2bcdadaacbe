"""Near duplicates: two records of one file that describe the same thing in other words.

Two signs must agree: the vectors, centred by language, and the shared words. Vectors alone name
two funds or two gas sensors the same; words alone miss a record that was written anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from matcher.encode.base import Array, Role, normalise
from matcher.index.collection import EncodedRecords
from matcher.rank.hub import PRIOR, Background
from matcher.results import Duplicate
from matcher.text.normalise import Language
from matcher.text.tokens import tokenise

#: Measured on data/sample: the eight true pairs have at least 0.72 and 0.34, all others of
#: 26,000 at most 0.66 and, where the first sign holds, 0.29.
SIMILAR, SHARED = 0.70, 0.30
#: So many neighbours of a record are looked at; a thousand copies need not be listed pairwise.
_NEIGHBOURS = 10
_BLOCK = 512


def near_duplicates(
    encoded: EncodedRecords,
    background: Background | None,
    exact: Sequence[Duplicate] = (),
) -> tuple[Duplicate, ...]:
    """Return the exact duplicates with the near ones added, in the order of the records.

    Parameters
    ----------
    encoded
        The records of one file.
    background
        Published means of the encoder, or None; they steady the centre of a small file.
    exact
        What the reader of the file has found already.

    ``similarity`` of a near pair is the cosine of the centred vectors, below 1. Pairs across
    languages are not looked for. Memory grows with the number of records, not with its square.
    """
    same = {pair.second_id: pair.first_id for pair in exact}
    found = {
        (first, second): value
        for lang in sorted(set(encoded.languages))
        for first, second, value in _pairs(encoded, lang, background)
    }
    words: dict[int, frozenset[str]] = {}
    near: list[Duplicate] = []
    for (first, second), value in sorted(found.items()):
        ids = encoded.records[first].id, encoded.records[second].id
        if same.get(ids[0], ids[0]) == same.get(ids[1], ids[1]):
            continue
        for number in (first, second):
            if number not in words:
                words[number] = frozenset(tokenise(encoded.texts[number]))
        if dice(words[first], words[second]) >= SHARED:
            near.append(Duplicate(*ids, min(round(value, 3), 0.999), encoded.role))
    place = {record.id: number for number, record in enumerate(encoded.records)}
    known = (replace(pair, role=encoded.role) for pair in exact)
    return tuple(sorted((*known, *near), key=lambda d: (place[d.first_id], place[d.second_id])))


def _pairs(
    encoded: EncodedRecords, lang: Language, background: Background | None
) -> Iterator[tuple[int, int, float]]:
    rows = np.array(encoded.rows(lang))
    vectors = _centred(encoded.vectors[rows], encoded.role, lang, background)
    near = min(_NEIGHBOURS, len(rows) - 1)
    for start in range(0, len(rows), _BLOCK):
        similar = vectors[start : start + _BLOCK] @ vectors.T
        at = np.arange(len(similar))
        similar[at, at + start] = -1
        for i in np.flatnonzero(similar.max(axis=1) >= SIMILAR):
            best = np.argpartition(-similar[i], near - 1)[:near]
            for j in best[similar[i, best] >= SIMILAR]:
                first, second = sorted((int(rows[start + i]), int(rows[j])))
                yield first, second, float(similar[i, j])


def _centred(
    vectors: Array, role: Role, lang: Language, background: Background | None
) -> Array:  # fmt: skip
    known = background.means.get(("record", role, lang)) if background else None
    prior = 0 if known is None else PRIOR * known
    return normalise(vectors - (vectors.sum(axis=0) + prior) / (len(vectors) + PRIOR))


def dice(one: frozenset[str], other: frozenset[str]) -> float:
    """Return Dice's coefficient of two sets of words."""
    return 2 * len(one & other) / max(len(one) + len(other), 1)
