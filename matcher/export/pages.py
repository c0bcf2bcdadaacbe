"""One page a need, for the reports that people read (docx, html)."""

from __future__ import annotations

from dataclasses import dataclass

from matcher.export.cells import clean
from matcher.export.quotes import Pieces, shared_pieces
from matcher.export.view import BEST, View, partner
from matcher.export.words import Words, facts, fit_values, kind_of, trl_of
from matcher.records import Offer
from matcher.results import IndicatorCheck, Match, MatchList, Span

#: Characters of one text field shown on a page; the rest is counted, not shown.
PASSAGE_CHARACTERS = 1200
QUOTE_CHARACTERS = 280
_QUOTES = 3
_UNSTATED_PARTS = 6


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
    #: Id, owner, kind, TRL and probability, as far as they are known.
    details: tuple[str, ...]
    quotes: tuple[tuple[Pieces, Pieces], ...]
    indicators: tuple[IndicatorRow, ...]
    misfits: tuple[str, ...]
    unstated: tuple[str, ...]
    sources: str


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
    excluded: str


def pages(view: View) -> list[Page]:
    """Return one page for every record of the run, in the run's order."""
    return [_page(view, found, i) for i, found in enumerate(view.lists, start=1)]


def _page(view: View, found: MatchList, place: int) -> Page:
    words, query = view.words, found.query
    return Page(
        number=place,
        anchor=f"n{place}",
        title=_line(view.title(query)),
        id=_line(query.id),
        owner=_line(view.owner(query)),
        kind=kind_of(query, words),
        facts=tuple((label, clean(value)) for label, value in facts(query, words)[1:]),
        passages=tuple(
            (words.field(query, name), _passage(text, words))
            for name, text in query.passages
            if name != "title"
        ),
        partners=tuple(_partner(view, match, query) for match in found.matches[:BEST]),
        further=max(0, len(found.matches) - BEST),
        reason=view.reason(found),
        advice=view.advice(found),
        excluded=view.excluded(found),
    )


def _partner(view: View, match: Match, query: Offer) -> Partner:
    words, record = view.words, partner(match, query)
    details = [record.id, view.owner(record), kind_of(record, words), trl_of(record)]
    if match.probability is not None:
        details.append(words("probability_value", value=f"{match.probability:.0%}"))
    return Partner(
        rank=match.rank,
        title=_line(view.title(record)),
        details=tuple(_line(item) for item in details if item),
        quotes=tuple(_quotes(match)),
        indicators=tuple(_indicator(check, words) for check in match.indicators),
        misfits=misfits(match, words),
        unstated=unstated(match, words, _UNSTATED_PARTS),
        sources=_sources(match, words),
    )


def _quotes(match: Match) -> list[tuple[Pieces, Pieces]]:
    pairs = [(_quote(item.need.text), _quote(item.capability.text)) for item in match.evidence]
    return [
        (shared_pieces(need, capability), shared_pieces(capability, need))
        for need, capability in pairs[:_QUOTES]
    ]


def _indicator(check: IndicatorCheck, words: Words) -> IndicatorRow:
    return IndicatorRow(
        _quote(check.requirement.text),
        _line(check.required_value),
        _line(check.stated_value) or words("verdict_not_stated"),
        check.verdict,
        words(f"verdict_{check.verdict}"),
    )


def misfits(match: Match, words: Words) -> tuple[str, ...]:
    """Return what does not fit, one sentence an item: indicators not met, then factors."""
    found = [
        words(
            "misfit_indicator", requirement=_quote(check.requirement.text),
            need=check.required_value, capability=check.stated_value,
        )
        for check in match.indicators
        if check.verdict == "not_met"
    ]  # fmt: skip
    for fit in match.misfits:
        need, capability = fit_values(fit, words)
        factor = words.label("factors", fit.factor)
        found.append(words("misfit", factor=factor, need=need, capability=capability))
    return tuple(clean(item) for item in found)


def unstated(match: Match, words: Words, limit: int) -> tuple[str, ...]:
    """Return what is not stated: parts of the need, indicators, then factors without data."""
    parts = [item.part for item in match.coverage if item.evidence is None]
    found = [
        words("unstated_part", field=words.field(match.need, p.field), text=_quote(p.text))
        for p in parts
    ]
    found += [
        words(
            "unstated_indicator",
            requirement=_quote(check.requirement.text),
            need=check.required_value,
        )
        for check in match.indicators
        if check.verdict == "not_stated" and not _inside(check.requirement, parts)
    ]
    if len(found) > limit:
        more = words("unstated_more", n=len(found) - limit, sheet=words("sheet_coverage"))
        found = [*found[:limit], more]
    if match.missing:
        factors = words.join(words.label("factors", code) for code in match.missing)
        found.append(words("unstated_factors", factors=factors))
    return tuple(clean(item) for item in found)


def _inside(span: Span, parts: list[Span]) -> bool:
    return any(p.field == span.field and p.start <= span.start and span.end <= p.end for p in parts)


def _sources(match: Match, words: Words) -> str:
    said = []
    for leg in match.legs:
        name = words.label("legs", leg.name)
        found = "found_by_none" if leg.rank is None else "found_by_leg"
        said.append(words(found, leg=name, rank=leg.rank))
    return words("found_by", legs=" · ".join(said)) if said else ""


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _quote(text: str) -> str:
    line = _line(text)
    return line if len(line) <= QUOTE_CHARACTERS else line[: QUOTE_CHARACTERS - 1] + "…"


def _passage(text: str, words: Words) -> str:
    text = clean(text).strip()
    rest = len(text) - PASSAGE_CHARACTERS
    # A cut that saves a line or two is not worth the reader's search for the rest.
    if rest < PASSAGE_CHARACTERS // 4:
        return text
    return text[:PASSAGE_CHARACTERS] + words("omitted", n=rest)
