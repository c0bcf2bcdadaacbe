"""Whatever is sent to any form, with whatever file: an answer in words, never a broken server."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from routes import ROUTES
from secret_world import World, build, paths
from web_fixtures import Browser

from matcher import taxonomy

#: Fewer than this in the default run, which has to be short.
FEW, MANY = 100, 2000
#: A host name that nobody has would lock the test out; a session that ends is only signed in anew.
_SKIPPED = re.compile(r"/admin/settings/trusted_hosts|/log-out|/people/\d+/active")
_NAMES = ("需求.csv", "a.xlsx", "说明.docx", "x.jsonl", "y.tsv", "z.txt", "程序.exe", "", "无后缀",
          "../../etc/passwd.csv", "a\u202e.xlsx", "长" * 300 + ".csv")  # fmt: skip
_HEADS = ("需求名称", "主要问题", "预算", "保密要求", "单位名称", "TRL", "需求编号", "完成期限",
          "成果名称", "价格", "关键词", "=1+1", "")  # fmt: skip
TEXT = st.one_of(
    st.sampled_from(["", "0", "-1", "1", "999999999999999999999", "1e309", "NaN", "2026-02-30",
                     "9999-12-31", "示例", "<script>alert(1)</script>", "' OR 1=1 --", "../../x",
                     "=HYPERLINK(\"x\")", "%s%n{0}", "{{7*7}}", "\x00", "\ud83d\ude00" * 3,
                     "50万元", "a@b.c", "http://[", "//evil.example", "x" * 5000,
                     "\u202e\u200b\ufeff"]),
    st.text(max_size=60),
    st.text(alphabet="示例需求成果，。；0123456789-./%:@ \r\n\t\"'", max_size=60),
)  # fmt: skip


@dataclass
class Form:
    """A form as a page has it: where it goes, and its fields with the values on offer."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.found = path, list[Form]()
        self.inside, self.selected = False, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("method", "").lower() == "post"
            if self.inside:
                self.found.append(Form(given.get("action") or self.path.partition("?")[0]))
        name = given.get("name", self.selected if tag == "option" else "")
        if not self.inside or not name or name == "csrf_token":
            return
        if tag == "select":
            self.selected = name
        if given.get("type") == "file":
            self.found[-1].files.append(name)
        elif tag in ("input", "select", "textarea", "option", "button"):
            self.found[-1].fields.setdefault(name, []).append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"


