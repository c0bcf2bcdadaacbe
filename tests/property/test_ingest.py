"""Properties of reading: nothing crashes, nothing vanishes, what was written comes back."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.errors import MatcherError
from matcher.ingest import read_needs
from matcher.ingest.amounts import parse_money
from matcher.ingest.confidentiality import parse_confidentiality
from matcher.ingest.dates import parse_date
from matcher.ingest.delimited import decode
from matcher.ingest.lists import parse_codes, parse_count, parse_trl, split_text
from matcher.ingest.values import CellProblem, as_text, clean_text
from matcher.records import Money

MIXED = st.text(
    alphabet=st.one_of(
        st.sampled_from("高温压力传感器漂移大于℃≥，。、；：（）万元年月日一二三十—～"),
        st.sampled_from("abcXYZ 0123456789.,;:-/|%\"'\n\t$¥()"),
        st.characters(),
    ),
    max_size=60,
)
HEADERS = st.lists(
    st.sampled_from(
        ["需求编号", "需求名称", "主要问题", "预算（万元）", "完成期限", "TRL", "关键词", "备注"]
    ),
    min_size=1,
    max_size=8,
)
SCALARS = st.one_of(
    MIXED, st.integers(), st.floats(), st.booleans(), st.none(), st.dates(), st.datetimes()
)
WORDS = st.text(alphabet="高温传感器芯片abcSiC", min_size=1, max_size=12)


def read_bytes(data: bytes, name: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return read_needs(path)


@given(value=SCALARS)
@settings(deadline=None)
def test_cells_give_a_value_or_a_reason(value: Any) -> None:
    problems = []
    for parse in (parse_money, parse_date, parse_trl, parse_count, split_text):
        try:
            parse(value)
        except CellProblem as problem:
            problems.append(problem)
    assert all(problem.zh and problem.en for problem in problems)
    parse_codes(value, "fields")
    text = as_text(value)
    assert clean_text(text) == text
    text.encode("utf-8")


@given(
    cell=SCALARS,
    header=st.sampled_from(["是否保密", "密级", "是否公开", "是否匿名", "备注", "Visibility", ""]),
)
@settings(deadline=None)
def test_nothing_but_a_clear_answer_makes_a_record_public(cell: Any, header: str) -> None:
    given_public = {"公开", "public", "完全公开", "是", "否", "yes", "no", "y", "n", "1", "0"}
    given_public |= {"true", "false", "无", "none", "√", "✓", "✔", "☑"}
    try:
        answer = parse_confidentiality(cell, header)
    except CellProblem:
        return
    if answer == "public":
        assert any(word in as_text(cell).casefold() for word in given_public)


@given(low=st.integers(min_value=1, max_value=5000), high=st.integers(min_value=1, max_value=5000))
def test_amounts_come_back(low: int, high: int) -> None:
    low, high = sorted((low, high))
    assert parse_money(f"{low}-{high}万元") == Money(low=low * 10_000, high=high * 10_000)
    assert parse_money(f"{low}~{high}", "万元") == Money(low=low * 10_000, high=high * 10_000)
    assert parse_money(f"不低于{low}万") == Money(low=low * 10_000)
    assert parse_money(f"{high:,}万元以内") == Money(high=high * 10_000)


@given(day=st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_dates_come_back(day: date) -> None:
    for text in (
        day.isoformat(),
        f"{day:%Y/%m/%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.day} {day:%B} {day.year}",
    ):
        assert parse_date(text) == day
    month = parse_date(f"{day.year}年{day.month}月")
    assert month is not None
    assert month >= day


@given(text=MIXED.filter(lambda text: clean_text(text) != ""))
@settings(deadline=None)
def test_utf8_and_gb18030_decode_to_the_same_text(text: str) -> None:
    written = "需求名称,主要问题\n高温压力传感器的漂移问题," + text.replace("\0", "")
    written = written.encode("utf-8", "ignore").decode()
    assert decode(written.encode("utf-8"), "a") == written


@given(header=HEADERS, rows=st.lists(st.lists(MIXED, max_size=10), max_size=8))
@settings(deadline=None, max_examples=80)
def test_every_row_is_a_record_or_a_rejection(header: list[str], rows: list[list[str]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    # Not wider than the header, so that no row can pass for the second row of a merged one.
    writer.writerows([["需求名称", *header], *(row[: len(header) + 1] for row in rows)])
    data = out.getvalue().encode("utf-8", "ignore")
    batch = read_bytes(data, "a.csv")
    written = list(csv.reader(io.StringIO(data.decode(), newline="")))[1:]
    filled = [row for row in written if any(cell.strip() for cell in row)]
    heads = [row for row in filled if row[:1] == ["需求名称"]]
    assert len(filled) - len(heads) <= len(batch.records) + len(batch.rejections) <= len(filled)
    assert len({record.id for record in batch.records}) == len(batch.records)
    assert all(len(rejection.value) <= 80 for rejection in batch.rejections + batch.warnings)


@given(data=st.binary(max_size=400), name=st.sampled_from(["a.csv", "a.xlsx", "a.jsonl", "a.docx"]))
@settings(deadline=None)
def test_any_bytes_give_a_batch_or_a_sentence(data: bytes, name: str) -> None:
    with contextlib.suppress(MatcherError):
        read_bytes(data, name)


@given(
    titles=st.lists(WORDS, min_size=1, max_size=5),
    keywords=st.lists(WORDS, max_size=5, unique=True),
    money=st.integers(min_value=0, max_value=10**12),
)
@settings(deadline=None, max_examples=50)
def test_records_written_as_json_come_back(
    titles: list[str], keywords: list[str], money: int
) -> None:
    lines = [
        json.dumps({"title": title, "keywords": keywords, "budget": {"low": money, "high": money}})
        for title in titles
    ]
    first = read_bytes("\n".join(lines).encode(), "a.jsonl")
    again = "\n".join(record.model_dump_json() for record in first.records)
    second = read_bytes(again.encode(), "a.jsonl")
    assert first.records == second.records
    assert first.revision == second.revision
    assert not second.warnings
    assert not second.rejections
