"""Fifty people at once: search, match pages and edits against a real server on this computer.

    python tests/bench/load.py prepare FOLDER [--capabilities 20000]
    python tests/bench/load.py run FOLDER [--users 50] [--seconds 120] [--pause 2]
    python tests/bench/load.py follow FOLDER [--edits 20]

``prepare`` fills a database once and encodes it (minutes); ``run`` starts ``matcher serve`` on it,
lets the users work, each with a pause between clicks as people make it, and prints one JSON object:
errors, requests and milliseconds by kind, lost edits, and the server's memory over time. ``follow``
changes titles one after another and says how long each took to be found.

An edit appends a mark of its own to a text that others edit too. Every mark that the server said
it saved has to be there at the end.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "web"))
from live_client import Client, fields_of, token  # noqa: E402

PASSWORD = "示例密码 correct horse"
PEOPLE, NEEDS, SHARED = 50, 200, 20
MATERIALS = "碳化硅 氮化镓 铌酸锂 氧化铝 聚酰亚胺 石墨烯 钛合金 镁合金 环氧树脂 气凝胶".split()
METHODS = "磁控溅射 激光熔覆 等离子刻蚀 冷喷涂 水热合成 静电纺丝 增材制造 离子注入".split()
PRODUCTS = "薄膜 基板 传感器 连接器 散热器 滤芯 天线 密封件 轴承 电极".split()
USES = "车载雷达 海上风电 植入器械 氢能储罐 数据中心 低空飞行器 卫星载荷 污水处理 纺织印染".split()
FIGURES = "寿命10万次 耐温200℃ 精度0.5% 功率3kW 厚度20μm 强度900MPa 良率98%".split()


def texts(count: int) -> list[tuple[str, str]]:
    """Return titles and texts, every one another; short, because encoding takes the time."""
    every = itertools.product(MATERIALS, METHODS, PRODUCTS, USES, FIGURES)
    chosen = random.Random(20261125).sample(list(every), count)
    return [
        (f"{material}{product}{method}", f"用于{use}，{figure}。")
        for material, method, product, use, figure in chosen
    ]


def prepare(folder: Path, capabilities: int) -> None:
    """Fill the database of a folder and encode its records."""
    from matcher import records
    from matcher.encode import open_encoder
    from matcher.ingest.batch import Batch, revision_of
    from matcher.store import open_store
    from matcher.store.accounts import role
    from matcher.store.importing import import_records
    from matcher.store.models import User
    from web.searcher import Searcher

    folder.mkdir(parents=True, exist_ok=True)
    owner = records.Organisation(name="示例试验大学", kind="university")
    asker = records.Organisation(name="示例试验仪器有限公司", kind="enterprise")
    made = [
        (title, text, f"{letter}{number:05d}")
        for letter, count in (("C", capabilities), ("N", NEEDS))
        for number, (title, text) in enumerate(texts(count), 1)
    ]
    offers = [
        records.Capability(id=code, title=title, summary=text, organisation=owner)
        for title, text, code in made if code[0] == "C"
    ]  # fmt: skip
    needs = [
        records.Need(id=code, title=f"寻求{title}", problem=text, organisation=asker)
        for title, text, code in made if code[0] == "N"
    ]  # fmt: skip
    store = open_store(str(folder / "load.sqlite"))
    with store.writing() as session:
        for found in (offers, needs):
            batch = Batch(tuple(found), (), (), (), (), "load", revision_of(found))
            import_records(session, batch, None, "load")  # type: ignore[arg-type]
        for number in range(PEOPLE):
            user = User(
                username=f"load{number}", email=f"load{number}@example.com", name="示例",
                password=_hash(store), active=True,
            )  # fmt: skip
            name = "administrator" if number == 0 else "transfer_manager"
            user.roles = [role(session, name)]
            session.add(user)
    with store.writing() as session:
        from sqlalchemy import update

        from matcher.store.models import Capability, Need

        for model in (Capability, Need):
            session.execute(update(model).values(status="published"))
    search = Searcher(store, open_encoder()).start()
    search.settle(3 * 3600)
    search.stop()
    store.close()


_HASHES: list[str] = []


def _hash(store: object) -> str:
    """Return the hash of everybody's password, made once."""
    if not _HASHES:
        from web import create_app
        from web.account.service import hashed
        from web.searcher import Searcher

        app = create_app(store, Searcher(store), {"PARTS": ("web.home", "web.account")})  # type: ignore[arg-type]
        with app.app_context():
            _HASHES.append(hashed(PASSWORD))
    return _HASHES[0]


