"""Lists: every filter, a stable order, pages that neither repeat nor lose a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from store_fixtures import TODAY, batch, capability, need, owner

from matcher import records
from matcher.store import Store
from matcher.store.columns import utcnow
from matcher.store.derived import sort_form
from matcher.store.importing import import_records
from matcher.store.listing import ORDERS, Filters, count_by, list_page, select_list
from matcher.store.models import Capability, Need
from matcher.store.viewers import Viewer

STAFF = Viewer(1, None, frozenset({"administrator"}))
NEEDS = (
    need("N1", title="耐高温传感器", fields=("advanced_sensors", "new_materials"), trl_min=4,
         organisation=owner("示例甲公司", district="陕西省西安市"), valid_until=TODAY,
         budget=records.Money(low=1, high=9)),
    need("N2", title="Ａｎｔｉ-Corrosion COATING", problem="100% 防腐_涂层", kind="product",
         fields=("new_materials",), trl_min=7, regions=("Shaanxi 陕西",),
         valid_until=TODAY + timedelta(days=30), budget=records.Money(low=5)),
    need("N3", title="数据平台", status="draft", confidentiality="private", kind="scenario",
         keywords=("隐私计算",), valid_until=TODAY - timedelta(days=1)),
    need("N4", title="阿尔法电机", status="closed", trl_min=None, budget=records.Money(high=3)),
)  # fmt: skip


@pytest.fixture
def filled(store: Store) -> Iterator[Store]:
    with store.writing() as session:
        import_records(session, batch(NEEDS), None, "a.xlsx")
        import_records(session, batch([capability(trl=5), capability("C2", trl=9)]), None, "b.xlsx")
    return store


CASES: list[tuple[dict[str, Any], str]] = [
    ({}, "N1 N2 N3 N4"),
    ({"field": "new_materials"}, "N1 N2"),
    ({"field": "advanced_sensors"}, "N1"),
    ({"field": "new_material"}, ""),
    ({"field": '"new_materials"'}, ""),
    ({"kind": "product"}, "N2"),
    ({"status": "draft"}, "N3"),
    ({"confidentiality": "private"}, "N3"),
    ({"trl_low": 5}, "N2"),
    ({"trl_low": 4, "trl_high": 4}, "N1"),
    ({"trl_high": 10**30}, "N1 N2"),
    ({"trl_low": -(10**30)}, "N1 N2"),
    ({"region": "西安"}, "N1"),
    ({"region": " 陕西 "}, "N1 N2"),
    ({"region": "SHAANXI"}, "N2"),
    ({"expiring_within": 0}, "N1"),
    ({"expiring_within": 30}, "N1 N2"),
    ({"expiring_within": 10**12}, "N1 N2"),
    ({"expiring_within": -5}, "N1"),
    ({"text": "传感器"}, "N1"),
    ({"text": "anti-corrosion"}, "N2"),
    ({"text": "涂层 coating"}, "N2"),
    ({"text": "涂层 传感器"}, ""),
    ({"text": "100%"}, "N2"),
    ({"text": "腐_涂"}, "N2"),
    ({"text": "_"}, "N2"),
    ({"text": "\\"}, ""),
    ({"text": "\x00"}, ""),
    ({"text": "'; DROP TABLE needs; --"}, ""),
    ({"text": "隐私计算"}, "N3"),
    ({"text": "示例甲"}, "N1"),
    ({"text": "n4"}, "N4"),
    ({"text": "长" * 60_000}, ""),
    ({"region": "长" * 60_000}, ""),
    ({"text": "传感器 " * 50}, "N1"),
    ({"organisation_id": 1}, "N1"),
    ({"organisation_id": 10**30}, ""),
    ({"import_id": 1}, "N1 N2 N3 N4"),
    ({"import_id": 2}, ""),
    ({"archived": True}, ""),
]


def test_filters(filled: Store) -> None:
    with filled.reading() as session:
        for changes, expected in CASES:
            page = list_page(session, Need, STAFF, Filters(**changes), "code", today=TODAY)
            assert " ".join(row.code for row in page.rows) == expected, changes
            assert page.total == len(page.rows)


def test_published_is_what_has_no_end_or_a_later_one(store: Store) -> None:
    ends = {"N1": None, "N2": TODAY, "N3": TODAY - timedelta(days=1)}
    with store.writing() as session:
        offers = [need(code, valid_until=day, status="published") for code, day in ends.items()]
        import_records(session, batch(offers), None, "a.xlsx")
    with store.reading() as session:
        for status, expected in (("published", {"N1", "N2"}), ("expired", {"N3"})):
            query = select_list(Need, STAFF, Filters(status=status), TODAY)
            assert {row.code for row in session.scalars(query).unique()} == expected


def test_capabilities_are_filtered_by_their_own_trl(filled: Store) -> None:
    with filled.reading() as session:
        page = list_page(session, Capability, STAFF, Filters(trl_low=6))
    assert [row.code for row in page.rows] == ["C2"]


ORDERED = {
    "code": "N1 N2 N3 N4",
    # Latin letters, then Chinese by pinyin: a, nai, shu.
    "title": "N2 N4 N1 N3",
    "trl": "N1 N2 N3 N4",
    "valid_until": "N3 N1 N2 N4",
    "money": "N4 N1 N2 N3",
    "kind": "N2 N3 N1 N4",
    "status": "N4 N3 N1 N2",
    "-code": "N4 N3 N2 N1",
    "-trl": "N2 N1 N4 N3",
    "no such order": "N4 N3 N2 N1",
}


def test_orders_and_what_has_no_value_comes_last(filled: Store) -> None:
    with filled.reading() as session:
        for order, expected in ORDERED.items():
            page = list_page(session, Need, STAFF, order=order)
            assert " ".join(row.code for row in page.rows) == expected, order
        for name in ORDERS:
            for model in (Need, Capability):
                assert list_page(session, model, STAFF, order=f"-{name}").total > 1


def test_chinese_titles_stand_in_the_order_of_their_pinyin() -> None:
    names = ["Alpha", "beta", "阿", "波", "传感器", "电机", "耐高温", "数据", "陶瓷", "中试"]
    assert sorted(names, key=sort_form) == names
    assert sort_form("Ａlpha") == sort_form(" alpha ")
    assert sort_form("\ud800")


def test_pages_neither_repeat_nor_lose_a_row(store: Store) -> None:
    offers = [need(f"N-{i}", title="同名") for i in range(95)]
    with store.writing() as session:
        import_records(session, batch(offers), None, "a.xlsx")
        session.execute(update(Need).values(updated_at=utcnow()))
    with store.reading() as session:
        for order in ("-updated", "updated", "title", "trl", "-money"):
            pages = [list_page(session, Need, STAFF, order=order, number=n, size=20)
                     for n in range(1, 6)]  # fmt: skip
            assert [len(page.rows) for page in pages] == [20, 20, 20, 20, 15]
            assert {(page.total, page.count) for page in pages} == {(95, 5)}
            codes = [row.code for page in pages for row in page.rows]
            assert sorted(codes) == sorted(record.id for record in offers)
        for number, found in ((0, 1), (-7, 1), (6, 5), (10**30, 5)):
            assert list_page(session, Need, STAFF, number=number, size=20).number == found
        assert list_page(session, Need, STAFF, Filters(text="没有"), number=3).number == 1


def test_rows_are_counted_by_value(filled: Store) -> None:
    with filled.reading() as session:
        query = select_list(Need, STAFF, Filters(), date.today())
        assert count_by(session, query, Need.status) == {"closed": 1, "draft": 1, "published": 2}
