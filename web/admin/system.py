"""The machinery: the search index and its encoder, the database, backups, jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response as Answer

import matcher
from matcher.errors import MatcherError
from matcher.store.audit import log
from matcher.store.backup import backup
from matcher.store.columns import utcnow
from matcher.store.models import Job
from matcher.store.status import facts_of
from web import stored
from web.access import allows, current_user_row
from web.admin import blueprint
from web.database import reading, the_store, writing
from web.i18n import lang
from web.searcher import Search

_FOLDER = "backups"
_SHOWN = 20


@dataclass(frozen=True)
class Kept:
    """One backup."""

    name: str
    bytes: int
    at: datetime


@blueprint.get("/system")
@allows("administrator")
def system() -> str:
    states = select(Job.state, func.count()).group_by(Job.state)
    counted = {row[0]: row[1] for row in reading().execute(states)}
    failed = select(Job).where(Job.state == "failed").order_by(Job.id.desc()).limit(5)
    return render_template(
        "admin/system.html", index=_search().state(), facts=facts_of(reading()),
        database=the_store().path or the_store().url, backups=_backups(), folder=str(_folder()),
        jobs=counted, failed=list(reading().scalars(failed)), software=matcher.__version__,
        states=[("queued", _("waiting")), ("running", _("running")), ("done", _("done")),
                ("failed", _("failed")), ("cancelled", _("cancelled"))],
        language=lang(),
    )  # fmt: skip


@blueprint.get("/system/index")
@allows("administrator")
def index_state() -> str:
    """Return the state of the index alone, for the page that waits for it."""
    return render_template("admin/index_state.html", index=_search().state())


@blueprint.post("/system/rebuild")
@allows("administrator")
def rebuild() -> Answer:
    with writing() as session:
        log(session, current_user_row(), "index.rebuild")
    _search().rebuild()
    flash(_("The index is being built anew; searching goes on meanwhile."), "success")
    return redirect(url_for("admin.system"))


@blueprint.post("/system/backup")
@allows("administrator")
def make_backup() -> Answer:
    kind = "sqlite" if the_store().path else "dump"
    name = f"alleymatch-{utcnow():%Y%m%d-%H%M%S}.{kind}"
    try:
        _folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        backup(the_store().engine.url, _folder() / name)
    except MatcherError as error:
        flash(error.message(lang()), "error")
    except OSError:
        flash(_("The folder of backups cannot be written: check disk space and rights."), "error")
    else:
        with writing() as session:
            log(session, current_user_row(), "db.backup", file=name)
        flash(_("The backup %(name)s is made.", name=name), "success")
    return redirect(url_for("admin.system", _anchor="backups"))


def _folder() -> Path:
    return stored.data_folder() / _FOLDER


def _backups() -> list[Kept]:
    found = []
    for path in sorted(_folder().glob("alleymatch-*"), reverse=True)[:_SHOWN]:
        said = path.stat()
        found.append(Kept(path.name, said.st_size, datetime.fromtimestamp(said.st_mtime, UTC)))
    return found


def _search() -> Search:
    search: Search = current_app.extensions["alleymatch_search"]
    return search
