"""A report folder is there as a whole or not at all, whatever kills the run that writes it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from test_export_examples import office_run

from matcher.errors import InputError
from matcher.export import FILES, write_report
from matcher.export.folder import swapped_in

ROOT = Path(__file__).parents[2]
NAMES = tuple(FILES.values())

WRITER = """
import itertools, sys
from pathlib import Path
from matcher.export.folder import swapped_in
names = sys.argv[2:]
print("ready", flush=True)
for i in itertools.count():
    with swapped_in(Path(sys.argv[1]), names) as new:
        for name in names:
            (new / name).write_text(str(i))
"""


def write(folder: Path, text: str) -> None:
    with swapped_in(folder, NAMES) as new:
        for name in NAMES:
            (new / name).write_text(text)


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir() if path != folder)


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("with_notes", [False, True], ids=["whole", "one by one"])
def test_killed_runs_leave_no_mixture(tmp_path: Path, with_notes: bool) -> None:
    folder, chance = tmp_path / "报告", random.Random(7)
    if with_notes:
        folder.mkdir()
        (folder / "会议记录.txt").write_text("mine")
    for _ in range(12):
        process = python(WRITER, str(folder), *NAMES)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0.005, 0.06))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = contents(folder) if folder.exists() else {}
        assert found.pop("会议记录.txt", "mine") == "mine"
        if len(found) == len(NAMES):
            assert len(set(found.values())) == 1
    write(folder, "last")
    found = contents(folder)
    assert found.pop("会议记录.txt", None) == ("mine" if with_notes else None)
    assert found == dict.fromkeys(NAMES, "last")
    assert hidden(folder) == []


def leftover(folder: Path, end: str, names: tuple[str, ...], text: str) -> None:
    place = folder.parent / f".{folder.name}.alleymatch-{end}"
    place.mkdir()
    for name in names:
        (place / name).write_text(text)


@pytest.mark.parametrize("moved", range(len(NAMES) + 1))
@pytest.mark.parametrize("phase", ["old aside", "new in"])
def test_a_kill_between_two_renames_is_finished_by_the_next_run(
    tmp_path: Path, phase: str, moved: int
) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    if phase == "old aside":
        for name in NAMES[moved:]:
            (folder / name).write_text("old")
        leftover(folder, "old", NAMES[:moved], "old")
        leftover(folder, "new", NAMES, "new")
    else:
        for name in NAMES[:moved]:
            (folder / name).write_text("new")
        leftover(folder, "old", NAMES, "old")
        leftover(folder, "new", NAMES[moved:], "new")
    with pytest.raises(ZeroDivisionError), swapped_in(folder, NAMES):
        raise ZeroDivisionError
    assert contents(folder) == {**dict.fromkeys(NAMES, "new"), "notes.txt": "mine"}
    assert hidden(folder) == []


def test_a_kill_between_two_whole_renames_is_finished_by_the_next_run(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    leftover(folder, "old", NAMES, "old")
    leftover(folder, "new", NAMES, "new")
    with pytest.raises(ZeroDivisionError), swapped_in(folder, NAMES):
        raise ZeroDivisionError
    assert contents(folder) == dict.fromkeys(NAMES, "new")
    assert hidden(folder) == []


def test_a_half_written_leftover_is_cleared(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    write(folder, "first")
    leftover(folder, "new", NAMES[:2], "half")
    write(folder, "second")
    assert contents(folder) == dict.fromkeys(NAMES, "second")
    assert hidden(folder) == []


def test_a_failed_run_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    write(folder, "first")
    with suppress(ZeroDivisionError), swapped_in(folder, NAMES) as new:
        (new / NAMES[0]).write_text("half")
        raise ZeroDivisionError
    assert contents(folder) == dict.fromkeys(NAMES, "first")
    assert hidden(folder) == []


def test_files_that_are_not_ours_stay(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    (folder / "sub").mkdir(parents=True)
    (folder / "~$report.xlsx").write_text("lock of Excel")
    write(folder, "first")
    write(folder, "second")
    assert (folder / "sub").is_dir()
    assert (folder / "~$report.xlsx").read_text() == "lock of Excel"
    assert all((folder / name).read_text() == "second" for name in NAMES)
    assert hidden(folder) == []


def test_the_working_folder_is_not_swapped_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    monkeypatch.chdir(folder)
    inode = folder.stat().st_ino
    write(Path(), "first")
    assert folder.stat().st_ino == inode
    assert contents(folder) == dict.fromkeys(NAMES, "first")


def test_two_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    with swapped_in(folder, NAMES) as new:
        with pytest.raises(InputError) as caught:
            write(folder, "second")
        assert "另一个任务" in caught.value.zh
        for name in NAMES:
            (new / name).write_text("first")
    assert contents(folder) == dict.fromkeys(NAMES, "first")


@pytest.mark.parametrize("place", ["taken", "taken/below"])
def test_a_file_in_the_way_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(InputError) as caught:
        write_report(office_run(), tmp_path / place)
    assert str(tmp_path / place) in caught.value.zh
    assert (tmp_path / "taken").read_text() == "a file"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(InputError) as caught:
            write_report(office_run(), tmp_path / "r")
    finally:
        tmp_path.chmod(0o755)
    assert "没有写入权限" in caught.value.zh


FULL = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_export_examples import office_run
from matcher.errors import InputError
from matcher.export import write_report
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
try:
    write_report(office_run(), Path(sys.argv[1]))
except InputError as problem:
    print(problem.zh)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_full_disk_is_said_and_keeps_the_old_report(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    write(folder, "old")
    out, problems = python(FULL, str(folder), str(Path(__file__).parent)).communicate()
    assert "磁盘已满" in out, problems
    assert contents(folder) == dict.fromkeys(NAMES, "old")
    assert hidden(folder) == []


SAME = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_export_examples import office_run
from matcher.export import write_report
for lang in ("zh", "en"):
    write_report(office_run(), Path(sys.argv[1]) / lang, lang=lang)
"""


def test_the_same_run_gives_the_same_bytes_in_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, seed, zone in (("a", "1", "UTC"), ("b", "4242", "Asia/Shanghai")):
        if place == "b":
            # A zip archive counts time in steps of two seconds.
            time.sleep(2.1)
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        monkeypatch.setenv("TZ", zone)
        process = python(SAME, str(tmp_path / place), str(Path(__file__).parent))
        _, problems = process.communicate()
        assert process.returncode == 0, problems
    for lang in ("zh", "en"):
        for name in NAMES:
            first, second = (tmp_path / place / lang / name for place in "ab")
            assert first.read_bytes() == second.read_bytes(), name
