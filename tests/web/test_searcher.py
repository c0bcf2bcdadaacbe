"""What is committed is found within two seconds, and only by those who may see it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from conftest import make_office
from web_fixtures import Office, add_user

from matcher import records
from matcher.encode.base import Encoder
from matcher.store import Store, editing
from matcher.store.audit import log
from matcher.store.models import Capability, Organisation, User
from matcher.store.purging import purge
from matcher.store.viewers import Viewer
from web import live
from web.searcher import Searcher

TITLE = "高空风筝发电系统用超高分子量聚乙烯系留缆绳"
NOBODY = Viewer()
STAFF = Viewer(1, None, frozenset({"transfer_manager"}))


def capability(number: int, title: str = TITLE, **more: object) -> records.Capability:
    owner = records.Organisation(name=f"示例缆绳单位{number % 3}")
    fields = {"id": f"C{number:04d}", "title": title, "organisation": owner,
              "summary": f"{title}，断裂强度高，耐疲劳，已在示例场景使用。", **more}  # fmt: skip
    return records.Capability.model_validate(fields)


def add(store: Store, *offers: records.Capability) -> list[int]:
    with store.writing() as session:
        return [editing.create(session, record, None).id for record in offers]


def titles(search: Searcher, viewer: Viewer = NOBODY, text: str = TITLE) -> list[str]:
    found = search.find(text, viewer, "capability", 10, "zh").found
    return [match.capability.title for match in (*found.matches, *found.below)]


def follows(search: Searcher, title: str, present: bool = True) -> None:
    """Wait, without helping, until a title is found or is not any more."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if (title in titles(search)) is present:
            return
        time.sleep(0.02)
    pytest.fail("the index did not follow")


