"""An assignment in words: the tables of its workbook, and the lines that a page shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from matcher.export.cells import Cell, number
from matcher.export.quotes import ENDS
from matcher.export.rows import Column, Table
from matcher.export.view import View
from matcher.export.words import Words, grade_of, kind_of
from matcher.export.xlsx import tables_bytes
from matcher.plan.conflict import Conflict, Relaxation
from matcher.plan.exposure import Load, NeedChange, Plan
from matcher.plan.problem import Problem, Rules, Supplier

#: So many needs or capabilities of a rule are named.
_NAMED = 8
Fact = tuple[str, str]


@dataclass(frozen=True)
class Told:
    """A conflict in words: its rules, their sum, and the ways out."""

    rules: tuple[str, ...]
    summed: str
    ways: tuple[str, ...]


def assignment_bytes(view: View, found: Plan | Conflict) -> bytes:
    """Return the workbook."""
    if isinstance(found, Conflict):
        tables = [_conflict_table(view, found)]
    else:
        tables = [
            _overview_table(view, found), assigned(view, found), changes(view, found),
            suppliers(view, found), loads(view, found),
        ]  # fmt: skip
    return tables_bytes(view, "assign_title", tables)


def rule_lines(rules: Rules, words: Words) -> list[str]:
    """Return the rules in words."""
    given = [
        ("each", rules.each), ("at_least", rules.at_least), ("small_share", rules.small_share),
        ("per_supplier", rules.per_supplier),
    ]  # fmt: skip
    return [words(f"assign_rule_{code}", n=value) for code, value in given if value]


def overview(view: View, plan: Plan) -> list[Fact]:
    """Return the figures of an assignment as (label, value)."""
    w, problem, rules = view.words, plan.problem, plan.problem.rules
    served = sum(bool(change.got) for change in plan.needs)
    without = sum(not change.own for change in plan.needs)
    price = w("assign_price_none")
    if plan.fair:
        price = w(
            "assign_price_value", value=f"{plan.price:.1%}", free=f"{plan.free.total:.2f}",
            total=f"{plan.assignment.total:.2f}",
        )  # fmt: skip
    total = "assign_total_value" if problem.calibrated else "assign_total_scores"
    before, after = plan.gini
    small_before, small_after = plan.small_share
    facts = [
        ("rules", w.join(rule_lines(rules, w))),
        ("objective", w(f"assign_objective_{rules.objective}")),
        ("served", w("assign_served_value", n=served, m=len(plan.needs))),
        ("no_candidate", str(without) if without else ""),
        ("places", str(len(plan.assignment.chosen))),
        ("total", w(total, value=f"{plan.assignment.total:.2f}")),
        ("quality", _quality(plan, w)),
        ("price", price),
        ("gini", w("assign_before_after", before=f"{before:.2f}", after=f"{after:.2f}")),
        ("small_places",
         w("assign_before_after", before=f"{small_before:.0%}", after=f"{small_after:.0%}")),
        ("overloaded_count", str(sum(load.overloaded for load in plan.loads))),
    ]  # fmt: skip
    return [(w(f"assign_{code}"), value) for code, value in facts if value]


def notes(view: View, plan: Plan) -> list[str]:
    """Return what was assumed, and how to read the figures."""
    w, problem = view.words, plan.problem
    found = [w("assign_note_served")]
    if problem.assumed:
        capacity = problem.rules.capacity
        found.append(w("assign_assumed", n=problem.assumed, capacity=capacity))
    if plan.unknown:
        found.append(w("assign_small_missing", n=plan.unknown))
    if any(record.confidentiality == "anonymous" for record in problem.capabilities):
        found.append(w("assign_note_anonymous"))
    return found


def _quality(plan: Plan, words: Words) -> str:
    gap = plan.assignment.gap
    if not gap:
        return words("assign_proven")
    nash = plan.problem.rules.objective == "nash"
    shown = f"{gap:.2%}" if gap >= 0.00005 else "0.01%"
    return words("assign_gap_nash" if nash else "assign_gap", value=shown)


def _overview_table(view: View, plan: Plan) -> Table:
    w = view.words
    lines: list[tuple[Cell, ...]] = list(overview(view, plan))
    lines += [(w("assign_notes"), note) for note in notes(view, plan)]
    columns = (Column(w("item"), 30), Column(w("content"), 90))
    return Table(w("assign_sheet_overview"), columns, tuple(lines), w("assign_nothing"))


def assigned(view: View, plan: Plan) -> Table:
    """Return one row for every place; what a probability is worth stands after it."""
    w, problem = view.words, plan.problem
    columns = (
        Column(w("need_id"), 10), Column(w("need_title"), 24), Column(w("need_owner"), 18),
        Column(w("assign_place"), 8, "centre"), Column(w("capability_id"), 10),
        Column(w("capability_title"), 24), Column(w("capability_owner"), 20),
        Column(w("capability_kind"), 10, "centre"),
        *((Column(w("probability"), 9, "percent"), Column(w("grade"), 9, "centre"))
          if problem.calibrated else (Column(w("score"), 9, "number"),)),
        Column(w("assign_own_rank"), 10, "centre"), Column(w("assign_reason"), 44),
    )  # fmt: skip
    ranks = _ranks(problem)
    rows: list[tuple[Cell, ...]] = []
    for change in plan.needs:
        need = problem.needs[change.need]
        for place, pair in enumerate(change.got, start=1):
            match = problem.matches[pair]
            offer = match.capability
            quotes = match.evidence[0] if match.evidence else None
            reason = w("no_quotes") if quotes is None else w(
                "quote_pair", need_label=w("need_label"), capability_label=w("capability_label"),
                need=quotes.need.text.strip(ENDS), capability=quotes.capability.text.strip(ENDS),
            )  # fmt: skip
            rows.append((
                need.id, view.title(need), view.owner(need), place, offer.id, view.title(offer),
                view.owner(offer), kind_of(offer, w), number(problem.values[pair]),
                *((grade_of(match, w),) if problem.calibrated else ()), ranks[pair], reason,
            ))  # fmt: skip
    return Table(w("assign_sheet_assigned"), columns, tuple(rows), w("assign_nothing"))


def _ranks(problem: Problem) -> dict[int, int]:
    order = sorted(range(len(problem.rows)),
                   key=lambda n: (problem.rows[n], -problem.values[n], n))  # fmt: skip
    ranks: dict[int, int] = {}
    last, place = -1, 0
    for pair in order:
        place = place + 1 if problem.rows[pair] == last else 1
        last = int(problem.rows[pair])
        ranks[pair] = place
    return ranks


def changes(view: View, plan: Plan) -> Table:
    """Return one row for every need against its own list."""
    w, problem = view.words, plan.problem
    columns = (
        Column(w("need_id"), 10), Column(w("need_title"), 30), Column(w("need_owner"), 20),
        Column(w("assign_own_value"), 12, "number"), Column(w("assign_own_served"), 14, "number"),
        Column(w("assign_value"), 10, "number"), Column(w("assign_change"), 10, "number"),
        Column(w("assign_given_away"), 50),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for change in plan.needs:
        need = problem.needs[change.need]
        rows.append((
            need.id, view.title(need), view.owner(need), number(change.own_value),
            number(change.own_served), number(change.value), number(change.change),
            given_away(view, plan, change),
        ))  # fmt: skip
    return Table(w("assign_sheet_needs"), columns, tuple(rows), w("assign_nothing"))


def given_away(view: View, plan: Plan, change: NeedChange) -> str:
    """Return the first choices of a need that it did not get, by id and title."""
    offers = [plan.problem.matches[pair].capability for pair in change.own
              if pair not in change.got]  # fmt: skip
    return view.words.join(f"{offer.id} {view.title(offer, 30)}" for offer in offers)


def suppliers(view: View, plan: Plan) -> Table:
    """Return one row for every supplier that is a candidate."""
    w = view.words
    columns = (
        Column(w("assign_supplier"), 36), Column(w("assign_small"), 12, "centre"),
        Column(w("assign_asked"), 14, "centre"), Column(w("assign_given"), 12, "centre"),
        Column(w("assign_expected"), 14, "number"),
    )  # fmt: skip
    rows = tuple(
        (
            supplier_name(view, plan.problem, (party := plan.problem.suppliers[item.supplier])),
            small_word(party, w), item.asked, item.given, number(item.expected, 2),
        )
        for item in plan.exposures
    )  # fmt: skip
    return Table(w("assign_sheet_suppliers"), columns, rows, w("assign_nothing"))


def supplier_name(view: View, problem: Problem, supplier: Supplier) -> str:
    """Return a supplier as the reader may see it; one without an owner by its capability."""
    record = problem.capabilities[supplier.capabilities[0]]
    if record.organisation is None or record.confidentiality == "anonymous":
        return f"{view.owner(record)} · {record.id}"
    return view.owner(record)


def small_word(supplier: Supplier, words: Words) -> str:
    """Return whether a supplier is new or small, in a word."""
    code = {True: "yes", False: "no", None: "unknown"}[supplier.small]
    return words(f"assign_small_{code}")


def loads(view: View, plan: Plan) -> Table:
    """Return one row for every capability that is a candidate, the most asked first."""
    w, problem = view.words, plan.problem
    columns = (
        Column(w("capability_id"), 11), Column(w("capability_title"), 34),
        Column(w("capability_owner"), 26), Column(w("assign_asked"), 14, "centre"),
        Column(w("assign_capacity"), 12, "centre"), Column(w("assign_given"), 12, "centre"),
        Column(w("assign_load"), 14, "verdict"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    codes = []
    for load in most_asked(plan):
        record = problem.capabilities[load.capability]
        code = load_code(load)
        codes.append({"overloaded": "not_met", "room": "met"}.get(code, "not_stated"))
        rows.append((
            record.id, view.title(record), view.owner(record), load.asked,
            capacity_word(problem, load, w), load.given, w(f"assign_{code}"),
        ))  # fmt: skip
    return Table(
        w("assign_sheet_loads"), columns, tuple(rows), w("assign_nothing"), tuple(codes)
    )  # fmt: skip


def most_asked(plan: Plan) -> list[Load]:
    """Return the loads, the most asked first."""
    return sorted(plan.loads, key=lambda load: (-load.asked, -load.given, load.capability))


def load_code(load: Load) -> str:
    """Return ``overloaded``, ``full``, ``room`` or ``unused``."""
    if load.overloaded:
        return "overloaded"
    if not load.given:
        return "unused"
    return "full" if load.given >= load.capacity else "room"


def capacity_word(problem: Problem, load: Load, words: Words) -> str:
    """Return the capacity, marked where it is assumed."""
    stated = problem.capabilities[load.capability].capacity is not None
    return str(load.capacity) if stated else words("assign_capacity_assumed", n=load.capacity)


def told(view: View, conflict: Conflict) -> Told:
    """Return a conflict in words."""
    w = view.words
    by_kind: dict[str, list[int]] = {}
    limits: dict[str, list[int]] = {}
    for rule in conflict.rules:
        by_kind.setdefault(rule.kind, []).append(rule.number)
        limits.setdefault(rule.kind, []).append(rule.limit)
    rules = []
    for kind, numbers in by_kind.items():
        total = sum(limits[kind]) if kind == "capacity" else limits[kind][0]
        rules.append(w(
            f"assign_conflict_{kind}", n=total, share=conflict.problem.rules.small_share,
            names=_names(view, conflict.problem, kind, numbers),
        ))  # fmt: skip
    summed = w("assign_conflict_sum", wanted=conflict.wanted, possible=conflict.possible)
    ways = tuple(_way(view, conflict.problem, way) for way in conflict.relaxations)
    return Told(tuple(rules), summed, ways or (w("assign_no_way"),))


def _way(view: View, problem: Problem, way: Relaxation) -> str:
    numbers = [number for number, _ in way.parts]
    names = _names(view, problem, way.kind, numbers, dict(way.parts).__getitem__)
    return view.words(f"assign_way_{way.kind}", n=way.value, names=names)


def _names(
    view: View, problem: Problem, kind: str, numbers: Iterable[int],
    amount: Callable[[int], int] | None = None,
) -> str:  # fmt: skip
    found = []
    for item in numbers:
        if kind in ("at_least", "each"):
            record = problem.needs[item]
            name = f"{record.id} {view.title(record, 24)}"
        elif kind == "capacity":
            offer = problem.capabilities[item]
            name = f"{offer.id} {view.title(offer, 24)}"
        elif kind == "per_supplier":
            name = supplier_name(view, problem, problem.suppliers[item])
        else:
            continue
        if amount is not None and amount(item) > 1:
            name += f" ({amount(item)})"
        found.append(name)
    shown = view.words.join(found[:_NAMED])
    if len(found) <= _NAMED:
        return shown
    return view.words("assign_more_names", names=shown, n=len(found))


def _conflict_table(view: View, conflict: Conflict) -> Table:
    w, said = view.words, told(view, conflict)
    lines: list[tuple[Cell, ...]] = [
        *((w("assign_rule"), line) for line in said.rules),
        (w("assign_conflict"), said.summed),
        *((w("assign_way"), line) for line in said.ways),
    ]
    columns = (Column(w("item"), 28), Column(w("content"), 110))
    return Table(w("assign_sheet_conflict"), columns, tuple(lines), w("assign_nothing"))
