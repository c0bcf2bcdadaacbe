"""Merge two organisations that are one: records move, names stay known, the log says so."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from matcher import taxonomy
from matcher.errors import InputError
from matcher.store.audit import log
from matcher.store.models import Invitation, Organisation, User
from matcher.store.parties import FACTS, load_organisation, offers_of, refresh_offers


def merge_organisations(
    session: Session, keep_id: int, gone_id: int, user: User | None
) -> Organisation:
    """Move everything of one organisation to another and remove it.

    Needs, capabilities, users and invitations move; its name and aliases become aliases, so that
    a later import finds the one that stays; facts fill what is empty. Raises InputError for two
    different credit codes, which are two legal persons.
    """
    if keep_id == gone_id:
        raise InputError(
            "不能把一个单位与它自己合并，请另选一个单位。",
            "An organisation cannot be merged with itself: choose another one.",
        )
    keep, gone = load_organisation(session, keep_id), load_organisation(session, gone_id)
    if keep.credit_code and gone.credit_code and keep.credit_code != gone.credit_code:
        raise InputError(
            f"{keep.name} 与 {gone.name} 的统一社会信用代码不同，是两个法人，不能合并。"
            "如果有一个代码填错了，请先改正。",
            f"{keep.name} and {gone.name} have different credit codes and are two legal persons: "
            "correct the code first if one of them is wrong.",
        )
    moved = offers_of(session, gone)
    for row in moved:
        row.organisation = keep
    for table in (User, Invitation):
        held = table.organisation_id == gone.id
        session.execute(update(table).where(held).values(organisation_id=keep.id))
    _join(keep, gone)
    log(
        session, user, "organisation.merge", keep, merged_id=gone.id, merged_code=gone.code,
        moved=len(moved),
    )  # fmt: skip
    session.flush()
    session.delete(gone)
    session.flush()
    refresh_offers(session, keep)
    session.flush()
    return keep


def _join(keep: Organisation, gone: Organisation) -> None:
    ours, theirs = keep.to_record(), gone.to_record()
    names = {taxonomy.fold(ours.name)}
    aliases = []
    for name in (*ours.aliases, theirs.name, *theirs.aliases):
        if (key := taxonomy.fold(name)) and key not in names:
            names.add(key)
            aliases.append(name)
    facts = {name: getattr(ours, name) or getattr(theirs, name) for name in FACTS}
    keep.take(ours.model_copy(update={**facts, "aliases": tuple(aliases)}))
