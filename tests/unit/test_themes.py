"""Themes: one subject falls together in both languages, the same way every time."""

from __future__ import annotations

import json

import numpy as np
import pytest
from engine_fixtures import cached, capability, need, sample_capabilities, sample_needs
from sklearn.metrics import adjusted_rand_score, v_measure_score

from matcher.encode.base import normalise
from matcher.index.collection import EncodedRecords, encode_records
from matcher.plan.identity import Snapshot, continue_themes, parse_snapshot
from matcher.plan.labels import name_themes
from matcher.plan.layout import lay_out
from matcher.plan.themes import FEWEST, cluster, find_themes
from matcher.rank.hub import load_background
from matcher.text.normalise import Language


def groups(count: int, each: int, seed: int = 0) -> tuple[np.ndarray, list[Language], list[int]]:
    """Return vectors in so many groups, half of each group in either language."""
    random = np.random.default_rng(seed)
    centres = normalise(random.normal(size=(count, 32)).astype(np.float32))
    of = [i for i in range(count) for _ in range(each)]
    noise = random.normal(size=(len(of), 32)).astype(np.float32) * 0.08
    languages: list[Language] = ["zh" if i % 2 else "en" for i in range(len(of))]
    return normalise(centres[of] + noise), languages, of


@pytest.fixture(scope="module")
def sides(prepared: object) -> tuple[EncodedRecords, EncodedRecords]:
    encoder = cached()
    return (
        encode_records("need", sample_needs(), encoder).public(),
        encode_records("capability", sample_capabilities(), encoder).public(),
    )


def test_groups_are_found_with_their_number_and_in_both_languages() -> None:
    vectors, languages, of = groups(7, 24)
    found = cluster(vectors, languages)
    assert found.count == 7
    assert adjusted_rand_score(of, found.of) == 1.0
    for theme in range(found.count):
        assert {languages[row] for row in np.flatnonzero(found.of == theme)} == {"zh", "en"}


def test_the_order_of_records_does_not_matter() -> None:
    vectors, languages, _ = groups(6, 20, seed=1)
    order = np.random.default_rng(2).permutation(len(vectors))
    one = cluster(vectors, languages)
    other = cluster(vectors[order], [languages[i] for i in order])
    assert adjusted_rand_score(one.of[order], other.of) == 1.0


@pytest.mark.parametrize("count", [0, 1, 3, FEWEST - 1])
def test_a_handful_of_records_has_no_themes(count: int) -> None:
    vectors = normalise(np.ones((count, 8), np.float32))
    found = cluster(vectors, ["zh"] * count)
    assert found.count == 0
    assert found.of.tolist() == [-1] * count
    assert lay_out(found.vectors, found.centres, found.of)[1].shape == (0, 3)


def test_records_that_are_all_the_same_do_not_fail() -> None:
    vectors = normalise(np.ones((40, 8), np.float32))
    found = cluster(vectors, ["zh"] * 40)
    assert found.count >= 1
    lay_out(found.vectors, found.centres, found.of)


def test_the_samples_fields_are_found_again(sides: tuple[EncodedRecords, EncodedRecords]) -> None:
    background = load_background(cached().fingerprint)
    found = find_themes(sides, background)
    again = find_themes(sides, background)
    assert found.of.tobytes() == again.of.tobytes()
    fields = [record.fields[0] for side in sides for record in side.records]
    languages = [lang for side in sides for lang in side.languages]
    # docs/quality/alliances.md has the figures, and those of the rivals.
    assert v_measure_score(fields, found.of) > 0.5
    assert v_measure_score(languages, found.of) < 0.1
    assert 8 <= found.count <= 30


def test_no_two_discs_of_the_map_overlap(sides: tuple[EncodedRecords, EncodedRecords]) -> None:
    found = find_themes(sides, load_background(cached().fingerprint))
    places, discs = lay_out(found.vectors, found.centres, found.of)
    for i, (x, y, r) in enumerate(discs):
        for a, b, s in discs[i + 1 :]:
            assert np.hypot(x - a, y - b) >= r + s
    away = np.hypot(*(places - discs[found.of, :2]).T)
    assert (away <= discs[found.of, 2]).all()


