"""The page that leads to every way of planning."""

from __future__ import annotations

from web_fixtures import ROLES, Office

from web.plan import CARDS, VIEWS


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
