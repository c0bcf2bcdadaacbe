"""Deals: accepted matches on their way through the eight stages."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matcher import taxonomy
from matcher.errors import InputError
from matcher.store.audit import log
from matcher.store.columns import utcnow
from matcher.store.decisions import current_decisions
from matcher.store.errors import EditConflict, too_large
from matcher.store.models import Deal, DealStage, Match, Need, User

#: What the engine serves; a deal begins there.
FIRST_STAGE = "partner_selection"
#: A day before this one is a slip of the keyboard.
EARLIEST = date(2000, 1, 1)


def open_deal(session: Session, match_id: int, user: User | None, today: date) -> Deal:
    """Begin a deal with an accepted match, or return the one that the two records have.

    Raises InputError if nobody's last word on the match is to accept.
    """
    match = session.get(Match, match_id)
    said = current_decisions(session, [match_id]).get(match_id, {})
    if match is None or not any(row.verdict == "accept" for row in said.values()):
        raise InputError(
            "只有已接受的匹配才能开始跟进。请先接受这条匹配。",
            "Only an accepted match becomes a deal: accept it first.",
        )
    if match.need_id is not None and match.capability_id is not None:
        # Two people may press the button at once.
        session.execute(select(Need.id).where(Need.id == match.need_id).with_for_update())
        pair = select(Deal).where(
            Deal.need_id == match.need_id, Deal.capability_id == match.capability_id
        )
        if (known := session.scalar(pair)) is not None:
            return known
    deal = Deal(
        match_id=match.id, need_id=match.need_id, capability_id=match.capability_id,
        stage=FIRST_STAGE, created_by_id=user.id if user else None,
        updated_by_id=user.id if user else None,
    )  # fmt: skip
    deal.stages.append(_line(FIRST_STAGE, today, "", user))
    session.add(deal)
    session.flush()
    log(session, user, "deal.open", deal)
    return deal


def enter_stage(
    session: Session, deal_id: int, stage: str, entered_on: date, user: User | None,
    expected_version: int, note: str = "",
) -> Deal:  # fmt: skip
    """Move a deal to a stage, forwards or back, and add a line to its log.

    Raises InputError for an unknown stage, for a day before that of another stage and for a
    deal that is closed, EditConflict if somebody moved it in between.
    """
    deal = _open_deal(session, deal_id, expected_version)
    if stage not in taxonomy.terms("stages"):
        labels = "、".join(term.zh for term in taxonomy.terms("stages").values())
        raise InputError(
            f"没有这个阶段，可选：{labels}。",
            f"There is no such stage; use one of: {', '.join(taxonomy.terms('stages'))}.",
        )
    check_stage_day(deal, stage, entered_on)
    deal.stage = stage
    line = _line(stage, entered_on, note, user)
    line.deal_id = deal.id
    session.add(line)
    _signed(session, deal, user, "deal.stage", stage=stage)
    session.expire(deal, ["stages"])
    return deal


def close_deal(
    session: Session, deal_id: int, user: User | None, expected_version: int,
    contract_amount: int | None = None, contract_date: date | None = None,
) -> Deal:  # fmt: skip
    """End a deal, with a contract (amount in yuan) or without one.

    Raises InputError for one that is closed (what was counted is not changed in passing), and
    for an amount without the day of signing or a day without an amount.
    """
    deal = _open_deal(session, deal_id, expected_version)
    if (contract_amount is None) != (contract_date is None):
        raise InputError(
            "合同金额和签约日期要一起填写；没有签约时，两项都留空。",
            "The contract amount and the day of signing go together: leave out both if nothing "
            "was signed.",
        )
    if contract_date is not None:
        check_day(contract_date)
    if contract_amount is not None and not 0 <= contract_amount < 2**63:
        raise too_large("contract_amount")
    deal.contract_amount, deal.contract_date = contract_amount, contract_date
    deal.closed_at = utcnow()
    return _signed(session, deal, user, "deal.close", contract=contract_amount is not None)


def reopen_deal(
    session: Session, deal_id: int, user: User | None, expected_version: int
) -> Deal:  # fmt: skip
    """Open a closed deal again, to correct it or to go on; its amount stays until it is closed."""
    deal = load_deal(session, deal_id, expected_version)
    deal.closed_at = None
    return _signed(session, deal, user, "deal.reopen")


def check_day(day: date) -> None:
    """Raise InputError for a day so long ago that its year was mistyped."""
    if day < EARLIEST:
        raise InputError(
            f"日期不能早于 {EARLIEST.isoformat()}，请检查年份。",
            f"The date is before {EARLIEST.isoformat()}: check the year.",
        )


def check_stage_day(deal: Deal, stage: str, day: date) -> None:
    """Raise InputError for a day before that of another stage in the deal's log.

    The first line does not count, it carries the day on which the pair was accepted here: people
    may have talked before. Further lines about one stage may have any order: something
    forgotten, a date put right.
    """
    check_day(day)
    others = [line for line in deal.stages[1:] if line.stage != stage]
    last = max(others, key=lambda line: line.entered_on, default=None)
    if last is not None and day < last.entered_on:
        before = last.entered_on.isoformat()
        zh, en = (taxonomy.label_of("stages", last.stage, lang) for lang in ("zh", "en"))
        raise InputError(
            f"“{zh}”记录的日期是 {before}，这里不能更早。更早的事请写在说明里。",
            f'"{en}" is dated {before}, and this date is before it: tell of earlier events in '
            "the note.",
        )


def _open_deal(session: Session, deal_id: int, expected_version: int) -> Deal:
    deal = load_deal(session, deal_id, expected_version)
    if deal.closed_at is not None:
        raise InputError(
            "这项跟进已结束，不能再修改。需要更正时请先重新开启。",
            "This deal is closed and cannot be changed: open it again first to correct it.",
        )
    return deal


def load_deal(session: Session, deal_id: int, expected_version: int | None = None) -> Deal:
    """Return a deal that nobody else can change until the transaction ends.

    Raises InputError if there is none, EditConflict if it is not at ``expected_version``.
    """
    deal = session.get(Deal, deal_id, populate_existing=True, with_for_update=True)
    if deal is None:
        raise InputError(
            "找不到这项跟进。请返回列表重新选择。",
            "There is no such deal: choose one from the list again.",
        )
    if expected_version is not None and deal.version != expected_version:
        who = deal.updated_by.shown_name if deal.updated_by else ""
        raise EditConflict(f"#{deal.id}", deal, deal.version, who, deal.updated_at)
    return deal


def deals_by_stage(session: Session) -> dict[str, int]:
    """Return how many open deals stand at each stage, in the order of the stages."""
    query = select(Deal.stage, func.count()).where(Deal.closed_at.is_(None)).group_by(Deal.stage)
    counted = dict.fromkeys(taxonomy.terms("stages"), 0)
    counted.update((stage, count) for stage, count in session.execute(query))
    return counted


def _line(stage: str, entered_on: date, note: str, user: User | None) -> DealStage:
    return DealStage(
        stage=stage, entered_on=entered_on, note=note, created_by_id=user.id if user else None
    )


def _signed(
    session: Session, deal: Deal, user: User | None, action: str, **details: object
) -> Deal:  # fmt: skip
    deal.updated_by_id = user.id if user else None
    # Set even where a line in the log is all that is new: the version must move.
    deal.updated_at = utcnow()
    session.flush()
    log(session, user, action, deal, **details)
    return deal