def test_names_are_the_records_words_and_nobodys_name() -> None:
    records = [
        need(f"示例甲乙丙公司的底部填充胶翘曲，第{i}批", f"N{i}", "示例甲乙丙公司",
             title="示例甲乙丙公司底部填充胶", keywords=("底部填充胶", "示例甲乙丙公司"))
        for i in range(4)
    ] + [
        capability(f"绝密＊＊＊公司的风电叶片回收，第{i}批", f"C{i}", title="风电叶片回收",
                   keywords=("风电叶片", "＊＊＊公司"))
        for i in range(4)
    ]  # fmt: skip
    names = name_themes(records, [0] * 4 + [1] * 4, [1.0] * 8, 2)
    assert names[0]["zh"].phrases[0] == "底部填充胶"
    assert names[1]["zh"].phrases[0].startswith("风电叶片")
    said = " ".join(str(name) for theme in names for name in theme.values())
    assert "甲乙丙" not in said
    assert "＊" not in said


@pytest.mark.parametrize(
    ("title", "fragment"),
    [
        ("储能用DC/DC化成电源", "/DC化成电源"),
        ("储能用DC/DC化成电源", "DC化成电源"),
        ("低损耗碳氢覆铜板", "低损耗碳氢覆"),
        ("供水管网噪声漏损定位系统", "网噪声漏损定位系统"),
        ("城市供水管网漏损监测", "损监测"),
        ("3D打印随形冷却模具", "打印随形冷却模具"),
    ],
)
def test_a_name_is_made_of_whole_words(title: str, fragment: str) -> None:
    records = [need(f"第{i}批", f"N{i}", title=title) for i in range(4)]
    records += [need(f"第{i}批", f"M{i}", title="风电叶片回收") for i in range(4)]
    names = name_themes(records, [0] * 4 + [1] * 4, [1.0] * 8, 2)
    phrases = names[0]["zh"].phrases
    assert phrases
    assert fragment not in phrases
    for phrase in phrases:
        assert phrase in title
        assert phrase[0].isalnum()
        assert phrase[-1].isalnum()


def test_a_theme_keeps_its_number_and_others_get_new_ones() -> None:
    def keys(*ids: str) -> frozenset[tuple[str, str]]:
        return frozenset(("need", id) for id in ids)

    centres = np.eye(3, 4, dtype=np.float32)
    first = [keys("a", "b", "c"), keys("d", "e"), keys("f", "g")]
    ids, moves, following = continue_themes(first, centres, "x", None)
    assert (ids, following) == (["T01", "T02", "T03"], 4)
    assert {move.status for move in moves} == {"first"}
    themes = [
        {"id": id, "zh": "甲", "en": "A", "centre": centre.tolist(), "unmet": 0, "capabilities": [],
         "needs": sorted(i for _, i in own)}
        for id, centre, own in zip(ids, centres, first, strict=True)
    ]  # fmt: skip
    old = parse_snapshot(
        {
            "format": 1,
            "date": "2026-11-01",
            "encoder": "x",
            "staff": False,
            "next": 4,
            "themes": themes,
        }
    )
    assert parse_snapshot(json.loads(old.to_json())) == old
    # The second is gone, the third lost a record and won one, and there is a new one.
    second = [keys("f", "h"), keys("a", "b", "c"), keys("y", "z")]
    moved = np.array([centres[2], centres[0], [0, 0, 0, 1]], np.float32)
    ids, moves, following = continue_themes(second, moved, "x", old)
    assert (ids, following) == (["T03", "T01", "T04"], 5)
    assert (moves[0].joined, moves[0].left) == (1, 1)
    assert (moves[1].joined, moves[1].left) == (0, 0)
    assert moves[2].status == "new"
    assert isinstance(old, Snapshot)
