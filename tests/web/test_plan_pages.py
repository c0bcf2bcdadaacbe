"""The page that leads to every way of planning."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from web_fixtures import ROLES, Office

from matcher import records
from matcher.store.editing import create
from matcher.store.models import Need
from web.plan import CARDS, VIEWS

#: What each view says where there is nothing to plan with.
EMPTY = {
    "/plan/consortia": ("还没有已发布的需求。", "There is no published need yet"),
    "/plan/assigning": ("还没有已完成的批次。", "There is no finished batch yet"),
    "/plan/linkage": ("还没有查找过。", "Nobody has looked for links yet"),
    "/plan/alliances": ("还没有结果。", "There is no result yet"),
}


def test_the_index_leads_to_every_view_that_is_there(office: Office) -> None:
    browser = office.browser("transfer_manager")
    assert len(CARDS) <= len(VIEWS)
    for lang in ("zh", "en"):
        page = browser.get(f"/plan?lang={lang}")
        assert page.status_code == 200
        with office.app.test_request_context(f"/?lang={lang}"):
            assert all(str(card.title) in page.text for card in CARDS)
    assert ">协同</a>" in browser.get("/?lang=zh").text


def test_planning_is_for_managers(office: Office) -> None:
    for name in ROLES:
        allowed = name in ("administrator", "transfer_manager")
        assert office.browser(name).get("/plan").status_code == (200 if allowed else 403)
    assert office.browser().get("/plan").status_code == 302


@pytest.mark.parametrize("which", [0, 1], ids=["zh", "en"])
def test_nothing_on_file_is_a_sentence(small: Office, which: int) -> None:
    browser = small.browser("管理员")
    for address, said in EMPTY.items():
        page = browser.get(f"{address}?lang={('zh', 'en')[which]}")
        assert page.status_code == 200
        assert said[which] in page.text


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "请先导入成果文件"), ("en", "Import a file of capabilities")]
)
def test_a_need_of_three_characters_without_any_capability_is_a_sentence(
    small: Office, lang: str, said: str
) -> None:
    browser = small.browser("管理员")
    with small.store.writing() as session:
        row = create(session, records.Need(id="短", problem="要胶水", status="published"), None)
        session.flush()
        assert isinstance(row, Need)
        number = row.id
    page = browser.get(f"/plan/consortia/{number}?lang={lang}")
    assert page.status_code == 200
    assert said in page.text
    assert f"/plan/consortia/{number}/docx" not in page.text
    for kind in ("docx", "xlsx"):
        assert browser.get(f"/plan/consortia/{number}/{kind}").status_code == 200
    assert browser.get(f"/plan/consortia?text={quote('要胶水')}").status_code == 200
