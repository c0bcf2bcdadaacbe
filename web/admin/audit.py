"""The log: who did what, and when; filtered, in pages, and as an Excel file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, render_template, request, url_for
from flask_babel import get_timezone
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from matcher import taxonomy
from matcher.export.cells import Cell
from matcher.export.sheet import Sheet, workbook
from matcher.store.audit import LogFilters, log, log_entries, log_page
from matcher.store.models import AuditEntry, User
from web.access import allows, current_user_row
from web.admin import blueprint
from web.database import reading, writing
from web.i18n import label, lang
from web.links import record_link

_SIZE = 100
#: What Excel holds in one sheet, less the heading and some notes.
_MOST_ROWS = 1_000_000
KINDS = {
    "need": _l("Need"), "capability": _l("Capability"), "organisation": _l("Organisation"),
    "match": _l("Match"), "deal": _l("Deal"), "user": _l("User"), "invitation": _l("Invitation"),
    "import": _l("Import"), "run": _l("Matching run"), "job": _l("Background task"),
}  # fmt: skip
#: What an address narrows the log by; anything else in it is not passed on.
_FILTERS = ("user", "action", "kind", "record", "since", "until")
#: What stands in the details of an entry: its name, and the closed list of its values.
_DETAILS: dict[str, tuple[Any, str]] = {
    "code": (_l("No."), ""), "fields": (_l("Fields"), "columns"), "role": (_l("Role"), "roles"),
    "verdict": (_l("Decision"), "decisions"), "stage": (_l("Stage"), "stages"),
    "review": (_l("Review"), "review_verdicts"),
    "address": (_l("Address"), ""), "rows": (_l("Rows"), ""), "moved": (_l("Records moved"), ""),
    "merged_id": (_l("Merged number"), ""), "merged_code": (_l("Merged code"), ""),
    "created": (_l("created"), ""), "updated": (_l("changed"), ""),
    "unchanged": (_l("unchanged"), ""), "skipped": (_l("left out"), ""),
    "removed": (_l("removed"), ""), "archived": (_l("archived"), ""),
    "restored": (_l("restored"), ""), "kept": (_l("kept"), ""), "lists": (_l("Lists"), ""),
    "needs": (_l("Needs"), ""), "table": (_l("Closed list"), ""), "term": (_l("Term"), ""),
    "failed": (_l("failed"), ""), "name": (_l("Setting"), ""), "file": (_l("File"), ""),
    "kind": (_l("Kind"), ""),
}  # fmt: skip


@blueprint.get("/log")
@allows("administrator")
def audit() -> str:
    filters = _filters()
    page = log_page(reading(), filters, _number("page") or 1, _SIZE)
    users = reading().scalars(select(User).order_by(User.id))
    return render_template(
        "admin/audit.html", page=page, filters=filters, users=list(users), kinds=KINDS,
        actions=taxonomy.terms("actions").values(), since=request.args.get("since", ""),
        until=request.args.get("until", ""), narrowed=filters != LogFilters(), said=said,
        about=about, target=_target, export=url_for("admin.audit_file", **_chosen()),
    )  # fmt: skip


@blueprint.get("/log/log.xlsx")
@allows("administrator")
def audit_file() -> Response:
    """Give the filtered log as an Excel file."""
    filters = _filters()
    with writing() as session:
        log(session, current_user_row(), "audit.export")
    headings = [_("Time"), _("Person"), _("User name"), _("Action"), _("Record"), _("No."),
                _("Details")]  # fmt: skip
    sheet = Sheet(
        _("Audit log"), headings, _lines(filters), widths=(20, 18, 18, 22, 16, 10, 60)
    )  # fmt: skip
    answer = Response(workbook([sheet]))
    answer.mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    answer.headers["Content-Disposition"] = 'attachment; filename="log.xlsx"'
    return answer


def _lines(filters: LogFilters) -> Iterator[list[Cell]]:
    zone = _zone()
    for entry in log_entries(reading(), filters, _MOST_ROWS):
        who = entry.user
        yield [
            entry.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
            who.shown_name if who else "", (who.username or who.email) if who else "",
            label(entry.action, "actions"), str(KINDS.get(entry.record_kind or "", "")),
            entry.record_id, said(entry),
        ]  # fmt: skip


def said(entry: AuditEntry) -> str:
    """Return the details of an entry in the reader's language."""
    parts = []
    for name, value in entry.details.items():
        if name not in _DETAILS or value in (None, "", [], False):
            continue
        title, table = _DETAILS[name]
        if table == "columns":
            known = taxonomy.columns(entry.record_kind or "")
            text = ", ".join(
                known[item].label(lang()) if item in known else str(item) for item in value
            )
        elif name == "kind":
            text = str(KINDS.get(value, value))
        elif value is True:
            text = ""
        elif table:
            text = label(str(value), table)
        else:
            text = str(value)
        parts.append(f"{title} {text}".rstrip())
    return " · ".join(parts)


def about(entry: AuditEntry) -> str:
    """Return which record an entry is about."""
    kind = KINDS.get(entry.record_kind or "")
    return f"{kind} {entry.record_id}" if kind and entry.record_id else ""


def _target(entry: AuditEntry) -> str:
    kind, number = entry.record_kind, entry.record_id
    if number is None or entry.action.endswith(".purge"):
        return ""
    if kind in ("need", "capability"):
        return record_link(kind, number)
    jobs = {"linkage": "plan.linkage_of", "alliances": "plan.alliances_of"}
    places = {
        "organisation": "admin.organisation", "deal": "matches.deal",
        "job": jobs.get(entry.action.split(".")[0], "batch.job"),
    }  # fmt: skip
    return url_for(places[kind], number=number) if kind in places else ""


def _filters() -> LogFilters:
    action, kind = request.args.get("action", ""), request.args.get("kind", "")
    since, until = _day("since"), _day("until")
    return LogFilters(
        user_id=_number("user"), action=action if action in taxonomy.terms("actions") else None,
        record_kind=kind if kind in KINDS else None, record_id=_number("record"),
        since=_start_of(since), before=_start_of(until + timedelta(days=1)) if until else None,
    )  # fmt: skip


def _chosen() -> dict[str, Any]:
    return {name: value for name in _FILTERS if (value := request.args.get(name))}


def _start_of(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, _zone()) if day else None


def _zone() -> ZoneInfo:
    return ZoneInfo(str(get_timezone()))


def _day(name: str) -> date | None:
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if 1970 <= found.year <= 9000 else None


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None
