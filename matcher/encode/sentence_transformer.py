"""Any sentence-transformers model, by name or folder, as an encoder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from matcher.encode.base import Encoded, Progress, Role, Text, normalise, well_formed
from matcher.errors import EncoderError

_PROMPTS: dict[Role, tuple[str, ...]] = {
    "need": ("query", "need"),
    "capability": ("passage", "document", "corpus", "capability"),
}
_BATCH = 16


class SentenceTransformerEncoder:
    """Encode with a sentence-transformers model.

    Prefixes are the model's own prompts (``query`` and ``passage`` or ``document``). Sentences
    are encoded one by one; a text longer than the model's limit is cut at sentence ends.

    Parameters
    ----------
    model
        A folder, or a name that is in the local model cache: nothing is downloaded.
    """

    def __init__(self, model: str) -> None:
        from sentence_transformers import SentenceTransformer

        try:
            self._model: Any = SentenceTransformer(model, device="cpu", local_files_only=True)
        except (OSError, ValueError) as error:
            raise EncoderError(
                f"打不开模型“{model}”。请给出含有 sentence-transformers 模型的文件夹，"
                "或先在本机缓存中下载好该模型。",
                f"The model “{model}” cannot be opened: give a folder with a "
                "sentence-transformers model, or download it into the local cache first.",
            ) from error
        self.name = Path(model).name
        self.dim = int(self._model.get_embedding_dimension() or 0)
        self.fingerprint = f"st-{self._digest()}"
        prompts = {name: text or "" for name, text in (self._model.prompts or {}).items()}
        self._prompt = {
            role: next((prompts[name] for name in names if prompts.get(name)), "")
            for role, names in _PROMPTS.items()
        }

    def encode(
        self, role: Role, texts: Sequence[Text], progress: Progress | None = None
    ) -> list[Encoded]:
        """Encode texts; see :class:`matcher.encode.base.Encoder`."""
        results = []
        for given in texts:
            text = Text(well_formed(given.text), given.spans)
            parts = self._parts(role, text)
            pieces = [text.text[start:end] for start, end in text.spans]
            vectors = normalise(
                np.asarray(
                    self._model.encode(
                        parts + pieces, prompt=self._prompt[role] or None, batch_size=_BATCH,
                        normalize_embeddings=True, show_progress_bar=False,
                    ),
                    np.float32,
                )
            )  # fmt: skip
            weights = np.array([len(part) or 1 for part in parts], np.float32)[:, None]
            whole = normalise((vectors[: len(parts)] * weights).sum(axis=0))
            # A blank piece still gets the vector of the prefix: no vector of its own.
            said = np.array([bool(piece.strip()) for piece in pieces], bool)[:, None]
            results.append(Encoded(whole, np.where(said, vectors[len(parts) :], np.float32(0))))
            if progress:
                progress(1)
        return results

    def _parts(self, role: Role, text: Text) -> list[str]:
        """Cut a text that is longer than the model's limit at the ends of its sentences."""
        limit = int(self._model.max_seq_length or 512) - 8
        tokenizer = self._model.tokenizer

        def length(piece: str) -> int:
            return len(tokenizer.encode(self._prompt[role] + piece, add_special_tokens=True))

        def halves(piece: str) -> list[str]:
            if length(piece) <= limit or len(piece) < 2:
                return [piece]
            middle = len(piece) // 2
            return halves(piece[:middle]) + halves(piece[middle:])

        if length(text.text) <= limit:
            return [text.text]
        parts: list[str] = []
        start = end = 0
        for _, stop in [*text.spans, (0, len(text.text))]:
            if end > start and length(text.text[start:stop]) > limit:
                parts += halves(text.text[start:end])
                start = end
            end = stop
        return [*parts, *halves(text.text[start:end])]

    def _digest(self) -> str:
        """Hash the model's own parameters: a retrained model in the same folder is another one."""
        digest = hashlib.sha256()
        for name, values in sorted(self._model.state_dict().items()):
            # Not used for sentence vectors, and drawn at random where a model comes without one.
            if ".pooler." in name:
                continue
            digest.update(name.encode())
            digest.update(values.cpu().numpy().tobytes())
        return digest.hexdigest()[:16]
