"""What the tests of the commands share: small files cut from the sample, and real processes."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "data" / "sample"
#: The day that the sample was judged on.
TODAY = "2026-11-22"
#: Two that say nearly the same, one in English, an anonymous one and a private one.
NEEDS = ("N001", "N002", "N004", "N006", "N009", "N025")
CAPABILITIES = ("C001", "C002", "C003", "C004", "C007", "C008", "C012", "C016", "C021", "C055")


class Done(NamedTuple):
    """What a command gave that ran in this process."""

    returncode: int
    stdout: str
    stderr: str


#: Runs a command here, in an empty folder.
Called = Callable[..., Done]


def sample_rows(name: str, ids: Iterable[str]) -> list[dict[str, str]]:
    """Return rows of a sample file by id, in the order of the file."""
    with (SAMPLE / name).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = set(ids)
    return [row for row in rows if next(iter(row.values())) in wanted]


def write_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    """Write rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def command(*arguments: object) -> list[str]:
    """Return the words that start ``matcher`` as a process of its own."""
    return [sys.executable, "-m", "matcher.cli", *map(str, arguments)]


def environment(**changes: str) -> dict[str, str]:
    """Return the environment for such a process."""
    # Two threads of algebra wait for each other on a busy machine and cost seconds a process.
    fixed = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "OPENBLAS_NUM_THREADS": "1"}
    return {**os.environ, **fixed, **changes}


def process(
    *arguments: object, folder: Path, text: str | None = None, **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run ``matcher`` as a process of its own in ``folder``, ``text`` on its standard input."""
    return subprocess.run(
        command(*arguments), input=text, capture_output=True, encoding="utf-8", cwd=folder,
        timeout=240, env=environment(**changes), check=False,
    )  # fmt: skip
