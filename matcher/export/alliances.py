"""Alliances in words, and alliances.xlsx."""

from __future__ import annotations

from collections.abc import Iterator

from matcher.export.cells import Cell
from matcher.export.quotes import ENDS
from matcher.export.rows import Column, Table
from matcher.export.view import View
from matcher.export.words import Words, probability_of
from matcher.plan.alliances import MEETINGS, Alliance, Alliances, Lead, Meeting, Party
from matcher.plan.themes import FEWEST
from matcher.records import Offer
from matcher.results import Run

#: Quotes that are shown for a meeting.
QUOTES = 2


class Shown:
    """Alliances in words, for one reader in one language."""

    def __init__(self, found: Alliances, lang: str) -> None:
        self.found, self.words = found, Words(lang)
        self.view = View(Run((), found.provenance), self.words, found.staff)

    @property
    def title(self) -> str:
        """The title of the report."""
        return self.words("alliance_title")

    @property
    def why_none(self) -> str:
        """Why there are no themes, "" where there are some."""
        if self.found.themes:
            return ""
        return self.words("alliance_none", n=self.found.records, least=FEWEST)

    def owner(self, record: Offer) -> str:
        """Return the owner as the reader may see it."""
        return self.view.owner(record)

    def party(self, party: Party) -> str:
        """Return a party's name as the reader may see it."""
        return self.owner(party.records[0])

    def movement(self, theme: Alliance) -> str:
        """Say how a theme moved since the last run."""
        move, words = theme.movement, self.words
        before = move.before
        if before is None:
            return words(f"alliance_{move.status}")
        if not move.joined and not move.left:
            return words("alliance_same")
        said = words(
            "alliance_moved", joined=move.joined, left=move.left,
            needs=_change(len(before.needs), len(theme.needs)),
            capabilities=_change(len(before.capabilities), len(theme.capabilities)),
        )  # fmt: skip
        name = before.en if words.lang == "en" else before.zh
        if name == theme.called(words.lang):
            return said
        return said + words("alliance_renamed", name=name)

    def lead(self, lead: Lead) -> str:
        """Say why a party may lead."""
        kind = self.words(f"alliance_lead_{lead.kind or 'other'}")
        return self.words(
            "alliance_lead_why", kind=kind, partners=lead.partners,
            needs=len(lead.party.needs), capabilities=len(lead.party.capabilities),
        )  # fmt: skip

    def role(self, party: Party) -> str:
        """Say whether a party asks, offers, or both."""
        if party.needs and party.capabilities:
            return self.words("alliance_role_both")
        return self.words("alliance_role_needs" if party.needs else "alliance_role_offers")

    def host(self, meeting: Meeting) -> str:
        """Return who offers, marked where he is a guest."""
        name = self.party(meeting.offers)
        return name + self.words("alliance_guest") if meeting.guest else name

    def reasons(self, meeting: Meeting) -> list[tuple[str, str]]:
        """Return the quotes that a meeting rests on: of the need, of the capability."""
        return [
            (item.need.text.strip(ENDS), item.capability.text.strip(ENDS))
            for item in meeting.match.evidence[:QUOTES]
        ]

    def title_of(self, record: Offer) -> str:
        """Return a record's title, marked where it is private."""
        return self.view.title(record)

    def notes(self) -> list[str]:
        """Return how to read all this."""
        words = self.words
        said = [
            words("alliance_how_themes"), words("alliance_how_gap", top=self.found.top),
            words("alliance_how_salon", most=MEETINGS), words("alliance_how_lead"),
        ]  # fmt: skip
        if self.found.closed:
            said.append(words("alliance_closed", n=self.found.closed))
        if self.found.ended:
            names = words.join(
                f"{theme.id} {theme.en if words.lang == 'en' else theme.zh}"
                for theme in self.found.ended
            )
            said.append(words("alliance_ended", names=names))
        return said

    def numbers(self, theme: Alliance) -> list[tuple[str, int]]:
        """Return the figures of a theme with their labels."""
        words = self.words
        return [
            (words("alliance_demand"), len(theme.needs)),
            (words("alliance_supply"), len(theme.capabilities)),
            (words("alliance_parties"), len(theme.parties)),
            (words("alliance_unmet"), len(theme.unmet)),
            (words("alliance_unasked"), len(theme.unasked)),
        ]


def _change(before: int, now: int) -> str:
    return f"{before} → {now}"


