"""Reviews: who can be asked about what, and what stays of them after a purge."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from store_fixtures import capability, need, owner, proposed, user

from matcher.errors import InputError
from matcher.store import Store
from matcher.store.editing import archive, create
from matcher.store.models import Need, Review, User
from matcher.store.purging import purge
from matcher.store.reviews import ask_review, give_review, own_review, reviews_for, reviews_of


def test_a_pair_is_asked_about_once_in_all_runs(store: Store) -> None:
    with store.writing() as session:
        office, expert = user(session, "transfer_manager"), user(session, "reviewer")
        one = create(session, need(organisation=owner("示例甲"), status="published"), office)
        other = create(session, capability(organisation=owner("示例乙")), office)
        first = proposed(session, one.id, other.id)
        again = proposed(session, one.id, other.id, 2)
        row = ask_review(session, first.id, expert.id, office)
        with pytest.raises(InputError, match="already"):
            ask_review(session, again.id, expert.id, office)
        assert reviews_for(session, expert) == [row]
        assert reviews_of(session, again) == [row]
        assert own_review(session, row.id, office) is None
        for verdict, note in (("perhaps", "x"), ("against", " "), ("recommend", "字" * 4001)):
            with pytest.raises(InputError):
                give_review(session, row.id, expert, verdict, note)
        give_review(session, row.id, expert, "against", "示例理由")
        with pytest.raises(InputError, match="given already"):
            give_review(session, row.id, expert, "recommend", "")
        number = one.id
    with store.writing() as session:
        archive(session, Need, number, None)
        purge(session, Need, number, None)
    with store.reading() as session:
        left = session.scalars(select(Review)).one()
        # The count stays; the record, the match and what was written are gone.
        assert (left.verdict, left.note, left.match_id, left.need_id) == ("against", "", None, None)


@pytest.mark.parametrize("confidentiality", ["private", "public"])
def test_reviewers_neither_see_private_records_nor_judge_their_own(
    store: Store, confidentiality: str
) -> None:
    with store.writing() as session:
        office = user(session, "transfer_manager")
        asks = need(organisation=owner("示例甲"), confidentiality=confidentiality)
        one = create(session, asks, office)
        other = create(session, capability(organisation=owner("示例乙", aliases=("乙所",))), office)
        match = proposed(session, one.id, other.id)
        sister = create(session, need("N2", organisation=owner("乙所")), office).organisation
        involved = user(session, "reviewer", at=sister, name="involved")
        outside, visitor = user(session, "reviewer"), user(session, "visitor")

        def ask(person: User) -> Review:
            return ask_review(session, match.id, person.id, office)

        with pytest.raises(InputError, match="related"):
            ask(involved)
        with pytest.raises(InputError, match="one of the reviewers"):
            ask(visitor)
        if confidentiality == "private":
            with pytest.raises(InputError, match="private"):
                ask(outside)
        else:
            assert ask(outside).verdict is None
