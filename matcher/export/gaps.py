"""What does not fit and what is not stated: in full for tables, in one line for pages."""

from __future__ import annotations

import re

from matcher.export.cells import clean, shorten
from matcher.export.words import Words, fit_values
from matcher.results import IndicatorCheck, Match, Span

QUOTE_CHARACTERS = 280
#: Every white space but the no-break space.
_SPACES = re.compile(r"[^\S\u00a0]+")
#: How wide a part or an indicator is shown in one line, in halves of a Chinese character.
_ITEM_ROOM = 40
_NAMED_INDICATORS = 6
_ENDS = " 、，,；;：:"


def one_line(text: str) -> str:
    """Return a text as one line without control characters."""
    return _SPACES.sub(" ", clean(text)).strip()


def phrase(text: str, room: int) -> str:
    """Return a quote as one line of at most ``room``, without the comma it may end in."""
    return shorten(one_line(text).strip(_ENDS), room)


def quote(text: str) -> str:
    """Return a quote as one line, cut where it is very long."""
    line = one_line(text)
    return line if len(line) <= QUOTE_CHARACTERS else line[: QUOTE_CHARACTERS - 1] + "…"


def misfits(match: Match, words: Words) -> tuple[str, ...]:
    """Return what does not fit, one sentence an item: indicators not met, then factors."""
    found = [
        words(
            "misfit_indicator", requirement=quote(check.requirement.text),
            need=check.required_value, capability=check.stated_value,
        )
        for check in match.indicators
        if check.verdict == "not_met"
    ]  # fmt: skip
    return tuple(clean(item) for item in (*found, *_factors(match, words)))


def misfit_line(match: Match, words: Words) -> str:
    """Return what does not fit in one line; indicators are counted, their table names them."""
    missed = sum(check.verdict == "not_met" for check in match.indicators)
    found = [words("misfit_indicators", n=missed)] if missed else []
    return one_line(words("sentence_separator").join((*found, *_factors(match, words))))


def _factors(match: Match, words: Words) -> list[str]:
    found = []
    for fit in match.misfits:
        need, capability = fit_values(fit, words)
        factor = words.label("factors", fit.factor)
        found.append(words("misfit", factor=factor, need=need, capability=capability))
    return found


def unstated(match: Match, words: Words, limit: int) -> tuple[str, ...]:
    """Return what is not stated: parts of the need, indicators, then factors without data."""
    titled = len(match.need.passages) > 1
    # What a title says is asked in the text below it.
    parts = [part for part in _silent(match) if not (titled and part.field == "title")]
    found = [
        words("unstated_part", field=words.field(match.need, p.field), text=quote(p.text))
        for p in parts
    ]
    found += [
        words(
            "unstated_indicator",
            requirement=quote(check.requirement.text),
            need=check.required_value,
        )
        for check in match.indicators
        if check.verdict == "not_stated" and not any(_inside(check.requirement, p) for p in parts)
    ]
    if len(found) > limit:
        more = words("unstated_more", n=len(found) - limit, sheet=words("sheet_coverage"))
        found = [*found[:limit], more]
    return tuple(clean(item) for item in (*found, *_without_data(match, words)))


def _silent(match: Match) -> list[Span]:
    """Return the parts of the need that the partner's text does not answer.

    A weak answer is quoted and does not count as one; beside its quote, "not stated" confuses,
    also where another field of the need says the same.
    """
    quoted = {_bare(pair.need.text) for pair in match.evidence}
    return [
        item.part for item in match.coverage
        if item.evidence is None and _bare(item.part.text) not in quoted
    ]  # fmt: skip


def _bare(text: str) -> str:
    return text.strip(" 。.；;，,")


def unstated_line(
    match: Match, words: Words, named_parts: int, *, in_sheet: bool = True
) -> tuple[str, str]:
    """Return what is not stated in two sentences: (indicators and parts of the need, factors).

    Parameters
    ----------
    named_parts
        Most parts of the need that are quoted; the rest is counted.
    in_sheet
        Whether the sheet of requirements lists this match, so that the rest can be found there.
    """
    silent = [check for check in match.indicators if check.verdict == "not_stated"]
    parts = [
        part
        for part in _silent(match)
        # The title is not a requirement, and an indicator has its own verdict.
        if part.field != "title" and not any(_is(check, part) for check in match.indicators)
    ]
    found, rest = [], max(0, len(parts) - named_parts)
    if silent and len(silent) == len(match.indicators) and len(silent) > 1:
        found.append(words("unstated_all_indicators", n=len(silent)))
    elif silent:
        named = [_short(check.requirement) for check in silent[:_NAMED_INDICATORS]]
        found.append(words("unstated_indicators", indicators=words.join(named)))
        rest += max(0, len(silent) - _NAMED_INDICATORS)
    if parts:
        named = [words.quoted(_short(part)) for part in parts[:named_parts]]
        found.append(words("unstated_parts", parts=words.join(named)))
    if rest:
        code = "unstated_rest" if in_sheet else "unstated_further"
        found.append(words(code, n=rest, sheet=words("sheet_coverage")))
    asked = one_line(words("sentence_separator").join(found))
    return asked[:1].upper() + asked[1:], one_line("".join(_without_data(match, words)))


def _without_data(match: Match, words: Words) -> list[str]:
    if not match.missing:
        return []
    factors = words.join(words.label("factors", code) for code in match.missing)
    return [words("unstated_factors", factors=factors)]


def _short(span: Span) -> str:
    return phrase(span.text.strip().rstrip("。."), _ITEM_ROOM)


def _inside(span: Span, part: Span) -> bool:
    return part.field == span.field and part.start <= span.start and span.end <= part.end


def _is(check: IndicatorCheck, part: Span) -> bool:
    """Whether a part of the need says little more than this indicator."""
    return _inside(check.requirement, part) and 2 * len(check.requirement.text) >= len(part.text)
