"""What stands in the reports, read back with other programs' libraries."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import docx
import openpyxl
import pytest
from test_export_examples import (
    FABRIC,
    FABRIC_NEED,
    PROVENANCE,
    SENSOR_NEED,
    SHORT_NEED,
    SIC,
    bare,
    fabric_match,
    legs,
    office_run,
    pair,
    span,
)

from matcher import taxonomy
from matcher.errors import InputError
from matcher.export import FILES, write_report
from matcher.export.cells import CELL_CHARACTERS
from matcher.records import Need
from matcher.results import Coverage, MatchList, Run

CHINESE = re.compile("[\u4e00-\u9fff]")


def cells(path: Path, sheet: str) -> list[list[object]]:
    book = openpyxl.load_workbook(path)
    return [list(row) for row in book[sheet].iter_rows(values_only=True)]


def docx_text(path: Path) -> str:
    body = docx.Document(str(path)).element.body
    return "\n".join("".join(t.text or "" for t in p.iter(qn("t"))) for p in body.iter(qn("p")))


def qn(tag: str) -> str:
    return "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}" + tag


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_report(office_run(), tmp_path_factory.mktemp("zh") / "报告 2026")


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_report(office_run(), tmp_path_factory.mktemp("en") / "report", lang="en")


def test_every_file_is_written(chinese: dict[str, Path]) -> None:
    assert {kind: path.name for kind, path in chinese.items()} == FILES
    assert all(path.stat().st_size > 1000 for path in chinese.values())


def test_workbook_has_its_sheets(chinese: dict[str, Path], english: dict[str, Path]) -> None:
    names = openpyxl.load_workbook(chinese["xlsx"]).sheetnames
    assert names == ["摘要", "汇总", "匹配明细", "要求覆盖", "无匹配需求", "未读入的行", "来源"]
    names = openpyxl.load_workbook(english["xlsx"]).sheetnames
    assert names == [
        "Brief", "Summary", "Matches", "Coverage", "Without a match", "Rows not read", "Sources",
    ]  # fmt: skip


def test_sheets_are_ready_to_filter_and_print(chinese: dict[str, Path]) -> None:
    book = openpyxl.load_workbook(chinese["xlsx"])
    for sheet in list(book)[1:6]:
        assert sheet.freeze_panes
        assert sheet.auto_filter.ref
        assert sheet.print_title_rows
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
    cell = book["匹配明细"]["B2"]
    assert cell.font.name == "微软雅黑"
    assert cell.alignment.wrap_text


def test_summary_counts_and_names_the_best(chinese: dict[str, Path]) -> None:
    rows = cells(chinese["xlsx"], "汇总")
    counts = {label: count for label, count in zip(rows[2], rows[3], strict=True) if label}
    assert counts == {"需求": 4, "成果": 1199, "有合作方": 3, "无合作方": 1}
    first = dict(zip(rows[5], rows[6], strict=True))
    assert first["需求名称"] == SENSOR_NEED.title
    assert first["合作方 1"] == f"{SIC.title}\n示例大学微电子学院 · TRL 6 · 匹配概率 72% · 值得联系"
    assert first["合作方数"] == 3
    assert rows[9][5] == "无合作方"


def test_matches_say_why_and_what_is_open(chinese: dict[str, Path]) -> None:
    head, *rows = cells(chinese["xlsx"], "匹配明细")
    row = dict(zip(head, rows[0], strict=True))
    assert row["名次"] == 1
    assert row["技术成熟度"] == "TRL 6"
    assert row["匹配概率"] == 0.72
    assert row["总分"] == 0.8123
    assert row["语义相近·名次"] == 1
    assert row["印证 1"] == (
        "需求：「SiC 敏感芯片的欧姆接触工艺；耐高温无引线封装。」\n"
        "成果：「研制了基于 SiC 的高温压力传感器敏感芯片，采用无引线封装。」"
    )
    assert "精度优于 0.5%FS" in str(row["不符合之处"])
    assert "地区：需求 陕西省，成果 江苏省" in str(row["不符合之处"])
    assert "寿命不低于 2000 小时" in str(row["未说明"])
    assert "承接能力" in str(row["未说明"])
    second = dict(zip(head, rows[1], strict=True))
    assert second["用词相同·名次"] is None
    assert "合作方式：需求 合作开发，成果 技术服务" in str(second["不符合之处"])


def test_coverage_gives_a_verdict_for_every_requirement(chinese: dict[str, Path]) -> None:
    head, *rows = cells(chinese["xlsx"], "要求覆盖")
    found = [dict(zip(head, row, strict=True)) for row in rows]
    fabric = [row for row in found if row["需求编号"] == FABRIC_NEED.id and row["类别"] == "指标"]
    assert [row["结论"] for row in fabric] == ["满足", "未说明", "不满足"]
    assert (fabric[2]["要求值"], fabric[2]["成果值"]) == ("≤ 220 g/m²", "240 g/m²")
    assert fabric[1]["成果原文"] == "未说明"
    assert fabric[0]["所在栏目"] == "主要技术指标"
    parts = [row for row in found if row["类别"] == "要求"]
    assert {row["结论"] for row in parts} == {"有对应", "未说明"}


def test_needs_without_a_match_say_why_and_what_to_do(chinese: dict[str, Path]) -> None:
    _, row = cells(chinese["xlsx"], "无匹配需求")
    assert row[:2] == ["N-004", "找钱吧"]
    assert row[3] == taxonomy.label_of("reasons", "too_short")
    assert "补充" in str(row[5])
    assert row[6] == "类型不符 3 项"


def test_sources_name_everything_but_folders(chinese: dict[str, Path]) -> None:
    rows = cells(chinese["xlsx"], "来源")
    told = {row[0]: row[1] for row in rows}
    assert told["需求文件"] == "示例区2026年第四季度企业需求.xlsx"
    assert told["成果文件"] == "成果库 capabilities.csv"
    assert told["数据版本"] == PROVENANCE.data_revision
    assert told["编码器指纹"] == PROVENANCE.encoder_fingerprint
    assert told["C-017"] == "C-051"
    for path in chinese.values():
        assert b"someone" not in path.read_bytes()


def test_a_folder_is_told_by_its_name(tmp_path: Path) -> None:
    run = replace(office_run(), needs_file="/home/someone/需求/", capabilities_file="D:\\成果\\")
    told = dict(row[:2] for row in cells(write_report(run, tmp_path / "r")["xlsx"], "来源"))
    assert (told["需求文件"], told["成果文件"]) == ("需求", "成果")


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    need = FABRIC_NEED.model_copy(update={"title": '=HYPERLINK("http://x.invalid","点我")'})
    match = replace(fabric_match(), need=need)
    paths = write_report(Run((MatchList(need, (match,)),), PROVENANCE), tmp_path / "r")
    for row in openpyxl.load_workbook(paths["xlsx"])["匹配明细"].iter_rows():
        assert all(cell.data_type != "f" for cell in row)
    table = list(csv.reader(io.StringIO(paths["csv"].read_text("utf-8-sig"))))
    assert table[1][1].startswith("'=HYPERLINK")


def test_csv_is_made_for_excel(chinese: dict[str, Path]) -> None:
    raw = chinese["csv"].read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    table = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert len(table) == 5
    assert table[0]["需求名称"] == SENSOR_NEED.title
    assert table[0]["匹配概率"] == "0.72"
    assert {row["编码器"] for row in table} == {PROVENANCE.encoder}
    assert {row["数据版本"] for row in table} == {PROVENANCE.data_revision}


def test_jsonl_offsets_lead_to_the_quotes(chinese: dict[str, Path]) -> None:
    lines = chinese["jsonl"].read_text("utf-8").splitlines()
    assert len(lines) == 5
    for line in lines:
        match = json.loads(line)
        assert list(match)[:4] == ["need", "capability", "rank", "score"]
        for item in match["evidence"]:
            for side in ("need", "capability"):
                quote = item[side]
                text = match[side]["text"][quote["field"]]
                assert text[quote["start"] : quote["end"]] == quote["text"]
        assert match["provenance"]["encoder"] == PROVENANCE.encoder
    assert "高温" in lines[0]


def test_docx_has_a_section_for_every_need(chinese: dict[str, Path]) -> None:
    document = docx.Document(str(chinese["docx"]))
    headings = [p for p in document.paragraphs if p.style and p.style.name == "Heading 1"]
    assert [p.text for p in headings] == ["需求一览", "逐项说明", "附录：数据与方法"]
    assert all(p.paragraph_format.page_break_before for p in headings)
    needs = [p for p in document.paragraphs if p.style and p.style.name == "Heading 2"]
    assert [p.text[:2] for p in needs if p.text[0].isdigit()] == [
        "1\u3000",
        "2\u3000",
        "3\u3000",
        "4\u3000",
    ]
    text = docx_text(chinese["docx"])
    for said in (
        "技术需求匹配报告", "2026-11-22", "「研制了基于 SiC 的高温压力传感器敏感芯片",
        "300–500 万元", "双方资料不足、未作判断：承接能力",
        "1 项指标不满足（见上）；地区：需求 陕西省，成果 江苏省", "没有合适的合作方",
        "72% 值得联系",
    ):  # fmt: skip
        assert said in text


def test_the_ways_of_search_are_told_and_corrections_are_not(chinese: dict[str, Path]) -> None:
    page = chinese["html"].read_text("utf-8")
    assert "命中来源：语义相近第 1 名 · 用词相同第 2 名" in page
    assert "命中来源：语义相近第 3 名 · 用词相同未命中 · 逐句印证 0.55" in page
    assert page.count("逐句印证") == 1
    assert "修正" not in page
    assert "命中来源" not in docx_text(chinese["docx"])


def test_contributions_add_up_to_the_score(tmp_path: Path) -> None:
    found = legs(2, None, 0.4)
    match = bare(SHORT_NEED, SIC, 1, legs=found, score=sum(leg.contribution for leg in found))
    paths = write_report(Run((MatchList(SHORT_NEED, (match,)),), PROVENANCE), tmp_path / "r")
    with paths["csv"].open(encoding="utf-8-sig", newline="") as file:
        (told,) = csv.DictReader(file)
    parts = [float(value) for name, value in told.items() if name.endswith("·贡献")]
    assert len(parts) == 5
    assert sum(parts) == pytest.approx(float(told["总分"]), abs=1e-3)
    assert told["热门程度修正·贡献"] == "-0.06"
    assert "逐句印证·名次" not in told


@pytest.mark.parametrize(
    ("lang", "said"),
    [("zh", "没有足够相近的原文可引用。"), ("en", "There are no passages close enough to quote.")],
)
def test_no_quotes_are_said_in_words(tmp_path: Path, lang: str, said: str) -> None:
    run = Run((MatchList(SHORT_NEED, (bare(SHORT_NEED, SIC, 1),)),), PROVENANCE)
    paths = write_report(run, tmp_path / "r", lang=lang)
    assert said in docx_text(paths["docx"])
    assert 'class="quotes"' not in paths["html"].read_text("utf-8")
    assert said in paths["html"].read_text("utf-8")
    assert said in paths["csv"].read_text("utf-8-sig")


def test_pages_show_judged_indicators_and_name_the_others(chinese: dict[str, Path]) -> None:
    text = docx_text(chinese["docx"])
    assert "精度优于 0.5%FS：成果 1 %FS，不满足" in text
    page = chinese["html"].read_text("utf-8").split("</style>")[1]
    assert '<td data-label="要求值">≤ 0.5 %FS</td>' in page
    assert "指标 寿命不低于 2000 小时；要求「" in text
    assert "「形成小批量供货能力，替代进口产品」。双方资料不足、未作判断：承接能力" in text


def test_a_list_told_of_an_earlier_partner_is_not_repeated(tmp_path: Path) -> None:
    need = SENSOR_NEED.model_copy(update={"confidentiality": "public"})
    asked = "航空发动机试车台需要在高温环境下长期测量压力，目前使用的 SOI 压力传感器依赖进口，"
    parts = (
        Coverage(span(need, "problem", asked), None),
        Coverage(span(need, "key_technology", "SiC 敏感芯片的欧姆接触工艺；"), None),
    )
    first = bare(need, SIC, 1, coverage=parts)
    second = bare(need, FABRIC, 2, coverage=parts, missing=("budget",))
    run = Run((MatchList(need, (first, second)),), PROVENANCE)
    paths = write_report(run, tmp_path / "r")
    text = docx_text(paths["docx"])
    asked = "要求「航空发动机试车台需要在高温环境下长期测…」、「SiC 敏感芯片的欧姆接触工艺」"
    assert text.count(asked) == 1
    page = paths["html"].read_text("utf-8")
    assert page.count(asked) == 1
    assert "同合作方 1。双方资料不足、未作判断：预算与价格" in page


def test_a_minus_sign_stays_with_its_number(tmp_path: Path) -> None:
    need = Need(id="M-1", title="耐温 -55~125℃ 的 C-C 复合材料")
    run = Run((MatchList(need, (), (), "too_short"),), PROVENANCE)
    document = docx.Document(str(write_report(run, tmp_path / "r")["docx"]))
    (heading,) = [p for p in document.paragraphs if need.title in p.text]
    assert heading._p.xml.count("<w:noBreakHyphen/>") == 1


def test_docx_names_chinese_fonts_and_counts_pages(chinese: dict[str, Path]) -> None:
    document = docx.Document(str(chinese["docx"]))
    for style, font in (("Normal", "宋体"), ("Heading 1", "黑体"), ("Title", "黑体")):
        fonts = document.styles[style].element.rPr.rFonts
        assert fonts.get(qn("eastAsia")) == font
        assert not [key for key in fonts.attrib if "heme" in key]
    footer = document.sections[0].footer._element.xml
    assert "NUMPAGES" in footer
    assert "PAGE" in footer
    assert document.core_properties.created.year == 2026


def test_the_technical_part_stands_at_the_end(
    chinese: dict[str, Path], english: dict[str, Path]
) -> None:
    for paths, heading in ((chinese, "附录：数据与方法"), (english, "Appendix: data and method")):
        page = paths["html"].read_text("utf-8").split("</style>")[1]
        # The table of contents of the Word file names the appendix too.
        for text in (page, docx_text(paths["docx"])):
            before, after = text.rsplit(heading, 1)
            for code in (
                PROVENANCE.data_revision, PROVENANCE.encoder, PROVENANCE.encoder_fingerprint,
            ):  # fmt: skip
                assert code not in before
                assert code in after


def test_word_can_update_the_contents(chinese: dict[str, Path]) -> None:
    body = docx.Document(str(chinese["docx"])).element.body
    assert "TOC " in "".join(item.text for item in body.iter(qn("instrText")))
    kinds = [item.get(qn("fldCharType")) for item in body.iter(qn("fldChar"))]
    assert kinds == ["begin", "separate", "end"]
    anchors = {item.get(qn("anchor")) for item in body.iter(qn("hyperlink"))}
    assert anchors <= {item.get(qn("name")) for item in body.iter(qn("bookmarkStart"))}


def test_html_stands_alone_and_links_every_need(chinese: dict[str, Path]) -> None:
    page = chinese["html"].read_text("utf-8")
    assert "<script" not in page
    assert not re.search(r"""(src|href)=["'](?!#)""", page)
    for i in range(1, 5):
        assert f'id="n{i}"' in page
        assert f'href="#n{i}"' in page
    assert "<mark>无引线封装</mark>" in page
    assert "50 nm &amp; does not touch the surface, &lt;10 s per" in page
    assert '"Noto Sans CJK SC"' in page