def overview(shown: Shown) -> Table:
    """Return one row a theme."""
    w, lang = shown.words, shown.words.lang
    columns = (
        Column(w("alliance_number"), 8, "centre"), Column(w("alliance_theme"), 36),
        Column(w("alliance_demand"), 9, "centre"), Column(w("alliance_supply"), 9, "centre"),
        Column(w("alliance_parties"), 9, "centre"), Column(w("alliance_unmet"), 13, "centre"),
        Column(w("alliance_unasked"), 13, "centre"), Column(w("alliance_meetings"), 9, "centre"),
        Column(w("alliance_leads"), 40), Column(w("alliance_movement"), 34),
    )  # fmt: skip
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            theme.id, theme.called(lang), *(n for _, n in shown.numbers(theme)),
            len(theme.meetings),
            "\n".join(shown.party(lead.party) for lead in theme.leads) or w("alliance_no_lead"),
            shown.movement(theme),
        )
        for theme in shown.found.themes
    )  # fmt: skip
    return Table(w("alliance_overview"), columns, rows, shown.why_none)


def salon(shown: Shown) -> Table:
    """Return one row a meeting."""
    w = shown.words
    columns = (
        *_theme_columns(w), Column(w("alliance_asks"), 22), Column(w("need"), 24),
        Column(w("alliance_offers"), 22), Column(w("capability"), 24),
        Column(w("probability"), 10, "centre"), Column(w("alliance_why"), 60),
    )  # fmt: skip
    rows = tuple(
        (
            theme.id, theme.called(w.lang), shown.party(item.asks),
            _record(shown, item.match.need), shown.host(item),
            _record(shown, item.match.capability), probability_of(item.match, w),
            "\n".join(f"{w.quoted(one)} ← {w.quoted(other)}"
                      for one, other in shown.reasons(item))
            + (f"\n{w('alliance_more', n=item.more)}" if item.more else ""),
        )
        for theme in shown.found.themes
        for item in theme.meetings
    )  # fmt: skip
    return Table(w("alliance_salon"), columns, rows, shown.why_none or w("alliance_no_salon"))


def gap(shown: Shown) -> Table:
    """Return the needs without a good match and the capabilities that nobody asks for."""
    w = shown.words
    columns = (
        *_theme_columns(w), Column(w("alliance_gap"), 24), Column(w("alliance_record"), 40),
        Column(w("alliance_parties"), 30),
    )  # fmt: skip
    rows = tuple(
        (theme.id, theme.called(w.lang), w(kind), _record(shown, record), shown.owner(record))
        for theme in shown.found.themes
        for kind, records in (("alliance_unmet", theme.unmet), ("alliance_unasked", theme.unasked))
        for record in records
    )
    return Table(w("alliance_gap"), columns, rows, shown.why_none or w("alliance_no_gap"))


def parties(shown: Shown) -> Table:
    """Return the parties of each theme, and which may lead."""
    w = shown.words
    columns = (
        *_theme_columns(w), Column(w("alliance_parties"), 32), Column(w("alliance_role"), 16),
        Column(w("alliance_demand"), 9, "centre"), Column(w("alliance_supply"), 9, "centre"),
        Column(w("alliance_leads"), 44),
    )  # fmt: skip
    return Table(w("alliance_parties"), columns, tuple(_party_rows(shown)), shown.why_none)


def _party_rows(shown: Shown) -> Iterator[tuple[str | int, ...]]:
    for theme in shown.found.themes:
        leads = {lead.party.number: shown.lead(lead) for lead in theme.leads}
        for party in theme.parties:
            yield (
                theme.id, theme.called(shown.words.lang), shown.party(party), shown.role(party),
                len(party.needs), len(party.capabilities), leads.get(party.number, ""),
            )  # fmt: skip


def records(shown: Shown) -> Table:
    """Return every record with its theme."""
    w = shown.words
    columns = (
        *_theme_columns(w), Column(w("alliance_side"), 10, "centre"),
        Column(w("alliance_record"), 44), Column(w("alliance_parties"), 30),
        Column(w("alliance_asked"), 10, "centre"),
    )  # fmt: skip
    themes = shown.found.themes
    points = sorted(shown.found.points, key=lambda point: point.theme)
    rows = tuple(
        (
            themes[point.theme].id, themes[point.theme].called(w.lang), w(point.record.record),
            _record(shown, point.record), shown.owner(point.record),
            w("alliance_no" if point.open else "alliance_yes"),
        )
        for point in points
    )  # fmt: skip
    return Table(w("alliance_sheet_records"), columns, rows, shown.why_none)


def _theme_columns(w: Words) -> tuple[Column, Column]:
    return (
        Column(w("alliance_number"), 8, "centre"),
        Column(w("alliance_theme"), 26),
    )


def _record(shown: Shown, record: Offer) -> str:
    return f"{record.id} {shown.title_of(record)}"


def xlsx_bytes(shown: Shown) -> bytes:
    """Return alliances.xlsx."""
    from matcher.export.xlsx import tables_bytes

    notes = Table(
        shown.words("alliance_sheet_how"), (Column(shown.words("alliance_sheet_how"), 110),),
        tuple((line,) for line in shown.notes()), "",
    )  # fmt: skip
    found = (overview(shown), salon(shown), gap(shown), parties(shown), records(shown), notes)
    return tables_bytes(shown.view, "alliance_title", found)
