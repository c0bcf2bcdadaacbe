"""The consortia proposed in a report: one table on one page, with the members' own words."""

from __future__ import annotations

from dataclasses import dataclass

from matcher.export.cells import Cell
from matcher.export.consortium import sheet
from matcher.export.gaps import phrase
from matcher.export.quotes import Pieces, shared_pieces
from matcher.export.rows import Column, Table
from matcher.export.view import View
from matcher.export.word_summary import CONSORTIA, part_heading
from matcher.export.wordxml import link, paragraph, pieces, run, table

#: How many quotes of a member the page shows; how much of them, in halves of a Chinese character.
_QUOTES, _ROOM, _PART_ROOM = 2, 90, 40
_TITLE_ROOM = 60


@dataclass(frozen=True)
class Share:
    """One member and what it shows: the part of the need, and the member's words for it."""

    name: str
    title: str
    id: str
    lead: bool
    quotes: tuple[tuple[str, str], ...]

    @property
    def shown(self) -> tuple[tuple[str, Pieces], ...]:
        """What a page has room for, with what both sides say marked."""
        return tuple(
            (phrase(part, _PART_ROOM), shared_pieces(phrase(said, _ROOM), part))
            for part, said in self.quotes[:_QUOTES]
        )

    @property
    def further(self) -> int:
        """How many more parts it covers."""
        return len(self.quotes[_QUOTES:])


@dataclass(frozen=True)
class Line:
    """One need, what a consortium gains, and who is in it."""

    anchor: str
    id: str
    title: str
    owner: str
    gain: str
    members: tuple[Share, ...]
    #: The parts that nobody covers.
    open: tuple[str, ...]


def lines(view: View) -> list[Line]:
    """Return a line for each proposed consortium."""
    if view.consortia is None:
        return []
    words = view.words
    places = {found.query.id: place for place, found in enumerate(view.lists, start=1)}
    told = []
    for one in view.consortia.found:
        said = sheet(one, words.lang, view.staff)
        members = tuple(
            Share(
                member.owner, phrase(member.title, _TITLE_ROOM), member.id, member.lead,
                tuple((part.text, quote.text) for part in said.parts for quote in part.quotes
                      if quote.member == member.number),
            )
            for member in said.members
        )  # fmt: skip
        gain = words(
            "consortia_gain", parts=len(said.parts), alone=one.alone, members=len(members),
            covered=one.alone + one.gain,
        )  # fmt: skip
        left = tuple(part.text for part in said.uncovered)
        anchor = f"n{places[one.need.id]}" if one.need.id in places else ""
        told.append(Line(anchor, said.id, said.title, said.owner, gain, members, left))
    return told


def note(view: View) -> str:
    """Return how these were chosen, and among how many needs."""
    made = view.consortia
    assert made is not None
    # Counted among the needs that the reader may see: the rest would tell how many are private.
    needs = len(view.lists)
    looked = min(made.looked_at, needs)
    return view.words("consortia_note", looked=looked, needs=needs, n=len(made.found))


def open_parts(view: View, line: Line) -> str:
    """Return what is still missing, "" where nothing is."""
    if not line.open:
        return ""
    named = [view.words.quoted(phrase(text, _PART_ROOM)) for text in line.open[:_QUOTES]]
    if more := len(line.open[_QUOTES:]):
        named.append(view.words("consortia_more", n=more))
    return view.words("consortia_open", parts=view.words.join(named))


def word_section(view: View) -> list[str]:
    """Return the page of report.docx; nothing where there is no consortium to propose."""
    words, told = view.words, lines(view)
    if not told:
        return []
    rows = [
        [_need(view, line) if member is line.members[0] else paragraph("", "TableText"),
         _member(view, member), _quotes(view, member)]
        for line in told for member in line.members
    ]  # fmt: skip
    heads = ("consortia_need_and_gain", "consortium_member", "consortium_quote")
    return [
        part_heading(words, CONSORTIA),
        paragraph(run(note(view)), "NoteNext"),
        table([30, 26, 44], rows, head=[words(code) for code in heads]),
        paragraph("", "Gap"),
    ]


def _cell(text: str, style: str = "TableText") -> str:
    return paragraph(run(text), style)


def _need(view: View, line: Line) -> str:
    title = f"{line.id} {phrase(line.title, _TITLE_ROOM)}"
    named = link(title, line.anchor) if line.anchor else run(title)
    said = paragraph(named, "TableText") + _cell(line.owner, "TableLabel") + _cell(line.gain)
    left = open_parts(view, line)
    return said + _cell(left, "TableLabel") if left else said


def _member(view: View, member: Share) -> str:
    lead = view.words("consortia_lead") if member.lead else ""
    return _cell(member.name + lead) + _cell(f"{member.id} {member.title}", "TableLabel")


def _quotes(view: View, member: Share) -> str:
    said = [
        paragraph(run(f"{part} ← ", style="Muted") + pieces(quote), "TableText")
        for part, quote in member.shown
    ]
    if member.further:
        said.append(_cell(view.words("consortia_more", n=member.further), "TableLabel"))
    return "".join(said)


def table_of(view: View) -> Table | None:
    """Return the sheet of report.xlsx, one row for each part of a need; None without any."""
    told, w = lines(view), view.words
    if not told:
        return None
    columns = (
        Column(w("need_id"), 10), Column(w("need_title"), 26), Column(w("consortia_result"), 26),
        Column(w("consortium_part"), 34), Column(w("consortium_member"), 24),
        Column(w("consortium_record"), 28), Column(w("consortium_quote"), 44),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for line in told:
        need = (line.id, line.title, line.gain)
        rows += [
            (*need, part, member.name + (w("consortia_lead") if member.lead else ""),
             f"{member.id} {member.title}", said)
            for member in line.members for part, said in member.quotes
        ]  # fmt: skip
        rows += [(*need, part, w("consortium_not_covered"), None, None) for part in line.open]
    return Table(w("consortia_title"), columns, tuple(rows), note(view))
