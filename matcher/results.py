"""Results that carry their proof: quotes from both texts, and where the rank came from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from matcher.records import Capability, Need, Offer

#: Verdict on one requirement: met 满足, not met 不满足, not stated 未说明.
Verdict = Literal["met", "not_met", "not_stated"]
#: From this corrected inner product on, two texts are near in meaning. Short texts about nothing
#: stayed below 0.14; every proposal without a quote on the set problem_zh was above 0.25.
NEAR = 0.2
LegName = Literal["dense", "bm25", "evidence", "crowding", "language"]


@dataclass(frozen=True)
class Span:
    """A piece of shown text: ``getattr(record, field)[start:end] == text``."""

    field: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Evidence:
    """A sentence of the need and the sentence of the capability that answers it best.

    ``similarity`` is the inner product of the two hub-corrected sentence vectors, in [-1, 1].
    """

    need: Span
    capability: Span
    similarity: float


@dataclass(frozen=True)
class IndicatorCheck:
    """One numeric requirement of the need against what the capability states."""

    requirement: Span
    stated: Span | None
    verdict: Verdict
    #: Short readable forms, e.g. "≥ 200 °C" and "250 °C"; ``stated_value`` is "" when not stated.
    required_value: str
    stated_value: str


@dataclass(frozen=True)
class Coverage:
    """One part of the need and the best answer to it, or ``evidence`` None: not stated."""

    part: Span
    evidence: Evidence | None


@dataclass(frozen=True)
class Leg:
    """What one way of searching said: its rank (1 is best), raw score and share of the total.

    The contributions of a match add up to its score; ``crowding`` takes away from it, and
    ``language`` brings matches across languages to the scale of those within one.

    ``rank`` is None when that way did not find the record, or does not rank.
    """

    name: LegName
    rank: int | None
    score: float | None
    contribution: float


@dataclass(frozen=True)
class Fit:
    """One soft factor that both sides state (TRL, cooperation mode, budget, region, …)."""

    factor: str
    fits: bool
    need_value: str
    capability_value: str


@dataclass(frozen=True)
class Match:
    """One capability proposed for one need."""

    need: Need
    capability: Capability
    rank: int
    score: float
    legs: tuple[Leg, ...]
    evidence: tuple[Evidence, ...]
    coverage: tuple[Coverage, ...]
    indicators: tuple[IndicatorCheck, ...]
    fits: tuple[Fit, ...]
    #: Factors without data on one side or both: named, never filled in.
    missing: tuple[str, ...]
    #: Calibrated probability that this is relevant; None: not calibrated.
    probability: float | None = None

    @property
    def misfits(self) -> tuple[Fit, ...]:
        """The soft factors that do not fit."""
        return tuple(fit for fit in self.fits if not fit.fits)

    @property
    def grounded(self) -> bool:
        """Tell whether more speaks for the match than shared words: a quote, or its meaning.

        One rare word, such as the "script" of a pasted tag, can make a high score by itself.
        """
        near = (leg.score or 0.0 for leg in self.legs if leg.name == "dense")
        return bool(self.evidence) or max(near, default=NEAR) >= NEAR

    def reaches(self, threshold: float, floor: float) -> bool:
        """Tell whether the match is probable and well-founded enough to be listed.

        A threshold of zero asks for everything.
        """
        enough = (self.probability or 0.0) >= (floor if self.evidence else threshold)
        return enough and (self.grounded or not threshold)


@dataclass(frozen=True)
class Excluded:
    """How many otherwise similar records a hard rule kept out."""

    rule: str
    count: int


@dataclass(frozen=True)
class MatchList:
    """The ranked matches of one record; empty with a reason when there is nothing to propose."""

    query: Need | Capability
    matches: tuple[Match, ...]
    excluded: tuple[Excluded, ...] = ()
    #: Why there is no match, as a code of data/taxonomy/reasons.csv; "" when there are matches.
    reason: str = ""
    #: Candidates that are not proposed because they are improbable, best first, ranked on.
    below: tuple[Match, ...] = ()

    def at(self, threshold: float, floor: float) -> MatchList:
        """Return the list that other bounds give, without computing anything again.

        Parameters
        ----------
        threshold
            The least probability of the best match; below it nothing is proposed.
        floor
            The least probability of a further one with a quote; without any quote it must reach
            the threshold too.

        A list without probabilities stays as it is.
        """
        floor = min(floor, threshold)
        every = (*self.matches, *self.below)
        if not every or any(match.probability is None for match in every):
            return self
        every = tuple(sorted(every, key=lambda match: (-(match.probability or 0.0), match.rank)))
        best = max(every, key=lambda match: (match.grounded, match.probability or 0.0))
        if not best.reaches(threshold, threshold):
            grounds = best.evidence and (best.probability or 0.0) >= floor
            reason = "below_threshold" if grounds else "no_common_ground"
            return replace(self, matches=(), below=_renumbered(every, 1), reason=reason)
        kept = tuple(match for match in every if match.reaches(threshold, floor))
        below = tuple(match for match in every if not match.reaches(threshold, floor))
        return replace(
            self, matches=_renumbered(kept, 1), below=_renumbered(below, len(kept) + 1), reason=""
        )


def _renumbered(matches: tuple[Match, ...], first: int) -> tuple[Match, ...]:
    return tuple(replace(match, rank=rank) for rank, match in enumerate(matches, first))


@dataclass(frozen=True)
class Provenance:
    """What a run was made from, so that it can be made again."""

    version: str
    data_revision: str
    encoder: str
    encoder_fingerprint: str
    weights: str
    date: str
    #: What the probabilities come from, "" where there are none.
    calibration: str = ""


@dataclass(frozen=True)
class Rejection:
    """One row or cell that could not be read, and why, in both languages."""

    file: str
    sheet: str
    row: int
    column: str
    reason_zh: str
    reason_en: str
    value: str


@dataclass(frozen=True)
class Duplicate:
    """Two records of one file that say the same (similarity 1.0) or nearly the same.

    ``role`` says which file: a need and a capability may have the same id. A pair without one
    is shown to staff only.
    """

    first_id: str
    second_id: str
    similarity: float
    role: Literal["need", "capability"] | None = None


@dataclass(frozen=True)
class Run:
    """Everything a report is written from."""

    lists: tuple[MatchList, ...]
    provenance: Provenance
    needs_file: str = ""
    capabilities_file: str = ""
    rejections: tuple[Rejection, ...] = ()
    duplicates: tuple[Duplicate, ...] = field(default=())
    need_count: int = 0
    capability_count: int = 0
    #: Every record of both sides, matched or not: they tell what a reader may know about.
    records: tuple[Offer, ...] = field(default=(), repr=False)
