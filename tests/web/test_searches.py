"""Going back to results, and saved searches: whose they are, what is new, who may see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import records_fixtures
from admin_fixtures import field_value
from sqlalchemy import select
from web_fixtures import TEXT, Browser, Office, add_user

from matcher.encode.base import Encoder
from matcher.store.models import Need, SavedSearch
from matcher.store.searches import MOST


@pytest.fixture
def own(office: Office, encoder: Encoder, tmp_path: Path) -> Iterator[Office]:
    """A copy of the office to change."""
    yield from records_fixtures.copied(office, encoder, tmp_path)


def ask(browser: Browser, text: str = TEXT, **more: str) -> str:
    """Search, and return the address of the results."""
    answer = browser.post("/", {"text": text, **more}, page="/")
    assert answer.status_code == 302
    return answer.headers["Location"]


def test_results_have_an_address_to_come_back_to(office: Office) -> None:
    browser = office.browser()
    address = ask(browser)
    first, again = browser.get(address), browser.get(address)
    assert "倒装芯片用低膨胀毛细底部填充胶" in first.text
    assert TEXT in again.text
    # Nothing of it is in any cache, or in the address.
    assert again.headers["Cache-Control"] == "no-store"
    assert TEXT not in address
    assert re.search(r"search=[\w-]{20,}", address)


def test_nobody_else_gets_the_text_by_its_address(office: Office) -> None:
    browser = office.browser("enterprise")
    address = ask(browser, "只有我知道的需求：低膨胀底部填充胶")
    for other in (office.browser(), office.browser("enterprise"), office.browser("administrator")):
        page = other.get(address)
        assert page.status_code == 200
        assert "只有我知道" not in page.text
        assert "请重新输入" in page.text
    browser.post("/log-out", page="/account")
    assert "只有我知道" not in browser.get(address).text


def test_what_is_kept_in_memory_is_bounded(office: Office) -> None:
    browser = office.browser()
    addresses = [ask(browser, f"传感器 {n}") for n in range(22)]
    assert "请重新输入" in browser.get(addresses[0]).text
    assert "传感器 21" in browser.get(addresses[-1]).text


def saved(office: Office, name: str) -> list[SavedSearch]:
    with office.store.reading() as session:
        rows = session.scalars(select(SavedSearch).where(SavedSearch.name == name))
        return list(rows)


def test_a_filtered_list_is_saved_run_renamed_and_deleted(own: Office) -> None:
    manager = own.browser("transfer_manager")
    page = manager.get("/needs?kind=technology&text=芯片").text
    assert "保存这次查找" in page
    sent = {"of": "need", "kind": "technology", "text": "传感器", "name": " 传感器  需求 "}
    answer = manager.post("/searches", sent)
    assert answer.headers["Location"].startswith("/needs?")
    row = saved(own, "传感器 需求")[0]
    page = manager.get("/searches").text
    assert "没有新增" in page
    assert "传感器 · " in page
    more = {"title": "示例新的传感器需求", "kind": "technology", "status": "published"}
    number = records_fixtures.add(manager, **more)
    assert "1 条新增" in manager.get("/searches").text
    opened = manager.post(f"/searches/{row.id}/open", {"new": "1"})
    page = manager.get(opened.headers["Location"]).text
    assert f"/needs/{number}" in page
    assert len(set(re.findall(r'href="/needs/(\d+)"', page))) == 1
    assert "没有新增" in manager.get("/searches").text
    opened = manager.post(f"/searches/{row.id}/open")
    assert "after" not in opened.headers["Location"]
    assert manager.post(f"/searches/{row.id}/rename", {"name": ""}).status_code == 302
    assert saved(own, "传感器 需求")
    manager.post(f"/searches/{row.id}/rename", {"name": "改过的名字"})
    assert "改过的名字" in manager.get("/searches").text
    manager.post(f"/searches/{row.id}/delete")
    assert not saved(own, "改过的名字")


def test_a_saved_search_keeps_what_was_corrected(own: Office) -> None:
    manager, text = own.browser("transfer_manager"), f"{TEXT}。预算200万元"
    read = manager.get(ask(manager, text)).text
    mine = {"budget": "5万元", "deadline": "2099-06-30", "regions": "示例东区",
            "about": field_value(read, "about")}  # fmt: skip
    for name, corrections in (("改过", mine), ("没改", {})):
        token = ask(manager, text, **corrections).partition("search=")[2]
        manager.post("/searches", {"search": token, "name": name})
    shown = {}
    for name in ("改过", "没改"):
        opened = manager.post(f"/searches/{saved(own, name)[0].id}/open")
        page = manager.get(opened.headers["Location"]).text
        shown[name] = [field_value(page, field) for field in ("budget", "deadline", "regions")]
    assert shown == {"改过": ["5 万元", "2099-06-30", "示例东区"], "没改": ["200 万元", "", ""]}
    assert "没有新增" in manager.get(f"/searches/{saved(own, '改过')[0].id}/new").text


def test_a_search_of_the_box_is_saved_and_counts_new_partners(own: Office) -> None:
    own.search.settle(60)
    manager = own.browser("transfer_manager")
    token = ask(manager, level="10").partition("search=")[2]
    answer = manager.post("/searches", {"search": token, "name": "填充胶"})
    assert answer.headers["Location"].endswith(token)
    row = saved(own, "填充胶")[0]
    assert row.query["text"] == TEXT
    assert "没有新增" in manager.get(f"/searches/{row.id}/new").text
    with own.store.writing() as session:
        session.get_one(SavedSearch, row.id).seen_revision = 0
    assert "条新增" in manager.get(f"/searches/{row.id}/new").text
    opened = manager.post(f"/searches/{row.id}/open")
    assert "倒装芯片用低膨胀毛细底部填充胶" in manager.get(opened.headers["Location"]).text
    assert "没有新增" in manager.get(f"/searches/{row.id}/new").text
    # A question that was made up or is somebody else's cannot be saved.
    assert manager.post("/searches", {"search": "x", "name": "y"}).headers["Location"] == "/"


def test_searches_are_ones_own(own: Office) -> None:
    manager = own.browser("transfer_manager")
    manager.post("/searches", {"of": "need", "text": "芯片", "name": "我的"})
    number = saved(own, "我的")[0].id
    for name in ("administrator", "enterprise", "visitor"):
        other = own.browser(name)
        assert "我的</h2>" not in other.get("/searches").text
        for act in ("open", "rename", "delete"):
            assert other.post(f"/searches/{number}/{act}", {"name": "x"}).status_code == 404
        assert other.get(f"/searches/{number}/new").status_code == 404
    assert own.browser().get("/searches").status_code == 302
    assert manager.post("/searches/99999999999/open").status_code == 404


@pytest.mark.parametrize("name", ["enterprise", "institute", "reviewer", "visitor"])
def test_new_private_records_are_counted_for_nobody_else(own: Office, name: str) -> None:
    reader = own.browser(name)
    reader.post("/searches", {"of": "need", "text": "传感器", "name": "看看"})
    manager = own.browser("transfer_manager")
    records_fixtures.add(
        manager, title="示例保密传感器", confidentiality="private", status="published"
    )
    records_fixtures.add(manager, title="示例草稿传感器")
    page = reader.get("/searches").text
    assert "没有新增" in page
    assert "条新增" not in page


def test_there_is_an_end_to_searches(own: Office, hashed: str) -> None:
    number = add_user(own.store, "勤快", "visitor", hashed=hashed)
    with own.store.writing() as session:
        session.add_all(
            SavedSearch(user_id=number, name=f"第{n}个", kind="need", query={"arguments": {}})
            for n in range(MOST)
        )
    page = own.browser("勤快").post(
        "/searches", {"of": "need", "name": "再一个"}, follow_redirects=True
    )
    assert f"最多保存 {MOST} 个" in page.text
    assert not saved(own, "再一个")


def test_what_ran_out_says_so_and_the_filter_finds_it(own: Office) -> None:
    manager = own.browser("transfer_manager")
    number = records_fixtures.add(manager, title="示例过期的需求", status="published")
    with own.store.writing() as session:
        session.get_one(Need, number).valid_until = date.today() - timedelta(days=1)
    assert "已过期" in manager.get(f"/needs/{number}").text
    listed = f'href="/needs/{number}"'
    assert listed in manager.get("/needs?status=expired").text
    assert listed not in manager.get("/needs?status=published").text
    assert "已过期" in manager.get("/needs?text=示例过期的需求").text.split("<tbody>")[1]
    assert "已过期" in manager.get("/matches?q=示例过期的需求").text
    # Nobody else sees it at all.
    assert listed not in own.browser().get("/needs?status=expired").text


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("need", {}), ("need", {"arguments": {"text": ["不是文字"], "page": {}}}),
        ("question", {"record": {"id": 1}, "wanted": "capability"}), ("space", {"arguments": {}}),
    ],
)  # fmt: skip
def test_one_search_that_cannot_be_read_hides_no_other(
    own: Office, kind: str, query: dict[str, object]
) -> None:
    visitor = own.browser("visitor")
    sent = {"of": "capability", "field": "new_materials", "name": "完好的查找"}
    visitor.post("/searches", sent, follow_redirects=True)
    with own.store.writing() as session:
        good = session.scalars(select(SavedSearch).order_by(SavedSearch.id.desc())).first()
        assert good is not None
        row = SavedSearch(
            user_id=good.user_id, name="坏掉的查找", kind=kind, query=query, seen_revision=0
        )
        session.add(row)
        session.flush()
        number = row.id
    page = visitor.get("/searches")
    assert page.status_code == 200
    assert "完好的查找" in page.text
    if kind != "need" or not query:
        assert "无法读取" in page.text.split("坏掉的查找")[1]
        opened = visitor.post(f"/searches/{number}/open", follow_redirects=True)
        assert opened.status_code == 200
    assert visitor.get(f"/searches/{number}/new").status_code == 200
    visitor.post(f"/searches/{number}/delete")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_languages(own: Office, language: str) -> None:
    visitor = own.browser("visitor")
    sent = {"of": "capability", "field": "new_materials", "name": "示例"}
    visitor.post("/searches", sent, follow_redirects=True)
    page = visitor.get(f"/searches?lang={language}").text
    main = page[page.index('<main id="main"') :]
    assert bool(re.search("[\u4e00-\u9fff]", main.replace("示例", ""))) == (language == "zh")
