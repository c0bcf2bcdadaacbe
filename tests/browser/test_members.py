"""An enterprise that posts an anonymous need, an institute that answers, and who only reads."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from furniture import ENTERPRISE, FEW_CAPABILITIES, FEW_NEEDS, INSTITUTE, stock
from playwright.sync_api import Browser, Page, expect
from site_fixtures import Site, context_of, house, serve, sign_in
from steps import Say, go, label, press, speaker, told, unfold
from web_fixtures import PASSWORD

BEST = "倒装芯片用低膨胀毛细底部填充胶"
PROBLEM = (
    "FC-BGA 芯片放大后，现用底部填充胶温循六百次就开裂，需要低膨胀、能流满窄间隙的底部填充胶。"
)


@pytest.fixture(scope="module")
def site(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = house(tmp_path_factory.mktemp("members") / "home", prepared)
    stock(home, FEW_NEEDS, FEW_CAPABILITIES)
    with serve(home) as started:
        yield started


def person(browser: Browser, site: Site, who: str, lang: str) -> Page:
    """Return a page of somebody who has signed in and reads in a language."""
    page = context_of(browser, lang, base_url=site.address).new_page()
    sign_in(page, who, PASSWORD)
    page.goto(f"/?lang={lang}")
    return page


def test_an_anonymous_need_finds_its_partner(
    browser: Browser, site: Site, lang: str, say: Say
) -> None:
    title = f"示例匿名需求 {lang}"
    asking = person(browser, site, "enterprise", lang)
    need = _post(asking, lang, say, title)
    _unmask(asking, say, title)
    _publish(asking, say)
    offering = person(browser, site, "institute", lang)
    visitor = person(browser, site, "visitor", lang)
    for reader in (offering, visitor):
        _cannot_see_who(reader, need, title)
    _accept(asking, lang, say, title)
    _cannot_see_who(offering, need, title)
    _open_needs(offering, say)
    place = offering.locator(".of-match", has_text=title)
    expect(place).to_be_visible()
    expect(place).not_to_contain_text(ENTERPRISE)
    with offering.expect_response("**/decide"):
        place.get_by_role("button", name=say("Accept"), exact=True).click()
    expect(place).to_contain_text(say("Both sides accepted"))
    offering.goto(need)
    told(offering, ENTERPRISE)
    _cannot_see_who(visitor, need, title)
    for page in (asking, offering, visitor):
        page.context.close()


def _post(page: Page, lang: str, say: Say, title: str) -> str:
    """Write a need that says who asks, and see it held back; return its address."""
    go(page, say("Needs"))
    press(page, say("New need"), ".head")
    press(page, say("Save"), ".record-form")
    expect(page.locator(".field-error").first).to_be_visible()
    page.fill("#title", title)
    page.fill("#indicators", "25℃黏度≤30 Pa·s；填料最大粒径≤3 μm；温循≥1000次")
    page.fill("#problem", f"我们{ENTERPRISE}的{PROBLEM}请致电 13800000000。")
    page.get_by_label(label(lang, "confidentiality", "anonymous"), exact=True).check()
    press(page, say("Save"), ".record-form")
    told(page, say("This need is anonymous, and its text would tell who is asking. "
                   "It cannot be published before these are gone:"))  # fmt: skip
    marked = page.locator("mark.leak").all_inner_texts()
    assert {ENTERPRISE, "13800000000"} <= set(marked)
    expect(page.get_by_role("button", name=say("Publish"), exact=True)).to_have_count(0)
    return page.url.removesuffix("/diagnosis")


def _unmask(page: Page, say: Say, title: str) -> None:
    press(page, say("Edit"))
    assert page.input_value("#title") == title
    page.fill("#problem", PROBLEM)
    # Somebody leaves by mistake: the draft is there when he comes back.
    expect(page.locator("#draft-state")).not_to_be_empty()
    go(page, say("Matches"))
    page.go_back()
    assert page.input_value("#problem") == PROBLEM
    press(page, say("Save"), ".record-form")
    expect(page.locator("mark.leak")).to_have_count(0)


def _publish(page: Page, say: Say) -> None:
    press(page, say("Publish"))
    told(page, ENTERPRISE)


def _cannot_see_who(page: Page, need: str, title: str) -> None:
    page.goto(need)
    told(page, title)
    assert ENTERPRISE not in page.content()
    page.goto("/needs")
    row = page.locator("table.records tbody tr", has_text=title)
    expect(row).to_have_count(1)
    expect(row).not_to_contain_text(ENTERPRISE)


def _accept(page: Page, lang: str, say: Say, title: str) -> None:
    go(page, say("Needs"))
    press(page, title)
    press(page, say("Find partners"))
    place = page.locator(".of-match", has_text=BEST)
    with page.expect_response("**/decide"):
        place.get_by_role("button", name=say("Accept"), exact=True).click()
    expect(place).to_contain_text(label(lang, "decisions", "accept"))


def _open_needs(page: Page, say: Say) -> None:
    """Open the needs that the institute's own capability may serve."""
    go(page, say("Capabilities"))
    press(page, BEST)
    press(page, say("Find partners"))
    # The list may be older than the need.
    press(page, say("Match again"))
    unfold(page)


