"""Bringing in a file: columns, preview, confirmation, undo; all or nothing, and nothing left."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from conftest import ENTERPRISE
from docx import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from records_fixtures import copied
from sqlalchemy import func, select
from web_fixtures import Browser, Office, add_user

from matcher.encode.base import Encoder
from matcher.store.models import Deal, Decision, Import, Need, Organisation

HEAD = "需求编号,需求名称,痛点说明,保密要求,单位名称,预算\n"
ROWS = (
    "X1,示例阀门泄漏,阀杆处高温泄漏,公开,示例阀门有限公司,50万元\n"
    "X2,Example sensor drift,drift in humid air,匿名,示例传感有限公司,30-40万元\n"
    "X3,,,,示例空行有限公司,\n"
    "X4,示例联系方式,请打 400-820-8820,匿名,示例传感有限公司,很多\n"
)


@pytest.fixture(scope="module")
def office(
    office: Office, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """A copy that may be written to."""
    yield from copied(office, encoder, tmp_path_factory.mktemp("records"))


@pytest.fixture
def team(small: Office, hashed: str, tmp_path: Path) -> Office:
    """A manager 经理, two enterprises 甲 and 乙, and a folder of the server's own."""
    add_user(small.store, "经理", "transfer_manager", hashed=hashed)
    add_user(small.store, "甲", "enterprise", ENTERPRISE, hashed)
    add_user(small.store, "乙", "enterprise", "示例另一家有限公司", hashed)
    add_user(small.store, "看", "visitor", hashed=hashed)
    small.app.config["DATA_FOLDER"] = tmp_path / "data"
    return small


def send(browser: Browser, text: str | bytes, name: str = "需求.csv", kind: str = "needs") -> str:
    data = text.encode() if isinstance(text, str) else text
    page = browser.post(
        f"/{kind}/import", {"file": (io.BytesIO(data), name)}, content_type="multipart/form-data"
    )
    assert page.status_code == 302, re.findall(r'class="notice[^>]*>([^<]+)', page.text)
    return page.headers["Location"]


def agree(browser: Browser, place: str, **more: str) -> int:
    revision = re.search(r'name="revision" value="(\w+)"', browser.get(place).text)
    assert revision is not None
    page = browser.post(f"{place}/confirm", {"revision": revision[1], **more})
    assert page.status_code == 302
    return int(page.headers["Location"].rsplit("/", 1)[1])


def waiting(office: Office) -> list[Path]:
    return list((Path(office.app.config["DATA_FOLDER"]) / "waiting").iterdir())


def count(office: Office) -> int:
    with office.store.reading() as session:
        return session.scalar(select(func.count()).select_from(Need)) or 0


def test_a_file_is_mapped_previewed_imported_and_undone(team: Office) -> None:
    browser = team.browser("经理")
    place = send(browser, HEAD + ROWS)
    page = browser.get(place).text
    for said in ("可以导入 3 条", "1 行不能导入", "痛点说明", "很多"):
        assert said in page, said
    assert count(team) == 0
    headers = re.findall(r'name="header" value="([^"]+)"', page)
    fields = [
        "problem"
        if name == "痛点说明"
        else ""
        if name == "预算"
        else {
            "需求编号": "id",
            "需求名称": "title",
            "保密要求": "confidentiality",
            "单位名称": "organisation.name",
        }[name]
        for name in headers
    ]
    old = re.search(r'name="revision" value="(\w+)"', page)
    assert old is not None
    again = browser.post(f"{place}/columns", {"header": headers, "field": fields})
    assert again.status_code == 302
    assert "暴露需求方，导入后为草稿" in browser.get(place).text
    stale = browser.post(f"{place}/confirm", {"revision": old[1]})
    assert "请重新核对记录" in stale.text
    assert count(team) == 0
    number = agree(browser, place)
    assert waiting(team) == []
    with team.store.reading() as session:
        needs = {row.code: row for row in session.scalars(select(Need))}
        assert needs["X1"].problem == "阀杆处高温泄漏"
        assert needs["X1"].budget_low is None
        assert (needs["X2"].status, needs["X4"].status) == ("published", "draft")
    result = browser.get(f"/imports/{number}").text
    assert "撤销这次导入" in result
    assert "示例空行有限公司" in result
    assert "X1" in browser.get(f"/needs?import={number}").text
    assert browser.post(f"/imports/{number}/undo").status_code == 302
    assert count(team) == 0
    assert browser.post(f"/imports/{number}/undo").status_code == 400


