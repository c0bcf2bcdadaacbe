"""A thin Flask application over the engine: one page, nothing stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from matcher.errors import InputError, MatcherError
from matcher.pipeline import search
from matcher.shown import Card, cards, shown

if TYPE_CHECKING:
    from matcher.engine import Matcher

#: Longer than any need that somebody wrote; a whole file is matched on the command line.
MAX_CHARACTERS = 50_000
TOP = 5
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_TOO_LONG = InputError(
    f"文字超过 {MAX_CHARACTERS} 字。请只粘贴一项需求；整个文件请用 matcher match 匹配。",
    f"The text is longer than {MAX_CHARACTERS} characters: paste one need; a whole file is matched "
    "with matcher match.",
)
_NOT_FOUND = InputError(
    "没有这个页面，请回到首页。", "There is no such page: go back to the first one."
)
_FAILED = InputError(
    "出现意外错误，请重试；如果再次出现，请联系维护者。",
    "An unexpected error: try again; if it happens again, tell the maintainers.",
)


def create_app(matcher: Matcher) -> Flask:
    """Return the application: ``/`` shows a box for one need and the partners found for it.

    Nothing that is pasted is stored or logged. Private records take no part, and owners of
    anonymous ones are not shown, whatever ``matcher`` was made with.
    """
    app = Flask(__name__)
    app.config.update(MAX_CONTENT_LENGTH=2_000_000, MAX_FORM_MEMORY_SIZE=2_000_000)

    @app.get("/")
    def box() -> str:
        return _page(matcher, _language())

    @app.post("/")
    def results() -> tuple[str, int]:
        lang, text = _language(), request.form.get("text", "").replace("\r\n", "\n")
        if len(text) > MAX_CHARACTERS:
            return _page(matcher, lang, error=_TOO_LONG.message(lang)), 413
        try:
            view = shown(search(matcher, text, TOP), lang, TOP)
        except MatcherError as error:
            return _page(matcher, lang, text=text, error=error.message(lang)), 400
        found = view.lists[0] if view.lists else None
        reason = " ".join((view.reason(found), view.advice(found))).strip() if found else ""
        return _page(matcher, lang, text, cards(view, found) if found else [], reason), 200

    @app.errorhandler(413)
    def too_long(_: Exception) -> tuple[str, int]:
        return _page(matcher, _language(), error=_TOO_LONG.message(_language())), 413

    @app.errorhandler(404)
    @app.errorhandler(405)
    def not_found(error: HTTPException) -> tuple[str, int]:
        return _page(matcher, _language(), error=_NOT_FOUND.message(_language())), error.code or 404

    @app.errorhandler(500)
    def failed(_: Exception) -> tuple[str, int]:
        return _page(matcher, _language(), error=_FAILED.message(_language())), 500

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.update(_HEADERS)
        return response

    return app


def _language() -> str:
    return "en" if request.args.get("lang") == "en" else "zh"


def _page(
    matcher: Matcher, lang: str, text: str = "", found: list[Card] | None = None,
    reason: str = "", error: str = "",
) -> str:  # fmt: skip
    return render_template(
        "index.html", lang=lang, text=text, found=found, reason=reason, error=error,
        count=sum(r.confidentiality != "private" for r in matcher.targets.records),
        longest=MAX_CHARACTERS,
    )  # fmt: skip
