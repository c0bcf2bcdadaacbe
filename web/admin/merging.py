"""Merge two organisations: first what would happen, then, with the same two versions, do it."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from matcher.errors import InputError
from matcher.store import EditConflict
from matcher.store.directory import filled_by, holdings
from matcher.store.merging import merge_organisations
from matcher.store.models import Organisation
from matcher.store.parties import load_organisation
from web.access import MANAGERS, allows, current_user_row
from web.admin import blueprint
from web.admin.organisations import organisation_or_404, organisation_or_none
from web.database import reading, writing
from web.i18n import lang


@blueprint.get("/organisations/<int:keep>/merge/<int:gone>")
@allows(*MANAGERS)
def merge_page(keep: int, gone: int) -> str:
    return _page(organisation_or_404(keep), organisation_or_404(gone))


@blueprint.post("/organisations/<int:keep>/merge/<int:gone>")
@allows(*MANAGERS)
def merge(keep: int, gone: int) -> str | Answer | tuple[str, int]:
    stays, goes = organisation_or_none(keep), organisation_or_none(gone)
    if stays is None or goes is None:
        return _no_longer_there()
    name = goes.name
    try:
        with writing() as session:
            # What was shown is what is merged.
            load_organisation(session, keep, _version("keep_version"))
            load_organisation(session, gone, _version("gone_version"))
            merge_organisations(session, keep, gone, current_user_row())
    except (InputError, EditConflict) as error:
        stays, goes = organisation_or_none(keep), organisation_or_none(gone)
        if stays is None or goes is None:
            return _no_longer_there()
        status = 409 if isinstance(error, EditConflict) else 400
        return _page(stays, goes, error.message(lang())), status
    flash(_("%(name)s is merged into this organisation.", name=name), "success")
    return redirect(url_for("admin.organisation", number=keep))


def _no_longer_there() -> Answer:
    flash(_("One of the two organisations is no longer there: somebody merged or removed it "
            "meanwhile. Nothing was changed."), "error")  # fmt: skip
    return redirect(url_for("admin.organisations"))


def _page(keep: Organisation, gone: Organisation, error: str = "") -> str:
    if keep.id == gone.id:
        abort(404)
    held = holdings(reading(), [keep.id, gone.id])
    clash = bool(keep.credit_code and gone.credit_code and keep.credit_code != gone.credit_code)
    return render_template(
        "admin/merge.html", keep=keep, gone=gone, held=held, filled=filled_by(keep, gone),
        clash=clash, error=error,
    )  # fmt: skip


def _version(name: str) -> int:
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
