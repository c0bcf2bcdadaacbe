"""Reviews: asked by the office, given once by somebody without a stake, read by the office."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import records_fixtures
from sqlalchemy import select
from web_fixtures import Office, add_user

from matcher.encode.base import Encoder
from matcher.store.models import AuditEntry, Capability, Match, Need, Organisation, Review, User
from matcher.store.models.parties import key_of


@pytest.fixture
def own(office: Office, encoder: Encoder, tmp_path: Path) -> Iterator[Office]:
    """A copy of the office to change."""
    made = records_fixtures.copied(office, encoder, tmp_path)
    one = next(made)
    one.search.settle(60)
    yield one
    next(made, None)


def matched(own: Office) -> Match:
    """Return a match of two public records."""
    manager = own.browser("transfer_manager")
    with own.store.reading() as session:
        needs = session.scalars(select(Need.id).where(Need.confidentiality == "public"))
        numbers = list(needs)
    for number in numbers:
        manager.get(f"/matches/needs/{number}")
    with own.store.reading() as session:
        query = (
            select(Match)
            .join(Need, Need.id == Match.need_id)
            .join(Capability, Capability.id == Match.capability_id)
            .where(Need.confidentiality == "public", Capability.confidentiality == "public")
        )
        return session.scalars(query.order_by(Match.id)).first() or pytest.fail("no match")


def reviewer(own: Office, name: str = "reviewer") -> int:
    with own.store.reading() as session:
        return session.scalars(select(User.id).where(User.username == name)).one()


def only(own: Office) -> Review:
    with own.store.reading() as session:
        return session.scalars(select(Review)).one()


def test_a_review_from_question_to_answer(own: Office) -> None:
    match, manager = matched(own), own.browser("transfer_manager")
    path = f"/matches/{match.id}/reviews"
    assert path in manager.get(f"/matches/needs/{match.need_id}").text
    assert "示例reviewer" in manager.get(path).text
    assert manager.post(path, {"reviewer": reviewer(own)}).status_code == 302
    again = manager.post(path, {"reviewer": reviewer(own)})
    assert again.status_code == 400
    assert "不必重复" in again.text
    expert = own.browser("reviewer")
    number = only(own).id
    assert f"/reviews/{number}" in expert.get("/reviews").text
    page = expert.get(f"/reviews/{number}").text
    assert "评审结论" in page
    assert 'class="match"' in page
    empty = {"verdict": "conditional", "note": " "}
    for wrong in ({}, {"verdict": "maybe"}, {"verdict": "against"}, empty):
        refused = expert.post(f"/reviews/{number}", wrong)
        assert refused.status_code == 400
    kept = expert.post(f"/reviews/{number}", {"verdict": "maybe", "note": "写了很久的意见"})
    assert "写了很久的意见" in kept.text
    given = {"verdict": "conditional", "note": "先做样件 =1+1"}
    assert expert.post(f"/reviews/{number}", given).status_code == 302
    assert expert.post(f"/reviews/{number}", given).status_code == 400
    assert "先做样件" in manager.get(path).text
    assert "有条件推荐" in manager.get("/reviews").text
    with own.store.reading() as session:
        actions = set(session.scalars(select(AuditEntry.action)))
        details = str(list(session.scalars(select(AuditEntry.details))))
    assert {"match.ask-review", "match.review"} <= actions
    assert "先做样件" not in details


def test_only_the_office_asks_and_only_the_one_who_was_asked_answers(
    own: Office, hashed: str
) -> None:
    match = matched(own)
    add_user(own.store, "另一位专家", "reviewer", hashed=hashed)
    path = f"/matches/{match.id}/reviews"
    own.browser("transfer_manager").post(path, {"reviewer": reviewer(own)})
    number = only(own).id
    for name in ("enterprise", "institute", "visitor"):
        other = own.browser(name)
        for address in (path, "/reviews", f"/reviews/{number}"):
            assert other.get(address).status_code == 403
        assert other.post(path, {"reviewer": 1}).status_code == 403
        assert other.post(f"/reviews/{number}", {"verdict": "recommend"}).status_code == 403
    other = own.browser("另一位专家")
    assert f"/reviews/{number}" not in other.get("/reviews").text
    assert other.get(f"/reviews/{number}").status_code == 404
    assert other.post(f"/reviews/{number}", {"verdict": "recommend"}).status_code == 404
    assert own.browser("reviewer").get(path).status_code == 403
    chief = own.browser("administrator")
    assert chief.post(f"/reviews/{number}", {"verdict": "recommend"}).status_code == 400
    assert chief.post(path, {"reviewer": reviewer(own, "visitor")}).status_code == 400
    assert only(own).verdict is None


def test_nobody_reviews_his_own_party(own: Office, hashed: str) -> None:
    match = matched(own)
    with own.store.writing() as session:
        owner = session.get_one(Match, match.id).need
        assert owner is not None
        assert owner.organisation is not None
        name = owner.organisation.name
    number = add_user(own.store, "自家专家", "reviewer", "示例兄弟单位", hashed)
    with own.store.writing() as session:
        named = Organisation.name == "示例兄弟单位"
        mine = session.scalars(select(Organisation).where(named)).one()
        # The same parent makes a related party.
        mine.parent, mine.parent_key = name, key_of(name)
    refused = own.browser("transfer_manager").post(
        f"/matches/{match.id}/reviews", {"reviewer": number}
    )
    assert refused.status_code == 400
    assert "应当回避" in refused.text


def test_what_becomes_private_is_reviewed_by_nobody(own: Office) -> None:
    match, manager = matched(own), own.browser("transfer_manager")
    path = f"/matches/{match.id}/reviews"
    manager.post(path, {"reviewer": reviewer(own)})
    number = only(own).id
    with own.store.writing() as session:
        row = session.get_one(Match, match.id).capability
        assert row is not None
        row.confidentiality = "private"
        title = row.title
    expert = own.browser("reviewer")
    assert title not in expert.get("/reviews").text
    assert expert.get(f"/reviews/{number}").status_code == 404
    assert expert.post(f"/reviews/{number}", {"verdict": "recommend"}).status_code == 404
    with own.store.writing() as session:
        session.delete(session.get_one(Review, number))
    refused = manager.post(path, {"reviewer": reviewer(own)})
    assert refused.status_code == 400
    assert "看不到这条匹配" in refused.text


def test_english_pages(own: Office) -> None:
    match, manager = matched(own), own.browser("transfer_manager")
    manager.post(f"/matches/{match.id}/reviews", {"reviewer": reviewer(own)}, follow_redirects=True)
    page = manager.get("/reviews?lang=en").text
    assert "waiting" in page
    assert not re.search(
        "[\u4e00-\u9fff]", re.sub(r"<td[^>]*>.*?</td>|示例\S*|中文", "", page, flags=re.S)
    )
