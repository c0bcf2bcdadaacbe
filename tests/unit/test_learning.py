"""Learning from decisions: what teaches, what it changes, and how it is taken back."""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from cli_fixtures import Called, write_csv
from engine_fixtures import SAMPLE, LetterEncoder, capability, need

from matcher import settings
from matcher.encode import open_encoder
from matcher.engine import Matcher
from matcher.errors import InputError
from matcher.evaluate import simulation
from matcher.evaluate.measures import per_query
from matcher.evaluate.sets import read_judgments
from matcher.evaluate.simulation import simulate
from matcher.index.collection import encode_records
from matcher.ingest.decisions import Decision
from matcher.rank import versions
from matcher.rank.learning import Lesson, learn, save
from matcher.rank.weights import load_weights, shipped_weights
from matcher.rank.wording import basis, changes, moved, unused

TODAY = date(2026, 11, 22)
ENCODER = LetterEncoder()
NEEDS = encode_records(
    "need",
    [
        need("高温压力传感器芯片", "N1"),
        need("液压密封圈漏油", "N2"),
        need("Seal rings wanted", "N3"),
    ],
    ENCODER,
)
CAPABILITIES = encode_records(
    "capability",
    [
        capability("高温压力传感器", "C1"),
        capability("压力容器的高温焊接", "C2"),
        capability("液压密封圈", "C3"),
        capability("漏油检测", "C4"),
        capability("Seal rings for hydraulic pumps", "C5"),
        capability("A study of seals and other sea mammals", "C6"),
    ],
    ENCODER,
)
#: Against the ranking, which puts the same words first.
DECISIONS = [
    Decision("N1", "C2", "accept"),
    Decision("N1", "C1", "decline", "irrelevant"),
    Decision("N2", "C4", "accept"),
    Decision("N2", "C3", "decline", "irrelevant"),
    Decision("N3", "C5", "accept"),
    Decision("N3", "C6", "decline", "irrelevant"),
]
SILENT = [
    Decision("N1", "C3", "decline", "price"),
    Decision("N1", "C4", "later"),
    Decision("N2", "C1", "decline"),
    Decision("N2", "C2", "decline", "immature"),
]


def taught(decisions: list[Decision]) -> Lesson:
    return learn(decisions, NEEDS, CAPABILITIES, ENCODER, shipped_weights())


def test_without_anything_to_compare_the_shipped_weights_stay() -> None:
    for decisions in ([], SILENT, [d for d in DECISIONS if d.code == "accept"]):
        lesson = taught(decisions)
        assert lesson.learned.pairs == shipped_weights().pairs
        assert lesson.learned.comparisons == 0
        assert lesson.moves == ()


def test_what_is_silent_changes_nothing_and_order_does_not_matter() -> None:
    lesson = taught(DECISIONS)
    assert lesson.learned.comparisons == 3
    assert lesson.learned.pairs != shipped_weights().pairs
    assert taught([*SILENT, *DECISIONS]).learned.pairs == lesson.learned.pairs
    assert taught(DECISIONS[::-1]).learned == lesson.learned
    assert taught([*SILENT, *DECISIONS]).counts == {
        "accept": 3, "irrelevant": 3, "graded": 0, "immature": 1, "later": 1, "no_reason": 1,
        "price": 1,
    }  # fmt: skip


def test_the_latest_decision_counts_and_unknown_records_are_named() -> None:
    revoked = [*DECISIONS[:2], Decision("N1", "C2", "later")]
    assert taught(revoked).learned.comparisons == 0
    assert taught([Decision("N9", "C1", "accept")]).unknown == (("N9", "C1"),)


