"""One page a need, for the reports that people read (docx, html)."""

from __future__ import annotations

from dataclasses import dataclass

from matcher.confidence import Grade, grade
from matcher.export.cells import clean, shorten, width
from matcher.export.gaps import misfit_line, one_line, phrase, unstated_line
from matcher.export.gaps import misfits as misfits
from matcher.export.gaps import unstated as unstated
from matcher.export.quotes import Pieces, shared_pieces
from matcher.export.summary import why
from matcher.export.view import BEST, View, partner
from matcher.export.words import Words, facts, grade_of, kind_of, percent_of, trl_of
from matcher.results import IndicatorCheck, Leg, Match, MatchList

#: How much of one text field a page shows, in halves of a Chinese character; the rest is counted.
_PASSAGE_ROOM = 1400
#: How many pairs of quotes a partner has, how much of each is shown, and how many parts of the
#: need are named as not stated: the first partner has the most.
_QUOTES, _QUOTE_ROOM, _NAMED_PARTS = (3, 2, 2), (240, 160, 160), (3, 2, 2)
_INDICATOR_ROOM = 80
#: From this width on, a list said of an earlier partner is not repeated.
_SAME = 50


@dataclass(frozen=True)
class IndicatorRow:
    """One line of the table of indicators; ``verdict`` is the code, ``label`` its word."""

    requirement: str
    required: str
    stated: str
    verdict: str
    label: str


@dataclass(frozen=True)
class Partner:
    """One proposed partner, in words."""

    rank: int
    title: str
    #: Id, owner, kind and TRL, as far as they are known.
    details: tuple[str, ...]
    owner: str
    #: "" without a calibration, as is what it is worth in words.
    probability: str
    worth: str
    grade: Grade | None
    #: What speaks for it, in a line.
    why: str
    sources: str
    quotes: tuple[tuple[Pieces, Pieces], ...]
    #: Indicators that the capability states; the others are named in ``unstated``.
    indicators: tuple[IndicatorRow, ...]
    misfits: str
    unstated: str


@dataclass(frozen=True)
class Page:
    """Everything that is said about one record of the run."""

    number: int
    anchor: str
    title: str
    id: str
    owner: str
    kind: str
    facts: tuple[tuple[str, str], ...]
    passages: tuple[tuple[str, str], ...]
    partners: tuple[Partner, ...]
    #: How many matches the other files list beyond those shown here.
    further: int
    reason: str
    advice: str
    #: The best candidate that is not proposed, or "".
    nearest: str
    excluded: str


def pages(view: View, room: int = _PASSAGE_ROOM) -> list[Page]:
    """Return one page for every record of the run, in the run's order.

    ``room`` is how much of one text field is shown, in halves of a Chinese character.
    """
    return [_page(view, found, i, room) for i, found in enumerate(view.lists, start=1)]


def _page(view: View, found: MatchList, place: int, room: int) -> Page:
    words, query = view.words, found.query
    return Page(
        number=place,
        anchor=f"n{place}",
        title=one_line(view.title(query)),
        id=one_line(query.id),
        owner=one_line(view.owner(query)),
        kind=kind_of(query, words),
        facts=tuple((label, one_line(value)) for label, value in facts(query, words)[1:]),
        passages=tuple(
            (words.field(query, name), _passage(text, words, room))
            for name, text in query.passages
            if name != "title"
        ),
        partners=_partners(view, found),
        further=max(0, len(found.matches) - BEST),
        reason=view.reason(found),
        advice=view.advice(found),
        nearest=view.nearest(found),
        excluded=view.excluded(found),
    )


def _partners(view: View, found: MatchList) -> tuple[Partner, ...]:
    words = view.words
    told: dict[str, int] = {}
    shown = []
    for place, match in enumerate(found.matches[:BEST]):
        asked, factors = unstated_line(match, words, _NAMED_PARTS[place])
        first = told.setdefault(asked, match.rank)
        # A long list that stands a few lines above is not worth reading twice.
        if first != match.rank and width(asked) > _SAME:
            asked = words("same_as_partner", n=first)
        record = partner(match, found.query)
        # A line must not end between TRL and its number.
        level = trl_of(record).replace(" ", "\u00a0")
        details = [record.id, view.owner(record), kind_of(record, words), level]
        shown.append(
            Partner(
                rank=match.rank,
                title=one_line(view.title(record)),
                details=tuple(one_line(item) for item in details if item),
                owner=one_line(view.owner(record)),
                probability=percent_of(match),
                worth=grade_of(match, words),
                grade=grade(match.probability),
                why=why(match, words),
                sources=_sources(match, words),
                quotes=tuple(_quotes(match, place)),
                indicators=tuple(
                    _indicator(check, words)
                    for check in match.indicators
                    if check.verdict != "not_stated"
                ),
                misfits=misfit_line(match, words) or words("nothing_misfits"),
                unstated=words("sentence_end").join(filter(None, (asked, factors)))
                or words("nothing_unstated"),
            )
        )
    return tuple(shown)


def _quotes(match: Match, place: int) -> list[tuple[Pieces, Pieces]]:
    room = _QUOTE_ROOM[place]
    pairs = [
        (phrase(item.need.text, room), phrase(item.capability.text, room))
        for item in match.evidence[: _QUOTES[place]]
    ]
    return [
        (shared_pieces(need, capability), shared_pieces(capability, need))
        for need, capability in pairs
    ]


def _indicator(check: IndicatorCheck, words: Words) -> IndicatorRow:
    return IndicatorRow(
        phrase(check.requirement.text, _INDICATOR_ROOM),
        one_line(check.required_value),
        one_line(check.stated_value),
        check.verdict,
        words(f"verdict_{check.verdict}"),
    )


def _sources(match: Match, words: Words) -> str:
    said = [text for leg in match.legs if (text := _source(leg, words))]
    return words("found_by", legs=" · ".join(said)) if said else ""


def _source(leg: Leg, words: Words) -> str:
    name = words.label("legs", leg.name)
    if leg.name in ("dense", "bm25"):
        found = "found_by_none" if leg.rank is None else "found_by_leg"
        return words(found, leg=name, rank=leg.rank)
    # The sentences order only some pairs of languages; corrections find nothing.
    if leg.name == "evidence" and leg.contribution and leg.score is not None:
        return words("found_by_value", leg=name, value=f"{leg.score:.2f}")
    return ""


def _passage(text: str, words: Words, room: int) -> str:
    text = clean(text).strip()
    shown = shorten(text, room)
    rest = len(text) - len(shown) + 1
    # A cut that saves a line or two is not worth the reader's search for the rest.
    if shown == text or rest < len(text) // 5:
        return text
    return shown[:-1] + words("omitted", n=rest)
