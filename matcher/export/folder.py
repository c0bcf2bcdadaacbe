"""Put a set of files into a folder all at once, so that a killed run leaves no half of them.

The files are first written into a hidden sibling folder. Where the target holds nothing but our
files, the whole folder is swapped by renaming. Where it holds other files too (a user's notes, a
mount point, the working folder), these are never touched: our old files are moved aside one by
one and only then the new ones moved in, so that at no moment old and new files stand together
or a set looks whole that is not. The next run finishes or clears what a killed run left.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from matcher.errors import InputError, is_full

_NEW, _OLD, _LOCK = "alleymatch-new", "alleymatch-old", "alleymatch-lock"


@contextmanager
def swapped_in(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    """Yield a folder to write ``names`` into; on leaving, they take the place of the old ones.

    Nothing changes in ``folder`` when the body raises. Raises InputError where the folder cannot
    be written, the disk is full, or another run is writing there.
    """
    target, ours = folder.resolve(), tuple(names)
    try:
        if target.exists() and not target.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        target.parent.mkdir(parents=True, exist_ok=True)
        base = _staging_base(target)
        new, old, lock = (base / f".{target.name}.{end}" for end in (_NEW, _OLD, _LOCK))
        with _locked(lock, folder):
            _recover(target, new, old, ours)
            new.mkdir()
            try:
                yield new
                _flush(new, ours)
                _publish(target, new, old, ours)
            finally:
                _remove(new, ours)
    except OSError as problem:
        raise _unwritable(folder, problem) from problem


def _staging_base(target: Path) -> Path:
    # A rename cannot leave a mount point, and needs the right to write beside the target.
    if target.is_dir() and (os.path.ismount(target) or not os.access(target.parent, os.W_OK)):
        return target
    return target.parent


@contextmanager
def _locked(path: Path, folder: Path) -> Iterator[None]:
    """Hold a lock that dies with this process, so that leftovers surely have no owner."""
    while True:
        handle = path.open("a+b")
        if not _try_lock(handle.fileno()):
            handle.close()
            raise InputError(
                f"另一个任务正在向文件夹 {folder} 写报告，请等它结束后再试，或换一个文件夹。",
                f"Another run is writing a report into {folder}: wait for it, or use another "
                "folder.",
            )
        # The run that held it before may have removed the file that was opened here.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle.fileno()), path.stat()):
                break
        handle.close()
    try:
        yield
    finally:
        if sys.platform != "win32":
            path.unlink(missing_ok=True)
        handle.close()
        if sys.platform == "win32":
            with suppress(OSError):
                path.unlink(missing_ok=True)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _recover(target: Path, new: Path, old: Path, ours: tuple[str, ...]) -> None:
    """Clear what a killed run left; where it had begun to publish, finish that first."""
    if old.is_dir():
        _finish(target, new, old, ours)
    _remove(new, ours)


def _publish(target: Path, new: Path, old: Path, ours: tuple[str, ...]) -> None:
    """Put the complete set in ``new`` into place; every step can be taken up by _recover."""
    try:
        if not _may_swap_whole(target, new, ours):
            old.mkdir()
        elif target.exists():
            shutil.copymode(target, new)
            target.rename(old)
        _finish(target, new, old, ours)
    except OSError:
        _take_back(target, new, old, ours)
        raise


def _finish(target: Path, new: Path, old: Path, ours: tuple[str, ...]) -> None:
    if new.is_dir() and not target.exists():
        new.rename(target)
    elif new.is_dir():
        # Incomplete means that the old files are all aside and the new ones are on their way.
        if _complete(new, ours):
            _move(target, old, ours)
        _move(new, target, ours)
    _remove(old, ours)
    if old.is_dir():
        # Somebody put a file of their own there while the folder was being swapped.
        for item in old.iterdir():
            if not (target / item.name).exists():
                item.rename(target / item.name)
        _remove(old, ours)


def _take_back(target: Path, new: Path, old: Path, ours: tuple[str, ...]) -> None:
    if not old.is_dir():
        return
    with suppress(OSError):
        if not target.exists():
            old.rename(target)
            return
        if not _complete(new, ours):
            arrived = tuple(name for name in ours if not (new / name).exists())
            _move(target, new, arrived)
        _move(old, target, ours)
        _remove(old, ours)


def _complete(folder: Path, ours: tuple[str, ...]) -> bool:
    return all((folder / name).exists() for name in ours)


def _may_swap_whole(target: Path, new: Path, ours: tuple[str, ...]) -> bool:
    if not target.exists():
        return True
    if new.parent == target or target in (Path.cwd(), *Path.cwd().parents):
        return False
    return all(item.name in ours and item.is_file() for item in target.iterdir())


def _move(source: Path, target: Path, ours: tuple[str, ...]) -> None:
    target.mkdir(exist_ok=True)
    for name in ours:
        if (source / name).exists():
            os.replace(source / name, target / name)


def _remove(folder: Path, ours: tuple[str, ...]) -> None:
    """Remove our files, and the folder if that leaves it empty; never anything else."""
    if not folder.is_dir():
        return
    for name in ours:
        with suppress(OSError):
            (folder / name).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _flush(folder: Path, ours: tuple[str, ...]) -> None:
    for name in ours:
        with (folder / name).open("rb+") as file:
            os.fsync(file.fileno())


def _unwritable(folder: Path, problem: OSError) -> InputError:
    if is_full(problem):
        return InputError(
            f"报告写不进文件夹 {folder}：磁盘已满或超出限额。请腾出空间或换一个文件夹；"
            "原有的报告没有改动。",
            f"The report cannot be written into {folder}: the disk is full or the quota is used "
            "up. Free some space or use another folder; the earlier report is unchanged.",
        )
    if problem.errno in (errno.ENOTDIR, errno.EEXIST):
        return InputError(
            f"{folder} 不能用作报告文件夹：同名或上级位置已经有一个文件。请换一个文件夹名。",
            f"{folder} cannot be a report folder: a file stands in its place or above it. Use "
            "another name.",
        )
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY):
        return InputError(
            f"报告写不进文件夹 {folder}：没有写入权限，或其中的文件正在 Word、Excel 中打开。"
            "请关闭这些文件或换一个文件夹。",
            f"The report cannot be written into {folder}: no right to write there, or a file in "
            "it is open in Word or Excel. Close it or use another folder.",
        )
    return InputError(
        f"报告写不进文件夹 {folder}（{problem.strerror}）。请检查路径或换一个文件夹。",
        f"The report cannot be written into {folder} ({problem.strerror}). Check the path or use "
        "another folder.",
    )
