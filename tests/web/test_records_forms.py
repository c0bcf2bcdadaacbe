"""Writing records: nothing typed is lost, nothing leaks, nobody's edit is overwritten."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from conftest import ENTERPRISE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from records_fixtures import FULL, add, copied, fields_of, need
from sqlalchemy import func, select
from web_fixtures import Browser, Office, add_user

from matcher import records
from matcher.encode.base import Encoder
from matcher.records import Money
from matcher.store.editing import create
from matcher.store.models import AuditEntry, Capability, Draft, Need, Organisation
from web.records.building import build, values_of
from web.records.forms import form_for


@pytest.fixture(scope="module")
def office(
    office: Office, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """A copy that may be written to."""
    yield from copied(office, encoder, tmp_path_factory.mktemp("records"))


@pytest.fixture
def team(small: Office, hashed: str) -> Office:
    """A manager 经理 and two users of different enterprises, 甲 and 乙."""
    add_user(small.store, "经理", "transfer_manager", hashed=hashed)
    add_user(small.store, "甲", "enterprise", ENTERPRISE, hashed)
    add_user(small.store, "乙", "enterprise", "示例另一家有限公司", hashed)
    return small


@pytest.fixture
def chief(team: Office) -> Iterator[Browser]:
    return team.browser("经理")


def test_a_deadline_that_has_passed_is_saved_and_said(chief: Browser) -> None:
    for year, said in (("2020", True), ("2099", False)):
        sent = {**FULL, "deadline": f"{year}-06-30"}
        page = chief.post("/needs/new", sent, follow_redirects=True).text
        assert ("完成期限已经过去" in page) is said


def test_a_need_is_saved_as_typed_and_goes_to_its_check(team: Office, chief: Browser) -> None:
    page = chief.post("/needs/new", {**FULL, "organisation": "示例新厂有限公司"})
    assert page.headers["Location"] == "/needs/1/diagnosis"
    record = need(team, 1).to_record()
    assert record.id == "N0001"
    assert record.budget == Money(low=300_000, high=500_000)
    assert record.cooperation_modes == ("joint_development", "licence")
    assert record.keywords == ("密封", "氟橡胶")
    assert record.organisation is not None
    assert record.organisation.name == "示例新厂有限公司"
    shown = chief.get("/needs/1").text
    for said in ("30–50 万元", "耐热配方", "TRL 5", "合作开发、许可", "示例新厂有限公司"):
        assert said in shown


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_form_sent_back_unchanged_changes_nothing(
    team: Office, chief: Browser, language: str
) -> None:
    odd = records.Need(
        id="N8",
        title="a \r\n b",
        keywords=("GB/T, 1", "二"),
        regions=("全国",),
        budget=Money(low=1, high=None),
        problem="x\ny ",
        exclusions=("无",),
        created_at=None,
        trl_min=3,
        organisation=records.Organisation(name="示例甲厂"),
    )
    with team.store.writing() as session:
        number = create(session, odd, None).id
    page = chief.get(f"/needs/{number}/edit?lang={language}").text
    sent = fields_of(page)
    assert chief.post(f"/needs/{number}/edit", sent).status_code == 302
    row = need(team, number)
    assert row.version == 1
    assert row.to_record().model_copy(update={"organisation": odd.organisation}) == odd


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"budget": "很多钱"}, "不是可以识别的金额；请写成"),
        ({"budget": "60"}, "金额没有单位，无法判断是元还是万元；请写成"),
        ({"budget": "100万美元"}, "外币金额不作换算；请填写人民币金额"),
        ({"deadline": "明年"}, "日期无法识别"),
        ({"kind": "nonsense"}, "请从列表中选择"),
        ({"fields": ["x"]}, "请从列表中选择"),
        ({"trl_min": "12"}, "请从列表中选择"),
        ({"keywords": "、".join("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌")}, "最多 20 个"),
        (
            {
                "title": "",
                "problem": "",
                "key_technology": "",
                "indicators": "",
                "expected_outcome": "",
            },
            "请填写名称",
        ),
        ({"title": "长" * 1001}, "最多 1000 个字符"),
        ({"confidentiality": "secret"}, "请从列表中选择"),
    ],
)
def test_errors_stand_beside_the_field_and_keep_the_rest(
    team: Office, chief: Browser, changes: dict[str, object], said: str
) -> None:
    page = chief.post("/needs/new", {**FULL, "regions": "示例远区", **changes})
    assert page.status_code == 400
    assert said in page.text
    assert 'value="示例远区"' in page.text
    for value in changes.values():
        if isinstance(value, str) and value not in ("", "nonsense", "12", "secret"):
            assert value in page.text
    with team.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Need)) == 0
    english = chief.post("/needs/new?lang=en", {**FULL, **changes}).text
    errors = re.findall(r'field-error"[^>]*>([^<]+)', english)
    assert errors
    left = (re.sub("万元|面议", "", text) for text in errors)  # what to type is Chinese
    assert not any(re.search(r"[\u4e00-\u9fff]", text) for text in left)


def test_members_write_their_own_only(team: Office) -> None:
    one, other = team.browser("甲"), team.browser("乙")
    number = add(one, organisation="示例另一家有限公司", status="published")
    row = need(team, number)
    assert row.organisation is not None
    assert row.organisation.name == ENTERPRISE
    assert other.get(f"/needs/{number}").status_code == 200
    assert other.get(f"/needs/{number}/edit").status_code == 403
    assert other.post(f"/needs/{number}/edit", {**FULL, "version": "1"}).status_code == 403
    assert (
        one.post(
            f"/needs/{number}/edit", {**FULL, "version": "1", "organisation": "示例另一家有限公司"}
        ).status_code
        == 302
    )
    changed = need(team, number).organisation
    assert changed is not None
    assert changed.name == ENTERPRISE
    with team.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Organisation)) == 2


def test_two_who_edit_see_both_versions(team: Office, chief: Browser) -> None:
    number = add(chief)
    other = team.browser("管理员")
    assert (
        other.post(
            f"/needs/{number}/edit",
            {**FULL, "title": "另一个名称", "budget": "90万元", "version": "1"},
        ).status_code
        == 302
    )
    mine = {**FULL, "problem": "我补充的问题 <b>", "budget": "10万元", "version": "1"}
    page = chief.post(f"/needs/{number}/edit", mine)
    assert page.status_code == 409
    for said in ("我补充的问题 &lt;b&gt;", "另一个名称", "90 万元", "10万元", "示例管理员"):
        assert said in page.text
    assert 'name="take-problem"' in page.text
    assert 'name="take-deadline"' not in page.text
    assert need(team, number).title == "另一个名称"
    chosen = {"take-title": "theirs", "take-budget": "mine", "take-problem": "mine"}
    done = chief.post(f"/needs/{number}/edit", {**mine, "version": "2", **chosen})
    assert done.status_code == 302
    row = need(team, number)
    assert (row.title, row.problem, row.budget_high) == ("另一个名称", "我补充的问题 <b>", 100_000)
    with team.store.reading() as session:
        edits = session.scalars(select(AuditEntry).where(AuditEntry.action == "need.edit")).all()
    assert len(edits) == 2


def test_what_only_the_other_changed_is_chosen_from_him(team: Office, chief: Browser) -> None:
    number = add(chief)
    begun = fields_of(chief.get(f"/needs/{number}/edit").text)
    other = team.browser("管理员")
    changed = {**FULL, "title": "他改的名称", "budget": "90万元", "version": "1"}
    assert other.post(f"/needs/{number}/edit", changed).status_code == 302
    page = chief.post(f"/needs/{number}/edit", {**begun, "budget": "10万元"}).text
    assert re.search(r'name="take-title" value="theirs" checked', page)
    assert re.search(r'name="take-budget" value="mine" checked', page)
    broken = chief.post(f"/needs/{number}/edit", {**begun, "seen": "[" * 500, "budget": "1万元"})
    assert broken.status_code == 409


def test_a_draft_is_kept_and_comes_back(team: Office, chief: Browser) -> None:
    page = chief.post("/needs/draft/new", {"title": "打了一半", "fields": ["new_materials"]})
    assert "草稿已保存" in page.text
    form = chief.get("/needs/new").text
    assert 'value="打了一半"' in form
    assert "尚未正式保存" in form
    assert re.search(r'<input checked [^>]*value="new_materials"', form)
    assert "打了一半" not in team.browser("甲").get("/needs/new").text
    number = add(chief)
    assert "打了一半" not in chief.get("/needs/new").text
    chief.post(f"/needs/draft/{number}", {"title": "改了一半", "version": "1"})
    assert 'value="改了一半"' in chief.get(f"/needs/{number}/edit").text
    assert team.browser("甲").post(f"/needs/draft/{number}", {"title": "x"}).status_code == 404
    assert chief.post(f"/needs/draft/{number}/discard").status_code == 302
    assert "改了一半" not in chief.get(f"/needs/{number}/edit").text
    big = chief.post("/needs/draft/new", {"problem": "长" * 200_001})
    assert big.status_code == 413
    with team.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Draft)) == 0


def test_an_ended_session_keeps_what_was_typed(team: Office) -> None:
    stranger = team.browser()
    page = stranger.post("/needs/new", {**FULL, "problem": "没有丢失的文字"})
    assert page.status_code == 401
    assert 'name="problem" value="没有丢失的文字"' in page.text
    assert "重新提交" in page.text
    # An expired token is answered with the same text, ready to be sent again.
    expired = team.browser("甲").client.post(
        "/needs/new", data={**FULL, "csrf_token": "old"}, headers={"Origin": "http://localhost"}
    )
    assert expired.status_code == 400
    assert "氟橡胶密封件" in expired.text


def test_an_anonymous_need_is_not_published_with_its_owner_in_it(team: Office) -> None:
    browser = team.browser("甲")
    text = "联系 400-820-8820 或海晏微系统，示例海晏微系统有限公司。"
    sent = {**FULL, "problem": text, "confidentiality": "anonymous"}
    page = browser.post("/needs/new", {**sent, "status": "published"})
    assert page.status_code == 400
    assert "400-820-8820" in page.text
    assert "暴露需求方" in page.text
    number = add(browser, **sent)
    check = browser.get(f"/needs/{number}/diagnosis").text
    assert '<mark class="leak">400-820-8820</mark>' in check
    assert "/publish" not in check
    assert browser.post(f"/needs/{number}/publish", {"version": "1"}).status_code == 400
    assert need(team, number).status == "draft"
    assert (
        browser.post(
            f"/needs/{number}/edit", {**sent, "problem": "密封开裂", "version": "1"}
        ).status_code
        == 302
    )
    assert browser.post(f"/needs/{number}/publish", {"version": "1"}).status_code == 409
    assert browser.post(f"/needs/{number}/publish", {"version": "2"}).status_code == 302
    assert need(team, number).status == "published"
    # Publishing anything else is never stopped, whatever is missing.
    bare = {
        "title": "只有名称",
        "status": "published",
        "confidentiality": "public",
        "kind": "technology",
    }
    assert browser.post("/needs/new", bare).status_code == 302


def test_capabilities_have_their_own_form(team: Office, chief: Browser) -> None:
    sent = {
        "title": "示例涂层",
        "kind": "patent",
        "summary": "陶瓷涂层",
        "trl": "6",
        "price": "CNY 500,000",
        "capacity": "2",
        "ip_status": "granted",
        "status": "published",
        "confidentiality": "public",
    }
    assert chief.post("/capabilities/new", sent).headers["Location"] == "/capabilities/1"
    with team.store.reading() as session:
        record = session.get_one(Capability, 1).to_record()
    assert record.price == Money(low=500_000, high=500_000)
    assert (record.trl, record.capacity, record.ip_status) == (6, 2, "granted")
    assert "请填写整数" in chief.post("/capabilities/new", {**sent, "capacity": "-1"}).text


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(sorted(FULL)), st.text(max_size=60)))
def test_any_text_makes_a_record_or_an_error(office: Office, typed: dict[str, str]) -> None:
    from werkzeug.datastructures import MultiDict

    with office.app.test_request_context("/", method="POST"):
        office.app.config["WTF_CSRF_ENABLED"] = False
        try:
            form = form_for("need", MultiDict(typed))
            record = build(form, "need", "N1", None) if form.validate() else None
            if record is None:
                assert any(field.errors for field in form)
            else:
                again = form_for("need", MultiDict(values_of(record, 1)))
                assert build(again, "need", "N1", record) == record
        finally:
            office.app.config["WTF_CSRF_ENABLED"] = True


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.sampled_from([*sorted(FULL), "organisation", "seen", "take-title"]), st.text(max_size=40)
    )
)
def test_no_form_ends_in_an_error_of_the_server(office: Office, typed: dict[str, str]) -> None:
    if "manager" not in _KEPT:
        _KEPT["manager"] = office.browser("transfer_manager")
    browser = _KEPT["manager"]
    for path in ("/needs/new", "/needs/similar/new", "/needs/draft/new", "/needs/2/edit"):
        # What is published would be found by other tests of this office.
        sent = {**typed, "status": "draft", "title": "示例"} if path == "/needs/new" else typed
        assert browser.post(path, sent).status_code < 500, path
    browser.post("/needs/draft/new/discard")


_KEPT: dict[str, Browser] = {}
