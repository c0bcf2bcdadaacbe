"""Alliances (产业技术联盟): for each theme its supply, demand and gap, its parties, and a salon.

Everything is worked out from what the reader may see: for others than staff, private records are
taken away before anything is counted, grouped or named, and anonymous owners are stripped to
district, size and kind. A record that is closed or expired is neither supply nor demand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from matcher.errors import InputError
from matcher.export.privacy import visible_run
from matcher.index.collection import EncodedRecords
from matcher.plan.identity import Movement, Remembered, Snapshot, continue_themes
from matcher.plan.labels import Name, name_themes
from matcher.plan.layout import Places, lay_out
from matcher.plan.parties import grouped
from matcher.plan.proposal import LeadKind, may_lead
from matcher.plan.themes import find_themes
from matcher.rank.hub import Background
from matcher.rank.rules import closed
from matcher.records import Capability, Need, Offer
from matcher.results import Match, MatchList, Provenance, Run
from matcher.text.normalise import Language

#: A salon is one afternoon: so many talks in all, for one need, and for one capability.
MEETINGS, FOR_A_NEED, FOR_A_CAPABILITY = 12, 2, 3
LEADS = 3
#: A second talk for a need must be at least so probable; its best match is worth a talk anyway.
WORTH = 0.2


@dataclass(frozen=True)
class Party:
    """One participant: all its records of a theme; without its name where that is hidden."""

    number: int
    records: tuple[Offer, ...]

    @property
    def needs(self) -> tuple[Need, ...]:
        """What it asks for."""
        return tuple(record for record in self.records if isinstance(record, Need))

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        """What it offers."""
        return tuple(record for record in self.records if isinstance(record, Capability))


@dataclass(frozen=True)
class Lead:
    """A candidate for the lead, and why.

    ``partners`` are the other parties with which the match lists bring it together in this theme.
    """

    party: Party
    kind: LeadKind | None
    partners: int


@dataclass(frozen=True)
class Meeting:
    """Who should meet whom: the best match of two parties, and how many more they have."""

    asks: Party
    offers: Party
    match: Match
    more: int
    #: Whether the capability belongs to another theme: its owner comes as a guest.
    guest: bool


@dataclass(frozen=True)
class Alliance:
    """One theme and what follows from it.

    ``unmet`` are needs whose match list is empty; ``unasked`` are capabilities that stand in no
    need's list.
    """

    id: str
    name: dict[Language, Name]
    needs: tuple[Need, ...]
    capabilities: tuple[Capability, ...]
    unmet: tuple[Need, ...]
    unasked: tuple[Capability, ...]
    parties: tuple[Party, ...]
    leads: tuple[Lead, ...]
    meetings: tuple[Meeting, ...]
    movement: Movement

    def called(self, lang: str) -> str:
        """Return the theme's name."""
        return str(self.name["en" if lang == "en" else "zh"])

    @property
    def participants(self) -> tuple[Party, ...]:
        """Who is invited to the salon, in the order of the meetings."""
        found = {
            party.number: party for item in self.meetings for party in (item.asks, item.offers)
        }
        return tuple(found.values())


@dataclass(frozen=True)
class Point:
    """A record's place on the map; ``theme`` is its place in ``Alliances.themes``."""

    record: Offer
    theme: int
    x: float
    y: float
    #: A need without a good match, or a capability that nobody asks for.
    open: bool


@dataclass(frozen=True)
class Alliances:
    """The alliances of a run; without a theme where there are too few records."""

    themes: tuple[Alliance, ...]
    points: tuple[Point, ...]
    #: Middle and radius of each theme on the map: x, y, r.
    discs: tuple[tuple[float, float, float], ...]
    #: Earlier themes that go on in none of this run.
    ended: tuple[Remembered, ...]
    #: Records that take part, and those that are closed or expired, or not published.
    records: int
    closed: int
    #: How long a need's match list may be.
    top: int
    previous: str
    provenance: Provenance
    staff: bool
    snapshot: Snapshot


