"""The job that looks for links among enterprises, and what its page may still show of them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from matcher import clock
from matcher.encode.base import Encoder
from matcher.engine import Matcher
from matcher.export.linkage import KINDS, LinkLine, SideLine, lines, none_found
from matcher.pipeline import Stage
from matcher.plan.linkage import Kind, Link, Linkage, link
from matcher.records import Need, Offer
from matcher.store import Store, models
from matcher.store.viewers import Viewer, visible
from web.folders import inside
from web.jobs import Task, maker

_NAME = "links.json"
_MODELS = {"need": models.Need, "capability": models.Capability}
#: So many row ids in one query.
_BLOCK = 500


@dataclass(frozen=True)
class Told:
    """One link that may be shown, and the rows of its two records."""

    line: LinkLine
    roles: tuple[str, str]
    numbers: tuple[int, int]


@dataclass(frozen=True)
class Links:
    """What may be shown of a result now, by kind; what to say where there is nothing."""

    of: dict[Kind, list[Told]]
    none: str
    #: By kind, links that are left out because a record was changed, closed or removed since.
    gone: Counter[Kind]
    #: Supply pairs that were not counted because an owner has no type.
    untyped: int


def work(
    task: Task, store: Store, data: Path, encoder: Encoder, stage: Stage,
    finished: Callable[[Session, int | None], None],
) -> None:  # fmt: skip
    """Find the links among what everybody may find; as ``web.jobs.Work`` says."""
    folder = inside(data, task["folder"])
    with stage("read", 0), store.reading() as session:
        maker(session, task)
        known = {role: dict(_open(session, role)) for role in _MODELS}
    needs = [record for record in known["need"].values() if isinstance(record, Need)]
    offers = list(known["capability"].values())
    with stage("encode", len(offers)) as step:
        matcher = Matcher(
            offers, encoder=encoder, lang=task["lang"], today=clock.today(), progress=step
        )
    found = link(matcher, needs, stage=stage)
    with stage("write", 0):
        numbers = {
            (role, record.id): number
            for role, rows in known.items() for number, record in rows.items()
        }  # fmt: skip
        told = json.dumps(_told(found, numbers), ensure_ascii=False)
        (folder / _NAME).write_text(told, encoding="utf-8")
        with store.writing() as session:
            finished(session, None)


def read_links(session: Session, folder: Path, lang: str) -> Links | None:
    """Return what a finished job found, None where its file is gone.

    A link is left out if one of its records is no longer what was compared then, or is no longer
    published for everybody: its words were masked by what was true at the time.
    """
    try:
        told = json.loads((folder / _NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    wanted = [tuple(row) for item in told["links"] for row in item["rows"]]
    now = {
        (role, number, _digest(record))
        for role in _MODELS
        for number, record in _open(session, role, {row[1] for row in wanted if row[0] == role})
    }
    found: dict[Kind, list[Told]] = {kind: [] for kind in KINDS}
    gone: Counter[Kind] = Counter()
    for item in told["links"]:
        rows = [tuple(row) for row in item["rows"]]
        if not now.issuperset(rows):
            gone[item["kind"]] += 1
        else:
            first, second = rows[:2]
            found[item["kind"]].append(
                Told(_line(item[lang]), (first[0], second[0]), (first[1], second[1]))
            )
    counts = Linkage((), (), (), told["needs"], told["capabilities"])
    return Links(found, none_found(counts, lang), gone, told.get("untyped", 0))


def _open(
    session: Session, role: str, numbers: Iterable[int] | None = None
) -> Iterator[tuple[int, Offer]]:
    """Yield the records of one role that everybody may find, with their row ids."""
    model: Any = _MODELS[role]
    query = visible(model, Viewer()).where(model.status == "published").order_by(model.id)
    if numbers is None:
        blocks = [query]
    else:
        ids = sorted(numbers)
        blocks = [
            query.where(model.id.in_(ids[start : start + _BLOCK]))
            for start in range(0, len(ids), _BLOCK)
        ]
    for block in blocks:
        for row in session.scalars(block).unique():
            yield row.id, row.to_record()


def _told(found: Linkage, numbers: dict[tuple[str, str], int]) -> dict[str, Any]:
    def rows(item: Link) -> list[tuple[str, int, str]]:
        records = [item.first, item.second, *([item.through] if item.through else [])]
        return [(r.record, numbers[r.record, r.id], _digest(r)) for r in records]

    return {
        "needs": found.need_count, "capabilities": found.capability_count,
        "untyped": found.untyped,
        "links": [
            {"kind": kind, "rows": rows(item), "zh": asdict(zh), "en": asdict(en)}
            for kind in KINDS
            for item, zh, en in zip(
                found.of(kind), lines(found, kind, "zh"), lines(found, kind, "en"), strict=True
            )
        ],
    }  # fmt: skip


def _line(told: dict[str, Any]) -> LinkLine:
    first, second = (
        SideLine(**{**told[side], "quotes": tuple(told[side]["quotes"])})
        for side in ("first", "second")
    )
    return LinkLine(first, second, told["reason"], told["strength"])


def _digest(record: Offer) -> str:
    """Return what changes with anything in a record or its owner."""
    return hashlib.sha256(record.model_dump_json().encode()).hexdigest()
