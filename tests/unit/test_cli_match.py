"""``matcher match`` as a user runs it: two files, a report, a summary, an exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from cli_fixtures import (
    SAMPLE,
    TODAY,
    Called,
    command,
    environment,
    process,
    sample_rows,
    write_csv,
)

from matcher.cli import run
from matcher.cli.text import cut, table, width, wrap
from matcher.export import FILES

pytestmark = pytest.mark.usefixtures("prepared")


def owners(*ids: str) -> list[str]:
    return [row["单位名称"] for row in sample_rows("needs.csv", ids)]


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES.values()}


def test_it_writes_the_report_and_says_what_it_found(
    needs_file: Path, capabilities_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "报告 2026"
    arguments = [str(needs_file), str(capabilities_file), "-o", str(folder), "--date", TODAY]
    assert run(["match", *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES.values())
    assert "需求  需求.csv  6 条" in out
    assert "按列名识别：需求编号" in out
    assert "N001  N002  近似" in out
    assert "C007  C008  近似" in out
    assert f"报告已写入 {folder}" in out
    rows = [line for line in out.splitlines() if line.startswith("N0") and "  " in line]
    assert any("N001" in row and "毛细底部" in row for row in rows)
    assert any("N006" in row for row in rows)


def test_english_speaks_english(
    needs_file: Path, capabilities_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(needs_file), str(capabilities_file), "-o", str(tmp_path / "r")]
    assert run(["match", *arguments, "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "Capabilities  成果.csv  10 records" in out
    assert "需求名称 → Title" in out
    assert "The report is in" in out
    assert "Best partner" in out
    assert "Need owner" in (tmp_path / "r" / "matches.csv").read_text("utf-8-sig")


def test_same_input_same_bytes(needs_file: Path, capabilities_file: Path, tmp_path: Path) -> None:
    for seed in ("1", "3"):
        done = process("match", needs_file, capabilities_file, "-o", tmp_path / seed,
                       "--date", TODAY, folder=tmp_path, PYTHONHASHSEED=seed)  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
    assert contents(tmp_path / "1") == contents(tmp_path / "3")


def test_json_is_one_document_with_the_proof(
    needs_file: Path, capabilities_file: Path, tmp_path: Path, called: Called
) -> None:
    done = called(
        "match", needs_file, capabilities_file, "-o", "r", "--json", "--top", 2, "--date", TODAY
    )
    data = json.loads(done.stdout)
    assert data["provenance"]["date"] == TODAY
    assert [item["id"] for item in data["lists"]] == ["N001", "N002", "N004", "N006", "N009"]
    best = data["lists"][0]["matches"][0]
    assert best["capability"]["id"] in ("C001", "C002")
    evidence = best["evidence"][0]
    text = best["capability"]["text"][evidence["capability"]["field"]]
    span = evidence["capability"]
    assert text[span["start"] : span["end"]] == span["text"]
    assert all(len(item["matches"]) <= 2 for item in data["lists"])
    assert data["duplicates"][0]["first_id"] == "N001"
    assert {Path(path).name for path in data["report"].values()} == set(FILES.values())


def test_quiet_says_nothing(
    needs_file: Path, capabilities_file: Path, tmp_path: Path, called: Called
) -> None:
    done = called("match", needs_file, capabilities_file, "-o", "r", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "r" / "report.docx").is_file()


def test_owners_of_anonymous_and_private_needs_are_nowhere(
    needs_file: Path, capabilities_file: Path, tmp_path: Path, called: Called
) -> None:
    anonymous, private = owners("N009"), owners("N025")
    for extra in ([], ["--json"], ["--direction", "capabilities"]):
        folder = tmp_path / "r"
        done = called("match", needs_file, capabilities_file, "-o", folder, *extra)
        shown = done.stdout + done.stderr + (folder / "report.html").read_text("utf-8")
        shown += (folder / "matches.jsonl").read_text("utf-8")
        assert anonymous[0] not in shown
        assert private[0] not in shown
        assert "N025" not in shown
    assert "匿名单位" in (folder / "report.html").read_text("utf-8")


@pytest.mark.parametrize("extra", [[], ["--json"]])
def test_with_private_records_the_terminal_still_hides_anonymous_owners(
    extra: list[str], needs_file: Path, capabilities_file: Path, tmp_path: Path, called: Called
) -> None:
    done = called("match", needs_file, capabilities_file, "-o", "r", "--include-private", *extra)
    assert done.returncode == 0
    assert "N025" in done.stdout
    assert owners("N009")[0] not in done.stdout
    if extra:
        found = {item["id"]: item for item in json.loads(done.stdout)["lists"]}
        assert found["N025"]["matches"][0]["need"]["confidentiality"] == "private"
        assert found["N025"]["title"].startswith("【保密】")
    # The report is for staff, who may see both.
    assert owners("N009")[0] in (tmp_path / "r" / "report.html").read_text("utf-8")


def test_rejected_rows_are_listed_and_the_others_go_on(
    capabilities_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = sample_rows("needs.csv", ("N001", "N004"))
    empty = dict.fromkeys(rows[0], "") | {"需求编号": "N900", "单位名称": "示例空行有限公司"}
    needs = write_csv(tmp_path / "needs.csv", [rows[0], rows[0], rows[1], empty])
    code = run(["match", str(needs), str(capabilities_file), "-o", str(tmp_path / "r")])
    out = capsys.readouterr().out
    assert code == 1
    assert "未读入：2 行" in out
    assert "needs.csv · 第 3 行 · 需求编号：编号与前面的行重复" in out
    assert "第 5 行" in out
    assert "N004" in out


def test_long_lists_of_rejected_rows_are_cut_and_counted(
    capabilities_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = sample_rows("needs.csv", ("N001",))[0]
    needs = write_csv(tmp_path / "needs.csv", [row] * 31)
    assert run(["match", str(needs), str(capabilities_file), "-o", str(tmp_path / "r")]) == 1
    out = capsys.readouterr().out
    assert out.count("编号与前面的行重复") == 20
    assert "另有 10 条" in out


def test_map_names_a_column_of_either_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needs = write_csv(tmp_path / "n.csv", [{"标题": "底部填充胶", "痛点": "芯片凸点温循后开裂"}])
    offers = write_csv(
        tmp_path / "c.csv", [{"做啥的": "低膨胀底部填充胶，适合倒装芯片", "谁家的": "示例大学"}]
    )
    mapping = ["--map", "痛点=problem", "--map", "做啥的=summary", "--map", "谁家的=单位名称"]
    arguments = ["match", str(needs), str(offers), "-o", str(tmp_path / "r"), *mapping]
    assert run(arguments) == 0
    out = capsys.readouterr().out
    assert "痛点 → 主要问题" in out
    assert "谁家的 → 单位名称" in out
    assert "示例大学" in out
    assert run([*arguments, "--map", "没有的列=title"]) == 2
    assert "没有的列" in capsys.readouterr().err
    assert run([*arguments, "--map", "痛点=没有的字段"]) == 2
    assert "没有的字段" in capsys.readouterr().err


def test_needs_from_standard_input(capabilities_file: Path, tmp_path: Path) -> None:
    line = json.dumps(
        {"id": "X1", "problem": "需要倒装芯片用的低膨胀底部填充胶"}, ensure_ascii=False
    )
    done = process("match", "-", capabilities_file, "-o", "r", "--json", folder=tmp_path, text=line)
    assert done.returncode == 0
    assert json.loads(done.stdout)["lists"][0]["matches"][0]["capability"]["id"] == "C001"


def test_the_other_direction_lists_needs_for_capabilities(
    needs_file: Path, capabilities_file: Path, tmp_path: Path, called: Called
) -> None:
    done = called(
        "match", needs_file, capabilities_file, "-o", "r", "--json", "--direction", "capabilities"
    )
    found = {item["id"]: item for item in json.loads(done.stdout)["lists"]}
    assert set(found) == {row["成果编号"] for row in sample_rows("capabilities.csv", found)}
    assert found["C001"]["matches"][0]["need"]["id"] in ("N001", "N002")
    table_lines = (tmp_path / "r" / "matches.csv").read_text("utf-8-sig").splitlines()
    assert "C001" in "".join(table_lines)


def test_partner_kind_keeps_enterprises_only(
    needs_file: Path, capabilities_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["match", str(needs_file), str(capabilities_file), "-o", str(tmp_path / "r")]
    assert run([*arguments, "--json", "--partner-kind", "enterprise"]) == 0
    data = json.loads(capsys.readouterr().out)
    offers = sample_rows("capabilities.csv", (f"C{i:03}" for i in range(300)))
    firms = {row["成果编号"] for row in offers if row["单位类型"] == "企业"}
    found = {m["capability"]["id"] for item in data["lists"] for m in item["matches"]}
    assert found
    assert found <= firms
    assert data["capabilities"]["count"] < 10
    assert run([*arguments, "--partner-kind", "火星"]) == 2
    assert "enterprise（企业）" in capsys.readouterr().err


def test_the_date_decides_what_has_expired(
    capabilities_file: Path, tmp_path: Path, called: Called
) -> None:
    needs = write_csv(tmp_path / "n.csv", sample_rows("needs.csv", ("N043",)))
    reasons = {}
    for day in ("2026-05-01", "2026-11-22"):
        done = called("match", needs, capabilities_file, "-o", "r", "--json", "--date", day)
        reasons[day] = json.loads(done.stdout)["lists"][0]["reason"]
    assert reasons["2026-11-22"] == "not_open"
    assert reasons["2026-05-01"] != "not_open"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.xlsx", None, "找不到文件"),
        ("empty.csv", b"", "空"),
        ("broken.xlsx", b"PK\x03\x04 not a workbook", "broken.xlsx"),
        ("note.csv", "今天,天气\n晴,好\n".encode(), "--map"),
    ],
)
def test_unusable_files_are_code_2_and_a_sentence(
    name: str,
    content: bytes | None,
    said: str,
    capabilities_file: Path,
    tmp_path: Path,
    called: Called,
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = called("match", name, capabilities_file, "-o", "r")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "r").exists()


def test_an_unprepared_encoder_names_the_command(
    needs_file: Path, capabilities_file: Path, tmp_path: Path
) -> None:
    done = process("match", needs_file, capabilities_file, "-o", "r", folder=tmp_path,
                   ALLEYMATCH_HOME=str(tmp_path / "home"))  # fmt: skip
    assert done.returncode == 2
    assert "matcher encoder prepare" in done.stderr


def test_match_and_search_do_not_import_torch(
    needs_file: Path, capabilities_file: Path, tmp_path: Path
) -> None:
    program = (
        "import sys\nfrom matcher.cli import run\n"
        f"assert run(['match', {str(needs_file)!r}, {str(capabilities_file)!r}, '-o', 'r']) == 0\n"
        f"assert run(['search', '底部填充胶', '--in', {str(capabilities_file)!r}]) == 0\n"
        "heavy = ('torch', 'sentence_transformers', 'transformers', 'onnx', 'sklearn')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment(),
                          capture_output=True, encoding="utf-8", check=True)  # fmt: skip
    assert done.stderr.strip() == "[]"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_progress_shows_on_a_terminal_only(
    needs_file: Path, capabilities_file: Path, tmp_path: Path
) -> None:
    import fcntl
    import pty
    import struct
    import termios

    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    arguments = command("match", needs_file, capabilities_file, "-o", "r")
    with subprocess.Popen(arguments, cwd=tmp_path, env=environment(), stderr=writer,
                          stdout=subprocess.PIPE) as child:  # fmt: skip
        os.close(writer)
        shown = b""
        # Linux ends a terminal without a writer with an error, others with nothing.
        with suppress(OSError):
            while part := os.read(reader, 4096):
                shown += part
        printed = child.communicate(timeout=60)[0]
    os.close(reader)
    assert "匹配:   0%" in shown.decode("utf-8")
    assert "匹配: " not in printed.decode("utf-8")


@pytest.mark.slow
def test_the_sample_matches_as_the_readme_says(tmp_path: Path, called: Called) -> None:
    done = called(
        "match",
        SAMPLE / "needs.csv",
        SAMPLE / "capabilities.csv",
        "-o",
        "r",
        "--top",
        3,
        "--date",
        TODAY,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "需求  needs.csv  95 条" in done.stdout
    header, _, table = done.stdout.partition("----\n")
    assert header.count("近似\n") == 8
    listed = [line for line in table.splitlines() if line.startswith("N")]
    private = sample_rows("needs.csv", (f"N{number:03}" for number in range(200)))
    assert len(listed) == sum(row["保密要求"] != "保密" for row in private)


def test_columns_are_counted_as_a_terminal_shows_them() -> None:
    assert width("SiC芯片") == 7
    assert cut("碳化硅功率模块", 9) == "碳化硅功…"
    assert width(cut("ab碳化硅", 6)) <= 6
    lines = table([("需求", "Capability of silicon"), ("x", "y")], ("a", "b"), (10, 8))
    assert lines == ["a     b", "----  --------", "需求  Capabil…", "x     y"]
    assert wrap("一二三四五，六七", 10) == ["一二三四五，", "六七"]
    assert wrap("long words stay whole here", 10) == ["long words", "stay whole", "here"]
    assert wrap("", 10) == [""]


def test_files_in_the_wrong_order_are_told_so(
    called: Called, needs_file: Path, capabilities_file: Path
) -> None:
    done = called("match", capabilities_file, needs_file, "-o", "out")
    assert done.returncode == 2
    assert "放反" in done.stderr


def test_private_needs_are_counted_on_the_terminal(
    called: Called, needs_file: Path, capabilities_file: Path
) -> None:
    shown = called("match", needs_file, capabilities_file, "-o", "out").stdout
    assert "保密 1 条未参与" in shown


def test_no_partner_of_the_kind_asked_for_names_the_option(
    called: Called, needs_file: Path, capabilities_file: Path
) -> None:
    done = called(
        "match", needs_file, capabilities_file, "-o", "out", "--partner-kind", "government"
    )
    assert done.returncode == 2
    assert "--partner-kind" in done.stderr
