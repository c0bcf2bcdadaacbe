"""What is said about a consortium, with its proof: members, quotes, gaps, alternatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from matcher.index.collection import EncodedRecords
from matcher.plan.parts import Part
from matcher.records import Capability, Need, Organisation
from matcher.results import Evidence, Match

LeadKind = Literal["chain_leader", "platform"]
#: The better lead first.
LEADS: tuple[LeadKind, ...] = ("chain_leader", "platform")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A capability that the engine proposes, and where its vectors are."""

    match: Match
    encoded: EncodedRecords
    row: int

    @property
    def record(self) -> Capability:
        """The capability."""
        return self.match.capability


@dataclass(frozen=True)
class Covering:
    """One part, covered by one record of a member: the quotes of both are exact."""

    part: Part
    record: Capability
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class Member:
    """One party of a consortium and what it shows."""

    #: Its records that cover a part, the one that covers most first.
    candidates: tuple[Candidate, ...]
    #: Part number → the record and sentence that cover it.
    covers: Mapping[int, Covering]
    #: What makes it fit to lead, None if nothing does.
    may_lead: LeadKind | None

    @property
    def record(self) -> Capability:
        """The record that covers most parts; it stands for the member."""
        return self.candidates[0].record

    @property
    def key(self) -> str:
        """What members are told apart by: the id of their record."""
        return self.record.id

    @property
    def elements(self) -> tuple[str, ...]:
        """The elements whose roles it fills."""
        return tuple(dict.fromkeys(item.part.element for item in self.covers.values()))

    @property
    def probability(self) -> float | None:
        """The highest probability among its records."""
        known = [c.match.probability for c in self.candidates if c.match.probability is not None]
        return max(known, default=None)


@dataclass(frozen=True)
class Place:
    """Where a member stands, seen from the lead; see the module's formulas."""

    member: Member
    similarity: float
    complementarity: float
    #: Whether it is of the lead's subject, and brings at least an equal share of what that lacks.
    near: bool = False
    brings: bool = False


@dataclass(frozen=True)
class OneMore:
    """Who would be the next member: parts it newly covers, and parts it would be a second for."""

    member: Member
    adds: tuple[int, ...]
    seconds: tuple[int, ...]


@dataclass(frozen=True)
class Consortium:
    """A choice of members. ``lead`` is one of them, or None where the owner leads or nobody can."""

    members: tuple[Member, ...]
    lead: Member | None
    exact: bool
    bound: float

    @cached_property
    def covers(self) -> Mapping[int, tuple[tuple[Member, Covering], ...]]:
        """Part number → who covers it, the strongest first."""
        found: dict[int, list[tuple[Member, Covering]]] = {}
        for member in self.members:
            for number, item in member.covers.items():
                found.setdefault(number, []).append((member, item))
        return {
            number: tuple(sorted(items, key=lambda i: (-i[1].evidence.similarity, i[0].key)))
            for number, items in sorted(found.items())
        }


@dataclass(frozen=True)
class Proposal:
    """What can be said about a consortium for one need, with its proof."""

    need: Need
    parts: tuple[Part, ...]
    #: None with a ``reason`` where no record shows that it covers any part.
    best: Consortium | None = None
    alternatives: tuple[Consortium, ...] = ()
    one_more: OneMore | None = None
    #: Seen from the lead; where nobody leads, from the member with most parts.
    places: tuple[Place, ...] = ()
    #: What makes the need's own owner the lead.
    owner_leads: LeadKind | None = None
    #: A code of data/taxonomy/reasons.csv, "" where there is a consortium.
    reason: str = ""
    #: How many records were credible partners, and how many of them cover a part.
    credible: int = 0
    covering: int = 0
    #: The most parts that one party covers by itself.
    alone: int = 0

    @property
    def gain(self) -> int:
        """How many parts the consortium covers beyond what one party does."""
        return len(self.best.covers) - self.alone if self.best else 0

    @property
    def uncovered(self) -> tuple[Part, ...]:
        """The parts that nobody in the consortium covers."""
        known = self.best.covers if self.best else {}
        return tuple(part for part in self.parts if part.number not in known)

    def lost(self, other: Consortium) -> tuple[Part, ...]:
        """Return the parts that the best consortium covers and another one does not."""
        known = self.best.covers if self.best else {}
        return tuple(p for p in self.parts if p.number in known and p.number not in other.covers)


def may_lead(organisation: Organisation | None) -> LeadKind | None:
    """Tell what makes an organisation fit to lead: a large enterprise (链主), or a platform."""
    if organisation is None:
        return None
    if organisation.kind == "platform":
        return "platform"
    large = organisation.kind == "enterprise" and organisation.size == "large"
    return "chain_leader" if large else None
