"""The page of figures, and the same as an Excel file."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _

from matcher import clock
from matcher.export.cells import Cell
from matcher.export.sheet import Sheet, workbook
from matcher.store.audit import log
from matcher.store.indicators import Figures, Line, count_figures
from web.access import allows, current_actor, current_user_row
from web.database import reading, writing
from web.i18n import day, label, lang, office_zone
from web.indicators import blueprint
from web.indicators.words import COLUMNS, DIMENSIONS, GENERAL, Meaning


@blueprint.get("")
@allows()
def figures() -> str:
    since, until = period()
    found = _count(since, until)
    return render_template(
        "indicators/figures.html", figures=found, dimensions=DIMENSIONS, general=GENERAL,
        since=since, until=until, tables=_tables(found), columns=_columns(found),
        export=url_for("indicators.export", since=since.isoformat(), until=until.isoformat()),
        quarters=_offered(), unread=_unread(since, until),
    )  # fmt: skip


@blueprint.get("/figures.xlsx")
@allows()
def export() -> Response:
    """Give the figures with their definitions as an Excel file."""
    since, until = period()
    found = _count(since, until)
    with writing() as session:
        log(session, current_user_row(), "indicators.export")
    notes = [
        _("From %(since)s to %(until)s, counted on %(today)s.", since=day(since), until=day(until),
          today=day(clock.today())),
        reader(found), *(str(text) for text in GENERAL),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [str(title), str(item.name), item.shown(found.values[item.code]), str(item.definition)]
        for title, items in DIMENSIONS
        for item in items
        if item.code in found.values
    ]
    headings = [_("Dimension"), _("Figure"), _("Count"), _("How it is counted")]
    sheets = [Sheet(_("Figures"), headings, rows, notes, (18, 24, 14, 80))]
    if found.office:
        stages: list[list[Cell]] = [
            [label(code, "stages"), count] for code, count in found.stages.items()
        ]
        title = _("Open deals by stage")
        sheets.append(Sheet(title, [_("Stage"), _("Deals")], stages, widths=(24, 10)))
    columns = _columns(found)
    told = [f"{item.name}{': ' if lang() == 'en' else '：'}{item.definition}" for item in columns]
    for title, first, lines in _tables(found):
        body = [
            [name, *(item.shown(getattr(line, item.code)) for item in columns)]
            for name, line in lines
        ]
        heads = [first, *(str(item.name) for item in columns)]
        sheets.append(Sheet(title, heads, body, told, (26, *([14] * 6))))
    answer = Response(workbook(sheets))
    answer.mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    answer.headers["Content-Disposition"] = 'attachment; filename="figures.xlsx"'
    return answer


def reader(found: Figures) -> str:
    """Say for whom it was counted: two readers may get different figures."""
    if found.office:
        return str(_("Counted over all records, for the transfer office."))
    return str(
        _("Counted over the records that you may see; matches, decisions and deals are the "
          "office's own.")
    )  # fmt: skip


def period() -> tuple[date, date]:
    """Return the period of the request, by default this year; a wrong one is put right."""
    today = clock.today()
    since = _day("since") or date(today.year, 1, 1)
    until = _day("until") or max(today, since)
    return (since, until) if since <= until else (until, since)


def _count(since: date, until: date) -> Figures:
    return count_figures(reading(), current_actor(), since, until, office_zone(), clock.today())


def _columns(found: Figures) -> tuple[Meaning, ...]:
    return COLUMNS if found.office else COLUMNS[:2]


def _tables(found: Figures) -> list[tuple[str, str, list[tuple[str, Line]]]]:
    unknown = _("not filled in")
    quarters = [
        (_("%(year)s Q%(n)s", year=year, n=quarter), line)
        for (year, quarter), line in found.by_quarter.items()
    ]
    fields = [(label(code, "fields") or unknown, line) for code, line in found.by_field.items()]
    places = [(name or unknown, line) for name, line in found.by_district.items()]
    return [
        (_("By field"), _("Field"), fields), (_("By district"), _("District"), places),
        (_("By quarter"), _("Quarter"), quarters),
    ]  # fmt: skip


def _offered() -> list[tuple[str, dict[str, Any]]]:
    """Return periods that are asked for often: this year, the year before, this quarter."""
    today = clock.today()
    first = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    past = today.year - 1
    return [
        (_("this quarter"), {"since": first, "until": today}),
        (_("this year"), {"since": date(today.year, 1, 1), "until": today}),
        (_("last year"), {"since": date(past, 1, 1), "until": date(past, 12, 31)}),
        (_("everything"), {"since": date(2000, 1, 1), "until": today}),
    ]


def _unread(since: date, until: date) -> list[str]:
    """Return a sentence for each day of the request that could not be used."""
    return [
        _("%(field)s: “%(text)s” is no date that can be used; %(day)s is taken instead.",
          field=field, text=request.args[name][:30], day=day(used))
        for name, field, used in (("since", _("From day"), since), ("until", _("To day"), until))
        if request.args.get(name, "").strip() and _day(name) is None
    ]  # fmt: skip


def _day(name: str) -> date | None:
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if 1970 <= found.year <= 9000 else None
