"""The needs of a run for which no one partner will do, but a consortium covers more parts.

Forming a consortium asks the engine anew for every need, so only the most promising needs are
looked at: those with the most parts, of which two partners are listed or two elements (technology,
industry, finance, talent) are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matcher.encode.base import Progress
from matcher.plan.consortium import Consortia
from matcher.plan.parts import parts_of
from matcher.plan.proposal import Proposal
from matcher.records import Need
from matcher.results import MatchList

#: More than these would not go on one page of a report.
MOST = 4


@dataclass(frozen=True)
class Proposals:
    """Consortia for needs of one run, the one that gains most first."""

    found: tuple[Proposal, ...]
    #: For so many of the needs a consortium was sought.
    looked_at: int
    needs: int

    def public(self) -> Proposals:
        """Return these without any that rests on a private record."""
        return replace(self, found=tuple(one for one in self.found if not _private(one)))


def propose(
    lists: Sequence[MatchList], consortia: Consortia, look_at: int, step: Progress | None = None
) -> Proposals:
    """Return the most telling consortia for the needs that were asked.

    Parameters
    ----------
    lists
        What the engine found for each need.
    look_at
        For how many needs a consortium is sought, the most promising first; each takes about as
        long as a few matches.
    step
        Called with 1 for each need that was looked at.
    """
    hopes = [(promise(found), found) for found in lists]
    # Sorting is stable: of two alike the earlier comes first.
    hopeful = sorted((h for h in hopes if h[0] > 0), key=lambda h: -h[0])[: max(look_at, 0)]
    telling: list[Proposal] = []
    for _, found in hopeful:
        assert isinstance(found.query, Need)
        one = consortia.form(found.query, alternatives=0)
        if one.gain > 0:
            telling.append(one)
        if step is not None:
            step(1)
    telling.sort(key=lambda one: -one.gain)
    return Proposals(tuple(telling[:MOST]), len(hopeful), len(lists))


def promise(found: MatchList) -> int:
    """Return how many parts a need has that several partners may share; 0 for a capability's list.

    Where neither two partners are listed nor two elements asked for, there is nothing to share.
    """
    need = found.query
    if not isinstance(need, Need):
        return 0
    parts = parts_of(need)
    shared = len(found.matches) > 1 or len({part.element for part in parts}) > 1
    return len(parts) if shared else 0


def _private(one: Proposal) -> bool:
    members = one.best.members if one.best else ()
    records = [candidate.record for member in members for candidate in member.candidates]
    return any(record.confidentiality == "private" for record in (one.need, *records))
