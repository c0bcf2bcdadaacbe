"""One page an error kind, in the user's language, with a number that is in the log too.

The log holds the number, the kind, the endpoint and where in the program it happened; never what
somebody typed, and of an unexpected error its type and place only: its text may quote a record.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, Response, g, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from matcher.errors import MatcherError, is_full
from web.i18n import lang

log = logging.getLogger("web")
#: What is not sent again with a form whose page was open for too long.
_SECRET = ("password", "csrf_token", "token")
#: What a form carries for itself: sent again, but nothing to read.
_UNSEEN = ("seen", "version")


def init_app(app: Flask) -> None:
    """Answer every error with a page."""
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(MatcherError, _told)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def reference() -> str:
    """Return the number of this request's error."""
    if "error_reference" not in g:
        g.error_reference = secrets.token_hex(4).upper()
    found: str = g.error_reference
    return found


def note(kind: str, error: BaseException | None = None) -> None:
    """Write an error into the log."""
    where = "-"
    if error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        where = " < ".join(f"{f.name}:{f.lineno}" for f in reversed(frames[-6:])) or "-"
    log.log(
        logging.ERROR if kind.startswith("500") else logging.INFO,
        "%s %s %s %s %s", reference(), kind, request.method, request.endpoint or "-", where,
    )  # fmt: skip


def page(status: int, title: str, text: str, **more: object) -> Response:
    """Return the page for an error."""
    shown = {"status": status, "title": title, "text": text, "reference": reference(), **more}
    if request.headers.get("HX-Request"):
        # A fragment goes where the page shows errors, whatever was asked for.
        html = render_template("errors/fragment.html", **shown)
        answer = make_response(html, status)
        answer.headers["HX-Retarget"] = "#messages"
        answer.headers["HX-Reswap"] = "innerHTML"
        return answer
    return make_response(render_template("errors/error.html", **shown), status)


def _told(error: MatcherError) -> Response:
    from matcher.store.errors import EditConflict, StoreError

    if isinstance(error, EditConflict):
        note("409 EditConflict")
        return page(409, _("Somebody else changed this record"), error.message(lang()))
    if isinstance(error, StoreError):
        note("503 StoreError", error)
        return page(503, _("The database cannot be used"), error.message(lang()))
    note(f"400 {type(error).__name__}")
    return page(400, _("That did not work"), error.message(lang()))


def _expired(error: CSRFError) -> Response:
    note("400 CSRFError")
    kept: list[tuple[str, str]] = []
    # A form of another site is never offered for sending.
    if _from_here():
        kept = [
            (name, value)
            for name, value in request.form.items(multi=True)
            if not any(word in name for word in _SECRET)
        ]
    lost = _("The page was open for too long: go back, reload it and send it again.")
    still = _(
        "The page was open for too long, or cookies are switched off. What you wrote is still "
        "here: send it again. Files have to be chosen once more."
    )
    text = still if kept else lost
    return page(400, _("The form has expired"), text, kept=kept, unseen=_UNSEEN,
                action=request.full_path)  # fmt: skip


def _from_here() -> bool:
    said = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return urlsplit(said).netloc == request.host


def _http(error: HTTPException) -> Response:
    if error.response is not None and error.code is None:
        return cast(Response, error.response)
    status = error.code or 500
    if status < 400:
        return cast(Response, error.get_response())
    note(f"{status} {type(error).__name__}", error if status >= 500 else None)
    return page(status, *sentences(status))


def _unexpected(error: Exception) -> Response:
    if is_full(error):
        note("507 disk full", error)
        return page(507, _("The disk is full"), _(
            "Nothing was saved. Make room on the disk of the server, or ask the administrator to, "
            "and try again."))  # fmt: skip
    note(f"500 {type(error).__name__}", error)
    return page(500, *sentences(500))


def sentences(status: int) -> tuple[str, str]:
    """Return the title and the text for a status."""
    known = {
        400: (_("The request was not understood"), _("Go back, reload the page and try again.")),
        403: (_("Not for your role"), _("Your account may not do this. Ask the administrator if "
                                        "you need it.")),
        404: (_("There is no such page"), _("The address is wrong, or what it led to was removed "
                                            "or is not for you to see.")),
        405: (_("That does not work this way"), _("Go back to the page before, and use its "
                                                  "buttons.")),
        413: (_("Too much at once"), _("The text or the file is too large: leave out pictures, or "
                                       "split it into several files.")),
        429: (_("Too many requests"), _("Wait a minute and try again.")),
    }  # fmt: skip
    failed = (
        _("Something went wrong"),
        _("Nothing was lost that had been saved. Try again; if it happens again, tell the "
          "administrator the number below."),
    )  # fmt: skip
    return known.get(status, failed if status >= 500 else known[400])
