"""Evaluation: measures with known answers, honest baselines, what a user sees."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest

from matcher.cli import run
from matcher.errors import InputError
from matcher.evaluate.baselines import ordered
from matcher.evaluate.evaluation import overlap
from matcher.evaluate.measures import interval, p_value, per_query
from matcher.evaluate.sets import read_set

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
EVAL = Path(os.environ.get("ALLEYMATCH_EVAL", Path(__file__).parents[3] / "shared" / "eval"))
CORPUS = {
    "d1": ("耐高温压力芯片", "SOI 压阻芯片可在 250 ℃ 下长期测量压力。"),
    "d2": ("燃料电池催化剂", "低铂催化剂用于质子交换膜燃料电池。"),
    "d3": (
        "Speech corpus",
        "Recordings of eleven dialects with transcripts for training recognisers.",
    ),
    "d4": ("Bridge monitoring", "Fibre-optic tiltmeters watch bridges and dams for years."),
}
QUERIES = {
    "q1": "井下需要能耐 200 ℃ 的压力传感芯片",
    "q2": "We look for dialect recordings to train a speech recogniser",
    "q3": "没有评判的需求",
}


def folder(place: Path, qrels: str = "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td3\t2\n") -> Path:
    place.mkdir()
    documents = [{"_id": i, "title": t, "text": x} for i, (t, x) in CORPUS.items()]
    queries = [{"_id": i, "text": x} for i, x in QUERIES.items()]
    for name, rows in (("corpus", documents), ("queries", queries)):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (place / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    (place / "qrels.tsv").write_text(qrels, encoding="utf-8")
    return place


def test_a_query_without_results_counts_as_zero() -> None:
    qrels = {"q1": {"d1": 1}, "q2": {"d2": 1}, "q3": {"d3": 1}}
    found = {"q1": ordered(["d1", "d9"]), "q2": ordered(["d9", "d2"])}
    values = per_query(qrels, found, ["q1", "q2", "q3"])
    assert values["ndcg@10"] == pytest.approx([1, 1 / np.log2(3), 0])
    assert values["mrr"] == pytest.approx([1, 0.5, 0])
    assert values["recall@10"] == pytest.approx([1, 1, 0])


def test_the_bootstrap_sees_a_difference_and_sees_none() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 200)
    assert p_value(noise + 0.1, np.zeros(200)) < 0.01
    assert p_value(noise - noise.mean(), np.zeros(200)) > 0.9
    assert p_value(noise, noise) == 1.0
    low, high = interval(noise)
    assert low < noise.mean() < high
    assert interval(noise) == (low, high)


def test_overlap_is_the_share_of_the_need_that_the_text_has() -> None:
    assert overlap("压力芯片", "压力芯片的封装") == 1.0
    assert overlap("压力芯片", "speech corpus") == 0.0
    assert overlap("", "压力") == 0.0


def test_both_beir_layouts_are_read_and_only_judged_needs_count(tmp_path: Path) -> None:
    flat = read_set(folder(tmp_path / "flat"))
    nested = folder(tmp_path / "nested")
    (nested / "qrels").mkdir()
    (nested / "qrels.tsv").rename(nested / "qrels" / "test.tsv")
    assert [need.id for need in flat.needs] == ["q1", "q2"]
    assert read_set(nested).qrels == flat.qrels
    trec = folder(tmp_path / "trec", "q1\t0\td1\t1\nq2\t0\td3\t0\n")
    assert [need.id for need in read_set(trec).needs] == ["q1"]


@pytest.mark.parametrize(
    ("qrels", "told"),
    [
        ("q1\td9\t1\n", "对不上"),
        ("h\th\th\nq1\td1\n", "第 2 行"),
    ],
)
def test_bad_judgements_are_told_in_a_sentence(tmp_path: Path, qrels: str, told: str) -> None:
    with pytest.raises(InputError) as raised:
        read_set(folder(tmp_path / "bad", qrels))
    assert told in raised.value.zh


def test_a_folder_without_judgements_is_refused(
    tmp_path: Path, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = folder(tmp_path / "set")
    (place / "qrels.tsv").unlink()
    assert run(["evaluate", str(place)]) == 2
    assert "qrels.tsv" in capsys.readouterr().err
    assert run(["evaluate"]) == 2
    assert "--judgments" in capsys.readouterr().err


def test_the_figures_as_json(
    tmp_path: Path, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = folder(tmp_path / "toy")
    assert run(["evaluate", str(place), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    figures = data["sets"]["toy"]
    assert figures["ndcg@10"] == figures["mrr"] == figures["recall@10"] == 1.0
    assert set(figures["baselines"]) == {"bm25", "encoder", "rrf"}
    assert figures["strata"]["language"] == {"en→en": 1.0, "zh→zh": 1.0}
    assert (figures["queries"], figures["documents"]) == (2, 4)
    assert data["encoder"]
    assert data["weights"]


def test_merging_keeps_equal_ids_apart_and_equal_documents_together(
    tmp_path: Path, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = folder(tmp_path / "one"), folder(tmp_path / "other")
    corpus = other / "corpus.jsonl"
    lines = corpus.read_text(encoding="utf-8").splitlines()
    changed = json.dumps({"_id": "d4", "title": "Tunnel lining", "text": "Sprayed concrete."})
    corpus.write_text("\n".join([*lines[:3], changed]) + "\n", encoding="utf-8")
    assert run(["evaluate", str(one), str(other), "--merge", "--json"]) == 0
    sets = json.loads(capsys.readouterr().out)["sets"]
    assert [sets[name]["documents"] for name in ("one", "other")] == [5, 5]
    assert [sets[name]["ndcg@10"] for name in ("one", "other")] == [1.0, 1.0]


def test_the_users_own_judgements_and_the_files_for_reading_errors(
    tmp_path: Path, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judgments = str(SAMPLE / "judgments.csv")
    assert run(["evaluate", "--judgments", judgments, "-o", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    assert "judgments" in shown
    assert "zh→en" in shown
    table = (tmp_path / "out" / "evaluation.md").read_text(encoding="utf-8")
    assert table.startswith("| set |")
    rows = [
        json.loads(line)
        for line in (tmp_path / "out" / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    with (SAMPLE / "judgments.csv").open(encoding="utf-8-sig") as file:
        assert {row["query"] for row in rows} == {row["need_id"] for row in csv.DictReader(file)}
    ours = np.mean([row["alleymatch"]["ndcg@10"] for row in rows])
    for rival in ("bm25", "encoder", "rrf"):
        assert ours > np.mean([row[rival]["ndcg@10"] for row in rows])


def test_two_sets_of_one_name_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = folder(tmp_path / "a" / "x"), folder(tmp_path / "b" / "x")
    assert run(["evaluate", str(one), str(other)]) == 2
    assert "同名" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (("DIR", "--needs", "n.csv"), ("--needs", "--judgments")),
        (("DIR", "--capabilities", "c.csv"), ("--capabilities", "--bilingual")),
        (("--bilingual", "t.csv", "--merge"), ("--bilingual", "--merge")),
        (("DIR", "--bilingual", "t.csv"), ("--bilingual", "DIR")),
        (("DIR", "--deletion", "-o", "out"), ("--deletion", "--output")),
        (("DIR", "--deletion", "--merge"), ("--deletion", "--merge")),
        (("DIR", "--deletion", "--simulate-decisions"), ("--simulate-decisions", "--deletion")),
    ],
)
def test_what_would_be_ignored_is_refused(
    given: tuple[str, ...], named: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", *given]) == 2
    told = capsys.readouterr().err
    assert all(name in told for name in named)


def test_the_background_is_computed_by_a_command(
    tmp_path: Path, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = tmp_path / "pairs.jsonl"
    rows = [
        {"source": "problem", "need": QUERIES["q1"], "capability": CORPUS["d1"][1]},
        {"source": "title", "need": "燃料电池催化剂", "capability": CORPUS["d2"][1]},
    ]
    pairs.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    target = tmp_path / "background.npz"
    sets = str(folder(tmp_path / "set"))
    assert run(["encoder", "background", str(pairs), sets, "-o", str(target)]) == 0
    shown = capsys.readouterr().out.split()
    assert shown[:3] == ["capability", "en", "2"]
    with np.load(target, allow_pickle=False) as stored:
        slots = [tuple(slot) for slot in json.loads(str(stored["slots"]))]
        assert ("record", "need", "en") in slots
        assert stored["means"].shape == (len(slots), 384)
        assert stored["covariance"].shape == (384, 384)
    pairs.write_text("not json\n", "utf-8")
    assert run(["encoder", "background", str(pairs), "-o", str(target)]) == 2
    assert "pairs.jsonl" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(not EVAL.is_dir(), reason=f"the evaluation sets are not here ({EVAL.name})")
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("problem_zh", 0.885), ("intro_zh", 0.86), ("intro_zh2en", 0.74),
        ("abstract_en2zh", 0.97), ("sbir_en", 0.74),
    ],
)  # fmt: skip
def test_the_ranking_beats_its_rivals_on_real_judged_sets(
    name: str, least: float, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", str(EVAL / name), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["sets"][name]
    assert figures["ndcg@10"] >= least
    assert figures["ece"] <= 0.05
    assert figures["abstention"]["ece"] <= 0.05
    for rival in figures["baselines"].values():
        assert figures["ndcg@10"] > rival["ndcg@10"]
        assert rival["p"] < 0.05
