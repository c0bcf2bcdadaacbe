"""From a record to a form and back, without losing or changing what nobody touched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date
from typing import Any

from flask_babel import gettext as _
from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from matcher.ingest.amounts import parse_money
from matcher.ingest.lists import split_exclusions, split_regions, split_text
from matcher.ingest.values import CellProblem, clean_text
from matcher.records import Capability, Money, Need, Offer
from web.i18n import LANGUAGES, lang
from web.records.forms import LONG, RecordForm, names_in
from web.records.kinds import DATES, FREE_LISTS, LEVELS, MONEY, amount_typed

_SPLIT: dict[str, Callable[[Any], tuple[str, ...]]] = {
    "keywords": split_text, "regions": split_regions, "exclusions": split_exclusions,
    "ip_references": split_text,
}  # fmt: skip
_MOST_KEYWORDS = 20
_OWN_LISTS = ("fields", "cooperation_modes", "partner_kinds")


def typed(record: Offer, name: str, language: str) -> Any:
    """Return a field as it stands in the form: a text, or a list of codes."""
    if name == "organisation":
        return record.organisation.name if record.organisation else ""
    value = getattr(record, name)
    if name in _OWN_LISTS:
        return list(value)
    if name in FREE_LISTS:
        return ("; " if language == "en" else "；").join(value)
    if name in MONEY:
        return amount_typed(value, language)
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def values_of(record: Offer, version: int) -> dict[str, Any]:
    """Return everything that the form of a record shows at first."""
    found = {name: typed(record, name, lang()) for name in names_in(record.record)}
    return {**found, "version": str(version), "seen": seen_of(record)}


def seen_of(record: Offer) -> str:
    """Return the marks of what the form of a record shows at first."""
    names = names_in(record.record)
    return json.dumps({name: mark(name, typed(record, name, lang())) for name in names})


def mark(name: str, value: Any) -> str:
    """Return a short mark of what stands in a field."""
    text = " ".join(sorted(value)) if isinstance(value, list) else _lines(name, str(value or ""))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def build(form: RecordForm, kind: str, code: str, base: Offer | None) -> Offer | None:
    """Return the record that a validated form describes, None with errors beside the fields.

    ``base`` is the record that is edited: what was not touched stays exactly as it was, also
    where the form shows it in another shape.
    """
    values: dict[str, Any] = {}
    for name in names_in(kind):
        if name == "organisation":
            continue
        sent = form[name].data
        if base is not None and _untouched(base, name, sent):
            values[name] = getattr(base, name)
            continue
        try:
            values[name] = _value(name, sent)
        except ValueError as problem:
            form[name].errors = [*form[name].errors, _sentence(name, problem)]
    if any(form[name].errors for name in names_in(kind)):
        return None
    model = Need if kind == "need" else Capability
    kept = {} if base is None else {
        "created_at": base.created_at, "updated_at": base.updated_at,
        "organisation": base.organisation,
    }  # fmt: skip
    try:
        return model(id=code, **{**kept, **values})
    except ValidationError as error:
        _explain(form, error)
        return None


def merge(sent: MultiDict[str, str], current: Offer, language: str) -> MultiDict[str, str]:
    """Return what was sent, with the present value of each field whose choice is ``theirs``."""
    merged = MultiDict(sent)
    for name in names_in(current.record):
        if sent.get(f"take-{name}") == "theirs":
            value = typed(current, name, language)
            merged.setlist(name, value if isinstance(value, list) else [value])
        merged.poplist(f"take-{name}")
    return merged


def _untouched(base: Offer, name: str, sent: Any) -> bool:
    shown = (typed(base, name, language) for language in LANGUAGES)
    if isinstance(sent, list):
        return any(value == sent for value in shown)
    return any(_lines(name, value) == _lines(name, str(sent or "")) for value in shown)


def _lines(name: str, text: str) -> str:
    """Return a text as a browser sends it back: other line ends, none in a short field."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if name in LONG else text.replace("\n", "")


def _value(name: str, sent: Any) -> Any:
    if name in _OWN_LISTS:
        return tuple(dict.fromkeys(sent or ()))
    text = clean_text(str(sent or ""))
    if name in FREE_LISTS:
        return _SPLIT[name](text)
    if name in MONEY:
        return _money(text)
    if name in DATES:
        return date.fromisoformat(text) if text else None
    if name in LEVELS or name == "capacity":
        if text and not (text.isascii() and text.isdecimal() and len(text) < 7):
            raise ValueError(text)
        return int(text) if text else None
    if name == "ip_status":
        return text or None
    return text


def _money(text: str) -> Money | None:
    # 面议 and the like leave the amount open, as in a file.
    found: Money | None = parse_money(text) if text else None
    return found


def _sentence(name: str, problem: ValueError) -> str:
    if isinstance(problem, CellProblem):
        return problem.in_form(lang())
    if name in MONEY:
        return str(_("This amount is not understood: write 50万元, 30-50万元 or CNY 500,000."))
    if name in DATES:
        return str(_("This is no date: choose one, or write it like 2026-12-31."))
    return str(_("Write a whole number."))


def _explain(form: RecordForm, error: ValidationError) -> None:
    for item in error.errors(include_url=False):
        name = str(item["loc"][0]) if item["loc"] else "title"
        field = form[name] if name in form else form["title"]
        if name == "keywords":
            text = _("At most %(n)d keywords.", n=_MOST_KEYWORDS)
        elif not item["loc"]:
            text = _("Give it a title, or describe it.")
        else:
            zh, _slash, en = item["msg"].removeprefix("Value error, ").partition(" / ")
            text = (en or zh) if lang() == "en" else zh
        field.errors = [*field.errors, text]
