"""The first start: whoever set the server up becomes the administrator.

There is no default password. As long as there is no administrator every page leads here, and only
somebody at this computer, or with the one-time token that ``matcher serve`` printed, gets further.
"""

from __future__ import annotations

import secrets

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from matcher.store.accounts import has_administrator, role
from matcher.store.audit import log
from matcher.store.models import User
from matcher.store.revision import next_revision
from web.access import open_to_all
from web.account import blueprint, service
from web.account.forms import SetUpForm
from web.account.views import note_log_in, start_session
from web.database import reading, writing
from web.extensions import limiter
from web.i18n import lang
from web.security import is_local


@blueprint.get("/setup")
@open_to_all
def setup() -> str | Answer | tuple[str, int]:
    if has_administrator(reading()):
        return redirect(url_for("account.log_in"))
    if not _trusted():
        return render_template("account/setup_elsewhere.html"), 403
    return render_template("account/setup.html", form=SetUpForm(), token=_token())


@blueprint.post("/setup")
@limiter.limit("10 per minute")
@open_to_all
def set_up() -> str | Answer | tuple[str, int]:
    if has_administrator(reading()):
        abort(404)
    if not _trusted():
        return render_template("account/setup_elsewhere.html"), 403
    form = SetUpForm()
    if not form.validate_on_submit():
        return render_template("account/setup.html", form=form, token=_token()), 400
    user = service.new_user(
        form.username.data or "", form.name.data or "", form.email.data or "",
        form.password.data or "", lang(),
    )  # fmt: skip
    with writing() as transaction:
        # Of two who come at once, the second waits here and finds the first.
        next_revision(transaction)
        if has_administrator(transaction):
            abort(404)
        user.roles = [role(transaction, "administrator")]
        transaction.add(user)
        transaction.flush()
        log(transaction, user, "user.set-up", user, address=request.remote_addr)
        number = user.id
        note_log_in(transaction, number)
    current_app.config["SETUP_TOKEN"] = None
    start_session(reading().get_one(User, number))
    flash(_("The administrator account is ready."), "success")
    return redirect(url_for("home.box"))


def _token() -> str:
    return request.values.get("token", "")


def _trusted() -> bool:
    known = current_app.config["SETUP_TOKEN"]
    if known and secrets.compare_digest(_token().encode(), str(known).encode()):
        return True
    return not current_app.config["PROXIES"] and is_local()
