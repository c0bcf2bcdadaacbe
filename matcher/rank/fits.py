"""Soft factors: what both sides state and whether it fits; nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from matcher import taxonomy
from matcher.records import Capability, Money, Need
from matcher.results import Fit

_Factor = Callable[[Need, Capability, str], Fit | None]


def soft_fits(
    need: Need, capability: Capability, lang: str
) -> tuple[tuple[Fit, ...], tuple[str, ...]]:
    """Return the factors that both sides state, and the codes of those left open."""
    found = {factor: judge(need, capability, lang) for factor, judge in _FACTORS.items()}
    fits = tuple(fit for fit in found.values() if fit)
    return fits, tuple(factor for factor, fit in found.items() if fit is None)


def _labels(table: str, codes: Iterable[str], lang: str) -> str:
    separator = ", " if lang == "en" else "、"
    return separator.join(taxonomy.label_of(table, code, lang) for code in codes)


def _field(need: Need, capability: Capability, lang: str) -> Fit | None:
    if not need.fields or not capability.fields:
        return None
    shared = bool(set(need.fields) & set(capability.fields))
    return Fit("field", shared, _labels("fields", need.fields, lang),
               _labels("fields", capability.fields, lang))  # fmt: skip


def _trl(need: Need, capability: Capability, lang: str) -> Fit | None:
    if need.trl_min is None or capability.trl is None:
        return None
    return Fit(
        "trl", capability.trl >= need.trl_min, f"≥ TRL {need.trl_min}", f"TRL {capability.trl}"
    )


def _cooperation(need: Need, capability: Capability, lang: str) -> Fit | None:
    ours, theirs = need.cooperation_modes, capability.cooperation_modes
    if not ours or not theirs:
        return None
    shared = bool(set(ours) & set(theirs))
    return Fit("cooperation_mode", shared, _labels("cooperation_modes", ours, lang),
               _labels("cooperation_modes", theirs, lang))  # fmt: skip


def _budget(need: Need, capability: Capability, lang: str) -> Fit | None:
    budget, price = need.budget, capability.price
    if budget is None or price is None or budget.high is None or price.low is None:
        return None
    return Fit("budget", price.low <= budget.high, money(budget, lang), money(price, lang))


def _region(need: Need, capability: Capability, lang: str) -> Fit | None:
    district = capability.organisation.district if capability.organisation else None
    wanted = [folded for region in need.regions if (folded := taxonomy.fold(region))]
    if not wanted or not district:
        return None
    folded = taxonomy.fold(district)
    fits = any(region in folded or folded in region for region in wanted)
    if not fits and all(region[-1:] != folded[-1:] for region in wanted):
        return None  # a province and a city: which lies in which is not in the text
    return Fit("region", fits, ("、" if lang == "zh" else ", ").join(need.regions), district)


def _partner_kind(need: Need, capability: Capability, lang: str) -> Fit | None:
    kind = capability.organisation.kind if capability.organisation else None
    if not need.partner_kinds or not kind:
        return None
    return Fit("partner_kind", kind in need.partner_kinds,
               _labels("organisation_kinds", need.partner_kinds, lang),
               _labels("organisation_kinds", [kind], lang))  # fmt: skip


def _capacity(need: Need, capability: Capability, lang: str) -> Fit | None:
    if capability.capacity is None:
        return None
    return Fit("capacity", capability.capacity > 0, "1", str(capability.capacity))


_FACTORS: dict[str, _Factor] = {
    "field": _field, "trl": _trl, "cooperation_mode": _cooperation, "budget": _budget,
    "region": _region, "partner_kind": _partner_kind, "capacity": _capacity,
}  # fmt: skip


def money(amount: Money, lang: str) -> str:
    """Write an amount the way an office does: 30–50 万元, or CNY 300,000–500,000."""

    def one(value: int) -> str:
        if lang == "en":
            return f"{value:,}"
        return f"{value / 10_000:.4f}".rstrip("0").rstrip(".")

    low, high = amount.low, amount.high
    if low is None or high is None:
        bound = f"≥ {one(low or 0)}" if high is None else f"≤ {one(high)}"
    else:
        bound = one(low) if low == high else f"{one(low)}–{one(high)}"
    return f"CNY {bound}" if lang == "en" else f"{bound} 万元"
