"""The private folder of each background job: what was uploaded, and the report."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from flask import abort, send_file
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from matcher.errors import InputError
from matcher.store.models import Job
from web.stored import data_folder
from web.uploads import safe_name

#: Inside a job's folder.
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
    """Return a job's folder; raises InputError for a path that is none."""
    path = (data / relative).resolve()
    if path.parent != (data / _PARENT).resolve():
        raise InputError(
            "任务的文件夹不存在，请重新上传。",
            "The folder of this batch is gone: upload the file again.",
        )
    return path


def remove(data: Path, relative: str) -> None:
    """Remove a job's folder with everything in it."""
    shutil.rmtree(inside(data, relative), ignore_errors=True)


def report_files(row: Job, names: Iterable[str]) -> list[str]:
    """Return which of ``names`` the report of a finished job has, in their order."""
    if row.state != "done":
        return []
    folder = inside(data_folder(), row.parameters["folder"]) / REPORT
    return [name for name in names if (folder / name).is_file()]


def send_report(row: Job, names: Iterable[str], name: str) -> Response:
    """Hand out a file of a finished job's report, numbered as the job; else 404."""
    if name not in report_files(row, names):
        abort(404)
    path = inside(data_folder(), row.parameters["folder"]) / REPORT / name
    stem, _dot, suffix = name.partition(".")
    return send_file(
        path, as_attachment=True, download_name=f"{stem}-{row.id}.{suffix}", max_age=0
    )  # fmt: skip
