"""The flat tables of a report, as columns and rows; xlsx and csv only write them down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from matcher.export.cells import Cell, number
from matcher.export.gaps import misfits, unstated_line
from matcher.export.summary import Summary
from matcher.export.view import BEST, View, partner
from matcher.export.words import grade_of, kind_of, probability_of, trl_of
from matcher.records import Need
from matcher.results import Coverage, IndicatorCheck, Leg, Match, MatchList

#: What is told of each part of the score: only a search ranks, a correction only adds or takes.
_LEGS = (
    ("dense", ("rank", "score", "contribution")),
    ("bm25", ("rank", "score", "contribution")),
    ("evidence", ("score", "contribution")),
    ("crowding", ("contribution",)),
    ("language", ("contribution",)),
)
#: A cell of what is not stated stays readable; the sheet of requirements has all of it in rows.
_NAMED_PARTS = 3

Style = Literal["text", "centre", "number", "percent", "verdict"]


@dataclass(frozen=True)
class Column:
    """A column: its heading, its width in characters, and whether it is printed."""

    title: str
    width: int
    style: Style = "text"
    printed: bool = True


@dataclass(frozen=True)
class Table:
    """One table; ``empty`` is said in place of rows, ``codes`` colours rows by verdict."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str
    codes: tuple[str, ...] = ()


def matches(view: View) -> Table:
    """Return one row a match, with quotes, misfits and the parts of its score."""
    w = view.words
    columns = [
        Column(w("need_id"), 10),
        Column(w("need_title"), 18),
        Column(w("need_owner"), 15),
        Column(w("rank"), 6, "centre"),
        Column(w("capability_id"), 10),
        Column(w("capability_title"), 18),
        Column(w("capability_owner"), 15),
        Column(w("capability_kind"), 9, "centre"),
        Column(w("trl"), 8, "centre"),
    ]
    if view.calibrated:
        columns += [Column(w("probability"), 9, "percent"), Column(w("grade"), 9, "centre")]
    columns += [Column(w("quote_n", n=i), 28) for i in range(1, BEST + 1)]
    columns += [Column(w("misfits"), 20), Column(w("not_stated_heading"), 34)]
    columns.append(Column(w("score"), 9, "number", printed=False))
    for leg, parts in _LEGS:
        name = w.label("legs", leg)
        for part in parts:
            title = w(f"leg_{part}", leg=name)
            style: Style = "centre" if part == "rank" else "number"
            columns.append(Column(title, 11, style, printed=False))
    rows = tuple(
        _match(view, match, place)
        for found in view.lists
        for place, match in enumerate(found.matches)
    )
    return Table(w("sheet_matches"), tuple(columns), rows, w("nothing_to_list"))


def _match(view: View, match: Match, place: int) -> tuple[Cell, ...]:
    w, need, capability = view.words, match.need, match.capability
    row: list[Cell] = [
        need.id, view.title(need), view.owner(need), match.rank,
        capability.id, view.title(capability), view.owner(capability),
        kind_of(capability, w), trl_of(capability),
    ]  # fmt: skip
    if view.calibrated:
        row += [number(match.probability), grade_of(match, w)]
    pairs = [
        w(
            "quote_pair", need_label=w("need_label"), capability_label=w("capability_label"),
            need=item.need.text.strip(), capability=item.capability.text.strip(),
        )
        for item in match.evidence[:BEST]
    ]  # fmt: skip
    pairs = pairs or [w("no_quotes")]
    row += [*pairs, *[None] * (BEST - len(pairs))]
    row.append("\n".join(misfits(match, w)) or w("nothing_misfits"))
    gaps = unstated_line(match, w, _NAMED_PARTS, in_sheet=place < BEST)
    row.append("\n".join(filter(None, gaps)) or w("nothing_unstated"))
    row.append(number(match.score))
    legs: dict[str, Leg] = {leg.name: leg for leg in match.legs}
    for name, parts in _LEGS:
        row += [number(getattr(legs.get(name), part, None)) for part in parts]
    return tuple(row)


