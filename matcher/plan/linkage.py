"""Enterprises among themselves (企业间联动): who should buy, offer or supply together.

Three kinds of links, each with quotes of both sides, none between one party and itself:

- *needs*: two needs of different parties with the same problem, for a joint commission. Their
  vectors are nearer than ``SAME``; or nearer than ``LIKELY_SAME``, and the engine proposes the same
  capability to both with at least the probability that a good match needs. What is a form's
  (:mod:`matcher.plan.forms`) brings no needs together.
- *offers*: two capabilities of different parties that complete each other. They are of different
  kinds, such as a technology and a pilot line: two of one kind are mostly rivals. And either there
  is a need of which each covers a part that the other does not, or they are nearer than
  ``RELATED``. Only the ``FORMED`` needs with the most probable partners are looked at for that.
- *supply*: an enterprise's capability that the engine proposes for another enterprise's need, with
  at least the probability that a good match needs. An owner without a type is one by its name.

Nearness is the cosine of hub-corrected vectors, counted only between records of one language that
are each among the ten nearest of the other. The limits were chosen on the sample: the only needs
nearer than 0.35 are those that a judge gave the same partner, down to 0.2 three in 19 are; of the
capabilities nearer than 0.24 a third serve one need. docs/quality.md says how many suggestions made
sense to a reader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

from matcher.duplicates import SHARED, SIMILAR, dice
from matcher.encode.base import Array, Progress
from matcher.engine import Matcher
from matcher.index.collection import EncodedRecords, encode_records
from matcher.pipeline import Stage, silent
from matcher.plan.consortium import SAME_SUBJECT, Consortia
from matcher.plan.forms import without_forms
from matcher.plan.parties import apart, is_enterprise
from matcher.plan.proposal import Covering, Proposal
from matcher.rank.evidence import quote
from matcher.rank.hub import HubCorrection, Slot, load_background
from matcher.rank.rules import closed
from matcher.records import Need, Offer
from matcher.results import Evidence, Match, MatchList
from matcher.text.tokens import tokenise

Kind = Literal["needs", "offers", "supply"]
#: Cosines: the same problem; the same problem, given a common partner; the same subject.
SAME, LIKELY_SAME, RELATED = 0.35, 0.3, SAME_SUBJECT
#: Kinds that may be one thing sold in two ways.
_RIVALS = (frozenset({"technology", "service"}), frozenset({"instrument", "service"}))
#: So many neighbours of a record are looked at.
_NEIGHBOURS = 10
#: A record stands in at most so many links of a kind: nobody is sent to everybody.
_AT_MOST = 5
#: So many partners of a need are looked at.
_LISTED = 10
#: For so many needs a consortium is formed: each takes as long as several searches.
FORMED = 300
_BLOCK = 512


@dataclass(frozen=True)
class Link:
    """Two records that belong together, why, and the quotes of both that show it.

    ``evidence`` has the first record's text on its need side and the second's on the other.
    """

    kind: Kind
    first: Offer
    second: Offer
    evidence: tuple[Evidence, ...]
    #: Cosine of the two records, None where they were not compared.
    similarity: float | None = None
    #: Of a supply link.
    probability: float | None = None
    #: What brings them together: a capability for two needs, a need for two offers.
    through: Offer | None = None
    #: For two offers: the parts of that need that only the first, and only the second covers.
    firsts: tuple[Covering, ...] = ()
    seconds: tuple[Covering, ...] = ()


@dataclass(frozen=True)
class Linkage:
    """All links, the strongest first, and how many records took part."""

    needs: tuple[Link, ...]
    offers: tuple[Link, ...]
    supply: tuple[Link, ...]
    need_count: int
    capability_count: int
    #: Needs with several partners that were not looked at for offers that complete each other.
    unformed: int = 0
    #: Pairs that are no supply because nothing tells whether an owner is an enterprise.
    untyped: int = 0

    def of(self, kind: Kind) -> tuple[Link, ...]:
        """Return the links of one kind."""
        found: Mapping[Kind, tuple[Link, ...]] = {
            "needs": self.needs, "offers": self.offers, "supply": self.supply,
        }  # fmt: skip
        return found[kind]


def link(
    matcher: Matcher, needs: Sequence[Need], most: int = 100, stage: Stage = silent
) -> Linkage:
    """Return the links among needs and the capabilities of a matcher, at most ``most`` a kind.

    Closed and expired records take no part, nor do private ones unless the matcher was opened for
    them. ``stage`` hears of the steps "encode", "match", "complete" and "compare".
    """
    offers = matcher.targets
    open_offers = offers.subset(
        [closed(r, matcher.today, matcher.include_private) is None for r in offers.records]
    )
    asking = [n for n in needs if closed(n, matcher.today, matcher.include_private) is None]
    with stage("encode", len(asking)) as step:
        encoded = encode_records("need", without_forms(asking), matcher.encoder, step)
    own = encoded.own_vectors() | open_offers.own_vectors()
    hub = HubCorrection(load_background(matcher.encoder.fingerprint), own, matcher.encoder.dim)
    listed = []
    with stage("match", len(asking)) as step:
        for found in matcher.match_all(asking, _LISTED):
            listed.append(found)
            step(1)
    several = _several(listed)
    consortia = Consortia.of(matcher)
    likely = matcher.calibration.threshold if matcher.calibration else 0.0
    lists = [replace(f, matches=tuple(m for m in f.matches if _likely(m, likely))) for f in listed]
    pairs = _Pairs(hub, matcher.weights.pairs["within"].flatten,
                   matcher.weights.pairs["within"].answer)  # fmt: skip
    formed = several[:FORMED]
    with stage("complete", len(formed)) as step:
        completing = list(_for_needs(consortia, formed, step))
    supply, untyped = _supply(lists)
    with stage("compare", 0):
        return Linkage(
            _spread(_joint_needs(pairs, encoded, asking, lists), most),
            _spread([*completing, *_of_kinds(pairs, open_offers)], most),
            _spread(supply, most),
            len(asking),
            len(open_offers.records),
            len(several[FORMED:]),
            untyped,
        )


class _Pairs:
    """Compares records of one role and one language."""

    def __init__(self, hub: HubCorrection, flatten: float, answer: float) -> None:
        self._hub, self._flatten, self._answer = hub, flatten, answer

    def near(self, records: EncodedRecords, least: float) -> Iterator[tuple[int, int, float]]:
        """Yield pairs that are among each other's nearest, first number first."""
        for lang in sorted(set(records.languages)):
            rows = np.array(records.rows(lang))
            slot: Slot = ("record", records.role, lang)
            vectors = self._hub.apply(records.vectors[rows], slot, self._flatten)
            for a, b, similar in mutual_neighbours(vectors, least):
                yield int(rows[a]), int(rows[b]), similar

    def evidence(self, records: EncodedRecords, one: int, other: int) -> tuple[Evidence, ...]:
        """Return the quotes that show what two records share, the most telling first."""
        slot: Slot = ("sentence", records.role, records.languages[one])
        ours, theirs = (
            self._hub.apply(records.sentence_vectors[row], slot, self._flatten)
            for row in (one, other)
        )
        sentences = records.sentences
        return quote(sentences[one], sentences[other], ours @ theirs.T, self._answer)[0]


