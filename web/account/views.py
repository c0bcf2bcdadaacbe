"""Signing in and out, joining by an invitation, the own account."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from matcher.errors import InputError
from matcher.store import accounts
from matcher.store.audit import log
from matcher.store.columns import utcnow
from matcher.store.models import User
from web.access import allows, current_user_row, open_to_all, safe_target, signed_in
from web.account import blueprint, service
from web.account.forms import ChangePasswordForm, JoinForm, LogInForm, ProfileForm, ResetForm
from web.database import reading, writing
from web.extensions import limiter
from web.i18n import just_chosen, lang

#: Guesses from one address. Who succeeds did not guess: a class may sit behind one gateway.
_few_guesses = limiter.limit(
    "10 per minute; 60 per hour", deduct_when=lambda answer: answer.status_code >= 400
)


@blueprint.get("/log-in")
@open_to_all
def log_in() -> str | Answer:
    if signed_in():
        return redirect(safe_target(request.args.get("next")) or url_for("home.box"))
    return render_template("account/log_in.html", form=LogInForm())


@blueprint.post("/log-in")
@_few_guesses
@open_to_all
def check_in() -> str | Answer | tuple[str, int]:
    form = LogInForm()
    if not form.validate_on_submit():
        return render_template("account/log_in.html", form=form), 400
    user = service.find_user(reading(), form.identity.data or "")
    locked = user is not None and accounts.is_locked(user)
    # A locked account answers alike to every password: else guessing could go on.
    right = service.is_password(None if locked else user, form.password.data or "")
    with writing() as transaction:
        if user is not None and user.active and right:
            note_log_in(transaction, user.id)
        else:
            _note_refusal(transaction, user, locked)
    if user is None or not user.active or not right:
        said = (
            _("This account is locked for %(n)s minutes after too many wrong passwords.",
              n=accounts.LOCKED_MINUTES)
            if locked else
            _("User name or password is wrong. After %(n)s wrong passwords the account is locked "
              "for %(m)s minutes.", n=accounts.MAX_FAILURES, m=accounts.LOCKED_MINUTES)
        )  # fmt: skip
        return render_template("account/log_in.html", form=form, refused=said), 401
    start_session(user)
    return redirect(safe_target(request.args.get("next")) or url_for("home.box"))


def note_log_in(transaction: Session, user_id: int) -> None:
    """Write down when and from where a user signed in, in this transaction."""
    accounts.note_success(transaction, user_id)
    row = transaction.get_one(User, user_id)
    row.last_login_at, row.current_login_at = row.current_login_at, utcnow()
    row.last_login_ip, row.current_login_ip = row.current_login_ip, request.remote_addr
    row.login_count = (row.login_count or 0) + 1
    row.language = just_chosen() or row.language
    log(transaction, row, "user.log-in", row, address=request.remote_addr)


def _note_refusal(transaction: Session, user: User | None, locked: bool) -> None:
    # What was typed as a name may be a password: it is written nowhere.
    row = transaction.get(User, user.id) if user else None
    log(transaction, None, "user.refuse", row, address=request.remote_addr, locked=locked)
    if row is not None and not locked and row.active:
        accounts.note_failure(transaction, row.id)


def start_session(user: User) -> None:
    """Begin a new session for a user, with nothing of an earlier one in it."""
    from flask_security.utils import login_user

    session.clear()
    session.permanent = True
    login_user(user)


@blueprint.post("/log-out")
@allows()
def log_out() -> Answer:
    from flask_security.utils import logout_user

    with writing() as transaction:
        log(transaction, current_user_row(), "user.log-out", current_user_row())
    logout_user()
    session.clear()
    flash(_("You have signed out."), "info")
    return redirect(url_for("account.log_in"))


@blueprint.get("/invitation/<token>")
@open_to_all
def invitation(token: str) -> str:
    found = accounts.open_invitation(reading(), token)
    return render_template("account/join.html", form=JoinForm(), invitation=found)


@blueprint.post("/invitation/<token>")
@_few_guesses
@open_to_all
def join(token: str) -> str | Answer | tuple[str, int]:
    found = accounts.open_invitation(reading(), token)
    form = JoinForm()
    valid = form.validate_on_submit()
    wrong = service.taken(reading(), form.username.data or "", found.email) if valid else {}
    if "email" in wrong:
        raise InputError(
            "已有使用这个邮箱的用户，请直接登录，或联系管理员重置密码。",
            "There is a user with this e-mail address: sign in, or ask the administrator to reset "
            "the password.",
        )
    form.username.errors = [*form.username.errors, *wrong.values()]
    if not valid or wrong:
        return render_template("account/join.html", form=form, invitation=found), 400
    user = service.new_user(
        form.username.data or "", form.name.data or "", found.email, form.password.data or "",
        lang(),
    )  # fmt: skip
    with writing() as transaction:
        accounts.take_invitation(transaction, token, user)
        transaction.flush()
        note_log_in(transaction, user.id)
    start_session(reading().get_one(User, _id_of(user)))
    flash(_("Welcome. Your account is ready."), "success")
    return redirect(url_for("home.box"))


def _id_of(user: User) -> int:
    found = service.find_user(reading(), user.email)
    assert found is not None
    return found.id


@blueprint.get("/reset/<token>")
@open_to_all
def reset(token: str) -> str:
    user = service.user_of_token(token) or _no_reset()
    return render_template("account/reset.html", form=ResetForm(), user=user)


@blueprint.post("/reset/<token>")
@_few_guesses
@open_to_all
def set_new(token: str) -> str | Answer | tuple[str, int]:
    user = service.user_of_token(token) or _no_reset()
    form = ResetForm()
    if not form.validate_on_submit():
        return render_template("account/reset.html", form=form, user=user), 400
    with writing() as transaction:
        service.set_password(
            transaction, user.id, form.password.data or "", user, "user.password-reset"
        )
    session.clear()
    flash(_("The new password is set: sign in with it."), "success")
    return redirect(url_for("account.log_in"))


def _no_reset() -> User:
    raise InputError(
        "重置链接无效、已使用或已过期。请联系管理员重新生成。",
        "The link is unknown, used or expired: ask the administrator for a new one.",
    )


@blueprint.get("/account")
@allows()
def own() -> str:
    return _own_page(ProfileForm(obj=current_user_row()), ChangePasswordForm())


@blueprint.post("/account")
@allows()
def save_own() -> str | Answer | tuple[str, int]:
    form = ProfileForm()
    if not form.validate_on_submit():
        return _own_page(form, ChangePasswordForm(formdata=None)), 400
    with writing() as transaction:
        row = transaction.get_one(User, current_user_row().id)
        row.name, row.language = (form.name.data or "").strip(), form.language.data
    flash(_("Saved."), "success")
    return redirect(url_for("account.own"))


@blueprint.post("/account/password")
@_few_guesses
@allows()
def change_password() -> str | Answer | tuple[str, int]:
    form, user = ChangePasswordForm(), current_user_row()
    valid = form.validate_on_submit()
    if valid and not service.is_password(user, form.current.data or ""):
        form.current.errors = [_("This is not your present password.")]
        valid = False
    if not valid:
        return _own_page(ProfileForm(formdata=None, obj=user), form), 400
    with writing() as transaction:
        service.set_password(
            transaction, user.id, form.password.data or "", user, "user.password-change"
        )
    start_session(reading().get_one(User, user.id))
    flash(_("The password is changed. Other devices have been signed out."), "success")
    return redirect(url_for("account.own"))


def _own_page(profile: ProfileForm, password: ChangePasswordForm) -> str:
    return render_template(
        "account/own.html", profile=profile, password=password, user=current_user_row()
    )
