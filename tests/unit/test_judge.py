"""Judging in the terminal: one key a pair, saved at once, resumed where it stopped."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from cli_fixtures import Called, Done

from matcher.evaluate.sets import read_judgments


@pytest.fixture
def judged(
    called: Called, prepared: Path, tmp_path: Path, needs_file: Path, capabilities_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Called:  # fmt: skip
    def call(keys: object, *options: object) -> Done:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{key}\n" for key in str(keys))))
        return called("judge", needs_file, capabilities_file, "-o", tmp_path / "j.csv", *options)

    return call


def rows(tmp_path: Path) -> list[list[str]]:
    with (tmp_path / "j.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_answers_are_saved_and_the_next_run_goes_on(judged: Called, tmp_path: Path) -> None:
    done = judged("03xq", "--pairs", 4)
    assert done.returncode == 0
    assert "已评判 2 对，共 4 对" in done.stdout
    first = rows(tmp_path)
    assert first[0] == ["need_id", "capability_id", "grade"]
    assert [row[2] for row in first[1:]] == ["0", "3"]
    done = judged("21", "--pairs", 4, "--lang", "en")
    assert "4 of 4 pairs are judged" in done.stdout
    second = rows(tmp_path)
    assert second[:3] == first
    assert len({(row[0], row[1]) for row in second[1:]}) == 4
    assert "again" not in judged("", "--pairs", 4, "--lang", "en").stdout


def test_back_corrects_and_skip_leaves_open(judged: Called, tmp_path: Path) -> None:
    judged("0b2s1q", "--pairs", 3)
    assert [row[2] for row in rows(tmp_path)[1:]] == ["2", "1"]
    assert "3 / 3" not in judged("q", "--pairs", 3).stdout


def test_both_sides_are_shown_and_the_file_can_be_evaluated(
    judged: Called, tmp_path: Path, needs_file: Path, capabilities_file: Path
) -> None:  # fmt: skip
    shown = judged("3" * 12, "--pairs", 12).stdout
    assert shown.count("需求 N") == 12
    assert "成果 C" in shown
    assert "摘·需求" in shown
    assert "名次" not in shown
    one = read_judgments(tmp_path / "j.csv", needs_file, capabilities_file)
    assert sum(len(grades) for grades in one.qrels.values()) == 12


def test_the_order_depends_on_the_seed_alone(judged: Called, tmp_path: Path) -> None:
    same = [judged("q", "--seed", seed).stdout for seed in (0, 0, 1)]
    assert same[0] == same[1] != same[2]


def test_private_and_anonymous_records_keep_their_secrets(judged: Called) -> None:
    plain = judged("s" * 200, "--pairs", 200).stdout
    with_private = judged("s" * 200, "--pairs", 200, "--include-private").stdout
    assert "N025" not in plain
    assert "N025" in with_private
    for text in (plain, with_private):
        assert "N004" in text


def test_standard_input_is_for_the_answers(called: Called, needs_file: Path) -> None:
    assert called("judge", "-", needs_file, "-o", "j.csv").returncode == 2
