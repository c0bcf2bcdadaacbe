"""Alliances on a page: a job, a map that says what the tables say, nothing for other eyes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from match_fixtures import copied
from web_fixtures import ROLES, Browser, Office, add_user

from matcher.encode.base import Encoder
from matcher.store.models import Capability, Job, Need
from web.batch.worker import Worker
from web.jobs import kinds_of

SECRET, FIRM = "绝密超导磁约束聚变", "示例瞒名科技"


@pytest.fixture
def desk(office: Office, encoder: Encoder, tmp_path: Path) -> Iterator[tuple[Office, Worker]]:
    """An office to change, and the worker of its queue."""
    made = copied(office, encoder, tmp_path, searching=False)
    made.app.config["DATA_FOLDER"] = tmp_path / "data"
    yield made, Worker(made.store, tmp_path / "data", kinds_of(made.app), encoder)
    made.store.close()


def begin(browser: Browser, **more: str) -> int:
    answer = browser.post("/plan/alliances", {"reader": "others", "previous": "", **more})
    assert answer.status_code == 302, answer.text
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def hide(office: Office) -> None:
    """Make one need private and one anonymous, both with words that nobody else has."""
    with office.store.writing() as session:
        first, second = session.query(Need).filter(Need.confidentiality == "public").limit(2)
        first.title, first.problem, first.confidentiality = SECRET, f"{SECRET}装置", "private"
        second.confidentiality = "anonymous"
        second.problem = f"{FIRM}有限公司需要{second.problem}"
        assert second.organisation is not None
        second.organisation.name = f"{FIRM}有限公司"


def test_themes_on_a_page_with_a_map_and_files(desk: tuple[Office, Worker]) -> None:
    office, worker = desk
    browser = office.browser("transfer_manager")
    assert "还没有结果" in browser.get("/plan/alliances").text
    number = begin(browser)
    at = f"/plan/alliances/{number}"
    assert 'hx-trigger="every 1s"' in browser.get(at).text
    assert browser.get(f"{at}/map").status_code == 404
    assert worker.run_once()
    page = browser.get(at).text
    drawn = browser.get(f"{at}/map").get_json()
    assert drawn["themes"]
    for theme in drawn["themes"]:
        assert f'id="{theme["id"]}"' in page
        assert theme["name"] in page
    for point in drawn["points"]:
        assert point[7].startswith(("/needs/", "/capabilities/", "/records/")), point
        assert browser.get(point[7]).status_code == 200 or point is not drawn["points"][0]
    assert "沙龙：谁该见谁" in page
    assert "Salon: who should meet whom" in browser.get(f"{at}?lang=en").text
    for name in ("alliances.xlsx", "alliances.docx"):
        with browser.get(f"{at}/files/{name}") as answer:
            assert answer.status_code == 200
    # The records of a run are for the next run, not for handing out.
    assert browser.get(f"{at}/files/alliances.json").status_code == 404
    later = begin(browser, previous=str(number))
    assert worker.run_once()
    assert "没有变化" in browser.get(f"/plan/alliances/{later}?lang=zh").text
    assert browser.post(f"{at}/remove").status_code == 302
    assert browser.get(at).status_code == 404


def test_private_records_and_anonymous_owners_reach_no_page_data_or_file(
    desk: tuple[Office, Worker],
) -> None:
    office, worker = desk
    hide(office)
    browser = office.browser("transfer_manager")
    number = begin(browser)
    assert worker.run_once()
    at = f"/plan/alliances/{number}"
    with office.store.reading() as session:
        folder = Path(office.app.config["DATA_FOLDER"]) / str(
            session.get_one(Job, number).parameters["folder"]
        )
    said = "".join(path.read_text("utf-8") for path in folder.rglob("*.json"))
    data = json.dumps(browser.get(f"{at}/map").get_json(), ensure_ascii=False)
    for text in (browser.get(at).text, browser.get(f"{at}?lang=en").text, data, said):
        assert SECRET not in text
        assert FIRM not in text
    inside = begin(browser, reader="office")
    assert worker.run_once()
    shown = browser.get(f"/plan/alliances/{inside}/map").get_json()
    assert SECRET in json.dumps(shown, ensure_ascii=False)
    # What left a theme would count private records.
    refused = browser.post("/plan/alliances", {"reader": "others", "previous": str(inside)})
    assert refused.status_code == 400


def test_only_the_managers_own_results_are_seen(desk: tuple[Office, Worker]) -> None:
    office, worker = desk
    number = begin(office.browser("transfer_manager"))
    assert worker.run_once()
    paths = [f"/plan/alliances/{number}{end}" for end in ("", "/map", "/files/alliances.xlsx")]
    for name in ROLES:
        allowed = name in ("administrator", "transfer_manager")
        for path in ("/plan/alliances", *paths):
            expected = 200 if allowed else 403
            with office.browser(name).get(path) as answer:
                assert answer.status_code == expected, (name, path)
    assert office.browser().get(paths[0]).status_code == 302
    with office.store.reading() as session:
        from matcher.store.models import User

        hashed = session.query(User).filter(User.username == "transfer_manager").one().password
    add_user(office.store, "其他经理", "transfer_manager", hashed=hashed)
    other = office.browser("其他经理")
    assert [other.get(path).status_code for path in paths] == [404, 404, 404]


def test_too_few_records_get_a_sentence(desk: tuple[Office, Worker]) -> None:
    office, worker = desk
    with office.store.writing() as session:
        kept = session.query(Need).filter(Need.status == "published").limit(2).all()
        session.query(Need).filter(Need.id.not_in([row.id for row in kept])).update(
            {"status": "closed"}
        )
        session.query(Capability).update({"status": "closed"})
    browser = office.browser("transfer_manager")
    number = begin(browser)
    assert worker.run_once()
    page = browser.get(f"/plan/alliances/{number}").text
    assert "分不出主题" in page
    assert "data-map" not in page
