"""Uploaded files: a name that leads into no folder, and reading the records in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from werkzeug.datastructures import FileStorage

from matcher.errors import InputError
from matcher.ingest import Batch, read
from matcher.ingest.tables import R

#: Files of records.
TABLES = (".xlsx", ".csv", ".tsv", ".jsonl", ".docx")
#: Old format → the one that the same program saves today.
_OLD = {".xls": ".xlsx", ".et": ".xlsx", ".doc": ".docx", ".wps": ".docx"}
_LONGEST = 60
#: What the reader says of an option of the command line.
_OPTION = re.compile(r"，或用 --map[^。]*|, or name it with --map[^.]*|--map 中的| of --map")


def safe_name(upload: FileStorage, types: tuple[str, ...] = TABLES, otherwise: str = "file") -> str:
    """Return the name under which an upload is saved, in letters, digits and a few signs.

    Readers name the file in their sentences, so its own name is kept as far as it is harmless;
    ``otherwise`` stands for one of which nothing is left. Raises InputError for another type.
    """
    given = (upload.filename or "").replace("\\", "/").rpartition("/")[2]
    suffix = Path(given).suffix.lower()
    if suffix not in types:
        if suffix in _OLD and _OLD[suffix] in types:
            raise InputError(
                f"{suffix} 是旧版 Office 的格式，请打开后另存为 {_OLD[suffix]} 再上传。",
                f"{suffix} is a format of old Office versions: open the file, save it as "
                f"{_OLD[suffix]} and upload that.",
            )
        known = "、".join(kind.lstrip(".") for kind in types)
        raise InputError(
            f"不能读取这种文件。可用的类型：{known}。",
            f"Files of this type are not read; use one of: {known.replace('、', ', ')}.",
        )
    plain = "".join(ch for ch in Path(given).stem if ch.isalnum() or ch in "-_ ()（）")[:_LONGEST]
    return f"{plain.strip() or otherwise}{suffix}"


def read_upload(
    path: Path, record_class: type[R], mapping: Mapping[str, str] | None = None
) -> Batch[R]:
    """Read the records of an upload, as ``matcher.ingest.read`` does.

    Raises InputError for a file that cannot be read, without the advice for the command line.
    """
    try:
        return read(path, record_class, mapping=mapping)
    except InputError as error:
        error.zh, error.en = (_OPTION.sub("", said) for said in (error.zh, error.en))
        raise
