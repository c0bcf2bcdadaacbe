"""Who has an account, and inviting others."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response as Answer

from matcher.store.accounts import is_locked
from matcher.store.audit import log
from matcher.store.columns import utcnow
from matcher.store.models import Invitation, Organisation, User
from matcher.store.viewers import LARGEST_ID
from web.access import MANAGERS, allows, current_user_row
from web.account import blueprint, service
from web.account.forms import InviteForm
from web.database import reading, writing
from web.forms import options


@blueprint.get("/people")
@allows(*MANAGERS)
def people() -> str:
    return _page(InviteForm())


@blueprint.post("/people/invitations")
@allows(*MANAGERS)
def invite() -> str | tuple[str, int]:
    form = InviteForm()
    form.role.choices = options(service.roles_to_give())
    email, role = (form.email.data or "").strip(), str(form.role.data)
    valid = form.validate_on_submit()
    if valid and service.find_user(reading(), email) is not None:
        form.email.errors = [_("There is a user with this e-mail address.")]
        valid = False
    if valid and role in service.MEMBERS and not (form.organisation.data or "").strip():
        form.organisation.errors = [_("Say for which organisation this user speaks.")]
        valid = False
    if not valid:
        return _page(form), 400
    with writing() as session:
        token = service.invite(
            session, email, role, form.organisation.data or "", current_user_row()
        )
    link = url_for("account.invitation", token=token, _external=True)
    return _page(InviteForm(formdata=None), link=link, link_for=email)


@blueprint.post("/people/invitations/<int:number>/withdraw")
@allows(*MANAGERS)
def withdraw(number: int) -> Answer:
    with writing() as session:
        row = session.get(Invitation, number) if number <= LARGEST_ID else None
        if row is None or row.used_at is not None:
            abort(404)
        row.expires_at = utcnow()
        log(session, current_user_row(), "user.uninvite", row)
    flash(_("The invitation is withdrawn."), "success")
    return redirect(url_for("account.people"))


@blueprint.post("/people/<int:number>/reset")
@allows(*MANAGERS)
def reset_link(number: int) -> str:
    user = manageable(number)
    with writing() as session:
        log(session, current_user_row(), "user.reset-link", session.get_one(User, number))
    link = url_for("account.reset", token=service.reset_token(user), _external=True)
    return _page(InviteForm(formdata=None), link=link, link_for=user.shown_name, reset=True)


@blueprint.post("/people/<int:number>/active")
@allows(*MANAGERS)
def set_active(number: int) -> Answer:
    user = manageable(number)
    if user.id == current_user_row().id:
        abort(403)
    wanted = request.form.get("active") == "1"
    with writing() as session:
        row = session.get_one(User, number, populate_existing=True)
        if not service.may_manage(row):
            # Somebody gave him another role meanwhile.
            abort(403)
        row.active = wanted
        row.failed_count, row.locked_until = 0, None
        log(session, current_user_row(), "user.start" if wanted else "user.stop", row)
    flash(_("The account is open again.") if wanted else _("The account is stopped."), "success")
    return redirect(url_for("account.people"))


@blueprint.get("/people/organisations")
@allows(*MANAGERS)
def organisations() -> str:
    """Return the names that begin like what was typed, for the list under the field."""
    from matcher import taxonomy

    key = taxonomy.fold(request.args.get("organisation", ""))
    query = select(Organisation.name).where(
        Organisation.archived_at.is_(None), Organisation.name_key.contains(key, autoescape=True)
    )
    names = reading().scalars(query.order_by(Organisation.name).limit(20)) if key else ()
    return render_template("account/organisations.html", names=list(names))


def manageable(number: int) -> User:
    """Return a user whom who asks may manage; else the page does not exist or is not his."""
    user = reading().get(User, number) if number <= LARGEST_ID else None
    if user is None:
        abort(404)
    if not service.may_manage(user):
        abort(403)
    return user


def _page(form: InviteForm, **more: object) -> str:
    form.role.choices = options(service.roles_to_give())
    users = reading().scalars(
        select(User).options(selectinload(User.organisation)).order_by(User.active.desc(), User.id)
    )
    now = utcnow()
    waiting = reading().scalars(
        select(Invitation)
        .options(selectinload(Invitation.organisation))
        .where(Invitation.used_at.is_(None), Invitation.expires_at > now)
        .order_by(Invitation.id.desc())
    )
    return render_template(
        "account/people.html", form=form, users=list(users), waiting=list(waiting),
        is_locked=is_locked, may_manage=service.may_manage, **more,
    )  # fmt: skip
