"""Hard rules: what must not be proposed, whatever it scores."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from engine_fixtures import (
    TODAY,
    capability,
    hard_cases,
    need,
    sample_capabilities,
    sample_needs,
    sample_rows,
)

from matcher import taxonomy
from matcher.rank.rules import closed, conflict
from matcher.records import Capability, Need, Organisation

CODE = "91000000EXAMPLE11Q"


def between(ours: dict[str, Any], theirs: dict[str, Any], **more: Any) -> str | None:
    asked = need("漏油", **{"organisation": Organisation(**{"name": "示例甲公司"} | ours)} | more)
    offered = capability("密封", organisation=Organisation(**{"name": "示例乙大学"} | theirs))
    return conflict(asked, offered)


@pytest.mark.parametrize("make", [need, capability])
def test_a_record_closes_after_its_last_day(make: Any) -> None:
    assert closed(make("密封", valid_until=TODAY), TODAY) is None
    assert closed(make("密封", valid_until=TODAY - timedelta(days=1)), TODAY) == "expired"
    assert closed(make("密封", status="expired"), TODAY) == "expired"


@pytest.mark.parametrize(
    ("make", "status"),
    [(need, "draft"), (need, "under_review"), (need, "matched"), (need, "closed"),
     (capability, "draft"), (capability, "under_review"), (capability, "closed")],
)  # fmt: skip
def test_only_published_records_are_open(make: Any, status: str) -> None:
    assert closed(make("密封", status=status), TODAY) == "not_open"
    assert closed(make("密封"), TODAY) is None


def test_a_private_record_says_nothing_else_about_itself() -> None:
    hidden = need("密封", confidentiality="private", status="expired")
    assert closed(hidden, TODAY) == "confidential"
    assert closed(hidden, TODAY, include_private=True) == "expired"
    assert closed(need("密封", confidentiality="anonymous"), TODAY) is None


@pytest.mark.parametrize(
    ("ours", "theirs", "rule"),
    [
        ({}, {}, None),
        ({}, {"name": "示例甲公司"}, "own_organisation"),
        ({"name": "示例甲（上海）公司"}, {"name": "示例甲(上海)公司"}, "own_organisation"),
        ({"id": "7"}, {"id": "7"}, "own_organisation"),
        ({"aliases": ("示例密封",)}, {"aliases": ("示例 密封",)}, "same_party"),
        ({"aliases": ("Example Seals",)}, {"name": "EXAMPLE SEALS"}, "same_party"),
        ({"credit_code": CODE}, {"credit_code": CODE}, "same_party"),
        ({"parent": "示例集团"}, {"parent": "示例集团"}, "same_party"),
        ({"parent": "示例乙大学"}, {}, "same_party"),
        ({"aliases": ("/",)}, {"aliases": ("—",)}, None),
        ({"name": "***"}, {"name": "——"}, None),
    ],
)
def test_nobody_is_matched_with_himself(
    ours: dict[str, Any], theirs: dict[str, Any], rule: str | None
) -> None:
    assert between(ours, theirs) == rule


@pytest.mark.parametrize(
    ("named", "rule"),
    [
        (("示例乙大学",), "excluded_by_need"),
        (("示例乙",), "excluded_by_need"),
        (("示例 集团",), "excluded_by_need"),
        (("示例丙",), None),
        (("/", "无"), None),
    ],
)
def test_a_need_may_name_whom_it_avoids(named: tuple[str, ...], rule: str | None) -> None:
    theirs = {"aliases": ("示例乙",), "parent": "示例集团"}
    assert between({}, theirs, exclusions=named) == rule


@pytest.mark.parametrize("kind", list(taxonomy.terms("need_kinds")))
def test_a_kind_of_need_takes_the_kinds_that_its_table_names(kind: str) -> None:
    accepted = taxonomy.terms("need_kinds")[kind].accepts
    for offered in taxonomy.terms("capability_kinds"):
        rule = conflict(need("漏油", kind=kind), capability("密封", kind=offered))
        assert rule == (None if offered in accepted else "kind")


def test_without_an_owner_there_is_no_conflict() -> None:
    assert conflict(need("漏油"), capability("密封", owner="示例乙大学")) is None
    assert conflict(need("漏油", owner="示例甲公司"), capability("密封")) is None


@pytest.mark.parametrize(
    ("case", "rules"),
    [
        ("same_organisation", {"own_organisation"}),
        ("shared_alias", {"same_party"}),
        ("shared_credit_code", {"same_party"}),
        ("shared_parent", {"same_party"}),
        ("excluded_by_need", {"excluded_by_need"}),
        ("kind", {"kind"}),
    ],
)
def test_the_hard_cases_of_the_sample(case: str, rules: set[str]) -> None:
    needs = {record.id: record for record in sample_needs()}
    capabilities = {record.id: record for record in sample_capabilities()}
    pairs = hard_cases(case)
    assert pairs
    assert {conflict(needs[one], capabilities[other]) for one, other in pairs} == rules


@pytest.mark.parametrize(
    ("case", "rule"),
    [("private_need", "confidential"), ("expired_need", "expired"), ("anonymous", None)],
)
def test_the_closed_needs_of_the_sample(case: str, rule: str | None) -> None:

    ids = {row["need_id"] for row in sample_rows("hard_cases.csv") if row["case"] == case}
    found = [record for record in sample_needs() if record.id in ids]
    assert len(found) == len(ids) > 0
    assert {closed(record, TODAY) for record in found} == {rule}


def test_a_short_form_of_a_name_excludes_its_owner() -> None:
    owner = Organisation(name="示例华川技术有限公司")
    need = Need(id="n", title="需要压力芯片", exclusions=("华川",))
    offer = Capability(id="c", title="压力芯片", organisation=owner)
    assert conflict(need, offer) == "excluded_by_need"
    other = Need(id="n", title="需要压力芯片", exclusions=("川",))
    assert conflict(other, offer) is None
