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
    OPTICS,
    PROVENANCE,
    SECRET_CAPABILITY,
    SECRET_NEED,
    SENSOR_NEED,
    bare,
    office_run,
    pair,
    span,
)

from matcher import taxonomy
from matcher.export import write_report
from matcher.export.mask import MASK
from matcher.export.privacy import open_duplicates, shown_owner, visible_run
from matcher.records import Need, Organisation
from matcher.results import Coverage, Duplicate, Fit, IndicatorCheck, MatchList, Run
from matcher.shown import as_data, cards, shown


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


def seen_by_others(text: str, owner: Organisation | None) -> str:
    """Return the title of an anonymous need as others see it."""
    need = Need(id="1", title=text, organisation=owner, confidentiality="anonymous")
    (found,) = visible_run(Run((MatchList(need, ()),), PROVENANCE), staff=False).lists
    return found.query.title


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
        duplicates=(
            Duplicate("C-040", "C-051", 1.0, "capability"),
            Duplicate("C-040", "C-031", 1.0, "capability"),
            Duplicate("N-002", "SECRET-NEED", 1.0, "need"),
            Duplicate("C-040", "C-999", 1.0, "capability"),
            Duplicate("C-040", "C-051", 1.0),
        ),
        # In no match, and still known to be public.
        records=(OPTICS,),
    )
    seen = visible_run(run, staff=False)
    assert [item.second_id for item in seen.duplicates] == ["C-051"]
    assert len(visible_run(run, staff=True).duplicates) == 5
    assert seen.records == ()


def test_a_need_and_a_capability_may_have_one_id() -> None:
    needs = tuple(FABRIC_NEED.model_copy(update={"id": name}) for name in "12")
    secret = SECRET_CAPABILITY.model_copy(update={"id": "1"})
    twin = FABRIC.model_copy(update={"id": "2"})
    lists = tuple(MatchList(need, (bare(need, twin, 1),)) for need in needs)
    both = (Duplicate("1", "2", 1.0, "need"), Duplicate("1", "2", 1.0, "capability"))
    run = Run(lists, PROVENANCE, duplicates=both, records=(*needs, secret, twin))
    assert visible_run(run, staff=False).duplicates == both[:1]
    assert open_duplicates(run) == both[:1]
    secret_needs = tuple(need.model_copy(update={"confidentiality": "private"}) for need in needs)
    run = replace(
        run, lists=(), records=(*secret_needs, FABRIC.model_copy(update={"id": "1"}), twin)
    )
    assert visible_run(run, staff=False).duplicates == both[1:]


def test_counts_are_of_what_the_reader_may_see() -> None:
    run = Run(
        (MatchList(FABRIC_NEED, (bare(FABRIC_NEED, FABRIC, 1),)),), PROVENANCE,
        need_count=2, capability_count=3,
        records=(FABRIC_NEED, SECRET_NEED, FABRIC, HIDDEN_CAPABILITY, SECRET_CAPABILITY),
    )  # fmt: skip
    public, staff = (visible_run(run, staff) for staff in (False, True))
    assert (public.need_count, public.capability_count) == (1, 2)
    assert (staff.need_count, staff.capability_count) == (2, 3)
    opened = shown(run, "zh", 5, include_private=True).run
    assert (opened.need_count, opened.capability_count) == (2, 3)


def test_the_region_of_an_anonymous_record_is_its_district(tmp_path: Path) -> None:
    owner = Organisation(name="示例单位", district="西安市雁塔区科技路48号创业广场B座1203室")
    asks = FABRIC_NEED.model_copy(update={"regions": ("汉中市", "咸阳市秦都区渭阳路 7 号")})
    wants = asks.model_copy(update={"confidentiality": "anonymous"})
    offers = FABRIC.model_copy(update={"organisation": owner})
    hides = offers.model_copy(update={"confidentiality": "anonymous"})
    for need, capability in ((asks, offers), (wants, hides)):
        fit = Fit("region", False, "、".join(need.regions), owner.district or "")
        match = bare(need, capability, 1, fits=(fit,))
        run = Run((MatchList(need, (match,)),), PROVENANCE)
        view = shown(run, "zh", 5)
        (card,) = cards(view, view.lists[0])
        texts = (*card.misfits, str(as_data(view)), *everything(
            write_report(run, tmp_path / need.confidentiality)).values())  # fmt: skip
        hidden = need.confidentiality == "anonymous"
        assert any("西安市雁塔区" in text for text in texts)
        assert any("科技路" in text or "渭阳路" in text for text in texts) is not hidden
    fits = visible_run(run, staff=False).lists[0].matches[0].fits
    assert (fits[0].need_value, fits[0].capability_value) == (
        "汉中市、咸阳市秦都区",
        "西安市雁塔区",
    )
    nowhere = replace(match, fits=(replace(fit, capability_value="示例路 8 号"),))
    (found,) = visible_run(Run((MatchList(wants, (nowhere,)),), PROVENANCE), staff=False).lists
    assert found.matches[0].fits[0].capability_value == "—"


