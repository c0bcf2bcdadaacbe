"""Enterprise linkage in the browser: a job, its result side by side, and nothing for other eyes."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from web_fixtures import ROLES, Browser, Office

from matcher import records
from matcher.encode.base import Encoder
from matcher.store.columns import utcnow
from matcher.store.editing import create
from matcher.store.models import Capability, Job, Need, Organisation
from web.batch.worker import Worker
from web.jobs import kinds_of

Desk = tuple[Office, Worker, Path]
OWNERS = {
    "示例-L1": "示例隐狮液压有限公司", "示例-L2": "示例注塑机械有限公司",
    "示例-L3": "示例隐豹油缸有限公司", "示例-L4": "示例氟胶密封有限公司",
}  # fmt: skip
SHOWN = "注塑机高温液压密封圈老化漏油"
SECRET = "绝密批次"


def _owner(code: str) -> records.Organisation:
    return records.Organisation(name=OWNERS[code], kind="enterprise", district="示例东区")


def fill(office: Office) -> None:
    """Add an anonymous, a public and a private need with one problem, and what solves it."""
    texts = {
        "示例-L1": ("anonymous", "液压泵的密封圈在高温下老化漏油，每月停机两次。"
                    f"希望{OWNERS['示例-L1']}找到耐200℃的密封材料或结构。"),
        "示例-L2": ("public", "公司注塑机的液压油缸密封件受热老化，经常漏油停机，"
                    "寻求耐高温200℃的密封圈材料。"),
        "示例-L3": ("private", f"液压密封圈高温老化，{SECRET}，要耐200℃的密封材料。"),
    }  # fmt: skip
    with office.store.writing() as session:
        for code, (level, text) in texts.items():
            need = records.Need(
                id=code, title=f"高温液压密封圈老化漏油 {code}" if level != "public" else SHOWN,
                problem=text,
                organisation=_owner(code), status="published",
                confidentiality=level,  # type: ignore[arg-type]
            )  # fmt: skip
            create(session, need, None)
        seal = records.Capability(
            id="示例-L4", title="高温液压密封圈", organisation=_owner("示例-L4"),
            status="published",
            summary="针对液压泵高温漏油研制的氟橡胶密封圈，已装机三百台。长期耐温230℃。",
        )  # fmt: skip
        create(session, seal, None)


def begin(browser: Browser) -> int:
    answer = browser.post("/plan/linkage", page="/account")
    assert answer.status_code == 302
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def cells(browser: Browser, number: int) -> str:
    answer = browser.get(f"/plan/linkage/{number}/xlsx")
    assert answer.status_code == 200
    book = openpyxl.load_workbook(BytesIO(answer.data))
    assert len(book.sheetnames) == 3
    return "\n".join(
        str(cell) for sheet in book for row in sheet.values for cell in row if cell is not None
    )


def test_links_are_found_shown_and_checked_again(desk: Desk) -> None:
    office, worker, _ = desk
    fill(office)
    browser = office.browser("transfer_manager")
    assert "/plan/linkage" in browser.get("/plan").text
    number = begin(browser)
    assert 'hx-trigger="every 1s"' in browser.get(f"/plan/linkage/{number}").text
    assert browser.get(f"/plan/linkage/{number}/progress").status_code == 200
    assert browser.get(f"/plan/linkage/{number}/xlsx").status_code == 404
    assert worker.run_once()
    onwards = browser.get(f"/plan/linkage/{number}/progress", headers={"HX-Request": "true"})
    assert onwards.headers["HX-Redirect"] == f"/plan/linkage/{number}"
    page = browser.get(f"/plan/linkage/{number}").text
    with office.store.reading() as session:
        rows = {row.code: row.id for row in session.query(Need)}
        seal = session.query(Capability).filter_by(code="示例-L4").one().id
    for said in ("联合委托", "联合供给", "供需对接", SHOWN, "示例注塑机械有限公司",
                 f'href="/needs/{rows["示例-L1"]}"', f'href="/needs/{rows["示例-L2"]}"',
                 f'href="/capabilities/{seal}"'):  # fmt: skip
        assert said in page, said
    english = browser.get(f"/plan/linkage/{number}?lang=en").text
    assert "Joint commissions" in english
    browser.get("/?lang=zh")
    for text in (page, english, cells(browser, number)):
        # Private records take no part, anonymous owners have no name, whoever of the office looks.
        assert not [word for word in (SECRET, "示例-L3", "隐狮", "隐豹") if word in text]
        assert SHOWN in text

    with office.store.writing() as session:
        session.get_one(Need, rows["示例-L2"]).confidentiality = "private"
    for text in (browser.get(f"/plan/linkage/{number}").text, cells(browser, number)):
        assert "未列出" in text
        assert not [word for word in (SHOWN, "示例注塑机械有限公司") if word in text]
    with office.store.writing() as session:
        session.get_one(Capability, seal).archived_at = utcnow()
    page = browser.get(f"/plan/linkage/{number}").text
    assert "氟橡胶密封圈" not in page
    # What was found then and is gone is not told as never found.
    assert "当时找到 1 对" in page
    assert "没有找到" not in page
    assert "联合委托：当时找到 1 对" in cells(browser, number)
    assert "没有找到" not in cells(browser, number)
    assert "records are no longer" in browser.get(f"/plan/linkage/{number}?lang=en").text
    assert browser.post(f"/plan/linkage/{number}/remove").status_code == 302
    assert browser.get(f"/plan/linkage/{number}").status_code == 404


def test_owners_without_a_type_are_told_as_the_reason(desk: Desk) -> None:
    office, worker, _ = desk
    fill(office)
    browser = office.browser("transfer_manager")
    with office.store.writing() as session:
        for row in session.query(Organisation).filter(Organisation.name.in_(OWNERS.values())):
            row.kind = None
    number = begin(browser)
    assert worker.run_once()
    # Their names end as firms' do.
    assert "没有填写单位类型" not in browser.get(f"/plan/linkage/{number}").text
    assert "高温液压密封圈" in cells(browser, number)
    with office.store.writing() as session:
        for row in session.query(Organisation):
            row.kind, row.name = None, f"示例隐{row.id}中心"
    number = begin(browser)
    assert worker.run_once()
    for text in (browser.get(f"/plan/linkage/{number}").text, cells(browser, number)):
        assert "没有填写单位类型" in text


def test_only_the_office_looks_for_links_and_each_sees_its_own(desk: Desk) -> None:
    office, worker, _ = desk
    number = begin(office.browser("administrator"))
    worker.run_once()
    gets = ("", f"/{number}", f"/{number}/progress", f"/{number}/xlsx")
    for name in ROLES:
        browser = office.browser(name)
        for path in gets:
            expected = 403
            if name == "administrator":
                expected = 302 if path.endswith("progress") else 200
            elif name == "transfer_manager":
                expected = 404 if path else 200
            assert browser.get(f"/plan/linkage{path}").status_code == expected, (name, path)
        if name not in ("administrator", "transfer_manager"):
            for path in ("", f"/{number}/cancel", f"/{number}/remove"):
                assert browser.post(f"/plan/linkage{path}").status_code == 403
    assert office.browser().get(f"/plan/linkage/{number}").status_code == 302


@pytest.mark.parametrize("wrong", ["batch", "gone"])
def test_what_is_no_such_job_is_not_found(desk: Desk, wrong: str) -> None:
    office, _, _ = desk
    browser = office.browser("administrator")
    number = 999_999
    if wrong == "batch":
        data = {"source": "store", "offers": "store", "top": "3", "reader": "others"}
        answer = browser.post("/batch", data, content_type="multipart/form-data")
        number = int(answer.headers["Location"].rsplit("/", 1)[1])
    for path in ("", "/progress", "/xlsx"):
        assert browser.get(f"/plan/linkage/{number}{path}").status_code == 404


def test_cancelling_and_failing_are_told(desk: Desk) -> None:
    office, worker, _ = desk
    browser = office.browser("transfer_manager")
    number = begin(browser)
    browser.post(f"/plan/linkage/{number}/remove")
    browser.post(f"/plan/linkage/{number}/cancel")
    assert "本次查找已取消" in browser.get(f"/plan/linkage/{number}").text
    assert not worker.run_once()
    failing = begin(browser)
    with office.store.writing() as session:
        session.get_one(Job, failing).created_by_id = None
    worker.run_once()
    page = office.browser("administrator").get(f"/plan/linkage/{failing}").text
    assert "没有执行" in page
    lost = begin(browser)
    worker.run_once()
    with office.store.reading() as session:
        folder = str(session.get_one(Job, lost).parameters["folder"])
    (Path(office.app.config["DATA_FOLDER"]) / folder / "links.json").unlink()
    assert "请重新查找" in browser.get(f"/plan/linkage/{lost}").text
    assert browser.get(f"/plan/linkage/{lost}/xlsx").status_code == 404


def test_an_empty_store_and_one_need_are_answered_with_a_sentence(
    small: Office, encoder: Encoder, tmp_path: Path
) -> None:
    small.app.config["DATA_FOLDER"] = tmp_path / "数据"
    worker = Worker(small.store, tmp_path / "数据", kinds_of(small.app), encoder)
    browser = small.browser("管理员")
    for count in range(2):
        number = begin(browser)
        assert worker.run_once()
        said = f"参与的 {count} 项需求、0 项成果"
        assert browser.get(f"/plan/linkage/{number}").text.count(said) == 3
        assert said in cells(browser, number)
        with small.store.writing() as session:
            need = records.Need(id=f"短{count}", problem="要胶水", status="published")
            create(session, need, None)
