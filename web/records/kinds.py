"""The fields of a need and of a capability: their order, groups, labels, and how they are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from matcher import taxonomy
from matcher.export.privacy import HIDDEN, shown_owner
from matcher.records import Money, Offer
from web.i18n import day, label, lang, money, number

#: Field → closed list. ``{}`` is the kind of record.
TABLES = {
    "kind": "{}_kinds", "fields": "fields", "cooperation_modes": "cooperation_modes",
    "partner_kinds": "organisation_kinds", "confidentiality": "confidentiality",
    "status": "{}_status", "ip_status": "ip_status",
}  # fmt: skip
FREE_LISTS = ("keywords", "regions", "exclusions", "ip_references")
DATES = ("deadline", "valid_until", "confirmed_at")
MONEY = ("budget", "price")
LEVELS = ("trl", "trl_min")


@dataclass(frozen=True)
class Group:
    """Fields that stand together in a form; a folded group is opened by whoever needs it."""

    title: Any
    names: tuple[str, ...]
    folded: bool = False


GROUPS = {
    "need": (
        Group(_l("What is needed"),
              ("title", "problem", "key_technology", "indicators", "fields")),
        Group(_l("Goal and cooperation"),
              ("kind", "expected_outcome", "cooperation_modes", "budget", "deadline", "trl_min",
               "keywords"), True),
        Group(_l("Wanted partners"), ("partner_kinds", "regions", "exclusions"), True),
        Group(_l("Publication"), ("confidentiality", "status", "valid_until")),
    ),
    "capability": (
        Group(_l("What is offered"), ("title", "kind", "summary", "indicators", "fields")),
        Group(_l("Maturity and rights"), ("trl", "ip_status", "ip_references", "confirmed_at"),
              True),
        Group(_l("Cooperation"), ("cooperation_modes", "price", "capacity", "keywords"), True),
        Group(_l("Comparison and use so far"),
              ("advantages", "economics", "prior_applications"), True),
        Group(_l("Publication"), ("confidentiality", "status", "valid_until")),
    ),
}  # fmt: skip


def name_of(kind: str, field: str) -> str:
    """Return a field's label in the reader's language."""
    if field == "organisation":
        return taxonomy.columns("organisation")["name"].label(lang())
    term = taxonomy.columns(kind).get(field)
    return term.label(lang()) if term else field


def table_of(kind: str, field: str) -> str:
    """Return the closed list of a field, "" where it has none."""
    return TABLES.get(field, "").format(kind)


def shown(record: Offer, field: str) -> str:
    """Return what a field says, in the reader's language, "" where it says nothing."""
    value = getattr(record, field)
    table = table_of(record.record, field)
    comma = ", " if lang() == "en" else "、"
    if value is None or value == "" or value == ():
        return ""
    if isinstance(value, tuple):
        return comma.join(label(item, table) if table else str(item) for item in value)
    if table:
        return label(value, table)
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, date):
        return day(value)
    if field in LEVELS:
        return level(value)
    return number(value) if isinstance(value, int) else str(value)


def level(value: int) -> str:
    """Return a readiness level with its name."""
    return f"TRL {value} · {taxonomy.label_of('trl', str(value), lang())}"


def owner_is_known(record: Offer) -> bool:
    """Tell whether the record, as its reader may see it, still has its owner."""
    return record.organisation is not None and record.organisation.name != HIDDEN


def owner(record: Offer) -> str:
    """Return the owner as the reader of this record may see it."""
    return shown_owner(record, lang(), staff=owner_is_known(record))


def amount_typed(value: Money | None, language: str) -> str:
    """Return an amount as somebody would type it; reading it gives the same amount again."""
    if value is None:
        return ""
    if language == "en":
        ends = [f"{end:,}" for end in (value.low, value.high) if end is not None]
        text = "CNY " + "-".join(dict.fromkeys(ends))
        return text if None not in (value.low, value.high) else (
            f"at least {text}" if value.high is None else f"up to {text}"
        )  # fmt: skip
    ends = [_ten_thousands(end) for end in (value.low, value.high) if end is not None]
    text = "-".join(dict.fromkeys(ends)) + "万元"
    if value.high is None:
        return f"{text}以上"
    return text if value.low is not None else f"{text}以内"


def _ten_thousands(yuan: int) -> str:
    text = f"{Decimal(yuan) / 10_000:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
