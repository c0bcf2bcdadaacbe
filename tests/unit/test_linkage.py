"""Links among enterprises: who belongs together, why, and who must never be brought together."""

from __future__ import annotations

import resource
from functools import cache
from typing import Any

import numpy as np
import pytest
from engine_fixtures import TODAY, cached, capability, need, sample_matcher, sample_needs

from matcher.encode.base import normalise
from matcher.engine import Matcher
from matcher.export.linkage import KINDS, limited, lines
from matcher.plan import linkage
from matcher.plan.forms import without_forms
from matcher.plan.linkage import Link, Linkage, link, mutual_neighbours
from matcher.plan.parties import is_enterprise
from matcher.records import Capability, Need, Organisation

LEAK = need(
    "液压泵的密封圈在高温下老化漏油，每月停机两次。希望找到耐200℃的密封材料或结构。",
    "N1", title="耐高温液压密封圈",
)  # fmt: skip
LEAK_TOO = need(
    "公司注塑机的液压油缸密封件受热老化，经常漏油停机，寻求耐高温200℃的密封圈材料。",
    "N2", title="注塑机液压密封圈耐高温老化",
)  # fmt: skip
BREW = need("葡萄酒发酵温度波动大，香气不稳定，希望自动控温。", "N3", title="葡萄酒发酵控温")
SEAL = capability(
    "针对液压泵高温漏油研制的氟橡胶密封圈，已装机三百台。长期耐温230℃，耐压40 MPa。",
    "C1", title="高温液压密封圈",
)  # fmt: skip
LINE = capability(
    "橡胶密封圈中试线，可做液压密封圈的小批量硫化与耐温、耐压考核。", "C2",
    title="液压密封圈中试线", kind="pilot_line",
)  # fmt: skip
OTHERS = [
    capability("葡萄酒低温发酵与陈酿工艺，适合小型酒庄。", "C4", title="葡萄酒酿造"),
    capability("面向仓储的移动机器人调度软件，支持一百台同时运行。", "C5", title="机器人调度"),
    capability("城市道路积水监测与预警平台。", "C6", title="积水监测"),
    capability("用于心电信号的可穿戴采集贴片。", "C7", title="心电贴片"),
    capability("蔬菜大棚水肥一体化灌溉系统。", "C8", title="水肥一体化"),
]


def owned(record: Any, name: str, **facts: Any) -> Any:
    organisation = Organisation(name=name, **{"kind": "enterprise"} | facts)
    return record.model_copy(update={"organisation": organisation})


def linked(needs: list[Need], offers: list[Capability], **options: Any) -> Linkage:
    matcher = Matcher([*offers, *OTHERS], encoder=cached(), today=TODAY, **options)
    return link(matcher, needs)


def ids(links: tuple[Link, ...]) -> set[tuple[str, str]]:
    return {(item.first.id, item.second.id) for item in links}


@cache
def sample() -> Linkage:
    return link(sample_matcher(), sample_needs())


ASKING = [owned(LEAK, "示例甲公司"), owned(LEAK_TOO, "示例乙公司"), owned(BREW, "示例酒庄")]
OFFERS = [owned(SEAL, "示例丙公司"), owned(LINE, "示例丁公司")]


def test_the_three_kinds_of_links_are_found_with_quotes_of_both() -> None:
    found = linked(ASKING, OFFERS)
    assert ids(found.needs) == {("N1", "N2")}
    assert ids(found.offers) == {("C1", "C2")}
    assert {("N1", "C1"), ("N2", "C1")} <= ids(found.supply)
    for item in (*found.needs, *found.supply, *found.offers):
        assert item.evidence or (item.firsts and item.seconds)
        for pair in item.evidence:
            for record, span in ((item.first, pair.need), (item.second, pair.capability)):
                assert getattr(record, span.field)[span.start : span.end] == span.text


@pytest.mark.parametrize(("lang", "said"), [("zh", "内容相近（"), ("en", "About the same (")])
def test_nearness_is_told_in_plain_words(lang: str, said: str) -> None:
    found = linked(ASKING, OFFERS)
    reasons = [line.reason for kind in KINDS for line in lines(found, kind, lang)]
    assert any(reason.startswith(said) and "%" in reason for reason in reasons)
    assert not [reason for reason in reasons if "余弦" in reason or "cosine" in reason]


