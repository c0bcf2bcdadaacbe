"""Understand a header: which field each column means, and which row the header is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from matcher import taxonomy
from matcher.errors import InputError
from matcher.ingest.tables import R, Row, Table
from matcher.ingest.values import as_text

How = Literal["exact", "synonym", "override", "unused"]

HEADER_ROWS = 15
_LABEL_CHARACTERS = 60
_PARENS = re.compile(r"[（(【\[〔][^（）()【】\[\]〔〕]*[)）】\]〕]")
_NUMBERING = re.compile(
    r"^\s*(?:[（(]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[)）]?[.、．:：)）\s]|[①-⑳]"
    r"|第[一二三四五六七八九十]+[部分章节项、]+)\s*"
)
_MARKS = "*＊※★●◆▲# \t\n\u3000:：_"
# A header in two languages: 需求名称/Title, or 需求名称 Title.
_PIECES = re.compile(
    r"[/／|｜\n]|(?<=[\u4e00-\u9fff）)])\s+(?=[A-Za-z])|(?<=[A-Za-z])\s+(?=[\u4e00-\u9fff])"
)
_UNIT = re.compile(
    r"(?:亿|千万|百万|十万|万|千)元?|元|人民币|rmb|cny|yuan|usd|美元|eur|欧元|hk\$?|港[元币]|\$|¥|€",
    re.IGNORECASE,
)
# 是否需要保密, 是否向社会公开: too many wordings to list, and a miss would make records public.
_ASKS_SECRECY = re.compile(
    r"[\u4e00-\u9fff]{0,8}(?:是否|可否|能否)(?:需要?|要求?|可以?|能|同意|愿意|允许|申请|属于|为|对外|向社会)*"
    r"(?:保密|涉密|匿名|公开)(?:发布|展示|显示|处理)?"
)
#: Columns that count rows: their numbers start again in every sheet and so name nothing.
_SERIAL = frozenset({"序号", "需求序号", "成果序号", "no", "number"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column: where it stands, its header as written, and the field it means, if any.

    A field of the owner is written ``organisation.name``. ``unit`` is a unit of money named in
    the header, ``serial`` marks a running number that is an id only where it is unique.
    """

    index: int
    header: str
    field: str | None
    how: How
    unit: str = ""
    serial: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table; its records stand in the rows after ``last_row``."""

    columns: tuple[Column, ...]
    last_row: int


class Names:
    """Every accepted name of the fields of a record class, with the user's own on top.

    Parameters
    ----------
    record_class
        Need or Capability.
    mapping
        Header as written → field, for example ``{"痛点": "problem", "谁": "organisation.name"}``;
        an empty field leaves the column out.

    Raises InputError for a field that does not exist.
    """

    def __init__(self, record_class: type[R], mapping: Mapping[str, str] | None = None) -> None:
        self.record = record_class.record
        self.text_fields = record_class.text_fields
        self._names = self._collect()
        self.overrides = {
            taxonomy.fold(header): self._target(field) for header, field in (mapping or {}).items()
        }
        self.written = tuple(mapping or {})
        self._cache: dict[str, tuple[str | None, How] | None] = {}

    def _collect(self) -> dict[str, tuple[str, How]]:
        # A name of the record's own fields wins over one of its owner's, a label over a synonym.
        own, owner = taxonomy.columns(self.record), taxonomy.columns("organisation")
        found: dict[str, tuple[str, How]] = {}
        for terms, prefix in ((own, ""), (owner, "organisation.")):
            for field, term in terms.items():
                names = [term.zh, term.en, prefix + field]
                for name in [*names, field]:
                    found.setdefault(taxonomy.fold(name), (prefix + field, "exact"))
            for field, term in terms.items():
                for name in term.synonyms:
                    found.setdefault(taxonomy.fold(name), (prefix + field, "synonym"))
        found.setdefault("organisation", ("organisation.name", "exact"))
        return found

    @property
    def fields(self) -> tuple[str, ...]:
        """The names that an override may use."""
        owner = (f"organisation.{field}" for field in taxonomy.columns("organisation"))
        return (*taxonomy.columns(self.record), *owner)

    def _target(self, field: str) -> str | None:
        if not field.strip():
            return None
        if field in self.fields:
            return field
        if found := self._names.get(taxonomy.fold(field)):
            return found[0]
        valid = ", ".join(self.fields)
        raise InputError(
            f"列对应关系中的字段“{field}”不存在；可用的字段：{valid}。",
            f'The field "{field}" of the column mapping does not exist; use one of: {valid}.',
        )

    def match(self, header: str) -> tuple[str | None, How] | None:
        """Return (field, how) for a header, or None if it means nothing known.

        The field is None if an override leaves the column out.
        """
        if header not in self._cache:
            self._cache[header] = self._match(header)
        return self._cache[header]

    def _match(self, header: str) -> tuple[str | None, How] | None:
        folded = taxonomy.fold(header)
        if folded in self.overrides:
            return self.overrides[folded], "override"
        if not folded or len(header) > _LABEL_CHARACTERS:
            return None
        bare = undecorated(header)
        if taxonomy.fold(bare) in self.overrides:
            return self.overrides[taxonomy.fold(bare)], "override"
        for text in (header, bare, _UNIT.sub("", bare), *_PIECES.split(bare)):
            if text and (found := self._names.get(taxonomy.fold(text))):
                return found
        if _ASKS_SECRECY.fullmatch(bare):
            return "confidentiality", "synonym"
        return None

    def is_text(self, field: str | None) -> bool:
        """Return whether a field is one of those whose text is matched."""
        return field in self.text_fields


def undecorated(header: str) -> str:
    """Return a header without numbering, marks such as ``*`` and notes in brackets."""
    text = _PARENS.sub("", header).strip(_MARKS)
    return _NUMBERING.sub("", text, count=1).strip(_MARKS)


def counts_rows(header: str) -> bool:
    """Tell whether a header is that of a running number, such as 序号."""
    return taxonomy.fold(undecorated(header)) in _SERIAL


def unit_of(header: str) -> str:
    """Return the unit of money named in a header, such as 万元, or ""."""
    text = unicodedata.normalize("NFKC", header)
    for part in [*_PARENS.findall(text), re.sub(r"资金|金额|经费|预算|价格|报价", "|", text)]:
        if match := _UNIT.search(part):
            return match[0]
    return ""


def find_header(table: Table, names: Names) -> Header | None:
    """Return the header of a table, or None if no column means a text field.

    The header is the row with the most recognised columns among the first 15; two rows with
    merged groups (单位信息 over 单位名称) count as one if together they explain more.
    """
    if table.header is not None:
        columns = _columns(dict(enumerate(table.header)), names)
        return Header(columns, 0) if _score(columns, names) else None
    best: tuple[int, Header] | None = None
    rows = table.rows[:HEADER_ROWS]
    for i, row in enumerate(rows):
        labels = _labels(row)
        columns = _columns(labels, names)
        below = rows[i + 1] if i + 1 < len(rows) else None
        last = row.number
        score = _score(columns, names)
        if below is not None and (joined := _join(labels, below, names)) is not None:
            both = _columns(joined, names)
            if _score(both, names) > max(score, _score(_columns(_labels(below), names), names)):
                columns, last, score = both, below.number, _score(both, names)
        if score and (best is None or score > best[0]):
            best = score, Header(columns, last)
    return best[1] if best else None


def recognised(columns: tuple[Column, ...]) -> set[str]:
    """Return the fields that the columns name."""
    return {column.field for column in columns if column.field}


def likely_headers(table: Table) -> tuple[str, ...]:
    """Return the cells of the row that most looks like a header, for a message."""
    if table.header is not None:
        return table.header
    rows = [tuple(_labels(row).values()) for row in table.rows[:HEADER_ROWS]]
    return max(rows, key=len, default=())


def _score(columns: tuple[Column, ...], names: Names) -> int:
    fields = recognised(columns)
    return len(fields) if any(names.is_text(field) for field in fields) else 0


def _labels(row: Row) -> dict[int, str]:
    # A continued cell repeats the row above, so it is not a label of this row.
    return {
        index: text
        for index, value in row.cells.items()
        if index not in row.continued and (text := as_text(value))
    }


def _join(upper: dict[int, str], below: Row, names: Names) -> dict[int, str] | None:
    """Return the labels of a two-row header, or None if the rows are not built like one."""
    lower = _labels(below)
    groups: dict[int, list[int]] = {}
    for index in lower:
        group = max((i for i in upper if i <= index), default=-1)
        groups.setdefault(group, []).append(index)
    # Only a group that spans several columns has a second row of labels.
    if not groups or any(group not in own or len(own) < 2 for group, own in groups.items()):
        return None
    joined = dict(upper)
    for group, own in groups.items():
        if names.match(upper[group]) and sum(names.match(lower[i]) is not None for i in own) < 2:
            return None  # a field of its own, and below it a broken row
        head = undecorated(upper[group])
        short = re.sub(r"(基本)?(信息|情况|资料)$", "", head)
        for index in own:
            label = lower[index]
            # 单位信息 over 名称 means 单位名称, not the name of the need.
            spelled = (f"{head}{label}", f"{short}{label}")
            known = (text for text in spelled if names.match(text) and label not in names.written)
            joined[index] = next(known, label)
    return joined


def _columns(labels: dict[int, str], names: Names) -> tuple[Column, ...]:
    columns = []
    for index, label in sorted(labels.items()):
        field, how = names.match(label) or (None, "unused")
        unit = unit_of(label) if field in ("budget", "price") else ""
        serial = field == "id" and counts_rows(label)
        columns.append(Column(index, label, field, how, unit, serial))
    return tuple(columns)
