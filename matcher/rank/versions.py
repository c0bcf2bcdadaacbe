"""The versions of learned weights: every one is kept, and a history names those that count.

The folder holds ``learned-001.json``, ``learned-002.json``, … and ``history.txt``, in which each
line is a version that was put to use; the last line counts. Going back drops that line.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from matcher.errors import InputError

HISTORY = "history.txt"
#: The line that stands for the weights that came with the program.
SHIPPED = "shipped"


def model_folder(home: Path) -> Path:
    """Return the folder of learned weights inside the home folder."""
    return home / "model"


def history(folder: Path) -> tuple[str, ...]:
    """Return the lines of the history, the latest last; none where nothing was learned."""
    try:
        text = (folder / HISTORY).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"读不了 {HISTORY}（权重的版本记录）。请检查权限；删除该文件即恢复随软件提供的权重。",
            f"{HISTORY}, the record of weight versions, cannot be read: check permissions; "
            "without that file the weights that came with the program count.",
        ) from error
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def current(folder: Path) -> Path | None:
    """Return the file of the version in use, or None for the shipped weights."""
    lines = history(folder)
    return folder / lines[-1] if lines and lines[-1] != SHIPPED else None


def kept(folder: Path) -> list[Path]:
    """Return the files of all versions, in use or not, oldest first."""
    return sorted(folder.glob("learned-*.json"), key=lambda path: (len(path.name), path.name))


def next_number(folder: Path) -> int:
    """Return the number of the next version; numbers are never used twice."""
    return max((_number(path) for path in kept(folder)), default=0) + 1


def add(folder: Path, number: int, content: Mapping[str, object]) -> Path:
    """Write a version and put it to use; raises InputError where the folder cannot be written."""
    path = folder / f"learned-{number:03d}.json"
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _replace(path, text)
        _remember(folder, (*history(folder), path.name))
    return path


def undo(folder: Path) -> str:
    """Go back to what was in use before and return its line of the history.

    Raises InputError where there is nothing to take back.
    """
    lines = history(folder)
    if not lines:
        raise InputError(
            "没有可以撤销的学习结果，现在用的就是随软件提供的权重。",
            "There is nothing to undo: the weights that came with the program are in use.",
        )
    with _writing(folder):
        _remember(folder, lines[:-1])
    return lines[-2] if len(lines) > 1 else SHIPPED


def reset(folder: Path) -> None:
    """Put the shipped weights to use; the versions stay, and ``undo`` takes this back too."""
    if current(folder) is not None:
        with _writing(folder):
            _remember(folder, (*history(folder), SHIPPED))


def _number(path: Path) -> int:
    digits = path.stem.removeprefix("learned-")
    return int(digits) if digits.isdecimal() else 0


def _remember(folder: Path, lines: tuple[str, ...]) -> None:
    if lines:
        _replace(folder / HISTORY, "".join(f"{line}\n" for line in lines))
    else:
        (folder / HISTORY).unlink()


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"写不了权重文件夹 {folder}（{error.strerror}）。请检查磁盘空间和权限；"
            "原有的权重没有改动。",
            f"The folder of weights {folder} cannot be written ({error.strerror}): check disk "
            "space and permissions. The weights in use have not changed.",
        ) from error
