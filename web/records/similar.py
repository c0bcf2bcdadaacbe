"""Records that look like the one that is being written, among those that its writer may see.

Only what he may read is compared: of an anonymous record the masked text, so that no name can be
guessed by typing it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, literal, or_
from sqlalchemy.orm import Session

from matcher.store.columns import storable
from matcher.store.derived import search_form
from matcher.store.editing import model_of
from matcher.store.viewers import Viewer, owner_known, shown_records, visible
from matcher.text.tokens import tokenise
from web.records.kinds import owner

#: Titles, or whole texts, that share so much of their words (Dice) are shown.
SAME_TITLE, SAME_TEXT = 0.6, 0.45
_WORDS, _CANDIDATES, _SHOWN = 6, 40, 3
_MOST_CHARACTERS = 4_000


@dataclass(frozen=True)
class Similar:
    """One record that may be the same, as its reader may see it."""

    number: int
    code: str
    title: str
    owner: str
    share: float


def similar_records(
    session: Session, kind: str, viewer: Viewer, title: str, text: str, own: int | None = None
) -> list[Similar]:
    """Return the most similar records, best first; ``own`` is the record that is edited."""
    title, text = title[:300].strip(), text[:_MOST_CHARACTERS].strip()
    asked_title, asked = _words(title), _words(f"{title}\n{text}")
    wanted = _telling(asked_title or asked)
    if len(wanted) < 2:
        return []
    model: Any = model_of(kind)
    told = case(
        (or_(owner_known(model, viewer), model.confidentiality != "anonymous"), model.search_text),
        else_=model.open_text,
    )
    hits: Any = literal(0)
    for word in wanted:
        hits = hits + case((told.contains(storable(word), autoescape=True), 1), else_=0)
    # Half of the words at least; most first, and the order is fixed.
    query = visible(model, viewer).where(hits >= max(2, len(wanted) // 2))
    if own is not None:
        query = query.where(model.id != own)
    rows = list(session.scalars(query.order_by(hits.desc(), model.id).limit(_CANDIDATES)).unique())
    found = []
    for number, record in shown_records(session, rows, viewer).items():
        body = "\n".join(said for _, said in record.passages[:2])[: _MOST_CHARACTERS + 300]
        shares = [_dice(asked_title, _words(record.title)) / SAME_TITLE]
        if text:
            shares.append(_dice(asked, _words(body)) / SAME_TEXT)
        if max(shares) >= 1:
            found.append(Similar(number, record.id, record.title, owner(record), max(shares)))
    return sorted(found, key=lambda item: (-item.share, item.number))[:_SHOWN]


def _words(text: str) -> frozenset[str]:
    return frozenset(tokenise(text)) if text else frozenset()


def _telling(words: Iterable[str]) -> list[str]:
    folded = {search_form(word) for word in words}
    useful = [word for word in folded if len(word) > 1]
    return sorted(useful, key=lambda word: (-len(word), word))[:_WORDS]


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / max(len(one) + len(other), 1)
