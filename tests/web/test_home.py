"""The first page: a text or a file in, partners with their proof out, nothing kept."""

from __future__ import annotations

import io
import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from admin_fixtures import field_value
from cli_fixtures import sample_rows, write_csv
from docx import Document
from openpyxl import Workbook
from web_fixtures import TEXT, Browser, Office, add_user

from matcher.encode.base import Encoder
from matcher.records import Need
from matcher.store.editing import create
from web.home.forms import MAX_CHARACTERS
from web.searcher import Searcher

NOTHING_ALIKE = "给小学生上的昆曲兴趣课程，需要会唱《牡丹亭》的老师"


def search(office: Office, text: str = TEXT, name: str = "", **more: object) -> str:
    sent = {"text": text, **more}
    page = office.browser(name).post("/", sent, page="/", follow_redirects=True)
    assert page.status_code == 200
    return page.text


def upload(office: Office, name: str, content: bytes, **more: object) -> tuple[int, str]:
    data = {"file": (io.BytesIO(content), name), **more}
    kind = "multipart/form-data"
    browser = office.browser()
    page = browser.post("/", data, page="/", content_type=kind, follow_redirects=True)
    return page.status_code, page.text


def test_the_box_in_both_languages(office: Office) -> None:
    chinese, english = office.browser().get("/").text, office.browser().get("/?lang=en").text
    assert '<html lang="zh-CN">' in chinese
    assert "成果 9 项、需求 5 项" in chinese
    assert '<html lang="en">' in english
    assert not re.search("[\u4e00-\u9fff]", english.replace("中文", ""))


