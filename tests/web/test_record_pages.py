"""Lists, record pages and putting away: who sees what, and what the address keeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from conftest import ENTERPRISE, INSTITUTE
from records_fixtures import copied
from sqlalchemy import select
from web_fixtures import ROLES, Office, add_user

from matcher import records
from matcher.encode.base import Encoder
from matcher.store.editing import archive, create
from matcher.store.models import Capability, Need, Organisation
from matcher.store.parties import Parties
from matcher.store.revision import next_revision

SECRET = "示例暗河精密有限公司"


@pytest.fixture(scope="module")
def office(
    office: Office, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """A copy that may be written to."""
    yield from copied(office, encoder, tmp_path_factory.mktemp("records"))


@pytest.fixture(scope="module")
def hidden(office: Office) -> Iterator[dict[str, int]]:
    """A public, an anonymous, a private, a draft and an archived need of somebody else."""
    owner = records.Organisation(
        name=SECRET, aliases=("暗河精密",), kind="enterprise", district="示例西区"
    )
    made: dict[str, int] = {}
    states = {
        "public": {},
        "anonymous": {"confidentiality": "anonymous"},
        "private": {"confidentiality": "private"},
        "draft": {"status": "draft"},
        "archived": {},
        "expired": {"valid_until": date.today() - timedelta(days=1)},
    }
    with office.store.writing() as session:
        next_revision(session)
        row = Parties(session, [owner]).resolve(owner)
        session.flush()
        for name, more in states.items():
            problem = "暗河精密的紫晶纹理镀层开裂，purple crystal coating cracks"
            need = records.Need(
                id=f"Z-{name}",
                title=f"紫晶纹理镀层开裂治理 {name}",
                problem=problem,
                organisation=owner,
                exclusions=("示例回避单位",),
                **more,
            )
            made[name] = create(session, need, None, row).id
        archive(session, Need, made["archived"], None)
    return made


SEEN = {
    "": {"public", "anonymous"},
    "visitor": {"public", "anonymous"},
    "enterprise": {"public", "anonymous"},
    "institute": {"public", "anonymous"},
    "reviewer": {"public", "anonymous", "expired"},
    "transfer_manager": {"public", "anonymous", "private", "draft", "expired", "archived"},
    "administrator": {"public", "anonymous", "private", "draft", "expired", "archived"},
}


@pytest.mark.parametrize("name", ["", *ROLES])
def test_who_sees_which_record(office: Office, hidden: dict[str, int], name: str) -> None:
    browser = office.browser(name)
    listed = browser.get("/needs?text=紫晶纹理").text
    seen = {state for state in hidden if f"治理 {state}<" in listed}
    assert seen == SEEN[name] - {"archived"}
    assert (f"共 {len(seen)} 条" in listed) or name == ""
    for state, number in hidden.items():
        page = browser.get(f"/needs/{number}")
        assert (page.status_code == 200) == (state in SEEN[name]), state
        if page.status_code == 404:
            assert "紫晶" not in page.text
    staff = name in ("administrator", "transfer_manager")
    anonymous = browser.get(f"/needs/{hidden['anonymous']}").text
    assert ("暗河" in anonymous) == staff
    public = browser.get(f"/needs/{hidden['public']}").text
    assert ("示例回避单位" in public) == staff
    assert ("修改记录" in anonymous) == staff
    # Neither a search for the owner nor one for its name in the text tells anything.
    asked = browser.get("/needs?text=暗河精密").text
    assert ("治理 anonymous<" in asked) == staff
    assert "治理 public<" in asked


def test_the_minute_of_an_anonymous_record_is_not_told(
    office: Office, hidden: dict[str, int]
) -> None:
    # It would set it beside what the same owner saved under its name.
    browser = office.browser("visitor")
    minute = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
    for state in ("public", "anonymous"):
        page = browser.get(f"/needs/{hidden[state]}").text
        assert bool(minute.search(page)) == (state == "public")
        listed = browser.get(f"/needs?text=紫晶纹理镀层开裂治理 {state}").text
        assert bool(minute.search(listed)) == (state == "public")


def test_the_bar_says_where_one_is(office: Office, hidden: dict[str, int]) -> None:
    browser = office.browser("transfer_manager")
    for path, label in (
        ("/", "寻找合作方"), ("/searches", "寻找合作方"), ("/needs", "需求"),
        (f"/needs/{hidden['public']}/edit", "需求"), ("/capabilities/import", "成果"),
    ):  # fmt: skip
        marked = re.findall(r'aria-current="page">([^<]+)</a>', browser.get(path).text)
        assert marked[:1] == [label], path


@pytest.mark.parametrize("name", ["", *ROLES])
def test_what_others_may_not_do(office: Office, hidden: dict[str, int], name: str) -> None:
    browser = office.browser(name)
    number = hidden["private"] if name not in ("administrator", "transfer_manager") else 99999
    for path in ("edit", "diagnosis"):
        assert browser.get(f"/needs/{number}/{path}").status_code in (302, 403, 404)
    for path in ("archive", "restore", "edit", "publish", "purge"):
        page = browser.post(f"/needs/{number}/{path}", {"version": "1"})
        assert page.status_code in (302, 401, 403, 404), path
        assert "紫晶" not in page.text
    for path in ("draft", "similar"):
        page = browser.post(f"/needs/{path}/{number}", {"title": "x"})
        assert page.status_code in (302, 403, 404)
    if name in ("enterprise", "institute"):
        # A record that is seen but is not one's own.
        assert browser.get(f"/needs/{hidden['public']}/edit").status_code == 403
        assert browser.post(f"/needs/{hidden['public']}/archive").status_code == 403
        assert browser.get("/needs?archived=1&text=紫晶").text.count("治理") == 0


@pytest.mark.parametrize("name", ["", *ROLES])
def test_similar_records_tell_nothing_hidden(
    office: Office, hidden: dict[str, int], name: str
) -> None:
    browser = office.browser(name)
    typed = {"title": "紫晶纹理镀层开裂治理"}
    page = browser.post("/needs/similar/new", typed)
    if name not in ("administrator", "transfer_manager", "enterprise", "institute"):
        assert page.status_code in (302, 403)
        return
    staff = name in ("administrator", "transfer_manager")
    assert page.status_code == 200
    assert "紫晶" in page.text
    if not staff:
        shown = set(re.findall(r"/needs/(\d+)", page.text))
        assert shown <= {str(hidden["public"]), str(hidden["anonymous"])}
        assert page.text.count(SECRET) <= 1
    assert "<li>" not in browser.post("/needs/similar/new", {"title": "完全不同的农业问题"}).text


def test_every_filter_and_order_keeps_the_address(office: Office, hidden: dict[str, int]) -> None:
    browser = office.browser("transfer_manager")
    asked = "/needs?text=紫晶&kind=technology&status=draft&confidentiality=public&lang=en"
    page = browser.get(asked + "&order=-title").text
    assert "治理 draft<" in page
    assert "治理 public<" not in page
    assert 'value="紫晶"' in page
    assert "order=title" in page
    assert "status=draft" in page
    browser.get("/needs?lang=zh")
    for bad in (
        "page=-1",
        "page=99999999999999999999",
        "trl_low=x",
        "expiring=1e9",
        "order=;drop",
        "size=7",
        "kind=%00",
        "import=99999999999",
        "field=" + "x" * 3000,
        "text=%25_%27",
    ):
        for path in ("/needs", "/capabilities"):
            assert browser.get(f"{path}?{bad}").status_code == 200, bad
    with office.store.writing() as session:
        due = date.today() + timedelta(days=20)
        need = records.Need(id="Z-due", title="青玉纹理", valid_until=due)
        create(session, need, None)
    assert "Z-due" in browser.get("/needs?expiring=30&text=青玉").text
    near = browser.get("/needs?expiring=30&text=紫晶").text
    assert "没有符合条件的记录" in near
    assert "治理 archived<" in browser.get("/needs?archived=1&text=紫晶").text


def test_pages_do_not_repeat_rows(office: Office) -> None:
    browser = office.browser("transfer_manager")
    codes: list[str] = []
    page = browser.get("/capabilities?size=20&order=code").text
    for number in range(1, 40):
        page = browser.get(f"/capabilities?size=20&order=code&page={number}").text
        codes += re.findall(r'class="code"[^>]*>([^<]+)<', page)
        if 'rel="next"' not in page:
            break
    with office.store.reading() as session:
        kept = session.scalars(select(Capability.code).where(Capability.archived_at.is_(None)))
        assert sorted(codes) == sorted(kept)


def test_archive_restore_purge(small: Office, hashed: str) -> None:
    add_user(small.store, "经理", "transfer_manager", hashed=hashed)
    with small.store.writing() as session:
        number = create(session, records.Need(id="N7", title="示例需求"), None).id
    chief, manager = small.browser("管理员"), small.browser("经理")
    assert chief.post(f"/needs/{number}/purge", {"code": "N7"}).status_code == 400
    assert manager.post(f"/needs/{number}/archive").status_code == 302
    page = manager.get(f"/needs/{number}").text
    assert "已归档" in page
    assert "彻底删除" not in page
    assert manager.get(f"/needs/{number}/purge").status_code == 403
    assert manager.post(f"/needs/{number}/purge", {"code": "N7"}).status_code == 403
    assert manager.get(f"/needs/{number}/edit").status_code == 302
    assert manager.post(f"/needs/{number}/restore").status_code == 302
    manager.post(f"/needs/{number}/archive")
    assert chief.post(f"/needs/{number}/purge", {"code": "N8"}).status_code == 400
    assert chief.post(f"/needs/{number}/purge", {"code": "N7"}).status_code == 302
    assert chief.get(f"/needs/{number}").status_code == 404


def test_posts_need_their_token(office: Office, hidden: dict[str, int]) -> None:
    browser = office.browser("administrator")
    number = hidden["public"]
    rules = [
        rule
        for rule in office.app.url_map.iter_rules()
        if rule.endpoint.startswith("records.") and "POST" in (rule.methods or ())
    ]
    assert len(rules) >= 14
    for rule in rules:
        path = rule.rule
        for name, value in (
            ("<record_kind:kind>", "needs"),
            ("<int:number>", str(number)),
            ("<subject>", "new"),
            ("<token>", "x" * 24),
        ):
            path = path.replace(name, value)
        assert browser.client.post(path, data={"title": "x"}).status_code == 400, path


def test_every_view_says_who_may_call_it(office: Office) -> None:
    from web.access import rule_of

    views: dict[str, Callable[..., object]] = office.app.view_functions
    for name, view in views.items():
        if name.startswith("records."):
            assert rule_of(view) is not None, name


@pytest.mark.parametrize("name", ["enterprise", "institute"])
def test_member_sees_his_own_in_full(office: Office, name: str) -> None:
    owner = ENTERPRISE if name == "enterprise" else INSTITUTE
    browser, met = office.browser(name), 0
    with office.store.reading() as session:
        for kind, model in (("needs", Need), ("capabilities", Capability)):
            query = select(model.id).join(Organisation).where(Organisation.name == owner)
            for number in session.scalars(query):
                page = browser.get(f"/{kind}/{number}")
                assert page.status_code == 200
                assert "修改记录" in page.text
                assert owner in page.text
                met += 1
    assert met or name == "enterprise"
