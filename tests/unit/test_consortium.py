"""What an office gets for one need: parts, members, quotes, gaps; and what must never show."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest
from engine_fixtures import TODAY, cached, capability, need, sample_matcher, sample_needs

from matcher.cli.consortium import command
from matcher.engine import Matcher
from matcher.export.consortium import sheet
from matcher.plan.consortium import MOST, Consortia
from matcher.plan.parties import grouped
from matcher.plan.parts import Part, fits, parts_of
from matcher.plan.proposal import Candidate, Proposal, may_lead
from matcher.records import Capability, Need, Organisation
from matcher.results import MatchList

SEAL = need(
    "液压泵的密封圈在高温下老化漏油。我司可提供台架。", "N1", "示例重工有限公司",
    title="耐高温液压密封圈及其批量供应", key_technology="耐高温氟橡胶配方、密封结构优化设计",
    indicators="长期耐温≥200℃；耐压≥35 MPa；成本有明显下降",
    expected_outcome="形成年产10万件的密封圈生产线",
)  # fmt: skip
RUBBER = capability(
    "为液压泵研制的耐高温氟橡胶配方，长期耐温230℃。", "C1",
    title="高温液压密封圈用氟橡胶",
)  # fmt: skip
SHAPE = capability(
    "对液压密封圈做密封结构优化设计，密封圈耐压40 MPa不挤出。", "C2", title="液压密封圈结构设计"
)
LINE = capability(
    "已建成年产20万件的液压密封圈生产线，可代工。", "C3", title="橡胶密封圈产线", kind="pilot_line"
)
OTHERS = [
    capability("葡萄酒低温发酵与陈酿工艺，适合小型酒庄。", "C4", title="葡萄酒酿造"),
    capability("面向仓储的移动机器人调度软件，支持一百台同时运行。", "C5", title="机器人调度"),
    capability("城市道路积水监测与预警平台。", "C6", title="积水监测"),
    capability("用于心电信号的可穿戴采集贴片。", "C7", title="心电贴片"),
    capability("蔬菜大棚水肥一体化灌溉系统。", "C8", title="水肥一体化"),
]


def owned(record: Capability, name: str, **facts: object) -> Capability:
    organisation = Organisation(name=name, **{"kind": "institute"} | facts)  # type: ignore[arg-type]
    return record.model_copy(update={"organisation": organisation})


def formed(asked: Need, *offers: Capability, most: int = MOST, **options: object) -> Proposal:
    matcher = Matcher([*offers, *OTHERS], encoder=cached(), today=TODAY, **options)  # type: ignore[arg-type]
    return Consortia.of(matcher).form(asked, most)


@cache
def sample() -> dict[str, Proposal]:
    consortia = Consortia.of(sample_matcher())
    wanted = ("N001", "N010", "N024", "N030", "N101", "N122", "N128", "N008")
    return {n.id: consortia.form(n) for n in sample_needs() if n.id in wanted}


@pytest.fixture
def proposal() -> Proposal:
    return formed(
        SEAL, owned(RUBBER, "示例甲研究所"), owned(SHAPE, "示例乙大学"),
        owned(LINE, "示例丙密封股份有限公司", kind="enterprise", size="large"),
    )  # fmt: skip


def words(parts: tuple[Part, ...]) -> list[str]:
    return [part.span.text for part in parts]


def test_a_need_falls_into_its_technologies_indicators_and_deliverables() -> None:
    parts = parts_of(SEAL)
    assert words(parts) == [
        "耐高温氟橡胶配方", "密封结构优化设计", "长期耐温≥200℃", "耐压≥35 MPa", "成本有明显下降",
        "形成年产10万件的密封圈生产线",
    ]  # fmt: skip
    assert [part.element for part in parts] == ["technology"] * 5 + ["industry"]
    assert [part.measured is not None for part in parts] == [False] * 2 + [True] * 2 + [False] * 2
    for part in parts:
        text = getattr(SEAL, part.span.field)
        assert text[part.span.start : part.span.end] == part.span.text


def test_what_a_need_asks_of_industry_finance_and_talent_are_parts_of_their_own() -> None:
    asked = need(
        "现牵头组建联合体，征集气密封装小批量线、可靠性试验平台以及愿意长期跟投的资本，"
        "不需要芯片设计。我们愿意提供场地。",
        kind="partner",
    )
    parts = parts_of(asked)
    assert [(p.span.text, p.element) for p in parts] == [
        ("征集气密封装小批量线", "industry"), ("可靠性试验平台", "technology"),
        ("愿意长期跟投的资本", "finance"),
    ]  # fmt: skip


def test_what_is_done_or_only_told_is_no_part() -> None:
    asked = need(
        "总剂量试验已完成，不再需要。希望用可逐点扫描的手段先做摸底，样品数量只有6只，背面可减薄。"
        "需要已通过认证的焊接厂家。"
    )
    assert words(parts_of(asked)) == [
        "希望用可逐点扫描的手段先做摸底", "需要已通过认证的焊接厂家",
    ]  # fmt: skip


def test_what_asks_for_one_indicator_with_one_bound_is_one_part() -> None:
    asked = need(
        "覆铜板在高频下损耗大。Df要求0.002以下。", title="碳氢覆铜板",
        indicators="Df≤0.002@10GHz；剥离强度≥0.8 N/mm；Df≤0.002@40GHz",
    )  # fmt: skip
    parts = parts_of(asked)
    assert words(parts) == [
        "碳氢覆铜板", "Df≤0.002@10GHz", "剥离强度≥0.8 N/mm", "Df≤0.002@40GHz",
    ]  # fmt: skip
    assert all(part.comparable for part in parts)
    # One that only the problem asks for is compared by value as well.
    alone = parts_of(asked.model_copy(update={"indicators": ""}))[1]
    assert (alone.span.text, alone.kind) == ("Df要求0.002以下", "indicator")
    assert alone.measured is not None


@pytest.mark.parametrize("text", ["希望表面硬度≥60HRC", "漏检率5%，希望降到0.5%以下"])
def test_a_need_of_one_figure_keeps_it(text: str) -> None:
    # The request and the figure are the same piece.
    (part,) = parts_of(Need(id="1", problem=text))
    assert (part.kind, part.span.text) == ("indicator", text)


def test_a_figure_that_two_fields_ask_for_is_covered_where_it_is_met() -> None:
    asked = need(
        "覆铜板在高频下损耗大，Df要求0.002以下。", "N1",
        title="高频低损耗碳氢覆铜板", key_technology="碳氢树脂配方", indicators="Df≤0.002@10GHz",
    )  # fmt: skip
    resin = capability(
        "碳氢树脂配方用于高频低损耗覆铜板。Df≤0.0018@10GHz。", "C1", title="高频碳氢覆铜板树脂"
    )
    found = formed(asked, owned(resin, "示例甲研究所"))
    assert found.best is not None
    assert {
        found.parts[n - 1].span.text: items[0][1].evidence.capability.text
        for n, items in found.best.covers.items() if found.parts[n - 1].kind == "indicator"
    } == {"Df≤0.002@10GHz": "Df≤0.0018"}  # fmt: skip


def test_one_partner_is_no_consortium() -> None:
    told = sheet(formed(need("需要耐高温氟橡胶配方"), owned(RUBBER, "示例甲研究所")))
    assert len(told.members) == 1
    assert "一家即可" in told.summary[0]
    assert not any("牵头" in line for line in told.summary)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_one_partner_is_enough_only_where_it_covers_everything(lang: str) -> None:
    asked = need(title="液压密封圈", key_technology="耐高温氟橡胶配方", indicators="耐压≥90 MPa")
    partner = owned(RUBBER, "示例甲研究所")
    first = sheet(formed(asked, partner), lang).summary[0]
    enough = {"zh": "不必组建联合体", "en": "no consortium is needed"}[lang]
    assert enough not in first
    assert "示例甲研究所" in first
    assert "耐压≥90 MPa" in first
    # With one partner allowed, another one could still add a part: neither is said.
    tall = owned(capability("密封圈耐压95 MPa。", "C2", title="液压密封圈"), "示例乙大学")
    told = sheet(formed(asked, partner, tall, most=1), lang).summary
    assert not any(enough in line or "耐压≥90 MPa" in line for line in told)


@pytest.mark.parametrize("text", ["密封圈", "Leak", "密封"])
def test_a_need_of_a_word_is_one_part(text: str) -> None:
    assert words(parts_of(need(text))) == [text]


def test_a_pasted_text_falls_into_its_clauses_and_figures() -> None:
    parts = parts_of(need("抗体纯化用的耐碱亲和层析填料，动态载量≥60 g/L"))
    assert words(parts) == ["抗体纯化用的耐碱亲和层析填料", "动态载量≥60 g/L"]
    assert parts[1].measured is not None


def test_budget_deadline_and_contact_are_no_parts() -> None:
    facts = "预算50万元，要求2026年底前完成。联系人：示例，电话029-12345678。"
    asked = f"需要抗体纯化用的耐碱亲和层析填料，{facts}"
    assert words(parts_of(need(asked))) == ["需要抗体纯化用的耐碱亲和层析填料"]
    assert words(parts_of(need(f"抗体纯化用的耐碱亲和层析填料。{facts}"))) == [
        "抗体纯化用的耐碱亲和层析填料"
    ]
    assert parts_of(need("预算50万元。"))  # all there is


def test_the_example_of_the_help_gives_a_consortium_on_the_sample() -> None:
    text = command().examples.split('"')[1]
    best = Consortia.of(sample_matcher()).form(need(text)).best
    assert best is not None
    assert len(best.members) > 1


def test_only_a_fit_party_fills_a_role() -> None:
    fund = capability("早期基金", kind="fund")
    team = capability("课题组", kind="team")
    asked = need("需要配方")
    assert fits("finance", asked, fund)
    assert not fits("technology", asked, fund)
    assert not fits("finance", asked, team)
    assert fits("talent", asked, team)
    assert fits("industry", asked, owned(team, "示例厂", kind="enterprise"))
    # A need for talent takes teams, not every record of a university.
    data = owned(capability("数据", kind="dataset"), "示例大学", kind="university")
    assert not fits("talent", need("引进专家", kind="talent"), data)


def test_each_part_is_covered_by_a_quote_of_one_record(proposal: Proposal) -> None:
    best = proposal.best
    assert best is not None
    assert [m.key for m in best.members] == ["C3", "C1", "C2"]
    covered = {proposal.parts[n - 1].span.text: items for n, items in best.covers.items()}
    assert {text: [m.key for m, _ in items] for text, items in covered.items()} == {
        "耐高温氟橡胶配方": ["C1"], "密封结构优化设计": ["C2"], "长期耐温≥200℃": ["C1"],
        "耐压≥35 MPa": ["C2"], "形成年产10万件的密封圈生产线": ["C3"],
    }  # fmt: skip
    assert words(proposal.uncovered) == ["成本有明显下降"]
    for items in best.covers.values():
        for member, item in items:
            assert item.record in [c.record for c in member.candidates]
            quote = item.evidence.capability
            assert getattr(item.record, quote.field)[quote.start : quote.end] == quote.text


def test_a_large_enterprise_leads_and_the_others_are_placed_by_it(proposal: Proposal) -> None:
    best = proposal.best
    assert best is not None
    assert best.lead is not None
    assert (best.lead.key, best.lead.may_lead, proposal.owner_leads) == (
        "C3", "chain_leader", None,
    )  # fmt: skip
    places = {place.member.key: place for place in proposal.places}
    assert set(places) == {"C1", "C2"}
    # Four parts are not the lead's; each brings two.
    assert {place.complementarity for place in places.values()} == {0.5}
    assert all(-1 <= place.similarity <= 1 for place in places.values())


def test_the_owner_leads_where_it_is_large_and_nobody_where_none_is() -> None:
    offers = [owned(RUBBER, "示例甲研究所"), owned(SHAPE, "示例乙大学")]
    nobody = formed(SEAL, *offers)
    assert nobody.best is not None
    assert (nobody.best.lead, nobody.owner_leads) == (None, None)
    large = Organisation(name="示例重工有限公司", kind="enterprise", size="large")
    owner = formed(SEAL.model_copy(update={"organisation": large}), *offers)
    assert owner.best is not None
    assert (owner.best.lead, owner.owner_leads) == (None, "chain_leader")
    assert {place.member.key for place in owner.places} == {"C1", "C2"}
    assert may_lead(Organisation(name="示例平台", kind="platform")) == "platform"


def test_parties_of_one_group_are_one_member() -> None:
    one = owned(RUBBER, "示例江北大学材料学院", parent="示例江北大学")
    other = owned(SHAPE, "示例江北大学机械学院", parent="示例江北大学")
    found = formed(SEAL, one, other)
    assert found.best is not None
    (member,) = found.best.members
    assert {c.record.id for c in member.candidates} == {"C1", "C2"}
    assert {item.record.id for item in member.covers.values()} == {"C1", "C2"}


def test_an_anonymous_record_does_not_tell_whose_it_is() -> None:
    hidden = owned(RUBBER, "示例江北大学").model_copy(update={"confidentiality": "anonymous"})
    named = owned(SHAPE, "示例江北大学")
    assert grouped([hidden, named]) == [[1]]
    assert grouped([hidden, hidden.model_copy(update={"id": "C9"})]) == [[0]]
    found = formed(SEAL, hidden, named)
    assert found.best is not None
    assert [m.key for m in found.best.members] == ["C2"]


def test_who_is_excluded_or_the_asker_itself_is_no_member() -> None:
    asked = SEAL.model_copy(update={"exclusions": ("示例甲研究所",)})
    own = owned(SHAPE, "示例重工有限公司")
    found = formed(asked, owned(RUBBER, "示例甲研究所"), own, owned(LINE, "示例丙公司"))
    assert found.best is not None
    assert [m.key for m in found.best.members] == ["C3"]


def test_a_private_record_takes_part_only_where_it_may() -> None:
    secret = owned(RUBBER, "示例甲研究所").model_copy(update={"confidentiality": "private"})
    open_to_all = formed(SEAL, secret, owned(SHAPE, "示例乙大学"))
    assert open_to_all.best is not None
    assert [m.key for m in open_to_all.best.members] == ["C2"]
    inside = formed(SEAL, secret, owned(SHAPE, "示例乙大学"), include_private=True)
    assert inside.best is not None
    assert {m.key for m in inside.best.members} == {"C1", "C2"}
    asked = SEAL.model_copy(update={"confidentiality": "private"})
    assert formed(asked, owned(SHAPE, "示例乙大学")).reason == "confidential"


def test_two_records_that_only_together_say_it_cover_nothing() -> None:
    half = capability("一种耐高温材料。", "C1", title="耐高温材料")
    rest = capability("一种氟橡胶产品。", "C2", title="氟橡胶产品")
    asked = need(title="密封", key_technology="耐高温、抗挤出的氟橡胶密封圈一次成型配方工艺")
    found = formed(asked, owned(half, "示例甲"), owned(rest, "示例甲"))
    covered = found.best.covers if found.best else {}
    for items in covered.values():
        assert all(item.evidence.capability.text in (
            getattr(item.record, item.evidence.capability.field)) for _, item in items)  # fmt: skip
        assert all(len({item.record.id}) == 1 for _, item in items)


def test_one_more_member_and_the_alternatives_say_what_changes(proposal: Proposal) -> None:
    small = formed(
        SEAL, owned(RUBBER, "示例甲研究所"), owned(SHAPE, "示例乙大学"),
        owned(LINE, "示例丙密封股份有限公司", kind="enterprise", size="large"), most=2,
    )  # fmt: skip
    assert small.best is not None
    assert small.one_more is not None
    assert len(small.best.members) == 2
    assert small.one_more.adds
    assert not set(small.one_more.adds) & set(small.best.covers)
    assert proposal.best is not None
    sets = [frozenset(m.key for m in c.members) for c in (proposal.best, *proposal.alternatives)]
    assert len(sets) == 4 == len(set(sets))
    for other in proposal.alternatives:
        assert not {m.key for m in proposal.best.members} <= {m.key for m in other.members}
        assert proposal.lost(other)
    assert proposal.one_more is None  # everybody who covers something is in it


def test_of_partners_that_cover_the_same_the_one_listed_first_is_proposed() -> None:
    asked = need(title="液压密封圈", key_technology="耐高温氟橡胶配方")
    offers = [
        owned(capability(text, key, title="液压密封圈"), f"示例{key}研究所")
        for key, text in [("C1", "耐高温氟橡胶配方。"), ("C2", "另有氟橡胶配方，耐高温。")]
    ]
    matcher = Matcher([*offers, *OTHERS], encoder=cached(), today=TODAY)
    usual = Consortia.of(matcher)
    for order in (1, -1):

        def ask(query: Need, top: int, order: int = order) -> tuple[MatchList, Sequence[Candidate]]:
            found, candidates = usual._ask(query, top)
            return found, sorted(candidates, key=lambda c: order * int(c.record.id[1:]))

        found = Consortia(ask, matcher.encoder, matcher.hub, matcher.weights).form(asked)
        assert found.best is not None
        assert [m.key for m in found.best.members] == ["C1" if order == 1 else "C2"]
        assert found.one_more is not None
        assert not found.one_more.adds


def test_needs_that_nobody_serves_get_a_reason() -> None:
    assert formed(need("蜂蜜掺假的快速鉴别，要求便携", title="蜂蜜鉴别")).reason
    assert formed(need("胶")).reason == "too_short"
    matcher = Matcher([], encoder=cached(), today=TODAY)
    assert Consortia.of(matcher).form(SEAL).reason == "no_capabilities"
    assert sample()["N008"].best is None


def test_the_sample_is_covered_as_a_reader_would() -> None:
    found = sample()
    shown = {
        key: {m.key: sorted(m.covers) for m in p.best.members}
        for key, p in found.items() if p.best
    }  # fmt: skip
    assert set(shown["N122"]) == {"C160", "C162"}
    assert set(shown["N128"]) == {"C173", "C174"}
    assert set(shown["N024"]) == {"C048", "C049"}
    assert len(shown["N101"]["C101"]) == 8
    lead = found["N128"].best
    assert lead is not None
    assert lead.lead is not None
    assert lead.lead.may_lead == "platform"
    assert found["N122"].owner_leads == "chain_leader"
    assert words(found["N030"].uncovered) == [
        "可靠性试验平台", "愿意长期跟投的资本", "共同承接用户订单", "两年内形成三个系列外形",
        "年交付5万只，共同申报专项",
    ]  # fmt: skip
