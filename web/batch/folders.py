"""The private folder of each batch: what was uploaded, and the report."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from werkzeug.datastructures import FileStorage

from matcher.errors import InputError
from web.uploads import safe_name

#: Inside a batch's folder.
REPORT = "report"
_PARENT = "batch"


def new_folder(data: Path) -> str:
    """Make an empty folder that its owner alone can read; return its path inside ``data``."""
    parent = data / _PARENT
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = secrets.token_hex(16)
        (parent / name).mkdir(mode=0o700)
    except OSError as error:
        raise InputError(
            "不能在数据文件夹中保存上传的文件。请联系管理员检查磁盘和权限。",
            "The file cannot be saved in the data folder: ask the administrator to check the disk "
            "and the rights.",
        ) from error
    return f"{_PARENT}/{name}"


def keep(upload: FileStorage, folder: Path, side: str) -> str:
    """Save an upload below ``folder``; return its name. Raises InputError for another type."""
    name = safe_name(upload, otherwise=side)
    (folder / side).mkdir(mode=0o700)
    upload.save(folder / side / name)
    return name


def inside(data: Path, relative: str) -> Path:
    """Return a batch's folder; raises InputError for a path that is none."""
    path = (data / relative).resolve()
    if path.parent != (data / _PARENT).resolve():
        raise InputError(
            "任务的文件夹不存在，请重新上传。",
            "The folder of this batch is gone: upload the file again.",
        )
    return path


def remove(data: Path, relative: str) -> None:
    """Remove a batch's folder with everything in it."""
    shutil.rmtree(inside(data, relative), ignore_errors=True)
