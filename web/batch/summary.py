"""What the page of a finished batch shows, worked out once: reading a whole run takes seconds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matcher.export.view import View, make_view
from matcher.results import MatchList, Run
from matcher.store import Store
from matcher.store.runs import ids_of

_NAME = "summary.json"
#: So many needs are listed on the page; the report has all.
LISTED = 300
_COLUMNS = 20


def write_summary(
    run: Run, stored: bool, folder: Path, internal: bool, store: Store, *,
    declined: int = 0, unused: Sequence[str] = (),
) -> None:  # fmt: skip
    """Write the best partner of each need, in both languages, into a batch's folder.

    ``stored``: the needs are those on file, and each line can lead to its page. ``declined``: so
    many matches are not in the report because somebody declined them before. ``unused``: columns
    of the files that were not read.
    """
    rows: dict[str, int] = {}
    if stored:
        with store.reading() as session:
            rows = ids_of(session, "need", (found.query.id for found in run.lists))
    more = {"declined": declined, "unused": list(unused)[:_COLUMNS]}
    told = {lang: _told(make_view(run, lang, 1, internal), rows) | more for lang in ("zh", "en")}
    (folder / _NAME).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def read_summary(folder: Path, lang: str) -> dict[str, Any] | None:
    """Return what ``write_summary`` wrote, None where there is nothing."""
    try:
        found: dict[str, Any] = json.loads((folder / _NAME).read_text(encoding="utf-8"))[lang]
    except (OSError, ValueError, KeyError):
        return None
    return found


def _told(view: View, rows: dict[str, int]) -> dict[str, Any]:
    return {
        "found": view.found,
        "total": len(view.lists),
        "refused": len(view.run.rejections),
        "rows": [_line(view, found, rows) for found in view.lists[:LISTED]],
    }


def _line(view: View, found: MatchList, rows: dict[str, int]) -> dict[str, Any]:
    best = found.matches[0] if found.matches else None
    return {
        "number": rows.get(found.query.id),
        "code": found.query.id,
        "title": view.title(found.query),
        "partner": view.title(best.capability) if best else "",
        "owner": view.owner(best.capability) if best else "",
        "probability": best.probability if best else None,
        "reason": view.reason(found),
    }