def test_no_percentage_without_a_calibrated_probability(tmp_path: Path) -> None:
    run = Run((MatchList(SHORT_NEED, (bare(SHORT_NEED, SIC, 1),)),), PROVENANCE)
    paths = write_report(run, tmp_path / "r")
    head, *_ = cells(paths["xlsx"], "匹配明细")
    assert "匹配概率" not in head
    body = paths["html"].read_text("utf-8").split("</style>")[1]
    for text in (body, docx_text(paths["docx"])):
        assert "概率" not in text
        assert "%" not in text


def test_english_reports_have_english_labels(english: dict[str, Path]) -> None:
    book = openpyxl.load_workbook(english["xlsx"])
    for sheet in book:
        for row in sheet.iter_rows(max_row=1 if sheet.title != "Summary" else 6):
            named = [str(c.value) for c in row if c.value and "." not in str(c.value)]
            assert not [value for value in named if CHINESE.search(value)]
    text = docx_text(english["docx"])
    assert "Anonymous organisation (西安市雁塔区, Medium, Enterprise)" in text
    assert "Cooperation mode: need Joint development, capability Service" in text
    assert "CNY 3,000,000–5,000,000" in text
    assert taxonomy.label_of("reasons", "too_short", "en") in text
    assert 'lang="en"' in english["html"].read_text("utf-8")