def mutual_neighbours(
    vectors: Array, least: float, block: int = _BLOCK
) -> list[tuple[int, int, float]]:
    """Return (a, b, cosine) with a < b of rows that are each among the other's ten nearest.

    Parameters
    ----------
    vectors
        Unit vectors, shape (n, dim). Memory grows with n, not with its square.
    least
        The least cosine.
    """
    near = min(_NEIGHBOURS, len(vectors) - 1)
    found: dict[tuple[int, int], float] = {}
    if near < 1:
        return []
    for start in range(0, len(vectors), block):
        similar = vectors[start : start + block] @ vectors.T
        at = np.arange(len(similar))
        similar[at, at + start] = -2
        best = np.argpartition(-similar, near - 1, axis=1)[:, :near]
        for i in np.flatnonzero(similar.max(axis=1) >= least):
            for j in best[i][similar[i, best[i]] >= least]:
                found[start + int(i), int(j)] = float(similar[i, j])
    return sorted((a, b, value) for (a, b), value in found.items() if a < b and (b, a) in found)


def _joint_needs(
    pairs: _Pairs, encoded: EncodedRecords, needs: Sequence[Need], lists: Sequence[MatchList]
) -> Iterator[Link]:
    partners = [{m.capability.id: m.capability for m in found.matches} for found in lists]
    for one, other, similar in pairs.near(encoded, LIKELY_SAME):
        first, second = needs[one], needs[other]
        if not apart(first, second) or _twice(encoded, one, other, similar):
            continue
        shared = next((c for key, c in partners[one].items() if key in partners[other]), None)
        if similar < SAME and shared is None:
            continue
        if quotes := pairs.evidence(encoded, one, other):
            yield Link("needs", first, second, quotes, round(similar, 4), through=shared)


