"""Lists of needs and of capabilities; every choice is in the address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from matcher import taxonomy
from matcher.records import Offer
from matcher.store.editing import model_of
from matcher.store.listing import ORDERS, Filters, list_page
from matcher.store.models import Capability, Need
from matcher.store.viewers import MEMBERS, shown_records
from web.access import allows, current_actor, has_role
from web.database import reading
from web.records import blueprint
from web.records.kinds import owner, table_of

SIZES = (20, 50, 100)
#: Days ahead that the list of what expires soon can look.
AHEAD = (30, 90, 180)
_LONGEST = 200


@blueprint.get("/needs")
@allows(visitors=True)
def needs() -> str:
    return _page("need")


@blueprint.get("/capabilities")
@allows(visitors=True)
def capabilities() -> str:
    return _page("capability")


def list_address(kind: str, /, **arguments: Any) -> str:
    """Return the address of a list."""
    return url_for("records.needs" if kind == "need" else "records.capabilities", **arguments)


def may_add() -> bool:
    """Tell whether who asks may write records at all."""
    return has_role("transfer_manager", *MEMBERS)


def _page(kind: str) -> str:
    filters = filters_of(kind, request.args)
    order = request.args.get("order", "")
    order = order if order.removeprefix("-") in ORDERS else "-updated"
    size = _number("size") if _number("size") in SIZES else SIZES[0]
    model: type[Need] | type[Capability] = model_of(kind)
    page = list_page(
        reading(), model, current_actor(), filters, order, _number("page") or 1, size or SIZES[0]
    )
    seen: dict[int, Offer] = shown_records(reading(), page.rows, current_actor())
    rows = [(row, seen[row.id], owner(seen[row.id])) for row in page.rows]
    narrowed = filters != Filters()
    rare = (filters.region, filters.confidentiality, filters.trl_low, filters.trl_high,
            filters.expiring_within, filters.archived, filters.import_id)  # fmt: skip
    return render_template(
        "records/list.html", kind=kind, page=page, rows=rows, filters=filters, order=order,
        arguments=list(arguments_of(request.args).items()),
        size=size, sizes=SIZES, ahead=AHEAD, narrowed=narrowed, more_open=any(rare),
        address=list_address(kind), may_add=may_add(), choices=_choices, levels=range(1, 10),
        member=bool(current_actor().roles & MEMBERS),
        # Others only ever see what is published.
        states=bool(current_actor().roles - {"visitor"}),
    )  # fmt: skip


#: What of an address narrows a list, beside the closed lists.
_NARROWING = (
    "text", "field", "kind", "status", "confidentiality", "trl_low", "trl_high", "region",
    "expiring", "import", "own", "archived", "order",
)  # fmt: skip


def arguments_of(given: Mapping[str, str]) -> dict[str, str]:
    """Return what of some arguments narrows or sorts a list, as they stand in its address."""
    return {name: str(given[name])[:_LONGEST] for name in _NARROWING if given.get(name)}


def filters_of(kind: str, given: Mapping[str, str]) -> Filters:
    """Return the filters of an address; what is no value of them narrows nothing."""

    def chosen(name: str) -> str | None:
        value = given.get(name, "")
        table = table_of(kind, "fields" if name == "field" else name)
        return value if value in taxonomy.terms(table) else None

    def number(name: str, largest: int = 2**31 - 1) -> int | None:
        return _whole(given.get(name, ""), largest)

    return Filters(
        text=given.get("text", "")[:_LONGEST].strip(),
        field=chosen("field"), kind=chosen("kind"), status=chosen("status"),
        confidentiality=chosen("confidentiality"),
        trl_low=number("trl_low", 9), trl_high=number("trl_high", 9),
        region=given.get("region", "")[:_LONGEST].strip(),
        expiring_within=number("expiring"), import_id=number("import"),
        own=given.get("own") == "1" and bool(current_actor().roles & MEMBERS),
        archived=given.get("archived") == "1" and may_add(), after=number("after"),
    )  # fmt: skip


def told(kind: str, filters: Filters) -> str:
    """Return what a list is narrowed to, in words."""
    from web.i18n import label

    parts = [filters.text, filters.region]
    for name in ("field", "kind", "status", "confidentiality"):
        if value := getattr(filters, name):
            parts.append(label(value, table_of(kind, "fields" if name == "field" else name)))
    if filters.trl_low or filters.trl_high:
        parts.append(f"TRL {filters.trl_low or 1}–{filters.trl_high or 9}")
    if filters.expiring_within:
        parts.append(_("expires within %(n)s days", n=filters.expiring_within))
    if filters.own:
        parts.append(_("Only ours"))
    if filters.archived:
        parts.append(_("Archived ones"))
    return " · ".join(part for part in parts if part)


def _number(name: str, largest: int = 2**31 - 1) -> int | None:
    return _whole(request.args.get(name, ""), largest)


def _whole(text: str, largest: int) -> int | None:
    if not (text.isascii() and text.isdecimal() and len(text) < 12):
        return None
    return int(text) if 0 < int(text) <= largest else None


def _choices(table: str) -> list[tuple[str, str]]:
    from web.i18n import lang

    return [(code, term.label(lang())) for code, term in taxonomy.terms(table).items()]
