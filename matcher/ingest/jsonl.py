"""Read JSON Lines and JSON: one object a line, or one array of objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from matcher.errors import InputError
from matcher.ingest.delimited import decode
from matcher.ingest.limits import MAX_COLUMNS, check_rows
from matcher.ingest.tables import Raw, Row, Table, note


def read_jsonl(data: bytes, name: str, raw: Raw) -> None:
    """Add the one table of a JSON Lines or JSON file to ``raw``; its header is the keys.

    A broken line is a rejection and the others go on. A nested ``organisation`` becomes columns
    of its own. Raises InputError for an empty file, a broken JSON array and too many rows.
    """
    text = decode(data, name)
    keys: dict[str, int] = {}
    table = Table(name, "", [])
    for number, value in _objects(text, name, raw):
        if not isinstance(value, dict):
            raw.rejections.append(_broken(name, number, value))
            continue
        flat = _flatten(value)
        for key in flat:
            if key not in keys and len(keys) < MAX_COLUMNS:
                keys[key] = len(keys)
        cells = {keys[key]: item for key, item in flat.items() if key in keys}
        cells = {index: item for index, item in cells.items() if not _empty(item)}
        if cells:
            table.rows.append(Row(number, cells))
            check_rows(len(table.rows), name)
    table.header = tuple(keys)
    raw.tables.append(table)


def _objects(text: str, name: str, raw: Raw) -> Iterator[tuple[int, Any]]:
    """Yield (line or element number, value); broken lines go to ``raw.rejections``."""
    if text.lstrip().startswith("["):
        yield from enumerate(_whole(text, name), 1)
        return
    lines = text.split("\n")  # not splitlines: U+2028 may stand inside a JSON string
    if len(lines) > 1 and _loads(lines[0]) is None and isinstance(one := _loads(text), dict):
        yield 1, one  # a single object printed over several lines
        return
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        value = _loads(line)
        if value is None:
            raw.rejections.append(_broken(name, number, line))
        else:
            yield number, value


def _whole(text: str, name: str) -> list[Any]:
    value = _loads(text)
    if not isinstance(value, list):
        raise InputError(
            f"文件 {name} 以“[”开头，但不是完整的 JSON 数组，请检查括号和逗号。",
            f'The file {name} begins with "[" but is not a complete JSON array: check its '
            "brackets and commas.",
        )
    return value


def _loads(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> Any:
    raise ValueError(constant)  # NaN and Infinity are not JSON


def _flatten(value: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, item in value.items():
        if key in ("organisation", "organization") and isinstance(item, dict):
            flat |= {f"organisation.{inner}": content for inner, content in item.items()}
        else:
            flat[key] = item
    return flat


def _empty(item: Any) -> bool:
    return item is None or item == [] or item == {} or (isinstance(item, str) and not item.strip())


def _broken(name: str, row: int, value: object) -> Any:
    return note(
        name,
        "此行不是一个 JSON 对象，请检查引号、括号和逗号。",
        "This line is not a JSON object: check its quotes, brackets and commas.",
        row=row,
        value=value,
    )
