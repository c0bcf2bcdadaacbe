"""Lists of needs and capabilities: filters, order and pages, all done by the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from matcher import clock, taxonomy
from matcher.store.columns import holds, storable
from matcher.store.derived import search_form
from matcher.store.models import Capability, Need, Organisation
from matcher.store.viewers import LARGEST_ID, Person, Viewer, owner_known, visible

T = TypeVar("T", bound=Need | Capability)
Row = TypeVar("Row")
#: What is looked at of a search; the rest of a pasted page would only cost time, and SQLite
#: refuses very long patterns.
_MAX_WORDS, _MAX_WORD = 20, 200


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; None and empty narrow nothing.

    ``text`` is words that must all occur in the record (or, where it may be known, in its owner's
    name), ``expiring_within`` days from today until ``valid_until``, ``region`` a part of the
    owner's district or of a wanted region. ``trl_low`` and ``trl_high`` are inclusive; for a need
    they mean its lowest accepted TRL. A published record whose date is past counts as expired,
    and ``after`` leaves what changed after that revision of the store.
    """

    text: str = ""
    field: str | None = None
    kind: str | None = None
    status: str | None = None
    confidentiality: str | None = None
    trl_low: int | None = None
    trl_high: int | None = None
    region: str = ""
    expiring_within: int | None = None
    organisation_id: int | None = None
    import_id: int | None = None
    own: bool = False
    archived: bool = False
    after: int | None = None


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list; ``number`` begins at 1, ``total`` counts the whole list."""

    rows: Sequence[Row]
    number: int
    size: int
    total: int

    @property
    def count(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))


#: Orders by name, for both tables; the other end first with a minus sign before the name.
ORDERS = ("updated", "created", "code", "title", "kind", "status", "trl", "valid_until", "money")


def list_page(
    session: Session, model: type[T], user: Person, filters: Filters | None = None,
    order: str = "-updated", number: int = 1, size: int = 50, today: date | None = None,
) -> Page[T]:  # fmt: skip
    """Return one page of what ``user`` may see.

    A number past the end gives the last page. Rows without a value come last in either direction;
    ties stand in the order of their ids, so that no row is on two pages or on none. An order that
    is not in ``ORDERS`` means the default.
    """
    query = select_list(model, user, filters or Filters(), today)
    counted = query.with_only_columns(func.count(model.id)).order_by(None)
    total = session.scalar(counted) or 0
    size = max(1, size)
    number = nearest_page(number, size, total)
    # Ids first: sorting whole rows would drag all their texts along.
    ids = query.with_only_columns(model.id).order_by(*_order(model, order))
    chosen = list(session.scalars(ids.limit(size).offset((number - 1) * size)))
    rows = session.scalars(select(model).where(model.id.in_(chosen))).unique()
    place = {row_id: at for at, row_id in enumerate(chosen)}
    return Page(sorted(rows, key=lambda row: place[row.id]), number, size, total)


def nearest_page(number: int, size: int, total: int) -> int:
    """Return a page number that a list of so many rows has."""
    return min(max(1, number), max(1, -(-total // size)))


def select_list(
    model: type[T], user: Person, filters: Filters, today: date | None = None
) -> Select[T]:
    """Select what ``user`` may see and the filters leave, without order."""
    viewer = Viewer.of(user)
    today = today or clock.today()
    query = visible(model, viewer, archived=filters.archived, today=today)
    return query.where(*_conditions(model, viewer, filters, today))


def count_by(session: Session, query: Select[Any], column: Any) -> dict[str, int]:
    """Return how many rows of a list there are for each value of a column."""
    counted = query.with_only_columns(column, func.count()).order_by(None).group_by(column)
    return {str(value): count for value, count in session.execute(counted)}


def _conditions(
    model: type[T], viewer: Viewer, filters: Filters, today: date
) -> list[ColumnElement[bool]]:
    known = owner_known(model, viewer)
    found: list[ColumnElement[bool]] = []
    if filters.status:
        found.append(_has_status(model, filters.status, today))
    if filters.after is not None:
        found.append(model.changed_at_revision > filters.after)
    for name in ("kind", "confidentiality"):
        if value := getattr(filters, name):
            found.append(getattr(model, name) == value)
    if filters.field:
        found.append(holds(model.fields, filters.field))
    level = getattr(model, "trl_min" if model is Need else "trl")
    if filters.trl_low is not None:
        found.append(level >= min(max(filters.trl_low, 0), 10))
    if filters.trl_high is not None:
        found.append(level <= min(max(filters.trl_high, 0), 10))
    if region := search_form(filters.region)[:_MAX_WORD]:
        told = _told(model, known, model.region_text, model.open_region)
        found.append(told.contains(storable(region), autoescape=True))
    if filters.expiring_within is not None:
        # A date past the calendar's end is no date, but a wish for everything.
        days = min(max(filters.expiring_within, 0), 36_500)
        found.append(model.valid_until.between(today, today + timedelta(days=days)))
    for name in ("organisation_id", "import_id"):
        if (wanted := getattr(filters, name)) is not None:
            held = getattr(model, name) == wanted if wanted <= LARGEST_ID else false()
            found.append(and_(known, held))
    if filters.own:
        found.append(model.organisation_id == viewer.organisation_id)
    for word in search_form(filters.text).split()[:_MAX_WORDS]:
        found.append(_says(model, storable(word[:_MAX_WORD]), known))
    return found


def _has_status(model: type[T], status: str, today: date) -> ColumnElement[bool]:
    # Without a date a comparison is neither true nor false, and so is its opposite.
    dated = model.valid_until.is_not(None)
    past = and_(model.status == "published", dated, model.valid_until < today)
    if status == "expired":
        return or_(model.status == status, past)
    held = model.status == status
    return and_(held, ~past) if status == "published" else held


def _says(model: type[T], word: str, known: ColumnElement[bool]) -> ColumnElement[bool]:
    told = _told(model, known, model.search_text, model.open_text)
    said: ColumnElement[bool] = told.contains(word, autoescape=True)
    key = taxonomy.fold(word)
    if not key:
        return said
    owners = select(Organisation.id).where(Organisation.name_key.contains(key, autoescape=True))
    return or_(said, and_(known, model.organisation_id.in_(owners)))


def _told(model: type[T], known: ColumnElement[bool], full: Any, masked: Any) -> Any:
    """Return the column to look into: the masked one where the owner is hidden from the viewer."""
    return case((or_(known, model.confidentiality != "anonymous"), full), else_=masked)


def _order(model: type[T], order: str) -> list[Any]:
    down, name = order.startswith("-"), order.removeprefix("-")
    if name not in ORDERS:
        down, name = True, "updated"
    need = model is Need
    columns: dict[str, Any] = {
        "updated": model.updated_at,
        "created": model.created_at,
        "title": model.title_sort,
        "trl": getattr(model, "trl_min" if need else "trl"),
        "money": getattr(model, "budget_high" if need else "price_low"),
    }
    column = columns.get(name) if name in columns else getattr(model, name)
    assert column is not None
    first = column.desc() if down else column.asc()
    if name in ("trl", "money", "valid_until"):
        first = first.nulls_last()
    return [first, model.id.desc() if down else model.id.asc()]
