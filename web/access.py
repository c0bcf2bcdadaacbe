"""Who may call which view.

    @blueprint.get("/needs")
    @allows()                                   # anybody who has signed in
    def needs() -> str: ...

    @blueprint.post("/batch")
    @allows("transfer_manager")                 # this role, and administrators
    def start() -> Response: ...

    @blueprint.get("/log-in")
    @open_to_all                                # everybody, signed in or not
    def log_in() -> str: ...

    @blueprint.get("/")
    @allows(visitors=True)                      # and who has not, where the settings allow it
    def home() -> str: ...

The decorator stands below the route. Roles are those of data/taxonomy/roles.csv. Administrators
pass every check. A view without a decorator is refused to everybody (and fails the tests).

This decides about *views*. Which *records* somebody sees is decided by ``matcher.store.viewers``
with ``current_actor()``; what he may not see is answered with 404, never with 403.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    flash,
    g,
    redirect,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user

from web.database import reading, store_or_none

if TYPE_CHECKING:
    from matcher.store.models import User
    from matcher.store.viewers import Viewer

View = TypeVar("View", bound=Callable[..., Any])
MANAGERS = ("transfer_manager",)


@dataclass(frozen=True)
class Rule:
    """Who may call a view; ``signed_in`` False: everybody."""

    signed_in: bool = True
    roles: frozenset[str] = frozenset()
    visitors: bool = False


def allows(*roles: str, visitors: bool = False) -> Callable[[View], View]:
    """Let users with one of ``roles`` call a view; without any, every signed-in user.

    ``visitors``: people who have not signed in too, where the setting ``open_search`` allows it.
    """
    rule = Rule(True, frozenset(roles), visitors)

    def mark(view: View) -> View:
        cast(Any, view).access_rule = rule
        return view

    return mark


def open_to_all(view: View) -> View:
    """Let everybody call a view."""
    cast(Any, view).access_rule = Rule(signed_in=False)
    return view


def rule_of(view: Callable[..., Any]) -> Rule | None:
    """Return what a view declared, None if it declared nothing."""
    found: Rule | None = getattr(view, "access_rule", None)
    return found


def current_user_row() -> User:
    """Return the row of who has signed in; only views that need signing in may call this."""
    assert current_user.is_authenticated
    return cast("User", current_user._get_current_object())


def signed_in() -> bool:
    """Tell whether somebody has signed in."""
    return store_or_none() is not None and bool(current_user.is_authenticated)


def current_actor() -> Viewer:
    """Return who asks, for the functions of the store that decide who sees what."""
    if "actor" not in g:
        from matcher.store.viewers import Viewer

        g.actor = Viewer.of(current_user_row() if signed_in() else None)
    actor: Viewer = g.actor
    return actor


def has_role(*roles: str) -> bool:
    """Tell whether who asks has one of the roles, or is an administrator."""
    held = current_actor().roles
    return "administrator" in held or bool(held & set(roles))


def may_call(rule: Rule) -> bool:
    """Tell whether who asks may call a view with this rule."""
    if not rule.signed_in or (rule.visitors and current_app.config["OPEN_SEARCH"]):
        return True
    if not signed_in():
        return False
    return not rule.roles or has_role(*rule.roles)


def may_visit(endpoint: str) -> bool:
    """Tell whether who asks may call an endpoint: links to others are not shown."""
    view = current_app.view_functions.get(endpoint)
    rule = rule_of(view) if view else None
    return rule is not None and may_call(rule)


def safe_target(target: str | None) -> str | None:
    """Return an address to go on to if it is a path of this application, else None."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    # Browsers drop tabs and line ends, and take a backslash for a slash.
    return None if any(ord(ch) < 33 or ch == "\\" for ch in target) else target


def init_app(app: Flask) -> None:
    """Check every request before its view."""
    app.before_request(_first_start)
    app.before_request(_check)
    app.jinja_env.globals.update(
        may_visit=may_visit, has_role=has_role, signed_in=signed_in, current_actor=current_actor
    )


def _first_start() -> Response | None:
    """Lead to the page that makes the administrator as long as there is none."""
    if store_or_none() is None or current_app.extensions.get("alleymatch_has_administrator"):
        return None
    if request.endpoint in ("static", "account.setup", "account.set_up"):
        return None
    from matcher.store.accounts import has_administrator

    if has_administrator(reading()):
        current_app.extensions["alleymatch_has_administrator"] = True
        return None
    rule = rule_of(current_app.view_functions.get(request.endpoint or "", _first_start))
    if current_app.config["DEMO"] and rule and rule.visitors and may_call(rule):
        return None
    return cast(Response, redirect(url_for("account.setup")))


def _check() -> Response | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    rule = rule_of(current_app.view_functions[request.endpoint])
    if rule is not None and may_call(rule):
        return None
    if rule is None or signed_in() or store_or_none() is None:
        abort(403)
    return ask_to_sign_in()


def ask_to_sign_in() -> Response:
    """Return the way to the sign-in page, and back to where somebody wanted to go."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    address = url_for("account.log_in", next=safe_target(wanted))
    if request.headers.get("HX-Request"):
        # A fragment of a page cannot be a sign-in page.
        return Response(status=401, headers={"HX-Redirect": url_for("account.log_in")})
    said = _("Sign in to go on.")
    # Once, however many pages a browser opens again.
    if wanted != "/" and ("info", said) not in session.get("_flashes", []):
        flash(said, "info")
    return cast(Response, redirect(address))
