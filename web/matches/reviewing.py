"""Reviews: the office asks an adviser about a match, and he answers the office."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from matcher import taxonomy
from matcher.errors import InputError
from matcher.results import Match, MatchList
from matcher.store import models
from matcher.store.models import Review
from matcher.store.reviews import (
    LONGEST_NOTE,
    all_reviews,
    ask_review,
    give_review,
    own_review,
    reviewers,
    reviews_for,
    reviews_of,
)
from matcher.store.viewers import LARGEST_ID, shown_record
from web.access import MANAGERS, allows, current_actor, current_user_row
from web.cards import show
from web.database import reading, writing
from web.i18n import lang
from web.matches import blueprint
from web.matches.seeing import read_match


@blueprint.get("/reviews")
@allows("transfer_manager", "reviewer")
def reviews() -> str:
    staff = current_actor().staff
    rows = all_reviews(reading()) if staff else reviews_for(reading(), current_user_row())
    return render_template(
        "matches/reviews.html", rows=[(row, _titles(row)) for row in rows], staff=staff
    )


@blueprint.get("/reviews/<int:number>")
@allows("transfer_manager", "reviewer")
def review(number: int) -> str:
    return _page(_review(number))


@blueprint.post("/reviews/<int:number>")
@allows("reviewer")
def answer(number: int) -> str | Answer | tuple[str, int]:
    row = _review(number)
    try:
        with writing() as session:
            give_review(
                session, row.id, current_user_row(), request.form.get("verdict", ""),
                request.form.get("note", ""),
            )  # fmt: skip
    except InputError as error:
        return _page(row, error.message(lang())), 400
    flash(_("Your review is with the office. Thank you."), "success")
    return redirect(url_for("matches.reviews"))


@blueprint.get("/matches/<int:number>/reviews")
@allows(*MANAGERS)
def reviews_of_match(number: int) -> str:
    return _asking(number)


@blueprint.post("/matches/<int:number>/reviews")
@allows(*MANAGERS)
def ask(number: int) -> str | Answer | tuple[str, int]:
    chosen = request.form.get("reviewer", "")
    who = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 11 else 0
    _match(number)
    try:
        with writing() as session:
            ask_review(session, number, who, current_user_row())
    except InputError as error:
        return _asking(number, error.message(lang())), 400
    flash(_("The reviewer finds it under “Reviews”."), "success")
    return redirect(url_for("matches.reviews_of_match", number=number))


def _asking(number: int, error: str = "") -> str:
    row, match = _match(number)
    shown = show(MatchList(match.need, (match,)), lang(), staff=True, private=True)
    return render_template(
        "matches/ask_review.html", number=number, error=error, shown=shown,
        given=reviews_of(reading(), row), people=reviewers(reading()),
        need=match.need.title or match.need.id,
    )  # fmt: skip


def _page(row: Review, error: str = "") -> str:
    match = _match(row.match_id or 0)[1]
    staff = current_actor().staff
    shown = show(MatchList(match.need, (match,)), lang(), staff=staff, private=True)
    return render_template(
        "matches/review.html", row=row, shown=shown, titles=_titles(row), error=error,
        mine=row.reviewer_id == current_actor().user_id and row.given_at is None,
        verdicts=list(taxonomy.terms("review_verdicts")), longest=LONGEST_NOTE,
    )  # fmt: skip


def _match(number: int) -> tuple[models.Match, Match]:
    found = read_match(reading(), number, current_actor(), lang())
    if found is None:
        abort(404)
    return found


def _review(number: int) -> Review:
    row: Review | None
    if current_actor().staff:
        row = reading().get(Review, number) if number <= LARGEST_ID else None
    else:
        row = own_review(reading(), number, current_user_row())
    if row is None or row.match_id is None:
        abort(404)
    return row


def _titles(row: Review) -> tuple[str, str]:
    """Return what the reader may know the two records by."""
    match = row.match
    names = []
    for side in (match.need, match.capability) if match else (None, None):
        seen = shown_record(reading(), side, current_actor()) if side is not None else None
        names.append((seen.title or seen.id) if seen else "")
    return names[0], names[1]
