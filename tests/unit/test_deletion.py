"""The deletion test: the engine's own score, what is left out, what a user sees."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from cli_fixtures import SAMPLE

from matcher.cli import run
from matcher.encode import open_encoder
from matcher.evaluate.deletion import Rescorer, deletion_test, without
from matcher.evaluate.sets import JudgedSet, judged_set, read_judgments
from matcher.index.collection import encode_records
from matcher.rank.hub import load_background
from matcher.rank.ranker import Ranker
from matcher.rank.weights import shipped_weights
from matcher.records import Capability, Need
from matcher.results import Span


def sample() -> JudgedSet:
    return read_judgments(
        SAMPLE / "judgments.csv", SAMPLE / "needs.csv", SAMPLE / "capabilities.csv"
    )


def test_a_whole_record_is_scored_as_the_ranker_scores_it(prepared: Path) -> None:
    one, encoder = sample(), open_encoder()
    targets = encode_records("capability", one.capabilities, encoder)
    queries = encode_records("need", one.needs, encoder)
    background = load_background(encoder.fingerprint)
    ranker = Ranker(targets, queries, background, shipped_weights())
    scorer = Rescorer(ranker)
    every = np.arange(len(targets.records), dtype=np.int64)
    pairs = set()
    for number in range(0, len(one.needs), 9):
        for hit in ranker.rank(queries, number, [every])[:5]:
            score = scorer.score(queries, number, targets, hit.row, hit.row)
            assert score == pytest.approx(hit.score, abs=1e-5)
            pairs.add(hit.pair)
    assert pairs == {"within", "across"}


def test_a_piece_is_taken_out_of_its_own_field_only() -> None:
    record = Capability(id="C", title="芯片", summary="耐高温。 Long life. 可供货。")
    shorter = without(record, Span("summary", 5, 15, "Long life."))
    assert (shorter.title, shorter.summary) == ("芯片", "耐高温。 可供货。")
    assert without(record, Span("title", 0, 2, "芯片")).title == ""


def test_most_quotes_of_the_sample_carry_their_match(prepared: Path) -> None:
    one, encoder, weights = sample(), open_encoder(), shipped_weights()
    result = deletion_test(one, encoder, weights, needs=30)
    assert result.needs == 30
    assert result.count() == result.count(True) + result.count(False) > 40
    share = result.share()
    assert share is not None
    assert share >= 0.75
    for deletion in result.deletions:
        assert deletion.quoted != deletion.other
    assert deletion_test(one, encoder, weights, needs=30) == result


def test_a_record_of_one_sentence_is_left_out_and_counted(prepared: Path) -> None:
    needs = [Need(id=f"N{i}", problem=text) for i, text in enumerate(
        ["液压泵在高温下漏油，需要耐200℃的密封圈", "Hydraulic pumps leak and need seals for 200 °C"]
    )]  # fmt: skip
    texts = ["用于液压泵的耐高温密封圈，耐温230℃。", "Seals for hydraulic pumps that stand 230 °C."]
    offers = [Capability(id=f"C{i}", summary=text) for i, text in enumerate(texts)]
    one = judged_set("one", needs, offers, {"N0": {"C0": 1}, "N1": {"C1": 1}})
    result = deletion_test(one, open_encoder(), shipped_weights())
    assert result.count() == 0
    assert result.share() is None
    assert result.single > 0
    assert "—" in result.row()


def test_the_figures_as_a_table_and_as_json(
    tmp_path: Path, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = {
        "d1": "压阻芯片可在 250 ℃ 下长期测量井下压力。采用绝缘硅衬底。已供货三千只。",
        "d2": "低铂催化剂用于质子交换膜燃料电池。寿命五千小时。可放大到公斤级。",
        "d3": "Recordings of eleven dialects train speech recognisers. Files are in wav format.",
    }
    queries = {
        "q1": "井下需要能耐 200 ℃ 的压力测量芯片",
        "q2": "We look for dialect recordings to train speech recognisers",
    }
    place = tmp_path / "toy"
    place.mkdir()
    for name, texts in (("corpus", corpus), ("queries", queries)):
        lines = [json.dumps({"_id": i, "title": "", "text": x}) for i, x in texts.items()]
        (place / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (place / "qrels.tsv").write_text("q1\td1\t1\nq2\td3\t1\n", encoding="utf-8")
    command = ["evaluate", "--deletion", str(place)]
    assert run([*command, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["deletion"]["toy"]
    assert figures["needs"] == 2
    assert figures["all"]["quotes"] == figures["relevant"]["quotes"] + figures["others"]["quotes"]
    assert figures["relevant"] == {"quotes": 2, "passed": 1.0}
    assert run([*command, "--lang", "en"]) == 0
    shown = capsys.readouterr().out
    assert "A quote passes when" in shown
    assert "1.000" in shown
