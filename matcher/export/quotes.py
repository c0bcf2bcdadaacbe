"""Which pieces of two quotes say the same, to shade them."""

from __future__ import annotations

import re

import rjieba

Pieces = tuple[tuple[str, bool], ...]
#: What a clause leaves at the ends of its quote, still an exact part of the text without it.
ENDS = " \n，,；;。"

_RUN = re.compile(r"[A-Za-z0-9]+(?:[./+-][A-Za-z0-9]+)*|[\u4e00-\u9fff]+")
#: Shared words that say nothing about the subject.
_EMPTY_ENGLISH = frozenset(
    {
        "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "have", "in", "is",
        "it", "its", "of", "on", "or", "our", "that", "the", "their", "this", "to", "under", "was",
        "we", "were", "which", "will", "with",
    }
)  # fmt: skip
_EMPTY_CHINESE = frozenset(
    {
        "可以", "以及", "具有", "使用", "实现", "采用", "通过", "要求", "需要", "能够", "目前",
        "现有", "进行", "提供", "满足", "达到", "不同", "以上", "以下", "一种", "我们", "对于",
        "由于", "并且", "同时", "方面", "相关",
    }
)  # fmt: skip
_PARTICLES = "的了和与及在是为对等或到于中"


def shared_pieces(text: str, other: str) -> Pieces:
    """Split ``text`` into (piece, whether ``other`` says it too).

    Latin words and codes are compared whole, Chinese by the longest run of whole words that has
    at least two characters.
    """
    words = {run.casefold() for run in _RUN.findall(other) if run[0].isascii()}
    marks = bytearray(len(text))
    for found in _RUN.finditer(text):
        run, start = found.group(), found.start()
        if run[0].isascii():
            plain = run.casefold()
            if plain in words and plain not in _EMPTY_ENGLISH and len(plain) > 1:
                marks[start : found.end()] = b"\x01" * len(run)
        else:
            _mark_chinese(run, start, other, marks)
    return _pieces(text, marks)


def _mark_chinese(run: str, start: int, other: str, marks: bytearray) -> None:
    words = rjieba.cut(run)
    i = 0
    while i < len(words):
        shared, j = "", i
        while j < len(words) and shared + words[j] in other:
            shared += words[j]
            j += 1
        core = shared.strip(_PARTICLES)
        if len(core) > 1 and core not in _EMPTY_CHINESE:
            first = start + shared.index(core)
            marks[first : first + len(core)] = b"\x01" * len(core)
        j = max(j, i + 1)
        start += sum(map(len, words[i:j]))
        i = j


def _pieces(text: str, marks: bytearray) -> Pieces:
    pieces: list[tuple[str, bool]] = []
    begin = 0
    for i in range(1, len(text) + 1):
        if i == len(text) or marks[i] != marks[begin]:
            pieces.append((text[begin:i], bool(marks[begin])))
            begin = i
    return tuple(pieces)
