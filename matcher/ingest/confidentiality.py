"""Read how secret a record is; whatever is written but not understood keeps it private."""

from __future__ import annotations

import re
from typing import Any

from matcher import taxonomy
from matcher.ingest import reasons
from matcher.ingest.headers import undecorated
from matcher.ingest.lists import BOXES, TICKED, split_list, ticked
from matcher.ingest.values import CellProblem, as_text

#: From open to closed.
_ORDER = ("public", "anonymous", "private")
_YES = frozenset({"是", "yes", "y", "true", "1", "可以", "需要", "同意"})
_NO = frozenset({"否", "no", "n", "false", "0", "不可以", "不需要", "不同意"})
_NOT_SECRET = frozenset(
    {"无", "没有", "无要求", "无保密要求", "无需保密", "不保密", "不涉密", "非涉密", "非密", "none"}
)
# What 是 says under a header with these words.
_ASKED = {
    "private": re.compile(r"保密|密级|涉密|机密|秘密|[不非]公开|confidential|secre|private"),
    "anonymous": re.compile(r"匿名|anonym"),
    "public": re.compile(r"(?<![不非])公开|public"),
}
_NEGATED = re.compile(r"[不非](?!公开)|无需|免|\bnon|\bnot\b")
# Under 保密等级 or 公开程度 a figure is a level and no answer.
_SCALE = re.compile(r"级|程度|范围|level|degree")


def parse_confidentiality(value: Any, header: str) -> str:
    """Return public, anonymous or private.

    是 and 否 answer the question in the header: under 是否公开 they say the opposite of what they
    say under 是否保密. Raises CellProblem for everything else that is not one known value; the
    record must then stay private.
    """
    text = as_text(value)
    # 是 ☑ 否 □ 其他: nobody can tell which word the box belongs to.
    inside = any(box in text for box in BOXES) and not {text[0], text[-1]} & set(BOXES)
    items = (ticked(text),) if text in TICKED else split_list(text)
    found = {_answer(item, header) for item in items if item.strip()}
    if inside or len(found) != 1:
        raise unclear()
    return found.pop()


def strictest(first: str | None, second: str) -> str:
    """Return the more closed of two values; None is no value."""
    return second if first is None else max(first, second, key=_ORDER.index)


def unclear() -> CellProblem:
    """Return the problem of a cell that does not tell how secret its record is."""
    return CellProblem(*reasons.UNCLEAR_CONFIDENTIALITY)


def _answer(item: str, header: str) -> str:
    asked = _question(undecorated(header)) or _question(header)
    # fold, like the taxonomy: “是。” must not slip past here and mean 公开 there.
    text = "是" if item.strip() in TICKED else taxonomy.fold(item)
    if text in _YES | _NO:
        if asked is None or (text in "01" and _SCALE.search(header.casefold())):
            raise unclear()
        if text in _YES:
            return asked
        return "private" if asked == "public" else "public"
    if asked == "private" and text in _NOT_SECRET:
        return "public"
    if code := taxonomy.code_of("confidentiality", item):
        return code
    raise unclear()


def _question(header: str) -> str | None:
    """Return what 是 says under a header, None if it asks nothing, two things or a negation."""
    text = header.casefold()
    asked = [code for code, words in _ASKED.items() if words.search(text)]
    return asked[0] if len(asked) == 1 and not _NEGATED.search(text) else None
