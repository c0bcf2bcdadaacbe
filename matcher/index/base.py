"""The VectorIndex protocol: nearest vectors by inner product, with a filter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]


class VectorIndex(Protocol):
    """Vectors of one space under whole-number ids."""

    def __len__(self) -> int: ...

    def add(self, ids: Sequence[int], vectors: Array) -> None:
        """Add vectors, shape (n, dim); an id that is there already gets the new vector."""
        ...

    def remove(self, ids: Sequence[int]) -> None:
        """Remove ids; unknown ones are passed over."""
        ...

    def search(
        self, queries: Array, top: int, allowed: Sequence[int] | None = None
    ) -> tuple[Ids, Array]:
        """Return the ids and inner products of the best ``top`` of the allowed vectors.

        Both have shape (queries, m) with m ≤ top, best first, ties by id.
        """
        ...

    def save(self, path: Path) -> None:
        """Write the index to one file."""
        ...
