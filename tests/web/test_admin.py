"""Organisations, merging, closed lists, settings, the log, the system."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import records_fixtures
from admin_fixtures import ACTIONS, FOR_MANAGERS, PAGES, _packaged_again, field_value  # noqa: F401
from openpyxl import load_workbook
from sqlalchemy import delete, select
from web_fixtures import ROLES, Office, add_user

from matcher import records, settings
from matcher.encode.base import Encoder
from matcher.store import EditConflict
from matcher.store.models import AuditEntry, Need, Organisation, StoredSetting, User
from matcher.store.parties import save_organisation
from web.admin import merging
from web.admin.setting_words import WORDS
from web.database import reading, writing


@pytest.fixture
def own(office: Office, encoder: Encoder, tmp_path: Path) -> Iterator[Office]:
    """A copy of the office to change."""
    yield from records_fixtures.copied(office, encoder, tmp_path)


@pytest.mark.parametrize("name", ["", *ROLES])
def test_who_may_open_what(office: Office, name: str) -> None:
    browser = office.browser(name)
    for page in PAGES:
        wanted = {"administrator": 200, "": 302}.get(name, 403)
        if name == "transfer_manager" and page in FOR_MANAGERS:
            wanted = 200
        assert browser.get(page).status_code == wanted, page


@pytest.mark.parametrize("name", ["", "enterprise", "institute", "reviewer", "visitor"])
def test_who_may_do_nothing(office: Office, name: str) -> None:
    browser = office.browser(name)
    for path in ACTIONS:
        assert browser.post(path).status_code in (302, 403), path
    with office.store.reading() as session:
        assert list(session.scalars(select(StoredSetting.key))) == []


def test_the_bar_leads_there_and_people_is_one_of_its_pages(office: Office) -> None:
    chief = office.browser("administrator")
    page = chief.get("/admin/", follow_redirects=True).text
    assert "账号" in page
    for title in ("单位", "分类表", "设置", "操作日志", "系统"):
        assert title in page
    assert 'aria-current="page">管理</a>' in page
    manager = office.browser("transfer_manager").get("/people").text
    assert "/admin/organisations" in manager
    assert "/admin/settings" not in manager
    assert "/admin" not in office.browser("enterprise").get("/").text


#: What is not English on an English page: the other language and what people wrote.
WRITTEN = ("库.sqlite", "中文", "示例", "区")


def test_english_pages_are_english(office: Office) -> None:
    chief = office.browser("administrator")
    for path in (p for p in PAGES if not p.endswith("xlsx") and "lists/" not in p):
        page = chief.get(f"{path}?lang=en").text
        main = page[page.index('<main id="main"') if "<main" in page else 0 :]
        plain = re.sub(r"<textarea.*?</textarea>|value=\"[^\"]*\"", "", main, flags=re.S)
        told = re.findall(r">([^<>]*[\u4e00-\u9fff][^<>]*)<", plain)
        titles = re.findall(r'href="/(?:needs|capabilities)/\d+">([^<]*)<', plain)
        odd = [text for text in told if not any(w in text for w in (*WRITTEN, *titles))]
        assert not odd, (path, odd)
    chief.get("/?lang=zh")


def organisation(office: Office, number: int) -> records.Organisation:
    with office.store.reading() as session:
        return session.get_one(Organisation, number).to_record()


def test_an_organisation_is_edited_checked_and_not_overwritten(own: Office) -> None:
    manager = own.browser("transfer_manager")
    path = "/admin/organisations/1/edit"
    page = manager.get(path).text
    typed = {
        "name": "示例海晏微系统有限公司", "aliases": "示例海晏\r\n\r\nHaiyan Example ",
        "kind": "enterprise", "credit_code": "",
        "district": "示例东区", "version": field_value(page, "version"),
    }  # fmt: skip
    first = "91610000MA6TXXXX0"
    bad = "1" if records.credit_code_check_digit(first) != "1" else "2"
    wrong = manager.post(path, {**typed, "credit_code": first + bad})
    assert wrong.status_code == 400
    assert "校验位不符" in wrong.text
    assert "a credit code" not in wrong.text
    assert "Haiyan Example" in wrong.text
    assert manager.post(path, {**typed, "website": "javascript:alert(1)"}).status_code == 400
    assert manager.post(path, typed).status_code == 302
    assert organisation(own, 1).aliases == ("示例海晏", "Haiyan Example")
    late = manager.post(path, {**typed, "district": "别处"})
    assert late.status_code == 409
    assert "别处" in late.text
    assert "现在的内容" in late.text
    assert organisation(own, 1).district == "示例东区"
    found = manager.get("/admin/organisations?text=haiyan").text
    assert "/admin/organisations/1" in found


def test_after_a_conflict_the_other_version_is_the_one_that_stands(own: Office) -> None:
    with own.app.test_request_context():
        row = reading().get_one(Organisation, 1)
        mine, version = row.to_record(), row.version
        # Somebody else saves between this request's reading and its writing.
        with own.store.writing() as other:
            theirs = mine.model_copy(update={"district": "示例别区"})
            save_organisation(other, 1, theirs, version, None)
        assert row.district != "示例别区"
        with pytest.raises(EditConflict), writing() as session:
            save_organisation(session, 1, mine, version, None)
        assert (row.district, row.version) == ("示例别区", version + 1)


def test_a_new_organisation_and_one_that_is_there(own: Office) -> None:
    manager = own.browser("transfer_manager")
    done = manager.post("/admin/organisations/new", {"name": "示例新单位"})
    assert done.status_code == 302
    again = manager.post("/admin/organisations/new", {"name": " 示例 新单位 "})
    assert again.status_code == 400
    assert "已有单位" in again.text
    assert manager.post("/admin/organisations/new", {"name": "—"}).status_code in (302, 400)


def test_merging_shows_first_and_moves_what_it_showed(own: Office, hashed: str) -> None:
    with own.store.reading() as session:
        rows = session.scalars(select(Need).where(Need.organisation_id.is_not(None)))
        moved = rows.unique().first()
        assert moved is not None
        gone, need = moved.organisation_id, moved.id
    add_user(own.store, "随行", "enterprise", organisation(own, gone or 0).name, hashed)
    manager = own.browser("transfer_manager")
    created = manager.post("/admin/organisations/new", {"name": "示例留下的单位"})
    keep = int(created.headers["Location"].rsplit("/", 1)[1])
    path = f"/admin/organisations/{keep}/merge/{gone}"
    page = manager.get(path).text
    assert "此后能看到" in page
    assert "合并后不能撤销" in page
    versions = {name: field_value(page, name) for name in ("keep_version", "gone_version")}
    stale = manager.post(path, {**versions, "gone_version": "99"})
    assert stale.status_code == 409
    name = organisation(own, gone or 0).name
    assert manager.post(path, versions).status_code == 302
    with own.store.reading() as session:
        assert session.get_one(Need, need).organisation_id == keep
        assert name in session.get_one(Organisation, keep).aliases
        assert session.get(Organisation, gone) is None
        person = session.scalars(select(User).where(User.username == "随行")).one()
        assert person.organisation_id == keep
    assert manager.get(path).status_code == 404
    assert manager.get(f"/admin/organisations/{keep}/merge/{keep}").status_code == 404
    # Somebody else presses the same button a moment later.
    late = manager.post(path, versions, follow_redirects=True)
    assert late.status_code == 200
    assert "没有任何改动" in late.text


def test_an_organisation_that_goes_during_a_merge_is_told_in_words(
    own: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager, numbers = own.browser("transfer_manager"), []
    for name in ("示例先走的单位", "示例还在的单位"):
        done = manager.post("/admin/organisations/new", {"name": name})
        numbers.append(int(done.headers["Location"].rsplit("/", 1)[1]))
    gone, keep = numbers
    read = merging.organisation_or_none

    def and_goes(number: int | None) -> Organisation | None:
        found = read(number)
        with own.store.writing() as session:
            session.execute(delete(Organisation).where(Organisation.id == gone))
        return found

    monkeypatch.setattr(merging, "organisation_or_none", and_goes)
    sent = {"keep_version": 1, "gone_version": 1}
    late = manager.post(f"/admin/organisations/{keep}/merge/{gone}", sent, follow_redirects=True)
    assert late.status_code == 200
    assert "没有任何改动" in late.text


def test_two_legal_persons_are_not_merged(own: Office) -> None:
    codes = []
    for letter in "AB":
        first = f"9161000{letter}MA6TXXXX0"
        codes.append(first + records.credit_code_check_digit(first))
    manager = own.browser("transfer_manager")
    numbers = []
    for code in codes:
        typed = {"name": f"示例法人{code[7]}", "credit_code": code}
        done = manager.post("/admin/organisations/new", typed)
        numbers.append(int(done.headers["Location"].rsplit("/", 1)[1]))
    path = f"/admin/organisations/{numbers[0]}/merge/{numbers[1]}"
    assert "是两个法人" in manager.get(path).text
    assert manager.post(path, {"keep_version": 1, "gone_version": 1}).status_code == 400


def test_duplicates_are_pointed_out(own: Office) -> None:
    manager = own.browser("transfer_manager")
    assert "可能重复的单位" not in manager.get("/admin/organisations").text
    typed = {"name": "示例甲", "aliases": organisation(own, 1).name}
    manager.post("/admin/organisations/new", typed)
    page = manager.get("/admin/organisations").text
    assert "1 组可能重复的单位" in page
    assert re.search(r"/admin/organisations/1/merge/\d+", page)


def test_a_renamed_term_shows_at_once_everywhere(own: Office) -> None:
    chief = own.browser("administrator")
    assert "未核对" in chief.get("/admin/lists").text
    path = "/admin/lists/fields/new_materials"
    shown = field_value(chief.get(path).text, "shown")
    typed = {
        "zh": "新材料（本区）",
        "en": "New materials (ours)",
        "synonyms": "材料",
        "shown": shown,
    }
    clash = chief.post(path, {**typed, "zh": "高端纺织"})
    assert clash.status_code == 400
    assert "会混淆" in clash.text
    assert chief.post(path, typed).status_code == 302
    assert "新材料（本区）" in own.browser().get("/capabilities").text
    assert "New materials (ours)" in own.browser().get("/capabilities?lang=en").text
    late = chief.post(path, typed)
    assert late.status_code == 409
    assert chief.post(f"{path}/reset").status_code == 302
    assert "新材料（本区）" not in own.browser().get("/capabilities").text
    # The program's own words can be read and not changed.
    assert chief.get("/admin/lists/report_words").status_code == 200
    assert chief.get("/admin/lists/report_words/need").status_code == 404
    assert chief.get("/admin/lists/units").status_code == 404


def test_an_added_field_can_be_chosen_and_removed_while_unused(own: Office) -> None:
    chief = own.browser("administrator")
    typed = {
        "zh": "深海装备",
        "en": "Deep-sea equipment",
        "code": "deep_sea",
        "synonyms": "载人深潜",
    }
    assert chief.post("/admin/lists/fields", {**typed, "code": "Low"}).status_code == 400
    assert chief.post("/admin/lists/fields", typed).status_code == 302
    assert 'value="deep_sea"' in chief.get("/needs/new").text
    number = records_fixtures.add(own.browser("transfer_manager"), fields=["deep_sea"])
    assert "深海装备" in chief.get(f"/needs/{number}").text
    refused = chief.post("/admin/lists/fields/deep_sea/reset", follow_redirects=True)
    assert "不能删除" in refused.text
    assert chief.post("/admin/lists/stages", {**typed, "code": "ninth"}).status_code == 404


def test_settings_say_where_they_come_from_and_hold_at_once(
    own: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLEYMATCH_TOP", "7")
    monkeypatch.setenv("ALLEYMATCH_DATABASE", "postgresql+psycopg://me:geheim@db/x")
    chief = own.browser("administrator")
    page = chief.get("/admin/settings").text
    assert "环境变量" in page
    assert "geheim" not in page
    assert own.browser().get("/capabilities").status_code == 200
    assert chief.post("/admin/settings/open_search", {"value": "off"}).status_code == 302
    assert own.browser().get("/capabilities").status_code == 302
    assert "在此设置" in chief.get("/admin/settings").text
    back = chief.post("/admin/settings/open_search", {"value": "off", "default": "1"})
    assert back.status_code == 302
    assert own.browser().get("/capabilities").status_code == 200
    monkeypatch.setenv("ALLEYMATCH_OPEN_SEARCH", "on")
    assert chief.post("/admin/settings/open_search", {"value": "off"}).status_code == 400


def test_every_setting_is_told_in_an_offices_words() -> None:
    assert set(WORDS) == set(settings.REGISTRY)
    for name, item in settings.REGISTRY.items():
        said = set(WORDS[name].said or ())
        assert set(item.choices) <= said
        # An empty value or a nought has a meaning of its own.
        assert item.live or item.default not in ("", 0) or str(item.default) in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("open_search", "maybe"), ("mail_port", "x"), ("mail_port", "70000"), ("mail_port", "0"),
        ("mail_server", "http://smtp.example.cn"), ("address", "match.example.cn"),
        ("address", "javascript:alert(1)"), ("mail_sender", "nobody"), ("mail_user", "a\nb"),
        ("top", "5"), ("database", "x"), ("no_such", "x"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(own: Office, name: str, value: str) -> None:
    page = own.browser("administrator").post(f"/admin/settings/{name}", {"value": value})
    assert page.status_code == 400
    with own.store.reading() as session:
        assert list(session.scalars(select(StoredSetting))) == []


def test_the_password_of_the_mail_server_is_shown_to_nobody(own: Office) -> None:
    chief = own.browser("administrator")
    assert chief.post("/admin/settings/mail_password", {"value": "geheim-1"}).status_code == 302
    page = chief.get("/admin/settings").text
    assert "geheim-1" not in page
    assert "••••••" in page
    kept = Path(own.app.config["DATA_FOLDER"]) / "mail.password"
    assert kept.read_text(encoding="utf-8") == "geheim-1"
    assert kept.stat().st_mode & 0o077 == 0
    with own.store.reading() as session:
        details = session.scalars(select(AuditEntry.details)).all()
        assert "geheim-1" not in str(details)
        assert list(session.scalars(select(StoredSetting))) == []


def test_the_log_is_filtered_and_exported_without_formulas(own: Office) -> None:
    with own.store.writing() as session:
        person = session.scalars(select(User).where(User.username == "enterprise")).one()
        person.name = "=HYPERLINK(1)"
        session.add(
            AuditEntry(user_id=person.id, action="need.edit", record_kind="need", record_id=1,
                       details={"code": "N001", "fields": ["title", "budget"]})
        )  # fmt: skip
    chief = own.browser("administrator")
    page = chief.get("/admin/log?action=need.edit").text
    assert "字段 需求名称, 预算" in page or "需求名称" in page
    assert "/needs/1" in page
    assert "没有符合条件的日志" in chief.get("/admin/log?action=need.edit&until=2020-01-01").text
    assert (
        chief.get("/admin/log?user=99999999999&record=x&since=31-31-31&page=0").status_code == 200
    )
    # Names that the making of an address takes for its own.
    odd = chief.get("/admin/log?endpoint=x&_anchor=y&number=1&action=need.edit")
    assert odd.status_code == 200
    assert 'href="/admin/log/log.xlsx?action=need.edit"' in odd.text
    answer = chief.get("/admin/log/log.xlsx?action=need.edit")
    assert "attachment" in answer.headers["Content-Disposition"]
    sheet = load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[1][1] == "=HYPERLINK(1)"
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    with own.store.reading() as session:
        last = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc())).first()
        assert last == "audit.export"


def test_every_action_that_is_logged_has_a_word(office: Office) -> None:
    from matcher import taxonomy

    root = Path(__file__).resolve().parents[2]
    said = set()
    for folder in ("matcher/store", "web"):
        for path in (root / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for call in re.findall(r"\blog\((?:[^()]|\([^()]*\))*\)", text):
                said.update(re.findall(r'"([a-z]+\.[a-z-]+)"', call))
    known = set(taxonomy.terms("actions"))
    assert said <= known, said - known
    assert len(said) > 20


def test_the_system_page_tells_the_state_and_rebuilds(own: Office) -> None:
    own.search.settle(60)
    chief = own.browser("administrator")
    page = chief.get("/admin/system").text
    assert "SQLite" in page
    assert own.search.index.state().fingerprint in page
    before = own.search.index.state()
    assert before.needs > 0
    assert not before.working
    assert chief.post("/admin/system/rebuild").status_code == 302
    deadline = time.monotonic() + 60
    while own.search.index.state().built_at == before.built_at and time.monotonic() < deadline:
        time.sleep(0.05)
    after = own.search.index.state()
    assert (after.needs, after.capabilities) == (before.needs, before.capabilities)
    assert after.built_at != before.built_at
    assert own.search.count("need") > 0


def test_a_backup_is_made_and_listed(own: Office) -> None:
    chief = own.browser("administrator")
    page = chief.post("/admin/system/backup", follow_redirects=True).text
    assert "已生成备份" in page
    made = list((Path(own.app.config["DATA_FOLDER"]) / "backups").glob("alleymatch-*.sqlite"))
    assert len(made) == 1
    assert made[0].name in page
