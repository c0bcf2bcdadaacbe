"""What a user meets first: help, wrong usage, sentences instead of tracebacks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest
from cli_fixtures import Called, command, environment, process

from matcher.cli import COMMANDS, base, run

CHINESE = re.compile("[\u4e00-\u9fff]")


def pages(entries: Sequence[base.Entry], path: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """Yield the words that lead to every page of help."""
    yield [*path]
    for entry in entries:
        found = base.Group("", entries, "", "").get_command(
            click.Context(click.Command("")), entry.name
        )
        inner = tuple(found.entries.values()) if isinstance(found, base.Group) else ()
        yield from pages(inner, (*path, entry.name))


PAGES = list(pages(COMMANDS))
HEAVY = ("numpy", "pydantic", "torch", "faiss", "onnxruntime", "flask", "pint", "tqdm")


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_every_page_of_help_has_examples_in_both_languages(
    page: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*page, "--help"]) == 0
    chinese = capsys.readouterr().out
    assert "用法：" in chinese
    assert "示例：\n  matcher " in chinese
    assert run([*page, "--lang", "en", "--help"]) == 0
    english = capsys.readouterr().out
    assert "Examples:\n  matcher " in english
    assert not CHINESE.search(english.partition("Examples:")[0])


def test_help_names_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    for page in ([], ["match"], ["check"], ["index", "build"]):
        run([*page, "--help"])
        codes = re.findall(r"^  (\d+) +\S", capsys.readouterr().out, re.MULTILINE)
        assert codes == ["0", "1", "2", "3", "130"]


def test_help_lines_fit_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    from matcher.cli.text import width

    run(["match", "--help"])
    assert max(map(width, capsys.readouterr().out.splitlines())) <= 82


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom matcher.cli import run\n"
        "run(['match', '--help']); run(['serve', '--help'])\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment(),
                          capture_output=True, encoding="utf-8", check=True)  # fmt: skip
    assert done.stderr.strip() == "[]"


def test_the_language_comes_from_the_settings_too(tmp_path: Path) -> None:
    assert "Usage:" in process("--help", folder=tmp_path, ALLEYMATCH_LANG="en").stdout
    (tmp_path / "alleymatch.toml").write_text('lang = "en"\n', encoding="utf-8")
    assert "Usage:" in process("--help", folder=tmp_path).stdout
    assert "用法：" in process("--help", "--lang=zh", folder=tmp_path).stdout


def test_broken_settings_do_not_stop_help(tmp_path: Path) -> None:
    (tmp_path / "alleymatch.toml").write_text("lang = ", encoding="utf-8")
    assert process("match", "--help", folder=tmp_path).returncode == 0
    done = process("settings", folder=tmp_path)
    assert done.returncode == 2
    assert "alleymatch.toml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mtach"], "没有命令"),
        (["match", "a.csv"], "缺少"),
        (["match", "a.csv", "b.csv"], "-o"),
        (["match", "--fast"], "没有选项 --fast"),
        (["search", "x", "--top", "0"], "--top"),
        (["match", "a", "b", "-o", "c", "--direction", "up"], "--direction"),
        (["match", "a", "b", "-o", "c", "--date", "11月"], "YYYY-MM-DD"),
        (["match", "a", "b", "-o", "c", "--map", "痛点"], "--map"),
        (["match", "-", "-", "-o", "c"], "标准输入"),
        (["search", "传感器"], "--index"),
        (["check", "-"], "--as"),
    ],
)
def test_wrong_usage_is_code_2_and_a_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], prepared: Path
) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert CHINESE.search(captured.err)
    assert "Traceback" not in captured.err
    assert not captured.out
    assert run([*arguments, "--lang", "en"]) == 2
    assert not CHINESE.search(re.sub("痛点|11月", "", capsys.readouterr().err))


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "示例：" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert re.fullmatch(r"alleymatch \d+\.\d+\.\d+\n", capsys.readouterr().out)


def _failing() -> click.Command:
    def fail() -> None:
        raise RuntimeError("示例故障")

    return base.Command("fail", fail, "x", "matcher fail")


def _stopped() -> click.Command:
    def stop() -> None:
        raise KeyboardInterrupt

    return base.Command("stop", stop, "x", "matcher stop")


GROUP = (
    base.Entry("fail", f"{__name__}:_failing", "", ""),
    base.Entry("stop", f"{__name__}:_stopped", "", ""),
)


def test_an_unexpected_error_is_code_3_and_says_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    group = base.Group("matcher", GROUP, "x", "matcher")
    assert base.run_safely(group, ["fail"]) == 3
    told = capsys.readouterr().err
    assert "--debug" in told
    assert "示例故障" in told
    assert "Traceback" not in told
    assert base.run_safely(group, ["fail", "--debug"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_code_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert base.run_safely(base.Group("matcher", GROUP, "x", "matcher"), ["stop"]) == 130
    assert "已中断" in capsys.readouterr().err


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    # Half a reader: the shell closes the pipe after one line.
    words = " ".join(f"'{word}'" for word in command("match", "--help"))
    done = subprocess.run(["sh", "-c", f"{words} | head -n 1"], cwd=tmp_path, env=environment(),
                          capture_output=True, encoding="utf-8", check=False)  # fmt: skip
    assert done.stderr == ""


def test_a_terminal_without_chinese_shows_question_marks_instead_of_failing(
    tmp_path: Path,
) -> None:
    done = process("--help", folder=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, "")
    assert "matcher match" in done.stdout


def test_settings_lists_the_registry(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    from matcher.settings import REGISTRY

    monkeypatch.setenv("ALLEYMATCH_TOP", "5")
    assert set(json.loads(called("settings", "--json").stdout)) == set(REGISTRY)
    monkeypatch.setenv("ALLEYMATCH_MAIL_PASSWORD", "geheim")
    assert "geheim" not in called("settings").stdout + called("settings", "--json").stdout
    monkeypatch.delenv("ALLEYMATCH_MAIL_PASSWORD")
    done = called("settings")
    assert all(f"{name} = " in done.stdout for name in REGISTRY)
    assert "top = 5（已修改）" in done.stdout
