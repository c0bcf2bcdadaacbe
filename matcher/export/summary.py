"""The page that comes first: what the run gives, whom to call, and where supply is lacking."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from matcher.confidence import CALL, LOOK, Grade, grade
from matcher.export.gaps import one_line, phrase
from matcher.export.view import View, partner
from matcher.export.words import Words, grade_of, percent_of
from matcher.records import Offer
from matcher.results import Match, MatchList

#: So many of the best pairs, and of the fields with the least supply, have room on one page.
_BEST, _FIELDS = 10, 6
_PLACES = 12
#: How wide the capability's words in a reason are, in halves of a Chinese character.
_QUOTE_ROOM = 44
#: These say nothing about supply: the record took no part, or hardly says anything.
_NO_QUESTION = frozenset({"not_open", "confidential", "too_short"})


@dataclass(frozen=True)
class BestPair:
    """One of the best pairs: ``number`` is the place of the record in the run."""

    number: int
    title: str
    owner: str
    partner: str
    partner_owner: str
    #: "" without a calibration, as is what it is worth in words.
    probability: str
    worth: str
    grade: Grade | None
    why: str


@dataclass(frozen=True)
class Unmatched:
    """How many records have no partner for one reason, and which ones."""

    reason: str
    count: int
    places: str


@dataclass(frozen=True)
class Scarce:
    """A field in which records are without a partner worth a call."""

    field: str
    asked: int
    worth_a_call: int
    without_any: int
    #: None where the run does not tell what is on file.
    on_file: int | None


@dataclass(frozen=True)
class Summary:
    """What the first page says; ``figures`` are (label, number)."""

    source: str
    figures: tuple[tuple[str, int], ...]
    best: tuple[BestPair, ...]
    unmatched: tuple[Unmatched, ...]
    scarce: tuple[Scarce, ...]


def summary(view: View) -> Summary:
    """Return the summary of a run."""
    words, run = view.words, view.run
    file = run.capabilities_file if words.reverse else run.needs_file
    offered = run.need_count if words.reverse else run.capability_count
    return Summary(
        words("brief_from", file=file, n=len(view.lists), m=offered),
        tuple(_figures(view)),
        _best(view),
        _unmatched(view),
        _scarce(view),
    )


def why(match: Match, words: Words) -> str:
    """Return in one line what speaks for a match: indicators, and the partner's own words."""
    verdicts = Counter[str](check.verdict for check in match.indicators)
    met, missed = verdicts["met"], verdicts["not_met"]
    said = [words("why_met", n=met)] if met else []
    if missed:
        said.append(words("why_not_met" if met else "why_none_met", n=missed))
    if match.evidence:
        first = match.evidence[0]
        side = first.need if words.reverse else first.capability
        said.append(words.quoted(phrase(side.text, _QUOTE_ROOM)))
    return one_line(words("sentence_separator").join(said)) or words("no_quotes")


def notes(view: View) -> list[str]:
    """Return how to read a report, one sentence an item."""
    words = view.words
    found = [words("how_quotes"), words("how_not_stated"), words("how_rank")]
    if view.calibrated:
        found += [words("how_probability"), words("how_grades", call=CALL, look=LOOK),
                  words("how_background")]  # fmt: skip
    return found


def _figures(view: View) -> list[tuple[str, int]]:
    words = view.words
    found = [(words("brief_subjects"), len(view.lists))]
    none = len(view.lists) - view.found
    if view.calibrated:
        best = Counter(_grade(item) for item in view.lists if item.matches)
        grades: tuple[Grade, ...] = ("call", "look", "faint")
        # A list begins with a match that is worth a look, unless the office lowered the bar.
        found += [
            (words(f"brief_{code}", call=CALL, look=LOOK), best[code])
            for code in grades
            if code != "faint" or best[code]
        ]
    else:
        found.append((words("brief_found"), view.found))
    return [*found, (words("brief_none"), none)]


def _grade(found: MatchList) -> Grade | None:
    return grade(found.matches[0].probability)


def _best(view: View) -> tuple[BestPair, ...]:
    """Return the best partner of the records whose best partner is most probable."""
    firsts = [(n, found) for n, found in enumerate(view.lists, start=1) if found.matches]
    if view.calibrated:
        firsts = [(n, found) for n, found in firsts if _grade(found) != "faint"]
    firsts.sort(key=lambda item: (-_strength(item[1].matches[0]), item[0]))
    return tuple(_pair(view, number, found) for number, found in firsts[:_BEST])


def _strength(match: Match) -> float:
    return match.score if match.probability is None else match.probability


def _pair(view: View, number: int, found: MatchList) -> BestPair:
    match = found.matches[0]
    record = partner(match, found.query)

    def names(side: Offer) -> tuple[str, str]:
        return one_line(view.title(side)), one_line(view.owner(side))

    return BestPair(
        number, *names(found.query), *names(record), percent_of(match),
        grade_of(match, view.words), grade(match.probability), why(match, view.words),
    )  # fmt: skip


def _unmatched(view: View) -> tuple[Unmatched, ...]:
    words = view.words
    places: dict[str, list[int]] = {}
    for number, found in enumerate(view.lists, start=1):
        if not found.matches:
            places.setdefault(view.reason(found), []).append(number)
    told = []
    for reason, numbers in sorted(places.items(), key=lambda item: (-len(item[1]), item[1])):
        named = words.join(str(number) for number in numbers[:_PLACES])
        if len(numbers) > _PLACES:
            named = words("brief_more_places", places=named)
        told.append(Unmatched(reason, len(numbers), named))
    return tuple(told)


def _scarce(view: View) -> tuple[Scarce, ...]:
    asked, called, without = Counter[str](), Counter[str](), Counter[str]()
    for found in view.lists:
        if found.reason in _NO_QUESTION:
            continue
        for code in dict.fromkeys(found.query.fields):
            asked[code] += 1
            without[code] += not found.matches
            called[code] += bool(found.matches) and _grade(found) in ("call", None)
    short = [code for code in asked if called[code] < asked[code]]
    short.sort(key=lambda code: (-without[code], called[code] - asked[code], code))
    return tuple(
        Scarce(
            view.words.label("fields", code), asked[code], called[code], without[code],
            view.on_file.get(code, 0) if view.on_file else None,
        )
        for code in short[:_FIELDS]
    )  # fmt: skip