def test_words_of_the_report_take_the_same_values_in_both_languages() -> None:
    for term in taxonomy.terms("report_words").values():
        places = [set(re.findall(r"{(\w+)}", text)) for text in (term.zh, term.en)]
        assert {p.casefold() for p in places[1]} - {"subject", "subjects"} == {
            p.casefold() for p in places[0]
        } - {"subject", "subjects"}, term.code
    reasons = taxonomy.terms("reasons")
    assert all(f"advice_{code}" in taxonomy.terms("report_words") for code in reasons)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_empty_run_says_so(tmp_path: Path, lang: str) -> None:
    paths = write_report(Run((), PROVENANCE), tmp_path / "r", lang=lang)
    said = taxonomy.label_of("report_words", "no_records", lang).split("{")[0]
    assert said in docx_text(paths["docx"])
    assert said in paths["html"].read_text("utf-8")
    assert paths["jsonl"].read_bytes() == b""
    assert len(openpyxl.load_workbook(paths["xlsx"]).sheetnames) == 7


def test_three_characters_and_twenty_pages(tmp_path: Path) -> None:
    sentence = "本段描述第{0}道工序的温度控制要求，温度波动不超过 {0} ℃，并需与现有产线兼容。"
    problem = "\n".join(sentence.format(i) for i in range(500))
    need = Need(id="L-1", title="", problem=problem)
    parts = tuple(
        Coverage(span(need, "problem", sentence.format(i)), None) for i in range(500)
    )  # fmt: skip
    proof = pair(need, ("problem", sentence.format(3)), SIC, ("title", SIC.title))
    match = bare(need, SIC, 1, evidence=(proof,), coverage=parts)  # one of them is quoted
    lists = (MatchList(need, (match,)), MatchList(SHORT_NEED, (), (), "too_short"))
    paths = write_report(Run(lists, PROVENANCE), tmp_path / "r")
    text = docx_text(paths["docx"])
    assert len(text) < 6000
    assert "字，全文见原文件" in text
    assert "另有 496 项，见 report.xlsx《要求覆盖》" in text
    assert "本段描述第0道工序" in text.split("需求一览")[2][:200]
    assert len(cells(paths["xlsx"], "要求覆盖")) == 501


