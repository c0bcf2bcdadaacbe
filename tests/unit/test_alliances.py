"""Alliances: what a theme says, what the files hold, and what they never tell."""

from __future__ import annotations

import json
import re
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from cli_fixtures import SAMPLE, Called, sample_rows, write_csv
from engine_fixtures import TODAY, cached

from matcher.errors import InputError
from matcher.export.alliances import Shown
from matcher.export.alliances_files import write_alliances
from matcher.pipeline import Outcome, Request, match_files
from matcher.plan.alliances import FOR_A_CAPABILITY, FOR_A_NEED, MEETINGS, Alliances, plan_alliances
from matcher.rank.hub import load_background

DAY = TODAY.isoformat()
SECRET, FIRM = "绝密超导磁约束聚变", "示例瞒名科技有限公司"


def planned(outcome: Outcome, staff: bool = False, **more: object) -> Alliances:
    background = load_background(cached().fingerprint)
    return plan_alliances(
        outcome.run, outcome.encoded, background, staff=staff, **more  # type: ignore[arg-type]
    )  # fmt: skip


def matched(needs: object, capabilities: object, private: bool = False) -> Outcome:
    return match_files(Request(str(needs), str(capabilities), today=TODAY, include_private=private))


@pytest.fixture(scope="module")
def sample(prepared: Path) -> Outcome:
    return matched(SAMPLE / "needs.csv", SAMPLE / "capabilities.csv")


