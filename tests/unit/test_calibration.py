"""Probabilities: monotone, comparable, honest about what nothing speaks for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from engine_fixtures import SAMPLE, LetterEncoder, cached, capability, need, sample_capabilities
from hypothesis import given
from hypothesis import strategies as st

from matcher.engine import Matcher
from matcher.errors import InputError
from matcher.evaluate.calibrating import fit_calibration, write_calibration
from matcher.evaluate.doubt import (
    Answer,
    Sample,
    calibration_error,
    doubt_of,
    fit,
    probabilities,
    refusals,
)
from matcher.evaluate.fairness import twins
from matcher.evaluate.own import fit_own, save_own
from matcher.export.view import make_view
from matcher.index.collection import encode_records
from matcher.ingest import read_capabilities, read_needs
from matcher.ingest.decisions import Decision
from matcher.rank import calibration as module
from matcher.rank import versions
from matcher.rank.calibration import (
    Calibration,
    Curve,
    Level,
    Levels,
    load_calibration,
    own_folder,
    peers,
    probability,
    shipped_calibration,
)
from matcher.rank.ranker import Hit
from matcher.rank.weights import shipped_weights
from matcher.results import Provenance, Run

CURVE = Curve(-8.4, 3.2)
GIVEN = Calibration("example", {"within": CURVE, "across": Curve(-9.8, 4.5)}, 0.24, 0.03)
FIGURES = st.floats(-2, 3, allow_nan=False)


# The scale


@given(FIGURES, FIGURES, st.integers(1, 100_000))
def test_a_higher_score_is_never_less_probable(one: float, other: float, records: int) -> None:
    level = Level(0.0, 0.08, records)
    low, high = sorted((one, other))
    assert CURVE.log_odds(level, low) <= CURVE.log_odds(level, high)
    assert 0 < probability(CURVE.log_odds(level, high)) < 1


def test_the_same_lead_among_more_records_is_less_probable() -> None:
    found = [CURVE.log_odds(Level(0.0, 0.08, n), 0.6) for n in (1, 50, 100, 2_000, 20_000)]
    assert found[0] == found[1]
    assert found[1:] == sorted(found[1:], reverse=True)


def test_a_candidate_is_measured_against_the_others() -> None:
    scores = np.array([0.9, 0.1, 0.0, -0.1], np.float32)
    level = Levels(scores, 100.0).without([0.9])
    assert level.mean == pytest.approx(0.0, abs=1e-6)
    assert level.spread < 0.09
    # Of a single record nothing is known but what records are like elsewhere.
    alone = Levels(np.array([0.9], np.float32), 1.0).without([0.9])
    assert (round(alone.mean, 6), round(alone.spread, 6)) == (0.0, 0.08)


def test_the_other_language_counts_less_where_there_are_both() -> None:
    assert peers(100, 0, "within") == 100
    assert peers(0, 100, "across") == 100
    within, across = peers(100, 100, "within"), peers(100, 100, "across")
    assert within < across < 4 * within


# Fitting


def test_a_known_curve_is_found_again() -> None:
    generator = np.random.default_rng(3)
    stretched = generator.uniform(0, 4, 20_000)
    shift = np.full(20_000, -0.7)
    chance = 1 / (1 + np.exp(-(-6.0 + 2.5 * stretched + shift)))
    told = Sample(stretched, shift, (generator.random(20_000) < chance).astype(float))
    found = fit([told])
    assert found.intercept == pytest.approx(-6.0, abs=0.4)
    assert found.slope == pytest.approx(2.5, abs=0.2)


def test_the_slope_is_never_negative() -> None:
    stretched = np.linspace(0, 4, 100)
    upside_down = Sample(stretched, np.zeros(100), (stretched < 2).astype(float))
    assert fit([upside_down]).slope > 0


def test_one_kind_alone_fits_nothing() -> None:
    only = Sample(np.ones(5), np.zeros(5), np.ones(5))
    with pytest.raises(ValueError, match="both"):
        fit([only])
    assert fit([only], CURVE, 0.1) == CURVE


def test_the_calibration_error_is_that_of_the_bins() -> None:
    chances = np.repeat([0.1, 0.9], 50)
    right = np.concatenate([np.repeat([1.0, 0.0], [5, 45]), np.repeat([1.0, 0.0], [45, 5])])
    assert calibration_error(chances, right, bins=2) == pytest.approx(0.0)
    assert calibration_error(chances, 1 - right, bins=2) == pytest.approx(0.8)
    assert calibration_error(np.zeros(0), np.zeros(0)) == 0.0


def hit(score: float, row: int = 0) -> Hit:
    level = Level(0.0, 0.08, 1000)
    return Hit(row, "within", score, score, 1, 0.0, None, 0.0, 0.0, level)


ANSWERS = [
    Answer(True, (hit(1.6), hit(0.3, 1)), (True, False)),
    Answer(True, (hit(0.2),), (True,)),
    Answer(False, (hit(0.3),), (False,)),
    Answer(False, (), ()),
]


def test_refusals_count_both_kinds_of_needs() -> None:
    found = refusals(ANSWERS, GIVEN, 0.24)
    assert (found.turned_away, found.kept, found.precision) == (1.0, 0.5, 1.0)
    every = refusals(ANSWERS, GIVEN, 0.0)
    assert (every.turned_away, every.kept) == (0.0, 1.0)
    assert refusals([], GIVEN, 0.24).turned_away is None
    assert probabilities(ANSWERS[3], GIVEN).shape == (0,)
    assert doubt_of(ANSWERS, GIVEN).refusals == found


def test_a_calibration_needs_both_pairs_of_languages() -> None:
    with pytest.raises(InputError) as refused:
        fit_calibration({"one": ANSWERS * 10})
    assert "跨语言" in refused.value.zh


def test_what_is_written_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    across = [replace(a, hits=tuple(replace(h, pair="across") for h in a.hits)) for a in ANSWERS]
    fitted = fit_calibration({"one": ANSWERS * 10 + across * 10, "two": across * 10 + ANSWERS * 10})
    encoder = LetterEncoder()
    target = tmp_path / "calibration.json"
    write_calibration(fitted, encoder, shipped_weights(), target, date(2026, 11, 22))
    monkeypatch.setattr(module, "data_path", lambda *names: target)
    shipped_calibration.cache_clear()
    try:
        found = shipped_calibration(encoder.fingerprint)
        assert found is not None
        assert found.curves == fitted.calibration.curves
        assert found.version.startswith("2026.11-")
        assert shipped_calibration("another encoder") is None
    finally:
        shipped_calibration.cache_clear()
    assert [part["set"] for part in json.loads(target.read_text("utf-8"))["fitted_on"]] == [
        "one", "two",
    ]  # fmt: skip


# What a user sees


def matcher(**options: object) -> Matcher:
    return Matcher(sample_capabilities(), encoder=cached(), today=date(2026, 11, 22), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("传感器", "too_short"),
        ("啤酒酵母", "no_common_ground"),
        ("kjhgf zzqx qwpoi", "no_common_ground"),
        ("想找懂葡萄酒发酵和橡木桶陈酿的老师傅，帮助酒庄改进口感。", None),
        ("We want a translator of Shakespeare's sonnets into Basque verse.", None),
    ],
)
def test_what_nothing_speaks_for_gets_no_match_and_a_reason(text: str, reason: str | None) -> None:
    found = matcher().match(text)
    assert found.matches == ()
    assert found.reason in ([reason] if reason else ["no_common_ground", "below_threshold"])


def test_a_threshold_is_moved_without_matching_again() -> None:
    asked = need("需要航空用轻质液氢储罐，蒸发率低。", "N1")
    found = matcher().match(asked)
    every = found.at(0.0, 0.0)
    none = found.at(1.0, 0.0)
    assert len(every.matches) == 10
    assert none.matches == ()
    assert none.reason in ("below_threshold", "no_common_ground")
    assert len(none.below) == 10
    assert none.at(0.0, 0.0) == every
    assert [m.rank for m in (*found.matches, *found.below)] == list(range(1, 11))
    strict = matcher(threshold=1.0).match(asked)
    assert strict.matches == ()


def test_a_match_below_the_threshold_needs_a_quote() -> None:
    found = matcher().match(need("血液制品由无人机从血站送到医院，要控温运输。", "N1"))
    assert found.matches
    for match in found.matches:
        assert match.probability is not None
        assert match.evidence or match.probability >= 0.24


def test_another_encoder_has_no_probability_and_keeps_the_old_floor() -> None:
    engine = Matcher(sample_capabilities(), encoder=LetterEncoder(), today=date(2026, 11, 22))
    assert engine.calibration is None
    found = engine.match("耐高温压力传感器芯片，用于发动机")
    assert found.matches
    assert {match.probability for match in found.matches} == {None}
    assert found.at(1.0, 1.0) == found


def test_the_report_names_the_nearest_and_never_a_private_one() -> None:
    private = capability(
        "示例保密成果：液氢储罐绝热结构。", "C9", "示例保密研究所", title="液氢储罐",
        confidentiality="private",
    )  # fmt: skip
    open_one = capability(
        "航空用液氢储罐的示例样机，蒸发率低，容积200升。",
        "C8",
        "示例低温公司",
        title="液氢储罐样机",
    )
    asked = need("需要航空用轻质液氢储罐，蒸发率低。", "N1")
    engine = Matcher(
        [private, open_one, *sample_capabilities()], encoder=cached(), today=date(2026, 11, 22),
        include_private=True, threshold=1.0,
    )  # fmt: skip
    found = engine.match(asked)
    assert "C9" in {match.capability.id for match in found.below}
    made = Provenance("0", "r", "e", "f", "w", "2026-11-22")
    view = make_view(Run((found,), made), "zh", 10, staff=False)
    (shown,) = view.lists
    assert "C9" not in {match.capability.id for match in shown.below}
    assert "保密研究所" not in view.nearest(shown)
    assert "C8" in view.nearest(shown)
    # A private record moves nobody's probability either.
    day = date(2026, 11, 22)
    copies = [private.model_copy(update={"id": f"P{i}"}) for i in range(12)]
    plain = Matcher([*copies, open_one, *sample_capabilities()], encoder=cached(), today=day)
    without = Matcher([open_one, *sample_capabilities()], encoder=cached(), today=day)
    assert plain.match(asked) == without.match(asked)
    hidden = asked.model_copy(update={"id": "N2", "confidentiality": "private"})
    (one, _), (other,) = plain.match_all([asked, hidden]), without.match_all([asked])
    assert one == other


def test_a_bound_below_the_floor_takes_the_floor_along() -> None:
    found = matcher().match(need("需要航空用轻质液氢储罐，蒸发率低。", "N1"))
    for bound in (0.0001, 0.01):
        every = found.at(bound, 0.03)
        assert every.reason == "" or not every.matches
        assert all((m.probability or 0) >= bound for m in every.matches)


def test_the_same_need_in_two_languages_finds_about_the_same() -> None:
    needs = read_needs(SAMPLE / "needs.csv").records
    others = read_needs(SAMPLE / "needs_bilingual.csv").records
    found = twins(matcher(), needs, others)
    assert len(found) == 12
    assert np.mean([twin.overlap for twin in found]) > 0.5
    assert np.mean([twin.same_answer for twin in found]) > 0.9
    with pytest.raises(InputError):
        twins(matcher(), needs, others, suffix="-FR")


# The user's own decisions


def judged() -> list[Decision]:
    from matcher.ingest.decisions import read_decisions

    right = [d for d in read_decisions(SAMPLE / "judgments.csv").items if d.level]
    known = {d.key for d in right}
    # What was judged for the next need and not for this one is not what this one asks for.
    wrong = [
        Decision(one.need_id, other.capability_id, "decline", "irrelevant")
        for one, other in zip(right, right[7:], strict=False)
        if (one.need_id, other.capability_id) not in known
    ]
    return [*right, *wrong]


def test_own_decisions_are_blended_in_and_can_be_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = cached()
    shipped = shipped_calibration(encoder.fingerprint)
    assert shipped is not None
    needs = encode_records("need", read_needs(SAMPLE / "needs.csv").records, encoder)
    offers = encode_records(
        "capability", read_capabilities(SAMPLE / "capabilities.csv").records, encoder
    )
    own = fit_own(judged(), needs, offers, encoder, shipped_weights(), shipped)
    for accepted, irrelevant, share in own.counts.values():
        assert share == min(1.0, min(accepted, irrelevant) / 50)
    assert own.calibration.curves != shipped.curves
    # As many needs as before are turned away, although decided pairs are mostly good ones.
    asked = read_needs(SAMPLE / "needs.csv").records
    listed = sum(bool(found.matches) for found in matcher().match_all(asked))
    monkeypatch.setenv("ALLEYMATCH_HOME", str(tmp_path))
    save_own(own, shipped, own_folder(tmp_path), encoder, date(2026, 11, 22))
    found = load_calibration(encoder.fingerprint)
    assert found is not None
    assert found.curves == own.calibration.curves
    moved = sum(bool(one.matches) for one in matcher().match_all(asked))
    assert abs(moved - listed) <= 3
    assert found.version.startswith(f"{shipped.version}+")
    versions.undo(own_folder(tmp_path))
    assert load_calibration(encoder.fingerprint) == shipped


def test_a_damaged_own_calibration_is_left_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLEYMATCH_HOME", str(tmp_path))
    fingerprint = cached().fingerprint
    shipped = shipped_calibration(fingerprint)
    assert shipped is not None
    whole = {
        "based_on": shipped.version, "encoder_fingerprint": fingerprint, "threshold": 0.2,
        "floor": 0.03,
        "pairs": {pair: vars(curve) for pair, curve in shipped.curves.items()},
    }  # fmt: skip
    for number, wrong in enumerate(
        (
            {"based_on": "elsewhere"},
            {"encoder_fingerprint": "another"},
            {"threshold": "0.2"},
            {"floor": float("nan")},
            {"pairs": {"within": {"intercept": 0, "slope": -5}, "across": vars(CURVE)}},
            {"pairs": {"within": {"intercept": None, "slope": 3}, "across": vars(CURVE)}},
        ),
        1,
    ):
        versions.add(own_folder(tmp_path), number, whole | wrong)
        found = load_calibration(fingerprint)
        assert found is not None
        assert found.curves == shipped.curves
        assert "not used" in found.version
    versions.add(own_folder(tmp_path), 9, whole)
    assert "not used" not in (load_calibration(fingerprint) or shipped).version


def test_decisions_that_tell_nothing_calibrate_nothing() -> None:
    encoder = cached()
    shipped = shipped_calibration(encoder.fingerprint)
    assert shipped is not None
    needs = encode_records("need", [need("液压泵高温漏油", "N1")], encoder)
    offers = encode_records("capability", [capability("高温密封圈", "C1")], encoder)
    with pytest.raises(InputError):
        fit_own([Decision("N1", "C1", "later")], needs, offers, encoder, shipped_weights(), shipped)
