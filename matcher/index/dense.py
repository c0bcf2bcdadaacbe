"""Exact inner-product search with FAISS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from matcher.errors import IndexFormatError
from matcher.index.base import Array, Ids


class FaissIndex:
    """A flat FAISS index; exact, and fast enough for hundreds of thousands of records."""

    def __init__(self, dim: int) -> None:
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dim))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: Sequence[int], vectors: Array) -> None:
        """Add vectors; see :class:`matcher.index.base.VectorIndex`."""
        if len(ids) != len(set(ids)) or vectors.shape != (len(ids), self._index.d):
            raise ValueError(f"{len(ids)} distinct ids do not fit vectors {vectors.shape}")
        if not len(ids):
            return
        self.remove(ids)
        self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), _ids(ids))

    def remove(self, ids: Sequence[int]) -> None:
        """Remove ids; unknown ones are passed over."""
        if len(ids):
            self._index.remove_ids(_ids(ids))

    def search(
        self, queries: Array, top: int, allowed: Sequence[int] | None = None
    ) -> tuple[Ids, Array]:
        """Search; see :class:`matcher.index.base.VectorIndex`."""
        most = len(self) if allowed is None else len(allowed)
        top = min(top, most)
        if not top or not len(queries):
            empty = (len(queries), 0)
            return np.zeros(empty, np.int64), np.zeros(empty, np.float32)
        chosen = None
        if allowed is not None:
            # The selector only borrows the array: keep it alive until the search is done.
            kept = _ids(allowed)
            selector = faiss.IDSelectorBatch(len(kept), faiss.swig_ptr(kept))
            chosen = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        queries = np.ascontiguousarray(queries, np.float32)
        # FAISS keeps any of those that tie for the last place: look on until the tie ends.
        wide = top
        while True:
            wide = min(wide + 1, most)
            scores, ids = self._index.search(queries, wide, params=chosen)
            if wide == most or (scores[:, -1] < scores[:, top - 1]).all():
                break
            wide *= 2
        filled = int((ids >= 0).sum(axis=1).min())
        ids, scores = ids[:, :filled], scores[:, :filled]
        order = np.lexsort((ids, -scores), axis=1)[:, :top]
        return np.take_along_axis(ids, order, 1), np.take_along_axis(scores, order, 1)

    def save(self, path: Path) -> None:
        """Write the index to one file."""
        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> FaissIndex:
        """Read an index; raises IndexFormatError for a file that is not a whole one."""
        try:
            index: Any = faiss.read_index(str(path))
            loaded = cls(index.d)
            if type(index) is not type(loaded._index):
                raise TypeError(type(index).__name__)
        except (RuntimeError, AttributeError, TypeError) as error:
            raise IndexFormatError(
                f"索引文件 {path.name} 不完整。请运行 matcher index build 重新建立。",
                f"The index file {path.name} is not whole: "
                "build it again with matcher index build.",
            ) from error
        loaded._index = index
        return loaded


def _ids(ids: Sequence[int]) -> Ids:
    return np.ascontiguousarray(ids, np.int64)
