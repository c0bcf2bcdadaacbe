"""Read needs and capabilities from files: find the headers, build the records, keep the proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from matcher import taxonomy
from matcher.errors import InputError
from matcher.ingest.batch import Batch, ColumnMapping, revision_of, text_key
from matcher.ingest.build import Builder, Draft
from matcher.ingest.forms import form_of
from matcher.ingest.headers import (
    Header,
    Names,
    find_header,
    likely_headers,
    recognised,
    undecorated,
)
from matcher.ingest.sources import read_source
from matcher.ingest.tables import R, Raw, Table, note
from matcher.ingest.values import as_text
from matcher.records import Capability, Need
from matcher.results import Duplicate


def read_needs(
    path: Path | str, *, mapping: Mapping[str, str] | None = None, kind: str | None = None
) -> Batch[Need]:
    """Read needs; see ``read``."""
    return read(path, Need, mapping=mapping, kind=kind)


def read_capabilities(
    path: Path | str, *, mapping: Mapping[str, str] | None = None, kind: str | None = None
) -> Batch[Capability]:
    """Read capabilities; see ``read``."""
    return read(path, Capability, mapping=mapping, kind=kind)


def read(
    path: Path | str,
    record_class: type[R],
    *,
    mapping: Mapping[str, str] | None = None,
    kind: str | None = None,
) -> Batch[R]:
    """Read records from a csv, xlsx, jsonl or docx file, a folder of them, or a BEIR folder.

    Parameters
    ----------
    path
        A file or folder, or ``-`` for CSV or JSONL on standard input.
    record_class
        Need or Capability.
    mapping
        Header as written → field (``title``, ``organisation.name``), where the names and synonyms
        of the taxonomy do not know a column; an empty field leaves the column out.
    kind
        Kind of the records that name none, as code or label.

    A row that cannot become a record is listed in ``rejections``; a cell that cannot be read is
    left out of its record and listed in ``warnings``. Raises InputError if nothing can be read at
    all: no such file, damaged, empty, or no column with text.
    """
    names = Names(record_class, mapping)
    default_kind = _kind(record_class, kind)
    raw = read_source(path, names)
    tables = _with_headers(raw, names)
    drafts = [
        Draft(table, by_priority, row)
        for table, header in tables
        for by_priority in [_by_priority(header)]
        for row in table.rows
        if row.number > header.last_row and not _is_header_again(row.cells, header)
    ]
    builder = Builder(record_class, default_kind)
    builder.build(drafts)
    return Batch(
        records=tuple(builder.records),
        rejections=(*raw.rejections, *builder.rejections),
        mapping=tuple(_mapping(tables)),
        warnings=(*raw.warnings, *builder.warnings),
        duplicates=tuple(_duplicates(builder.records)),
        source=raw.source,
        revision=revision_of(builder.records),
        unnamed=frozenset(builder.unnamed),
    )


def _kind(record_class: type[R], kind: str | None) -> str:
    table = f"{record_class.record}_kinds"
    if kind is None:
        return str(record_class.model_fields["kind"].default)
    if code := taxonomy.code_of(table, kind):
        return code
    known = "、".join(taxonomy.terms(table))
    raise InputError(
        f"类型“{kind}”不存在；可用的类型：{known}。",
        f'The kind "{kind}" does not exist; use one of: {known}.',
    )


def _with_headers(raw: Raw, names: Names) -> list[tuple[Table, Header]]:
    """Return the tables whose header is understood; the others become warnings.

    Raises InputError if there is none, or if an override names a header that does not occur.
    """
    found: list[tuple[Table, Header]] = []
    skipped: list[Table] = []
    for table in raw.tables:
        header = find_header(table, names)
        form = form_of(table, names, len(recognised(header.columns)) if header else 0)
        if form is not None:
            table, header = form, find_header(form, names)
        if header is not None:
            found.append((table, header))
        elif table.rows:
            skipped.append(table)
    if not found:
        raise _no_header(raw, skipped, names)
    _check_overrides(found, names)
    raw.warnings += [
        note(
            table.file,
            "没有找到表头（没有可识别的名称或正文列），此表没有读取。",
            "No header was found (no column with a title or a body), and this table was not read.",
            sheet=table.sheet,
            value=" | ".join(likely_headers(table)),
        )
        for table in skipped
    ]
    return found


def _no_header(raw: Raw, skipped: list[Table], names: Names) -> InputError:
    if not skipped:
        if raw.rejections:
            first = raw.rejections[0]
            return InputError(
                f"{raw.source} 中没有可读取的内容；第 {first.row} 行：{first.reason_zh}",
                f"Nothing in {raw.source} can be read; line {first.row}: {first.reason_en}",
            )
        return InputError(
            f"{raw.source} 是空的，没有任何内容；请检查是否选错了文件或没有保存。",
            f"{raw.source} is empty: check that it is the right file and that it was saved.",
        )
    headers = dict.fromkeys(text for table in skipped for text in likely_headers(table))
    shown = "、".join(" ".join(header.split())[:30] for header in list(headers)[:20])
    columns = taxonomy.columns(names.record)
    zh = "、".join(columns[name].zh for name in names.text_fields)
    en = ", ".join(columns[name].en for name in names.text_fields)
    return InputError(
        f"{raw.source} 中没有可识别的名称或正文列。找到的表头：{shown}。可用的列名：{zh}。"
        "请修改表头，或用 --map 指定对应关系，例如 --map 表头=title。",
        f"No column of {raw.source} is known as a title or a body. Headers found: {shown}. "
        f"Accepted names: {en}. Rename a header, or name it with --map, for example "
        "--map HEADER=title.",
    )


def _check_overrides(found: list[tuple[Table, Header]], names: Names) -> None:
    written = [column.header for _, header in found for column in header.columns]
    folded = {taxonomy.fold(text) for name in written for text in (name, undecorated(name))}
    missing = [name for name in names.written if taxonomy.fold(name) not in folded]
    if missing:
        shown = "、".join(dict.fromkeys(written))
        raise InputError(
            f"--map 中的表头“{missing[0]}”不在文件中；文件中的表头：{shown}。",
            f'The header "{missing[0]}" of --map is not in the file; its headers are: {shown}.',
        )


def _by_priority(header: Header) -> Header:
    # 需求编号 and 编号 are the id even where 序号 stands before them.
    order = {"override": 0, "exact": 1, "synonym": 2, "unused": 3}
    ordered = sorted(header.columns, key=lambda column: (column.serial, order[column.how]))
    return replace(header, columns=tuple(ordered))


def _is_header_again(cells: Mapping[int, object], header: Header) -> bool:
    # Tables pasted together or printed on pages repeat their header.
    written = {column.index: column.header for column in header.columns}
    return len(cells) > 1 and all(as_text(cell) == written.get(i) for i, cell in cells.items())


def _mapping(tables: Iterable[tuple[Table, Header]]) -> Iterable[ColumnMapping]:
    for table, header in tables:
        for column in header.columns:
            yield ColumnMapping(table.file, table.sheet, column.header, column.field, column.how)


def _duplicates(records: Iterable[Need | Capability]) -> Iterable[Duplicate]:
    """Yield records whose text equals that of an earlier one."""
    first: dict[str, str] = {}
    for record in records:
        key = text_key(text for _, text in record.passages)
        if key and (earlier := first.setdefault(key, record.id)) != record.id:
            yield Duplicate(earlier, record.id, 1.0, record.record)
