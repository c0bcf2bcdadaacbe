"""Accept, decline or later: by htmx where there are scripts, else by a form and a redirect."""

from __future__ import annotations

import csv
from io import StringIO
from typing import cast

from flask import abort, flash, make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from matcher import clock, taxonomy
from matcher.errors import InputError
from matcher.export.cells import defuse
from matcher.store.audit import log
from matcher.store.deals import open_deal
from matcher.store.decisions import Side, Verdict, decide, judgements
from matcher.store.models import Match
from web.access import MANAGERS, allows, current_actor, current_user_row
from web.database import reading, writing
from web.i18n import lang
from web.matches import blueprint
from web.matches.finding import record_or_404
from web.matches.history import Standing, sides_of, standings
from web.matches.seeing import read_match

MAX_NOTE = 2000
VERDICTS = ("accept", "decline", "later")


@blueprint.post("/matches/<int:number>/decide")
@allows("transfer_manager", "enterprise", "institute")
def say(number: int) -> str | Answer | tuple[str, int]:
    viewer = current_actor()
    found = read_match(reading(), number, viewer, lang())
    if found is None:
        abort(404)
    match = found[0]
    sides = sides_of(match, viewer)
    if not sides:
        abort(404)
    verdict = request.form.get("verdict", "")
    side = request.form.get("side") or sides[0]
    reason = request.form.get("reason") or None
    note = request.form.get("note", "").replace("\r\n", "\n").strip()
    wrong = _wrong(verdict, side in sides, reason, note)
    if wrong:
        return _refused(match, wrong)
    try:
        with writing() as session:
            user = current_user_row()
            row = decide(
                session, match.id, user, cast(Verdict, verdict),
                reason=reason if verdict == "decline" else None, note=note, side=cast(Side, side),
            )  # fmt: skip
            if row.verdict == "accept":
                open_deal(session, match.id, user, clock.today())
    except InputError as error:
        return _refused(match, error.message(lang()))
    if request.headers.get("HX-Request"):
        answer = make_response(_fragment(number))
        if _standing(match).both and not viewer.staff:
            # From now on the card names the other side.
            answer.headers["HX-Refresh"] = "true"
        return answer
    flash(_("Your decision is kept."), "success")
    return redirect(f"{_address(match)}#match-{number}")


def _wrong(verdict: str, allowed: bool, reason: str | None, note: str) -> str:
    if verdict not in VERDICTS or not allowed:
        return str(_("Choose accept, later or decline."))
    if verdict == "decline" and reason not in taxonomy.terms("decline_reasons"):
        return str(_("Choose a reason for declining: it helps the next matching."))
    if len(note) > MAX_NOTE:
        return str(_("The note is longer than %(n)s characters: shorten it.", n=MAX_NOTE))
    return ""


def _refused(match: Match, wrong: str) -> Answer | tuple[str, int]:
    if request.headers.get("HX-Request"):
        answer = make_response(_fragment(match.id, wrong), 400)
        answer.headers["HX-Retarget"] = f"#decision-{match.id}"
        answer.headers["HX-Reswap"] = "outerHTML"
        return answer
    from web.matches.views import page

    kind, number = _asking(match)
    record = record_or_404("need" if kind == "needs" else "capability", number)
    return page(record, kind, wrong={match.id: wrong}), 400


def _fragment(number: int, wrong: str = "") -> str:
    found = read_match(reading(), number, current_actor(), lang())
    if found is None:
        abort(404)
    return render_template(
        "matches/decision.html", number=number, state=_standing(found[0]), wrong=wrong
    )  # fmt: skip


def _standing(match: Match) -> Standing:
    return standings(reading(), [match], current_actor())[match.id]


def _asking(match: Match) -> tuple[str, int]:
    """Return the page that a decision was made on: of the record that asked."""
    kind = match.match_list.query_kind
    number = match.need_id if kind == "need" else match.capability_id
    if number is None:
        abort(404)
    return ("needs" if kind == "need" else "capabilities"), number


def _address(match: Match) -> str:
    from web.matches.views import partners_link

    return partners_link(*_asking(match))


@blueprint.get("/matches/decisions.csv")
@allows(*MANAGERS)
def decisions() -> Answer:
    """Give the decisions as the commands learn and calibrate read them."""
    with writing() as session:
        rows = judgements(session)
        log(session, current_user_row(), "decisions.export", rows=len(rows))
    text = StringIO()
    writer = csv.writer(text)
    told = lang()
    names = ("need_id", "capability_id", "decision", "reason", "date")
    writer.writerow([taxonomy.label_of("decision_columns", name, told) for name in names])
    for row in rows:
        writer.writerow([
            defuse(row.need_id), defuse(row.capability_id),
            taxonomy.label_of("decisions", row.decision, told),
            taxonomy.label_of("decline_reasons", row.reason, told) if row.reason else "",
            clock.day_of(row.decided_at).isoformat(),
        ])  # fmt: skip
    # With a mark, so that Excel reads it as UTF-8.
    answer = make_response("\ufeff" + text.getvalue())
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = 'attachment; filename="decisions.csv"'
    return answer
