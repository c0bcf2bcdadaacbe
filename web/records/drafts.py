"""While somebody types: his draft is kept, and what looks the same is pointed out."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from matcher.store.columns import storable, utcnow
from matcher.store.desk import drop_draft, save_draft
from matcher.store.models import Organisation
from web.access import MANAGERS, allows, current_actor, current_user_row
from web.database import reading, writing
from web.extensions import limiter
from web.i18n import moment
from web.records import blueprint
from web.records.forms import names_in
from web.records.pages import EDITORS, editable_row
from web.records.similar import similar_records

#: A draft is a form, not a library.
_LONGEST = 200_000


@blueprint.post("/<record_kind:kind>/draft/<subject>")
@limiter.limit("120 per minute")
@allows(*EDITORS)
def autosave(kind: str, subject: str) -> str | tuple[str, int]:
    subject = _subject(kind, subject)
    wanted = {"version", "seen", *names_in(kind)}
    content = {
        name: [storable(value) for value in values]
        for name, values in request.form.to_dict(flat=False).items()
        if name in wanted
    }
    if sum(len(value) for values in content.values() for value in values) > _LONGEST:
        return render_template("records/draft_state.html", text=_("Too long to keep.")), 413
    with writing() as session:
        save_draft(session, current_user_row(), kind, content, subject)
    text = _("Draft kept at %(time)s.", time=moment(utcnow()))
    return render_template("records/draft_state.html", text=text)


@blueprint.post("/<record_kind:kind>/draft/<subject>/discard")
@allows(*EDITORS)
def discard(kind: str, subject: str) -> Answer:
    subject = _subject(kind, subject)
    with writing() as session:
        drop_draft(session, current_user_row(), kind, subject)
    flash(_("The draft is discarded."), "info")
    if subject == "new":
        return redirect(url_for("records.new", kind=kind))
    return redirect(url_for("records.edit", kind=kind, number=int(subject)))


@blueprint.post("/<record_kind:kind>/similar/<subject>")
@limiter.limit("120 per minute")
@allows(*EDITORS)
def similar(kind: str, subject: str) -> str:
    subject = _subject(kind, subject)
    own = int(subject) if subject != "new" else None
    texts = [request.form.get(name, "") for name in ("title", "problem", "summary")]
    found = similar_records(reading(), kind, current_actor(), texts[0], "\n".join(texts[1:]), own)
    return render_template("records/similar.html", kind=kind, found=found)


@blueprint.get("/records/organisations")
@allows(*MANAGERS)
def organisations() -> str:
    """Return the names that hold what was typed, for the list under the field."""
    from matcher import taxonomy

    key = taxonomy.fold(request.args.get("organisation", "")[:200])
    query = select(Organisation.name).where(
        Organisation.archived_at.is_(None), Organisation.name_key.contains(key, autoescape=True)
    )
    names = reading().scalars(query.order_by(Organisation.name).limit(20)) if key else ()
    return render_template("records/organisations.html", names=list(names))


def _subject(kind: str, subject: str) -> str:
    """Return the draft's name after asking whether this user may write that record."""
    from flask import abort

    if subject == "new":
        return subject
    if not (subject.isascii() and subject.isdecimal() and len(subject) < 11):
        abort(404)
    editable_row(reading(), kind, int(subject))
    return str(int(subject))
