"""What the tests of the store share: records, people, a batch, a server, processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from matcher import records
from matcher.ingest import Batch
from matcher.ingest.batch import ColumnMapping
from matcher.store import migrate
from matcher.store.accounts import add_missing_roles, role
from matcher.store.models import (
    Base,
    Match,
    MatchList,
    Organisation,
    Revision,
    Run,
    Snapshot,
    User,
)

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 22)


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL server."""

    port: int

    def url(self, database: str) -> URL:
        """Return the address of one of its databases."""
        return URL.create(
            "postgresql+psycopg", username="postgres", host="127.0.0.1", port=self.port,
            database=database,
        )  # fmt: skip

    def shown(self, database: str) -> str:
        """Return the address as text."""
        return self.url(database).render_as_string(hide_password=False)

    def run(self, statement: str, database: str = "postgres") -> None:
        """Run a statement outside a transaction."""
        engine = create_engine(self.url(database), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()

    def empty(self, database: str) -> None:
        """Bring a database back to what it was when it was new."""
        engine = create_engine(self.url(database))
        tables = ", ".join(f'"{name}"' for name in Base.metadata.tables)
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        try:
            with engine.begin() as connection:
                connection.execute(
                    text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
                )
                connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
                connection.execute(insert(Revision).values(id=1, value=0))
                connection.execute(
                    text("UPDATE alembic_version SET version_num = :head"), {"head": migrate.head()}
                )
                add_missing_roles(connection)
        finally:
            engine.dispose()


def owner(name: str = "示例精工有限公司", **changes: Any) -> records.Organisation:
    """Return an organisation."""
    return records.Organisation(name=name, **changes)


def need(code: str = "N001", **changes: Any) -> records.Need:
    """Return a need."""
    values: dict[str, Any] = {"title": "耐高温压力传感器芯片", "problem": "Drift below 0.1 % 漂移"}
    return records.Need(id=code, **{**values, **changes})


def capability(code: str = "C001", **changes: Any) -> records.Capability:
    """Return a capability."""
    values: dict[str, Any] = {"title": "SiC 高温压力传感器", "summary": "工作温度≥500 ℃ (SiC MEMS)"}
    return records.Capability(id=code, **{**values, **changes})


def full_owner() -> records.Organisation:
    """Return an organisation with every field filled."""
    first17 = "91610000MA6TXXXX0"
    return records.Organisation(
        id="O-7", name="示例大学（Example University）", aliases=("示例大", "EU"),
        kind="university",
        credit_code=first17 + records.credit_code_check_digit(first17), parent="示例教育集团",
        district="示例市示例区", size="large", founded=date(1960, 1, 2),
        website="https://example.edu.cn",
    )  # fmt: skip


def full_need() -> records.Need:
    """Return a need with every field filled."""
    return records.Need(
        id="需求-1", title="高温压力传感器", organisation=full_owner(), indicators="≥200 ℃",
        fields=("advanced_sensors", "new_materials"), keywords=("压力", "SiC"),
        cooperation_modes=("licence", "equity"), confidentiality="anonymous",
        valid_until=date(2027, 1, 1), created_at=date(2026, 1, 2), updated_at=date(2026, 3, 4),
        kind="substitution", problem="漂移\nDrift", key_technology="MEMS", expected_outcome="样机",
        trl_min=6, budget=records.Money(low=300_000, high=5_000_000_000_000),
        deadline=date(2027, 6, 30), partner_kinds=("university", "institute"),
        regions=("陕西", "Shaanxi"), exclusions=("示例对手公司",), status="under_review",
    )  # fmt: skip


def full_capability() -> records.Capability:
    """Return a capability with every field filled."""
    return records.Capability(
        id="C/1", title="SiC 传感器", organisation=full_owner(), indicators="500 ℃",
        fields=("advanced_sensors",), keywords=("SiC",), cooperation_modes=("service",),
        confidentiality="private", valid_until=date(2027, 1, 1), created_at=date(2026, 1, 2),
        updated_at=date(2026, 3, 4), kind="patent", summary="摘要 summary", trl=7,
        ip_status="granted", ip_references=("ZL202510000000.1",), price=records.Money(high=0),
        advantages="优势", economics="经济", prior_applications="前期", capacity=0,
        confirmed_at=date(2026, 5, 6), status="draft",
    )  # fmt: skip


def user(session: Session, *roles: str, at: Organisation | None = None, name: str = "") -> User:
    """Add a user and return it, stored."""
    name = name or "-".join(roles) or "nobody"
    row = User(email=f"{name}@example.org", name=name, password="x", organisation=at)
    row.roles = [role(session, code) for code in roles]
    session.add(row)
    session.flush()
    return row


def batch(
    offers: Sequence[records.Need] | Sequence[records.Capability], *, ids: bool = True
) -> Batch[Any]:
    """Return records as if they had been read from a file, with or without a column of ids.

    Ids that are figures only count its rows.
    """
    fields = ["title", *(["id"] if ids else [])]
    mapping = tuple(ColumnMapping("f.csv", "", name, name, "exact") for name in fields)
    revision = str(hash(tuple(offers)))
    unnamed = frozenset(offer.id for offer in offers if not ids or offer.id.isdecimal())
    return Batch(tuple(offers), (), mapping, (), (), "f.csv", revision, unnamed)


def proposed(session: Session, need_id: int, capability_id: int, day: int = 1) -> Match:
    """Write a run of one match, made on a day of March 2026."""
    empty = dict.fromkeys(
        ("software", "data_revision", "encoder", "encoder_fingerprint", "weights", "calibration",
         "run_date", "needs_file", "capabilities_file"), "",
    )  # fmt: skip
    run = Run(
        need_count=1, capability_count=1, rejections=[], duplicates=[],
        created_at=datetime(2026, 3, day, tzinfo=UTC), **empty,
    )  # fmt: skip
    shots = [
        Snapshot(kind=kind, code="x", digest=f"{kind}{need_id}{capability_id}{day}", content={})
        for kind in ("need", "capability")
    ]
    session.add_all([run, *shots])
    session.flush()
    listed = MatchList(
        run=run, position=0, query_kind="need", need_id=need_id, snapshot_id=shots[0].id,
        excluded=[], reason="",
    )  # fmt: skip
    found = Match(
        run=run, match_list=listed, need_id=need_id, capability_id=capability_id, rank=1,
        need_snapshot_id=shots[0].id, capability_snapshot_id=shots[1].id, score=1.0,
        probability=0.5, explanation={},
    )  # fmt: skip
    session.add(found)
    session.flush()
    return found


def python(program: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a Python program that can import the project and these fixtures."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "store")])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"}
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], env=environment, encoding="utf-8",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


_CHILD = """
import sys
import store_work
sys.stdin.read(1)
getattr(store_work, sys.argv[1])(lambda line: print(line, flush=True), *sys.argv[2:])
"""


class Child:
    """A process that does a ``work`` of ``store_work`` when it is told to go.

    Not forked: a thread of another test may hold a lock of SQLite at that very moment, and nobody
    would ever release it in the child.
    """

    def __init__(self, work: str, *arguments: str) -> None:
        self._process = python(_CHILD, work, *arguments)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._go, self.lines, self._errors = (
            self._process.stdin, self._process.stdout, self._process.stderr
        )  # fmt: skip

    def go(self) -> None:
        """Let the work begin."""
        self._go.write("x")
        self._go.close()

    def kill(self) -> None:
        """End the process without warning."""
        self._process.kill()

    def end(self) -> tuple[str, int]:
        """Wait for its end; return what it told since, errors included, and its exit code."""
        told = self.lines.read() + self._errors.read()
        self.lines.close()
        self._errors.close()
        return told, self._process.wait()