@dataclass
class Tally:
    """What all users met; appending to lists is atomic."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    saved: list[tuple[int, str]] = field(default_factory=list)
    conflicts: list[int] = field(default_factory=list)


class Person(threading.Thread):
    """One user: signs in, then searches, looks at matches and edits until the time is over."""

    def __init__(self, number: int, port: int, tally: Tally, pause: float) -> None:
        super().__init__(name=f"user {number}", daemon=True)
        self.number, self.tally, self.pause = number, tally, pause
        self.chance = random.Random(number)
        self.client = Client(port, number)
        self.over, self.ready = threading.Event(), threading.Event()
        self.begin = threading.Event()

    def call(self, kind: str, path: str, form: dict[str, object] | None = None) -> tuple[int, str]:
        """Make one request and note how long it took."""
        start = time.perf_counter()
        try:
            status, _, text = self.client.call(path, form)
        except (OSError, http.client.HTTPException) as error:
            self.tally.errors.append(f"{kind}: {type(error).__name__}")
            return 0, ""
        self.tally.times[kind].append(time.perf_counter() - start)
        if status >= 400 and status != 409:
            self.tally.errors.append(f"{kind}: {status}")
        return status, text

    def run(self) -> None:
        page = self.call("sign in", "/log-in")[1]
        sent = {"identity": f"load{self.number}", "password": PASSWORD, **token(page)}
        if self.call("sign in", "/log-in", sent)[0] != 302:
            self.tally.errors.append("sign in")
        self.ready.set()
        self.begin.wait()
        while not self.over.wait(self.chance.uniform(0.5, 1.5) * self.pause):
            self.click()

    def click(self) -> None:
        """Do one of the things that people do."""
        what = self.chance.random()
        if what < 0.45:
            need = self.chance.randint(1, NEEDS)
            self.call("match page", f"/matches/needs/{need}")
        elif what < 0.7:
            page = self.call("search page", "/")[1]
            title, text = self.chance.choice(WANTED)
            sent = {"text": f"需要{title}，{text}", "wanted": "capability", **token(page)}
            self.call("search", "/", sent)
        elif what < 0.85:
            self.call("list", f"/capabilities?text={self.chance.choice(LOOKED_UP)}")
        else:
            self.edit()

    def edit(self) -> None:
        """Append a mark to a shared record."""
        number = self.chance.randint(1, SHARED)
        mark = f"m{self.number}x{self.chance.randrange(10**9)}"
        status, page = self.call("edit page", f"/capabilities/{number}/edit")
        if status != 200:
            return
        sent = {**fields_of(page), **token(page)}
        sent["summary"] = f"{sent['summary']} {mark}"
        status, _ = self.call("save", f"/capabilities/{number}/edit", sent)
        if status == 409:
            self.tally.conflicts.append(number)
        elif status == 302:
            self.tally.saved.append((number, mark))


WANTED = texts(300)[200:]
LOOKED_UP = [quote(word) for word in ("传感器", "钛合金", "200℃", "海上风电")]


def memory(pid: int) -> float:
    """Return the resident memory of a process in MB (Linux)."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    return int(found[1]) / 1024 if found else 0.0


