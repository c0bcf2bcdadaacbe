"""``matcher consortium`` and ``matcher linkage``: on the terminal and as files."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import docx
import openpyxl
import pytest
from cli_fixtures import Called, sample_rows, write_csv

NEEDS, OFFERS = ["N122", "N030"], ["C160", "C162", "C161", "C058", "C001", "C071", "C200", "C075"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("plan")
    return (
        write_csv(folder / "需求.csv", sample_rows("needs.csv", NEEDS)),
        write_csv(folder / "成果.csv", sample_rows("capabilities.csv", OFFERS)),
    )


def changed(path: Path, target: Path, cells: dict[str, dict[str, str]]) -> Path:
    """Write a copy of a table with some cells of some rows changed."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows: Sequence[dict[str, str]] = list(csv.DictReader(file))
    for row in rows:
        row.update(cells.get(row.get("成果编号", ""), {}))
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return target


def everything(folder: Path) -> str:
    """Return the text of all files of a consortium."""
    document = docx.Document(str(folder / "consortium.docx"))
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    book = openpyxl.load_workbook(folder / "consortium.xlsx")
    sheets = [str(c) for s in book for row in s.iter_rows(values_only=True) for c in row if c]
    lines = [p.text for p in document.paragraphs]
    return "\n".join([*lines, *cells, *sheets, (folder / "consortium.html").read_text("utf-8")])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_consortium_is_shown_and_written(
    files: tuple[Path, Path], called: Called, prepared: Path, lang: str
) -> None:
    done = called(
        "consortium", *files, "--need", "N122", "-o", "out", "--date", "2026-11-22",
        "--lang", lang,
    )  # fmt: skip
    assert done.returncode == 0
    said = {"zh": "牵头：需求单位自己牵头", "en": "Lead: the need's own owner"}[lang]
    assert said in done.stdout
    text = everything(Path("out"))
    assert said in text
    assert "动态载量62 g/L" in text
    assert "生物制品层析纯化中试平台" in text
    again = {name: (Path("out") / name).read_bytes() for name in ("consortium.docx",)}
    called(
        "consortium", *files, "--need", "N122", "-o", "b", "--date", "2026-11-22", "--lang", lang
    )
    assert (Path("b") / "consortium.docx").read_bytes() == again["consortium.docx"]


def test_what_must_not_show_is_in_no_file(
    files: tuple[Path, Path], called: Called, prepared: Path, tmp_path: Path
) -> None:
    offers = changed(
        files[1],
        tmp_path / "成果.csv",
        {"C160": {"保密要求": "匿名"}, "C162": {"保密要求": "保密"}},
    )
    done = called("consortium", files[0], offers, "--need", "N122", "-o", "out")
    text = done.stdout + everything(Path("out"))
    assert "动态载量62 g/L" in text
    assert "示例纯微生物材料" not in text
    assert "匿名" in text
    assert "层析纯化中试平台" not in text
    assert "示例生物医药产业研究院" not in text
    staff = called("consortium", files[0], offers, "--need", "N122", "--include-private")
    assert "示例纯微生物材料" in staff.stdout
    assert "层析纯化中试平台" in staff.stdout
    links = called("linkage", files[0], offers, "-o", "link.xlsx")
    sheets = openpyxl.load_workbook("link.xlsx")
    cells = [str(c) for s in sheets for row in s.iter_rows(values_only=True) for c in row if c]
    shown = links.stdout + "\n".join(cells)
    assert "C160" in shown
    assert "示例纯微生物材料" not in shown
    assert "层析纯化中试平台" not in shown


def test_a_text_will_do_and_next_to_nothing_gives_a_sentence(
    files: tuple[Path, Path], called: Called, prepared: Path
) -> None:
    done = called("consortium", "抗体纯化用的耐碱亲和层析填料，动态载量≥60 g/L", "--in", files[1])
    assert done.returncode == 0
    assert "动态载量62 g/L" in done.stdout
    for words, said in (("胶", "文字太少"), (" ", "需求是空的")):
        done = called("consortium", words, "--in", files[1])
        assert said in done.stdout + done.stderr


def test_which_need_is_meant_must_be_said(
    files: tuple[Path, Path], called: Called, prepared: Path
) -> None:
    assert "--need" in called("consortium", *files).stderr
    assert "没有编号为 N999" in called("consortium", *files, "--need", "N999").stderr
    twice = called("consortium", *files, "--need", "N122", "--in", files[1])
    assert (twice.returncode, "给了两次" in twice.stderr) == (2, True)


@pytest.mark.parametrize("name", ["link.docx", "link", "link.xls"])
def test_links_go_into_an_excel_file_only(called: Called, name: str) -> None:
    done = called("linkage", "需求.csv", "成果.csv", "-o", name)
    assert (done.returncode, ".xlsx" in done.stderr) == (2, True)
    assert not Path(name).exists()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_links_are_shown_and_written(
    files: tuple[Path, Path], called: Called, prepared: Path, lang: str
) -> None:
    done = called("linkage", *files, "-o", "out/link.xlsx", "--lang", lang)
    assert done.returncode == 0
    book = openpyxl.load_workbook("out/link.xlsx")
    assert len(book.sheetnames) == 3
    supply = list(book[book.sheetnames[2]].iter_rows(values_only=True))
    assert any("N122" in str(row[1]) and "C160" in str(row[3]) for row in supply)
    none = [str(row[0]) for row in book[book.sheetnames[0]].iter_rows(values_only=True)]
    assert any({"zh": "没有找到", "en": "None found"}[lang] in line for line in none)
