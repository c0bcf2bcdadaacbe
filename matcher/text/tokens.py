"""Tokens for BM25: character bigrams, stemmed words, and technical codes kept whole.

Segmented words were tried beside the bigrams and left out: they repeat what the bigrams say and
did not raise nDCG on either Chinese set (docs/quality.md).
"""

from __future__ import annotations

import re

from matcher.text.normalise import match_form

# SiC, GB/T 22900-2009, TRL6, 3.5gpa, ti-6al-4v, c++ … and runs of Chinese.
_PIECE = re.compile(
    r"gb/?t?\s?\d+(?:\.\d+)*(?:-\d+)?|[a-z0-9]+(?:[-/.+#][a-z0-9]+)*\+*|[\u3400-\u9fff]+"
)
# Without this list, English function words carry most of BM25 across languages.
STOP = frozenset(
    "a an and are as at be been but by can could do does for from had has have how if in into is "
    "it its may more most must no not of on or our should so such than that the their them then "
    "there these they this those to under up use used using was we were what when where which "
    "while who will with would you your".split()
)


def stem(word: str) -> str:
    """Take common English endings off a word, so that singular and plural meet."""
    if len(word) > 4 and word.isalpha():
        for ending, length in (("ies", 3), ("ing", 6), ("ed", 5), ("es", 4), ("s", 3)):
            if word.endswith(ending) and len(word) > length and not word.endswith("ss"):
                base = word[: -len(ending)]
                return base + "y" if ending == "ies" else base
    return word


def tokenise(text: str) -> list[str]:
    """Return the BM25 tokens of a text in Chinese, English or both.

    Chinese gives every character bigram; Latin text gives stemmed words; a code with digits or
    marks inside is kept whole and its words are given beside it.
    """
    tokens: list[str] = []
    for found in _PIECE.finditer(match_form(text)):
        piece = found.group()
        if piece[0] >= "\u3400":
            tokens += [piece[i : i + 2] for i in range(len(piece) - 1)] or [piece]
        else:
            tokens += _latin(piece)
    return tokens


def _latin(piece: str) -> list[str]:
    if piece.startswith("gb"):
        piece = piece.replace(" ", "")
    if piece.isalpha():
        return [] if piece in STOP else [stem(piece)]
    parts = [part for part in re.split(r"[-/.+#]", piece) if part.isalpha() and len(part) > 1]
    return [piece, *(stem(part) for part in parts if part not in STOP)]