def quantile(values: list[float], share: float) -> float:
    """Return a quantile, in milliseconds."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 1)


def run(folder: Path, users: int, seconds: float, pause: float) -> dict[str, object]:
    """Start the server, let the users work, and return what happened."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ, "ALLEYMATCH_DATABASE": str(folder / "load.sqlite"),
        "ALLEYMATCH_PROXIES": "1", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    server = subprocess.Popen(
        [sys.executable, "-m", "matcher.cli", "serve", "--port", str(port)],
        env=environment, cwd=folder, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        return _work(server.pid, port, users, seconds, pause, folder)
    finally:
        # A shell lets what it starts in the background ignore an interrupt.
        server.terminate()
        server.wait(60)


def _work(
    pid: int, port: int, users: int, seconds: float, pause: float, folder: Path
) -> dict[str, object]:  # fmt: skip
    warm = Person(0, port, Tally(), 0)
    start = time.monotonic()
    while True:
        if warm.call("warm", "/log-in")[0] == 200:
            break
        if time.monotonic() - start > 600:
            raise TimeoutError("the server did not answer")
        time.sleep(0.5)
    tally = Tally()
    people = [Person(number, port, tally, pause) for number in range(users)]
    for person in people:
        person.start()
        person.ready.wait(120)
    # The first list of each need is made here, as on the days before.
    for need in range(1, NEEDS + 1):
        while people[0].call("warm", f"/matches/needs/{need}")[0] == 503:
            time.sleep(2)
    warmed = time.monotonic() - start
    tally.errors.clear()
    for person in people:
        person.client.close()  # An idle connection is hung up after two minutes.
    for person in people:
        person.begin.set()
    sizes: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(1)
        sizes.append(round(memory(pid), 1))
    for person in people:
        person.over.set()
    for person in people:
        person.join(90)
    return {
        "users": users, "seconds": seconds, "pause_s": pause, "warm_up_s": round(warmed, 1),
        "errors": Counter(tally.errors),
        "requests_per_s": round(sum(map(len, tally.times.values())) / seconds, 1),
        "ms": {
            kind: {
                "count": len(values), "p50": quantile(values, 0.5), "p95": quantile(values, 0.95),
                "max": quantile(values, 1),
            }
            for kind, values in sorted(tally.times.items())
        },
        "saved": len(tally.saved), "conflicts": len(tally.conflicts),
        "lost": lost(folder, tally.saved), "memory_mb": sizes[:: max(1, len(sizes) // 12)],
    }  # fmt: skip


def follow(folder: Path, edits: int) -> dict[str, object]:
    """Return the milliseconds from an edit that is saved until a search finds its new title."""
    from matcher.encode import open_encoder
    from matcher.store import editing, open_store
    from matcher.store.models import Capability
    from matcher.store.viewers import Viewer
    from web.searcher import Searcher

    store = open_store(str(folder / "load.sqlite"))
    search = Searcher(store, open_encoder()).start()
    search.settle(3 * 3600)

    def titles(text: str) -> set[str]:
        found = search.find(text, Viewer(), "capability", 10, "zh").found
        return {match.capability.title for match in (*found.matches, *found.below)}

    took, alone = [], []
    for number in range(1, edits + 1):
        with store.writing() as session:
            row = session.get_one(Capability, number)
            before, version = row.to_record(), row.version
            changed = before.model_copy(update={"title": f"极地科考站用真空绝热板{number}"})
            editing.save(session, Capability, number, changed, version, None)
        began = time.perf_counter()
        while changed.title not in titles(changed.title):
            time.sleep(0.02)
        took.append(time.perf_counter() - began)
        began = time.perf_counter()
        titles(changed.title)
        alone.append(time.perf_counter() - began)
        with store.writing() as session:
            version = session.get_one(Capability, number).version
            editing.save(session, Capability, number, before, version, None)
    search.stop()
    store.close()
    return {
        "edits": edits,
        "found_after_ms": {"p50": quantile(took, 0.5), "max": quantile(took, 1)},
        "of_it_one_search_ms": quantile(alone, 0.5),
    }


def lost(folder: Path, saved: list[tuple[int, str]]) -> list[str]:
    """Return the marks that were saved and are not there."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(folder / "load.sqlite")) as database:
        query = "SELECT id, summary FROM capabilities WHERE id <= ?"
        now = dict(database.execute(query, (SHARED,)).fetchall())
    return [mark for number, mark in saved if mark not in now[number].split()]


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["prepare", "run", "follow"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--capabilities", type=int, default=20_000)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--pause", type=float, default=2)
    parser.add_argument("--edits", type=int, default=20)
    given = parser.parse_args()
    if given.what == "prepare":
        prepare(given.folder, given.capabilities)
        return
    if given.what == "follow":
        found = follow(given.folder, given.edits)
    else:
        found = run(given.folder, given.users, given.seconds, given.pause)
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main()
