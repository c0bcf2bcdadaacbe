"""Nobody outside the staff learns who asks: not from a label, a quote or a file name."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from test_export_examples import (
    FABRIC,
    FABRIC_NEED,
    HIDDEN_CAPABILITY,
    HIDDEN_OWNER,
    HIDDEN_WORDS,
    PROVENANCE,
    SECRET_CAPABILITY,
    SECRET_NEED,
    SENSOR_NEED,
    bare,
    office_run,
)

from matcher import taxonomy
from matcher.export import write_report
from matcher.export.mask import MASK
from matcher.export.privacy import shown_owner, visible_run
from matcher.records import Need, Organisation
from matcher.results import Duplicate, MatchList, Run


def everything(paths: dict[str, Path]) -> dict[str, str]:
    """Return every member of every file as text."""
    found = {}
    for path in paths.values():
        if path.suffix in (".xlsx", ".docx"):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    found[f"{path.name}/{name}"] = archive.read(name).decode("utf-8", "replace")
        else:
            found[path.name] = path.read_text("utf-8")
    return found


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hidden_words_occur_in_no_file(tmp_path: Path, lang: str) -> None:
    run = replace(office_run(), needs_file="D:\\需求\\示例秦川 需求.xlsx")
    for name, text in everything(write_report(run, tmp_path / "r", lang=lang)).items():
        folded = taxonomy.fold(text)
        for word in HIDDEN_WORDS:
            assert word not in text, (name, word)
            assert taxonomy.fold(word) not in folded, (name, word)


def test_staff_see_owners_private_records_and_refused_values(tmp_path: Path) -> None:
    paths = write_report(office_run(), tmp_path / "r", viewer_may_see_private=True)
    page = paths["html"].read_text("utf-8")
    assert "示例秦川精密传感器有限公司（匿名发布）" in page
    assert "【保密】保密的相变材料需求" in page
    assert "【保密】保密的相变材料成果" in page
    with zipfile.ZipFile(paths["xlsx"]) as archive:
        assert "面议（示例秦川）" in archive.read("xl/sharedStrings.xml").decode()


def test_an_anonymous_owner_is_district_size_and_kind() -> None:
    assert shown_owner(SENSOR_NEED) == "匿名单位（西安市雁塔区、中型、企业）"
    assert (
        shown_owner(SENSOR_NEED, "en")
        == "Anonymous organisation (西安市雁塔区, Medium, Enterprise)"
    )
    assert shown_owner(SENSOR_NEED, staff=True) == f"{HIDDEN_OWNER.name}（匿名发布）"
    assert shown_owner(FABRIC_NEED) == "示例渭水新材料股份有限公司"
    nobody = Need(id="1", title="无单位的需求")
    assert shown_owner(nobody) == "未填写单位"
    bare_owner = nobody.model_copy(
        update={"organisation": Organisation(name="甲"), "confidentiality": "anonymous"}
    )
    assert shown_owner(bare_owner) == "匿名单位"


@pytest.mark.parametrize(
    ("district", "shown"),
    [
        ("陕西省西安市高新区锦业路 1 号", "陕西省西安市高新区"),
        ("广州市天河区", "广州市天河区"),
        ("高新区", "高新区"),
        ("雁塔", "雁塔"),
        ("Yanta District", "Yanta District"),
        ("No. 18 Keji 9th Road", ""),
        ("示例路 8 号", ""),
    ],
)
def test_a_street_address_is_no_district(district: str, shown: str) -> None:
    owner = Organisation(name="示例单位", district=district)
    need = SENSOR_NEED.model_copy(update={"organisation": owner})
    assert shown_owner(need) == (f"匿名单位（{shown}）" if shown else "匿名单位")


def test_masks_keep_the_offsets_of_quotes() -> None:
    seen = visible_run(office_run(), staff=False)
    for match in seen.lists[0].matches:
        spans = [(match.need, item.need) for item in match.evidence]
        spans += [(match.need, item.part) for item in match.coverage]
        others = [(match.capability, item.capability) for item in match.evidence]
        for record, quote in (*spans, *others):
            assert getattr(record, quote.field)[quote.start : quote.end] == quote.text
    assert MASK * 6 + "采购周期超过" in seen.lists[0].query.passages[1][1]


@pytest.mark.parametrize(
    ("alias", "text", "shown"),
    [
        ("IC", "silicon IC, 芯片IC厂", f"silicon {MASK * 2}, 芯片{MASK * 2}厂"),
        ("Demo Sensors", "ＤＥＭＯ－ｓｅｎｓｏｒｓ 与 demo sensors", f"{MASK * 12} 与 {MASK * 12}"),
        ("示例甲", "示 例 甲（示例甲）", f"{MASK * 5}（{MASK * 3}）"),
    ],
)
def test_every_spelling_of_a_name_is_masked(alias: str, text: str, shown: str) -> None:
    owner = Organisation(name="示例很长的全名", aliases=(alias,))
    need = Need(id="1", title=text, organisation=owner, confidentiality="anonymous")
    (found,) = visible_run(Run((MatchList(need, ()),), PROVENANCE), staff=False).lists
    assert found.query.title == shown


def test_private_records_leave_no_gap() -> None:
    seen = visible_run(office_run(), staff=False)
    assert [found.query.id for found in seen.lists] == ["N-001", "N-002", "N-003", "N-004"]
    assert [match.rank for match in seen.lists[0].matches] == [1, 2, 3]
    assert seen.need_count == 4
    only = MatchList(FABRIC_NEED, (bare(FABRIC_NEED, SECRET_CAPABILITY, 1),))
    (found,) = visible_run(Run((only,), PROVENANCE), staff=False).lists
    assert (found.matches, found.reason) == ((), "all_excluded")
    assert (found.excluded[0].rule, found.excluded[0].count) == ("confidential", 1)


def test_twins_of_hidden_records_are_not_told() -> None:
    match = bare(FABRIC_NEED, HIDDEN_CAPABILITY, 1)
    run = Run(
        (MatchList(FABRIC_NEED, (match, bare(FABRIC_NEED, FABRIC, 2))), MatchList(SECRET_NEED, ())),
        PROVENANCE,
        duplicates=tuple(
            Duplicate(a, b, 1.0)
            for a, b in (
                ("N-002", "C-040"), ("N-002", "C-031"), ("N-002", "SECRET-NEED"), ("N-002", "C-999")
            )
        ),
    )  # fmt: skip
    seen = visible_run(run, staff=False)
    assert [item.second_id for item in seen.duplicates] == ["C-040"]
    assert len(visible_run(run, staff=True).duplicates) == 4


def test_rules_that_tell_about_an_anonymous_owner_are_left_out() -> None:
    assert visible_run(office_run(), staff=False).lists[0].excluded == ()
    assert visible_run(office_run(), staff=True).lists[0].excluded != ()
