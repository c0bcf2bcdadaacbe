"""Every page of the application: where it is, who looks at it, and what has to be done there.

The list that accessibility, narrow screens and pictures are tried on. A route that is in none of
them fails tests/browser/test_pages.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from furniture import ENTERPRISE
from office import ADMIN, INSTITUTE, MANAGER, MEMBER, REVIEWER, VISITOR, Office, Room, press
from playwright.sync_api import Page, expect
from week import NEED_TEXT, Week, search, work


def furnish(office: Office) -> list[Room]:
    """Do what an office does in a week, and return the pages to look at."""
    week = work(office)
    return [*_open_rooms(office, week), *_record_rooms(week), *_match_rooms(week),
            *_plan_rooms(week), *_office_rooms(week)]  # fmt: skip


def _open_rooms(office: Office, week: Week) -> list[Room]:
    """Return what everybody finds without signing in."""
    return [
        Room("home", "", "/"),
        Room("search", "", "/", search(NEED_TEXT)),
        Room("search-none", "", "/", search("老人夜里在卫生间滑倒没人知道")),
        Room("log-in", "", "/log-in"),
        Room("log-in-wrong", "", "/log-in", _wrong_password),
        Room("forgot", "", "/forgot"),
        Room("invitation", "", f"/invitation/{office.tokens['invitation']}"),
        Room("invitation-wrong", "", f"/invitation/{office.tokens['invitation']}", _send_empty),
        Room("reset", "", f"/reset/{week.reset}"),
        Room("public-needs", "", "/needs"),
        Room("public-need", "", f"/needs/{week.records['N009']}"),
    ]


def _record_rooms(week: Week) -> list[Room]:
    """Return what needs and capabilities are written, read and imported on."""
    numbers = week.records
    first, second, gone = numbers["N001"], numbers["N002"], numbers["C055"]
    return [
        Room("needs", MANAGER, "/needs"),
        Room("needs-none", MANAGER, "/needs?text=zzz&region=q&expiring=30"),
        Room("capabilities", MANAGER, "/capabilities"),
        Room("capability", MANAGER, f"/capabilities/{numbers['C001']}"),
        Room("archived", ADMIN, f"/capabilities/{gone}"),
        Room("purge", ADMIN, f"/capabilities/{gone}/purge"),
        Room("need", MANAGER, f"/needs/{first}"),
        Room("need-new", MANAGER, "/needs/new"),
        Room("capability-new", INSTITUTE, "/capabilities/new", _open_all),
        Room("need-edit", MANAGER, f"/needs/{first}/edit", _open_all),
        Room("need-wrong", MANAGER, "/needs/new", _send_nothing),
        Room("need-conflict", MANAGER, f"/needs/{second}/edit", _edit_twice(second)),
        Room("diagnosis-leak", MANAGER, f"/needs/{numbers['示例-9']}/diagnosis"),
        Room("diagnosis", MANAGER, f"/needs/{first}/diagnosis"),
        Room("import", MANAGER, "/needs/import"),
        Room("import-preview", MANAGER, week.waiting),
        Room("imported", MANAGER, week.imported),
        Room("member-needs", MEMBER, "/needs"),
        Room("visitor-need", VISITOR, f"/needs/{first}"),
        Room("not-there", MANAGER, "/needs/99999", status=404),
    ]


def _match_rooms(week: Week) -> list[Room]:
    """Return what matches are found, decided and followed on, one by one and in batches."""
    first, partner = week.records["N001"], week.records["C001"]
    earlier, later = week.batches
    return [
        Room("matches", MANAGER, "/matches"),
        Room("matches-need", MANAGER, f"/matches/needs/{first}"),
        Room("matches-decline", MANAGER, f"/matches/needs/{first}", _open_decline),
        Room("matches-none", MANAGER, f"/matches/needs/{week.records['N104']}"),
        Room("matches-capability", MANAGER, f"/matches/capabilities/{partner}"),
        Room("matches-changes", MANAGER, f"/matches/needs/{first}/changes"),
        Room("matches-member", MEMBER, f"/matches/needs/{first}"),
        Room("matches-reviewer", REVIEWER, f"/matches/needs/{first}"),
        Room("review-ask", MANAGER, week.ask),
        Room("reviews", MANAGER, "/reviews"),
        Room("reviews-own", REVIEWER, "/reviews"),
        Room("review", REVIEWER, week.review),
        Room("deals", MANAGER, "/deals"),
        Room("deal", MANAGER, week.deal),
        Room("searches", MANAGER, "/searches"),
        Room("searches-none", MEMBER, "/searches"),
        Room("batch", MANAGER, "/batch"),
        Room("batch-wrong", MANAGER, "/batch", _send_batch),
        Room("batch-done", MANAGER, f"/batch/{later}"),
        Room("batch-failed", MANAGER, f"/batch/{week.failed}"),
        Room("batch-changes", MANAGER, f"/batch/{later}/changes?from={earlier}"),
        Room("not-allowed", MEMBER, "/batch", status=403),
    ]


def _plan_rooms(week: Week) -> list[Room]:
    """Return what co-operation among many is planned on."""
    first, nothing = week.records["N001"], week.records["N104"]
    return [
        Room("plan", MANAGER, "/plan"),
        Room("consortia", MANAGER, "/plan/consortia"),
        Room("consortium", MANAGER, f"/plan/consortia/{first}"),
        Room("consortium-none", MANAGER, f"/plan/consortia/{nothing}"),
        Room("linkage", MANAGER, "/plan/linkage"),
        Room("linkage-done", MANAGER, f"/plan/linkage/{week.linkage}"),
        Room("assigning", MANAGER, "/plan/assigning"),
        Room("assignment", MANAGER, f"/plan/assigning/{week.batches[1]}"),
        Room("assignment-wrong", MANAGER, f"/plan/assigning/{week.batches[1]}?each=x", status=400),
        Room("alliances", MANAGER, "/plan/alliances"),
        Room("alliances-done", MANAGER, f"/plan/alliances/{week.alliances}", _drawn),
    ]


def _office_rooms(week: Week) -> list[Room]:
    """Return what is counted, and what the office and its administrator keep in order."""
    keep, gone = week.organisations
    organisations = "/admin/organisations"
    return [
        Room("figures", MANAGER, "/figures"),
        Room("figures-member", MEMBER, "/figures"),
        Room("account", MEMBER, "/account"),
        Room("people", ADMIN, "/people", _invite),
        Room("person", ADMIN, f"/people/{week.person}"),
        Room("organisations", MANAGER, organisations),
        Room("organisation", MANAGER, f"{organisations}/{keep}"),
        Room("organisation-new", MANAGER, f"{organisations}/new"),
        Room("organisation-wrong", MANAGER, f"{organisations}/new", _send_form),
        Room("organisation-edit", MANAGER, f"{organisations}/{keep}/edit"),
        Room("organisation-merge", MANAGER, f"{organisations}/{keep}/merge/{gone}"),
        Room("taxonomies", ADMIN, "/admin/lists"),
        Room("taxonomy", ADMIN, "/admin/lists/fields"),
        Room("term", ADMIN, "/admin/lists/decline_reasons/price"),
        Room("settings", ADMIN, "/admin/settings"),
        Room("audit", ADMIN, "/admin/log"),
        Room("system", ADMIN, "/admin/system"),
    ]


def _edit_twice(number: int) -> Callable[[Page], None]:
    """Return what edits a record that is being edited."""

    def enter(page: Page) -> None:
        other = page.context.new_page()
        page.fill("#title", "倒装封装低膨胀底填材料（我的改法）")
        other.goto(f"/needs/{number}/edit")
        _open_all(other)
        other.fill("#budget", "120万元" if "100" in other.input_value("#budget") else "100万元")
        press(other, ".record-form .main")
        other.close()
        press(page, ".record-form .main")

    return enter


def _wrong_password(page: Page) -> None:
    page.fill("#identity", "nobody")
    page.fill("#password", "示例错误密码")
    press(page, "form .main")


def _send_empty(page: Page) -> None:
    page.fill("#username", "a@b")
    page.fill("#password", "short")
    press(page, "form .main")


def _send_form(page: Page) -> None:
    press(page, "main form .main")


def _drawn(page: Page) -> None:
    """Wait for the map where there are themes to draw."""
    if (there := page.locator("[data-map]")).count():
        expect(there).to_have_attribute("data-drawn", re.compile("."))


def _send_nothing(page: Page) -> None:
    page.fill("#title", "")
    press(page, ".record-form .main")


def _send_batch(page: Page) -> None:
    page.fill("#top", "0")
    press(page, ".batch-form .main")


def _open_all(page: Page) -> None:
    page.eval_on_selector_all("details.group", "all => all.forEach((one) => (one.open = true))")


def _open_decline(page: Page) -> None:
    page.locator(".decision details:not(.history) summary").first.click()


def _invite(page: Page) -> None:
    page.fill("#email", "li@example.com")
    page.select_option("#role", "enterprise")
    page.fill("#organisation", ENTERPRISE)
    press(page, "form[action$='/invitations'] .main")
