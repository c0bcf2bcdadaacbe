"""What every vector index must do; the answers are known by construction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matcher.errors import IndexFormatError
from matcher.index.base import Array
from matcher.index.dense import FaissIndex

DIM = 8


def unit(*places: int) -> Array:
    """Return one unit vector along each of the axes named."""
    return np.eye(DIM, dtype=np.float32)[list(places)]


@pytest.mark.parametrize("kind", [FaissIndex])
class TestVectorIndex:
    """The contract, run over every index there is."""

    def filled(self, kind: Any) -> Any:
        """Return an index where id 10 * n lies at the angle n * 10° from the first axis."""
        angles = np.radians(np.arange(10) * 10)
        vectors = np.zeros((10, DIM), np.float32)
        vectors[:, 0], vectors[:, 1] = np.cos(angles), np.sin(angles)
        index = kind(DIM)
        index.add([10 * n for n in range(10)], vectors)
        return index

    def test_the_nearest_come_first_with_their_inner_product(self, kind: Any) -> None:
        ids, scores = self.filled(kind).search(unit(0), 3)
        assert ids.tolist() == [[0, 10, 20]]
        assert np.allclose(scores, [np.cos(np.radians([0, 10, 20]))], atol=1e-6)
        assert (ids.dtype, scores.dtype) == (np.int64, np.float32)

    def test_several_queries_are_answered_by_row(self, kind: Any) -> None:
        ids, _ = self.filled(kind).search(unit(0, 1, 0), 2)
        assert ids.tolist() == [[0, 10], [90, 80], [0, 10]]

    @pytest.mark.parametrize("queries", [1, 40])
    def test_the_order_of_adding_does_not_matter(self, kind: Any, queries: int) -> None:
        rng = np.random.default_rng(3)
        vectors = rng.normal(size=(200, DIM)).astype(np.float32)
        asked = rng.normal(size=(queries, DIM)).astype(np.float32)
        mixed = rng.permutation(200)
        one, other = kind(DIM), kind(DIM)
        one.add(range(200), vectors)
        other.add(mixed.tolist(), vectors[mixed])
        expected = np.argsort(-(asked @ vectors.T), axis=1)[:, :20]
        for index in (one, other):
            assert index.search(asked, 20)[0].tolist() == expected.tolist()

    def test_only_allowed_ids_are_found(self, kind: Any) -> None:
        index = self.filled(kind)
        assert index.search(unit(0), 3, [90, 20, 50, 7])[0].tolist() == [[20, 50, 90]]
        assert index.search(unit(0), 2, [30])[0].tolist() == [[30]]
        assert index.search(unit(0), 3, [])[0].shape == (1, 0)
        assert index.search(unit(0, 1), 3, [777])[0].shape == (2, 0)

    def test_asking_for_more_than_there_is_gives_all(self, kind: Any) -> None:
        ids, scores = self.filled(kind).search(unit(0), 99)
        assert ids.shape == scores.shape == (1, 10)
        assert self.filled(kind).search(unit(0), 0)[0].shape == (1, 0)
        assert self.filled(kind).search(unit(), 5)[0].shape == (0, 0)

    def test_an_empty_index_finds_nothing(self, kind: Any) -> None:
        index = kind(DIM)
        assert len(index) == 0
        assert index.search(unit(0), 5)[0].shape == (1, 0)
        index.add([], unit())
        index.remove([])
        index.remove([3])
        assert len(index) == 0

    def test_ties_are_broken_by_id(self, kind: Any) -> None:
        index = kind(DIM)
        index.add([5, 3, 9, 1, 7], np.concatenate([unit(0)] * 5))
        assert index.search(unit(0), 5)[0].tolist() == [[1, 3, 5, 7, 9]]
        assert index.search(unit(0), 5, [9, 7, 3])[0].tolist() == [[3, 7, 9]]

    @pytest.mark.parametrize("allowed", [None, list(range(600))])
    def test_of_many_that_tie_the_lowest_ids_are_kept(
        self, kind: Any, allowed: list[int] | None
    ) -> None:
        index = kind(DIM)
        backwards = list(range(599, -1, -1))
        index.add(backwards, np.repeat(unit(0), 600, axis=0))
        for top in (2, 50, 200):
            assert index.search(unit(0), top, allowed)[0].tolist() == [list(range(top))]

    def test_removed_ids_are_gone_and_may_come_back(self, kind: Any) -> None:
        index = self.filled(kind)
        index.remove([0, 20, 12345])
        assert len(index) == 8
        assert index.search(unit(0), 2)[0].tolist() == [[10, 30]]
        index.add([20], unit(0))
        assert index.search(unit(0), 2)[0].tolist() == [[20, 10]]

    def test_adding_an_id_again_replaces_its_vector(self, kind: Any) -> None:
        index = self.filled(kind)
        index.add([0, 100], unit(5, 0))
        assert len(index) == 11
        assert index.search(unit(0), 2)[0].tolist() == [[100, 10]]
        assert index.search(unit(5), 1)[0].tolist() == [[0]]

    def test_what_does_not_fit_together_is_refused(self, kind: Any) -> None:
        index = self.filled(kind)
        for ids, vectors in (([1], unit(0, 1)), ([1, 1], unit(0, 1)), ([1], unit(0)[:, :3])):
            with pytest.raises(ValueError, match="do not fit"):
                index.add(ids, vectors)
        assert len(index) == 10

    def test_a_saved_index_answers_as_before_and_can_be_changed(
        self, kind: Any, tmp_path: Path
    ) -> None:
        index = self.filled(kind)
        index.save(tmp_path / "索引.faiss")
        loaded = kind.load(tmp_path / "索引.faiss")
        assert len(loaded) == 10
        for found, expected in zip(
            loaded.search(unit(0, 1), 4), index.search(unit(0, 1), 4), strict=True
        ):
            assert np.array_equal(found, expected)
        loaded.remove([0])
        loaded.add([7], unit(0))
        assert loaded.search(unit(0), 2)[0].tolist() == [[7, 10]]

    def test_an_empty_index_can_be_saved(self, kind: Any, tmp_path: Path) -> None:
        kind(DIM).save(tmp_path / "empty")
        loaded = kind.load(tmp_path / "empty")
        assert len(loaded) == 0
        loaded.add([4], unit(2))
        assert loaded.search(unit(2), 1)[0].tolist() == [[4]]

    @pytest.mark.parametrize("keep", [0.0, 0.01, 0.3, 0.7, 0.99])
    def test_a_cut_file_is_refused_with_the_remedy(
        self, kind: Any, keep: float, tmp_path: Path
    ) -> None:
        path = tmp_path / "index.faiss"
        self.filled(kind).save(path)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * keep)])
        self.refused(kind, path)

    def test_another_file_is_refused(self, kind: Any, tmp_path: Path) -> None:
        path = tmp_path / "index.faiss"
        path.write_text("需求编号,需求名称\nN001,高温传感器\n" * 50, encoding="utf-8")
        self.refused(kind, path)
        self.refused(kind, tmp_path / "absent.faiss")

    def refused(self, kind: Any, path: Path) -> None:
        with pytest.raises(IndexFormatError) as error:
            kind.load(path)
        assert path.name in error.value.zh
        assert "matcher index build" in error.value.en


def test_a_faiss_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    import faiss

    path = tmp_path / "flat.faiss"
    faiss.write_index(faiss.IndexFlatL2(DIM), str(path))
    with pytest.raises(IndexFormatError):
        FaissIndex.load(path)
