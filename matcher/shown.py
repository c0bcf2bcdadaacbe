"""What a terminal or a web page may show of a run, in the report's own words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from matcher.export.cells import clean
from matcher.export.lines import jsonl_bytes
from matcher.export.pages import misfits, unstated
from matcher.export.quotes import Pieces, shared_pieces
from matcher.export.view import View, make_view, partner
from matcher.export.words import kind_of, probability_of, trl_of
from matcher.records import Capability, Need, Offer
from matcher.results import Match, MatchList, Run

#: A list this long is never cut: terminal and page have no other sheet to point to.
_ALL = 10_000


@dataclass(frozen=True)
class Card:
    """One proposed partner in words; ``quotes`` are (need, capability) pairs, best first."""

    rank: int
    id: str
    title: str
    owner: str
    kind: str
    trl: str
    #: "" for an encoder without calibration.
    probability: str
    quotes: tuple[tuple[Pieces, Pieces], ...]
    misfits: tuple[str, ...]
    unstated: tuple[str, ...]


def shown(run: Run, lang: str, top: int, include_private: bool = False) -> View:
    """Return the run as a terminal or a page shows it: the owner of an anonymous record never.

    With ``include_private`` private records stay, marked; in reports for staff anonymous owners
    would show too, here they do not.
    """
    if not include_private:
        return make_view(run, lang, top, staff=False)
    opened = _Opened()
    lists = tuple(opened.match_list(found) for found in run.lists)
    records = tuple(opened.record(record) for record in run.records)
    view = make_view(replace(run, lists=lists, records=records), lang, top, staff=False)
    return replace(
        view, run=replace(view.run, lists=tuple(opened.back(found) for found in view.lists))
    )


class _Opened:
    """Passes private records off as public ones and knows them again afterwards."""

    def __init__(self) -> None:
        self._copies: dict[int, tuple[Offer, Offer]] = {}
        self._originals: dict[int, Offer] = {}

    def match_list(self, found: MatchList) -> MatchList:
        return _each_record(found, self.record)

    def back(self, found: MatchList) -> MatchList:
        return _each_record(found, lambda record: self._originals.get(id(record), record))

    def record(self, record: Offer) -> Offer:
        if record.confidentiality != "private":
            return record
        if id(record) not in self._copies:
            copy = record.model_copy(update={"confidentiality": "public"})
            self._copies[id(record)] = (record, copy)
            self._originals[id(copy)] = record
        return self._copies[id(record)][1]


def _each_record(found: MatchList, change: Callable[[Offer], Offer]) -> MatchList:
    def changed(match: Match) -> Match:
        need, capability = change(match.need), change(match.capability)
        assert isinstance(need, Need)
        assert isinstance(capability, Capability)
        return replace(match, need=need, capability=capability)

    return replace(
        found,
        query=change(found.query),
        matches=tuple(map(changed, found.matches)),
        below=tuple(map(changed, found.below)),
    )


def cards(view: View, found: MatchList) -> list[Card]:
    """Return the partners of one list of a view."""
    words = view.words
    return [
        Card(
            rank=match.rank,
            id=line(record.id),
            title=line(view.title(record)),
            owner=line(view.owner(record)),
            kind=kind_of(record, words),
            trl=trl_of(record),
            probability=probability_of(match, words),
            quotes=tuple(_pair(match, i) for i in range(len(match.evidence))),
            misfits=misfits(match, words),
            unstated=unstated(match, words, _ALL),
        )
        for match in found.matches
        for record in [partner(match, found.query)]
    ]


def _pair(match: Match, place: int) -> tuple[Pieces, Pieces]:
    pair = match.evidence[place]
    need, capability = line(pair.need.text), line(pair.capability.text)
    return shared_pieces(need, capability), shared_pieces(capability, need)


def line(text: str) -> str:
    """Return a text as one line without control characters, which could steer a terminal."""
    return " ".join(clean(text).split())


def as_data(view: View) -> list[dict[str, Any]]:
    """Return the match lists as the report's jsonl has them, without what every match repeats."""
    rows = iter(jsonl_bytes(view).decode("utf-8").split("\n"))
    lists = []
    for found in view.lists:
        matches = [_bare(json.loads(next(rows))) for _ in found.matches]
        lists.append(
            {
                "id": found.query.id,
                "title": view.title(found.query),
                "owner": view.owner(found.query),
                "reason": found.reason,
                "excluded": {item.rule: item.count for item in found.excluded},
                "matches": matches,
            }
        )
    return lists


def _bare(match: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in match.items() if name != "provenance"}
