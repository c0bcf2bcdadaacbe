"""The work behind the page of alliances: records on file in, files and what the page shows out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from matcher.encode.base import Encoder
from matcher.export.alliances import Shown
from matcher.export.alliances_files import SNAPSHOT, write_alliances
from matcher.export.words import probability_of
from matcher.pipeline import Stage
from matcher.plan.alliances import Alliance, Alliances, plan_alliances
from matcher.plan.identity import read_snapshot
from matcher.rank.hub import load_background
from matcher.records import Offer
from matcher.store import Store
from matcher.store.runs import ids_of
from web.batch.work import capabilities_of, match_sides, needs_of
from web.folders import REPORT, inside
from web.jobs import Task, maker

_PAGE = "page.json"
#: Records of a gap that the page lists for one theme; the workbook has all.
LISTED = 30


def work(
    task: Task, store: Store, data: Path, encoder: Encoder, stage: Stage,
    finished: Callable[[Session, int | None], None],
) -> None:  # fmt: skip
    """Find the alliances among what is on file; as ``web.jobs.Work`` says."""
    folder = inside(data, task["folder"])
    with stage("read", 0), store.reading() as session:
        viewer = maker(session, task)
        needs = needs_of(session, task, folder, viewer)
        capabilities = capabilities_of(session, task, folder, viewer)
    run, sides, _ = match_sides(task, needs, capabilities, encoder, stage)
    before = task["previous"]
    with stage("themes", 0):
        found = plan_alliances(
            run, sides, load_background(encoder.fingerprint), staff=task["internal"],
            previous=read_snapshot(inside(data, before) / REPORT / SNAPSHOT)
            if before else None,
        )  # fmt: skip
    with stage("write", 0):
        write_alliances(found, folder / REPORT, task["lang"])
        with store.reading() as session:
            numbers = {
                role: ids_of(session, role, [p.record.id for p in found.points
                                             if p.record.record == role])
                for role in ("need", "capability")
            }  # fmt: skip
        told = {lang: page_of(found, lang, numbers) for lang in ("zh", "en")}
        (folder / _PAGE).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        with store.writing() as session:
            finished(session, None)


def read_page(folder: Path, lang: str) -> dict[str, Any] | None:
    """Return what the page shows, None where there is nothing."""
    try:
        found: dict[str, Any] = json.loads((folder / _PAGE).read_text(encoding="utf-8"))[lang]
    except (OSError, ValueError, KeyError):
        return None
    return found


def page_of(found: Alliances, lang: str, numbers: dict[str, dict[str, int]]) -> dict[str, Any]:
    """Return what the page shows in one language, of what the reader of ``found`` may see."""
    shown = Shown(found, lang)

    def told(record: Offer) -> dict[str, Any]:
        return {
            "kind": record.record, "id": record.id, "title": shown.title_of(record),
            "owner": shown.owner(record), "number": numbers[record.record].get(record.id),
        }  # fmt: skip

    return {
        "why_none": shown.why_none,
        "notes": shown.notes(),
        "themes": [_theme(shown, theme, told) for theme in found.themes],
        "discs": [list(disc) for disc in found.discs],
        "points": [
            {**told(p.record), "theme": p.theme, "x": p.x, "y": p.y, "open": p.open}
            for p in found.points
        ],
    }


def _theme(shown: Shown, theme: Alliance, told: Callable[[Offer], dict[str, Any]]) -> Any:
    def some(records: Sequence[Offer]) -> list[dict[str, Any]]:
        return [told(record) for record in records[:LISTED]]

    return {
        "id": theme.id, "name": theme.called(shown.words.lang),
        "figures": [{"label": label, "count": count} for label, count in shown.numbers(theme)],
        "movement": shown.movement(theme),
        "leads": [{"party": shown.party(one.party), "why": shown.lead(one)} for one in theme.leads],
        "participants": [shown.party(party) for party in theme.participants],
        "meetings": [
            {
                "asks": shown.party(item.asks), "need": told(item.match.need),
                "offers": shown.host(item), "capability": told(item.match.capability),
                "probability": probability_of(item.match, shown.words),
                "quotes": shown.reasons(item), "more": item.more,
            }
            for item in theme.meetings
        ],
        "unmet": some(theme.unmet), "unasked": some(theme.unasked),
    }  # fmt: skip