def test_a_capability_finds_needs(browser: Browser, site: Site, lang: str, say: Say) -> None:
    page = person(browser, site, "institute", lang)
    go(page, say("Capabilities"))
    press(page, say("New capability"), ".head")
    title = f"示例：低应力底部填充胶配方 {lang}"
    page.fill("#title", title)
    page.fill(
        "#summary", "低膨胀毛细底部填充胶，间隙 30 μm 可流满，温循 1000 次无开裂，25℃黏度 20 Pa·s。"
    )
    page.select_option("#status", "published")
    press(page, say("Save"), ".record-form")
    told(page, INSTITUTE)
    press(page, say("Find partners"))
    unfold(page)
    place = page.locator(".of-match", has_text="大尺寸倒装芯片用低CTE底部填充胶")
    place.get_by_text(say("Decline, or add a note")).click()
    place.locator("[name=reason]").select_option("region")
    with page.expect_response("**/decide"):
        place.get_by_role("button", name=say("Decline"), exact=True).click()
    expect(place).to_contain_text(label(lang, "decline_reasons", "region"))
    page.reload()
    expect(place).to_contain_text(label(lang, "decline_reasons", "region"))
    page.context.close()


def test_a_double_click_saves_once(browser: Browser, site: Site) -> None:
    page = person(browser, site, "enterprise", "zh")
    page.goto("/needs/new")
    page.fill("#title", "示例双击")
    # The page stays, and counts what would have been sent.
    page.evaluate("""() => {
      window.sent = 0;
      window.addEventListener("submit", (event) => {
        if (!event.defaultPrevented) window.sent += 1;
        event.preventDefault();
      });
    }""")
    page.locator(".record-form .main").dblclick()
    assert page.evaluate("window.sent") == 1
    page.context.close()


def test_no_draft_follows_a_form_that_is_sent(browser: Browser, site: Site) -> None:
    page = person(browser, site, "enterprise", "zh")
    drafts: list[str] = []
    page.on("request", lambda sent: drafts.append(sent.url) if "/draft/" in sent.url else None)
    # A slow answer: the second after which a draft is kept passes meanwhile.
    page.route("**/needs/new", lambda route: (time.sleep(2), route.continue_()))
    page.goto("/needs/new")
    page.fill("#title", "示例需求：发送之后")
    page.fill("#problem", PROBLEM)
    page.locator(".record-form .main").click()
    told(page, "示例需求：发送之后")
    assert drafts == []
    page.goto("/needs/new")
    assert page.input_value("#title") == ""
    page.context.close()


def test_a_form_waits_for_the_draft_that_is_under_way(browser: Browser, site: Site) -> None:
    page = person(browser, site, "enterprise", "zh")
    page.goto("/needs/new")
    page.fill("#title", "示例需求：等一下")
    page.fill("#problem", PROBLEM)
    form = page.locator(".record-form")
    form.evaluate("form => form.classList.add('htmx-request')")
    page.locator(".record-form .main").click(no_wait_after=True)
    assert page.url.endswith("/needs/new")
    form.evaluate("""form => {
      form.classList.remove("htmx-request");
      form.dispatchEvent(new Event("htmx:afterRequest"));
    }""")
    page.wait_for_url("**/diagnosis")
    page.context.close()


def test_a_page_says_that_the_server_is_gone(browser: Browser, site: Site) -> None:
    page = person(browser, site, "enterprise", "zh")
    page.goto("/needs/new")
    told_so = page.locator("#offline")
    expect(told_so).to_be_hidden()
    page.route("**/draft/**", lambda route: route.abort("connectionrefused"))
    page.fill("#title", "示例需求：断线")
    expect(told_so).to_be_visible()
    page.unroute("**/draft/**")
    page.fill("#title", "示例需求：恢复")
    expect(page.locator("#draft-state")).not_to_be_empty()
    expect(told_so).to_be_hidden()
    page.goto("/needs/new")
    assert page.input_value("#title") == "示例需求：恢复"
    page.context.close()


def test_readers_read(browser: Browser, site: Site) -> None:
    say = speaker("zh")
    for who, office in (("visitor", False), ("reviewer", True), ("", False)):
        context = context_of(browser, "zh", base_url=site.address)
        page = context.new_page()
        if who:
            sign_in(page, who, PASSWORD)
        page.goto("/needs")
        press(page, "大尺寸倒装芯片用低CTE底部填充胶")
        expect(page.get_by_role("link", name=say("Edit"), exact=True)).to_have_count(0)
        answer = page.goto("/matches/needs/1")
        assert answer is not None
        if office:
            told(page, BEST)
            expect(page.get_by_role("button", name=say("Accept"), exact=True)).to_have_count(0)
        else:
            assert answer.status == 403 if who else "/log-in" in page.url
        context.close()