def coverage(view: View) -> Table:
    """Return one row for every requirement and indicator of a need and each best partner."""
    w = view.words
    columns = (
        Column(w("need_id"), 11),
        Column(w("need_title"), 22),
        Column(w("rank"), 6, "centre"),
        Column(w("capability_id"), 11),
        Column(w("capability_title"), 22),
        Column(w("part_kind"), 8, "centre"),
        Column(w("part_field"), 12, "centre"),
        Column(w("part_quote"), 42),
        Column(w("answer_quote"), 42),
        Column(w("verdict"), 10, "verdict"),
        Column(w("required_value"), 14, "centre"),
        Column(w("stated_value"), 14, "centre"),
    )
    rows: list[tuple[Cell, ...]] = []
    codes: list[str] = []
    for found in view.lists:
        for match in found.matches[:BEST]:
            for code, row in _requirements(view, match):
                codes.append(code)
                rows.append(row)
    name = w("sheet_coverage")
    return Table(name, columns, tuple(rows), w("nothing_to_list"), tuple(codes))


def _requirements(view: View, match: Match) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    start = (
        match.need.id, view.title(match.need), match.rank,
        match.capability.id, view.title(match.capability),
    )  # fmt: skip
    for part in match.coverage:
        code = "answered" if part.evidence else "not_stated"
        yield code, (*start, *_part(view, match.need, part, code))
    for check in match.indicators:
        yield check.verdict, (*start, *_check(view, match.need, check))


def _part(view: View, need: Need, item: Coverage, code: str) -> tuple[Cell, ...]:
    w = view.words
    answer = item.evidence.capability.text.strip() if item.evidence else w("verdict_not_stated")
    return (
        w("part_requirement"), w.field(need, item.part.field), item.part.text.strip(), answer,
        w(f"verdict_{code}"), None, None,
    )  # fmt: skip


def _check(view: View, need: Need, check: IndicatorCheck) -> tuple[Cell, ...]:
    w, silent = view.words, view.words("verdict_not_stated")
    return (
        w("part_indicator"),
        w.field(need, check.requirement.field),
        check.requirement.text.strip(),
        check.stated.text.strip() if check.stated else silent,
        w(f"verdict_{check.verdict}"),
        check.required_value,
        check.stated_value or silent,
    )


def brief(view: View, told: Summary) -> tuple[Table, ...]:
    """Return the tables of the first sheet, which share its columns."""
    w = view.words
    best = Table(
        w("brief_best", n=len(told.best)),
        (
            Column(w("number"), 8, "centre"),
            Column(w("subject_title"), 34),
            Column(w("subject_owner"), 26),
            Column(w("best_partner"), 34),
            Column(w("partner_owner"), 26),
            Column(w("probability"), 10, "centre"),
            Column(w("grade"), 14, "verdict"),
            Column(w("why"), 44),
        ),
        tuple(
            (p.number, p.title, p.owner, p.partner, p.partner_owner, p.probability, p.worth, p.why)
            for p in told.best
        ),
        w("brief_no_best"),
        tuple("answered" if pair.grade == "call" else "not_stated" for pair in told.best),
    )
    unmatched = Table(
        w("brief_unmatched"),
        (
            Column(w("brief_count"), 8, "centre"),
            Column(w("reason"), 34),
            Column(w("brief_places"), 26),
        ),
        tuple((line.count, line.reason, line.places) for line in told.unmatched),
        w("none_unmatched"),
    )
    scarce = Table(
        w("brief_scarce"),
        (
            Column(w("brief_subjects"), 8, "centre"),
            Column(w("brief_field"), 34),
            Column(w("brief_worth"), 26, "centre"),
            Column(w("brief_none_worth"), 34, "centre"),
            Column(w("brief_on_file"), 26, "centre"),
        ),
        tuple(
            (line.asked, line.field, line.worth_a_call, line.without_any, line.on_file)
            for line in told.scarce
        ),
        w("nothing_to_list"),
    )
    return best, unmatched, scarce