def test_cells_too_long_for_excel_are_cut_with_a_mark(tmp_path: Path) -> None:
    need = Need(id="L-2", title="长" * 40_000, problem="\x00\x0b\ud800坏字符\ufffe")
    match = bare(need, SIC, 1)
    paths = write_report(Run((MatchList(need, (match,)),), PROVENANCE), tmp_path / "r")
    title = str(cells(paths["xlsx"], "匹配明细")[1][1])
    assert len(title) == CELL_CHARACTERS
    assert title.endswith("已截断）")
    assert "坏字符" in docx_text(paths["docx"])
    assert json.loads(paths["jsonl"].read_text("utf-8"))["need"]["text"]["problem"][3:6] == "坏字符"


def test_top_limits_the_lists_and_pages_point_to_the_rest(tmp_path: Path) -> None:
    matches = tuple(bare(FABRIC_NEED, FABRIC, i) for i in range(1, 9))
    run = Run((MatchList(FABRIC_NEED, matches),), PROVENANCE)
    paths = write_report(run, tmp_path / "r", top=5)
    assert len(cells(paths["xlsx"], "匹配明细")) == 6
    assert paths["jsonl"].read_bytes().count(b"\n") == 5
    page = paths["html"].read_text("utf-8")
    assert page.count('class="partner"') == 3
    assert "其余名次见 report.xlsx 的《匹配明细》" in page
    paths = write_report(run, tmp_path / "r", top=2)
    assert paths["html"].read_text("utf-8").count('class="partner"') == 2


