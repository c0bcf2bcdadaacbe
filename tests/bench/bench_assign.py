"""How long a batch assignment takes, how near the best it comes, and in how much memory.

    python tests/bench/bench_assign.py [--sizes 1000x5000x50 2000x20000x50] [--seed 20261125]

Each size is needs × capabilities × candidates of a need, with probabilities drawn from a seed: some
capabilities are asked for by many, some suppliers have most of the capabilities, about one in
seven is small, and each takes one to five projects. Every line is a process of its own, so that its
peak memory is its own. The seconds are those of the assignment alone; reading and matching come
before it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from plan_fixtures import PROVENANCE, capability, match, need

from matcher.plan.assigning import Assigner, Assignment, Exact, Pruned, assign
from matcher.plan.model import OutOfTime
from matcher.plan.problem import Objective, Problem, Rules, problem_of
from matcher.results import MatchList, Run

Size = tuple[int, int, int]
SIZES: tuple[Size, ...] = ((1000, 5000, 50), (2000, 20_000, 50))
#: Name, method, objective, percent of the places for new and small suppliers.
CASES: tuple[tuple[str, Assigner, Objective, int], ...] = (
    ("total", Exact(), "total", 0),
    ("share 12 %", Exact(), "total", 12),
    ("nash", Exact(), "nash", 0),
    ("total, pruned", Pruned(), "total", 0),
    ("share 12 %, pruned", Pruned(), "total", 12),
    ("nash, pruned", Pruned(), "nash", 0),
)


def run_of(size: Size, seed: int) -> Run:
    """Return a run of this size; the same seed gives the same run."""
    needs, offers, candidates = size
    random = np.random.default_rng(seed)
    suppliers = max(10, offers * 3 // 10)
    asked = random.pareto(1.2, offers) + 0.05
    offered = random.pareto(1.0, suppliers) + 0.2
    owners = random.choice(suppliers, offers, p=offered / offered.sum())
    small = random.random(suppliers) < 1 / 7
    places = random.integers(1, 6, offers)
    capabilities = [
        capability(n, int(places[n]), f"示例单位{owners[n]}",
                   "small" if small[owners[n]] else "large")
        for n in range(offers)
    ]  # fmt: skip
    lists = []
    for number in range(needs):
        one = need(number)
        columns = random.choice(offers, candidates, replace=False, p=asked / asked.sum())
        odds = random.normal(-1.5, 0.5) + 0.4 * np.log(asked[columns])
        values = np.round(1 / (1 + np.exp(-odds - random.normal(size=candidates))), 4)
        order = np.argsort(-values, kind="stable")
        found = (
            match(one, capabilities[int(columns[n])], rank, float(values[n]))
            for rank, n in enumerate(order, 1)
        )
        lists.append(MatchList(one, tuple(found)))
    return Run(tuple(lists), PROVENANCE)


def measure(size: Size, case: int, seed: int) -> str:
    """Solve one case and return its line of the table."""
    name, assigner, objective, share = CASES[case]
    run = run_of(size, seed)
    start = time.perf_counter()
    problem: Problem = problem_of(run, Rules(each=3, objective=objective, small_share=share))
    try:
        found = assign(problem, assigner)
    except OutOfTime as error:
        return f"| {name} | {time.perf_counter() - start:.1f} | {error.message('en')} | | | |"
    seconds = time.perf_counter() - start
    if not isinstance(found, Assignment):
        return f"| {name} | {seconds:.1f} | no assignment keeps the rules | | | |"
    taken = found.problem.small[found.chosen].mean() if len(found.chosen) else 0.0
    # Linux counts in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    mib = peak / 2**20 if sys.platform == "darwin" else peak / 2**10
    gap = f"{found.gap:.4%}" if found.gap else "0, proven"
    return (
        f"| {name} | {seconds:.1f} | {gap} | {found.total:.1f} in {len(found.chosen)} places "
        f"| {taken:.1%} | {mib:.0f} |"
    )


def versions() -> str:
    """Return what the figures depend on."""
    import scipy

    return (
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}; Python "
        f"{platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}"
    )


def size_of(text: str) -> Size:
    needs, offers, candidates = (int(part) for part in text.split("x"))
    return needs, offers, candidates


def main() -> None:
    """Print the machine and a table for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", type=size_of, default=SIZES)
    parser.add_argument("--cases", nargs="+", help="names of lines, such as nash; default: all")
    parser.add_argument("--seed", type=int, default=20261125)
    given = parser.parse_args()
    print(versions(), flush=True)
    processes = multiprocessing.get_context("spawn")
    for size in given.sizes:
        print(f"\n{size[0]:,} needs × {size[1]:,} capabilities × {size[2]} candidates\n")
        print("| case | seconds | gap at most | total | small | peak MiB |")
        print("|---|---|---|---|---|---|", flush=True)
        for case, (name, *_) in enumerate(CASES):
            if given.cases and name not in given.cases:
                continue
            with processes.Pool(1) as pool:
                print(pool.apply(measure, (size, case, given.seed)), flush=True)


if __name__ == "__main__":
    main()
