"""The partners of a record: who sees what, deciding, deals, and what changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from conftest import ENTERPRISE, INSTITUTE
from match_fixtures import copied
from openpyxl import load_workbook
from sqlalchemy import select
from web_fixtures import Browser, Office

from matcher import clock
from matcher.encode.base import Encoder
from matcher.ingest.decisions import read_decisions
from matcher.store.columns import utcnow
from matcher.store.models import Capability, Deal, Decision, Match, MatchList, Need, Organisation

OTHERS = ("enterprise", "institute", "reviewer", "visitor")


@pytest.fixture(scope="module")
def desk(
    office: Office, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """An office that this file may change."""
    made = copied(office, encoder, tmp_path_factory.mktemp("desk"), searching=False)
    with made.store.writing() as session:
        need = session.scalars(select(Need).where(Need.code == "N002")).unique().one()
        owner = session.scalars(select(Organisation).where(Organisation.name == ENTERPRISE)).one()
        need.organisation_id = owner.id
    made.search.start()
    made.search.settle(60)
    yield made
    made.search.stop()
    made.store.close()


def number(office: Office, model: type[Need] | type[Capability], **wanted: str) -> int:
    owner = wanted.pop("owner", "")
    query = select(model).filter_by(**wanted).order_by(model.id)
    if owner:
        query = query.join(Organisation).where(Organisation.name == owner)
    with office.store.reading() as session:
        return session.scalars(query).unique().first().id  # type: ignore[union-attr]


def first_match(office: Office, need: int) -> Match:
    with office.store.reading() as session:
        query = select(Match).join(MatchList).where(MatchList.need_id == need, ~Match.below)
        found = session.scalars(query.order_by(Match.list_id.desc(), Match.rank)).first()
        assert found is not None
        return found


def test_cards_quote_both_sides_and_say_where_they_come_from(desk: Office) -> None:
    browser = desk.browser("transfer_manager")
    page = browser.get(f"/matches/needs/{number(desk, Need, code='N001')}")
    assert page.status_code == 200
    for said in ("需求原文", "成果原文", "<mark>", "匹配概率", "编码器", "权重", "校准", "来源"):
        assert said in page.text, said
    assert '<span class="chance-worth worth-call">值得联系</span>' in page.text
    assert "style=" not in page.text
    assert "<script>" not in page.text
    english = browser.get(f"/matches/needs/{number(desk, Need, code='N001')}?lang=en").text
    assert "How this list was made" in english
    browser.get("/matches?lang=zh")
    other = browser.get(f"/matches/capabilities/{number(desk, Capability)}")
    assert other.status_code == 200
    # Seen from there the same pair has another probability.
    assert ("以需求的名单为准" in page.text, "以需求的名单为准" in other.text) == (False, True)


def test_the_threshold_cuts_the_stored_list(desk: Office) -> None:
    browser, need = desk.browser("administrator"), number(desk, Need, code="N001")
    browser.get(f"/matches/needs/{need}")
    with desk.store.reading() as session:
        before = session.query(MatchList).count()
    cards = {}
    for level in ("10", "20", "70"):
        text = browser.get(f"/matches/needs/{need}?level={level}").text
        cards[level] = len(re.findall(r'<article class="match"', text))
        assert f'value="{level}" selected' in text
    assert cards["10"] >= cards["20"] >= cards["70"]
    fragment = browser.get(f"/matches/needs/{need}?level=70", headers={"HX-Target": "list"}).text
    assert fragment.lstrip().startswith('<div id="list">')
    assert browser.get(f"/matches/needs/{need}?level=abc").status_code == 200
    with desk.store.reading() as session:
        assert session.query(MatchList).count() == before


def test_no_good_match_is_a_page_with_advice(desk: Office) -> None:
    need = number(desk, Need, confidentiality="anonymous")
    page = desk.browser("transfer_manager").get(f"/matches/needs/{need}").text
    assert "没有合适的匹配" in page
    assert "不推荐" in page
    assert "not-proposed" in page


def test_only_the_office_reviewers_and_owners_look(desk: Office) -> None:
    own, other = number(desk, Need, owner=ENTERPRISE), number(desk, Need, code="N001")
    assert desk.browser("enterprise").get(f"/matches/needs/{own}").status_code == 200
    assert desk.browser("enterprise").get(f"/matches/needs/{other}").status_code == 404
    assert desk.browser("institute").get(f"/matches/needs/{own}").status_code == 404
    assert desk.browser("reviewer").get(f"/matches/needs/{other}").status_code == 200
    assert desk.browser("visitor").get(f"/matches/needs/{other}").status_code == 403
    assert desk.browser().get(f"/matches/needs/{other}").status_code == 302
    private = number(desk, Need, confidentiality="private")
    assert desk.browser("reviewer").get(f"/matches/needs/{private}").status_code == 404
    assert desk.browser("transfer_manager").get(f"/matches/needs/{private}").status_code == 200
    for path in ("/matches/needs/0", "/matches/needs/99999999999999999999", "/matches/x/1"):
        assert desk.browser("administrator").get(path).status_code == 404


@pytest.mark.parametrize("role", ["enterprise", "institute", "reviewer"])
def test_private_records_and_anonymous_owners_stay_hidden(desk: Office, role: str) -> None:
    browser = desk.browser(role)
    owner = {"enterprise": ENTERPRISE, "institute": INSTITUTE}.get(role, "")
    with desk.store.reading() as session:
        codes, names, public = set(), set(), {owner}
        own: list[str] = []
        for model, word in ((Need, "needs"), (Capability, "capabilities")):
            for row in session.scalars(select(model)).unique():
                name = row.organisation.name if row.organisation else ""
                mine = owner and name == owner
                if mine or (role == "reviewer" and row.confidentiality != "private"):
                    own.append(f"/matches/{word}/{row.id}")
                if not mine and row.confidentiality == "private":
                    codes.add(row.code)
                if not mine and row.confidentiality == "anonymous":
                    names.add(name)
                else:
                    public.add(name)
    assert codes
    assert own
    pages = ["/matches", "/matches?kind=capability", *own[:8], *own[-4:]]
    for path in pages:
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert not [code for code in codes if f"<span>{code}</span>" in answer.text], path
        assert not [name for name in names - public if name and name in answer.text], path


def test_a_record_that_became_private_leaves_a_stored_list(desk: Office) -> None:
    need = number(desk, Need, owner=ENTERPRISE)
    member, staff = desk.browser("enterprise"), desk.browser("transfer_manager")
    member.get(f"/matches/needs/{need}?level=10")
    with desk.store.writing() as session:
        found = session.scalars(
            select(Match).where(Match.need_id == need).order_by(Match.id)
        ).first()  # fmt: skip
        assert found is not None
        number_of, partner = found.id, found.capability_id
        row = session.get_one(Capability, partner)
        before, title, row.confidentiality = row.confidentiality, row.title, "private"
    assert title not in member.get(f"/matches/needs/{need}?level=10").text
    assert member.post(f"/matches/{number_of}/decide", {"verdict": "accept"}).status_code == 404
    assert staff.get(f"/matches/needs/{need}").status_code == 200
    with desk.store.writing() as session:
        session.get_one(Capability, partner).confidentiality = before


def test_a_text_that_was_edited_is_not_shown_to_others(desk: Office) -> None:
    need = number(desk, Need, owner=ENTERPRISE)
    member = desk.browser("enterprise")
    member.get(f"/matches/needs/{need}")
    with desk.store.writing() as session:
        found = session.scalars(select(Match).where(Match.need_id == need)).first()
        assert found is not None
        row = session.get_one(Capability, found.capability_id)
        old, row.title = row.title, "改过的标题 edited title"
    text = member.get(f"/matches/needs/{need}?level=10").text
    assert old not in text
    with desk.store.writing() as session:
        session.get_one(Capability, row.id).title = old


def decided(office: Office, match: int) -> list[tuple[str, str, str | None]]:
    with office.store.reading() as session:
        rows = session.scalars(select(Decision).where(Decision.match_id == match))
        return [(row.side, row.verdict, row.reason) for row in rows.unique()]


def test_deciding_with_and_without_scripts(desk: Office) -> None:
    browser, need = desk.browser("transfer_manager"), number(desk, Need, code="N002")
    browser.get(f"/matches/needs/{need}")
    match = first_match(desk, need)
    path = f"/matches/{match.id}/decide"
    answer = browser.post(path, {"verdict": "later"})
    assert answer.headers["Location"].endswith(f"#match-{match.id}")
    note = "价格太高 <script>alert(1)</script>"
    data = {"verdict": "decline", "reason": "price", "note": note, "side": "need"}
    fragment = browser.post(path, data, headers={"HX-Request": "true"})
    assert fragment.status_code == 200
    assert f'id="decision-{match.id}"' in fragment.text
    assert "价格不合" in fragment.text
    assert "<script>alert" not in fragment.text
    assert decided(desk, match.id) == [("staff", "later", None), ("need", "decline", "price")]
    assert "示例transfer_manager" in browser.get(f"/matches/needs/{need}").text


def test_wrong_decisions_keep_what_was_written(desk: Office) -> None:
    browser, need = desk.browser("transfer_manager"), number(desk, Need, code="N002")
    browser.get(f"/matches/needs/{need}")
    match = first_match(desk, need)
    before, path = decided(desk, match.id), f"/matches/{match.id}/decide"
    token = browser.token("/account")
    wrong: list[dict[str, str]] = [
        {"verdict": "decline"}, {"verdict": "decline", "reason": "nonsense"}, {"verdict": ""}, {},
        {"verdict": "accept", "side": "everybody"}, {"verdict": "later", "note": "长" * 2001},
    ]  # fmt: skip
    for data in wrong:
        given = {"note": "保留的备注", "csrf_token": token, **data}
        plain = browser.client.post(path, data=given)
        assert plain.status_code == 400
        assert given["note"] in plain.text
        answer = browser.client.post(path, data=given, headers={"HX-Request": "true"})
        assert answer.status_code == 400
        assert answer.headers["HX-Retarget"] == f"#decision-{match.id}"
    assert decided(desk, match.id) == before


def test_who_may_decide(desk: Office) -> None:
    need = number(desk, Need, code="N001")
    desk.browser("transfer_manager").get(f"/matches/needs/{need}")
    match = first_match(desk, need)
    path, data = f"/matches/{match.id}/decide", {"verdict": "accept"}
    expected = {"enterprise": 404, "institute": 404, "reviewer": 403, "visitor": 403}
    with desk.store.reading() as session:
        row = session.get_one(Capability, match.capability_id)
        if row.organisation and row.organisation.name == INSTITUTE:
            expected["institute"] = 302
    for role, status in expected.items():
        assert desk.browser(role).post(path, data).status_code == status, role
    token = desk.browser("transfer_manager").client.post(path, data=data)
    assert token.status_code == 400


def test_owners_learn_each_other_only_when_both_accepted(desk: Office) -> None:
    need = number(desk, Need, owner=ENTERPRISE)
    staff, member = desk.browser("transfer_manager"), desk.browser("enterprise")
    secret = "示例改名前未公开研究所"
    with desk.store.writing() as session:
        row = session.scalars(
            select(Capability).where(Capability.confidentiality == "public")
            .join(Match, Match.capability_id == Capability.id)
            .where(Match.need_id == need)
        ).unique().first()  # fmt: skip
        assert row is not None
        chosen = row.id
        owner = Organisation(name=secret, name_key=secret)
        session.add(owner)
        session.flush()
        row.organisation_id, row.confidentiality = owner.id, "anonymous"
    desk.search.settle(60)
    member.post(f"/matches/needs/{need}")
    path = f"/matches/needs/{need}?level=10"
    assert secret not in member.get(path).text
    with desk.store.reading() as session:
        query = select(Match.id).where(Match.need_id == need, Match.capability_id == chosen)
        match = session.scalars(query.order_by(Match.id.desc())).first()
    assert match is not None
    assert member.post(f"/matches/{match}/decide", {"verdict": "accept"}).status_code == 302
    assert secret not in member.get(path).text
    staff.post(f"/matches/{match}/decide", {"verdict": "accept", "side": "capability"})
    after = member.get(path).text
    assert secret in after
    assert "双方均已接受" in after
    # The card that was shown hides the owner still: the whole page is shown anew.
    again = {"verdict": "accept", "csrf_token": member.token()}
    said = member.client.post(
        f"/matches/{match}/decide", data=again, headers={"HX-Request": "true"}
    )
    assert said.headers["HX-Refresh"] == "true"
    staff.post(f"/matches/{match}/decide",
               {"verdict": "decline", "reason": "price", "side": "capability"})  # fmt: skip
    with desk.store.reading() as session:
        query = select(Deal.id).where(Deal.need_id == need, Deal.capability_id == chosen)
        deal = session.scalars(query).one()
    shown = staff.get(f"/deals/{deal}").text
    assert secret in shown
    assert re.search("成果方.{0,60}婉拒", shown)
    assert re.search("需求方.{0,60}接受", shown)
    assert "对接中" in staff.get("/matches").text
    assert "对接中" not in member.get("/matches").text


def test_an_archived_record_says_so_instead_of_having_no_match(desk: Office) -> None:
    browser, need = desk.browser("transfer_manager"), number(desk, Need, code="N002")
    path = f"/matches/needs/{need}"
    assert "重新匹配" in browser.get(path).text
    assert browser.post(f"/needs/{need}/archive", {"version": "1"}).status_code == 302
    page = browser.get(path)
    assert page.status_code == 200
    assert "该记录已归档，不参与匹配" in page.text
    for word in ("没有合适的匹配", "重新匹配"):
        assert word not in page.text
    assert browser.post(path).status_code == 400


def test_accepting_opens_a_deal(desk: Office) -> None:
    browser, need = desk.browser("transfer_manager"), number(desk, Need, code="N004")
    browser.get(f"/matches/needs/{need}")
    match = first_match(desk, need)
    browser.post(f"/matches/{match.id}/decide", {"verdict": "accept"})
    with desk.store.reading() as session:
        deal = session.scalars(select(Deal).where(Deal.match_id == match.id)).one()
    assert deal.stage == "partner_selection"
    path = f"/deals/{deal.id}"
    assert "合作方筛选" in browser.get(path).text
    assert browser.get("/deals").status_code == 200
    assert browser.get("/deals?stage=negotiation").status_code == 200
    today = clock.today()
    day = today.isoformat()
    step = {"stage": "negotiation", "entered_on": day, "note": "首次会谈", "version": "1"}
    assert browser.post(f"{path}/stage", {**step, "entered_on": "1924-11-20"}).status_code == 400
    assert browser.post(f"{path}/stage", step).status_code == 302
    assert "首次会谈" in browser.get(path).text
    early = {"stage": "financing", "entered_on": (today - timedelta(1)).isoformat(), "version": "2"}
    refused = browser.post(f"{path}/stage", early)
    assert refused.status_code == 400
    assert re.search(f"记录的日期是 {day}，这里不能更早", refused.text)
    late = browser.post(f"{path}/stage", {**step, "note": "同时写的一句"})
    assert late.status_code == 409
    assert "同时写的一句" in late.text  # not lost, and saved at the next try
    assert 'value="2"' in late.text
    for bad in ("昨天", "2999-01-01"):
        wrong = {**step, "version": "2", "entered_on": bad}
        assert browser.post(f"{path}/stage", wrong).status_code == 400
    assert browser.post(f"{path}/stage", {**step, "stage": "x", "version": "2"}).status_code == 400
    end = {"amount": "80.5", "signed_on": day, "version": "2"}
    for wrong in (
        {"signed_on": "2999-01-01"}, {"signed_on": "1999-12-31"}, {"amount": "-1"},
        {"amount": "0.00001"}, {"amount": "NaN"}, {"amount": "1e999999"}, {"amount": ""},
        {"amount": "八十"}, {"amount": "80万"}, {"amount": "-"},
    ):  # fmt: skip
        assert browser.post(f"{path}/close", {**end, **wrong}).status_code == 400
    undated = browser.post(f"{path}/close", {**end, "signed_on": ""})
    assert undated.status_code == 400
    assert "还要填写签约日期" in undated.text
    assert "不是有效的日期" not in undated.text
    assert 'value="80.5"' in undated.text
    done = browser.post(f"{path}/close", end, follow_redirects=True).text
    assert "跟进已结束，合同金额 80.5 万元" in done
    with desk.store.reading() as session:
        assert session.get_one(Deal, deal.id).contract_amount == 805_000
    closed = browser.get(path).text
    assert "80.5 万元" in closed
    assert "CNY 805,000" in browser.get(f"{path}?lang=en").text
    browser.get(f"{path}?lang=zh")
    figures = browser.get("/figures").text
    assert "<dt>合同金额（万元）</dt><dd>80.5</dd>" in figures
    book = load_workbook(BytesIO(browser.get("/figures/figures.xlsx").data))
    assert ["合同金额（万元）", 80.5] in [
        [row[1], row[2]] for row in book.worksheets[0].iter_rows(min_col=1, values_only=True)
    ]
    assert "这项跟进已结束" in closed
    assert "早于本系统中跟进开始" not in done
    assert f'该需求仍在发布，还会继续参与匹配。 <a href="/needs/{need}">' in closed
    assert 'name="entered_on"' not in closed
    for act in ("stage", "close"):
        refused = browser.post(f"{path}/{act}", {**step, **end, "version": "3"})
        assert refused.status_code == 400
        assert "已结束" in refused.text
    no = {"verdict": "decline", "reason": "price"}
    refused = browser.post(f"/matches/{match.id}/decide", no)
    assert refused.status_code == 400
    assert "双方已签约，不能再婉拒" in refused.text
    assert browser.post(f"{path}/reopen", {"version": "2"}).status_code == 409
    assert browser.post(f"{path}/reopen", {"version": "3"}).status_code == 302
    again = browser.get(path).text
    assert 'name="entered_on"' in again
    assert 'value="80.5"' in again
    late = browser.post(f"{path}/close", {**end, "amount": "90", "version": "2"})
    assert late.status_code == 409
    assert 'value="90"' in late.text
    for role in OTHERS:
        assert desk.browser(role).get(path).status_code == 403
        assert desk.browser(role).get("/deals").status_code == 403
        assert desk.browser(role).post(f"{path}/reopen").status_code == 403
    assert browser.get("/deals/999").status_code == 404


def test_the_overview_begins_where_somebody_has_records(desk: Office) -> None:
    institute = desk.browser("institute")
    page = institute.get("/matches").text
    assert '<option value="capability" selected>' in page
    assert "/matches/capabilities/" in page
    empty = institute.get("/matches?kind=need").text
    assert "这里还没有需求" in empty
    assert "筛选条件" not in empty[empty.index('class="empty"') :]
    assert 'href="/needs/new"' in empty
    assert "没有符合条件" in institute.get("/matches?kind=capability&q=没有这样的词").text
    assert (
        '<option value="capability" selected>'
        not in desk.browser("enterprise").get("/matches").text
    )


def test_decisions_are_exported_for_learning(desk: Office, tmp_path: Path) -> None:
    browser, need = desk.browser("transfer_manager"), number(desk, Need, code="N006")
    browser.get(f"/matches/needs/{need}")
    match = first_match(desk, need)
    data = {"verdict": "decline", "reason": "irrelevant", "note": "内部备注"}
    browser.post(f"/matches/{match.id}/decide", data)
    answer = browser.get("/matches/decisions.csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "内部备注" not in answer.text
    (tmp_path / "决定.csv").write_bytes(answer.data)
    read = read_decisions(tmp_path / "决定.csv")
    assert ("N006", "decline", "irrelevant") in {(d.need_id, d.code, d.reason) for d in read.items}
    assert not read.rejections
    for role in OTHERS:
        assert desk.browser(role).get("/matches/decisions.csv").status_code == 403


def test_what_changed_since_an_earlier_list(desk: Office) -> None:
    browser, need = desk.browser("administrator"), number(desk, Need, code="N001")
    path = f"/matches/needs/{need}"
    browser.get(path)
    partner = first_match(desk, need).capability_id
    with desk.store.writing() as session:
        from matcher.store.revision import next_revision

        row = session.get_one(Capability, partner)
        row.archived_at, row.changed_at_revision = utcnow(), next_revision(session)
    desk.search.settle(60)
    assert "请重新匹配" in browser.get(path).text
    assert browser.post(path).status_code == 302
    page = browser.get(f"{path}/changes")
    assert page.status_code == 200
    assert "退出" in page.text
    assert "已不再发布" in page.text
    assert browser.get(f"{path}/changes?from=1x").status_code == 404
    for role in OTHERS:
        assert desk.browser(role).get(f"{path}/changes").status_code == 403


def test_searching_needs_a_token(desk: Office) -> None:
    need = number(desk, Need, code="N001")
    browser: Browser = desk.browser("transfer_manager")
    assert browser.client.post(f"/matches/needs/{need}").status_code == 400
