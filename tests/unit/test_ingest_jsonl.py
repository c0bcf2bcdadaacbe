"""JSON Lines, JSON arrays and the BEIR layout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matcher.errors import InputError
from matcher.ingest import read_capabilities, read_needs


def test_keys_labels_and_nested_owner(tmp_path: Path) -> None:
    path = tmp_path / "needs.jsonl"
    lines = [
        {
            "id": "A-1",
            "title": "高温压力传感器",
            "budget": {"low": 100, "high": None},
            "cooperation_modes": ["licence", "合作开发"],
            "keywords": ["SiC", "a/b"],
            "organisation": {"name": "示例传感公司", "size": "小型", "aliases": ["示例传感"]},
        },
        {"需求名称": "Wireless node", "预算": "50万元", "技术领域": "物联网、传感器"},
    ]
    path.write_text("\n".join(json.dumps(x, ensure_ascii=False) for x in lines), encoding="utf-8")
    first, second = read_needs(path).records
    assert first.id == "A-1"
    assert second.id == "N0002"
    assert first.budget is not None
    assert (first.budget.low, first.budget.high) == (100, None)
    assert first.cooperation_modes == ("licence", "joint_development")
    assert first.keywords == ("SiC", "a/b")
    assert first.organisation is not None
    assert first.organisation.size == "small"
    assert second.fields == ("iot_wireless", "advanced_sensors")


def test_broken_line_is_rejected_and_others_go_on(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"title": "一"}\n{"title": \n\n["x"]\n{"title": NaN}\n{"title": "二\\ud800"}\n'
        + "[" * 100_000
        + "\n",
        encoding="utf-8",
    )
    batch = read_needs(path)
    assert [record.title for record in batch.records] == ["一", "二"]
    assert [rejection.row for rejection in batch.rejections] == [2, 4, 5, 7]
    assert all("JSON" in rejection.reason_zh for rejection in batch.rejections)


def test_array_and_printed_object(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"title": "一"}, 3, {"title": "Two"}]', encoding="utf-8")
    batch = read_needs(path)
    assert [record.title for record in batch.records] == ["一", "Two"]
    assert batch.rejections[0].row == 2
    path.write_text(json.dumps({"title": "一", "text": "正文"}, indent=2), encoding="utf-8")
    assert read_needs(path).records[0].problem == "正文"
    path.write_text('[{"title": "一"', encoding="utf-8")
    with pytest.raises(InputError, match="JSON array"):
        read_needs(path)


def test_only_broken_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("{broken\n{again\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 1"):
        read_needs(path)


def test_beir_folder(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "queries.jsonl").write_text(
        '{"_id": "q1", "text": "高温压力传感器", "metadata": {}}\n', encoding="utf-8"
    )
    (folder / "corpus.jsonl").write_text(
        '{"_id": "d1", "title": "SiC sensor", "text": "A sensor for 300 ℃", "metadata": {}}\n',
        encoding="utf-8",
    )
    needs, capabilities = read_needs(folder), read_capabilities(folder)
    assert (needs.records[0].id, needs.records[0].problem) == ("q1", "高温压力传感器")
    record = capabilities.records[0]
    assert (record.id, record.title, record.summary) == ("d1", "SiC sensor", "A sensor for 300 ℃")
    assert capabilities.source == "set"
    assert read_capabilities(folder / "corpus.jsonl").revision == capabilities.revision
