"""The Encoder protocol: texts to vectors, for each role, with the vectors of their sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
_SURROGATE = re.compile("[\ud800-\udfff]")
#: Which side of a match a text is on. The names are the records' own.
Role = Literal["need", "capability"]
#: Called with the number of texts done since the last call.
Progress = Callable[[int], object]


@dataclass(frozen=True)
class Text:
    """A text to encode and the sentences in it that want a vector of their own."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Encoded:
    """One encoded text.

    ``vector`` has shape (dim,), ``sentences`` shape (len(spans), dim); both are float32 and
    L2-normalised. A span without any token has a row of zeros.
    """

    vector: Array
    sentences: Array


class Encoder(Protocol):
    """Turn texts into vectors of one space.

    ``fingerprint`` changes whenever the same text may get another vector.
    """

    @property
    def name(self) -> str: ...
    @property
    def dim(self) -> int: ...
    @property
    def fingerprint(self) -> str: ...

    def encode(
        self, role: Role, texts: Sequence[Text], progress: Progress | None = None
    ) -> list[Encoded]:
        """Encode texts of one role; the result has the order of ``texts``."""
        ...


def well_formed(text: str) -> str:
    """Replace lone surrogates, which no tokenizer takes, one for one: offsets stay valid."""
    return _SURROGATE.sub("\ufffd", text)


def normalise(vectors: Array) -> Array:
    """Scale rows to unit length; rows of zeros stay zeros."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Array = (vectors / np.where(norms > 0, norms, 1)).astype(np.float32)
    return scaled


def pool(states: Array, sentence: npt.NDArray[np.int64], count: int) -> Array:
    """Sum token states by sentence (late chunking).

    Parameters
    ----------
    states
        Token states, shape (tokens, dim).
    sentence
        The sentence of each token, shape (tokens,); -1 for a token outside every sentence.
    count
        How many sentences the text has.

    Returns the sums, shape (count, dim).
    """
    sums = np.zeros((count, states.shape[1]), np.float32)
    inside = sentence >= 0
    np.add.at(sums, sentence[inside], states[inside])
    return sums
