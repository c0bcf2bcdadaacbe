"""Turn rows into records: parse each cell, keep the row, and say what was left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic

from pydantic import ValidationError

from matcher.ingest import reasons
from matcher.ingest.amounts import parse_money
from matcher.ingest.confidentiality import parse_confidentiality, strictest, unclear
from matcher.ingest.dates import parse_date
from matcher.ingest.headers import Column, Header
from matcher.ingest.limits import MAX_ID_CHARACTERS, MAX_KEYWORDS, MAX_RECORD_CHARACTERS
from matcher.ingest.lists import (
    not_listed,
    parse_code,
    parse_codes,
    parse_count,
    parse_trl,
    split_exclusions,
    split_regions,
    split_text,
)
from matcher.ingest.tables import R, Row, Table, Unreadable, note
from matcher.ingest.values import CellProblem, as_text, is_error, is_nothing, plain
from matcher.records import Organisation
from matcher.results import Rejection

_OWNER = "organisation."
#: Bare numbers count rows in any column; under 序号 so do 1.2, 3-1, (4), 五 and ⑥.
_RUNNING = re.compile(r"\d{1,6}")
_SERIAL = re.compile(
    r"[（(第]?(?:\d{1,6}|[一二三四五六七八九十百]{1,4}|[①-⑳])(?:[-.—–、_]\d{1,4})*[)）.．、号项条]?"
)
_CODE_LISTS = {
    "fields": "fields",
    "cooperation_modes": "cooperation_modes",
    "partner_kinds": "organisation_kinds",
}
_FREE_LISTS: dict[str, Callable[[Any], tuple[str, ...]]] = {
    "keywords": split_text,
    "regions": split_regions,
    "exclusions": split_exclusions,
    "ip_references": split_text,
    "organisation.aliases": split_text,
}
_PARSERS: dict[str, Callable[[Any], Any]] = {
    "deadline": parse_date,
    "valid_until": parse_date,
    "created_at": partial(parse_date, end=False),
    "updated_at": partial(parse_date, end=False),
    "confirmed_at": partial(parse_date, end=False),
    "organisation.founded": partial(parse_date, end=False),
    "trl": parse_trl,
    "trl_min": parse_trl,
    "capacity": parse_count,
    "ip_status": partial(parse_code, table="ip_status"),
    "organisation.kind": partial(parse_code, table="organisation_kinds"),
    "organisation.size": partial(parse_code, table="sizes"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """A row that may become a record, with its columns by priority."""

    table: Table
    header: Header
    row: Row


@dataclass
class Builder(Generic[R]):
    """Builds the records of one batch and collects what was rejected or left out.

    ``kind`` is the kind of records that name none; ``unnamed`` see ``Batch``.
    """

    record_class: type[R]
    kind: str
    records: list[R] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    warnings: list[Rejection] = field(default_factory=list)
    unnamed: set[str] = field(default_factory=set)

    def build(self, drafts: list[Draft]) -> None:
        """Add a record for every draft that can become one.

        A missing id becomes N0001 or C0001 by the place of the row among all rows.
        """
        explicit = [self._explicit_id(draft) for draft in drafts]
        taken = {given for given, _ in explicit if given}
        prefix = "N" if self.record_class.record == "need" else "C"
        seen: set[str] = set()
        for place, (draft, (given, column)) in enumerate(zip(drafts, explicit, strict=True), 1):
            if given and given in seen and not (column and column.serial):
                self._reject(draft, column, given, *reasons.DUPLICATE_ID)
                continue
            if len(given) > MAX_ID_CHARACTERS:
                self._reject(draft, column, given, *reasons.LONG_ID)
                continue
            identity = given if given not in seen else ""
            if not identity:
                identity = f"{prefix}{place:04d}"
                while identity in taken:
                    identity += "-2"
                taken.add(identity)
            record = self._record(draft, identity)
            if record is not None:
                seen.add(identity)
                self.records.append(record)
                if identity != given or _counts_rows(given, column):
                    self.unnamed.add(identity)

    def _explicit_id(self, draft: Draft) -> tuple[str, Column | None]:
        for column, value in _cells(draft):
            # One number over several merged rows counts companies, not needs.
            if column.field == "id" and column.index not in draft.row.continued:
                text = "" if isinstance(value, Unreadable) else " ".join(as_text(value).split())
                if not is_nothing(text) and not is_error(text):
                    return text, column
        return "", None

    def _record(self, draft: Draft, identity: str) -> R | None:
        values: dict[str, Any] = {}
        self._check_width(draft)
        for column, value in _cells(draft):
            name = column.field or ""
            if name == "id":
                continue
            if name == "confidentiality":
                self._take_confidentiality(values, draft, column, value)
                continue
            if isinstance(value, Unreadable):
                self._warn(draft, column, value.shown, value.zh, value.en)
                continue
            text = as_text(value)
            if is_error(text):
                self._warn(draft, column, text, *reasons.ERROR_CELL)
            elif name == "ip_status" or not is_nothing(text):
                try:
                    self._take(values, draft, column, value)
                except CellProblem as problem:
                    self._warn(draft, column, text, problem.zh, problem.en)
        return self._finish(values, draft, identity)

    def _take_confidentiality(
        self, values: dict[str, Any], draft: Draft, column: Column, value: Any
    ) -> None:
        # Only an empty cell leaves a record public: what cannot be read might have said 保密.
        text = value.shown if isinstance(value, Unreadable) else as_text(value)
        if not text and not isinstance(value, Unreadable):
            return
        try:
            if isinstance(value, Unreadable):
                raise unclear()
            given = parse_confidentiality(value, column.header)
        except CellProblem as problem:
            self._warn(draft, column, text, problem.zh, problem.en)
            given = "private"
        values["confidentiality"] = strictest(values.get("confidentiality"), given)

    def _take(self, values: dict[str, Any], draft: Draft, column: Column, value: Any) -> None:
        name = column.field or ""
        if name in self.record_class.text_fields:
            text, before = as_text(value), values.get(name)
            if before is None:
                values[name] = text
            elif text not in before.split("\n"):
                values[name] = f"{before}\n{text}"
        elif name in _CODE_LISTS:
            codes, unknown = parse_codes(value, _CODE_LISTS[name])
            values[name] = tuple(dict.fromkeys((*values.get(name, ()), *codes)))
            for item in unknown:
                problem = not_listed(_CODE_LISTS[name])
                self._warn(draft, column, item, problem.zh, problem.en)
        elif name in _FREE_LISTS:
            items = tuple(dict.fromkeys((*values.get(name, ()), *_FREE_LISTS[name](value))))
            if name == "keywords" and len(items) > MAX_KEYWORDS:
                self._warn(draft, column, as_text(value), *reasons.MANY_KEYWORDS)
                items = items[:MAX_KEYWORDS]
            values[name] = items
        elif values.get(name) is None:
            values[name] = self._scalar(name, column, value)

    def _scalar(self, name: str, column: Column, value: Any) -> Any:
        if name in ("budget", "price"):
            return parse_money(value, column.unit)
        if name in ("kind", "status"):
            suffix = "kinds" if name == "kind" else "status"
            return parse_code(value, f"{self.record_class.record}_{suffix}")
        if parser := _PARSERS.get(name):
            return parser(value)
        text = " ".join(as_text(value).split())
        return text.upper().replace(" ", "") if name == "organisation.credit_code" else text

    def _finish(self, values: dict[str, Any], draft: Draft, identity: str) -> R | None:
        owner = {
            name.removeprefix(_OWNER): value
            for name, value in values.items()
            if name.startswith(_OWNER) and value is not None
        }
        content = {
            name: value
            for name, value in values.items()
            if not name.startswith(_OWNER) and value is not None
        }
        texts = [content.get(name, "") for name in self.record_class.text_fields]
        if not any(texts):
            self._reject(draft, None, _row_text(draft), *reasons.NO_TEXT)
            return None
        joined = "".join(texts)
        # The word may stand in any of the first columns, the count beside it.
        if any(
            reasons.TOTALS.fullmatch(plain(before + joined))
            for before in ("", identity, str(owner.get("name", "")))
        ):
            self._reject(draft, None, _row_text(draft), *reasons.TOTAL)
            return None
        if sum(map(len, texts)) > MAX_RECORD_CHARACTERS:
            self._reject(draft, None, max(texts, key=len), *reasons.TOO_LONG)
            return None
        content.setdefault("kind", self.kind)
        organisation = self._organisation(owner, draft)
        record: R | None = self._validated(
            self.record_class, {"id": identity, "organisation": organisation} | content, draft
        )
        return record

    def _organisation(self, owner: dict[str, Any], draft: Draft) -> Organisation | None:
        if not owner:
            return None
        if not owner.get("name"):
            column = next(c for c, _ in _cells(draft) if (c.field or "").startswith(_OWNER))
            self._warn(draft, column, _cell_text(draft, column), *reasons.NO_NAME)
            return None
        organisation: Organisation | None = self._validated(Organisation, owner, draft)
        return organisation

    def _validated(self, model: Any, values: dict[str, Any], draft: Draft) -> Any:
        """Return the model, without the optional values that it refuses; reject it otherwise."""
        prefix = _OWNER if model is Organisation else ""
        while True:
            try:
                return model(**values)
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                name = str(first["loc"][0]) if first["loc"] else ""
                # Messages of our own validators are written "Chinese / English".
                zh, _, en = first["msg"].removeprefix("Value error, ").partition(" / ")
                column = next((c for c, _ in _cells(draft) if c.field == prefix + name), None)
                if name not in values or name in ("id", "name", *self.record_class.text_fields):
                    self._reject(draft, column, values.get(name, ""), zh, en or zh)
                    return None
                self._warn(
                    draft, column, values.pop(name), f"{zh}，已留空。", f"{en or zh}; left empty."
                )

    def _check_width(self, draft: Draft) -> None:
        last = max((column.index for column in draft.header.columns), default=0)
        extra = [str(value) for i, value in draft.row.cells.items() if i > last]
        if extra and draft.table.ragged:
            self._warn(draft, None, " ".join(extra), *reasons.TOO_WIDE)

    def _warn(self, draft: Draft, column: Column | None, value: object, zh: str, en: str) -> None:
        self.warnings.append(_note(draft, column, value, zh, en))

    def _reject(self, draft: Draft, column: Column | None, value: object, zh: str, en: str) -> None:
        self.rejections.append(_note(draft, column, value, zh, en))


def _counts_rows(given: str, column: Column | None) -> bool:
    """Tell whether an id only counts rows, so that the next file has it again for another need."""
    pattern = _SERIAL if column and column.serial else _RUNNING
    return pattern.fullmatch(given) is not None


def _cells(draft: Draft) -> Iterator[tuple[Column, Any]]:
    """Yield the filled cells of known columns, a column named by its label before a synonym."""
    for column in draft.header.columns:
        if column.field and column.index in draft.row.cells:
            yield column, draft.row.cells[column.index]


def _cell_text(draft: Draft, column: Column) -> str:
    return as_text(draft.row.cells.get(column.index))


def _row_text(draft: Draft) -> str:
    return " | ".join(
        value.shown if isinstance(value, Unreadable) else as_text(value)
        for _, value in sorted(draft.row.cells.items())
    )


def _note(draft: Draft, column: Column | None, value: object, zh: str, en: str) -> Rejection:
    table, name = draft.table, column.header if column else ""
    return note(
        table.file, zh, en, sheet=table.sheet, row=draft.row.number, column=name, value=value
    )
