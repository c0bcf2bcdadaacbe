"""Reviews: an adviser from outside reads a match and says what he thinks; the office decides.

A reviewer never judges the party that he belongs to, under whatever name, and never sees what is
private. What he says is for the office and for himself.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from matcher import taxonomy
from matcher.errors import InputError
from matcher.store.audit import log
from matcher.store.columns import utcnow
from matcher.store.models import Match, Organisation, Review, Role, User
from matcher.store.viewers import LARGEST_ID, Viewer, visible_matches

LONGEST_NOTE = 4000


def reviewers(session: Session) -> list[User]:
    """Return everybody who can be asked."""
    query = select(User).where(User.active, User.roles.any(Role.name == "reviewer"))
    return list(session.scalars(query.order_by(User.id)))


def ask_review(session: Session, match_id: int, reviewer_id: int, user: User | None) -> Review:
    """Ask a reviewer about a match.

    Raises InputError for somebody who is no reviewer, belongs to a party of the match, may not
    see it, or was asked about the same two records already.
    """
    match = session.get(Match, match_id)
    person = session.get(User, reviewer_id) if 0 < reviewer_id <= LARGEST_ID else None
    if match is None or person is None or person not in reviewers(session):
        raise InputError(
            "请选择一位评审专家。", "Choose one of the reviewers."
        )  # fmt: skip
    if _belongs(person, match):
        raise InputError(
            f"{person.shown_name} 与其中一方属于同一单位或关联单位，应当回避，请另选一位。",
            f"{person.shown_name} belongs to one of the two parties or to a related one: choose "
            "somebody else.",
        )
    seen = visible_matches(Viewer.of(person)).where(Match.id == match_id)
    if session.scalars(seen).unique().first() is None:
        raise InputError(
            "评审专家看不到这条匹配：其中一条记录是保密、草稿或已归档的。",
            "Reviewers do not see this match: one of its records is private, a draft or archived.",
        )
    if any(row.reviewer_id == person.id for row in reviews_of(session, match)):
        raise InputError(
            f"已请 {person.shown_name} 评审过这一对，不必重复。",
            f"{person.shown_name} was asked about these two already.",
        )
    row = Review(
        match_id=match.id, need_id=match.need_id, capability_id=match.capability_id,
        reviewer_id=person.id, asked_by_id=user.id if user else None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    log(session, user, "match.ask-review", match)
    return row


def give_review(session: Session, review_id: int, user: User, verdict: str, note: str) -> Review:
    """Write down what a reviewer says; once, because it was asked once.

    Raises InputError for a verdict that there is not, a note that is missing where it is needed
    or too long, and for a review that is not this user's or was given.
    """
    row = own_review(session, review_id, user)
    if row is None or row.given_at is not None:
        raise InputError(
            "这项评审不存在，或已提交过意见。", "There is no such review, or it was given already."
        )
    if verdict not in taxonomy.terms("review_verdicts"):
        raise InputError("请选择评审结论。", "Choose what you conclude.")
    note = note.replace("\r\n", "\n").strip()
    if len(note) > LONGEST_NOTE or (verdict != "recommend" and not note):
        raise InputError(
            f"有条件推荐和不推荐须写明理由，不超过 {LONGEST_NOTE} 字。",
            f"Conditions and reasons against have to be written, in at most {LONGEST_NOTE} "
            "characters.",
        )
    row.verdict, row.note, row.given_at = verdict, note, utcnow()
    session.flush()
    log(session, user, "match.review", session.get(Match, row.match_id or 0), review=verdict)
    return row


def own_review(session: Session, number: int, user: User) -> Review | None:
    """Return a review that this user was asked for, as long as he may see its match."""
    if not 0 < number <= LARGEST_ID:
        return None
    mine = (Review.id == number, Review.reviewer_id == user.id)
    return session.scalars(select(Review).where(*mine, _seen_by(user))).unique().first()


def reviews_for(session: Session, user: User) -> list[Review]:
    """Return what a reviewer was asked and may still see: open ones first, then the latest."""
    query = select(Review).where(Review.reviewer_id == user.id, _seen_by(user))
    query = query.order_by(Review.given_at.is_not(None), Review.id.desc()).limit(200)
    return list(session.scalars(query.options(joinedload(Review.match))).unique())


def all_reviews(session: Session) -> list[Review]:
    """Return the latest reviews of everybody, for the office: open ones first."""
    query = select(Review).options(joinedload(Review.match), joinedload(Review.reviewer))
    query = query.order_by(Review.given_at.is_not(None), Review.id.desc()).limit(200)
    return list(session.scalars(query).unique())


def reviews_of(session: Session, match: Match) -> list[Review]:
    """Return the reviews of a match, and of the same two records in other runs, latest first."""
    same = Review.match_id == match.id
    if match.need_id is not None and match.capability_id is not None:
        pair = (Review.need_id == match.need_id) & (Review.capability_id == match.capability_id)
        same = or_(same, pair)
    query = select(Review).where(same).options(joinedload(Review.reviewer))
    return list(session.scalars(query.order_by(Review.id.desc())).unique())


def _seen_by(user: User) -> ColumnElement[bool]:
    seen = visible_matches(Viewer.of(user)).with_only_columns(Match.id)
    return Review.match_id.in_(seen)


def _belongs(person: User, match: Match) -> bool:
    own = person.organisation
    if own is None:
        return False
    sides = (match.need, match.capability)
    owners = [row.organisation for row in sides if row is not None and row.organisation]
    return any(_same_party(own, other) for other in owners)


def _same_party(one: Organisation, other: Organisation) -> bool:
    return one.id == other.id or bool(one.to_record().party_keys & other.to_record().party_keys)
