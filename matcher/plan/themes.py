"""Themes across needs and capabilities of both languages: what is about one subject falls together.

Vectors are hub-corrected, so that language and role carry no weight; each is then drawn towards
its nearest neighbours of *both* languages (twice), which is what lets Chinese and English records
meet; Ward's tree over the result is cut at several numbers of themes, the number is chosen by how
well records fit their theme, and that cut is settled by k-means. Nothing is drawn by lot: the same
records give the same themes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.cluster import ward_tree

from matcher.encode.base import Array, normalise
from matcher.index.collection import EncodedRecords
from matcher.rank.hub import Background, HubCorrection
from matcher.text.normalise import Language

Labels = npt.NDArray[np.int64]
#: Fewer records than this have no themes: each would be one of its own.
FEWEST = 8
#: Neighbours of each language that a record is drawn to, and how often.
_NEAR, _ROUNDS = 5, 2
#: A theme should bring a table of people together: so many records on average, and no more
#: themes than a district can run alliances.
_LEAST_MEAN, _MOST_THEMES = 10, 60
#: Ward's tree takes memory with the square of this; more records are settled from a sample.
_TREE = 4000
_BLOCK = 1024
#: Rounds of k-means; it has always settled long before.
_MOVES = 100
#: A theme is one if its records are linked at least so many times as often as chance has it.
_DENSER = 3
#: A number that fits nearly as well as the best one is kept from run to run.
_NEARLY = 0.97


@dataclass(frozen=True)
class Themes:
    """Which theme each record belongs to, needs first and then capabilities.

    Parameters
    ----------
    of
        Shape (n,): numbers of themes from 0, the largest theme first.
    centres
        Shape (themes, dim): unit vectors, the mean of the hub-corrected vectors of each.
    vectors
        Shape (n, dim): hub-corrected vectors.
    drawn
        Shape (n, dim): the vectors that were clustered.
    fit
        Number of themes → modularity, for every number that was tried.
    """

    of: Labels
    centres: Array
    vectors: Array
    drawn: Array
    fit: dict[int, float]

    @property
    def count(self) -> int:
        """How many themes there are."""
        return len(self.centres)

    @property
    def closeness(self) -> Array:
        """How near each record is to its theme's centre, a cosine of 0 or more; shape (n,)."""
        if not self.count:
            return np.zeros(len(self.of), np.float32)
        near: Array = np.einsum("ij,ij->i", self.vectors, self.centres[self.of])
        return np.maximum(near, 0)


def find_themes(
    sides: Sequence[EncodedRecords], background: Background | None,
    number: int | None = None, prefer: int | None = None,
) -> Themes:  # fmt: skip
    """Find the themes of the records of both sides.

    Parameters
    ----------
    number
        How many; by default the number whose :func:`modularity` is largest.
    prefer
        The number of an earlier run, kept as long as the data speak nearly as well for it.

    Fewer than ``FEWEST`` records have no themes: ``count`` is 0 and every record has theme -1.
    """
    vectors = common_space(sides, background)
    languages = [lang for side in sides for lang in side.languages]
    return cluster(vectors, languages, number, prefer)


def common_space(sides: Sequence[EncodedRecords], background: Background | None) -> Array:
    """Return the hub-corrected vectors of both sides, one under the other, shape (n, dim)."""
    dim = max(side.vectors.shape[1] for side in sides)
    hub = HubCorrection(background, {k: v for s in sides for k, v in s.own_vectors().items()}, dim)
    parts = []
    for side in sides:
        moved = np.zeros((len(side.records), dim), np.float32)
        for lang in sorted(set(side.languages)):
            rows = side.rows(lang)
            moved[rows] = hub.apply(side.vectors[rows], ("record", side.role, lang), 0)
        parts.append(moved)
    return np.concatenate(parts)


def cluster(
    vectors: Array, languages: Sequence[Language],
    number: int | None = None, prefer: int | None = None,
) -> Themes:  # fmt: skip
    """Find the themes of vectors in one space, shape (n, dim); see :func:`find_themes`."""
    if len(vectors) < FEWEST:
        nothing = np.full(len(vectors), -1, np.int64)
        return Themes(nothing, vectors[:0], vectors, vectors, {})
    links = neighbours(vectors, languages)
    drawn = draw_together(vectors, links)
    sample = drawn[_spread_sample(len(drawn), _TREE)]
    children = ward_tree(sample)[0]
    found = {
        count: _settle(drawn, sample, _cut(children, len(sample), count))
        for count in ([number] if number else _numbers(len(drawn)))
    }
    fit = {count: modularity(links, labels) for count, labels in found.items()}
    labels = found[_best(fit, prefer)]
    order = _by_size(labels)
    labels = order[labels]
    count = int(labels.max()) + 1
    centres = np.stack([vectors[labels == theme].mean(axis=0) for theme in range(count)])
    return Themes(labels, normalise(centres), vectors, drawn, fit)


def neighbours(vectors: Array, languages: Sequence[Language]) -> sparse.csr_matrix:
    """Link each record to its nearest ones of each language, shape (n, n), symmetric.

    Weights are the cosines, kept where positive. Block by block: the n × n similarities are never
    held.
    """
    parts = [
        _nearest(vectors, np.flatnonzero([found == lang for found in languages]))
        for lang in sorted(set(languages))
    ]
    links = parts[0]
    for part in parts[1:]:
        links = links + part
    return links.maximum(links.T)


