"""Chinese and English: which of them, the texts, and how dates, numbers and money are written.

Texts in templates and modules are English; ``translations/zh/*.po`` hold the Chinese, one file a
blueprint and ``base.po`` for what is shared. They are read when the server starts: there is
nothing to compile and nothing to forget. A text that stands in two files has to be the same in
both. tests/web/test_language.py fails for every text without Chinese, and prints it.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, request, session
from flask_babel import (
    Babel,
    Domain,
    format_date,
    format_datetime,
    format_decimal,
    format_percent,
    get_locale,
    get_timezone,
)  # fmt: skip

from matcher import clock, taxonomy
from matcher.confidence import grade
from matcher.records import Money

LANGUAGES = ("zh", "en")
COOKIE = "alleymatch_language"
_JUST_CHOSEN = "language"
_FOLDER = Path(__file__).parent / "translations"
#: The unit of contract amounts, in yuan.
TEN_THOUSAND = 10_000
_YEAR = 365 * 24 * 3600


class _Texts(Domain):  # type: ignore[misc]  # Flask-Babel has no types.
    """Reads the .po files instead of compiled ones."""

    def get_translations(self) -> NullTranslations:
        return texts(str(get_locale() or "zh"))


class _Babel(Babel):  # type: ignore[misc]
    @property
    def domain_instance(self) -> Domain:
        return _Texts()


def office_zone() -> ZoneInfo:
    """Return the time zone of the office, which may not be that of the server."""
    return ZoneInfo(str(get_timezone()))


@cache
def texts(language: str) -> NullTranslations:
    """Return the texts of a language; English is what stands in the code."""
    if language == "en":
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return Translations(compiled)


def catalogue(language: str) -> Catalog:
    """Return the joined .po files of a language.

    Raises ValueError for a text with two different translations.
    """
    joined = Catalog(locale=language)
    for path in sorted((_FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            part = read_po(file, locale=language)
        for message in part:
            if not message.id:
                continue
            earlier = joined.get(message.id)
            if earlier is not None and earlier.string != message.string:
                raise ValueError(f"{path.name}: another translation of {message.id!r}")
            joined[message.id] = message
    return joined


def init_app(app: Flask) -> None:
    """Choose the language of every request, and give templates the ways to write things."""
    _Babel(app, default_locale="zh", default_timezone=clock.ZONE, locale_selector=lang)
    app.before_request(_note_choice)
    app.after_request(_keep_choice)
    app.jinja_env.globals.update(lang=lang, other_languages=other_languages, page_path=page_path)
    app.jinja_env.filters.update(
        day=day,
        moment=moment,
        number=number,
        percent=percent,
        worth=worth,
        money=money,
        ten_thousands=ten_thousands,
        label=label,
        label_column=label_column,
    )


def lang() -> str:
    """Return the language of this request, ``zh`` or ``en``.

    What the address asks for, else what the user chose, else the cookie, else the browser.
    """
    if "lang" not in g:
        g.lang = _choose()
    chosen: str = g.lang
    return chosen


def _choose() -> str:
    # Late: access reads the database, which some errors happen before.
    from web.access import current_user_row, signed_in

    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        return asked
    if signed_in():
        return current_user_row().language
    kept = request.cookies.get(COOKIE, "")
    if kept in LANGUAGES:
        return kept
    # zh-TW, zh-HK and the like are Chinese too.
    wanted = (tag.lower().split("-")[0] for tag in request.accept_languages.values())
    return next((tag for tag in wanted if tag in LANGUAGES), "zh")


def just_chosen() -> str:
    """Return what somebody chose by a link in this visit, before signing in; else ""."""
    chosen = session.get(_JUST_CHOSEN, "")
    return chosen if chosen in LANGUAGES else ""


def _note_choice() -> None:
    """Keep what was chosen by a link: a user's with the account, a guest's until he signs in."""
    from web.access import current_user_row, signed_in
    from web.database import writing

    asked = request.args.get("lang", "")
    if asked not in LANGUAGES or request.method != "GET":
        return
    if not signed_in():
        # The cookie is no such choice: it may be a year old, and another person's.
        session[_JUST_CHOSEN] = asked
    elif current_user_row().language != asked:
        from matcher.store.models import User

        with writing() as transaction:
            transaction.get_one(User, current_user_row().id).language = asked


def _keep_choice(response: Any) -> Any:
    asked = request.args.get("lang", "")
    if asked in LANGUAGES and request.cookies.get(COOKIE) != asked:
        response.set_cookie(
            COOKIE, asked, max_age=_YEAR, httponly=True, samesite="Lax", secure=request.is_secure
        )
    return response


def other_languages() -> list[tuple[str, str, str]]:
    """Return (code, name, address of this page in it) of every language."""
    names = {"zh": "中文", "en": "English"}
    shown = request.args.to_dict(flat=False)
    found = []
    for code in LANGUAGES:
        arguments = [(k, v) for k, values in shown.items() if k != "lang" for v in values]
        found.append((code, names[code], _address([*arguments, ("lang", code)])))
    return found


def page_path() -> str:
    """Return the path of this page; of an address that only takes forms, the page above it."""
    path = request.path
    adapter = current_app.url_map.bind("")
    while path != "/" and not adapter.test(path, "GET"):
        path = path.rstrip("/").rpartition("/")[0] or "/"
    return f"{request.script_root}{path}"


def _address(arguments: list[tuple[str, str]]) -> str:
    from urllib.parse import urlencode

    return f"{page_path()}?{urlencode(arguments)}"


def day(value: date | None) -> str:
    """Return a date as people write it: 2026年11月22日, 22 Nov 2026."""
    return "" if value is None else str(format_date(value, "long" if lang() == "zh" else "d MMM y"))


def moment(value: datetime | None) -> str:
    """Return a moment to the minute, in the time zone of the office."""
    if value is None:
        return ""
    return str(format_datetime(value, "y-MM-dd HH:mm" if lang() == "zh" else "d MMM y, HH:mm"))


def number(value: float | None) -> str:
    """Return a number with its separators, and up to four decimals."""
    return "" if value is None else str(format_decimal(value, "#,##0.####"))


def percent(value: float | None) -> str:
    """Return a share as a whole percentage."""
    return "" if value is None else str(format_percent(value, "#,##0%"))


def worth(probability: float | None) -> str:
    """Return what a probability is worth in the words of the reports, "" without one."""
    found = grade(probability)
    return label(f"grade_{found}", "report_words") if found else ""


def money(value: Money | None) -> str:
    """Return an amount in yuan: 30–50 万元, CNY 300,000–500,000."""
    from matcher.export.words import Words, amount

    return amount(value, Words(lang()))


def ten_thousands(yuan: int) -> str:
    """Return a contract amount: 80.5 万元, CNY 805,000."""
    if lang() == "en":
        return f"CNY {number(yuan)}"
    return f"{format_decimal(Decimal(yuan) / TEN_THOUSAND, '#,##0.####')} 万元"


def label(code: str | None, table: str) -> str:
    """Return the word for a code of a closed list: ``{{ need.kind|label("need_kinds") }}``."""
    return "" if not code else taxonomy.label_of(table, code, lang())


def label_column(field: str, record: str) -> str:
    """Return the word for a field: ``{{ "district"|label_column("organisation") }}``."""
    term = taxonomy.columns(record).get(field)
    return term.label(lang()) if term else field