@pytest.fixture(scope="module")
def found(sample: Outcome) -> Alliances:
    return planned(sample)


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder of needs with and one without two private ones; an anonymous firm is in both."""
    rows = sample_rows("needs.csv", [f"N{i:03d}" for i in range(1, 31)])
    rows = [row for row in rows if row["保密要求"] != "保密"]
    rows[3] |= {"保密要求": "匿名", "单位名称": FIRM, "主要问题": f"{FIRM}正在寻找烧结材料。"}
    private = [
        {**rows[0], "需求编号": f"N9{i}", "需求名称": SECRET, "关键词": SECRET,
         "主要问题": f"{SECRET}装置需要低温绝热材料。", "保密要求": "保密"}
        for i in range(2)
    ]  # fmt: skip
    folder = tmp_path_factory.mktemp("telling")
    return (
        write_csv(folder / "needs.csv", [*rows, *private]),
        write_csv(folder / "fewer.csv", rows),
    )


def text_of(paths: dict[str, Path]) -> str:
    said = [paths["json"].read_text("utf-8")]
    for kind in ("xlsx", "docx"):
        with zipfile.ZipFile(paths[kind]) as archive:
            inside = [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
        said += [re.sub(r"<[^>]+>", "", part) for part in inside]
    return "\n".join(said)


def test_every_open_record_is_in_one_theme(sample: Outcome, found: Alliances) -> None:
    ids = [record.id for theme in found.themes for record in (*theme.needs, *theme.capabilities)]
    assert len(ids) == len(set(ids)) == found.records == len(found.points)
    known = {record.id: record for record in sample.run.records}
    gone = set(known) - set(ids)
    assert found.closed == len({id for id in gone if known[id].confidentiality != "private"})


def test_the_gap_is_what_the_match_lists_say(sample: Outcome, found: Alliances) -> None:
    empty = {item.query.id for item in sample.run.lists if not item.matches}
    asked = {match.capability.id for item in sample.run.lists for match in item.matches}
    for theme in found.themes:
        assert {need.id for need in theme.unmet} == {n.id for n in theme.needs} & empty
        assert {c.id for c in theme.unasked} == {c.id for c in theme.capabilities} - asked


def test_a_salon_rests_on_matches_and_their_words(sample: Outcome, found: Alliances) -> None:
    listed = {(item.query.id, m.capability.id) for item in sample.run.lists for m in item.matches}
    for theme in found.themes:
        assert len(theme.meetings) <= MEETINGS
        pairs = [(m.asks.number, m.offers.number) for m in theme.meetings]
        assert len(pairs) == len(set(pairs))
        for side, most in (("need", FOR_A_NEED), ("capability", FOR_A_CAPABILITY)):
            ids = [getattr(item.match, side).id for item in theme.meetings]
            assert all(ids.count(id) <= most for id in ids)
        for item in theme.meetings:
            assert (item.match.need.id, item.match.capability.id) in listed
            assert item.match.need in theme.needs
            assert item.guest is (item.match.capability not in theme.capabilities)
            quote = item.match.evidence[0]
            assert quote.need.text in getattr(item.match.need, quote.need.field)
            assert quote.capability.text in getattr(item.match.capability, quote.capability.field)
    assert sum(len(theme.meetings) for theme in found.themes) > 50


def test_leads_are_named_parties_with_partners(found: Alliances) -> None:
    for theme in found.themes:
        for lead in theme.leads:
            assert lead.partners > 0
            assert lead.party in theme.parties
            assert lead.party.records[0].confidentiality == "public"


def test_private_records_and_anonymous_owners_are_in_no_file(
    telling: tuple[Path, Path], tmp_path: Path
) -> None:
    everybody, fewer = telling
    capabilities = SAMPLE / "capabilities.csv"
    outcome = matched(everybody, capabilities)
    open_one = planned(outcome)
    for lang in ("zh", "en"):
        said = text_of(write_alliances(open_one, tmp_path / lang, lang))
        assert SECRET not in said
        assert FIRM not in said
        assert FIRM[2:6] not in said
    # They take no part: not in a count, not in a name, not in where others stand.
    without = planned(matched(fewer, capabilities))
    assert open_one.themes == without.themes
    assert open_one.points == without.points
    assert open_one.snapshot == without.snapshot
    assert open_one.closed == without.closed
    # A run of the office is cut down for others in the same way.
    office = matched(everybody, capabilities, private=True)
    passed_on = text_of(write_alliances(planned(office), tmp_path / "cut"))
    assert SECRET not in passed_on
    assert FIRM not in passed_on
    staff = text_of(write_alliances(planned(office, staff=True), tmp_path / "staff"))
    assert SECRET in staff
    assert FIRM in staff
    with pytest.raises(InputError, match="private records"):
        planned(office, previous=planned(office, staff=True).snapshot)


def test_the_same_records_give_the_same_bytes(sample: Outcome, tmp_path: Path) -> None:
    one = write_alliances(planned(sample), tmp_path / "a")
    other = write_alliances(planned(sample), tmp_path / "b")
    assert all(one[kind].read_bytes() == other[kind].read_bytes() for kind in one)


def test_files_are_in_one_language(found: Alliances, tmp_path: Path) -> None:
    paths = write_alliances(found, tmp_path, "en")
    book = openpyxl.load_workbook(paths["xlsx"])
    assert book.sheetnames[:2] == ["Themes at a glance", "Salon (who meets whom)"]
    heads = [cell.value for sheet in book for cell in sheet[1]]
    assert not any(re.search("[\u4e00-\u9fff]", str(head)) for head in heads)
    assert all("themes" in note or "：" not in note for note in Shown(found, "en").notes())


def test_the_command_writes_compares_and_explains(
    called: Called, sample: Outcome, tmp_path: Path
) -> None:
    files = (SAMPLE / "needs.csv", SAMPLE / "capabilities.csv")
    done = called("alliances", *files, "-o", "一月", "--date", DAY)
    assert done.returncode in (0, 1), done.stderr
    assert "T01" in done.stdout
    assert "alliances.docx" in done.stdout
    again = called(
        "alliances", *files, "-o", "二月", "--date", DAY, "--previous", "一月", "--json", "-q"
    )
    told = json.loads(again.stdout)
    assert [theme["id"] for theme in told["themes"]] == [
        theme["id"]
        for theme in json.loads(Path("一月/alliances.json").read_text("utf-8"))["themes"]
    ]
    assert {theme["movement"] for theme in told["themes"]} == {"没有变化"}
    refused = called("alliances", *files, "-o", "三月", "--previous", "没有")
    assert refused.returncode == 2
    assert "--previous" in refused.stderr
    assert not Path("三月").exists()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_handful_of_records_gets_a_sentence(
    called: Called, tmp_path: Path, count: int, prepared: Path
) -> None:
    rows = sample_rows("needs.csv", ["N001", "N003", "N004"])
    heads = write_csv(tmp_path / "all.csv", rows).read_text("utf-8-sig").splitlines()[:1]
    needs = write_csv(tmp_path / "n.csv", rows[:count]) if count else tmp_path / "n.csv"
    if not count:
        needs.write_text("\n".join(heads) + "\n", "utf-8")
    offers = write_csv(tmp_path / "c.csv", sample_rows("capabilities.csv", ["C001"]))
    done = called("alliances", needs, offers, "-o", "out", "--date", DAY)
    assert done.returncode == 0, done.stderr
    assert "分不出主题" in done.stdout
    book = openpyxl.load_workbook("out/alliances.xlsx")
    assert "分不出主题" in str(book.worksheets[0]["A2"].value)


def test_themes_keep_their_numbers_when_records_come_and_go(
    sample: Outcome, found: Alliances, tmp_path: Path
) -> None:
    rows = sample_rows("needs.csv", [r.id for r in sample.encoded[0].records])
    changed = write_csv(tmp_path / "needs.csv", [row for i, row in enumerate(rows) if i % 10])
    later = planned(
        matched(changed, SAMPLE / "capabilities.csv"), previous=found.snapshot
    )  # fmt: skip
    kept = [theme for theme in later.themes if theme.movement.status == "kept"]
    assert len(kept) >= 0.8 * len(found.themes)
    assert date.fromisoformat(later.previous) == TODAY
    ids = [theme.id for theme in later.themes]
    assert len(ids) == len(set(ids))