def summary(view: View) -> Table:
    """Return one row a record of the run, with its best partners."""
    w = view.words
    columns = (
        Column(w("number"), 6, "centre"),
        Column(w("subject_id"), 11),
        Column(w("subject_title"), 30),
        Column(w("subject_owner"), 22),
        Column(w("subject_kind"), 10, "centre"),
        Column(w("outcome"), 12, "verdict"),
        *(Column(w("best_partner_n", n=i), 32) for i in range(1, BEST + 1)),
        Column(w("partner_total"), 9, "centre"),
    )
    rows = tuple(_summary(view, found, i) for i, found in enumerate(view.lists, start=1))
    codes = tuple("answered" if found.matches else "not_stated" for found in view.lists)
    return Table(w("sheet_summary"), columns, rows, w("no_records"), codes)


def _summary(view: View, found: MatchList, place: int) -> tuple[Cell, ...]:
    w, query = view.words, found.query
    best: list[Cell] = []
    for match in found.matches[:BEST]:
        record = partner(match, query)
        said = (view.owner(record), trl_of(record), probability_of(match, w), grade_of(match, w))
        details = " · ".join(part for part in said if part)
        best.append(f"{view.title(record)}\n{details}")
    return (
        place, query.id, view.title(query), view.owner(query), kind_of(query, w),
        w("outcome_found") if found.matches else w("outcome_none"),
        *best, *[None] * (BEST - len(best)), len(found.matches),
    )  # fmt: skip


def unmatched(view: View) -> Table:
    """Return one row for every record without a partner: why, and what to do."""
    w = view.words
    columns = (
        Column(w("subject_id"), 11),
        Column(w("subject_title"), 34),
        Column(w("subject_owner"), 26),
        Column(w("reason"), 36),
        Column(w("nearest"), 44),
        Column(w("advice"), 36),
        Column(w("excluded"), 26),
    )
    rows = tuple(
        (
            found.query.id, view.title(found.query), view.owner(found.query),
            view.reason(found), view.nearest(found) or None, view.advice(found),
            view.excluded(found),
        )
        for found in view.lists
        if not found.matches
    )  # fmt: skip
    empty = w("none_unmatched") if view.lists else w("no_records")
    return Table(w("sheet_unmatched"), columns, rows, empty)


def rejected(view: View) -> Table:
    """Return one row for every row or cell that could not be read, and why."""
    w = view.words
    columns = (
        Column(w("file"), 26),
        Column(w("sheet"), 16),
        Column(w("row"), 7, "centre"),
        Column(w("column"), 18),
        Column(w("reason"), 64),
        Column(w("value"), 40),
    )
    rows = tuple(
        (
            item.file, item.sheet, item.row or None, item.column,
            item.reason_en if w.lang == "en" else item.reason_zh, item.value,
        )
        for item in view.run.rejections
    )  # fmt: skip
    return Table(w("sheet_rejected"), columns, rows, w("none_rejected"))


def duplicates(view: View) -> Table:
    """Return one row for every pair of records that say the same or nearly the same."""
    w = view.words
    columns = (
        Column(w("first_record"), 22),
        Column(w("second_record"), 60),
        Column(w("duplicate_degree"), 20, "centre"),
    )
    rows = tuple(
        (
            item.first_id,
            item.second_id,
            w("duplicate_same")
            if item.similarity >= 1
            else w("duplicate_near", value=number(item.similarity, 3)),
        )
        for item in view.run.duplicates
    )
    return Table(w("duplicates"), columns, rows, w("nothing_to_list"))


def run_facts(view: View) -> list[tuple[str, Cell]]:
    """Return the run's counts as (label, number)."""
    w, run = view.words, view.run
    return [
        (w("need_count"), run.need_count),
        (w("capability_count"), run.capability_count),
        (w("with_partners"), view.found),
        (w("without_partners"), len(view.lists) - view.found),
    ]


def sources(view: View) -> list[tuple[str, str]]:
    """Return what the run was made from as (label, value), without empty values."""
    w, run, made = view.words, view.run, view.run.provenance
    found = [
        (w("date"), made.date),
        (w("needs_file"), run.needs_file),
        (w("capabilities_file"), run.capabilities_file),
        (w("data_revision"), made.data_revision),
        (w("encoder"), made.encoder),
        (w("encoder_fingerprint"), made.encoder_fingerprint),
        (w("weights"), made.weights),
        (w("calibration"), made.calibration),
        (w("version"), made.version),
    ]
    return [(label, value) for label, value in found if value]