def test_undoing_tells_of_deals_before_and_after(team: Office) -> None:
    browser = team.browser("经理")
    number = agree(browser, send(browser, HEAD + ROWS))
    assert "决定" not in browser.get(f"/imports/{number}").text
    with team.store.writing() as session:
        first, second = session.scalars(select(Need).order_by(Need.id).limit(2)).unique()
        session.add(Decision(need_id=second.id, side="staff", verdict="later"))
        session.add(Deal(need_id=first.id, stage="negotiation"))
        code = first.code
    page = browser.get(f"/imports/{number}").text
    assert "其中 1 条已作过决定，将归档。其中 1 条正在对接跟进或已签约，将保留。" in page
    done = browser.post(f"/imports/{number}/undo", follow_redirects=True).text
    assert f"正在对接跟进或已签约，保留不动：{code}" in done


def test_unknown_headers_are_mapped_by_hand(team: Office) -> None:
    browser = team.browser("经理")
    place = send(browser, "甲列,乙列\n示例难题一,很难\n")
    page = browser.get(place)
    assert page.status_code == 400
    assert "甲列" in page.text
    browser.post(f"{place}/columns", {"header": ["甲列", "乙列"], "field": ["title", "problem"]})
    assert "可以导入 1 条" in browser.get(place).text
    agree(browser, place)
    assert count(team) == 1


def test_a_letter_names_its_parts_in_the_readers_words(team: Office) -> None:
    browser = team.browser("经理")
    document, data = Document(), io.BytesIO()
    for text in ("高温阀门密封", "现有密封圈 200 ℃ 下三个月后开裂。"):
        document.add_paragraph(text)
    document.save(data)
    place = send(browser, data.getvalue(), "来信.docx")
    page = browser.get(place).text
    labels = re.findall(r'<label for="c\d+">([^<]+)</label>', page)
    assert labels == ["需求名称", "主要问题"]
    assert "预算" not in page[page.index('id="records"') :]
    assert re.findall(r'<label for="c\d+">([^<]+)<', browser.get(f"{place}?lang=en").text) == [
        "Title", "Problem",
    ]  # fmt: skip
    browser.get("/?lang=zh")


def test_what_was_read_of_money_and_days_is_shown(team: Office) -> None:
    browser = team.browser("经理")
    rows = "需求名称,主要问题,预算,截止时间\n示例甲,漏,50万元,2027年6月30日\n示例乙,漏,,\n"
    page = browser.get(send(browser, rows)).text
    shown = page[page.index('id="records"') :]
    assert ">50 万元<" in shown
    assert ">2027年6月30日<" in shown


def test_no_option_of_the_command_line_is_advised(team: Office) -> None:
    browser = team.browser("经理")
    rows = "甲列,乙列\n示例难题一,很难\n"
    place = send(browser, rows)
    for address, said in ((place, "请修改表头。"), (f"{place}?lang=en", "Rename a header.")):
        page = browser.get(address).text
        assert said in page
        assert "--map" not in page
    browser.get("/?lang=zh")
    browser.post(
        f"{place}/columns", {"header": ["没有的列", "甲列"], "field": ["problem", "title"]}
    )
    page = browser.get(place).text
    assert "表头“没有的列”不在文件中" in page
    assert "--map" not in page
    sent = {"file": (io.BytesIO(rows.encode()), "一条.csv"), "role": "need"}
    assert "--map" not in browser.post("/", sent, content_type="multipart/form-data").text


def test_two_files_that_count_their_rows_do_not_meet(team: Office) -> None:
    browser = team.browser("经理")
    head = "序号,需求名称,主要问题,截止时间,紧急程度,单位名称\n"
    first = head + "1,示例甲题,甲的问题,2027-06-30,高,示例甲有限公司\n2,示例乙题,乙的问题,,,\n"
    place = send(browser, first)
    page = browser.get(place).text
    assert "有 1 列没有使用：紧急程度" in page
    assert "编号已在库中" not in page
    assert page.count("只是行号") == 1
    agree(browser, place, existing="update")
    second = (
        head + "1,示例丙题,丙的问题,,,\n2,示例甲题,甲的问题。,,,示例甲有限公司\n,示例丁题,丁,,,\n"
    )
    place = send(browser, second, "第二批.csv")
    page = browser.get(place).text
    assert "1 条内容已经有了" in page
    assert "N0001 《示例甲题》" in page
    number = agree(browser, place, existing="update", doubles="leave")
    assert "与 N0001 《示例甲题》 相同" in browser.get(f"/imports/{number}").text
    with team.store.reading() as session:
        rows = session.scalars(select(Need).order_by(Need.id)).unique().all()
        assert [f"{row.code} {row.title}" for row in rows] == [
            "N0001 示例甲题", "N0002 示例乙题", "N0003 示例丙题", "N0004 示例丁题",
        ]  # fmt: skip
        assert str(rows[0].deadline) == "2027-06-30"


