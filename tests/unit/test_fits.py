"""Soft factors: said of both sides or named as missing, never assumed."""

from __future__ import annotations

from typing import Any

import pytest
from engine_fixtures import capability, hard_cases, need, sample_capabilities, sample_needs

from matcher import taxonomy
from matcher.rank.fits import money, soft_fits
from matcher.records import Capability, Money, Need, Organisation
from matcher.results import Fit

ALL = {"field", "trl", "cooperation_mode", "budget", "region", "partner_kind", "capacity"}


def judged(ours: dict[str, Any], theirs: dict[str, Any], lang: str = "zh") -> dict[str, Fit]:
    fits, missing = soft_fits(need("漏油", **ours), capability("密封", **theirs), lang)
    found = {fit.factor: fit for fit in fits}
    assert set(found) | set(missing) == ALL
    assert len(fits) + len(missing) == len(ALL)
    return found


def lab(**more: Any) -> dict[str, Any]:
    return {"organisation": Organisation(name="示例大学", **more)}


def test_without_data_every_factor_is_missing_and_none_is_filled_in() -> None:
    assert judged({}, {}) == {}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"trl_min": 5}, {}),
        ({}, {"trl": 5}),
        ({"fields": ("new_materials",)}, {}),
        ({"cooperation_modes": ("licence",)}, {}),
        ({"budget": Money(low=1, high=2)}, {}),
        ({"regions": ("甲区",)}, lab()),
        ({"partner_kinds": ("university",)}, lab()),
        ({}, lab(district="甲区", kind="university")),
        ({"regions": ("/", "—")}, lab(district="甲区")),
        ({"budget": Money(low=1, high=None)}, {"price": Money(low=5, high=5)}),
        ({"budget": Money(low=1, high=2)}, {"price": Money(low=None, high=5)}),
    ],
)
def test_what_one_side_states_alone_is_no_fit(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert judged(ours, theirs) == {}


@pytest.mark.parametrize(("trl", "fits"), [(4, False), (5, True), (9, True)])
def test_maturity_must_reach_what_is_wanted(trl: int, fits: bool) -> None:
    fit = judged({"trl_min": 5}, {"trl": trl})["trl"]
    assert (fit.fits, fit.need_value, fit.capability_value) == (fits, "≥ TRL 5", f"TRL {trl}")


@pytest.mark.parametrize(
    ("budget", "price", "fits"),
    [
        ((300_000, 500_000), (400_000, 400_000), True),
        ((300_000, 500_000), (500_000, 900_000), True),
        ((300_000, 500_000), (500_001, 900_000), False),
        ((None, 500_000), (600_000, None), False),
        ((300_000, 500_000), (0, 0), True),
    ],
)
def test_the_lowest_price_must_lie_within_the_highest_budget(
    budget: tuple[int | None, int], price: tuple[int, int | None], fits: bool
) -> None:
    ours = {"budget": Money(low=budget[0], high=budget[1])}
    assert judged(ours, {"price": Money(low=price[0], high=price[1])})["budget"].fits is fits


@pytest.mark.parametrize(
    ("regions", "district", "fits"),
    [
        (("甲区",), "甲区", True),
        (("甲区", "乙区"), "示例市乙区", True),
        (("示例市",), "示例市乙区", True),
        (("示例市乙区",), "乙区", True),
        (("甲区",), "丙区", False),
        (("/", "甲区"), "丙区", False),
    ],
)
def test_a_region_holds_its_districts(regions: tuple[str, ...], district: str, fits: bool) -> None:
    assert judged({"regions": regions}, lab(district=district))["region"].fits is fits


def test_one_shared_value_is_enough_and_labels_follow_the_language() -> None:
    first, second = "licence", "joint_development"
    ours, theirs = {"cooperation_modes": (first, second)}, {"cooperation_modes": (second,)}
    assert judged(ours, theirs)["cooperation_mode"].fits
    assert not judged({"cooperation_modes": (first,)}, theirs)["cooperation_mode"].fits
    zh, en = (judged(ours, theirs, lang)["cooperation_mode"].need_value for lang in ("zh", "en"))
    labels = [taxonomy.terms("cooperation_modes")[code] for code in (first, second)]
    assert zh == "、".join(label.zh for label in labels)
    assert en == ", ".join(label.en for label in labels)


def test_an_owner_without_capacity_is_a_misfit() -> None:
    assert not judged({}, {"capacity": 0})["capacity"].fits
    assert judged({}, {"capacity": 3})["capacity"].fits


def test_the_kind_of_partner() -> None:
    ours = {"partner_kinds": ("university", "institute")}
    assert judged(ours, lab(kind="university"))["partner_kind"].fits
    assert not judged(ours, lab(kind="enterprise"))["partner_kind"].fits


@pytest.mark.parametrize(
    ("low", "high", "zh", "en"),
    [
        (300_000, 500_000, "30–50 万元", "CNY 300,000–500,000"),
        (5_000, 5_000, "0.5 万元", "CNY 5,000"),
        (None, 12_345_678, "≤ 1234.5678 万元", "CNY ≤ 12,345,678"),
        (10**10, None, "≥ 1000000 万元", "CNY ≥ 10,000,000,000"),
        (0, 0, "0 万元", "CNY 0"),
    ],
)
def test_amounts_are_written_the_way_an_office_does(
    low: int | None, high: int | None, zh: str, en: str
) -> None:
    amount = Money(low=low, high=high)
    assert (money(amount, "zh"), money(amount, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("case", "factor"),
    [("misfit_trl", "trl"), ("misfit_mode", "cooperation_mode"), ("misfit_budget", "budget"),
     ("misfit_region", "region")],
)  # fmt: skip
def test_the_misfits_of_the_sample(case: str, factor: str) -> None:
    needs = {record.id: record for record in sample_needs()}
    capabilities = {record.id: record for record in sample_capabilities()}
    pairs = hard_cases(case)
    assert pairs
    for one, other in pairs:
        fits, _ = soft_fits(needs[one], capabilities[other], "zh")
        assert [fit.fits for fit in fits if fit.factor == factor] == [False], (one, other)


def test_a_province_and_a_city_are_not_called_a_misfit() -> None:
    need = Need(id="n", title="压力芯片", regions=("示例省",))
    owner = Organisation(name="示例大学", district="示范市")
    fits, missing = soft_fits(need, Capability(id="c", title="芯片", organisation=owner), "zh")
    assert "region" in missing
    assert not fits