def plan_alliances(
    run: Run, sides: tuple[EncodedRecords, EncodedRecords], background: Background | None, *,
    staff: bool = False, previous: Snapshot | None = None, number: int | None = None,
) -> Alliances:  # fmt: skip
    """Find the alliances among the needs and capabilities of a run.

    Parameters
    ----------
    run
        The match lists of the needs.
    sides
        Its needs and its capabilities, encoded.
    staff
        Whether the reader may see private records and anonymous owners.
    previous
        What the run before left, to keep the themes' numbers and to say what moved.
    number
        How many themes; by default as many as the data have.

    Raises InputError where an earlier run of the office would be compared for others.
    """
    if previous and previous.staff and not staff:
        # What left a theme would count private records.
        raise InputError(
            "上一次的结果含有保密记录，只能用于同样供内部使用的结果。请换一个上一次的结果，"
            "或让保密记录也参与本次运行。",
            "The result of the run before holds private records: compare it with one for staff, "
            "or name another one.",
        )
    day = date.fromisoformat(run.provenance.date[:10])
    states = [[closed(record, day, staff) for record in side.records] for side in sides]
    shut = sum(state not in (None, "confidential") for side in states for state in side)
    asks, offers = (
        side.subset([state is None for state in found])
        for side, found in zip(sides, states, strict=True)
    )
    records = _shown([*asks.records, *offers.records], run.provenance, staff)
    themes = find_themes((asks, offers), background, number, _count_of(previous))
    of = themes.of.tolist()
    names = name_themes(records, of, themes.closeness.tolist(), themes.count)
    book = _Book(run, asks, offers, records, staff)
    members = [np.flatnonzero(themes.of == theme).tolist() for theme in range(themes.count)]
    keys = [frozenset((records[i].record, records[i].id) for i in rows) for rows in members]
    ids, moves, upcoming = continue_themes(
        keys, themes.centres, run.provenance.encoder_fingerprint, previous
    )
    found = tuple(
        book.alliance(rows, id, name, move)
        for rows, id, name, move in zip(members, ids, names, moves, strict=True)
    )
    places, discs = lay_out(themes.vectors, themes.centres, themes.of)
    kept = {move.before.id for move in moves if move.before}
    return Alliances(
        found,
        _points(records, of, places, book.open_rows),
        tuple((float(x), float(y), float(r)) for x, y, r in discs),
        tuple(theme for theme in (previous.themes if previous else ()) if theme.id not in kept),
        len(records),
        shut,
        max((len(found.matches) + len(found.below) for found in run.lists), default=0),
        previous.date if previous else "",
        run.provenance,
        staff,
        Snapshot(
            run.provenance.date, run.provenance.encoder_fingerprint, staff, upcoming,
            tuple(
                Remembered(
                    theme.id, theme.called("zh"), theme.called("en"),
                    tuple(float(round(value, 4)) for value in themes.centres[i].tolist()),
                    tuple(need.id for need in theme.needs),
                    tuple(capability.id for capability in theme.capabilities), len(theme.unmet),
                )
                for i, theme in enumerate(found)
            ),
        ),
    )  # fmt: skip


def _count_of(previous: Snapshot | None) -> int | None:
    return len(previous.themes) if previous and previous.themes else None


def _shown(records: Sequence[Offer], made: Provenance, staff: bool) -> list[Offer]:
    """Return the records as the reader may see them; none of them may be private to him."""
    lists = tuple(MatchList(record, ()) for record in records)
    shown = [found.query for found in visible_run(Run(lists, made), staff).lists]
    assert len(shown) == len(records)
    return shown


def _points(
    records: Sequence[Offer], of: Sequence[int], places: Places, open_rows: frozenset[int]
) -> tuple[Point, ...]:
    return tuple(
        Point(record, of[row], float(places[row, 0]), float(places[row, 1]), row in open_rows)
        for row, record in enumerate(records)
        if of[row] >= 0
    )


