"""What a batch does: records from a file or from the store in, a stored run and a report out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from matcher import clock, settings
from matcher.duplicates import near_duplicates
from matcher.encode.base import Encoder
from matcher.engine import Matcher
from matcher.errors import InputError
from matcher.export import write_report
from matcher.index.collection import EncodedRecords, encode_records
from matcher.ingest import Batch
from matcher.pipeline import Stage, provenance
from matcher.plan.consortium import Consortia
from matcher.plan.proposals import propose
from matcher.rank.calibration import Calibration
from matcher.rank.hub import load_background
from matcher.records import Capability, Need, Offer
from matcher.results import Excluded, Match, MatchList, Rejection, Run
from matcher.store import Store, models
from matcher.store.decisions import judgements
from matcher.store.listing import Filters, select_list
from matcher.store.models import User
from matcher.store.revision import current_revision
from matcher.store.runs import ids_of, save_run
from matcher.store.viewers import Viewer
from web.batch.summary import write_summary
from web.folders import REPORT, inside
from web.jobs import Task, maker
from web.uploads import read_upload

R = TypeVar("R", Need, Capability)
#: More needs than this are several batches: a report of them would not open on an office's PC.
MAX_NEEDS = 5000


@dataclass(frozen=True)
class Side:
    """The records of one side, and where they come from."""

    records: tuple[Offer, ...]
    name: str
    revision: str
    rejections: tuple[Rejection, ...] = ()
    stored: bool = False
    #: Headings of a file that stand for nothing the records have.
    unused: tuple[str, ...] = ()


def work(
    task: Task, store: Store, data: Path, encoder: Encoder, stage: Stage,
    finished: Callable[[Session, int | None], None],
) -> None:  # fmt: skip
    """Match, write the report into the task's folder and keep the run.

    ``finished`` gets the run's id within the transaction that keeps it, so that a crash leaves
    no run without its job.

    Raises MatcherError for what its owner can act on, and whatever ``stage`` raises to stop.
    """
    folder = inside(data, task["folder"])
    with stage("read", 0), store.reading() as session:
        viewer = maker(session, task)
        needs = needs_of(session, task, folder, viewer)
        capabilities = capabilities_of(session, task, folder, viewer)
    if len(needs.records) > MAX_NEEDS:
        raise InputError(
            f"需求有 {len(needs.records)} 条，一次最多 {MAX_NEEDS} 条。请分成几个文件。",
            f"There are {len(needs.records)} needs; a batch takes {MAX_NEEDS} at most: split them.",
        )
    run, _, matcher = match_sides(task, needs, capabilities, encoder, stage)
    reported, declined = run, set[tuple[str, str]]()
    if needs.stored and capabilities.stored:
        with store.reading() as session:
            said = judgements(session)
        declined = {(j.need_id, j.capability_id) for j in said if j.decision == "decline"}
        reported = without(run, declined, matcher.calibration, told=task["internal"])
    look_at = int(settings.load()["consortia"])
    with stage("consortia", look_at) as step:
        proposed = propose(reported.lists, Consortia.of(matcher), look_at, step)
    with stage("write", 0):
        write_report(
            reported, folder / REPORT, lang=task["lang"], top=task["top"],
            viewer_may_see_private=task["internal"], consortia=proposed,
        )  # fmt: skip
        listed = (match for found in run.lists for match in found.matches)
        write_summary(
            reported, needs.stored, folder, task["internal"], store,
            declined=sum((m.need.id, m.capability.id) in declined for m in listed),
            unused=(*needs.unused, *capabilities.unused),
        )  # fmt: skip
        with store.writing() as session:
            finished(session, _keep(session, task, run, needs, capabilities))


def without(
    run: Run, pairs: Collection[tuple[str, str]], calibration: Calibration | None, *, told: bool
) -> Run:
    """Return a run for its report, without pairs of (need, capability) that somebody declined.

    What is left is judged anew: a further candidate is no proposal because the best one went.
    ``told``: the report counts them, for the office's own eyes. The lists on the pages keep them,
    with what was decided.
    """

    def kept(matches: Iterable[Match]) -> tuple[Match, ...]:
        return tuple(m for m in matches if (m.need.id, m.capability.id) not in pairs)

    def one(found: MatchList) -> MatchList:
        matches, below = kept(found.matches), kept(found.below)
        gone = len(found.matches) - len(matches)
        if gone and not (matches or below):
            found = replace(found, reason="all_excluded")
        if gone and told:
            found = replace(found, excluded=(*found.excluded, Excluded("declined", gone)))
        left = replace(found, matches=matches, below=below)
        if gone and calibration is not None:
            left = left.at(calibration.threshold, calibration.floor)
        ranked = (replace(match, rank=rank) for rank, match in enumerate(left.matches, start=1))
        return replace(left, matches=tuple(ranked)) if gone else left

    return replace(run, lists=tuple(map(one, run.lists)))


def needs_of(session: Session, task: Task, folder: Path, viewer: Viewer) -> Side:
    """Return the needs that a job's parameters name, from its file or from the store."""
    if task["needs_file"]:
        return _from_file(folder / "needs" / task["needs_file"], Need)
    filters = Filters(status="published", **task["filters"])
    query = select_list(models.Need, viewer, filters).order_by(models.Need.id)
    records = [row.to_record() for row in session.scalars(query).unique()]
    if not records and not any(task["filters"].values()):
        raise InputError(
            "没有已发布的需求。请先导入或发布需求，再重新开始。",
            "There is no published need: import or publish needs first, then start again.",
        )
    if not records:
        raise InputError(
            "没有符合条件的已发布需求。请放宽筛选条件。",
            "No published need fits the filter: choose a wider one.",
        )
    return _from_store(session, records, task["lang"])


