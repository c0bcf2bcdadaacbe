"""Texts to vectors."""

from __future__ import annotations

import os

from matcher.encode.base import Encoder

# From 1.32 on, onnxruntime reports its use to its maker unless told not to before its import.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


def open_encoder(name: str | None = None) -> Encoder:
    """Return the encoder named in the settings, or ``name``, with its persistent cache.

    The bundled encoder must be prepared (``matcher encoder prepare``); raises EncoderError.
    """
    from matcher import settings
    from matcher.encode.cache import CachedEncoder

    values = settings.load()
    name = name or str(values["encoder"])
    encoder: Encoder
    if name == "default":
        from matcher.encode.bundled import BundledEncoder, encoder_folder

        encoder = BundledEncoder(encoder_folder(), int(values["threads"]))
    else:
        from matcher.encode.sentence_transformer import SentenceTransformerEncoder

        encoder = SentenceTransformerEncoder(name)
    return CachedEncoder(encoder, settings.home() / "vectors.sqlite")
