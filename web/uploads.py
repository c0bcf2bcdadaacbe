"""The name of an uploaded file: its type is one that is read, and it leads into no folder."""

from __future__ import annotations

from pathlib import Path

from werkzeug.datastructures import FileStorage

from matcher.errors import InputError

#: Files of records.
TABLES = (".xlsx", ".csv", ".tsv", ".jsonl", ".docx")
#: Old format → the one that the same program saves today.
_OLD = {".xls": ".xlsx", ".et": ".xlsx", ".doc": ".docx", ".wps": ".docx"}
_LONGEST = 60


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