@pytest.mark.parametrize(
    "same",
    [
        {"name": "示例甲公司"},
        {"name": "示例分公司", "parent": "示例甲公司"},
        {"name": "另一名称", "aliases": ("示例甲公司",)},
    ],
)
def test_one_party_is_never_linked_with_itself(same: dict[str, Any]) -> None:
    owners = [LEAK, LEAK_TOO, SEAL, LINE]
    first, second, seal, line = (owned(r, **({"name": "示例甲公司"} if i % 2 else same))
                                 for i, r in enumerate(owners))  # fmt: skip
    found = linked([first, second], [seal, line])
    assert found.needs == found.offers == found.supply == ()


def test_an_exclusion_keeps_two_apart_whichever_side_says_it() -> None:
    second = owned(LEAK_TOO, "示例乙公司").model_copy(update={"exclusions": ("示例甲公司",)})
    found = linked([ASKING[0], second], OFFERS)
    assert found.needs == ()


def test_private_closed_and_expired_records_take_no_part() -> None:
    secret = ASKING[1].model_copy(update={"confidentiality": "private"})
    closed = ASKING[1].model_copy(update={"status": "closed"})
    hidden = OFFERS[1].model_copy(update={"confidentiality": "private"})
    for other in (secret, closed):
        found = linked([ASKING[0], other], [OFFERS[0], hidden])
        shown = {r.id for kind in (found.needs, found.offers, found.supply)
                 for item in kind for r in (item.first, item.second)}  # fmt: skip
        assert shown == {"N1", "C1"}
        assert (found.need_count, found.capability_count) == (1, 1 + len(OTHERS))
    inside = linked([ASKING[0], secret], [OFFERS[0], hidden], include_private=True)
    assert ids(inside.needs) == {("N1", "N2")}
    assert ids(inside.offers) == {("C1", "C2")}


def test_one_need_listed_twice_without_an_owner_is_no_joint_commission() -> None:
    twin = LEAK.model_copy(update={"id": "N9"})
    assert linked([LEAK, twin], OFFERS).needs == ()
    # With two owners it is the best case there is.
    assert ids(linked([ASKING[0], owned(twin, "示例乙公司")], OFFERS).needs) == {("N1", "N9")}


FORM = "目前企业内部尚无成熟的解决办法，希望寻求专家团队提供技术支持。"
UNLIKE = [
    ("即食鸡胸肉延长保质期工艺优化", "即食鸡胸肉常温下保质期只有7天，胀袋变味。"),
    ("注塑模具冷却优化", "注塑模具冷却不均，制品翘曲变形，周期长。"),
    ("风机轴承故障预警", "风机轴承磨损突发停机，缺少早期预警。"),
]


@pytest.mark.parametrize("count", [2, 3])
def test_a_sentence_of_a_form_joins_no_needs(count: int) -> None:
    asked = [
        need(f"{text}{FORM}", f"N{i}", f"示例{i}公司", title=title)
        for i, (title, text) in enumerate(UNLIKE[:count])
    ]
    assert linked(asked, OFFERS).needs == ()


def test_needs_with_one_problem_stay_joined_beside_a_form() -> None:
    asked = [n.model_copy(update={"problem": n.problem + FORM}) for n in ASKING]
    (found,) = linked(asked, OFFERS).needs
    assert (found.first, found.second) == (asked[0], asked[1])
    for pair in found.evidence:
        assert pair.need.text not in FORM
        assert found.first.problem[pair.need.start : pair.need.end] == pair.need.text or (
            pair.need.field == "title"
        )
    # Handed in twice word for word, under one title, it is one need and no form.
    twin = owned(asked[0].model_copy(update={"id": "N9"}), "示例戊公司")
    assert ids(linked([asked[0], twin], OFFERS).needs) == {("N1", "N9")}


