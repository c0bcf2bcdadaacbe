"""Helpers that templates call by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, request, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from matcher import clock
from matcher.records import status_on
from web import navigation
from web.access import may_visit

if TYPE_CHECKING:
    from matcher.store.listing import Page

#: The page of one record, by ``kind`` (need, capability) and ``number``, where there is one.
RECORD = "records.show"


def init_app(app: Flask) -> None:
    """Give templates the helpers."""
    app.jinja_env.globals.update(
        navigation=navigation.entries, csrf_field=csrf_field, record_link=record_link,
        page_numbers=page_numbers, same_page=same_page, has_administrator=has_administrator,
        state_of=state_of,
    )  # fmt: skip


def state_of(record: Any) -> str:
    """Return the status of a record, or of its row, as it is today."""
    return status_on(record.status, record.valid_until, clock.today())


def csrf_field() -> Markup:
    """Return the hidden field that every POST form needs."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def record_link(kind: str, number: int | None) -> str:
    """Return the address of a record's page, "" where there is none for who asks."""
    if number is None or not may_visit(RECORD):
        return ""
    return url_for(RECORD, kind=kind, number=number)


def same_page(**changes: Any) -> str:
    """Return the address of this page with some of its arguments changed; None leaves one out."""
    arguments: dict[str, Any] = request.args.to_dict(flat=False)
    arguments |= changes
    kept = {name: value for name, value in arguments.items() if value is not None}
    return url_for(request.endpoint or "home.box", **{**(request.view_args or {}), **kept})


def page_numbers(page: Page[Any]) -> list[int | None]:
    """Return the page numbers to offer; None is a gap."""
    near = {1, page.count, *range(page.number - 2, page.number + 3)}
    wanted = sorted(number for number in near if 1 <= number <= page.count)
    found: list[int | None] = []
    for number in wanted:
        if found and found[-1] is not None and number > found[-1] + 1:
            found.append(None)
        found.append(number)
    return found


def has_administrator() -> bool:
    """Tell whether the first start is over."""
    return bool(current_app.extensions.get("alleymatch_has_administrator"))