def test_the_box_says_that_the_first_index_is_being_made(
    office: Office, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = Searcher(office.store, encoder)
    monkeypatch.setitem(office.app.extensions, "alleymatch_search", waiting)
    html = office.browser().get("/").text
    assert "库中的成果和需求正在准备，稍候即可查找。" in html
    assert "0 项" not in html


def test_results_quote_both_sides_and_say_how_probable(office: Office) -> None:
    html = search(office)
    assert "倒装芯片用低膨胀毛细底部填充胶" in html
    assert 'data-side="需求原文"' in html
    assert 'data-side="成果原文"' in html
    assert "<mark>" in html
    assert "匹配概率" in html
    assert re.search(r'data-percent="\d+"', html)
    assert "不满足" in html
    assert "命中来源" in html
    assert TEXT in html


def test_what_the_text_says_beside_its_problem_is_shown_and_can_be_corrected(
    office: Office,
) -> None:
    browser = office.browser()
    text = f"{TEXT}。预算200万元，2099年6月底前完成，意向地区：示例东区"
    first = browser.post("/", {"text": text}, page="/", follow_redirects=True).text
    assert "从文字中读出，请核对" in first
    read = {name: field_value(first, name) for name in ("budget", "deadline", "regions", "about")}
    assert (read["budget"], read["deadline"], read["regions"]) == (
        "200 万元", "2099-06-30", "示例东区",
    )  # fmt: skip
    # Nothing is left out because of it.
    plain = re.compile(r"<article")
    assert len(plain.findall(first)) == len(plain.findall(search(office, text.split("。")[0])))
    wrong = browser.post("/", {"text": text, **read, "budget": "很多"}, page="/")
    assert wrong.status_code == 400
    assert "不是可以识别的金额" in wrong.text
    assert text in wrong.text
    mine = {**read, "budget": "5万元", "deadline": "", "regions": ""}
    again = browser.post("/", {"text": text, **mine}, page="/", follow_redirects=True).text
    assert field_value(again, "budget") == "5 万元"
    assert field_value(again, "deadline") == ""
    # Another text has its own.
    other = browser.post("/", {"text": TEXT, **mine}, page="/", follow_redirects=True).text
    assert field_value(other, "budget") == ""
    assert "没有读出预算" in other


def test_what_is_no_technology_is_not_looked_for(office: Office) -> None:
    facts = "预算200万元，2099年6月30日前完成"
    told, plain = search(office, f"{TEXT}。{facts}。"), search(office, f"{TEXT}。")
    shown = re.compile(r'data-percent="(\d+)"')
    assert shown.findall(told) == shown.findall(plain)
    # In the box and as what was read, and nowhere as something that a partner does not state.
    assert told.count("预算200万元") == 1
    # Where it stands inside a sentence the quote is still what was typed.
    inside = search(office, f"{TEXT.rstrip('。')}，{facts}，寿命3年以上。")
    assert f"{facts}，寿命3年以上" in re.sub(r"<[^>]+>", "", inside.split("</form>")[-1])
    assert "，寿命3年以上" not in re.sub(f"{facts}，寿命3年以上", "", inside)


def test_a_letter_in_word_is_read_as_a_text_is(office: Office, tmp_path: Path) -> None:
    letter, form = Document(), Document()
    letter.add_paragraph(f"{TEXT}。")
    letter.add_paragraph("预算200万元，2099年6月底前完成。")
    form.add_paragraph("需求名称：底部填充胶")
    form.add_paragraph(f"主要问题：{TEXT}。预算200万元。")
    for name, document, read in (("信.docx", letter, "200 万元"), ("表.docx", form, "")):
        document.save(str(tmp_path / name))
        status, page = upload(office, name, (tmp_path / name).read_bytes())
        assert status == 200
        assert "倒装芯片用低膨胀毛细底部填充胶" in page
        assert ('id="budget"' in page) is bool(read)
        assert not read or field_value(page, "budget") == read


def test_an_empty_store_says_how_to_begin(small: Office, hashed: str) -> None:
    add_user(small.store, "新经理", "transfer_manager", hashed=hashed)
    add_user(small.store, "新企业", "enterprise", hashed=hashed)
    for name in ("管理员", "新经理"):
        page = small.browser(name).get("/").text
        for link in ("/capabilities/import", "/needs/import", "/needs/new", "/people"):
            assert f'href="{link}"' in page
    for name in ("新企业", ""):
        page = small.browser(name).get("/").text
        assert "技术转移机构还没有发布成果或需求" in page
        # Who has something to post need not wait for the office.
        assert ('href="/needs/new"' in page) is bool(name)
        assert "/needs/import" not in page
    assert "三步开始使用" in small.browser("管理员").get("/").text
    need = {"title": "示例需求", "problem": "示例问题", "confidentiality": "public",
            "status": "draft", "kind": "technology"}  # fmt: skip
    with small.store.writing() as session:
        create(session, Need(id="N-1", **need), None)
    # Its drafts are what the office has; a visitor still sees nothing.
    assert "三步开始使用" not in small.browser("新经理").get("/").text
    assert "还没有发布" in small.browser().get("/").text


def test_no_good_match_says_why_and_shows_the_nearest_apart(office: Office) -> None:
    html = search(office, NOTHING_ALIKE)
    assert "没有合适的匹配" in html
    assert "最接近但不推荐的" in html
    assert "未说明，联系时先问清" in html
    proposed = html[html.index("data-proposed") : html.index("data-below")]
    assert "<article" not in proposed


def test_what_a_letter_says_for_politeness_is_not_to_be_asked(office: Office) -> None:
    letter = (
        "关于耐高温压力传感器的函\n尊敬的技术转移中心：\n我们是示例区一家做测井的小企业，一共120多人。\n"
        f"{TEXT}\n还需要在昆曲舞台上唱《牡丹亭》的演员。\n详细情况可现场交流，期待合作。\n此致 敬礼"
    )
    html = search(office, letter)
    asked = " ".join(re.findall(r"未说明，联系时先问清.*?</ul>", html, re.DOTALL))
    assert "牡丹亭" in asked
    for said in ("的函", "尊敬的", "120多人", "现场交流", "期待合作", "敬礼"):
        assert said not in asked


def test_the_level_is_chosen_without_a_script_too(office: Office) -> None:
    every = search(office, level="")
    strict = search(office, level="70")
    count = re.compile(r'class="match"')
    assert len(count.findall(strict)) <= len(count.findall(every))
    # Nothing is lost: what is not proposed is among the nearest.
    whole = re.compile(r"<article")
    assert len(whole.findall(strict)) == len(whole.findall(every))


def test_a_capability_finds_needs(office: Office) -> None:
    html = search(office, "可在 300 ℃ 长期工作的碳化硅压力传感器芯片，精度 0.5%", wanted="need")
    needs = [row["需求名称"] for row in sample_rows("needs.csv", ("N001", "N002", "N004"))]
    assert any(name in html for name in needs)


@pytest.mark.parametrize("name", ["", "enterprise", "reviewer", "visitor"])
def test_private_records_and_anonymous_owners_do_not_show(office: Office, name: str) -> None:
    rows = sample_rows("capabilities.csv", ("C002", "C003"))
    for text in (TEXT, rows[0]["成果名称"], rows[1]["成果名称"]):
        html = search(office, text, name)
        assert rows[0]["单位名称"] not in html
        assert rows[1]["单位名称"] not in html
        assert rows[1]["成果名称"] not in re.findall("<h3>(?:<a[^>]*>)?([^<]+)", html)
        assert rows[1]["成果编号"] not in html
    assert "匿名单位" in search(office, rows[0]["成果名称"], name)


def test_the_office_finds_everything(office: Office) -> None:
    rows = sample_rows("capabilities.csv", ("C002", "C003"))
    html = search(office, rows[1]["成果名称"], "transfer_manager")
    assert rows[1]["单位名称"] in html
    assert rows[0]["单位名称"] in search(office, rows[0]["成果名称"], "transfer_manager")


def test_what_is_pasted_is_text_and_nothing_else(office: Office) -> None:
    html = search(office, '</textarea><script>alert("芯片")</script>')
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("", 400, "需求是空的"),
        ("  \n ", 400, "需求是空的"),
        ("嗯嗯", 200, "太少"),
        ("字" * (MAX_CHARACTERS + 1), 413, "50000"),
        ("字" * 700_000, 413, "过大"),
    ],
)
def test_errors_are_sentences(office: Office, text: str, status: int, said: str) -> None:
    page = office.browser().post("/", {"text": text}, page="/", follow_redirects=True)
    assert page.status_code == status
    assert said in page.text
    assert "Traceback" not in page.text


