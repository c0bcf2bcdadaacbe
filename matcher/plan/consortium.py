"""A consortium (创新联合体) for one need: its parts, who covers them, and who leads.

A member is one party with all its records: organisations that share a name, an alias, a parent or
a credit code count as one, so that no two members are in conflict. Each covered part is shown by a
sentence of one record of its member; what two records say only together is not covered.

Of two figures for each member, seen from the lead:

    similarity = the largest cosine between hub-corrected vectors of a record of the member and
                 one of the lead (of the need itself, where its owner leads)
    complementarity = |P_m - P_l| / |P - P_l|

with P the parts that the consortium covers, P_m those of the member and P_l those of the lead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from matcher.encode.base import Array, Encoder, Text
from matcher.engine import Matcher
from matcher.plan import cover
from matcher.plan.coverage import covered
from matcher.plan.parties import grouped
from matcher.plan.parts import Part, about, fits, parts_of
from matcher.plan.proposal import (
    LEADS,
    Candidate,
    Consortium,
    Covering,
    Member,
    OneMore,
    Place,
    Proposal,
    may_lead,
)
from matcher.rank.common import dampings, load_common
from matcher.rank.hub import HubCorrection, Slot, pair_of
from matcher.rank.weights import Weights
from matcher.records import Need
from matcher.results import MatchList
from matcher.text.normalise import Language, language, simplify
from matcher.text.sentences import record_text

#: So many candidates are looked at for the whole need, and for each part of another element.
CANDIDATES, FOR_A_PART = 60, 20
#: A consortium has at most so many partners.
MOST = 6
ALTERNATIVES = 3
#: From this cosine on, two records are of one subject; a third of such pairs serve one need.
SAME_SUBJECT = 0.24

#: Finds the partners that the engine would list for a need.
Ask = Callable[[Need, int], tuple[MatchList, Sequence[Candidate]]]


class Consortia:
    """Forms consortia.

    Parameters
    ----------
    ask
        What finds credible partners for a need.
    encoder, hub, weights
        Those of the engine behind ``ask``.
    """

    def __init__(self, ask: Ask, encoder: Encoder, hub: HubCorrection, weights: Weights) -> None:
        self._ask, self._hub, self._weights = ask, hub, weights
        # The parts of a need are nobody else's text: no vector of theirs is kept.
        self._encoder: Encoder = getattr(encoder, "uncached", encoder)
        self._dampings = dampings(load_common(), {})

    @classmethod
    def of(cls, matcher: Matcher) -> Consortia:
        """Return what forms consortia among the records of a matcher."""
        rows = {id(record): row for row, record in enumerate(matcher.targets.records)}

        def ask(query: Need, top: int) -> tuple[MatchList, Sequence[Candidate]]:
            found = matcher.match(query, top)
            return found, [
                Candidate(match, matcher.targets, rows[id(match.capability)])
                for match in found.matches
            ]

        return cls(ask, matcher.encoder, matcher.hub, matcher.weights)

    def form(self, need: Need, most: int = MOST, alternatives: int = ALTERNATIVES) -> Proposal:
        """Return the best consortium of at most ``most`` partners, and what there is beside it."""
        parts = parts_of(need)
        found, candidates = self._candidates(need, parts)
        vectors, lang = self._part_vectors(need, parts)
        shown = [
            (candidate, covers)
            for candidate in candidates
            if (covers := self._covers(need, parts, vectors, lang, candidate))
        ]
        # Parts that need a search of their own add who is not listed for the need: they come last.
        ranks = {id(candidate.record): rank for rank, candidate in enumerate(candidates)}
        members = _members(shown, ranks)
        owner_leads = may_lead(need.organisation)
        lead_wanted = owner_leads is None
        choices = [
            cover.Candidate(
                {n: _strength(item, member, ranks) for n, item in member.covers.items()},
                member.may_lead is not None,
            )
            for member in members
        ]
        formed: list[Consortium] = []
        taken: list[frozenset[int]] = []
        while len(formed) <= alternatives:
            chosen = cover.choose(choices, most, lead_wanted=lead_wanted, unlike=taken)
            if chosen is None or frozenset(chosen.members) in taken:
                break
            taken.append(frozenset(chosen.members))
            those = tuple(members[m] for m in chosen.members)
            formed.append(_consortium(those, lead_wanted, chosen))
        known = Proposal(
            need, parts, owner_leads=owner_leads, credible=len(candidates), covering=len(shown),
            alone=max((len(member.covers) for member in members), default=0),
        )  # fmt: skip
        if not formed:
            return replace(known, reason=found.reason or "nothing_covered")
        best = formed[0]
        return replace(
            known,
            best=best,
            alternatives=tuple(formed[1:]),
            one_more=_one_more(best, members),
            places=self._places(need, best, owner_leads is not None),
        )

    def _candidates(self, need: Need, parts: Sequence[Part]) -> tuple[MatchList, list[Candidate]]:
        """Return who is credible for the whole need, or for a part of another element."""
        # A consortium is open to every kind of capability: who may fill which role comes later.
        asked = need.model_copy(update={"kind": "partner"})
        found, candidates = self._ask(asked, CANDIDATES)
        if found.reason not in ("", "below_threshold", "no_common_ground", "all_excluded"):
            return found, []
        known = {id(candidate.record): candidate for candidate in candidates}
        for part in parts:
            if part.element != about(need) and part.kind != "indicator":
                text = f"{need.title}\n{part.span.text}".strip()
                alone = asked.model_copy(
                    update=dict.fromkeys(need.text_fields, "") | {"problem": text}
                )
                for candidate in self._ask(alone, FOR_A_PART)[1]:
                    if fits(part.element, need, candidate.record):
                        known.setdefault(id(candidate.record), candidate)
        return found, list(known.values())

    def _part_vectors(self, need: Need, parts: Sequence[Part]) -> tuple[Array, Language]:
        text, _ = record_text(need)
        starts: dict[str, int] = {}
        at = 0
        for field, passage in need.passages:
            starts[field] = at
            at += len(passage) + 1
        spans = tuple(
            (starts[p.span.field] + p.span.start, starts[p.span.field] + p.span.end) for p in parts
        )
        encoded = self._encoder.encode("need", [Text(simplify(text), spans)])[0]
        return encoded.sentences, language(text)

    def _covers(
        self,
        need: Need,
        parts: Sequence[Part],
        vectors: Array,
        asked: Language,
        candidate: Candidate,
    ) -> dict[int, Covering]:
        encoded, row = candidate.encoded, candidate.row
        theirs = encoded.languages[row]
        pair = pair_of(asked, theirs)
        figures = self._weights.pairs[pair]
        ours = self._hub.apply(vectors, ("sentence", "need", asked), figures.flatten)
        slot: Slot = ("sentence", "capability", theirs)
        offered = self._hub.apply(encoded.sentence_vectors[row], slot, figures.flatten)
        found = covered(
            need, parts, candidate.record, encoded.sentences[row], ours @ offered.T, pair,
            figures.answer, self._dampings.get(asked, {}),
        )  # fmt: skip
        return {
            part.number: Covering(part, candidate.record, found[part.number])
            for part in parts
            if part.number in found and fits(part.element, need, candidate.record)
        }

    def _places(self, need: Need, best: Consortium, owner_leads: bool) -> tuple[Place, ...]:
        centre = None if owner_leads else best.lead or max(
            best.members, key=lambda member: len(member.covers)
        )  # fmt: skip
        theirs = set(centre.covers) if centre else set()
        left = set(best.covers) - theirs
        places = []
        for member in best.members:
            if member is centre:
                continue
            near = (
                max(
                    self._similarity(one, other)
                    for one in member.candidates for other in centre.candidates
                )
                if centre else max(c.match.legs[0].score or 0.0 for c in member.candidates)
            )  # fmt: skip
            share = len(set(member.covers) - theirs) / max(len(left), 1)
            brings = share * (len(best.members) - (centre is not None)) >= 1
            places.append(
                Place(member, round(near, 4), round(share, 4), near >= SAME_SUBJECT, brings)
            )
        return tuple(places)

    def _similarity(self, one: Candidate, other: Candidate) -> float:
        langs = one.encoded.languages[one.row], other.encoded.languages[other.row]
        flatten = self._weights.pairs[pair_of(*langs)].flatten
        a, b = (
            self._hub.apply(
                c.encoded.vectors[c.row : c.row + 1], ("record", "capability", lang), flatten
            )[0]
            for c, lang in zip((one, other), langs, strict=True)
        )
        return float(np.dot(a, b))


def _rank(member: Member, ranks: Mapping[int, int]) -> int:
    """Return the place of a member's best listed record among the need's candidates, from 0."""
    return min(ranks[id(candidate.record)] for candidate in member.candidates)


def _strength(item: Covering, member: Member, ranks: Mapping[int, int]) -> float:
    """Return what decides between members that cover the same: the rank, then the evidence."""
    similarity = min(max(0.0, item.evidence.similarity), 1.0)
    return (len(ranks) - 1 - _rank(member, ranks) + similarity) / len(ranks)


def _members(
    shown: Sequence[tuple[Candidate, Mapping[int, Covering]]], ranks: Mapping[int, int]
) -> list[Member]:
    """Join the records of one party; in the need's own order, so that the likeliest come first."""
    members = []
    ordered = sorted(shown, key=lambda item: (-len(item[1]), ranks[id(item[0].record)]))
    for group in grouped([candidate.record for candidate, _ in ordered]):
        best: dict[int, Covering] = {}
        for _, covers in (ordered[i] for i in group):
            for number, item in covers.items():
                known = best.get(number)
                if known is None or item.evidence.similarity > known.evidence.similarity:
                    best[number] = item
        used = {id(item.record) for item in best.values()}
        candidates = tuple(ordered[i][0] for i in group if id(ordered[i][0].record) in used)
        fit = {may_lead(candidate.record.organisation) for candidate in candidates}
        lead = next((kind for kind in LEADS if kind in fit), None)
        members.append(Member(candidates, dict(sorted(best.items())), lead))
    return sorted(members, key=lambda member: _rank(member, ranks))


def _consortium(members: tuple[Member, ...], lead_wanted: bool, chosen: cover.Choice) -> Consortium:
    # The members come in the need's own order, which a stable sort keeps among equals.
    ordered = tuple(sorted(members, key=lambda m: -len(m.covers)))
    able = [member for member in ordered if member.may_lead]
    able.sort(key=lambda member: member.may_lead != "chain_leader")
    lead = able[0] if able and lead_wanted else None
    if lead:
        ordered = (lead, *(member for member in ordered if member is not lead))
    return Consortium(ordered, lead, chosen.exact, chosen.bound)


def _one_more(best: Consortium, members: Sequence[Member]) -> OneMore | None:
    """Return whom to ask next: who covers most that is new, then most a second time."""
    inside = {id(member) for member in best.members}
    left = [
        OneMore(
            member,
            tuple(n for n in member.covers if n not in best.covers),
            tuple(n for n in member.covers if n in best.covers),
        )
        for member in members
        if id(member) not in inside
    ]
    return max(
        left, key=lambda more: (len(more.adds), len(more.seconds)), default=None
    )  # fmt: skip
