"""A killed run leaves nothing that reads as whole and is not, and the next run mends it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_fixtures import TODAY, command, environment, sample_rows, write_csv

from matcher.errors import IndexFormatError
from matcher.export import FILES
from matcher.index.folder import load_index, read_manifest

pytestmark = [
    pytest.mark.usefixtures("prepared"),
    pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9"),
]


class Workplace:
    """A folder with small files, a home of its own, and one command that writes ``out``."""

    def __init__(self, folder: Path, prepared: Path, kind: str) -> None:
        self.folder, self.out = folder, folder / "out"
        home = folder / "home"
        home.mkdir()
        (home / "encoder").symlink_to(prepared / "encoder", target_is_directory=True)
        self.cache = home / "vectors.sqlite"
        needs = write_csv(folder / "n.csv", sample_rows("needs.csv", ("N001", "N006")))
        offers = write_csv(
            folder / "c.csv", sample_rows("capabilities.csv", ("C001", "C004", "C012"))
        )
        given = {
            "match": ("match", needs, offers, "-o", self.out, "--date", TODAY, "-q"),
            "index": ("index", "build", offers, "-o", self.out),
        }
        self._command = command(*given[kind])
        self._environment = environment(ALLEYMATCH_HOME=str(home))

    def start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, cwd=self.folder, env=self._environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # fmt: skip

    def run(self) -> dict[str, bytes]:
        with self.start() as child:
            complaints = child.communicate(timeout=120)[1].decode("utf-8")
        assert (child.returncode, complaints) == (0, "")
        return self.contents()

    def contents(self) -> dict[str, bytes]:
        if not self.out.is_dir():
            return {}
        return {path.name: path.read_bytes() for path in self.out.iterdir()}

    def staged(self) -> bool:
        return any(path.name.endswith("alleymatch-new") for path in self.folder.iterdir())

    def forget(self, report: bool) -> None:
        for path in self.cache.parent.glob(f"{self.cache.name}*"):
            path.unlink()
        if report:
            shutil.rmtree(self.out, ignore_errors=True)


def killed(place: Workplace, delay: float, wait: Callable[[], bool]) -> None:
    """Start the command and kill it ``delay`` seconds after ``wait`` comes true."""
    with place.start() as child:
        while not wait() and child.poll() is None:
            time.sleep(0.0002)
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
        child.communicate()


def torment(place: Workplace, times: int, check: Callable[[dict[str, bytes]], None]) -> None:
    place.run()
    place.forget(report=True)
    start = time.perf_counter()
    expected = place.run()
    duration = time.perf_counter() - start
    chance = random.Random(20261122)
    for turn in range(times):
        # Every other turn an earlier result is in place, and must stay whole.
        before = {} if turn % 2 else expected
        place.forget(report=not before)
        if turn % 4 < 2:
            killed(place, chance.uniform(0, duration), lambda: True)
        else:
            # The files are written in the last hundredth of a run: aim at it.
            killed(place, chance.uniform(0, 0.03), place.staged)
        left = place.contents()
        assert left in ({}, expected), sorted(left)
        if before:
            assert left == expected or not place.out.exists()
        check(left)
        assert place.run() == expected
        assert [path.name for path in place.folder.iterdir() if path.name.startswith(".")] == []
    assert set(os.listdir(place.cache.parent)) >= {"encoder", "vectors.sqlite"}


def torment_match(folder: Path, prepared: Path, times: int) -> None:
    def whole(left: dict[str, bytes]) -> None:
        assert set(left) in (set(), set(FILES.values()))

    torment(Workplace(folder, prepared, "match"), times, whole)


def torment_index(folder: Path, prepared: Path, times: int) -> None:
    place = Workplace(folder, prepared, "index")

    def whole_or_refused(left: dict[str, bytes]) -> None:
        if left:
            fingerprint = read_manifest(place.out)["encoder_fingerprint"]
            assert len(load_index(place.out, fingerprint)[0].records) == 3
        else:
            with pytest.raises(IndexFormatError):
                read_manifest(place.out)

    torment(place, times, whole_or_refused)


def test_a_killed_match_leaves_a_whole_report_or_none(tmp_path: Path, prepared: Path) -> None:
    torment_match(tmp_path, prepared, 4)


def test_a_killed_index_build_leaves_a_whole_index_or_none(tmp_path: Path, prepared: Path) -> None:
    torment_index(tmp_path, prepared, 4)


@pytest.mark.slow
def test_fifty_killed_matches(tmp_path: Path, prepared: Path) -> None:
    torment_match(tmp_path, prepared, 50)


@pytest.mark.slow
def test_fifty_killed_index_builds(tmp_path: Path, prepared: Path) -> None:
    torment_index(tmp_path, prepared, 50)
