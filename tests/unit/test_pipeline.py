"""The work behind the commands, and near duplicates as measured on the sample."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from cli_fixtures import SAMPLE, Called, sample_rows, write_csv

from matcher.checks import check_file
from matcher.duplicates import near_duplicates
from matcher.encode import open_encoder
from matcher.errors import InputError
from matcher.export.privacy import visible_run
from matcher.index.collection import EncodedRecords, encode_records
from matcher.ingest import read_capabilities, read_needs
from matcher.pipeline import Request, match_files, open_matcher, own_mapping, search
from matcher.rank.hub import load_background
from matcher.records import Capability, Need
from matcher.results import Duplicate

pytestmark = pytest.mark.usefixtures("prepared")


def pairs(found: tuple[Duplicate, ...]) -> set[tuple[str, str]]:
    return {(pair.first_id, pair.second_id) for pair in found}


def known_pairs(case: str, column: str) -> set[tuple[str, str]]:
    with (SAMPLE / "hard_cases.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["case"] == case]
    found = [row[column].split("+") for row in rows]
    return {(first, second) for first, second in found}


def encoded(*texts: str) -> EncodedRecords:
    records = [Need(id=f"N{i}", problem=text) for i, text in enumerate(texts)]
    return encode_records("need", records, open_encoder())


def background() -> object:
    return load_background(open_encoder().fingerprint)


def test_every_near_duplicate_of_the_sample_is_found_and_no_other() -> None:
    needs, capabilities = (check_file(str(SAMPLE / f"{name}.csv"))
                           for name in ("needs", "capabilities"))  # fmt: skip
    assert pairs(needs.duplicates) == known_pairs("near_duplicate_need", "need_id")
    assert pairs(capabilities.duplicates) == known_pairs(
        "near_duplicate_capability", "capability_id"
    )
    assert len(needs.duplicates) + len(capabilities.duplicates) == 8


def test_translations_of_one_need_are_not_duplicates() -> None:
    found = check_file(str(SAMPLE / "needs_bilingual.csv"))
    assert found.duplicates == ()


def test_near_duplicates_of_a_small_file() -> None:
    known = load_background(open_encoder().fingerprint)
    found = near_duplicates(
        encoded(
            "芯片封装用底部填充胶在温循600次后开裂，需要低膨胀的材料",
            "芯片封装所用底部填充胶温循约600次就开裂，求低膨胀材料",
            "Underfill for flip chip packages that survives 1000 thermal cycles",
            "Flip chip packages need an underfill which survives 1000 thermal cycles",
            "无人机低空避障雷达",
        ),
        known,
    )
    assert pairs(found) == {("N0", "N1"), ("N2", "N3")}
    assert all(0.7 <= pair.similarity < 1 for pair in found)


def test_exact_duplicates_are_named_once() -> None:
    text = "碳化硅功率模块的低温烧结银膏，剪切强度不低于40 MPa"
    exact = (Duplicate("N0", "N1", 1.0, "need"), Duplicate("N0", "N2", 1.0, "need"))
    found = near_duplicates(encoded(text, text + "。", text + "！", "别的事情"), None, exact)
    assert found == exact


def test_many_copies_take_little_memory_and_time() -> None:
    rng = np.random.default_rng(7)
    vectors = rng.normal(size=(3000, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[1::2] = vectors[0]
    records = tuple(Need(id=str(i), problem=f"需求{i}") for i in range(3000))
    texts = tuple(record.problem for record in records)
    crowd = EncodedRecords("need", records, texts, ((),) * 3000, ("zh",) * 3000, vectors,
                           (np.zeros((0, 32), np.float32),) * 3000)  # fmt: skip
    found = near_duplicates(crowd, None)
    assert len(found) <= 10 * 3000
    assert near_duplicates(EncodedRecords("need", (), (), (), (), vectors[:0], ()), None) == ()


def test_a_run_says_what_it_was_made_from(needs_file: Path, capabilities_file: Path) -> None:
    steps: dict[str, int] = {}

    def stage(name: str, total: int) -> object:
        from contextlib import nullcontext

        steps[f"{name} of"] = total
        return nullcontext(lambda count: steps.update({name: steps.get(name, 0) + count}))

    request = Request(str(needs_file), str(capabilities_file), top=2, today=date(2026, 11, 22))
    outcome = match_files(request, stage)  # type: ignore[arg-type]
    run = outcome.run
    assert steps == {"encode of": 16, "encode": 16, "match of": 6, "match": 6}
    assert (run.need_count, run.capability_count) == (6, 10)
    assert [found.query.id for found in run.lists][:2] == ["N001", "N002"]
    assert all(len(found.matches) <= 2 for found in run.lists)
    made = run.provenance
    assert made.date == "2026-11-22"
    assert made.encoder_fingerprint == open_encoder().fingerprint
    assert len(made.data_revision) == 16
    again = match_files(request)
    assert again.run == run


def test_a_changed_cell_changes_the_data_revision(
    needs_file: Path, capabilities_file: Path, tmp_path: Path
) -> None:
    rows = sample_rows("needs.csv", ("N001",))
    one = write_csv(tmp_path / "1.csv", rows)
    other = write_csv(tmp_path / "2.csv", [{**rows[0], "预期目标": "另一个目标"}])
    revisions = {
        match_files(Request(str(path), str(capabilities_file), 1)).run.provenance.data_revision
        for path in (one, other)
    }
    assert len(revisions) == 2


def test_duplicates_with_anonymous_records_are_not_open(tmp_path: Path) -> None:
    rows = sample_rows("needs.csv", ("N001", "N002", "N004"))
    rows[1]["保密要求"] = "匿名"
    needs = write_csv(tmp_path / "n.csv", rows)
    offers = write_csv(tmp_path / "c.csv", sample_rows("capabilities.csv", ("C001",)))
    outcome = match_files(Request(str(needs), str(offers)))
    assert pairs(outcome.run.duplicates) == {("N001", "N002")}
    assert outcome.open_duplicates == ()


def test_reports_name_the_same_duplicates_as_the_terminal(tmp_path: Path) -> None:
    outcome = match_files(Request(str(SAMPLE / "needs.csv"), str(SAMPLE / "capabilities.csv"), 1))
    assert len(outcome.open_duplicates) == 8
    assert {pair.role for pair in outcome.open_duplicates} == {"need", "capability"}
    assert visible_run(outcome.run, staff=False).duplicates == outcome.open_duplicates


def test_equal_ids_of_needs_and_capabilities_are_told_apart(tmp_path: Path) -> None:
    asks = sample_rows("needs.csv", ("N001", "N002"))
    offers = sample_rows("capabilities.csv", ("C001", "C002"))
    copy = {**offers[0], "保密要求": "保密"}
    for number, (ask, offer) in enumerate(zip(asks, (copy, offers[0]), strict=True), start=1):
        ask[next(iter(ask))] = str(number)
        offer[next(iter(offer))] = str(number)
    needs = write_csv(tmp_path / "n.csv", asks)
    capabilities = write_csv(tmp_path / "c.csv", [copy, offers[0]])
    outcome = match_files(Request(str(needs), str(capabilities)))
    assert [pair.role for pair in outcome.run.duplicates] == ["need", "capability"]
    assert [pair.role for pair in outcome.open_duplicates] == ["need"]
    seen = visible_run(outcome.run, staff=False)
    assert seen.duplicates == outcome.open_duplicates
    assert (seen.need_count, seen.capability_count) == (2, 1)


def test_a_file_of_refused_rows_gives_an_empty_run(capabilities_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "n.csv"
    path.write_text("编号,需求名称,预算\nN1,,100万\n", encoding="utf-8")
    for direction in ("needs", "capabilities"):
        outcome = match_files(
            Request(str(path), str(capabilities_file), direction=direction)  # type: ignore[arg-type]
        )
        assert len(outcome.rejections) == 1
        assert all(not found.matches for found in outcome.run.lists)


def test_entries_of_a_mapping_go_to_the_file_that_has_the_column(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "n.csv", [{"需求名称": "甲", "痛点*": "乙", "谁": "示例大学"}])
    mapping = {"痛点": "problem", "谁": "organisation.name", "简介": "summary", "别处": "title"}
    assert own_mapping(str(path), Need, mapping) == {"痛点": "problem", "谁": "organisation.name"}
    assert own_mapping("-", Capability, mapping) == {
        "谁": "organisation.name", "简介": "summary", "别处": "title",
    }  # fmt: skip


def test_a_file_tells_what_it_holds() -> None:
    assert check_file(str(SAMPLE / "needs.csv"), near=False).role == "need"
    assert check_file(str(SAMPLE / "capabilities.csv"), near=False).role == "capability"
    assert check_file(str(SAMPLE / "needs.csv"), "capability", near=False).role == "capability"


def test_search_needs_a_source(capabilities_file: Path) -> None:
    with pytest.raises(InputError, match="--index"):
        open_matcher()
    with pytest.raises(InputError, match="--in"):
        open_matcher(str(capabilities_file), Path("索引"))
    run = search(open_matcher(str(capabilities_file), kind="instrument"), "电镜", 3)
    assert {match.capability.kind for match in run.lists[0].matches} <= {"instrument"}


def test_rows_that_are_not_read_are_counted(capabilities_file: Path, tmp_path: Path) -> None:
    row = sample_rows("capabilities.csv", ("C001",))[0]
    counts: list[int] = []
    open_matcher(str(write_csv(tmp_path / "c.csv", [row, row, row])), unread=counts.append)
    open_matcher(str(capabilities_file), unread=counts.append)
    assert counts == [2]


def test_readers_agree_with_the_pipeline(needs_file: Path, capabilities_file: Path) -> None:
    outcome = match_files(Request(str(needs_file), str(capabilities_file), 1))
    assert outcome.needs == read_needs(needs_file)
    assert outcome.capabilities == read_capabilities(capabilities_file)


def test_search_says_how_many_rows_take_no_part(called: Called, tmp_path: Path) -> None:
    row = sample_rows("capabilities.csv", ("C001",))[0]
    path = write_csv(tmp_path / "c.csv", [row, row])
    done = called("search", "低膨胀底部填充胶", "--in", path)
    assert done.returncode == 0
    assert done.stderr.startswith("有 1 行未读入")
    assert "未读入" not in done.stdout
    assert called("search", "胶", "--in", path, "--index", tmp_path).returncode == 2
