"""Tokens of the default encoder, each assigned to the sentence it lies in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matcher.encode.base import Text, well_formed
from matcher.encode.weights import PackagedWeights

#: Tokens of text in one window: 512 positions less the prefix and the two marks.
WINDOW = 500
_FILE, _SETTINGS = "tokenizer.json", "tokens.json"


def write_tokenizer(weights: PackagedWeights, folder: Path) -> None:
    """Write the Unigram tokenizer and the character map into ``folder``."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    tokenizer = Tokenizer(models.Unigram(weights.vocabulary, weights.unk, False))
    tokenizer.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.save(str(folder / _FILE), pretty=False)
    settings = {"bos": weights.bos, "eos": weights.eos, "characters": weights.normalisation}
    (folder / _SETTINGS).write_text(json.dumps(settings, ensure_ascii=True), encoding="utf-8")


@dataclass(frozen=True)
class Tokens:
    """The tokens of one text: ids and, for each, the number of its sentence or -1."""

    ids: npt.NDArray[np.int64]
    sentence: npt.NDArray[np.int64]


class TextTokenizer:
    """Cut texts into token ids without losing the sentence that each token belongs to."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / _FILE))
        settings = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        self._bos, self._eos = int(settings["bos"]), int(settings["eos"])
        self._characters = {int(point): text for point, text in settings["characters"].items()}

    def prefix(self, text: str) -> list[int]:
        """Return the ids of a role prefix, after the begin mark."""
        return [self._bos, *self._tokenizer.encode(text).ids]

    @property
    def suffix(self) -> list[int]:
        """The end mark."""
        return [self._eos]

    def __call__(self, texts: list[Text]) -> list[Tokens]:
        """Tokenise texts; whole texts, of any length."""
        prepared = [self._folded(text) for text in texts]
        encodings = self._tokenizer.encode_batch([folded for folded, _ in prepared])
        return [
            self._assigned(encoding.ids, encoding.offsets, bounds)
            for encoding, (_, bounds) in zip(encodings, prepared, strict=True)
        ]

    def _folded(self, text: Text) -> tuple[str, list[tuple[int, int]]]:
        # The map folds each character by itself and may change the length, so the text is folded
        # piece by piece: the sentences keep exact bounds in the folded text.
        pieces: list[str] = []
        bounds: list[tuple[int, int]] = []
        at = length = 0
        whole = well_formed(text.text)
        for start, end in text.spans:
            gap = whole[at:start].translate(self._characters)
            body = whole[start:end].translate(self._characters)
            pieces += [gap, body]
            bounds.append((length + len(gap), length + len(gap) + len(body)))
            length, at = length + len(gap) + len(body), end
        pieces.append(whole[at:].translate(self._characters))
        return "".join(pieces), bounds

    @staticmethod
    def _assigned(
        ids: list[int], offsets: list[tuple[int, int]], bounds: list[tuple[int, int]]
    ) -> Tokens:
        sentence = np.full(len(ids), -1, np.int64)
        if bounds and ids:
            # A token may begin with the space before its word: its last character decides.
            last = np.array([end - 1 for _, end in offsets])
            starts = np.array([start for start, _ in bounds])
            stops = np.array([stop for _, stop in bounds])
            found = np.searchsorted(starts, last, side="right") - 1
            sentence = np.where((found >= 0) & (last < stops[found]), found, -1)
        return Tokens(np.array(ids, np.int64), sentence)


def windows(tokens: Tokens, size: int = WINDOW) -> list[tuple[int, int]]:
    """Cut a token row into windows of at most ``size``, at the ends of sentences where possible."""
    cuts, start, total = [], 0, len(tokens.ids)
    while total - start > size:
        stop = start + size
        changes = np.flatnonzero(np.diff(tokens.sentence[start : stop + 1])) + start + 1
        # A cut in the first half would leave too little context for the window.
        late = changes[changes > start + size // 2]
        stop = int(late[-1]) if len(late) else stop
        cuts.append((start, stop))
        start = stop
    cuts.append((start, total))
    return cuts
