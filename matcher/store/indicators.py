"""Figures for the science office: every one is counted from the records, never typed in.

What a reader may not see is not counted for him at all, so no small count tells of it. Decisions,
matches and deals are the office's own and are counted for the office alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from matcher import clock, taxonomy
from matcher.export.names import owner_names
from matcher.export.privacy import hidden_district
from matcher.records import status_on
from matcher.store.models import (
    Capability,
    Deal,
    Decision,
    Match,
    Need,
    Organisation,
    Role,
    Run,
    User,
)
from matcher.store.viewers import Person, Viewer, owner_known, visible

#: A readiness from which a capability can be shown in an environment like the real one.
MATURE = 6
#: What stands where a record does not say.
UNKNOWN = ""


@dataclass
class Line:
    """What was counted for one field, district or quarter."""

    needs: int = 0
    capabilities: int = 0
    accepted: int = 0
    deals: int = 0
    contracts: int = 0
    amount: int = 0


@dataclass
class Figures:
    """All figures of a period for one reader; ``values`` lacks those that are not for him.

    The keys of ``by_field`` are codes, of ``by_quarter`` (year, quarter); "" is "not stated".
    ``stages`` are the open deals at each stage today.
    """

    values: dict[str, int] = field(default_factory=dict)
    stages: dict[str, int] = field(default_factory=dict)
    by_field: dict[str, Line] = field(default_factory=dict)
    by_district: dict[str, Line] = field(default_factory=dict)
    by_quarter: dict[tuple[int, int], Line] = field(default_factory=dict)
    office: bool = False

    def lines(self, fields: Iterable[str], district: str | None, day: date) -> Iterator[Line]:
        """Yield the lines that something belongs to: each of its fields, its place, its quarter."""
        for code in dict.fromkeys(fields) or (UNKNOWN,):
            yield self.by_field.setdefault(code, Line())
        yield self.by_district.setdefault(district or UNKNOWN, Line())
        yield self.by_quarter.setdefault((day.year, (day.month + 2) // 3), Line())


@dataclass(frozen=True)
class _Period:
    since: date
    until: date
    zone: tzinfo

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def has(self, day: date) -> bool:
        return self.since <= day <= self.until


def count_figures(
    session: Session, user: Person, since: date, until: date, zone: tzinfo,
    today: date | None = None,
) -> Figures:  # fmt: skip
    """Count everything that happened from one day to another, both included.

    Parameters
    ----------
    user
        For whom: others than the office get the needs and capabilities that they may see.
    zone
        Whose days these are; moments are stored in UTC.
    """
    viewer, period = Viewer.of(user), _Period(since, until, zone)
    found = Figures(office=viewer.staff)
    _offers(session, viewer, period, found, today or clock.today())
    if viewer.staff:
        _office(session, period, found)
    order = list(taxonomy.terms("fields"))
    place = {code: at for at, code in enumerate(order)}
    found.by_field = dict(
        sorted(found.by_field.items(), key=lambda item: (place.get(item[0], len(place)), item[0]))
    )
    found.by_district = dict(
        sorted(found.by_district.items(), key=lambda item: (item[0] == UNKNOWN, item[0]))
    )
    found.by_quarter = dict(sorted(found.by_quarter.items()))
    return found


def _offers(session: Session, viewer: Viewer, period: _Period, found: Figures, today: date) -> None:
    owners: set[int] = set()
    districts: set[str] = set()
    for model in (Need, Capability):
        name = "needs" if model is Need else "capabilities"
        counts: Counter[str] = Counter()
        hidden = _hidden_districts(session, model, viewer)
        for row in session.execute(_columns(model, viewer)):
            district = row.district if row.known else hidden.get(row.organisation_id)
            day = row.created_on or period.day(row.created_at)
            if row.status == "draft" or not period.has(day):
                continue
            counts[name] += 1
            counts[f"{name}_open"] += status_on(row.status, row.valid_until, today) == "published"
            counts["teams" if model is Capability else "talent_needs"] += row.kind in (
                "team", "talent",
            )  # fmt: skip
            if model is Need:
                counts["scenarios"] += row.kind == "scenario"
                counts["substitutions"] += row.kind == "substitution"
            else:
                counts["mature"] += (row.level or 0) >= MATURE
                counts["granted"] += row.rights == "granted"
            # A hidden owner is not counted: that the count does not rise would tell who it is.
            if row.known and row.organisation_id is not None:
                owners.add(row.organisation_id)
            if district:
                districts.add(district)
            for line in found.lines(row.fields, district, day):
                setattr(line, name, getattr(line, name) + 1)
        shown = (
            ("needs", "needs_open", "scenarios", "substitutions", "talent_needs")
            if model is Need
            else ("capabilities", "capabilities_open", "mature", "granted", "teams")
        )
        found.values.update({code: counts[code] for code in shown})
    found.values["organisations"] = len(owners)
    found.values["districts"] = len(districts)


def _columns(model: Any, viewer: Viewer) -> Any:
    known = case((owner_known(model, viewer), True), else_=False).label("known")
    level = model.trl_min if model is Need else model.trl
    rights = model.title if model is Need else model.ip_status
    return (
        visible(model, viewer)
        .outerjoin(Organisation, model.organisation_id == Organisation.id)
        .with_only_columns(
            model.fields, model.kind, model.status, model.valid_until, model.created_on,
            model.created_at, Organisation.district, model.organisation_id, known,
            level.label("level"), rights.label("rights"), maintain_column_froms=True,
        )
    )  # fmt: skip


def _hidden_districts(session: Session, model: Any, viewer: Viewer) -> dict[int, str]:
    """Return the districts of the owners a viewer may not know, as the records show them."""
    hidden = visible(model, viewer).where(~owner_known(model, viewer))
    ids = hidden.with_only_columns(model.organisation_id)
    found = {}
    for row in session.scalars(select(Organisation).where(Organisation.id.in_(ids))):
        owner = row.to_record()
        found[row.id] = hidden_district(owner, owner_names(owner))
    return found


def _office(session: Session, period: _Period, found: Figures) -> None:
    values = found.values
    values["pairs"] = _pairs(session, period)
    verdicts, accepted = _decisions(session, period)
    values.update({verdict: verdicts[verdict] for verdict in ("accept", "decline", "later")})
    for row, day in accepted:
        for line in found.lines(*_place(row.need_fields, row.need_district, row), day):
            line.accepted += 1
    values.update(dict.fromkeys(("deals", "contracts", "amount", "ended", "across"), 0))
    found.stages = dict.fromkeys(taxonomy.terms("stages"), 0)
    for row in session.execute(_deals()):
        if row.closed_at is None:
            found.stages[row.stage] = found.stages.get(row.stage, 0) + 1
        where = _place(row.need_fields, row.need_district, row)
        begun = period.day(row.created_at)
        if period.has(begun):
            values["deals"] += 1
            for line in found.lines(*where, begun):
                line.deals += 1
        if row.closed_at is None:
            continue
        ended = row.contract_date or period.day(row.closed_at)
        if not period.has(ended):
            continue
        if row.contract_amount is None:
            values["ended"] += 1
            continue
        values["contracts"] += 1
        values["amount"] += row.contract_amount
        both = (row.need_district, row.capability_district)
        values["across"] += None not in both and both[0] != both[1]
        for line in found.lines(*where, ended):
            line.contracts += 1
            line.amount += row.contract_amount
    active = select(func.count(User.id)).where(User.active)
    for code, role in (("managers", "transfer_manager"), ("reviewers", "reviewer")):
        values[code] = session.scalar(active.where(User.roles.any(Role.name == role))) or 0


def _place(fields: Any, district: str | None, row: Any) -> tuple[list[str], str | None]:
    """Return fields and district of a pair: the need's, else the capability's."""
    return list(fields or row.capability_fields or ()), district or row.capability_district


def _pairs(session: Session, period: _Period) -> int:
    """Count the pairs that were proposed for the first time in the period."""
    first = (
        select(func.min(Run.created_at))
        .select_from(Match)
        .join(Run, Run.id == Match.run_id)
        .where(~Match.below, Match.need_id.is_not(None), Match.capability_id.is_not(None))
        .group_by(Match.need_id, Match.capability_id)
    )
    return sum(period.has(period.day(moment)) for moment in session.scalars(first))


def _sides(query: Any, need_id: Any, capability_id: Any) -> Any:
    """Add fields and districts of both sides to a query."""
    asking, offering = aliased(Organisation), aliased(Organisation)
    return (
        query.add_columns(
            Need.fields.label("need_fields"), Capability.fields.label("capability_fields"),
            asking.district.label("need_district"),
            offering.district.label("capability_district"),
        )
        .outerjoin(Need, Need.id == need_id)
        .outerjoin(Capability, Capability.id == capability_id)
        .outerjoin(asking, asking.id == Need.organisation_id)
        .outerjoin(offering, offering.id == Capability.organisation_id)
    )  # fmt: skip


def _decisions(session: Session, period: _Period) -> tuple[Counter[str], list[tuple[Any, date]]]:
    """Count last words by verdict, and return the accepted pairs, each once.

    A pair is accepted when somebody's last word is to accept it and nobody's is to decline.
    """
    last = select(func.max(Decision.id)).group_by(
        Decision.need_id, Decision.capability_id, Decision.side,
        # Without both records only the match says what it was about.
        case((Decision.need_id.is_(None) | Decision.capability_id.is_(None), Decision.id), else_=0),
    )  # fmt: skip
    query = select(
        Decision.need_id, Decision.capability_id, Decision.verdict, Decision.decided_at, Decision.id
    ).select_from(Decision)
    query = _sides(query, Decision.need_id, Decision.capability_id)
    query = query.where(Decision.id.in_(last)).order_by(Decision.id)
    counted: Counter[str] = Counter()
    accepted: dict[Any, tuple[Any, date]] = {}
    declined = set()
    for row in session.execute(query):
        whole = row.need_id is not None and row.capability_id is not None
        key = (row.need_id, row.capability_id) if whole else row.id
        if row.verdict == "decline":
            # On whatever day: a pair that is declined now is no success of any period.
            declined.add(key)
        day = period.day(row.decided_at)
        if not period.has(day):
            continue
        counted[row.verdict] += 1
        if row.verdict == "accept":
            accepted.setdefault(key, (row, day))
    return counted, [pair for key, pair in accepted.items() if key not in declined]


def _deals() -> Any:
    query = select(
        Deal.stage, Deal.created_at, Deal.closed_at, Deal.contract_amount, Deal.contract_date
    ).select_from(Deal)
    return _sides(query, Deal.need_id, Deal.capability_id)
