"""Compare two runs: which partners rose, fell, came and went, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from matcher.records import Need, Offer
from matcher.results import Match, MatchList, Provenance, Run

Change = Literal["came", "rose", "same", "fell", "went"]
#: ``new_partner`` was not on file before, ``partner_gone`` no longer takes part; ``others``: this
#: pair is as it was, and what else is on file is not.
Reason = Literal[
    "query_changed", "partner_changed", "new_partner", "partner_gone", "encoder", "weights",
    "calibration", "decision", "others",
]  # fmt: skip
#: Probabilities that differ by less look alike on every page.
_NOTICED = 0.01


@dataclass(frozen=True)
class Place:
    """Where a partner stands in a run; ``proposed`` False: found, and too improbable."""

    rank: int
    probability: float | None
    proposed: bool


@dataclass(frozen=True)
class Move:
    """One partner in both runs; a place is None where that run did not find it."""

    partner: Offer
    change: Change
    before: Place | None
    after: Place | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class ListComparison:
    """What became of the partners of one record.

    ``moves`` come first by their place now, then by the place they had. ``in_before`` and
    ``in_after`` say which of the runs asked for this record.
    """

    query: Offer
    moves: tuple[Move, ...]
    in_before: bool = True
    in_after: bool = True

    def count(self, change: Change) -> int:
        """Return how many partners changed in this way."""
        return sum(move.change == change for move in self.moves)


@dataclass(frozen=True)
class Known:
    """What the runs themselves cannot tell; codes of partners.

    ``new``: on file only since the earlier run. ``gone``: no longer taking part. ``decided``:
    (query's code, partner's code) of pairs that somebody decided on in between.
    """

    new: Collection[str] = ()
    gone: Collection[str] = ()
    decided: Collection[tuple[str, str]] = field(default=())


def compare_runs(before: Run, after: Run, known: Known | None = None) -> list[ListComparison]:
    """Compare every record that one of the runs asked for, in the later run's order."""
    earlier = {_key(found.query): found for found in before.lists}
    made = (before.provenance, after.provenance)
    compared = [
        compare_lists(earlier.pop(_key(found.query), None), found, made, known)
        for found in after.lists
    ]
    return [*compared, *(compare_lists(found, None, made, known) for found in earlier.values())]


def compare_lists(
    before: MatchList | None, after: MatchList | None, made: tuple[Provenance, Provenance],
    known: Known | None = None,
) -> ListComparison:  # fmt: skip
    """Compare the partners of one record.

    Parameters
    ----------
    before, after
        The lists of the two runs; None where a run did not ask for the record, not both.
    made
        What the two runs were made from.

    A partner whose place and probability are the same has no reasons. Raises ValueError without
    any list.
    """
    asked = after or before
    if asked is None:
        raise ValueError("there are no lists to compare")
    known = known or Known()
    old, new = _places(before), _places(after)
    general = _general(before, after, made)
    moves = []
    for code in {**new, **old}:
        then, now = old.get(code), new.get(code)
        change = _change(then and then[1], now and now[1])
        if change is None:
            continue
        either = now or then
        assert either is not None
        found = () if change == "same" else (*general, *_own(asked, code, then, now, known))
        reasons: tuple[Reason, ...] = found or (() if change == "same" else ("others",))
        moves.append(
            Move(
                _partner(either[0], asked.query), change, then and then[1], now and now[1], reasons
            )
        )
    moves.sort(key=_order)
    return ListComparison(asked.query, tuple(moves), before is not None, after is not None)


_Found = tuple[Match, Place]


def _places(found: MatchList | None) -> Mapping[str, _Found]:
    if found is None:
        return {}
    listed = ((match, True) for match in found.matches)
    rest = ((match, False) for match in found.below)
    return {
        _partner(match, found.query).id: (match, Place(match.rank, match.probability, proposed))
        for match, proposed in (*listed, *rest)
    }


def _change(then: Place | None, now: Place | None) -> Change | None:
    """Return what became of a partner; None for one that was proposed in neither run."""
    was, is_now = then is not None and then.proposed, now is not None and now.proposed
    if not was and not is_now:
        return None
    if not was:
        return "came"
    if not is_now or then is None or now is None:
        return "went"
    if then.rank != now.rank:
        return "rose" if now.rank < then.rank else "fell"
    difference = (now.probability or 0.0) - (then.probability or 0.0)
    if abs(difference) < _NOTICED:
        return "same"
    return "rose" if difference > 0 else "fell"


def _general(
    before: MatchList | None, after: MatchList | None, made: tuple[Provenance, Provenance]
) -> tuple[Reason, ...]:
    """Return the reasons that hold for the whole list."""
    found: list[Reason] = []
    if before is not None and after is not None and before.query != after.query:
        found.append("query_changed")
    old, new = made
    if old.encoder_fingerprint != new.encoder_fingerprint:
        found.append("encoder")
    if old.weights != new.weights:
        found.append("weights")
    if old.calibration != new.calibration:
        found.append("calibration")
    return tuple(found)


def _own(
    asked: MatchList, code: str, then: _Found | None, now: _Found | None, known: Known
) -> Iterable[Reason]:
    """Yield the reasons that lie in this partner."""
    if then and now and _partner(then[0], asked.query) != _partner(now[0], asked.query):
        yield "partner_changed"
    if then is None and code in known.new:
        yield "new_partner"
    if now is None and code in known.gone:
        yield "partner_gone"
    if (asked.query.id, code) in known.decided:
        yield "decision"


def _order(move: Move) -> tuple[bool, int]:
    if move.after is not None and move.after.proposed:
        return False, move.after.rank
    assert move.before is not None
    return True, move.before.rank


def _partner(match: Match, query: Offer) -> Offer:
    return match.capability if isinstance(query, Need) else match.need


def _key(record: Offer) -> tuple[str, str]:
    return record.record, record.id