def test_nothing_that_is_pasted_is_kept(
    office: Office, prepared: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def kept() -> int:
        with closing(sqlite3.connect(prepared / "vectors.sqlite")) as cache:
            return int(cache.execute("SELECT count(*) FROM vectors").fetchone()[0])

    before = kept()
    secret = "不想让别人知道的需求：低膨胀底部填充胶"
    search(office, secret)
    status, _ = upload(office, "需求.txt", secret.encode())
    assert status == 200
    rows = sample_rows("needs.csv", ("N002",))
    rows[0]["需求名称"] = secret
    buffer = io.StringIO()
    buffer.write(",".join(rows[0]) + "\n" + ",".join(f'"{v}"' for v in rows[0].values()))
    status, _ = upload(office, "需求.csv", buffer.getvalue().encode("utf-8-sig"))
    assert status == 200
    assert kept() == before
    assert "低膨胀" not in caplog.text


def test_files_of_every_type_are_read(office: Office, tmp_path: Path) -> None:
    letter = Document()
    letter.add_paragraph(TEXT)
    letter.save(str(tmp_path / "a.docx"))
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["需求名称", "主要问题"])
    sheet.append(["底部填充胶", TEXT])
    book.save(tmp_path / "a.xlsx")
    table = write_csv(tmp_path / "a.csv", [{"需求名称": "底部填充胶", "主要问题": TEXT}])
    contents = {
        "a.docx": (tmp_path / "a.docx").read_bytes(), "a.xlsx": (tmp_path / "a.xlsx").read_bytes(),
        "a.csv": table.read_bytes(), "a.txt": TEXT.encode("gb18030"),
    }  # fmt: skip
    for name, content in contents.items():
        status, html = upload(office, name, content)
        assert status == 200, name
        assert "倒装芯片用低膨胀毛细底部填充胶" in html, name


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.exe", b"MZ", "不能读取这种文件"),
        ("a.xlsx", b"not a zip", "已损坏"),
        ("a.csv", "需求名称\n甲需求名称\n乙需求名称\n".encode(), "文件里有 2 条记录"),
        ("a.txt", b"", "需求是空的"),
        ("../../etc/a.csv", b"", "是空的"),
    ],
)
def test_files_that_cannot_be_used_are_told(
    office: Office, name: str, content: bytes, said: str
) -> None:
    status, html = upload(office, name, content, text="")
    assert status == 400
    assert said in html
    assert "/etc/" not in html
    assert "/tmp" not in html


def test_without_open_search_a_visitor_signs_in_first(office: Office) -> None:
    # What the application began with as well: every few seconds it goes back to that.
    state = office.app.extensions["alleymatch_stored"]
    office.app.config["OPEN_SEARCH"] = state.open_search = False
    try:
        browser = Browser(office.app)
        assert browser.get("/").headers["Location"].startswith("/log-in")
        assert browser.post("/", {"text": TEXT}).status_code == 302
        assert browser.sign_in("visitor").headers["Location"] == "/"
        assert browser.get("/").status_code == 200
    finally:
        office.app.config["OPEN_SEARCH"] = state.open_search = True


def test_a_letter_that_unpacks_to_a_flood_is_not_opened(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, opened = tmp_path / "信.docx", list[object]()
    letter = Document()
    letter.add_paragraph(TEXT)
    letter.save(str(path))
    assert "异常庞大" not in upload(office, "信.docx", path.read_bytes())[1]
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/image1.bin", bytes(20 << 20))
    monkeypatch.setattr("docx.Document", opened.append)
    status, page = upload(office, "信.docx", path.read_bytes())
    assert (status, opened) == (400, [])
    assert "异常庞大" in page
