"""``matcher check``, ``search``, ``index`` and ``encoder``."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest
from cli_fixtures import SAMPLE, Called, process, sample_rows, write_csv

from matcher.cli import run

pytestmark = pytest.mark.usefixtures("prepared")
TEXT = "需要倒装芯片用的低膨胀底部填充胶，能流满窄间隙"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, capabilities_file: Path) -> Path:
    folder = tmp_path_factory.mktemp("index") / "索引"
    assert run(["index", "build", str(capabilities_file), "-o", str(folder)]) == 0
    return folder


def test_check_tells_columns_kinds_languages_and_duplicates(called: Called) -> None:
    done = called("check", SAMPLE / "needs.csv", SAMPLE / "capabilities.csv")
    assert (done.returncode, done.stderr) == (0, "")
    needs, _, capabilities = done.stdout.partition("\ncapabilities.csv")
    assert "needs.csv  需求 95 条" in needs
    assert "中文 77、英文 18" in needs
    assert "N116  N117  近似" in needs
    assert "成果 212 条" in capabilities
    assert "仪器设备 11" in capabilities
    assert capabilities.count("近似\n") == 6
    assert "所有行都已读入" in capabilities


def test_check_lists_what_is_not_read(called: Called, tmp_path: Path) -> None:
    row = sample_rows("capabilities.csv", ("C001",))[0]
    broken = {**row, "成果编号": "C900", "技术成熟度": "很成熟"}
    path = write_csv(tmp_path / "c.csv", [row, row, broken, {**row, "成果编号": "C901"}])
    done = called("check", path, "--exact-only")
    assert done.returncode == 1
    assert "未读入：1 行" in done.stdout
    assert "第 3 行" in done.stdout
    assert "技术成熟度" in done.stdout
    assert "C001  C901  内容相同" in done.stdout
    data = json.loads(called("check", path, "--exact-only", "--json").stdout)[0]
    assert data["records"] == "capability"
    assert data["rejections"][0]["row"] == 3
    assert data["warnings"][0]["column"] == "技术成熟度"
    assert {pair["similarity"] for pair in data["duplicates"]} == {1.0}


def test_check_goes_on_after_a_file_that_cannot_be_read(
    called: Called, needs_file: Path, tmp_path: Path
) -> None:
    done = called("check", tmp_path / "gone.xlsx", needs_file, "--exact-only")
    assert done.returncode == 2
    assert "gone.xlsx" in done.stderr
    assert "需求.csv  需求 6 条" in done.stdout


def test_check_reads_standard_input_and_takes_the_users_word(tmp_path: Path) -> None:
    lines = json.dumps({"title": "无人机避障", "谁": "示例大学"}, ensure_ascii=False)
    done = process("check", "-", "--as", "capabilities", "--map", "谁=单位名称", "--exact-only",
                   "--json", folder=tmp_path, text=lines)  # fmt: skip
    data = json.loads(done.stdout)[0]
    assert (data["records"], data["count"]) == ("capability", 1)
    assert {c["header"]: c["field"] for c in data["mapping"]}["谁"] == "organisation.name"


def test_check_without_an_encoder_still_finds_exact_duplicates(
    needs_file: Path, tmp_path: Path
) -> None:
    done = process("check", needs_file, folder=tmp_path, ALLEYMATCH_HOME=str(tmp_path / "home"))
    assert done.returncode == 0
    assert "未检查近似重复" in done.stdout
    assert "matcher encoder prepare" in done.stdout


def test_search_shows_the_reason_in_both_texts(called: Called, capabilities_file: Path) -> None:
    done = called("search", TEXT, "--in", capabilities_file, "--top", 2)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1. 倒装芯片用低膨胀毛细底部填充胶\n   C001 · 示例江北大学")
    assert "需求：「" in done.stdout
    assert "成果：「" in done.stdout
    assert "\n3. " not in done.stdout


def test_search_reads_standard_input_and_gives_json(
    capabilities_file: Path, tmp_path: Path
) -> None:
    done = process("search", "-", "--in", capabilities_file, "--json", "--lang", "en",
                   folder=tmp_path, text="low-CTE underfill for flip chips\n")  # fmt: skip
    data = json.loads(done.stdout)
    assert data["text"].strip() == "low-CTE underfill for flip chips"
    assert 1 <= len(data["matches"]) <= 5
    assert [m["rank"] for m in data["matches"]] == list(range(1, len(data["matches"]) + 1))


def test_search_by_kind_and_without_a_match(called: Called, capabilities_file: Path) -> None:
    done = called("search", TEXT, "--in", capabilities_file, "--kind", "专利", "--json")
    assert {m["capability"]["kind"] for m in json.loads(done.stdout)["matches"]} == {"patent"}
    done = called("search", "嗯", "--in", capabilities_file)
    assert done.returncode == 0
    assert "太少" in done.stdout
    assert called("search", " ", "--in", capabilities_file).returncode == 2
    assert called("search", "字" * 50_001, "--in", capabilities_file).returncode == 2


def test_search_hides_private_records_and_anonymous_owners(called: Called, tmp_path: Path) -> None:
    rows = sample_rows("capabilities.csv", ("C001", "C002", "C003"))
    rows[0]["保密要求"], rows[1]["保密要求"] = "匿名", "保密"
    rows[0]["成果简介"] += f"由{rows[0]['单位名称']}完成。"
    path = write_csv(tmp_path / "c.csv", rows)
    for extra in ([], ["--json"]):
        done = called("search", TEXT, "--in", path, *extra)
        assert rows[0]["成果名称"] in done.stdout
        assert rows[0]["单位名称"] not in done.stdout
        assert "C002" not in done.stdout
        assert rows[1]["单位名称"] not in done.stdout


def test_an_index_gives_what_its_file_gives(
    called: Called, capabilities_file: Path, index: Path
) -> None:
    from_file = called("search", TEXT, "--in", capabilities_file, "--json")
    from_index = called("search", TEXT, "--index", index, "--json")
    assert from_index == from_file


def test_index_build_lists_what_is_not_read(called: Called, tmp_path: Path) -> None:
    row = sample_rows("capabilities.csv", ("C001",))[0]
    path = write_csv(tmp_path / "c.csv", [row, row])
    done = called("index", "build", path, "-o", tmp_path / "索引")
    assert done.returncode == 1
    assert "未读入：1 行" in done.stdout
    assert "成果 1 条" in done.stdout


def test_index_info(called: Called, index: Path) -> None:
    assert "成果        10" in called("index", "info", index).stdout
    data = json.loads(called("index", "info", index, "--json").stdout)
    assert (data["rows"], data["dim"], data["format"]) == (10, 384, 1)


def test_a_damaged_index_is_refused_with_the_remedy(
    called: Called, index: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(index, folder)
    (folder / "vectors.npy").write_bytes(b"")
    done = called("search", TEXT, "--index", folder)
    assert done.returncode == 2
    assert "matcher index build" in done.stderr
    assert called("index", "info", tmp_path / "none").returncode == 2


def test_the_encoder_is_prepared_once_in_silence(
    called: Called, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = {"ALLEYMATCH_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
    first = process("encoder", "prepare", folder=tmp_path, **home)
    assert (first.returncode, first.stderr) == (0, "")
    assert "编码器准备完毕" in first.stdout
    monkeypatch.setenv("ALLEYMATCH_HOME", home["ALLEYMATCH_HOME"])
    assert called("encoder", "prepare").stdout.startswith("编码器已就绪")
    # Neither the quantiser's advice nor the runtime's reports to its maker.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_encoder_info_before_and_after(
    called: Called, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = json.loads(called("encoder", "info", "--json").stdout)
    assert (data["prepared"], data["dim"]) == (True, 384)
    assert "已准备" in called("encoder", "info").stdout
    monkeypatch.setenv("ALLEYMATCH_HOME", str(tmp_path / "home"))
    assert "matcher encoder prepare" in called("encoder", "info").stdout


def test_preparing_leaves_logging_as_it_was(
    called: Called, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = logging.getLogger().handlers[:]
    monkeypatch.setenv("ALLEYMATCH_HOME", str(tmp_path / "home"))
    assert called("encoder", "prepare", "--force").returncode == 0
    assert logging.getLogger().handlers == before


def test_weights_that_are_none_are_refused(called: Called, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"not weights")
    for name in ("weights.bin", "gone.whl"):
        done = called("encoder", "prepare", "--weights", tmp_path / name)
        assert done.returncode == 2
        assert "权重文件" in done.stderr