def test_capabilities_that_look_for_needs(tmp_path: Path) -> None:
    run = Run((MatchList(FABRIC, (fabric_match(),)),), PROVENANCE)
    paths = write_report(run, tmp_path / "r")
    rows = cells(paths["xlsx"], "汇总")
    assert rows[5][2] == "成果名称"
    assert str(rows[6][6]).startswith(FABRIC_NEED.title)
    assert "成果一览" in paths["html"].read_text("utf-8")
    english = write_report(run, tmp_path / "en", lang="en")
    assert "Capabilities at a glance" in docx_text(english["docx"])


@pytest.mark.parametrize("options", [{"lang": "fr"}, {"top": 0}])
def test_wrong_options_are_named(tmp_path: Path, options: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        write_report(office_run(), tmp_path / "r", **options)  # type: ignore[arg-type]
    assert str(next(iter(options.values()))) in caught.value.zh
    assert not (tmp_path / "r").exists()


def test_three_hundred_needs_with_ten_matches_each(tmp_path: Path) -> None:
    lists = []
    for i in range(300):
        need = FABRIC_NEED.model_copy(update={"id": f"N-{i:03}", "title": f"第 {i} 项阻燃织物需求"})
        matches = tuple(replace(fabric_match(), need=need, rank=r) for r in range(1, 11))
        lists.append(MatchList(need, matches))
    paths = write_report(Run(tuple(lists), PROVENANCE, need_count=300), tmp_path / "r")
    assert len(cells(paths["xlsx"], "匹配明细")) == 3001
    assert paths["docx"].stat().st_size < 2_000_000
    assert paths["xlsx"].stat().st_size < 2_000_000
    assert paths["html"].stat().st_size < 5_000_000


def test_what_is_quoted_is_not_called_missing() -> None:
    from matcher.export.gaps import unstated, unstated_line
    from matcher.export.words import Words

    match = fabric_match()
    cost = match.evidence[0]
    # The same words, once with a full stop: the weak answer is quoted beside one of them.
    twice = replace(cost.need, field="expected_outcome", text=f"{cost.need.text}。")
    weak = replace(match, coverage=(Coverage(cost.need, None), Coverage(twice, None)))
    told = " ".join((*unstated(weak, Words("zh"), 9), *unstated_line(weak, Words("zh"), 9)))
    assert cost.need.text[:12] not in told
    alone = replace(weak, evidence=())
    assert cost.need.text[:12] in " ".join(unstated_line(alone, Words("zh"), 9))
