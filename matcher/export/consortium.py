"""A proposed consortium in words, as its reader may see it: what every writer and page shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matcher.export import privacy
from matcher.export.gaps import one_line, phrase
from matcher.export.quotes import Pieces, shared_pieces
from matcher.export.words import Words, kind_of, title_of, trl_of
from matcher.plan.parts import Part
from matcher.plan.proposal import Consortium, Member, Place, Proposal
from matcher.records import Offer

_QUOTE_ROOM, _PART_ROOM, _NAME_ROOM = 240, 120, 44


@dataclass(frozen=True)
class MemberLine:
    """One member; ``number`` is what the tables call it by."""

    number: int
    title: str
    owner: str
    id: str
    details: str
    role: str
    parts: str
    probability: float | None
    lead: bool


@dataclass(frozen=True)
class Quote:
    """Who covers a part, with its words; ``pieces`` marks what both sides say."""

    member: int
    title: str
    owner: str
    id: str
    text: str
    pieces: Pieces


@dataclass(frozen=True)
class PartLine:
    """One part of the need and who covers it; no quotes: nobody."""

    number: int
    kind: str
    element: str
    text: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class Alternative:
    """Another set of members and what it loses."""

    number: int
    members: str
    loses: str


@dataclass(frozen=True)
class Point:
    """A member in the four-field picture."""

    number: int
    title: str
    similarity: float
    complementarity: float
    #: near_brings, far_brings, near_little or far_little.
    field: str
    label: str


@dataclass(frozen=True)
class Sheet:
    """Everything that is said about the consortium for one need."""

    title: str
    id: str
    owner: str
    kind: str
    #: How much is covered, who leads, how it was chosen.
    summary: tuple[str, ...]
    members: tuple[MemberLine, ...]
    parts: tuple[PartLine, ...]
    one_more: str
    alternatives: tuple[Alternative, ...]
    points: tuple[Point, ...]
    picture: str
    #: Why there is none, and what to do; "" where there is one.
    reason: str
    advice: str
    how: str

    @property
    def uncovered(self) -> tuple[PartLine, ...]:
        """The parts that nobody covers."""
        return tuple(part for part in self.parts if not part.quotes)


def sheet(proposal: Proposal, lang: str = "zh", staff: bool = False) -> Sheet:
    """Return a proposal in words.

    Unless ``staff``, owners of anonymous records are hidden and masked in every quote. Private
    records take part only where the engine was told so.
    """
    return _Writer(proposal, Words(lang), staff).sheet()


class _Writer:
    def __init__(self, proposal: Proposal, words: Words, staff: bool) -> None:
        self.proposal, self.words, self.staff = proposal, words, staff
        self.shown = privacy.Shown(staff)
        members = proposal.best.members if proposal.best else ()
        self.numbers = {id(member): i for i, member in enumerate(members, start=1)}

    def sheet(self) -> Sheet:
        proposal, words = self.proposal, self.words
        need = self.shown.record(proposal.need)
        return Sheet(
            title=self.title(need),
            id=one_line(need.id),
            owner=one_line(privacy.shown_owner(need, words.lang, self.staff)),
            kind=kind_of(need, words),
            summary=self.summary(),
            members=self.members(),
            parts=tuple(self.part(part) for part in proposal.parts),
            one_more=self.one_more(),
            alternatives=tuple(
                self.alternative(i, other) for i, other in enumerate(proposal.alternatives, start=1)
            ),
            points=tuple(self.point(place) for place in proposal.places),
            picture=self.picture(),
            reason=words.label("reasons", proposal.reason) if proposal.reason else "",
            advice=words(f"advice_{proposal.reason}") if proposal.reason else "",
            how=words("consortium_how"),
        )

    def title(self, record: Offer) -> str:
        title = title_of(record, self.words)
        mark = privacy.mark(record, self.words.lang)
        return one_line(self.words("marked", mark=mark, title=title) if mark else title)

    def name(self, member: Member) -> str:
        """Return the member by its owner, or where that is hidden by its record."""
        record = member.record
        if record.organisation is None or (record.confidentiality != "public" and not self.staff):
            return self.title(self.shown.record(record))
        return one_line(record.organisation.name)

    def text(self, part: Part) -> str:
        return phrase(self.shown.text(self.proposal.need, part.span), _PART_ROOM)

    def listed(self, parts: Iterable[Part]) -> str:
        return self.words.join(self.words.quoted(self.text(part)) for part in parts)

    def summary(self) -> tuple[str, ...]:
        words, best = self.words, self.proposal.best
        if best is None:
            return ()
        told = [
            words(
                "consortium_covered", parts=len(self.proposal.parts),
                covered=len(best.covers), members=len(best.members),
            )
        ]  # fmt: skip
        if len(best.members) == 1:
            told[:0] = self.alone(best.members[0])
        elif self.proposal.owner_leads:
            why = words(f"lead_{self.proposal.owner_leads}")
            told.append(words("consortium_lead_owner", why=why))
        elif best.lead:
            why = words(f"lead_{best.lead.may_lead}")
            told.append(words("consortium_lead_member", name=self.name(best.lead), why=why))
        else:
            told.append(words("consortium_lead_none"))
        bound = f"{best.bound:g}"
        told.append(
            words("consortium_exact") if best.exact else words("consortium_greedy", bound=bound)
        )
        return tuple(told)

    def alone(self, member: Member) -> list[str]:
        """Return what one partner alone is enough for: the need, or what anybody covers of it."""
        proposal, name = self.proposal, self.name(member)
        if not proposal.uncovered:
            return [self.words("consortium_single", name=name)]
        if proposal.one_more and proposal.one_more.adds:
            return []
        left = self.listed(proposal.uncovered)
        return [self.words("consortium_alone", name=name, parts=left)]

    def members(self) -> tuple[MemberLine, ...]:
        words, best = self.words, self.proposal.best
        lines = []
        for member in best.members if best else ():
            record = self.shown.record(member.record)
            lead = best is not None and member is best.lead
            roles = [words.label("consortium_elements", code) for code in member.elements]
            roles = [words("consortium_role_lead"), *roles] if lead else roles
            details = [kind_of(record, words), trl_of(record)]
            lines.append(
                MemberLine(
                    number=self.numbers[id(member)],
                    title=self.title(record),
                    owner=one_line(privacy.shown_owner(record, words.lang, self.staff)),
                    id=words.join(
                        one_line(self.shown.record(c.record).id) for c in member.candidates
                    ),
                    details=" · ".join(filter(None, details)),
                    role=words.join(roles),
                    parts=words.join(str(number) for number in member.covers),
                    probability=member.probability,
                    lead=lead,
                )
            )
        return tuple(lines)

    def part(self, part: Part) -> PartLine:
        words, best = self.words, self.proposal.best
        text = self.text(part)
        quotes = []
        for member, item in best.covers.get(part.number, ()) if best else ():
            record = self.shown.record(item.record)
            said = phrase(self.shown.text(item.record, item.evidence.capability), _QUOTE_ROOM)
            quotes.append(
                Quote(
                    self.numbers[id(member)], self.title(record),
                    one_line(privacy.shown_owner(record, words.lang, self.staff)),
                    one_line(record.id), said, shared_pieces(said, text),
                )
            )  # fmt: skip
        element = words.label("consortium_elements", part.element)
        return PartLine(part.number, words(f"part_{part.kind}"), element, text, tuple(quotes))

    def one_more(self) -> str:
        words, more = self.words, self.proposal.one_more
        if self.proposal.best is None:
            return ""
        if more is None:
            return words("consortium_no_more")
        code, numbers = (
            ("consortium_one_more_adds", more.adds)
            if more.adds else ("consortium_one_more_seconds", more.seconds)
        )  # fmt: skip
        parts = [part for part in self.proposal.parts if part.number in numbers]
        return words(code, name=self.member(more.member), parts=self.listed(parts))

    def member(self, member: Member) -> str:
        title = phrase(self.title(self.shown.record(member.record)), _NAME_ROOM)
        name = self.name(member)
        return title if title == name else f"{name}・{title}"

    def alternative(self, number: int, other: Consortium) -> Alternative:
        lost = self.proposal.lost(other)
        loses = self.words("consortium_loses", parts=self.listed(lost))
        return Alternative(
            number,
            "; ".join(self.member(member) for member in other.members)
            if self.words.lang == "en" else "；".join(map(self.member, other.members)),
            loses if lost else self.words("consortium_loses_nothing"),
        )  # fmt: skip

    def point(self, place: Place) -> Point:
        field = f"{'near' if place.near else 'far'}_{'brings' if place.brings else 'little'}"
        return Point(
            self.numbers[id(place.member)],
            self.title(self.shown.record(place.member.record)),
            place.similarity, place.complementarity, field,
            self.words(f"consortium_field_{field}"),
        )  # fmt: skip

    def picture(self) -> str:
        words, best = self.words, self.proposal.best
        if best is None or not self.proposal.places:
            return ""
        if self.proposal.owner_leads:
            return words("consortium_picture_owner")
        if best.lead:
            return words("consortium_picture_lead", name=self.name(best.lead))
        most = max(best.members, key=lambda member: len(member.covers))
        return words("consortium_picture_member", name=self.name(most))