def test_a_running_number_beside_a_real_one_is_told_apart(team: Office) -> None:
    browser = team.browser("经理")
    both = "序号,需求编号,需求名称\n1,S-1,示例甲题\n2,S-2,示例乙题\n"
    page = browser.get(send(browser, both)).text
    assert page.count("只是行号") == 1
    assert page.index("只是行号") < page.index(">需求编号</label>")
    alone = "需求编号,需求名称\nS-1,示例甲题\n"
    assert "只是行号" not in browser.get(send(browser, alone, "另一份.csv")).text


def test_a_long_file_is_looked_through_page_by_page(team: Office) -> None:
    browser = team.browser("经理")
    rows = "".join(f"示例需求{n},问题{n}\n" for n in range(1, 61))
    place = send(browser, "需求名称,主要问题\n" + rows)
    page = browser.get(place).text
    assert "示例需求50" in page
    assert "示例需求51" not in page
    assert "示例需求51" in browser.get(f"{place}?page=2").text
    assert "示例需求60" in browser.get(f"{place}?page=999999999999999999999").text


def test_what_is_on_file_for_others_is_not_told(team: Office) -> None:
    chief, member = team.browser("经理"), team.browser("甲")
    secret = "需求编号,需求名称,保密要求,单位名称\nS-1,示例秘密,保密,示例另一家有限公司\n"
    agree(chief, send(chief, secret))
    page = member.get(send(member, secret)).text
    assert "内容已经有了" not in page
    assert "库中" not in page


def test_a_member_imports_for_his_own_organisation_only(team: Office) -> None:
    chief, member = team.browser("经理"), team.browser("甲")
    agree(chief, send(chief, HEAD + ROWS))
    place = send(member, HEAD + ROWS)
    page = member.get(place).text
    # Neither that somebody imported the same, nor that the numbers are taken.
    assert "导入过" not in page
    assert "编号已在库中" not in page
    said = (
        "3 行写的是其他单位（示例阀门有限公司、示例传感有限公司）",
        "只能为本单位导入，所以不导入这些行", "可以导入 0 条。4 行不能导入",
    )  # fmt: skip
    assert [text for text in said if text not in page] == []
    assert "没有导入：您只能为本单位导入" in page
    assert "示例阀门有限公司 · 示例阀门泄漏" in page
    assert 'name="revision"' not in page
    # Own, by name and by alias, and nobody's.
    with team.store.writing() as session:
        mine = session.scalars(select(Organisation).where(Organisation.name == ENTERPRISE)).one()
        mine.take(mine.to_record().model_copy(update={"aliases": ("示例甲厂",)}))
    rows = ROWS.replace("示例阀门有限公司", ENTERPRISE)
    rows = rows.replace(
        "30-40万元", "30-40万元\nX5,示例无主,问题,公开,,\nX6,示例别名,漏,公开,示例甲厂,"
    )
    chief_number = agree(chief, send(chief, HEAD + rows), existing="update")
    assert "其他单位" not in chief.get(f"/imports/{chief_number}").text
    place = send(member, HEAD + rows)
    page = member.get(place).text
    assert "2 行写的是其他单位（示例传感有限公司）" in page
    assert "编号已在库中" not in page
    number = agree(member, place, existing="update")
    assert "写的是其他单位，没有导入" in member.get(f"/imports/{number}").text
    with team.store.reading() as session:
        row = session.get_one(Import, number)
        assert (row.created_count, row.updated_count) == (3, 0)
        assert "编号已在库中" not in json.dumps(row.rejections, ensure_ascii=False)
        mine = session.scalars(select(Need).where(Need.import_id == number)).unique().all()
        assert {need.organisation.name for need in mine if need.organisation} == {ENTERPRISE}
        assert {need.title for need in mine} == {"示例阀门泄漏", "示例无主", "示例别名"}
        assert not {need.code for need in mine} & {"X1", "X2", "X4"}
    assert team.browser("乙").get(f"/imports/{number}").status_code == 404
    assert team.browser("乙").post(f"/imports/{number}/undo").status_code == 404
    assert f"/imports/{number}" not in team.browser("乙").get("/needs/import").text
    assert chief.get(f"/imports/{number}").status_code == 200


def test_a_member_without_an_organisation_gives_nothing_to_others(
    team: Office, hashed: str
) -> None:
    add_user(team.store, "丙", "enterprise", "", hashed)
    member = team.browser("丙")
    number = agree(member, send(member, HEAD + ROWS))
    with team.store.reading() as session:
        mine = session.scalars(select(Need).where(Need.import_id == number)).unique().all()
        assert [need.organisation_id for need in mine] == [None] * 3
        assert session.scalar(select(func.count()).select_from(Organisation)) == 2


