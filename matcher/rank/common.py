"""Tokens that many needs use: they say that a text is a need, not which one.

"存在…的问题" or "the objective of this topic" stands in every other need. Their share among needs
weakens them in BM25, as the mean need vector is taken off the dense side.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from matcher.errors import EncoderError
from matcher.taxonomy import data_path
from matcher.text.normalise import Language, language
from matcher.text.tokens import tokenise

#: A token in the share s of all needs weighs 1 / (1 + DAMPING * s); anything from 30 to 100 does.
DAMPING = 50
#: Rarer tokens are not shipped: they would hardly be weakened.
_LEAST = 0.01


@dataclass(frozen=True)
class Counted:
    """Of how many texts in one language how many have a token."""

    texts: int
    counts: Mapping[str, int]


@cache
def load_common() -> Mapping[Language, Counted]:
    """Return the shipped counts by language: of published needs, without any of their text."""
    path = data_path("model", "common.json")
    if not path.is_file():
        return {}
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {lang: Counted(found["texts"], found["counts"]) for lang, found in stored.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EncoderError(
            f"词频文件 {path.name} 已损坏。请重新安装 alleymatch。",
            f"The file of token counts {path.name} is damaged: reinstall alleymatch.",
        ) from error


def count(texts: Iterable[str]) -> dict[Language, Counted]:
    """Count by language in how many texts each token stands."""
    numbers: Counter[Language] = Counter()
    found: dict[Language, Counter[str]] = {}
    for text in texts:
        lang = language(text)
        numbers[lang] += 1
        found.setdefault(lang, Counter()).update(set(tokenise(text)))
    return {lang: Counted(numbers[lang], counts) for lang, counts in sorted(found.items())}


def dampings(
    known: Mapping[Language, Counted], own: Mapping[Language, Counted]
) -> dict[Language, dict[str, float]]:
    """Return by language what a token's weight is multiplied by; absent tokens keep theirs.

    ``known`` are counts of other people's needs, without which a handful of own ones would make
    their very subject common.
    """
    factors: dict[Language, dict[str, float]] = {}
    for lang, before in known.items():
        ours = own.get(lang, Counted(0, {}))
        total = before.texts + ours.texts
        holders = Counter(before.counts) + Counter(ours.counts)
        factors[lang] = {t: 1 / (1 + DAMPING * number / total) for t, number in holders.items()}
    return factors


def write_common(texts: Iterable[str], target: Path) -> None:
    """Count the tokens of needs and write those that are common; see :func:`load_common`."""
    stored = {
        lang: {
            "texts": found.texts,
            "counts": {
                token: number
                for token, number in sorted(found.counts.items())
                if number >= _LEAST * found.texts
            },
        }
        for lang, found in count(texts).items()
    }
    target.write_text(json.dumps(stored, ensure_ascii=False) + "\n", encoding="utf-8")