def draw_together(vectors: Array, links: sparse.csr_matrix) -> Array:
    """Move each vector towards the mean of those it is linked to, shape (n, dim)."""
    links = links + sparse.identity(len(vectors), np.float32, "csr")
    links = sparse.diags(1 / np.asarray(links.sum(axis=1)).ravel()) @ links
    drawn = vectors
    for _ in range(_ROUNDS):
        drawn = links @ drawn
    return normalise(np.asarray(drawn, np.float32))


def _nearest(vectors: Array, rows: npt.NDArray[np.int64]) -> sparse.csr_matrix:
    """Return the links of every vector to its nearest among ``rows``, shape (n, n)."""
    near = min(_NEAR, len(rows))
    targets = vectors[rows].T
    at: list[npt.NDArray[np.int64]] = []
    weights: list[Array] = []
    for start in range(0, len(vectors), _BLOCK):
        similar = vectors[start : start + _BLOCK] @ targets
        own = np.arange(start, start + len(similar))
        similar[own[:, None] == rows[None, :]] = -1
        # Rounded, and sorted with the place as tie-break, so that every machine takes the same.
        best = np.argsort(-similar.round(5), axis=1, kind="stable")[:, :near]
        at.append(rows[best])
        weights.append(np.maximum(np.take_along_axis(similar, best, axis=1), 0))
    froms = np.repeat(np.arange(len(vectors)), near)
    shape = (len(vectors), len(vectors))
    found = (np.concatenate(weights).ravel(), (froms, np.concatenate(at).ravel()))
    return sparse.csr_matrix(found, shape=shape, dtype=np.float32)


def modularity(links: sparse.csr_matrix, labels: Labels) -> float:
    """Return how much more of the links stay inside themes than ``_DENSER`` times chance.

    Modularity with a resolution (Reichardt & Bornholdt 2006, "Statistical mechanics of community
    detection"): at 1, small themes of a large collection would be merged.
    """
    degree = np.asarray(links.sum(axis=1)).ravel()
    pairs = links.tocoo()
    inside = float(pairs.data[labels[pairs.row] == labels[pairs.col]].sum())
    shares = np.bincount(labels, degree) / degree.sum()
    return inside / float(degree.sum()) - _DENSER * float((shares**2).sum())


def _best(fit: Mapping[int, float], prefer: int | None) -> int:
    best = max(fit, key=lambda count: (round(fit[count], 4), -count))
    kept = prefer is not None and fit.get(prefer, 0.0) >= _NEARLY * fit[best]
    return prefer if prefer is not None and kept else best


def _numbers(count: int) -> range:
    most = max(2, min(_MOST_THEMES, count // _LEAST_MEAN))
    return range(max(2, most // 5), most + 1)


def _spread_sample(count: int, most: int) -> npt.NDArray[np.int64]:
    """Return at most so many numbers, evenly spread over the first ``count``."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).round().astype(np.int64))


def _cut(children: npt.NDArray[np.int64], leaves: int, count: int) -> Labels:
    """Return the labels of the ``count`` branches that a tree of merges is cut into."""
    parent = np.arange(leaves + len(children))
    for step in range(leaves - min(count, leaves)):
        parent[children[step]] = leaves + step
    for node in range(len(parent) - 1, -1, -1):
        parent[node] = parent[parent[node]]
    return np.unique(parent[:leaves], return_inverse=True)[1].astype(np.int64)


def _settle(drawn: Array, sample: Array, labels: Labels) -> Labels:
    """Move records to their nearest centre until none moves (k-means from the given cut).

    Written out, because scikit-learn's own changes the threads of OpenBLAS while it runs, which no
    process may do that computes in other threads too.
    """
    centres = np.stack([sample[labels == name].mean(axis=0) for name in np.unique(labels)])
    # Records that say the same have one centre, however often the tree was cut between them.
    centres = centres[np.sort(np.unique(centres.round(4), axis=0, return_index=True)[1])]
    before = np.full(len(drawn), -1, np.int64)
    for _ in range(_MOVES):
        nearness = drawn @ centres.T - 0.5 * (centres**2).sum(axis=1)
        settled = np.unique(nearness.argmax(axis=1), return_inverse=True)[1].astype(np.int64)
        if np.array_equal(settled, before):
            break
        before = settled
        centres = _means(drawn, settled)
    return before


def _means(vectors: Array, labels: Labels) -> Array:
    """Return the mean vector of each label, shape (labels, dim)."""
    sizes = np.bincount(labels)
    shape = (len(sizes), len(labels))
    rows = (np.ones(len(labels), np.float32), (labels, np.arange(len(labels))))
    sums = np.asarray(sparse.csr_matrix(rows, shape=shape) @ vectors)
    return (sums / sizes[:, None]).astype(np.float32)


def _by_size(labels: Labels) -> npt.NDArray[np.int64]:
    """Return the new number of each theme: the largest first, then by its first record."""
    names, firsts, sizes = np.unique(labels, return_index=True, return_counts=True)
    ranked = sorted(names, key=lambda name: (-sizes[name], firsts[name]))
    order = np.zeros(len(names), np.int64)
    order[ranked] = np.arange(len(names))
    return order
