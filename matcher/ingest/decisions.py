"""Read decisions on matches, or graded judgements: one row a pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from matcher import taxonomy
from matcher.errors import InputError
from matcher.ingest.dates import parse_date
from matcher.ingest.headers import HEADER_ROWS, Names
from matcher.ingest.sources import read_source
from matcher.ingest.tables import Raw, Row, Table, note
from matcher.ingest.values import CellProblem, as_text, is_nothing
from matcher.records import Need
from matcher.results import Rejection

#: An accepted partner is worth a call, which is what grade 2 of a judgement says.
ACCEPTED = 2
Key = tuple[str, str]


@dataclass(frozen=True)
class Decision:
    """What somebody decided on a pair; ``code`` is of decisions.csv, or "" for a judgement."""

    need_id: str
    capability_id: str
    code: str = ""
    #: Code of decline_reasons.csv, or "".
    reason: str = ""
    grade: int | None = None
    date: date | None = None

    @property
    def key(self) -> Key:
        """The pair."""
        return self.need_id, self.capability_id

    @property
    def level(self) -> int | None:
        """How relevant the texts are to each other, 0 not at all; None: the decision is silent.

        Price, region, intellectual property, a conflict or a supplier one already has say nothing
        against the texts. Neither do a lack of maturity and missed indicators: somebody who
        compares figures has found the subject right.
        """
        if self.code:
            declined = self.code == "decline" and self.reason == "irrelevant"
            return ACCEPTED if self.code == "accept" else 0 if declined else None
        return self.grade


@dataclass(frozen=True)
class Decisions:
    """The decisions of one file in its order; ``rejections`` and ``warnings`` as for records."""

    items: tuple[Decision, ...]
    rejections: tuple[Rejection, ...] = ()
    warnings: tuple[Rejection, ...] = ()


def read_decisions(path: Path | str) -> Decisions:
    """Read a csv, xlsx or jsonl file with the columns of decision_columns.csv.

    A row that cannot be understood is listed and the others count. Raises InputError for a file
    that cannot be read or has no such columns.
    """
    raw = read_source(path, Names(Need))
    found: list[Decision] = []
    headers = [(table, header) for table in raw.tables if (header := _header(table))]
    if not headers:
        raise InputError(
            f"{raw.source} 中没有需求编号、成果编号和决定（或等级）三列。请加上这样的表头。",
            f"{raw.source} lacks the columns need ID, capability ID and decision (or grade): "
            "add such a header.",
        )
    for table, (last, columns) in headers:
        for row in table.rows:
            if row.number > last:
                found += _decision(row, table, columns, raw)
    return Decisions(tuple(found), tuple(raw.rejections), tuple(raw.warnings))


def latest(decisions: Iterable[Decision]) -> dict[Key, Decision]:
    """Return the last decision on each pair, sorted by pair.

    The later date counts, a row without a date as the oldest; on one day the lower row counts.
    """
    found: dict[Key, Decision] = {}
    for decision in decisions:
        before = found.get(decision.key)
        if before is None or (decision.date or date.min) >= (before.date or date.min):
            found[decision.key] = decision
    return dict(sorted(found.items()))


#: Field → its column and its header as written.
_Columns = Mapping[str, tuple[int, str]]


def _header(table: Table) -> tuple[int, _Columns] | None:
    """Return the number of the header's row and its columns, or None."""
    if table.header is not None:
        return _if_whole(0, enumerate(table.header))
    for row in table.rows[:HEADER_ROWS]:
        if found := _if_whole(row.number, ((i, as_text(cell)) for i, cell in row.cells.items())):
            return found
    return None


def _if_whole(
    row: int, labels: Iterable[tuple[int, str]]
) -> tuple[int, _Columns] | None:  # fmt: skip
    columns: dict[str, tuple[int, str]] = {}
    for index, label in labels:
        field = taxonomy.code_of("decision_columns", label)
        if field:
            columns.setdefault(field, (index, label))
    whole = {"need_id", "capability_id"} <= columns.keys() and columns.keys() & {
        "decision", "grade",
    }  # fmt: skip
    return (row, columns) if whole else None


def _decision(
    row: Row, table: Table, columns: _Columns, raw: Raw
) -> Iterator[Decision]:  # fmt: skip
    def cell(field: str) -> Any:
        return row.cells.get(columns[field][0]) if field in columns else None

    def told(field: str, zh: str, en: str) -> Rejection:
        return note(
            table.file, zh, en, sheet=table.sheet, row=row.number, column=columns[field][1],
            value=cell(field),
        )  # fmt: skip

    need, capability = as_text(cell("need_id")), as_text(cell("capability_id"))
    if not need or not capability:
        raw.rejections.append(told(
            "capability_id" if need else "need_id",
            "缺少需求编号或成果编号，此行没有读取；请补上。",
            "The need ID or the capability ID is missing, and the row was not read: fill it in.",
        ))  # fmt: skip
        return
    written, grade = as_text(cell("decision")), _grade(cell("grade"))
    if is_nothing(written) and grade is None:
        if as_text(cell("grade")):
            raw.rejections.append(told(
                "grade", "等级应为 0、1、2 或 3，此行没有读取。",
                "The grade should be 0, 1, 2 or 3; the row was not read.",
            ))  # fmt: skip
        return  # nobody has decided yet
    code = "" if is_nothing(written) else taxonomy.code_of("decisions", written)
    if code is None:
        raw.rejections.append(told(
            "decision", "决定应为“接受”“婉拒”或“以后再说”，此行没有读取。",
            "The decision should be accept, decline or later; the row was not read.",
        ))  # fmt: skip
        return
    reason, day = "", None
    if code == "decline" and not is_nothing(as_text(cell("reason"))):
        reason = taxonomy.code_of("decline_reasons", as_text(cell("reason"))) or ""
        if not reason:
            reason = "other"
            raw.warnings.append(told("reason", *_unlisted()))
    if as_text(cell("date")):
        try:
            day = parse_date(cell("date"))
        except CellProblem as problem:
            raw.warnings.append(told("date", problem.zh, problem.en))
    yield Decision(need, capability, code, reason, None if code else grade, day)


def _grade(value: Any) -> int | None:
    try:
        grade = float(as_text(value))
    except ValueError:
        return None
    return int(grade) if 0 <= grade <= 100 and grade.is_integer() else None


def _unlisted() -> tuple[str, str]:
    known = "、".join(term.zh for term in taxonomy.terms("decline_reasons").values())
    codes = ", ".join(taxonomy.terms("decline_reasons"))
    return (
        f"这个原因不在列表中，按“其他”处理；可用的原因：{known}。",
        f"This reason is not in the list and counts as other; the list: {codes}.",
    )
