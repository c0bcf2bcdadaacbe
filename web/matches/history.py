"""What was decided about the pairs of a page, as far as the reader may know it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from matcher.store.models import Deal, Decision, Match
from matcher.store.viewers import Viewer, may_edit


@dataclass(frozen=True)
class Standing:
    """Where a pair stands for one reader.

    ``sides`` are those the reader may speak for; ``history`` has the latest decision first.
    The other side's word is shown to an owner only once both accepted.
    """

    sides: tuple[str, ...] = ()
    history: tuple[Decision, ...] = ()
    both: bool = False
    deal_id: int | None = None

    @property
    def last(self) -> Decision | None:
        """The latest word."""
        return self.history[0] if self.history else None


def sides_of(match: Match, viewer: Viewer) -> tuple[str, ...]:
    """Return for whom the viewer may decide; the office writes down what owners told it."""
    if viewer.staff:
        return ("staff", "need", "capability")
    own = (("need", match.need), ("capability", match.capability))
    return tuple(side for side, row in own if row is not None and may_edit(row, viewer))


def standings(session: Session, matches: Iterable[Match], viewer: Viewer) -> dict[int, Standing]:
    """Return match id → where it stands."""
    rows = list(matches)
    pairs = {row.id: (row.need_id, row.capability_id) for row in rows}
    needs = {need for need, _ in pairs.values() if need is not None}
    query = (
        select(Decision)
        .where(or_(Decision.need_id.in_(needs), Decision.match_id.in_(pairs)))
        .order_by(Decision.id.desc())
        .options(joinedload(Decision.decided_by))
    )
    decisions = list(session.scalars(query))
    found = {}
    for row in rows:
        said = tuple(item for item in decisions if _about(item, row))
        last: dict[str, str] = {}
        for item in said:
            last.setdefault(item.side, item.verdict)
        both = last.get("need") == last.get("capability") == "accept"
        sides = sides_of(row, viewer)
        told = said if viewer.staff else tuple(d for d in said if d.side in sides)
        deal = _deal(session, row) if viewer.staff and said else None
        found[row.id] = Standing(sides, told, both and bool(sides), deal)
    return found


def _about(decision: Decision, match: Match) -> bool:
    if match.need_id is None or match.capability_id is None:
        return decision.match_id == match.id
    return (decision.need_id, decision.capability_id) == (match.need_id, match.capability_id)


def _deal(session: Session, match: Match) -> int | None:
    pair = and_(Deal.need_id == match.need_id, Deal.capability_id == match.capability_id)
    same = Deal.match_id == match.id
    return session.scalar(select(Deal.id).where(or_(pair, same)).limit(1))