def _of_kinds(pairs: _Pairs, offers: EncodedRecords) -> Iterator[Link]:
    for one, other, similar in pairs.near(offers, RELATED):
        first, second = offers.records[one], offers.records[other]
        if not _complete(first, second) or not apart(first, second):
            continue
        if not _twice(offers, one, other, similar, whoever=True) and (
            quotes := pairs.evidence(offers, one, other)
        ):
            yield Link("offers", first, second, quotes, round(similar, 4))


def _likely(match: Match, least: float) -> bool:
    return match.probability is None or match.probability >= least


def _complete(one: Offer, other: Offer) -> bool:
    """Tell whether two capabilities are of kinds that complete each other."""
    return one.kind != other.kind and frozenset({one.kind, other.kind}) not in _RIVALS


def _twice(
    records: EncodedRecords, one: int, other: int, similar: float, whoever: bool = False
) -> bool:
    """Tell one thing listed twice: for needs only where an owner is unknown, it may be the same."""
    if similar < SIMILAR:
        return False
    known = all(records.records[row].organisation for row in (one, other))
    if known and not whoever:
        return False
    words = (frozenset(tokenise(records.texts[row])) for row in (one, other))
    return dice(*words) >= SHARED


def _several(lists: Sequence[MatchList]) -> list[Need]:
    """Return the needs with several partners, those first whose second partner is most probable."""
    found = [
        (-(second.score if second.probability is None else second.probability), x.query)
        for x in lists
        if isinstance(x.query, Need) and len(x.matches) > 1
        for second in x.matches[1:2]
    ]
    return [need for _, need in sorted(found, key=lambda item: (item[0], item[1].id))]


def _for_needs(consortia: Consortia, needs: Sequence[Need], step: Progress) -> Iterator[Link]:
    for need in needs:
        yield from _complements(consortia.form(need, alternatives=0))
        step(1)


def _complements(proposal: Proposal) -> Iterator[Link]:
    members = proposal.best.members if proposal.best else ()
    for one, other in combinations(members, 2):
        firsts = tuple(c for n, c in one.covers.items() if n not in other.covers)
        seconds = tuple(c for n, c in other.covers.items() if n not in one.covers)
        if not _complete(one.record, other.record) or not apart(one.record, other.record):
            continue
        firsts = tuple(c for c in firsts if c.record is one.record)
        seconds = tuple(c for c in seconds if c.record is other.record)
        if firsts and seconds:
            yield Link(
                "offers", one.record, other.record, (), through=proposal.need,
                probability=min(one.probability or 0.0, other.probability or 0.0),
                firsts=firsts, seconds=seconds,
            )  # fmt: skip


def _supply(lists: Sequence[MatchList]) -> tuple[list[Link], int]:
    """Return the links, and for how many more it is not known whether both are enterprises."""
    links, untyped = [], 0
    for match in (match for found in lists for match in found.matches if match.evidence):
        owners = match.need.organisation, match.capability.organisation
        firms = [is_enterprise(owner) for owner in owners]
        if all(firms):
            links.append(
                Link(
                    "supply", match.need, match.capability, match.evidence,
                    probability=match.probability,
                )
            )  # fmt: skip
        elif all(
            firm or (owner is not None and owner.kind is None)
            for firm, owner in zip(firms, owners, strict=True)
        ):
            untyped += 1
    return links, untyped


def _spread(links: Iterator[Link] | Sequence[Link], most: int) -> tuple[Link, ...]:
    """Return the strongest, a record at most a few times."""
    ordered = sorted(
        links,
        key=lambda item: (
            item.through is None, -(item.similarity or item.probability or 0.0),
            item.first.id, item.second.id,
        ),
    )  # fmt: skip
    seen: Counter[tuple[str, str]] = Counter()
    pairs: set[frozenset[str]] = set()
    kept: list[Link] = []
    for item in ordered:
        keys = [(record.record, record.id) for record in (item.first, item.second)]
        pair = frozenset(f"{role}:{key}" for role, key in keys)
        if pair not in pairs and max(seen[key] for key in keys) < _AT_MOST:
            kept.append(item)
            pairs.add(pair)
            seen.update(keys)
        if len(kept) == most:
            break
    return tuple(kept)