@pytest.mark.parametrize(
    ("name", "masked", "kept"),
    [
        ("西安光科传感技术有限公司", ("西安光科传感技术", "光科传感公司", "光科－传感"),
         "传感技术"),
        ("光科传感（西安）科技股份有限公司", ("光科传感", "光科传感科技"), "科技有限公司"),
        ("陕西省西安市高新区某光科微电子有限公司", ("光科微电子",), "微电子材料"),
        ("某示例恒泰精细化工有限公司", ("示例恒泰", "示例恒泰精细化工"), "精细化工"),
        ("示例绒业集团股份有限公司", ("示例绒业",), "集团股份"),
        ("宁波星海精密轴承有限公司", ("星海轴承", "星海精密轴承"), "精密轴承"),
        ("Guangke Sensors Technology Co., Ltd.", ("Guangke Sensors", "GUANGKE SENSORS"), "sensors"),
        ("Xi'an Qinfengdemo Electronics GmbH", ("Qinfengdemo", "Qinfengdemo Electronics"),
         "power electronics"),
        ("陕西新材料科技有限公司", (), "新材料科技"),
        ("西安压力传感器有限责任公司", (), "压力传感器"),
        ("Advanced Sensors Inc.", (), "advanced sensors"),
        ("西安大学", (), "西安的大学"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("how", ["name", "alias", "parent"])
def test_short_forms_of_a_name_are_masked_and_technical_terms_are_not(
    name: str, masked: tuple[str, ...], kept: str, how: str
) -> None:
    owner = Organisation(
        name=name if how == "name" else "示例单位",
        aliases=(name,) if how == "alias" else (),
        parent=name if how == "parent" else None,
    )
    for word in masked:
        text = f"需求方 {word} 提出，{kept}不达标。"
        shown_text = seen_by_others(text, owner)
        core = word.removesuffix("公司")
        assert core not in shown_text
        assert MASK * len(core) in shown_text
        assert kept in shown_text
        assert len(shown_text) == len(text)
    assert kept in seen_by_others(kept, owner)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("我公司（江北密封）加工密封件", f"{MASK * 9}加工密封件"),
        ("用在江北密封的产线", f"用在{MASK * 4}的产线"),
        ("我公司（江北）加工密封件", f"{MASK * 7}加工密封件"),
        ("江北密封公司在江北区", f"{MASK * 6}在江北区"),
        ("我公司江北密级高的密封件", "我公司江北密级高的密封件"),
    ],
)
def test_what_a_firm_is_called_for_short_is_masked(text: str, shown: str) -> None:
    owner = Organisation(name="示例江北密封件有限公司")
    assert seen_by_others(text, owner) == shown


@pytest.mark.parametrize(
    "secret",
    [
        "zhang.san@guangke-demo.example", "ＡＢ＠demo.com.cn", "13800138000", "+86 138-0013-8000",
        "029-88881234", "0917-3388123-801", "（029）88881234", "http://demo.example/a?b=1",
        "www.demo.example", "demo-lab.com.cn/about", "ZL202110001234.5", "ZL 2021 1 0001234.5",
        "CN112345678A", "CN 202110001234.5", "PCT/CN2021/123456", "202110001234.5",
    ],
)  # fmt: skip
def test_ways_to_reach_an_owner_are_masked(secret: str) -> None:
    for owner in (None, Organisation(name="示例单位")):
        assert seen_by_others(f"详见{secret}，联系", owner) == f"详见{MASK * len(secret)}，联系"


@pytest.mark.parametrize(
    "text",
    [
        "温度 -40~85℃，0.029 Pa，粒径 400-800-1200 目", "依据 GB/T 22900-2009 与 ISO 9001",
        "1500000000000 次循环，CN 接口 200 个", "accuracy 15000000000.5 Hz at 3.5 V.",
        "CNN 模型与 CNC 机床 6 台", "2021-2026 年累计 20000000 元",
    ],
)  # fmt: skip
def test_figures_are_no_telephones_and_no_patents(text: str) -> None:
    assert seen_by_others(text, Organisation(name="示例单位")) == text


def test_a_long_text_without_a_break_is_masked_in_no_time() -> None:
    owner = Organisation(name="新材料" * 60 + "甲")
    text = "a" * 60_000 + "－" * 20_000 + "1" * 20_000
    assert len(seen_by_others(text, owner)) == len(text)


def test_quotes_hide_what_the_record_hides() -> None:
    owner = Organisation(name="西安光科传感技术有限公司")
    text = "光科传感的芯片精度 0.1%FS，电话 029-88881234。"
    offer = FABRIC.model_copy(
        update={"organisation": owner, "summary": text, "confidentiality": "anonymous"}
    )
    proof = pair(FABRIC_NEED, ("title", FABRIC_NEED.title), offer, ("summary", text[1:-3]))
    check = IndicatorCheck(
        span(FABRIC_NEED, "title", "阻燃"), span(offer, "summary", text[2:-1]), "met", "≤ 1 %",
        "光科传感 0.1 %FS",
    )  # fmt: skip
    match = bare(
        FABRIC_NEED, offer, 1, evidence=(proof,), indicators=(check,),
        coverage=(Coverage(proof.need, proof),),
    )  # fmt: skip
    (found,) = visible_run(Run((MatchList(FABRIC_NEED, (match,)),), PROVENANCE), staff=False).lists
    (seen,) = found.matches
    expected = f"{MASK * 4}的芯片精度 0.1%FS，电话 {MASK * 12}。"
    assert seen.capability.summary == expected
    assert seen.coverage[0].evidence is not None
    for quote in (seen.evidence[0].capability, seen.coverage[0].evidence.capability):
        assert quote.text == expected[1:-3]
    assert seen.indicators[0].stated is not None
    assert seen.indicators[0].stated.text == expected[2:-1]
    assert seen.indicators[0].stated_value == f"{MASK * 4} 0.1 %FS"


def test_rules_that_tell_about_an_anonymous_owner_are_left_out() -> None:
    assert visible_run(office_run(), staff=False).lists[0].excluded == ()
    assert visible_run(office_run(), staff=True).lists[0].excluded != ()
