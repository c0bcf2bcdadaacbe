"""Compute the background of an encoder: mean vectors and spread of published texts."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from matcher.encode.base import Array, Encoder, normalise
from matcher.errors import InputError
from matcher.evaluate.sets import read_set
from matcher.index.collection import encode_records
from matcher.rank.hub import Slot
from matcher.records import Capability, Need, Offer

#: From so many records of a role and language on, the pairs are enough by themselves.
ENOUGH = 200


def read_pairs(path: Path) -> tuple[list[Need], list[Capability]]:
    """Read lines with ``need``, ``capability`` and ``source``; a mere title is no need."""
    needs, capabilities = [], []
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file):
                pair = json.loads(line)
                capabilities.append(Capability(id=str(number), summary=pair["capability"]))
                if not pair["source"].startswith("title"):
                    needs.append(Need(id=str(number), problem=pair["need"]))
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"读不了文本对文件 {path.name}（{error}）。"
            "每行应为含 need、capability、source 的 JSON。",
            f"The file of pairs {path.name} cannot be read ({error}): each line should be JSON "
            "with need, capability and source.",
        ) from error
    return needs, capabilities


def write_background(
    pairs: Path, folders: Sequence[Path], encoder: Encoder, target: Path
) -> dict[str, int]:
    """Encode the pairs, and judged sets for languages that the pairs lack; write ``target``.

    Returns how many records each mean was taken over, by "role language".
    """
    vectors: dict[Slot, Array] = {}
    needs, capabilities = read_pairs(pairs)
    _add(vectors, needs, capabilities, encoder)
    counts = {slot: len(found) for slot, found in vectors.items() if slot[0] == "record"}
    extra: dict[Slot, list[Array]] = defaultdict(list)
    for folder in folders:
        one = read_set(folder)
        found: dict[Slot, Array] = {}
        _add(found, one.needs, one.capabilities, encoder)
        for (unit, role, lang), part in found.items():
            if counts.get(("record", role, lang), 0) < ENOUGH:
                extra[unit, role, lang].append(part)
    for slot, parts in extra.items():
        vectors[slot] = np.concatenate([*([vectors[slot]] if slot in vectors else []), *parts])
    means = {slot: found.mean(axis=0) for slot, found in sorted(vectors.items())}
    centred = np.concatenate([
        normalise(vectors[slot] - means[slot])
        for slot in means if slot[:2] == ("record", "capability")
    ])  # fmt: skip
    # A name that ends in .npz, or numpy adds it.
    unfinished = target.with_name(f"{target.name}.part.npz")
    np.savez_compressed(
        unfinished,
        fingerprint=np.array(encoder.fingerprint),
        slots=np.array(json.dumps(list(means))),
        means=np.stack(list(means.values())).astype(np.float32),
        covariance=(centred.T @ centred / len(centred)).astype(np.float16),
    )
    os.replace(unfinished, target)
    return {
        f"{role} {lang}": len(vectors[unit, role, lang])
        for unit, role, lang in means if unit == "record"
    }  # fmt: skip


def _add(
    vectors: dict[Slot, Array],
    needs: Sequence[Offer], capabilities: Sequence[Offer], encoder: Encoder,
) -> None:  # fmt: skip
    for role, records in (("need", needs), ("capability", capabilities)):
        vectors.update(encode_records(role, records, encoder).own_vectors())  # type: ignore[arg-type]
