"""The Matcher: records in, ranked and explained matches out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np

from matcher.encode.base import Array, Encoder, Progress, Role
from matcher.errors import InputError
from matcher.index.base import Ids
from matcher.index.collection import EncodedRecords, encode_records
from matcher.rank.calibration import Calibration, load_calibration, probability
from matcher.rank.evidence import quote
from matcher.rank.fits import soft_fits
from matcher.rank.hub import HubCorrection, load_background
from matcher.rank.ranker import Hit, Ranker, contributions
from matcher.rank.rules import closed, conflict
from matcher.rank.weights import Weights, load_weights
from matcher.records import Capability, Need, Offer
from matcher.results import Excluded, Leg, LegName, Match, MatchList
from matcher.taxonomy import terms
from matcher.text.indicators import compare

#: Fewer letters and characters than this say nothing that can be matched.
SHORTEST_QUERY = 4


class Matcher:
    """Find the partners worth a call, with quotes from both sides.

    Parameters
    ----------
    targets
        The records to choose from: capabilities, to answer needs; or needs, to answer capabilities.
    encoder
        What turns texts into vectors; by default the prepared bundled encoder with its cache.
    lang
        Language of the labels in results, ``zh`` or ``en``.
    today
        The day that expiry is judged by.
    include_private
        Whether private records take part. They belong in no report that leaves the office.
    weights
        Ranking weights; by default the learned ones if there are any, else the shipped ones.
    threshold
        A record whose best match is less probable than this gets no list; by default that of the
        calibration.
    progress
        Called with the number of texts encoded.
    """

    def __init__(
        self, targets: Sequence[Offer], *, encoder: Encoder | None = None, lang: str = "zh",
        today: date | None = None, include_private: bool = False, weights: Weights | None = None,
        threshold: float | None = None, progress: Progress | None = None,
        encoded: EncodedRecords | None = None,
    ) -> None:  # fmt: skip
        from matcher.encode import open_encoder

        self.encoder = encoder or open_encoder()
        self.lang = lang
        self.today = today or date.today()
        self.include_private = include_private
        self.weights = weights or load_weights(self.encoder.fingerprint)
        self.calibration = _calibration(self.encoder.fingerprint, threshold)
        role: Role = "need" if targets and isinstance(targets[0], Need) else "capability"
        found = encoded or encode_records(role, targets, self.encoder, progress)
        # Left in, a private record would move means, word counts and crowding for everybody.
        self.targets = found if include_private else found.public()
        self._state = [closed(r, self.today, include_private) for r in self.targets.records]
        #: What is searched for a query of each kind.
        self._kinds: dict[str, list[Ids]] = {}

    @classmethod
    def from_file(cls, capabilities: str | Path, **options: object) -> Matcher:
        """Read the capabilities from a file; ``options`` as for the class."""
        from matcher.ingest import read_capabilities

        return cls(read_capabilities(capabilities).records, **options)  # type: ignore[arg-type]

    def match_file(self, needs: str | Path, top: int = 10) -> Iterator[MatchList]:
        """Match every need of a file."""
        from matcher.ingest import read_needs

        return self.match_all(read_needs(needs).records, top)

    def match(self, query: Offer | str, top: int = 10) -> MatchList:
        """Match one record, or one text as a person would type it; the text is not stored."""
        if not isinstance(query, str):
            return next(self.match_all([query], top))
        encoder = getattr(self.encoder, "uncached", self.encoder)
        record = self._record(query)
        role: Role = "need" if isinstance(record, Need) else "capability"
        return self._match(self._lone_ranker, encode_records(role, [record], encoder), 0, top)

    def match_all(
        self, queries: Sequence[Offer], top: int = 10, progress: Progress | None = None
    ) -> Iterator[MatchList]:
        """Match many records; their common mean sharpens the ranking of each."""
        if not queries:
            return
        role: Role = "need" if isinstance(queries[0], Need) else "capability"
        if self.targets.records and role == self.targets.role:
            raise InputError(
                "需求只能与成果匹配，两边是同一类记录。请检查两个文件的顺序。",
                "Needs are matched with capabilities, and both sides are of one kind: "
                "check the order of the two files.",
            )
        encoded = encode_records(role, queries, self.encoder, progress)
        # One pasted need says nothing about the mean need.
        known = encoded if self.include_private else encoded.public()
        ranker = self._ranker(known) if len(known.records) > 1 else self._lone_ranker
        for number in range(len(queries)):
            yield self._match(ranker, encoded, number, top)

    @property
    def hub(self) -> HubCorrection:
        """What corrects vectors beside those of the targets, for one query by itself."""
        return self._lone_ranker.hub

    @cached_property
    def _lone_ranker(self) -> Ranker:
        return self._ranker(None)

    def _ranker(self, queries: EncodedRecords | None) -> Ranker:
        background = load_background(self.encoder.fingerprint)
        return Ranker(self.targets, queries, background, self.weights, self.calibration)

    def _record(self, text: str) -> Offer:
        if not text.strip():
            raise InputError(
                "需求是空的。请写一两句话：要解决什么问题、需要什么技术、有什么指标。",
                "The need is empty: say in a sentence or two what the problem is, which technology "
                "is wanted and what it must reach.",
            )
        if self.targets.role == "need":
            return Capability(id="-", summary=text)
        # "partner" accepts every kind of capability: a pasted text does not say which is meant.
        return Need(id="-", problem=text, kind="partner")

    def _match(self, ranker: Ranker, queries: EncodedRecords, number: int, top: int) -> MatchList:
        query = queries.records[number]
        reason = self._refused(query, queries.texts[number])
        if reason:
            return MatchList(query, (), reason=reason)
        masks = self._masks(query)
        hits = ranker.rank(queries, number, masks)
        chosen, kept_out = self._allowed(query, hits, top)
        if len(chosen) < top and kept_out and len(hits) < len(masks[0]):
            # Conflicts took most of the candidates: search on among what no rule touches.
            free = [row for row in masks[0].tolist() if self._rule(query, row) is None]
            hits = ranker.rank(queries, number, [*masks, np.array(free, np.int64)])
            chosen, kept_out = self._allowed(query, hits, top)
        excluded = tuple(Excluded(rule, count) for rule, count in sorted(kept_out.items()))
        if not chosen:
            reason = "all_excluded" if kept_out else "no_common_ground"
            return MatchList(query, (), excluded, reason)
        vectors = ranker.sentences(queries, number, chosen)
        matches: list[Match] = []
        for hit in chosen:
            found = self._explained(
                ranker, queries, number, hit, len(matches) + 1, vectors[hit.row]
            )
            # Neither a passage to quote nor a score that related texts reach: no reason to call.
            strong = found.grounded and found.score >= self.weights.floor
            if self.calibration or found.evidence or strong:
                matches.append(found)
        listed = MatchList(query, tuple(matches), excluded, "" if matches else "no_common_ground")
        if self.calibration:
            return listed.at(self.calibration.threshold, self.calibration.floor)
        return listed

    def _allowed(
        self, query: Offer, hits: Sequence[Hit], top: int
    ) -> tuple[list[Hit], dict[str, int]]:
        chosen: list[Hit] = []
        kept_out: dict[str, int] = {}
        for hit in hits:
            rule = self._rule(query, hit.row)
            if rule is None:
                chosen.append(hit)
            else:
                kept_out[rule] = kept_out.get(rule, 0) + 1
            if len(chosen) == top:
                break
        return chosen, kept_out

    def _refused(self, query: Offer, text: str) -> str:
        if not self.targets.records:
            return "no_capabilities"
        rule = closed(query, self.today, self.include_private)
        if rule:
            return "confidential" if rule == "confidential" else "not_open"
        letters = sum(character.isalpha() for character in text)
        return "too_short" if letters < SHORTEST_QUERY else ""

    def _masks(self, query: Offer) -> list[Ids]:
        """Return the rows to search: all that are visible, and those whose kind may fit."""
        if query.kind not in self._kinds:
            visible = [i for i, state in enumerate(self._state) if state != "confidential"]
            masks = [np.array(visible, np.int64)]
            fitting = [
                i for i in visible
                if self._state[i] is None and _kinds_fit(*_sides(query, self.targets.records[i]))
            ]  # fmt: skip
            if len(fitting) < len(visible):
                masks.append(np.array(fitting, np.int64))
            self._kinds[query.kind] = masks
        return self._kinds[query.kind]

    def _rule(self, query: Offer, row: int) -> str | None:
        return self._state[row] or conflict(*_sides(query, self.targets.records[row]))

    def _explained(
        self, ranker: Ranker, queries: EncodedRecords, number: int, hit: Hit, rank: int,
        vectors: tuple[Array, Array],
    ) -> Match:  # fmt: skip
        target = self.targets.records[hit.row]
        need, capability = _sides(queries.records[number], target)
        sentences = (queries.sentences[number], self.targets.sentences[hit.row])
        if queries.role == "capability":
            sentences, vectors = sentences[::-1], vectors[::-1]
        figures = ranker.figures(hit)
        evidence, coverage = quote(
            *sentences, vectors[0] @ vectors[1].T, figures.answer, ranker.rarity(hit)
        )
        fits, missing = soft_fits(need, capability, self.lang)
        likely = None if hit.log_odds is None else round(probability(hit.log_odds), 4)
        return Match(
            need, capability, rank, round(hit.score, 6), _legs(ranker, hit), evidence,
            coverage, compare(need.passages, capability.passages), fits, missing, likely,
        )  # fmt: skip


def _calibration(fingerprint: str, threshold: float | None) -> Calibration | None:
    found = load_calibration(fingerprint)
    return found if found is None or threshold is None else replace(found, threshold=threshold)


def _sides(query: Offer, target: Offer) -> tuple[Need, Capability]:
    one, other = (query, target) if isinstance(query, Need) else (target, query)
    assert isinstance(one, Need)
    assert isinstance(other, Capability)
    return one, other


def _kinds_fit(need: Need, capability: Capability) -> bool:
    accepted = terms("need_kinds")[need.kind].accepts
    return not accepted or capability.kind in accepted


def _legs(ranker: Ranker, hit: Hit) -> tuple[Leg, ...]:
    shares = contributions(hit, ranker.figures(hit))
    bm25 = hit.bm25 if hit.bm25_rank else None
    parts: list[tuple[LegName, int | None, float | None]] = [
        ("dense", hit.dense_rank, hit.dense),
        ("bm25", hit.bm25_rank, bm25),
        ("evidence", None, hit.evidence or None),
        ("crowding", None, hit.crowding),
        ("language", None, None),
    ]
    return tuple(
        Leg(name, rank, None if score is None else round(score, 4), round(shares[name], 4))
        for name, rank, score in parts
    )
