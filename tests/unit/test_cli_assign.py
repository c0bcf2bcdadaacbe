"""``matcher assign``: from two files to a workbook, and nothing for other eyes."""

from __future__ import annotations

import json
from pathlib import Path

import docx
import openpyxl
from cli_fixtures import CAPABILITIES, TODAY, Called, sample_rows, write_csv


def test_a_batch_is_assigned_and_hidden_owners_stay_hidden(
    called: Called, prepared: Path, needs_file: Path, tmp_path: Path
) -> None:
    rows = sample_rows("capabilities.csv", CAPABILITIES)
    for row in rows:
        row["保密要求"] = "匿名"
    rows[1]["保密要求"], private = "保密", rows[1]["成果名称"]
    offers = write_csv(tmp_path / "成果.csv", rows)
    told = []
    for name in ("一", "二"):
        done = called("assign", needs_file, offers, "-o", name, "--date", TODAY, "--json")
        assert done.returncode == 0, done.stderr
        told.append(json.loads(done.stdout))
    assert told[0]["assigned"] == told[1]["assigned"]
    assert told[0]["assigned"]
    assert told[0]["gap"] == 0.0
    one, two = (tmp_path / name / "assignment.xlsx" for name in ("一", "二"))
    assert one.read_bytes() == two.read_bytes()
    papers = [tmp_path / name / "assignment.docx" for name in ("一", "二")]
    assert papers[0].read_bytes() == papers[1].read_bytes()
    cells = [
        str(cell) for sheet in openpyxl.load_workbook(one)
        for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None
    ]  # fmt: skip
    shown = docx.Document(str(papers[0])).element.body.iter()
    paper = "".join(node.text or "" for node in shown if node.tag.endswith("}t"))
    assert "分配方案" in paper
    assert told[0]["assigned"][0]["capability"] in paper
    grades = {"call": "值得联系", "look": "可以了解", "faint": "仅供参考"}
    for pair in told[0]["assigned"]:
        assert grades[pair["grade"]] in paper
        assert grades[pair["grade"]] in cells
    text = "\n".join([*cells, paper])
    assert told[0]["assigned"][0]["capability"] in text
    assert not [row["单位名称"] for row in rows if row["单位名称"] in text]
    assert private not in text


def test_rules_that_contradict_each_other_are_named(
    called: Called, prepared: Path, needs_file: Path, capabilities_file: Path, tmp_path: Path
) -> None:
    done = called("assign", needs_file, capabilities_file, "-o", "结果", "--date", TODAY,
                  "--small-share", "100", "--lang", "en")  # fmt: skip
    assert done.returncode == 2
    assert "cannot be kept together" in done.stdout
    assert "lower the share" in done.stdout
    paper = docx.Document(str(tmp_path / "结果" / "assignment.docx"))
    assert any("lower the share" in part.text for part in paper.paragraphs)
