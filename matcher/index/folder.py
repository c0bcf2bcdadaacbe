"""A saved index: records with their vectors in one folder that is whole or refused."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from matcher import __version__
from matcher.encode.base import Array
from matcher.errors import IndexFormatError, InputError
from matcher.index.collection import EncodedRecords
from matcher.index.dense import FaissIndex
from matcher.records import Capability, Need, Offer
from matcher.text.normalise import language
from matcher.text.sentences import record_text

#: Raise it when the files, or the way texts are cut into sentences, change.
FORMAT = 1
RECORDS, VECTORS, SENTENCES = "records.jsonl", "vectors.npy", "sentences.npy"
COUNTS, DENSE, MANIFEST = "counts.npy", "dense.faiss", "manifest.json"
_CONTENT = (RECORDS, VECTORS, SENTENCES, COUNTS, DENSE)
_PACKAGES = ("faiss-cpu", "numpy", "pydantic")
_CLASSES: Mapping[str, type[Need] | type[Capability]] = {"need": Need, "capability": Capability}


def save_index(
    targets: EncodedRecords, encoder_fingerprint: str, revision: str, folder: Path
) -> None:
    """Write an index folder, whole or not at all; an earlier one in its place is replaced.

    Parameters
    ----------
    targets
        Records of one role with their vectors; these are kept as float16, as the cache does.
    encoder_fingerprint
        Names the encoder that made the vectors; another one is refused at loading.
    revision
        The data revision of the file that the records come from.

    Raises IndexFormatError where the folder cannot be written.
    """
    from matcher.export.folder import swapped_in

    try:
        with swapped_in(folder, (*_CONTENT, MANIFEST)) as new:
            _write_content(targets, new)
            manifest = {
                "format": FORMAT,
                "role": targets.role,
                "rows": len(targets.records),
                "dim": int(targets.vectors.shape[1]),
                "encoder_fingerprint": encoder_fingerprint,
                "data_revision": revision,
                "packages": {"alleymatch": __version__} | {n: _version(n) for n in _PACKAGES},
                "files": {name: _digest((new / name).read_bytes()) for name in _CONTENT},
            }
            text = json.dumps(manifest, indent=2, ensure_ascii=False)
            (new / MANIFEST).write_text(text + "\n", encoding="utf-8")
    except InputError as error:
        # The helper speaks of reports; its cause is None where another run holds the folder.
        cause = error.__cause__
        why = (cause.strerror or "") if isinstance(cause, OSError) else "busy"
        raise IndexFormatError(
            f"索引写不进文件夹 {folder}（{why}）。请检查磁盘空间、权限，以及是否有另一个任务正在"
            "写这个文件夹；原有的索引没有改动。",
            f"The index cannot be written into {folder} ({why}): check disk space, permissions "
            "and whether another run is writing there. An earlier index is unchanged.",
        ) from error


def load_index(folder: Path, encoder_fingerprint: str) -> tuple[EncodedRecords, dict[str, Any]]:
    """Read an index folder and return its records and its manifest.

    Raises IndexFormatError, with the remedy, for a folder that is not a whole index of this
    format version, or was built with another encoder than ``encoder_fingerprint``.
    """
    manifest = read_manifest(folder)
    built_with = manifest["encoder_fingerprint"]
    if built_with != encoder_fingerprint:
        raise _refused(
            folder, f"由另一个编码器建立（{built_with}，当前为 {encoder_fingerprint}）",
            f"was built with another encoder ({built_with}, now {encoder_fingerprint})",
        )  # fmt: skip
    content = {name: _checked(folder, name, manifest) for name in _CONTENT}
    try:
        targets = _assembled(content, manifest)
        whole = len(FaissIndex.load(folder / DENSE)) == manifest["rows"]
    except (ValueError, KeyError, TypeError, IndexFormatError) as error:
        raise _damaged(folder, "") from error
    if not whole:
        raise _damaged(folder, DENSE)
    return targets, manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of an index folder; raises IndexFormatError for one that does not fit."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise IndexFormatError(
            f"{folder} 不是完整的索引文件夹（读不到 {MANIFEST}）。"
            "请检查路径，或运行 matcher index build 建立索引。",
            f"{folder} is not a whole index folder ({MANIFEST} cannot be read): check the path or "
            "build the index with matcher index build.",
        ) from error
    found = manifest.get("format") if isinstance(manifest, dict) else None
    if found != FORMAT:
        raise _refused(
            folder, f"是另一个格式版本（{found}，本版本为 {FORMAT}）",
            f"has another format version ({found}, this release reads {FORMAT})",
        )  # fmt: skip
    missing = {"role", "rows", "dim", "encoder_fingerprint", "data_revision", "files"} - {*manifest}
    if missing:
        raise _damaged(folder, MANIFEST)
    return dict(manifest)


def _write_content(targets: EncodedRecords, folder: Path) -> None:
    lines = (record.model_dump_json() for record in targets.records)
    (folder / RECORDS).write_bytes("".join(line + "\n" for line in lines).encode("utf-8"))
    dim = targets.vectors.shape[1]
    parts = [vectors for vectors in targets.sentence_vectors if len(vectors)]
    sentences = np.concatenate(parts) if parts else np.zeros((0, dim), np.float32)
    np.save(folder / VECTORS, targets.vectors.astype(np.float16), allow_pickle=False)
    np.save(folder / SENTENCES, sentences.astype(np.float16), allow_pickle=False)
    counts = np.array([len(vectors) for vectors in targets.sentence_vectors], np.int64)
    np.save(folder / COUNTS, counts, allow_pickle=False)
    dense = FaissIndex(dim)
    dense.add(range(len(targets.records)), targets.vectors)
    dense.save(folder / DENSE)


def _assembled(content: Mapping[str, bytes], manifest: Mapping[str, Any]) -> EncodedRecords:
    role, rows, dim = manifest["role"], manifest["rows"], manifest["dim"]
    lines = content[RECORDS].decode("utf-8").split("\n")[:-1]
    records: tuple[Offer, ...] = tuple(_CLASSES[role].model_validate_json(line) for line in lines)
    cut = [record_text(record) for record in records]
    vectors, sentences = _array(content[VECTORS]), _array(content[SENTENCES])
    counts = _array(content[COUNTS]).astype(np.int64)
    expected = [len(found) for _, found in cut]
    if (len(records), vectors.shape, sentences.shape) != (rows, (rows, dim), (counts.sum(), dim)):
        raise ValueError("the sizes do not fit together")
    if counts.tolist() != expected:
        raise ValueError("the texts are cut into other sentences")
    ends: list[int] = np.cumsum(counts)[:-1].tolist()
    return EncodedRecords(
        role,
        records,
        tuple(text for text, _ in cut),
        tuple(found for _, found in cut),
        tuple(language(text) for text, _ in cut),
        vectors,
        tuple(np.split(sentences, ends)) if rows else (),
    )


def _array(raw: bytes) -> Array:
    loaded: npt.NDArray[np.generic] = np.load(io.BytesIO(raw), allow_pickle=False)
    return loaded.astype(np.float32)


def _checked(folder: Path, name: str, manifest: Mapping[str, Any]) -> bytes:
    try:
        raw = (folder / name).read_bytes()
    except OSError as error:
        raise _damaged(folder, name) from error
    if _digest(raw) != manifest["files"].get(name):
        raise _damaged(folder, name)
    return raw


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _damaged(folder: Path, name: str) -> IndexFormatError:
    what = f"：{name}" if name else ""
    return _refused(folder, f"不完整或已损坏{what}", f"is incomplete or damaged {name}".rstrip())


def _refused(folder: Path, zh: str, en: str) -> IndexFormatError:
    return IndexFormatError(
        f"索引 {folder} {zh}。请运行 matcher index build 重新建立。",
        f"The index {folder} {en}: build it again with matcher index build.",
    )
