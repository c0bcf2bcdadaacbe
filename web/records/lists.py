"""Lists of needs and of capabilities; every choice is in the address."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

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


def list_address(kind: str, **arguments: Any) -> str:
    """Return the address of a list."""
    return url_for("records.needs" if kind == "need" else "records.capabilities", **arguments)


def may_add() -> bool:
    """Tell whether who asks may write records at all."""
    return has_role("transfer_manager", *MEMBERS)


def _page(kind: str) -> str:
    filters = _filters(kind)
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
        size=size, sizes=SIZES, ahead=AHEAD, narrowed=narrowed, more_open=any(rare),
        address=list_address(kind), may_add=may_add(), choices=_choices, levels=range(1, 10),
        member=bool(current_actor().roles & MEMBERS),
        # Others only ever see what is published.
        states=bool(current_actor().roles - {"visitor"}),
    )  # fmt: skip


def _filters(kind: str) -> Filters:
    def chosen(name: str) -> str | None:
        value = request.args.get(name, "")
        table = table_of(kind, "fields" if name == "field" else name)
        return value if value in taxonomy.terms(table) else None

    return Filters(
        text=request.args.get("text", "")[:_LONGEST].strip(),
        field=chosen("field"), kind=chosen("kind"), status=chosen("status"),
        confidentiality=chosen("confidentiality"),
        trl_low=_number("trl_low", 9), trl_high=_number("trl_high", 9),
        region=request.args.get("region", "")[:_LONGEST].strip(),
        expiring_within=_number("expiring"), import_id=_number("import"),
        own=request.args.get("own") == "1" and bool(current_actor().roles & MEMBERS),
        archived=request.args.get("archived") == "1" and may_add(),
    )  # fmt: skip


def _number(name: str, largest: int = 2**31 - 1) -> int | None:
    text = request.args.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 12):
        return None
    return int(text) if 0 < int(text) <= largest else None


def _choices(table: str) -> list[tuple[str, str]]:
    from web.i18n import lang

    return [(code, term.label(lang())) for code, term in taxonomy.terms(table).items()]
