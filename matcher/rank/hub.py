"""Hub correction: without it a few records are near to everything, above all across languages.

Vectors are centred by role and language, the principal axes are scaled by variance^-a, and each
target's score is lowered by how crowded its own neighbourhood is.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from matcher.encode.base import Array, Role, normalise
from matcher.errors import EncoderError
from matcher.taxonomy import data_path
from matcher.text.normalise import Language

#: Whether the two sides of a match share their language.
Pair = Literal["within", "across"]
#: What is averaged: whole records, or single sentences.
Unit = Literal["record", "sentence"]
Slot = tuple[Unit, Role, Language]

#: The background means count as much as this many of the user's own records.
PRIOR = 30
_NEIGHBOURS = 10
#: More alike than this is the same thing listed twice: no crowd, and no other record either.
_SAME = 0.95
#: Nearer to the mean than this, a vector cannot be told from it.
_NOISE = 1e-2


@dataclass(frozen=True)
class Background:
    """Means and spread of published texts, shipped beside the encoder that made them.

    ``means`` maps (unit, role, language) to shape (dim,); ``covariance`` has shape (dim, dim)
    and is that of centred capability vectors, pooled over languages.
    """

    fingerprint: str
    means: Mapping[Slot, Array]
    covariance: Array


def pair_of(one: Language, other: Language) -> Pair:
    """Tell whether two languages are the same."""
    return "within" if one == other else "across"


@cache
def load_background(fingerprint: str) -> Background | None:
    """Return the shipped background of an encoder, or None for an encoder without one."""
    path = data_path("model", "background.npz")
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["fingerprint"]) != fingerprint:
                return None
            slots: list[Slot] = [tuple(slot) for slot in json.loads(str(stored["slots"]))]
            means = dict(zip(slots, stored["means"].astype(np.float32), strict=True))
            return Background(fingerprint, means, stored["covariance"].astype(np.float32))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise EncoderError(
            f"背景文件 {path.name} 已损坏。请重新安装 alleymatch。",
            f"The background file {path.name} is damaged: reinstall alleymatch.",
        ) from error


class HubCorrection:
    """Move vectors of both roles and both languages into one space without hubs.

    Parameters
    ----------
    background
        What is known beforehand, or None for an encoder without a background.
    own
        The user's own vectors by (unit, role, language), each of shape (n, dim), as encoded.
    dim
        Size of a vector.
    """

    def __init__(self, background: Background | None, own: Mapping[Slot, Array], dim: int) -> None:
        self._dim = dim
        known = background.means if background else {}
        self._means = {
            slot: _blend(known.get(slot), own.get(slot)) for slot in sorted({*known, *own})
        }
        self._axes, self._variance = _spread(background, self._centred(own), dim)

    def _centred(self, own: Mapping[Slot, Array]) -> Array:
        parts = [
            _centre(vectors, self._means[slot])
            for slot, vectors in sorted(own.items())
            if slot[:2] == ("record", "capability") and len(vectors)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self._dim), np.float32)

    def apply(self, vectors: Array, slot: Slot, flatten: float) -> Array:
        """Correct vectors of one kind, shape (n, dim).

        ``flatten`` is the exponent a in variance^-a; 0 leaves the axes as they are.
        """
        mean = self._means.get(slot)
        centred = _centre(vectors, mean) if mean is not None else vectors
        if not flatten:
            return centred
        return normalise((centred @ self._axes) * self._variance**-flatten)


def _centre(vectors: Array, mean: Array) -> Array:
    moved = vectors - mean
    # A lone record is its own mean: what is left of it is rounding noise, so it stays as it was.
    lost = np.linalg.norm(moved, axis=1, keepdims=True) < _NOISE
    return normalise(np.where(lost, vectors, moved))


def _blend(known: Array | None, own: Array | None) -> Array:
    count = 0 if own is None else len(own)
    total = np.zeros(1, np.float32) if own is None else own.sum(axis=0)
    prior = 0 if known is None else PRIOR
    blended = (total + (0 if known is None else known * prior)) / max(prior + count, 1)
    return np.asarray(blended, np.float32)


def _spread(background: Background | None, own: Array, dim: int) -> tuple[Array, Array]:
    """Return the principal axes, shape (dim, dim), and their variance relative to the mean."""
    # A covariance needs more records than it has axes before it says more than the background.
    known = background.covariance * dim if background else np.eye(dim, dtype=np.float32)
    pooled = (known + own.T @ own) / (dim + len(own))
    variance, axes = np.linalg.eigh(pooled.astype(np.float64))
    variance = np.maximum(variance, variance.mean() * 1e-3)
    return axes.astype(np.float32), (variance / variance.mean()).astype(np.float32)


def crowding(vectors: Array, block: int = 1024) -> Array:
    """Return the mean similarity of each vector to its ten nearest others, shape (n,).

    The correction of CSLS (Conneau et al. 2018, "Word translation without parallel data"), with
    the neighbours taken among the targets. Near-duplicates do not count as a crowd.
    """
    return neighbourhoods(vectors, block)[0]


def neighbourhoods(vectors: Array, block: int = 1024) -> tuple[Array, npt.NDArray[np.int64]]:
    """Return crowding and the place of the first near-duplicate of each vector, both shape (n,).

    A vector without a near-duplicate before it has its own place.
    """
    crowd = np.zeros(len(vectors), np.float32)
    first = np.arange(len(vectors))
    near = min(_NEIGHBOURS, len(vectors) - 1)
    for start in range(0, len(vectors) if near > 0 else 0, block):
        similar = vectors[start : start + block] @ vectors.T
        rows = np.arange(len(similar))
        similar[rows, rows + start] = -1
        same = similar > _SAME
        found = same.argmax(axis=1)
        first[rows + start] = np.where(
            same[rows, found], np.minimum(found, rows + start), rows + start
        )
        similar[same] = -1
        best = -np.partition(-similar, near - 1, axis=1)[:, :near]
        present = best > -1
        sums = np.where(present, best, 0).sum(axis=1)
        crowd[rows + start] = sums / np.maximum(present.sum(axis=1), 1)
    return crowd, first