@pytest.fixture(scope="module")
def world(
    template: Path, hashed: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALLEYMATCH_HOME", str(tmp_path_factory.mktemp("home")))
        made = build(template, tmp_path_factory.mktemp("world"), hashed)
        yield made
        made.close()
    taxonomy.set_changes({})


@pytest.fixture(scope="module")
def forms(world: World) -> dict[str, list[Form]]:
    """Every form of every page, by who finds it; one of each kind.

    What no page offers just now (to cancel a batch that is finished) is sent all the same.
    """
    found = {actor: list(_forms(world, actor)) for actor in ("administrator", "owner", "")}
    adapter = world.app.url_map.bind("localhost")
    reached = {adapter.match(form.action, "POST")[0] for every in found.values() for form in every}
    for rule in world.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.endpoint not in reached:
            path = next(paths(world.app, rule, ROUTES[rule.endpoint].what, world))
            if not _SKIPPED.search(path):
                names = ("title", "code", "text", "problem", "version", "password", "revision")
                found["administrator"].append(Form(path, {name: [""] for name in names}))
    return found


def _forms(world: World, actor: str) -> Iterator[Form]:
    browser, known = world.office.browser(actor), set[tuple[str, ...]]()
    for rule in world.app.url_map.iter_rules():
        if rule.endpoint == "static" or "GET" not in (rule.methods or ()):
            continue
        for path in paths(world.app, rule, ROUTES[rule.endpoint].what, world):
            page, reader = browser.get(path, buffered=True), _Reader(path)
            reader.feed(page.text if page.mimetype == "text/html" else "")
            for form in reader.found:
                key = (re.sub(r"\d+", "1", form.action), *sorted(form.fields), *form.files)
                if key not in known and not _SKIPPED.search(form.action):
                    known.add(key)
                    yield form


def workbook(rows: list[list[str]], flips: list[tuple[int, int]]) -> bytes:
    """Return an Excel file, with some bytes changed."""
    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                sheet.write_string(number, column, text)
    data = bytearray(target.getvalue())
    for place, value in flips:
        data[place % len(data)] = value
    return bytes(data)


def packed(files: dict[str, bytes]) -> bytes:
    """Return a zip file, as Office's documents are."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


ROWS = st.lists(st.lists(st.one_of(st.sampled_from(_HEADS), TEXT.filter(lambda t: len(t) < 999)),
                         max_size=6), max_size=6)  # fmt: skip
CLEAN = ROWS.map(lambda rows: [[re.sub(r"[\x00-\x1f\ud800-\udfff]", "", t) for t in r]
                               for r in rows])  # fmt: skip
FLIPS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=3)
PARTS = ("[Content_Types].xml", "xl/workbook.xml", "word/document.xml", "xl/worksheets/sheet1.xml")
FILES = st.one_of(
    st.binary(max_size=300),
    CLEAN.map(lambda rows: "\n".join(",".join(row) for row in rows).encode()),
    CLEAN.map(lambda rows: "\n".join(";".join(row) for row in rows).encode("gb18030", "replace")),
    st.builds(workbook, CLEAN.map(lambda rows: [list(_HEADS[:6]), *rows]), FLIPS),
    st.dictionaries(st.sampled_from(PARTS), st.binary(max_size=80), max_size=4).map(packed),
    st.text(max_size=80).map(lambda text: f'{{"title": "{text}"}}\n[]\nnull\n'.encode()),
)  # fmt: skip


def send(world: World, forms: Mapping[str, list[Form]], data: st.DataObject) -> None:
    """Send one form, and go where the answer leads."""
    actor = data.draw(st.sampled_from(["administrator", "administrator", "owner", ""]))
    form = data.draw(st.sampled_from(forms[actor]), label="form")
    browser = _signed_in(world, actor)
    sent: dict[str, Any] = {}
    for name, offered in form.fields.items():
        values = st.one_of(st.sampled_from(offered), TEXT) if offered else TEXT
        chosen = data.draw(st.lists(values, max_size=2) | values.map(lambda v: [v]), label=name)
        sent[name] = [value.encode("utf-8", "replace").decode() for value in chosen]
    for name in form.files:
        content = data.draw(FILES, label=name)
        sent[name] = (io.BytesIO(content), data.draw(st.sampled_from(_NAMES)))
    more = {"content_type": "multipart/form-data"} if form.files else {}
    answer = browser.post(form.action, sent, page="/account" if actor else "/log-in", **more)
    assert answer.status_code < 500, (actor, form.action, answer.status_code)
    if answer.status_code == 302:
        place = answer.headers["Location"]
        assert re.match(r"/(?![/\\])", place), place
        page = browser.get(place)
        assert page.status_code < 500, place
        agree = re.search(r'action="(/imports/waiting/[^"]+/confirm)"', page.text)
        revision = re.search(r'name="revision" value="(\w+)"', page.text)
        if agree and revision:
            kept = {"revision": revision[1], "existing": "new"}
            done = browser.post(agree[1], kept, page="/account")
            assert done.status_code < 500
            assert browser.get(done.headers.get("Location", "/")).status_code < 500


_BROWSERS: dict[str, Browser] = {}


def _signed_in(world: World, actor: str) -> Browser:
    browser = _BROWSERS.get(actor)
    if browser is None or (actor and browser.get("/account").status_code != 200):
        browser = _BROWSERS[actor] = world.office.browser(actor)
    return browser


_ANY = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


def test_every_route_that_takes_a_form_is_reached(
    world: World, forms: dict[str, list[Form]]
) -> None:
    adapter = world.app.url_map.bind("localhost")
    reached = {adapter.match(form.action, "POST")[0] for every in forms.values() for form in every}
    takes = {r.endpoint for r in world.app.url_map.iter_rules() if "POST" in (r.methods or ())}
    assert takes - reached == {"account.log_out", "account.set_active"}


@settings(max_examples=FEW, derandomize=True, **_ANY)
@given(data=st.data())
def test_any_form(world: World, forms: dict[str, list[Form]], data: st.DataObject) -> None:
    send(world, forms, data)


@pytest.mark.slow
@settings(max_examples=MANY, **_ANY)
@given(data=st.data())
def test_two_thousand_forms(
    world: World, forms: dict[str, list[Form]], data: st.DataObject
) -> None:  # fmt: skip
    send(world, forms, data)


@settings(max_examples=30, derandomize=True, **_ANY)
@given(path=st.text(max_size=40), query=st.dictionaries(st.sampled_from(
    ["text", "q", "page", "order", "trl_low", "expiring", "region", "kind", "next", "lang", "level",
     "from", "organisation", "import"]), TEXT, max_size=4))  # fmt: skip
def test_any_address(world: World, path: str, query: dict[str, str]) -> None:
    browser = _signed_in(world, "administrator")
    clean = {k: v.encode("utf-8", "replace").decode() for k, v in query.items()}
    path = path.encode("utf-8", "replace").decode()
    assume("://" not in path and not path.startswith("//"))
    for place in ("/needs", "/capabilities", "/matches", "/matches/needs/2", "/deals", "/batch",
                  "/admin/log", "/log-in", f"/{path}"):  # fmt: skip
        assert browser.get(place, query_string=clean).status_code < 500, place
