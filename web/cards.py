"""Matches in words, for the card that every page shows them on (``macros/match.html``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from matcher.confidence import CALL, LOOK, Grade, grade
from matcher.export.gaps import phrase
from matcher.export.pages import misfits, unstated
from matcher.export.quotes import Pieces, shared_pieces
from matcher.export.view import View, make_view, partner
from matcher.export.words import Words, kind_of, trl_of
from matcher.records import Offer
from matcher.results import IndicatorCheck, Leg, Match, MatchList, Provenance, Run, Span
from matcher.shown import line, shown

#: The least probabilities to choose from, in percent; "" is the engine's own measure.
LEVELS = ("", "10", str(LOOK), str(CALL), "70")
#: Lists are not cut here: a page has no other sheet to point to.
_ALL = 10_000
_INDICATOR_ROOM = 120
_NOWHERE = Provenance("", "", "", "", "", "")


@dataclass(frozen=True)
class IndicatorLine:
    """One requirement with a number; ``verdict`` is met, not_met or not_stated."""

    requirement: str
    required: str
    stated: str
    verdict: str
    label: str


@dataclass(frozen=True)
class Source:
    """One way of searching and what it said, in words."""

    name: str
    said: str


@dataclass(frozen=True)
class MatchCard:
    """One proposed partner; quotes are (need, capability) pairs of pieces, best first.

    ``row_id`` is the partner in the store, None without one. ``proposed`` is False for a
    candidate that is too improbable to be recommended.
    """

    rank: int
    code: str
    title: str
    owner: str
    kind: str
    trl: str
    probability: float | None
    proposed: bool
    quotes: tuple[tuple[Pieces, Pieces], ...]
    misfits: tuple[str, ...]
    unstated: tuple[str, ...]
    indicators: tuple[IndicatorLine, ...]
    sources: tuple[Source, ...]
    row_id: int | None = None

    @property
    def percent(self) -> int:
        """The probability in whole percent, for scripts; -1 without one."""
        return -1 if self.probability is None else round(self.probability * 100)

    @property
    def grade(self) -> Grade | None:
        """What the probability is worth."""
        return grade(self.probability)


@dataclass(frozen=True)
class ShownList:
    """A list of matches in words: partners, what is below the threshold, and why if there is none.

    ``reason`` and ``advice`` are "" where there are partners.
    """

    cards: tuple[MatchCard, ...]
    below: tuple[MatchCard, ...]
    reason: str
    advice: str
    excluded: str
    view: View


def show(
    found: MatchList, lang: str, *, staff: bool = False, private: bool = False,
    row_ids: Sequence[int] = (),
) -> ShownList:  # fmt: skip
    """Put a list into words for its reader.

    Parameters
    ----------
    found
        The list as the engine made it.
    staff
        Whether the reader may know every owner; others never read that of an anonymous record.
    private
        Whether the reader may read the private records in it (his own); staff always may.
    row_ids
        Where the partners are in the store, in the order of ``matches`` and then ``below``.
    """
    # Candidates that are not proposed go through the same rules as partners do.
    rest = replace(found, matches=found.below, below=())
    run = Run((found, rest), _NOWHERE)
    if staff:
        view = make_view(run, lang, _ALL, staff=True)
    else:
        view = shown(run, lang, _ALL, include_private=private)
    ids = list(row_ids)
    groups = [found.matches, found.below]
    numbers = [
        [*ids[: len(groups[0])], *[None] * (len(groups[0]) - len(ids[: len(groups[0])]))],
        [*ids[len(groups[0]) :], *[None] * max(0, len(groups[1]) - len(ids[len(groups[0]) :]))],
    ]
    if not view.lists:
        return ShownList((), (), "", "", "", view)
    seen = [_paired(group, part.matches, where) for group, part, where in
            zip(groups, view.lists, numbers, strict=True)]  # fmt: skip
    make = [
        tuple(card(view, match, found.query, number, proposed=place == 0) for match, number in part)
        for place, part in enumerate(seen)
    ]
    first = view.lists[0]
    return ShownList(
        make[0], make[1], view.reason(first), view.advice(first), view.excluded(first), view
    )


def _paired(
    before: Sequence[Match], after: Sequence[Match], numbers: Sequence[int | None]
) -> list[tuple[Match, int | None]]:
    """Pair what is shown with its row; where something was left out nothing is linked."""
    if len(before) != len(after):
        return [(match, None) for match in after]
    return list(zip(after, numbers, strict=True))


def card(
    view: View, match: Match, query: Offer, row_id: int | None = None, *, proposed: bool = True
) -> MatchCard:
    """Return the card of one match of a view."""
    words, record, bare = view.words, partner(match, query), _without_shown(match)
    return MatchCard(
        rank=match.rank,
        code=line(record.id),
        title=line(view.title(record)),
        owner=line(view.owner(record)),
        kind=kind_of(record, words),
        trl=trl_of(record),
        probability=match.probability,
        proposed=proposed,
        quotes=tuple(
            _pair(line(pair.need.text), line(pair.capability.text)) for pair in match.evidence
        ),
        misfits=misfits(bare, words),
        unstated=unstated(bare, words, _ALL),
        indicators=tuple(_indicator(check, words) for check in match.indicators),
        sources=tuple(_sources(match.legs, words)),
        row_id=row_id,
    )


def _pair(need: str, capability: str) -> tuple[Pieces, Pieces]:
    return shared_pieces(need, capability), shared_pieces(capability, need)


def _without_shown(match: Match) -> Match:
    # Indicators have a table of their own on the card.
    kept = tuple(
        item
        for item in match.coverage
        if item.evidence or not any(_covers(check, item.part) for check in match.indicators)
    )
    return replace(match, coverage=kept, indicators=())


def _covers(check: IndicatorCheck, part: Span) -> bool:
    """Whether a part of the need says little more than this indicator."""
    need = check.requirement
    inside = part.field == need.field and part.start <= need.start and need.end <= part.end
    return inside and 2 * len(need.text) >= len(part.text)


def _indicator(check: IndicatorCheck, words: Words) -> IndicatorLine:
    return IndicatorLine(
        phrase(check.requirement.text, _INDICATOR_ROOM), line(check.required_value),
        line(check.stated_value), check.verdict, words(f"verdict_{check.verdict}"),
    )  # fmt: skip


def _sources(legs: Sequence[Leg], words: Words) -> list[Source]:
    says: dict[str, Callable[[Leg], str]] = {
        "dense": lambda leg: _rank(leg, words),
        "bm25": lambda leg: _rank(leg, words),
        "evidence": lambda leg: f"{leg.score:.2f}" if leg.contribution and leg.score else "",
    }
    found = ((leg, says[leg.name](leg)) for leg in legs if leg.name in says)
    return [Source(words.label("legs", leg.name), said) for leg, said in found if said]


def _rank(leg: Leg, words: Words) -> str:
    if leg.rank is None:
        return "—"
    return f"No. {leg.rank}" if words.lang == "en" else f"第 {leg.rank} 名"