def test_a_waiting_file_is_its_senders_alone(team: Office) -> None:
    member, other = team.browser("甲"), team.browser("乙")
    place = send(member, HEAD + ROWS)
    assert other.get(place).headers["Location"] == "/needs/import"
    for step in ("confirm", "columns", "remove"):
        assert other.post(f"{place}/{step}").headers["Location"] == "/needs/import"
        assert team.browser("看").post(f"{place}/{step}").status_code == 403
    assert team.browser("管理员").get(place).headers["Location"] == "/needs/import"
    folder = next(path for path in waiting(team) if path.is_dir())
    assert folder.stat().st_mode & 0o077 == 0
    assert member.post(f"{place}/remove").status_code == 302
    assert waiting(team) == []
    assert "已不在等待导入" in member.get(place, follow_redirects=True).text
    place = send(member, HEAD.replace("需求", "成果") + ROWS, "成果.csv", "capabilities")
    member.post(f"{place}/remove")
    assert member.get(place).headers["Location"] == "/capabilities/import"
    assert member.get("/imports/waiting/..%2f..%2fetc").status_code == 404
    for _ in range(8):
        send(member, HEAD + ROWS)
    assert len([path for path in waiting(team) if path.is_dir()]) <= 5


def test_further_pages_of_a_preview_do_not_read_the_file_again(team: Office) -> None:
    browser = team.browser("经理")
    place = send(browser, HEAD + "".join(f"Y{n},示例题{n},问题{n},公开,,\n" for n in range(60)))
    folder = next(path for path in waiting(team) if path.is_dir())
    [file] = folder.iterdir()
    assert "示例题0" in browser.get(place).text
    assert folder.stat().st_mode & 0o077 == 0
    content = file.read_bytes()
    file.write_text("坏", encoding="utf-8")
    assert "示例题59" in browser.get(f"{place}?page=2").text
    file.write_bytes(content)
    # Other columns are read anew, and so is what is damaged.
    sent = {"header": ["需求名称", "痛点说明"], "field": ["problem", "title"]}
    browser.post(f"{place}/columns", sent)
    assert "问题59" in browser.get(f"{place}?page=2").text
    (folder / "rows").write_text("{", encoding="utf-8")
    assert "问题59" in browser.get(f"{place}?page=2").text
    agree(browser, place)
    assert waiting(team) == []


def test_a_file_is_imported_once(team: Office) -> None:
    browser = team.browser("甲")
    place = send(browser, HEAD + ROWS.replace("示例阀门有限公司", ENTERPRISE))
    folder = next(path for path in waiting(team) if path.is_dir())
    # Another request is importing it at this moment.
    folder.with_suffix(".json").rename(folder.with_suffix(".taken"))
    assert browser.post(f"{place}/confirm", {"revision": "x"}).location == "/needs/import"
    folder.with_suffix(".taken").rename(folder.with_suffix(".json"))
    number = agree(browser, place)
    # Back in the browser, or the button once more.
    assert browser.post(f"{place}/confirm", {"revision": "x"}).location == f"/imports/{number}"
    again = browser.get(place, follow_redirects=True).text
    assert "这个文件已经导入" in again
    assert "撤销这次导入" in again
    assert count(team) == 1


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("空.csv", b"", "是空的"),
        ("坏.xlsx", b"PK\x03\x04 not a workbook", ""),
        ("程序.exe", b"MZ", "不能读取这种文件"),
        ("", b"", "请先选择一个文件"),
        ("../../x.csv", b"\x00\xff\xfe", ""),
        ("说明.docx", b"no document", ""),
    ],
)
def test_bad_files_are_refused_in_words(team: Office, name: str, data: bytes, said: str) -> None:
    browser = team.browser("经理")
    sent: Mapping[str, object] = {"file": (io.BytesIO(data), name)}
    page = browser.post("/needs/import", sent, content_type="multipart/form-data")
    if page.status_code == 302:
        page = browser.get(page.headers["Location"])
    assert page.status_code == 400
    assert said in page.text
    assert 'role="alert"' in page.text
    assert count(team) == 0


def test_visitors_and_reviewers_import_nothing(team: Office) -> None:
    browser = team.browser("看")
    assert browser.get("/needs/import").status_code == 403
    assert browser.post("/capabilities/import").status_code == 403


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.binary(max_size=400), st.text(max_size=300).map(lambda t: (HEAD + t).encode())))
def test_any_file_is_read_or_refused(office: Office, data: bytes) -> None:
    if "manager" not in _KEPT:
        _KEPT["manager"] = office.browser("transfer_manager")
    browser = _KEPT["manager"]
    page = browser.post(
        "/needs/import",
        {"file": (io.BytesIO(data), "任意.csv")},
        content_type="multipart/form-data",
    )
    assert page.status_code in (302, 400)
    if page.status_code == 302:
        assert browser.get(page.headers["Location"]).status_code in (200, 400)


_KEPT: dict[str, Browser] = {}