def test_what_changed_is_said_in_both_languages() -> None:
    lesson = taught([*DECISIONS, *SILENT])
    chinese, english = changes(lesson, "zh"), changes(lesson, "en")
    assert len(chinese) == len(english)
    assert any("词面相同的内容少算" in sentence for sentence in chinese)
    assert any(re.search(r"shared words count \d+ % less", sentence) for sentence in english)
    assert "3 条接受、3 条“不相关”" in basis(lesson, "zh")
    assert "3 accepted, 3 declined as irrelevant" in basis(lesson, "en")
    assert "价格不合 1 条" in unused(lesson.counts, "zh")
    assert changes(taught([]), "zh") == ["这些决定与原有排序一致，几乎没有变化。"]
    for move in lesson.moves:
        assert move.need_id in moved(move, "zh")
        assert f"{move.before} → {move.after}" in moved(move, "en")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own: what is learned in a test must not reach another."""
    monkeypatch.setenv("ALLEYMATCH_HOME", str(tmp_path / "home"))
    return versions.model_folder(settings.home())


def test_versions_are_kept_and_taken_back_byte_for_byte(folder: Path) -> None:
    assert load_weights() == shipped_weights()
    first = save(taught(DECISIONS[:2]), shipped_weights(), folder, ENCODER, TODAY)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    weights = load_weights()
    assert weights.version.startswith(f"{shipped_weights().version}+learned-001-")
    assert weights.pairs == taught(DECISIONS[:2]).learned.pairs

    second = save(taught(DECISIONS), shipped_weights(), folder, ENCODER, TODAY)
    stored = json.loads(second.read_bytes())
    assert (stored["previous"], stored["based_on"]) == (first.name, shipped_weights().version)
    assert stored["decisions"]["accept"] == 3
    assert load_weights().pairs == taught(DECISIONS).learned.pairs

    assert versions.undo(folder) == first.name
    assert load_weights() == weights
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert versions.kept(folder) == [first, second]
    versions.reset(folder)
    assert load_weights() == shipped_weights()
    versions.undo(folder)
    assert load_weights() == weights
    third = save(taught(DECISIONS), shipped_weights(), folder, ENCODER, TODAY)
    assert third.name == "learned-003.json"
    for _ in range(2):
        versions.undo(folder)
    assert load_weights() == shipped_weights()
    with pytest.raises(InputError):
        versions.undo(folder)
    assert len(versions.kept(folder)) == 3


@pytest.mark.parametrize("damage", ["based_on", "cut", "gone"])
def test_weights_that_do_not_fit_are_left_aside_with_a_note(
    damage: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = save(taught(DECISIONS), shipped_weights(), folder, ENCODER, TODAY)
    text = path.read_text(encoding="utf-8")
    if damage == "based_on":
        path.write_text(text.replace(shipped_weights().version, "2025.01-0"), encoding="utf-8")
    elif damage == "cut":
        path.write_text(text[:100], encoding="utf-8")
    else:
        path.unlink()
    weights = load_weights()
    assert weights.pairs == shipped_weights().pairs
    assert weights.version == f"{shipped_weights().version} (learned-001 not used)"
    assert "matcher learn" in caplog.text


def test_weights_learned_with_another_encoder_are_left_aside(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save(taught(DECISIONS), shipped_weights(), folder, ENCODER, TODAY)
    mine = Matcher(CAPABILITIES.records, encoder=ENCODER)
    assert "+learned-001-" in mine.weights.version
    assert "another encoder" not in caplog.text
    other = Matcher(CAPABILITIES.records, encoder=LetterEncoder("letters-2"))
    assert other.weights.pairs == shipped_weights().pairs
    assert other.weights.version == f"{shipped_weights().version} (learned-001 not used)"
    assert "another encoder" in caplog.text


def test_nothing_to_compare_is_not_saved(folder: Path) -> None:
    with pytest.raises(InputError) as raised:
        save(taught(SILENT), shipped_weights(), folder, ENCODER, TODAY)
    assert "不相关" in raised.value.zh
    assert not folder.exists()


@pytest.fixture
def own_home(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (home / "encoder").symlink_to(prepared / "encoder", target_is_directory=True)
    monkeypatch.setenv("ALLEYMATCH_HOME", str(home))
    return home


def test_the_command_learns_shows_and_takes_back(
    called: Called, own_home: Path, tmp_path: Path, needs_file: Path, capabilities_file: Path
) -> None:
    columns = ("需求编号", "成果编号", "决定", "原因")
    rows = [
        ("N001", "C001", "接受", ""), ("N001", "C012", "婉拒", "不相关"),
        ("N001", "C016", "婉拒", "价格不合"), ("N999", "C001", "接受", ""),
    ]  # fmt: skip
    decisions = write_csv(
        tmp_path / "决定.csv", [dict(zip(columns, row, strict=True)) for row in rows]
    )
    files = (decisions, needs_file, capabilities_file)
    done = called("learn", *files, "--dry-run")
    assert done.returncode == 1
    assert "1 条接受、1 条“不相关”" in done.stdout
    assert "N999 – C001" in done.stdout
    assert not (own_home / "model").exists()

    done = called("learn", *files, "--lang", "en")
    assert "1 comparison in 1 need" in done.stdout
    assert "learned-001" in called("learn", "--show").stdout
    report = tmp_path / "报告"
    assert called("match", needs_file, capabilities_file, "-o", report, "-q").returncode == 0
    assert "learned-001" in (report / "matches.csv").read_text(encoding="utf-8-sig")
    assert shipped_weights().version in called("learn", "--undo").stdout
    assert called("learn", "--undo").returncode == 2
    assert called("learn", decisions, needs_file).returncode == 2
    assert called("learn", "--show", "--undo").returncode == 2


def test_evaluate_uses_learned_weights_only_when_asked(
    called: Called, own_home: Path, tmp_path: Path, needs_file: Path, capabilities_file: Path
) -> None:
    rows = [("N001", "C001", 2), ("N001", "C012", 0)]
    columns = ("need_id", "capability_id", "grade")
    judgments = write_csv(
        tmp_path / "j.csv", [dict(zip(columns, map(str, row), strict=True)) for row in rows]
    )
    options = ("--judgments", judgments, "--needs", needs_file, "--capabilities", capabilities_file)
    assert called("evaluate", *options, "--weights", "learned").returncode == 2
    assert called("learn", judgments, needs_file, capabilities_file).returncode == 0
    plain = json.loads(called("evaluate", *options, "--json").stdout)
    learned = json.loads(called("evaluate", *options, "--weights", "learned", "--json").stdout)
    assert plain["weights"] == shipped_weights().version
    assert "+learned-001-" in learned["weights"]


def test_the_simulation_counts_as_ir_measures_does() -> None:
    grades = {"d1": 3, "d2": 0, "d3": 1}
    run = {"q": {"d2": 3.0, "d1": 2.0, "d3": 1.0}}
    ours = simulation._sum([0, 3, 1]) / simulation._sum([3, 1])
    assert ours == pytest.approx(per_query({"q": grades}, run, ["q"])["ndcg@10"][0])


def test_decisions_on_the_sample_do_not_harm_later_needs(prepared: Path) -> None:
    one = read_judgments(
        SAMPLE / "judgments.csv", SAMPLE / "needs.csv", SAMPLE / "capabilities.csv"
    )
    with (SAMPLE / "judgments.csv").open(encoding="utf-8-sig") as file:
        assert {row["need_id"] for row in csv.DictReader(file)} >= {n.id for n in one.needs}
    curves = list(simulate([one], open_encoder(), shipped_weights(), seeds=3))
    assert [curve.noise for curve in curves] == [0.0, 0.1]
    for curve in curves:
        assert curve.checkpoints[:3] == (0, 10, 20)
        assert curve.gains.min() > -0.005
        assert np.array_equal(curve.values, curve.values.clip(0, 1))
