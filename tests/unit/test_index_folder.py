"""A saved index is whole, or it is refused with the remedy."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from matcher.encode import open_encoder
from matcher.engine import Matcher
from matcher.errors import IndexFormatError
from matcher.index import folder as index_folder
from matcher.index.collection import EncodedRecords, encode_records
from matcher.index.folder import load_index, read_manifest, save_index
from matcher.ingest import read_capabilities
from matcher.records import Capability

pytestmark = pytest.mark.usefixtures("prepared")
FILES = sorted(["records.jsonl", "vectors.npy", "sentences.npy", "counts.npy", "dense.faiss",
                "manifest.json"])  # fmt: skip


@pytest.fixture(scope="module")
def targets(capabilities_file: Path, prepared: Path) -> EncodedRecords:
    records = read_capabilities(capabilities_file).records
    return encode_records("capability", records, open_encoder())


@pytest.fixture(scope="module")
def saved(targets: EncodedRecords, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "索引"
    save_index(targets, "encoder-1", "revision-1", folder)
    return folder


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def test_what_was_saved_comes_back(targets: EncodedRecords, saved: Path) -> None:
    loaded, manifest = load_index(saved, "encoder-1")
    assert loaded.records == targets.records
    assert loaded.sentences == targets.sentences
    assert loaded.languages == targets.languages
    assert np.array_equal(loaded.vectors, targets.vectors)
    assert loaded.vectors.dtype == np.float32
    for one, other in zip(loaded.sentence_vectors, targets.sentence_vectors, strict=True):
        assert np.array_equal(one, other)
    assert (manifest["rows"], manifest["role"]) == (10, "capability")
    assert manifest["data_revision"] == "revision-1"
    assert sorted(path.name for path in saved.iterdir()) == FILES


def test_an_index_ranks_like_its_records(targets: EncodedRecords, saved: Path) -> None:
    loaded, _ = load_index(saved, "encoder-1")
    text = "Conductive paste for low-temperature die attach"
    one = Matcher(targets.records, encoded=targets).match(text, 5)
    other = Matcher(loaded.records, encoded=loaded).match(text, 5)
    assert one == other
    assert one.matches or one.below


def test_the_same_index_has_the_same_bytes(
    targets: EncodedRecords, saved: Path, tmp_path: Path
) -> None:
    save_index(targets, "encoder-1", "revision-1", tmp_path / "again")
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (saved / name).read_bytes(), name


def test_no_pickle(saved: Path) -> None:
    for name in ("vectors.npy", "sentences.npy", "counts.npy"):
        assert np.load(saved / name, allow_pickle=False).ndim in (1, 2)


def test_another_encoder_is_refused(saved: Path) -> None:
    with pytest.raises(IndexFormatError, match="another encoder") as refused:
        load_index(saved, "encoder-2")
    assert "matcher index build" in refused.value.zh
    assert "encoder-1" in refused.value.zh


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("harm", ["missing", "cut", "changed", "emptied"])
def test_a_missing_or_damaged_file_is_refused(copy: Path, name: str, harm: str) -> None:
    path = copy / name
    raw = path.read_bytes()
    if harm == "missing":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(raw[: len(raw) // 2])
    elif harm == "emptied":
        path.write_bytes(b"")
    else:
        path.write_bytes(raw[:-3] + bytes(255 - byte for byte in raw[-3:]))
    with pytest.raises(IndexFormatError) as refused:
        load_index(copy, "encoder-1")
    assert "matcher index build" in refused.value.zh


@pytest.mark.parametrize(
    "change",
    [
        {"format": 99}, {"format": None}, {"rows": 9}, {"dim": 385}, {"files": {}},
        {"role": "need"}, {"role": "?"}, {"rows": "10"},
    ],
)  # fmt: skip
def test_a_manifest_that_does_not_fit_is_refused(copy: Path, change: dict[str, object]) -> None:
    manifest = json.loads((copy / "manifest.json").read_text("utf-8"))
    (copy / "manifest.json").write_text(json.dumps(manifest | change), encoding="utf-8")
    with pytest.raises(IndexFormatError, match="build it again"):
        load_index(copy, "encoder-1")


@pytest.mark.parametrize("text", ["", "[]", "null", '{"format": 1}'])
def test_a_manifest_that_is_none_is_refused(copy: Path, text: str) -> None:
    (copy / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(IndexFormatError):
        read_manifest(copy)


def test_sentences_that_are_cut_otherwise_now_are_refused(copy: Path) -> None:
    counts = np.load(copy / "counts.npy")
    counts[0], counts[1] = counts[0] + 1, counts[1] - 1
    np.save(copy / "counts.npy", counts)
    manifest = json.loads((copy / "manifest.json").read_text("utf-8"))
    manifest["files"]["counts.npy"] = index_folder._digest((copy / "counts.npy").read_bytes())
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(IndexFormatError, match="build it again"):
        load_index(copy, "encoder-1")


def test_saving_replaces_an_earlier_index_and_nothing_else(
    targets: EncodedRecords, copy: Path
) -> None:
    (copy / "笔记.txt").write_text("mine", encoding="utf-8")
    few = encode_records("capability", targets.records[:3], open_encoder())
    save_index(few, "encoder-1", "revision-2", copy)
    loaded, manifest = load_index(copy, "encoder-1")
    assert (len(loaded.records), manifest["data_revision"]) == (3, "revision-2")
    assert (copy / "笔记.txt").read_text("utf-8") == "mine"


def test_a_folder_that_cannot_be_written_is_said_so(
    targets: EncodedRecords, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(IndexFormatError) as refused:
        save_index(targets, "encoder-1", "revision-1", tmp_path / "file" / "index")
    assert "索引写不进文件夹" in refused.value.zh


def test_an_index_of_nothing_and_of_short_texts(tmp_path: Path) -> None:
    encoder = open_encoder()
    for name, records in (("none", []), ("short", [Capability(id="1", title="…")])):
        save_index(encode_records("capability", records, encoder), "e", "r", tmp_path / name)
        loaded, _ = load_index(tmp_path / name, "e")
        assert loaded.records == tuple(records)
        assert len(loaded.sentence_vectors) == len(records)
