"""The closed lists: all to read, some to call otherwise, a few to add to."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as Answer
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from matcher import taxonomy
from matcher.errors import InputError
from matcher.store import EditConflict
from matcher.store.terms import (
    EDITABLE,
    EXTENSIBLE,
    UNVERIFIED,
    add_term,
    change_term,
    reset_term,
    stamp,
    stored_changes,
    uses,
)  # fmt: skip
from web import stored
from web.access import allows, current_user_row
from web.admin import blueprint
from web.database import reading, writing
from web.forms import Form
from web.i18n import lang

#: Every table, with the name that people know it by; tables of codes only come last.
TABLES = {
    "fields": _l("Fields of technology"), "need_kinds": _l("Kinds of needs"),
    "capability_kinds": _l("Kinds of capabilities"), "trl": _l("Readiness levels (TRL)"),
    "cooperation_modes": _l("Modes of cooperation"), "ip_status": _l("States of rights"),
    "decline_reasons": _l("Reasons for declining"), "stages": _l("Stages of a deal"),
    "organisation_kinds": _l("Kinds of organisations"), "sizes": _l("Sizes of enterprises"),
    "need_status": _l("States of needs"), "capability_status": _l("States of capabilities"),
    "roles": _l("Roles of users"), "confidentiality": _l("Confidentiality"),
    "decisions": _l("Decisions"), "elements": _l("Five elements of a need"),
    "review_verdicts": _l("Conclusions of reviews"),
    "vague_words": _l("Vague words"), "quantities": _l("Quantities of indicators"),
    "factors": _l("Soft factors"), "rules": _l("Rules that exclude"),
    "reasons": _l("Why there is no match"), "legs": _l("Ways of finding"),
    "actions": _l("Actions in the log"), "decision_columns": _l("Columns of decision files"),
    "report_words": _l("Words of reports"),
}  # fmt: skip


class TermForm(Form):
    """Labels and synonyms of one term."""

    zh = StringField(_l("Name in Chinese"), [DataRequired(_l("Give the name.")), Length(max=60)])
    en = StringField(_l("Name in English"), [DataRequired(_l("Give the name.")), Length(max=60)])
    synonyms = TextAreaField(_l("Synonyms"), [Length(max=10_000)])
    shown = HiddenField()

    @property
    def listed(self) -> tuple[str, ...]:
        """The synonyms, one a line."""
        return tuple(line.strip() for line in (self.synonyms.data or "").splitlines())


class NewTermForm(TermForm):
    """A term of the office's own."""

    code = StringField(
        _l("Code"), [DataRequired(_l("Give a code.")), Length(max=40)],
        render_kw={"autocapitalize": "none", "autocomplete": "off"},
    )  # fmt: skip


@blueprint.get("/lists")
@allows("administrator")
def taxonomies() -> str:
    changed = {table: len(terms) for table, terms in stored_changes(reading()).items()}
    tables = [(name, title, len(taxonomy.terms(name))) for name, title in TABLES.items()]
    return render_template(
        "admin/taxonomies.html", tables=tables, editable=EDITABLE, extensible=EXTENSIBLE,
        unverified=UNVERIFIED, changed=changed,
    )  # fmt: skip


@blueprint.get("/lists/<table>")
@allows("administrator")
def one_taxonomy(table: str) -> str:
    return _table_page(table, NewTermForm())


@blueprint.post("/lists/<table>")
@allows("administrator")
def new_term(table: str) -> str | Answer | tuple[str, int]:
    if table not in EXTENSIBLE:
        abort(404)
    form = NewTermForm()
    if not form.validate_on_submit():
        return _table_page(table, form), 400
    try:
        with writing() as session:
            add_term(
                session, current_user_row(), table, (form.code.data or "").strip(),
                form.zh.data or "", form.en.data or "", form.listed,
            )  # fmt: skip
    except InputError as error:
        form.code.errors = [error.message(lang())]
        return _table_page(table, form), 400
    stored.refresh()
    flash(_("Added; it can be chosen from now on."), "success")
    return redirect(url_for("admin.one_taxonomy", table=table))


@blueprint.get("/lists/<table>/<code>")
@allows("administrator")
def term(table: str, code: str) -> str:
    found = _term_or_404(table, code)
    form = TermForm(
        formdata=None, zh=found.zh, en=found.en, synonyms="\n".join(found.synonyms),
        shown=stamp(found),
    )  # fmt: skip
    return _term_page(table, code, form)


@blueprint.post("/lists/<table>/<code>")
@allows("administrator")
def save_term(table: str, code: str) -> str | Answer | tuple[str, int]:
    _term_or_404(table, code)
    form = TermForm()
    if not form.validate_on_submit():
        return _term_page(table, code, form), 400
    try:
        with writing() as session:
            change_term(
                session, current_user_row(), table, code, form.zh.data or "", form.en.data or "",
                form.listed, form.shown.data or "",
            )  # fmt: skip
    except EditConflict as error:
        stored.refresh()
        form.shown.data = stamp(_term_or_404(table, code))
        form.shown.raw_data = None
        flash(error.message(lang()), "error")
        return _term_page(table, code, form, conflict=True), 409
    except InputError as error:
        form.zh.errors = [error.message(lang())]
        return _term_page(table, code, form), 400
    stored.refresh()
    flash(_("Saved; it shows everywhere at once."), "success")
    return redirect(url_for("admin.one_taxonomy", table=table, _anchor=code))


@blueprint.post("/lists/<table>/<code>/reset")
@allows("administrator")
def reset_to_default(table: str, code: str) -> Answer:
    _term_or_404(table, code)
    try:
        with writing() as session:
            reset_term(session, current_user_row(), table, code)
    except InputError as error:
        flash(error.message(lang()), "error")
        return redirect(url_for("admin.term", table=table, code=code))
    stored.refresh()
    flash(_("Back to the default."), "success")
    return redirect(url_for("admin.one_taxonomy", table=table))


def _term_or_404(table: str, code: str) -> taxonomy.Term:
    found = taxonomy.terms(table).get(code) if table in EDITABLE else None
    if found is None:
        abort(404)
    return found


def _table_page(table: str, form: NewTermForm) -> str:
    if table not in TABLES:
        abort(404)
    text = request.args.get("text", "")[:60]
    key = taxonomy.fold(text)
    rows = [
        found for found in taxonomy.terms(table).values()
        if not key or any(key in taxonomy.fold(name) for name in found.names)
    ]  # fmt: skip
    return render_template(
        "admin/taxonomy.html", table=table, title=TABLES[table], rows=rows, form=form, text=text,
        editable=table in EDITABLE, extensible=table in EXTENSIBLE,
        unverified=table in UNVERIFIED, changed=stored_changes(reading()).get(table, {}),
        packaged=taxonomy.packaged(table),
    )  # fmt: skip


def _term_page(table: str, code: str, form: TermForm, *, conflict: bool = False) -> str:
    own = code not in taxonomy.packaged(table)
    return render_template(
        "admin/term.html", table=table, title=TABLES[table], term=taxonomy.terms(table)[code],
        form=form, default=taxonomy.packaged(table).get(code), own=own, conflict=conflict,
        changed=code in stored_changes(reading()).get(table, {}),
        unverified=table in UNVERIFIED, used=uses(reading(), table, code) if own else 0,
    )  # fmt: skip
