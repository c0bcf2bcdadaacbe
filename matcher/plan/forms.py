"""Sentences of a form: what needs on different subjects say alike says nothing of any of them.

An office collects needs with a form, and firms fill it in with its own phrases. Such a clause is
told by the file itself: it stands, figures aside, in needs under ``MANY`` titles, or in two whose
titles have no telling word in common. A need that several parties hand in under one title is none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from matcher import taxonomy
from matcher.rank.common import load_common
from matcher.records import Need
from matcher.text.normalise import language
from matcher.text.sentences import clauses, split
from matcher.text.tokens import tokenise

#: Needs under so many titles have only a form in common.
MANY = 3
_SILENT = re.compile(r"[\W_]+")
_FIGURE = re.compile(r"\d+")


def without_forms(needs: Sequence[Need]) -> list[Need]:
    """Return the needs with blanks in place of what is a form's, so that all offsets stay."""
    said = [list(_clauses(need)) for need in needs]
    subjects = [_subject(need) for need in needs]
    titles: dict[str, set[frozenset[str]]] = defaultdict(set)
    for pieces, subject in zip(said, subjects, strict=True):
        for _, _, _, key in pieces:
            titles[key].add(subject)
    forms = {key for key, found in titles.items() if _differ(found)}
    return [
        _blanked(need, [piece for piece in pieces if piece[3] in forms])
        for need, pieces in zip(needs, said, strict=True)
    ]


def _clauses(need: Need) -> Iterator[tuple[str, int, int, str]]:
    """Yield field, start and end of each clause beside the title, and what it is known by."""
    for field, text in need.passages:
        if field == "title":
            continue
        for start, end in split(text):
            for a, b in clauses(text, start, end):
                yield field, a, b, _FIGURE.sub("0", _SILENT.sub("", taxonomy.fold(text[a:b])))


def _subject(need: Need) -> frozenset[str]:
    """Return the words of a need's title, or first text, that not every other need uses."""
    text = need.title or next((text for _, text in need.passages), "")
    counted = load_common().get(language(text))
    return frozenset(tokenise(text)).difference(counted.counts if counted else ())


def _differ(subjects: set[frozenset[str]]) -> bool:
    """Tell whether needs are on different subjects, by the words of their titles."""
    if len(subjects) >= MANY:
        return True
    return len(subjects) > 1 and not frozenset.intersection(*subjects)


def _blanked(need: Need, pieces: Sequence[tuple[str, int, int, str]]) -> Need:
    texts: dict[str, str] = {}
    for field, start, end, _ in pieces:
        text = texts.get(field, getattr(need, field))
        texts[field] = text[:start] + " " * (end - start) + text[end:]
    return need.model_copy(update=texts) if texts else need