def capabilities_of(session: Session, task: Task, folder: Path, viewer: Viewer) -> Side:
    """Return the capabilities that a job's parameters name."""
    if task["capabilities_file"]:
        return _from_file(folder / "capabilities" / task["capabilities_file"], Capability)
    query = select_list(models.Capability, viewer, Filters(status="published"))
    rows = session.scalars(query.order_by(models.Capability.id)).unique()
    return _from_store(session, [row.to_record() for row in rows], task["lang"])


def _from_file(path: Path, model: type[R]) -> Side:
    batch: Batch[R] = read_upload(path, model)
    if not batch.records:
        raise InputError(
            f"{path.name} 中没有可以读取的记录，请检查表头和内容。",
            f"{path.name} holds no record that can be read: check its headings and rows.",
        )
    unused = dict.fromkeys(
        column.header for column in batch.mapping if column.how == "unused" and column.header
    )
    return Side(
        batch.records, path.name, batch.revision, (*batch.rejections, *batch.warnings),
        unused=tuple(unused),
    )  # fmt: skip


def _from_store(session: Session, records: list[Any], lang: str) -> Side:
    codes = hashlib.sha256("\n".join(record.id for record in records).encode()).hexdigest()
    name = "records on file" if lang == "en" else "库中记录"
    return Side(tuple(records), name, f"{current_revision(session)} {codes}", stored=True)


def match_sides(
    task: Task, needs: Side, capabilities: Side, encoder: Encoder, stage: Stage
) -> tuple[Run, tuple[EncodedRecords, EncodedRecords], Matcher]:
    """Match every need; returns the run, both sides encoded, and what matched them."""
    total = len(needs.records) + len(capabilities.records)
    with stage("encode", total) as step:
        asks = encode_records("need", needs.records, encoder, step)
        offers = encode_records("capability", capabilities.records, encoder, step)
    matcher = Matcher(
        offers.records, encoded=offers, encoder=encoder, lang=task["lang"], today=clock.today(),
        include_private=task["internal"],
    )  # fmt: skip
    lists: list[MatchList] = []
    with stage("match", len(asks.records)) as step:
        for found in matcher.match_all(asks.records, task["top"]):
            lists.append(found)
            step(1)
    background = load_background(encoder.fingerprint)
    run = Run(
        lists=tuple(lists),
        provenance=provenance(matcher, [needs.revision, capabilities.revision]),
        needs_file=needs.name,
        capabilities_file=capabilities.name,
        rejections=(*needs.rejections, *capabilities.rejections),
        duplicates=(*near_duplicates(asks, background), *near_duplicates(offers, background)),
        need_count=len(needs.records),
        capability_count=len(capabilities.records),
        records=(*asks.records, *offers.records),
    )
    return run, (asks, offers), matcher


def _keep(
    session: Session, task: Task, run: Run, needs: Side, capabilities: Side
) -> int:  # fmt: skip
    every = [match for found in run.lists for match in (*found.matches, *found.below)]
    asked = [found.query.id for found in run.lists]
    offered = [match.capability.id for match in every]
    user = session.get(User, task.user_id) if task.user_id else None
    row = save_run(
        session, run, user, title=task["title"],
        need_ids=ids_of(session, "need", asked) if needs.stored else None,
        capability_ids=ids_of(session, "capability", offered) if capabilities.stored else None,
    )  # fmt: skip
    return row.id