class _Book:
    """The records of a run by row, their parties, and the matches between them."""

    def __init__(
        self, run: Run, asks: EncodedRecords, offers: EncodedRecords, records: Sequence[Offer],
        staff: bool,
    ) -> None:  # fmt: skip
        self.records, self._staff = records, staff
        self._needs = len(asks.records)
        self.party = _parties([*asks.records, *offers.records], staff)
        rows = {
            (record.record, record.id): row
            for row, record in enumerate((*asks.records, *offers.records))
        }
        #: (row of the need, row of the capability, match as the reader may see it).
        self.matches: list[tuple[int, int, Match]] = []
        asked: set[int] = set()
        met: set[int] = set()
        for before, after in self._lists(run):
            row = rows.get(("need", before.query.id))
            if row is None:
                continue
            allowed = [m for m in before.matches if self._open(m.capability)]
            for match, seen in zip(allowed, after.matches, strict=True):
                offered = rows.get(("capability", match.capability.id))
                if offered is not None:
                    met.add(row)
                    asked.add(offered)
                    self.matches.append((row, offered, seen))
        every = range(len(records))
        self.open_rows = frozenset(
            row for row in every if row not in (met if row < self._needs else asked)
        )

    def _open(self, record: Offer) -> bool:
        return self._staff or record.confidentiality != "private"

    def _lists(self, run: Run) -> Iterable[tuple[MatchList, MatchList]]:
        before = [found for found in run.lists if self._open(found.query)]
        # Without its files, so that only the lists are worked on.
        only = Run(run.lists, run.provenance, records=run.records)
        return zip(before, visible_run(only, self._staff).lists, strict=True)

    def alliance(
        self, rows: Sequence[int], id: str, name: dict[Language, Name], movement: Movement
    ) -> Alliance:
        inside = frozenset(rows)
        members: dict[int, list[int]] = {}
        for row in rows:
            members.setdefault(self.party[row], []).append(row)
        parties = {
            number: Party(number, tuple(self.records[row] for row in own))
            for number, own in members.items()
        }
        records = [self.records[row] for row in rows]
        unmet = [self.records[row] for row in rows if row in self.open_rows]
        own = [item for item in self.matches if item[0] in inside]
        return Alliance(
            id, name, _needs(records), _capabilities(records), _needs(unmet),
            _capabilities(unmet), tuple(sorted(parties.values(), key=_weight)),
            self._leads(parties, inside), self._meetings(own, parties, inside), movement,
        )  # fmt: skip

    def _leads(self, parties: dict[int, Party], inside: frozenset[int]) -> tuple[Lead, ...]:
        partners: dict[int, set[int]] = {}
        for asks, offers, _ in self.matches:
            if asks in inside and offers in inside:
                one, other = self.party[asks], self.party[offers]
                partners.setdefault(one, set()).add(other)
                partners.setdefault(other, set()).add(one)
        leads = [
            Lead(party, may_lead(party.records[0].organisation), len(partners.get(number, ())))
            for number, party in parties.items()
            if _named(party.records[0], self._staff)
        ]
        ranked = sorted(
            (lead for lead in leads if lead.partners),
            key=lambda lead: (lead.kind is None, -lead.partners, *_weight(lead.party)),
        )
        return tuple(ranked[:LEADS])

    def _meetings(
        self, matches: Sequence[tuple[int, int, Match]], parties: dict[int, Party],
        inside: frozenset[int],
    ) -> tuple[Meeting, ...]:  # fmt: skip
        """Choose the most probable talks: first one for each need, then a second one.

        Two parties meet once. A match without a quote gives no reason to meet.
        """
        ranked = sorted(
            (item for item in matches if item[2].evidence),
            key=lambda item: (-(item[2].probability or 0.0), -item[2].score, item[:2]),
        )
        pairs: dict[tuple[int, int], list[tuple[int, int, Match]]] = {}
        for item in ranked:
            pairs.setdefault((self.party[item[0]], self.party[item[1]]), []).append(item)
        chosen: list[tuple[int, int]] = []
        need_talks: dict[int, int] = {}
        offer_talks: dict[int, int] = {}
        for most in range(1, FOR_A_NEED + 1):
            for pair, (best, *_) in pairs.items():
                full = need_talks.get(best[0], 0) >= most
                full |= most > 1 and (best[2].probability or 1.0) < WORTH
                full |= offer_talks.get(best[1], 0) >= FOR_A_CAPABILITY
                if full or pair in chosen or len(chosen) == MEETINGS:
                    continue
                chosen.append(pair)
                need_talks[best[0]] = need_talks.get(best[0], 0) + 1
                offer_talks[best[1]] = offer_talks.get(best[1], 0) + 1
        found = []
        for pair in chosen:
            (_, offers, match), *more = pairs[pair]
            guest = offers not in inside
            host = parties.get(pair[1]) or Party(pair[1], (self.records[offers],))
            found.append(Meeting(parties[pair[0]], host, match, len(more), guest))
        return tuple(sorted(found, key=lambda item: -(item.match.probability or 0.0)))


def _parties(records: Sequence[Offer], staff: bool) -> list[int]:
    """Return the number of each record's party.

    An anonymous record stands alone for those who may not know its owner: beside the owner's
    other records it would tell.
    """
    numbers = list(range(len(records)))
    known = [i for i in numbers if staff or records[i].confidentiality != "anonymous"]
    named = [
        records[i].model_copy(update={"confidentiality": "public"}) if staff else records[i]
        for i in known
    ]
    for group in grouped(named):
        for place in group:
            numbers[known[place]] = known[group[0]]
    return numbers


def _named(record: Offer, staff: bool) -> bool:
    return record.organisation is not None and (staff or record.confidentiality != "anonymous")


def _weight(party: Party) -> tuple[int, int]:
    return (-len(party.records), party.number)


def _needs(records: Iterable[Offer]) -> tuple[Need, ...]:
    return tuple(record for record in records if isinstance(record, Need))


def _capabilities(records: Iterable[Offer]) -> tuple[Capability, ...]:
    return tuple(record for record in records if isinstance(record, Capability))