@pytest.fixture(params=["small", "large"])
def following(
    request: pytest.FixtureRequest, store: Store, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    """An application whose index is rebuilt at once, or that of a large store."""
    if request.param == "large":
        monkeypatch.setattr(live, "SMALL", 3)
        monkeypatch.setattr(live, "_MANY", 2)
    subjects = ("碳化硅压力传感器", "低温等离子灭菌", "纺织品色差检测", "锂电池隔膜", "污泥干化",
                "underfill for flip chips", "soil moisture radar", "齿轮箱故障诊断")  # fmt: skip
    add(store, *(capability(i, title) for i, title in enumerate(subjects, start=1)))
    office = make_office(store, encoder)
    office.search.settle()
    yield office
    office.search.stop()


def test_an_edit_is_found_without_a_restart(following: Office) -> None:
    search, store = following.search, following.store
    assert TITLE not in titles(search)
    [row_id] = add(store, capability(100))
    follows(search, TITLE)
    changed = capability(100, "极地科考站用真空绝热板")
    with store.writing() as session:
        editing.save(session, Capability, row_id, changed, 1, None)
    follows(search, TITLE, present=False)
    follows(search, changed.title)
    with store.writing() as session:
        editing.archive(session, Capability, row_id, None)
    follows(search, changed.title, present=False)
    with store.writing() as session:
        editing.restore(session, Capability, row_id, None)
    follows(search, changed.title)


def test_many_edits_in_a_row_are_all_there(following: Office) -> None:
    search, store = following.search, following.store
    for number in range(100, 108):
        add(store, capability(number, f"{TITLE}{number}"))
    search.settle()
    deadline = time.monotonic() + 60
    wanted = {f"{TITLE}{number}" for number in range(100, 108)}
    while not wanted <= set(titles(search)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert wanted <= set(titles(search))
    assert search.count("capability") == 16


def test_a_private_record_is_found_by_its_owner_and_the_office_only(following: Office) -> None:
    search, store = following.search, following.store
    [row_id] = add(store, capability(100, confidentiality="private"))
    search.settle()
    with store.reading() as session:
        owner = session.get_one(Capability, row_id).organisation_id
    member = Viewer(2, owner, frozenset({"institute"}))
    other = Viewer(3, (owner or 0) + 1, frozenset({"institute"}))
    assert TITLE in titles(search, STAFF)
    assert TITLE in titles(search, member)
    for viewer in (NOBODY, other, Viewer(4, owner, frozenset({"visitor"})),
                   Viewer(5, None, frozenset({"reviewer"}))):  # fmt: skip
        assert TITLE not in titles(search, viewer)
    assert search.count("capability") == 8


def test_a_private_record_moves_no_probability(following: Office) -> None:
    search, store = following.search, following.store
    before = search.find("锂电池隔膜涂覆", NOBODY, "capability", 5, "zh").found
    for number in range(100, 104):
        add(store, capability(number, f"锂电池隔膜{number}", confidentiality="private"))
    search.settle()
    after = search.find("锂电池隔膜涂覆", NOBODY, "capability", 5, "zh").found
    assert [(m.capability.id, m.probability) for m in (*before.matches, *before.below)] == [
        (m.capability.id, m.probability) for m in (*after.matches, *after.below)
    ]


def test_what_the_store_hides_is_not_shown_by_an_index_that_lags(following: Office) -> None:
    search, store = following.search, following.store
    [row_id] = add(store, capability(100))
    follows(search, TITLE)
    # The thread stands still from here on.
    search.stop()
    with store.writing() as session:
        hidden = capability(100, confidentiality="private")
        editing.save(session, Capability, row_id, hidden, 1, None)
    assert TITLE not in titles(search)
    assert TITLE not in titles(search, STAFF)


def test_drafts_closed_and_expired_records_take_no_part(following: Office) -> None:
    search, store = following.search, following.store
    yesterday = date.today() - timedelta(days=1)
    add(store, capability(100, f"{TITLE}甲", status="draft"),
        capability(101, f"{TITLE}乙", valid_until=yesterday))  # fmt: skip
    search.settle()
    for viewer in (NOBODY, STAFF):
        assert not {f"{TITLE}甲", f"{TITLE}乙"} & set(titles(search, viewer))


def test_a_purged_record_is_gone(following: Office) -> None:
    search, store = following.search, following.store
    [row_id] = add(store, capability(100))
    follows(search, TITLE)
    with store.writing() as session:
        editing.archive(session, Capability, row_id, None)
    with store.writing() as session:
        purge(session, Capability, row_id, None)
    search.settle()
    assert TITLE not in titles(search)


def test_an_owner_that_is_renamed_is_shown_by_its_new_name(following: Office) -> None:
    search, store = following.search, following.store
    [row_id] = add(store, capability(100))
    search.settle()
    with store.writing() as session:
        owner = session.get_one(Capability, row_id).organisation
        assert isinstance(owner, Organisation)
        owner.take(owner.to_record().model_copy(update={"name": "示例改名后的单位"}))
    search.settle()
    found = search.find(TITLE, NOBODY, "capability", 3, "zh").found
    owners = [m.capability.organisation for m in (*found.matches, *found.below)]
    assert any(o is not None and o.name == "示例改名后的单位" for o in owners)


def test_row_ids_lead_to_the_records(following: Office) -> None:
    [row_id] = add(following.store, capability(100))
    following.search.settle()
    found = following.search.find(TITLE, NOBODY, "capability", 5, "zh")
    assert found.row_ids[0] == row_id
    assert len(found.row_ids) == len(found.found.matches) + len(found.found.below)


def test_an_empty_store_answers(fresh: Office) -> None:
    found = fresh.search.find("任何需求都没有成果", NOBODY, "capability", 5, "zh").found
    assert found.reason == "no_capabilities"
    assert fresh.search.find("任何成果都没有需求", NOBODY, "need", 5, "en").found.matches == ()


def test_a_write_wakes_the_index(small: Office, hashed: str) -> None:
    from web.database import writing

    add_user(small.store, "x", "visitor", hashed=hashed)
    with small.app.test_request_context("/"), writing() as session:
        editing.create(session, capability(1), None)
        log(session, session.get(User, 1), "test.write")
    follows(small.search, TITLE)
