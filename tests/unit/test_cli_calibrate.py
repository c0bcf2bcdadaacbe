"""``matcher calibrate``, the figures of ``matcher evaluate`` on doubt, and masked settings."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from cli_fixtures import SAMPLE, Called

from matcher import settings

pytestmark = pytest.mark.usefixtures("prepared")


@pytest.fixture
def own_model() -> object:
    """Take what is calibrated here away again: every test shares the prepared home."""
    yield
    shutil.rmtree(settings.home() / "model", ignore_errors=True)


def decisions(target: Path) -> Path:
    with (SAMPLE / "judgments.csv").open(encoding="utf-8-sig", newline="") as file:
        right = [(row["need_id"], row["capability_id"]) for row in csv.DictReader(file)]
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["需求编号", "成果编号", "决定", "原因"])
        for number, (need, capability) in enumerate(right):
            writer.writerow([need, capability, "接受", ""])
            other = right[(number + 9) % len(right)][1]
            if (need, other) not in right:
                writer.writerow([need, other, "婉拒", "不相关"])
            writer.writerow([need, "C999", "以后再说", ""])
    return target


@pytest.mark.usefixtures("own_model")
def test_own_decisions_calibrate_and_are_taken_back(called: Called, tmp_path: Path) -> None:
    files = [decisions(tmp_path / "决定.csv"), SAMPLE / "needs.csv", SAMPLE / "capabilities.csv"]
    done = called("calibrate", *files)
    assert done.returncode == 0, done.stderr
    assert "同一语言：接受" in done.stdout
    assert "自有曲线占 100%" in done.stdout
    assert "learned-001" in done.stdout
    back = called("calibrate", "--undo")
    assert "learned-001" not in back.stdout
    again = called("calibrate", "--undo")
    assert again.returncode == 2
    assert "撤销" in again.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["a.csv", "b.csv"], ["--judged"], ["--undo", "--reset"], ["--undo", "x.csv"]]
)
def test_calibrate_says_what_is_missing(called: Called, arguments: list[str]) -> None:
    done = called("calibrate", *arguments)
    assert done.returncode == 2
    assert "请" in done.stderr or "只能单独使用" in done.stderr


def test_a_shipped_calibration_is_fitted_on_judged_data(called: Called, tmp_path: Path) -> None:
    target, picture = tmp_path / "calibration.json", tmp_path / "图.png"
    done = called(
        "calibrate", "--judged", "--judgments", SAMPLE / "judgments.csv", "-o", target,
        "--plot", picture, "--lang", "en",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    stored = json.loads(target.read_text("utf-8"))
    assert set(stored["pairs"]) == {"within", "across"}
    assert 0 < stored["threshold"] < 1
    assert stored["fitted_on"][0]["set"] == "judgments"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.glob("*.part"))


def test_evaluate_tells_how_far_to_believe(called: Called) -> None:
    done = called("evaluate", "--judgments", SAMPLE / "judgments.csv", "--json")
    (figures,) = json.loads(done.stdout)["sets"].values()
    assert 0 <= figures["ece"] <= 0.2
    assert figures["abstention"]["kept"] > 0.8
    table = called("evaluate", "--judgments", SAMPLE / "judgments.csv").stdout
    assert "turned away" in table


def test_twins_in_two_languages_are_compared(called: Called) -> None:
    done = called("evaluate", "--bilingual", SAMPLE / "needs_bilingual.csv")
    assert done.returncode == 0, done.stderr
    assert "N001-EN" in done.stdout
    data = json.loads(
        called("evaluate", "--bilingual", SAMPLE / "needs_bilingual.csv", "--json").stdout
    )
    assert len(data["pairs"]) == 12
    assert data["mean"]["overlap@10"] > 0.5


def test_settings_do_not_show_a_password(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLEYMATCH_DATABASE", "postgresql+psycopg://office:geheim@db/alleymatch")
    for arguments in ([], ["--json"]):
        done = called("settings", *arguments)
        assert "geheim" not in done.stdout + done.stderr
        assert "office:***@db" in done.stdout
