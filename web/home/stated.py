"""Budget, deadline and regions of a need in the box: read from its text, shown, corrected.

They are compared with what a partner states and shown as fitting or not; nothing is found, left
out or ranked by them.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from matcher import clock
from matcher.ingest.amounts import parse_money
from matcher.ingest.dates import parse_date
from matcher.ingest.lists import split_regions
from matcher.ingest.prose import Facts, facts_of
from matcher.ingest.values import CellProblem
from matcher.rank.fits import money, soft_fits
from matcher.records import Need
from matcher.results import Match, Span
from matcher.text.asides import kept_places
from web.home.forms import SearchForm
from web.home.kept import Question
from web.i18n import lang
from web.searcher import Found


def stated(question: Question) -> Facts | None:
    """Return what a need in words says, None for a record and for a capability in words."""
    if not isinstance(question.query, str) or question.wanted != "capability":
        return None
    return question.facts or facts_of(question.query, clock.today())


def corrected(form: SearchForm, text: str) -> Facts | None:
    """Return what was typed instead of what was read; None if the text is a new one.

    What cannot be read becomes an error of its field.
    """
    if form.about.data != stamp(text):
        return None
    found: dict[str, object] = {}
    for field, read in ((form.budget, parse_money), (form.deadline, parse_date)):
        try:
            found[field.name] = read(field.data) if (field.data or "").strip() else None
        except CellProblem as problem:
            field.errors = [problem.in_form(lang())]
    return Facts(regions=split_regions(form.regions.data or ""), **found)  # type: ignore[arg-type]


def fill(form: SearchForm, facts: Facts, text: str) -> None:
    """Show in the form what holds now."""
    form.budget.data = money(facts.budget, lang()) if facts.budget else ""
    form.deadline.data = facts.deadline.isoformat() if facts.deadline else ""
    form.regions.data = (", " if lang() == "en" else "、").join(facts.regions)
    form.about.data = stamp(text)


def judged(found: Found, facts: Facts) -> Found:
    """Return what was found, judged by budget, deadline and regions too."""

    def one(match: Match) -> Match:
        need: Need = match.need.model_copy(
            update={
                "budget": facts.budget, "deadline": facts.deadline, "regions": facts.regions,
            }
        )  # fmt: skip
        fits, missing = soft_fits(need, match.capability, lang())
        return replace(match, need=need, fits=fits, missing=missing)

    listed = found.found
    matches, below = tuple(map(one, listed.matches)), tuple(map(one, listed.below))
    return replace(found, found=replace(listed, matches=matches, below=below))


def as_typed(found: Found, typed: str) -> Found:
    """Return what was found for ``without_asides(typed)`` with quotes from the text as typed."""
    places = kept_places(typed)

    def span(old: Span) -> Span:
        start, end = places[old.start], places[old.end - 1] + 1
        return Span(old.field, start, end, typed[start:end])

    def one(match: Match) -> Match:
        need: Need = match.need.model_copy(update={"problem": typed})
        evidence = tuple(replace(quote, need=span(quote.need)) for quote in match.evidence)
        coverage = tuple(
            replace(
                part, part=span(part.part),
                evidence=part.evidence and replace(part.evidence, need=span(part.evidence.need)),
            )
            for part in match.coverage
        )  # fmt: skip
        indicators = tuple(
            replace(check, requirement=span(check.requirement)) for check in match.indicators
        )
        return replace(
            match, need=need, evidence=evidence, coverage=coverage,
            indicators=indicators,
        )  # fmt: skip

    listed = found.found
    if not isinstance(listed.query, Need) or len(listed.query.problem) != len(places):
        return found
    listed = replace(
        listed, query=listed.query.model_copy(update={"problem": typed}),
        matches=tuple(map(one, listed.matches)), below=tuple(map(one, listed.below)),
    )  # fmt: skip
    return replace(found, found=listed)


def stamp(text: str) -> str:
    """Return what tells one text from another, whatever line ends a browser sends."""
    return hashlib.sha256("\n".join(text.split()).encode()).hexdigest()[:16]
