"""What people decide about matches: nothing is overwritten, the last word counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from matcher import taxonomy
from matcher.errors import InputError
from matcher.store.audit import log
from matcher.store.models import Capability, Deal, Decision, Match, Need, User

Verdict = Literal["accept", "decline", "later"]
Side = Literal["need", "capability", "staff"]


def decide(
    session: Session, match_id: int, user: User | None, verdict: Verdict, *,
    reason: str | None = None, note: str = "", side: Side = "staff",
) -> Decision:  # fmt: skip
    """Add a decision; an earlier one for the same pair and side stays on record.

    Parameters
    ----------
    reason
        For a decline, a code of data/taxonomy/decline_reasons.csv; for the others None.
    side
        For whom ``user`` speaks: one of the two owners, or the office.

    Raises InputError for a match that is gone, for a decline without a known reason, and for
    anything but accepting a pair whose contract is signed.
    """
    match = session.get(Match, match_id)
    if match is None:
        raise InputError(
            "找不到这条匹配，它可能已随记录删除。请重新运行匹配。",
            "There is no such match; it may have gone with its record: run the matching again.",
        )
    known = taxonomy.terms("decline_reasons")
    if (verdict == "decline") != (reason is not None) or (reason and reason not in known):
        labels = "、".join(term.zh for term in known.values())
        raise InputError(
            f"婉拒时请选择一个原因（{labels}）；接受或以后再说时不填原因。",
            f"Declining takes one of these reasons: {', '.join(known)}; accepting and putting off "
            "take none.",
        )
    if verdict != "accept" and _signed(session, match):
        raise InputError(
            "双方已签约，不能再婉拒或改为以后再说。如有变化，请办公室先重新开启这项跟进。",
            "This pair has signed a contract, so it is neither declined nor put off: if that has "
            "changed, the office opens the deal again first.",
        )
    row = Decision(
        match_id=match.id, need_id=match.need_id, capability_id=match.capability_id,
        decided_by_id=user.id if user else None, side=side, verdict=verdict, reason=reason,
        note=note,
    )  # fmt: skip
    session.add(row)
    session.flush()
    log(session, user, "match.decide", match, verdict=verdict, side=side)
    return row


def _signed(session: Session, match: Match) -> bool:
    pair = and_(Deal.need_id == match.need_id, Deal.capability_id == match.capability_id)
    closed = and_(Deal.closed_at.is_not(None), Deal.contract_amount.is_not(None))
    found = select(Deal.id).where(or_(pair, Deal.match_id == match.id), closed)
    return session.scalar(found.limit(1)) is not None


def current_decisions(session: Session, match_ids: Iterable[int]) -> dict[int, dict[str, Decision]]:
    """Return the last word of each side, match id → side → decision.

    A decision about the same two records in an earlier run counts for a later one.
    """
    wanted = set(match_ids)
    pairs = {
        row.id: (row.need_id, row.capability_id)
        for row in session.execute(
            select(Match.id, Match.need_id, Match.capability_id).where(Match.id.in_(wanted))
        )
    }
    about: dict[tuple[int | None, int | None], dict[str, Decision]] = {}
    needs = {need for need, _ in pairs.values() if need is not None}
    query = select(Decision).where(Decision.need_id.in_(needs)).order_by(Decision.id)
    for row in session.scalars(query):
        about.setdefault((row.need_id, row.capability_id), {})[row.side] = row
    found = {number: dict(about.get(pair, {})) for number, pair in pairs.items()}
    # A record that is not in the store has no pair to be known by, only its match.
    for row in session.scalars(
        select(Decision).where(Decision.match_id.in_(wanted)).order_by(Decision.id)
    ):
        if row.need_id is None or row.capability_id is None:
            found[row.match_id or 0][row.side] = row
    return found


def both_accepted(session: Session, need_id: int, capability_id: int) -> bool:
    """Tell whether the last word of both owners is to accept."""
    query = select(Decision).where(
        Decision.need_id == need_id, Decision.capability_id == capability_id
    )
    last = {row.side: row.verdict for row in session.scalars(query.order_by(Decision.id))}
    return last.get("need") == last.get("capability") == "accept"


@dataclass(frozen=True)
class Judgement:
    """One decision for learning; the ids are the records' codes."""

    need_id: str
    capability_id: str
    decision: str
    reason: str | None
    side: str
    decided_at: datetime


def judgements(session: Session, *, superseded: bool = False) -> list[Judgement]:
    """Return the decisions about records that are still in the store, oldest first.

    Only the last word of each side about each pair, unless ``superseded`` ones are wanted too.
    Notes are left out: they may name people.
    """
    query = (
        select(Decision, Need.code, Capability.code)
        .join(Need, Need.id == Decision.need_id)
        .join(Capability, Capability.id == Decision.capability_id)
        .order_by(Decision.id)
    )
    if not superseded:
        pair = (Decision.need_id, Decision.capability_id, Decision.side)
        query = query.where(Decision.id.in_(select(func.max(Decision.id)).group_by(*pair)))
    return [
        Judgement(need, capability, row.verdict, row.reason, row.side, row.decided_at)
        for row, need, capability in session.execute(query)
    ]