def test_needs_that_say_nothing_but_a_form_are_not_joined() -> None:
    for titles in ([title for title, _ in UNLIKE], [""] * 3):
        asked = [need(FORM, f"M{i}", f"示例{i}公司", title=t) for i, t in enumerate(titles)]
        found = linked([*asked, *ASKING], OFFERS)
        assert ("N1", "N2") in ids(found.needs)
        assert titles[0] == "" or ids(found.needs) == {("N1", "N2")}
    bare = without_forms([need(f"{n}。{FORM}", f"N{n}") for n in ("胶水", "酒", "茶")])
    assert [n.problem.strip() for n in bare] == ["胶水。", "酒。", "茶。"]


def test_the_same_capability_listed_twice_is_no_joint_offer() -> None:
    twin = SEAL.model_copy(update={"id": "C9", "kind": "pilot_line"})
    found = linked([], [owned(SEAL, "示例丙公司"), owned(twin, "示例戊公司")])
    assert found.offers == ()


def test_nothing_and_next_to_nothing_give_no_links() -> None:
    assert linked([], []).needs == ()
    found = linked([need("胶", "N1")], [])
    assert (found.needs, found.offers, found.supply) == ((), (), ())
    empty = link(Matcher([], encoder=cached(), today=TODAY), [])
    assert (empty.need_count, empty.capability_count) == (0, 0)


def test_the_sample_has_joint_offers_of_different_kinds_and_supply_pairs() -> None:
    found = sample()
    assert {("C160", "C162"), ("C173", "C174"), ("C135", "C136")} <= ids(found.offers)
    assert all(item.first.kind != item.second.kind for item in found.offers)
    assert ("N120", "C155") in ids(found.supply)
    for item in found.supply:
        assert item.probability is not None
        assert item.probability >= 0.22
        owners = item.first.organisation, item.second.organisation
        assert all(owner is not None and owner.kind == "enterprise" for owner in owners)
    seen = [item.first.id for item in found.supply]
    assert max(seen.count(key) for key in seen) <= 5


@pytest.mark.parametrize(
    ("name", "firm"),
    [
        ("示例丙密封有限公司", True), ("示例丙密封股份", True), ("示例丙集团（西安）", True),
        ("示例橡胶厂", True), ("Example Seals Co., Ltd.", True), ("示例丙研究所", False),
        ("示例大学", False),
    ],
)  # fmt: skip
def test_an_owner_without_a_type_is_an_enterprise_by_its_name(name: str, firm: bool) -> None:
    assert is_enterprise(Organisation(name=name)) == firm
    assert not is_enterprise(Organisation(name=name, kind="institute"))
    found = linked([owned(LEAK, "示例甲有限公司", kind=None)], [owned(SEAL, name, kind=None)])
    assert ids(found.supply) == ({("N1", "C1")} if firm else set())
    assert found.untyped == (0 if firm else 1)


def test_of_many_needs_only_the_most_probable_are_looked_at_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert sample().unformed == 0
    assert limited(sample(), "zh") == ""
    monkeypatch.setattr(linkage, "FORMED", 0)
    found = linked(ASKING, OFFERS)
    assert found.unformed > 0
    assert all(item.through is None for item in found.offers)
    assert str(found.unformed) in limited(found, "zh")


def test_neighbours_are_mutual_and_as_brute_force_finds_them() -> None:
    rng = np.random.default_rng(3)
    vectors = normalise(rng.standard_normal((60, 8)).astype(np.float32))
    found = mutual_neighbours(vectors, 0.3, block=7)
    similar = vectors @ vectors.T
    np.fill_diagonal(similar, -2)
    near = np.argsort(-similar, axis=1)[:, :10]
    wanted = [
        (a, b) for a in range(60) for b in range(a + 1, 60)
        if similar[a, b] >= 0.3 and b in near[a] and a in near[b]
    ]  # fmt: skip
    assert [(a, b) for a, b, _ in found] == wanted
    assert mutual_neighbours(vectors[:1], 0.3) == mutual_neighbours(vectors[:0], 0.3) == []


@pytest.mark.slow
def test_twenty_thousand_capabilities_are_searched_within_memory() -> None:
    rng = np.random.default_rng(5)
    vectors = normalise(rng.standard_normal((20_000, 384)).astype(np.float32))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    mutual_neighbours(vectors, 0.24)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 600_000  # kilobytes
