"""A new password by mail; whoever asks learns nothing about who has an account.

The answer is the same for every name and comes at once: looking the user up, making the link and
sending the mail happen afterwards, in a thread of their own.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from flask import Flask, current_app, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from matcher.errors import MatcherError
from matcher.store.audit import log as note
from matcher.store.columns import utcnow
from matcher.store.models import AuditEntry, User
from web import mail
from web.access import open_to_all
from web.account import blueprint, service
from web.database import the_store
from web.extensions import limiter
from web.forms import Form

log = logging.getLogger("web")
#: So many minutes have to pass between two mails to one account.
PAUSE_MINUTES = 5
_ACTION = "user.reset-mail"
#: Where the link is put, once it is known for whom.
_LINK = "{link}"


class ForgotForm(Form):
    """Whose password is forgotten."""

    identity = StringField(
        _l("User name or e-mail"),
        [DataRequired(_l("Enter your user name or e-mail address.")), Length(max=255)],
        render_kw={"autocomplete": "username", "autocapitalize": "none"},
    )


@blueprint.get("/forgot")
@open_to_all
def forgot() -> str:
    return render_template("account/forgot.html", form=ForgotForm(), able=mail.server() is not None)


@blueprint.post("/forgot")
@limiter.limit("5 per minute; 20 per hour")
@open_to_all
def ask_for_mail() -> str | tuple[str, int]:
    through, form = mail.server(), ForgotForm()
    if through is None or not form.validate_on_submit():
        return render_template("account/forgot.html", form=form, able=through is not None), 400
    subject = _("Set a new password")
    text = _(
        "Somebody asked for a new password for your account at alleymatch.\n\n"
        "Open this link within a day to set one; it works once:\n%(link)s\n\n"
        "If it was not you, ignore this mail: nothing has changed.",
        link=_LINK,
    )
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    work = (app, through, form.identity.data or "", subject, text)
    threading.Thread(target=_deliver, args=work, name="mail", daemon=True).start()
    return render_template("account/forgot.html", form=form, able=True, sent=True)


def _deliver(app: Flask, through: mail.Server, identity: str, subject: str, text: str) -> None:
    try:
        with app.app_context():
            _send_link(app, through, identity, subject, text)
    except MatcherError as error:
        log.error("reset mail: %s", error.en)
    except Exception as error:
        # Its text may hold an address.
        log.error("reset mail: %s", type(error).__name__)


def _send_link(app: Flask, through: mail.Server, identity: str, subject: str, text: str) -> None:
    with the_store().writing() as session:
        user = service.find_user(session, identity)
        if user is None or not user.active or _just_sent(session, user):
            return
        # Noted first: two who ask at once send one mail.
        entry = note(session, None, _ACTION, user)
        session.flush()
        number, to, token = entry.id, user.email, service.reset_token(user)
    path = app.url_map.bind("").build("account.reset", {"token": token})
    try:
        mail.send(through, to, subject, text.replace(_LINK, f"{through.address}{path}"))
    except MatcherError:
        with the_store().writing() as session:
            session.get_one(AuditEntry, number).details = {"failed": True}
        raise


def _just_sent(session: Session, user: User) -> bool:
    since = utcnow() - timedelta(minutes=PAUSE_MINUTES)
    recent = select(AuditEntry.id).where(
        AuditEntry.action == _ACTION, AuditEntry.record_kind == "user",
        AuditEntry.record_id == user.id, AuditEntry.at > since,
    )  # fmt: skip
    return session.scalar(recent.limit(1)) is not None
