"""What the commands need, in seconds and memory, for files of 20,000 capabilities and 2,000 needs.

    python tests/bench/bench_files.py FOLDER [--needs 2000] [--capabilities 20000]
        [--sets DIR ...] [--only match assign ...]

The two files are written into FOLDER once, from a seed: their texts are passages of the sample and
of judged sets (BEIR layout), every one another; where these do not suffice, their sentences are put
together anew. Owners are drawn so that a few have most records. FOLDER/home keeps the encoder and
the vectors: the first ``match`` encodes every text, the second shows what is left when nothing has
changed. Each command is a process of its own and is measured by what the system says of it when it
ends.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample"
SEED = 20261125
#: A passage ends at the first sentence that brings it to so many Chinese or other characters.
LONG_ENOUGH = {"zh": 90, "en": 300}
NEEDS, CAPABILITIES = "needs.csv", "capabilities.csv"


def commands(folder: Path) -> dict[str, list[str]]:
    """Return name → arguments of ``matcher``, in the order in which they are measured."""
    both = [str(folder / NEEDS), str(folder / CAPABILITIES)]
    return {
        "prepare": ["encoder", "prepare"],
        "match, nothing encoded": ["match", *both, "-o", str(folder / "match"), "-q"],
        "match": ["match", *both, "-o", str(folder / "match"), "-q"],
        "assign": ["assign", *both, "-o", str(folder / "assign"), "-q"],
        "alliances": ["alliances", *both, "-o", str(folder / "alliances"), "-q"],
        "linkage": ["linkage", *both, "-o", str(folder / "linkage.xlsx")],
        "consortium": [
            "consortium",
            str(SAMPLE / NEEDS),
            both[1],
            "--need",
            "N030",
            "-o",
            str(folder / "consortium"),
        ],
    }


def sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[。！？；])|(?<=[.!?;])\s+", text) if part.strip()]


def passages(text: str) -> Iterator[str]:
    """Yield what a text is cut into, each long enough to be a record."""
    limit = LONG_ENOUGH["zh" if re.search(r"[\u4e00-\u9fff]", text) else "en"]
    open_one = ""
    for sentence in sentences(text):
        open_one += sentence if limit == LONG_ENOUGH["zh"] else sentence + " "
        if len(open_one) >= limit:
            yield open_one.strip()[: 3 * limit]
            open_one = ""


def texts(sources: Sequence[str], count: int, draw: random.Random) -> list[str]:
    """Return so many texts, every one another."""
    found = list(dict.fromkeys(piece for text in sources for piece in passages(text)))
    draw.shuffle(found)
    known = set(found)
    every = [piece for text in sources for piece in sentences(text)]
    while len(found) < count:
        new = "".join(draw.sample(every, 4))
        if new not in known:
            known.add(new)
            found.append(new)
    return found[:count]


def sources(sets: Sequence[Path], name: str) -> list[str]:
    """Return the texts of a file of the sample and of every set."""
    sample = SAMPLE / {"queries": NEEDS, "corpus": CAPABILITIES}[name]
    with sample.open(encoding="utf-8-sig") as file:
        own = ["。".join(list(row.values())[3:7]) + "。" for row in csv.DictReader(file)]
    return own + [
        json.loads(line)["text"]
        for folder in sets
        for line in (folder / f"{name}.jsonl").open(encoding="utf-8")
    ]


def title_of(text: str) -> str:
    return re.split(r"[，。；：,;:.]", text)[0][:40] or text[:40]


def write(folder: Path, needs: int, capabilities: int, sets: Sequence[Path]) -> None:
    """Write both files from the seed."""
    draw = random.Random(SEED)
    asked = texts(sources(sets, "queries"), needs, draw)
    offered = texts(sources(sets, "corpus"), capabilities, draw)
    folder.mkdir(parents=True, exist_ok=True)
    kinds = ("高校", "科研院所", "企业", "企业")
    suppliers = [
        (f"示例单位{n}", draw.choice(kinds), draw.choice(("大型", "中型", "小型", "微型")))
        for n in range(capabilities * 3 // 20 + 1)
    ]
    weights = [draw.paretovariate(1.0) for _ in suppliers]
    with (folder / CAPABILITIES).open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow("成果编号 成果名称 成果简介 可承接项目数 单位名称 单位类型 单位规模".split())
        for n, text in enumerate(offered, 1):
            (owner,) = draw.choices(suppliers, weights)
            rows.writerow([f"C{n:05}", title_of(text), text, draw.randint(1, 5), *owner])
    with (folder / NEEDS).open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow("需求编号 需求名称 主要问题 单位名称 单位类型 单位规模".split())
        for n, text in enumerate(asked, 1):
            owner = f"示例企业{draw.randint(1, needs * 3 // 5 + 1)}"
            rows.writerow([f"N{n:05}", title_of(text), text, owner, "企业", "中型"])


def measure(arguments: list[str], home: Path, log: Path) -> tuple[float, float, float, int]:
    """Run one command; return its seconds, its seconds of processor, peak MiB and exit status."""
    start = time.perf_counter()
    with log.open("wb") as said:
        child = subprocess.Popen(
            [sys.executable, "-m", "matcher.cli", *arguments], stdout=said, stderr=said, cwd=ROOT,
            env={**os.environ, "ALLEYMATCH_HOME": str(home)},
        )  # fmt: skip
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    # Linux counts in KiB, macOS in bytes.
    mib = used.ru_maxrss / 2**20 if sys.platform == "darwin" else used.ru_maxrss / 2**10
    busy = used.ru_utime + used.ru_stime
    return time.perf_counter() - start, busy, mib, child.returncode


def main() -> None:
    """Print a table with a line for each command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--needs", type=int, default=2000)
    parser.add_argument("--capabilities", type=int, default=20_000)
    parser.add_argument("--sets", type=Path, nargs="*", default=())
    parser.add_argument("--only", nargs="*", help="names of lines of the table")
    given = parser.parse_args()
    folder: Path = given.folder.resolve()
    if not (folder / NEEDS).exists():
        write(folder, given.needs, given.capabilities, given.sets)
    print("| command | seconds | of processor | peak MiB | exit |")
    print("|---|---|---|---|---|", flush=True)
    for name, arguments in commands(folder).items():
        if given.only and name not in given.only:
            continue
        log = folder / f"{name.replace(', ', '-').replace(' ', '-')}.log"
        seconds, busy, mib, code = measure(arguments, folder / "home", log)
        print(f"| {name} | {seconds:.0f} | {busy:.0f} | {mib:.0f} | {code} |", flush=True)


if __name__ == "__main__":
    main()
