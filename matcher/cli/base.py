"""What every command shares: language, help, options, exit codes, progress, plain output."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

import click

from matcher import settings
from matcher.cli import text
from matcher.errors import InputError, MatcherError

LANGUAGES = ("zh", "en")
OK, REJECTED, UNUSABLE, UNEXPECTED, INTERRUPTED = 0, 1, 2, 3, 130
_language = "zh"


def use_language(arguments: Sequence[str]) -> None:
    """Choose the language: ``--lang``, else the settings; broken settings must not stop help."""
    global _language
    _language = "zh"
    with suppress(MatcherError):
        _language = str(settings.load()["lang"])
    for name, value in zip(arguments, [*arguments[1:], ""], strict=False):
        given = value if name == "--lang" else name.removeprefix("--lang=")
        if given in LANGUAGES and given != name:
            _language = given


def lang() -> str:
    """Return the language of this call, ``zh`` or ``en``."""
    return _language


def say(zh: str, en: str) -> str:
    """Return the text in the language of this call."""
    return en if _language == "en" else zh


def setting(name: str) -> Callable[[], Any]:
    """Return a default that is read from the settings when the command runs."""
    return lambda: settings.load()[name]


@dataclass(frozen=True)
class Entry:
    """One command of a group: its name, its module, and its help in one line."""

    name: str
    module: str
    zh: str
    en: str


class _Help(click.Command):
    """Prints examples as they stand, and the options of every command."""

    examples: str
    codes: bool

    def add_shared(self, examples: str, codes: bool) -> None:
        self.examples, self.codes = inspect.cleandoc(examples), codes
        self.context_settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
        self.options_metavar = say("[选项]", "[OPTIONS]")
        choice = click.Choice(LANGUAGES)
        told = say("界面和报告的语言：zh 或 en", "language of messages and reports: zh or en")
        self.params.append(click.Option(["--lang"], type=choice, help=told, expose_value=False))
        told = say(
            "出现意外错误时显示技术细节", "show the technical details of an unexpected error"
        )
        self.params.append(click.Option(["--debug"], is_flag=True, help=told, expose_value=False))

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = say("显示本说明", "show this help")
        return option

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = [piece for piece in self.collect_usage_pieces(ctx) if piece]
        prefix = say("用法：", "Usage: ")
        formatter.write(f"{prefix}{ctx.command_path} {' '.join(pieces)}\n")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write("\n")
        for line in text.wrap(self.help or "", formatter.width - 2):
            formatter.write(f"  {line}\n")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record and isinstance(param, click.Option):
                # Click's own notes on defaults and ranges are in English only.
                rows.append((record[0], param.help or ""))
        _write_section(formatter, say("选项：", "Options:"), rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(say("\n示例：\n", "\nExamples:\n"))
        for example in self.examples.splitlines():
            formatter.write(f"  {example}\n")
        if self.codes:
            rows = [(str(code), say(*meaning)) for code, meaning in _CODES.items()]
            _write_section(formatter, say("退出码：", "Exit codes:"), rows)


_CODES: Mapping[int, tuple[str, str]] = {
    OK: ("全部正常", "all right"),
    REJECTED: ("已完成，但有些行没有读入", "finished, but some rows were not read"),
    UNUSABLE: ("用法或输入有误，没有完成", "wrong usage or input, not finished"),
    UNEXPECTED: ("意外错误", "unexpected error"),
    INTERRUPTED: ("被中断（Ctrl+C）", "interrupted (Ctrl+C)"),
}


class Command(_Help):
    """One command: its function, its help, its options and its examples."""

    def __init__(
        self, name: str, work: Callable[..., int | None], help: str, examples: str,
        params: Sequence[click.Parameter] = (), codes: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(name, callback=work, help=help, params=list(params))
        self.add_shared(examples, codes)


class Group(_Help, click.Group):
    """Commands that are imported when they are called; the list of them imports nothing."""

    def __init__(
        self, name: str, entries: Sequence[Entry], help: str, examples: str, codes: bool = False
    ) -> None:
        super().__init__(name, help=help, no_args_is_help=True)
        self.subcommand_metavar = say("命令 …", "COMMAND …")
        self.entries = {entry.name: entry for entry in entries}
        self.add_shared(examples, codes)
        if name == "matcher":
            told = say("显示版本", "show the version")
            self.params.append(click.Option(
                ["--version"], is_flag=True, is_eager=True, expose_value=False, help=told,
                callback=_show_version,
            ))  # fmt: skip

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.entries)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        entry = self.entries.get(name)
        if entry is None:
            return None
        module, _, attribute = entry.module.partition(":")
        found = getattr(importlib.import_module(module), attribute or "command")
        command: click.Command = found() if not isinstance(found, click.Command) else found
        return command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        rows = [(entry.name, say(entry.zh, entry.en)) for entry in self.entries.values()]
        _write_section(formatter, say("命令：", "Commands:"), rows)


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from matcher import __version__

        click.echo(f"alleymatch {__version__}")
        ctx.exit()


def run_safely(group: click.Group, arguments: Sequence[str]) -> int:
    """Run a command and turn whatever happens into a sentence and an exit code."""
    try:
        with group.make_context(str(group.name), list(arguments)) as context:
            code = group.invoke(context)
        sys.stdout.flush()
        return code if isinstance(code, int) else OK
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.exceptions.NoArgsIsHelpError as wanted:
        click.echo(wanted.ctx.get_help() if wanted.ctx else "", err=True)
        return UNUSABLE
    except click.UsageError as error:
        click.echo(usage_sentence(error), err=True)
        return UNUSABLE
    except MatcherError as error:
        click.echo(error.message(_language), err=True)
        return UNUSABLE
    except (KeyboardInterrupt, click.Abort):
        told = say("已中断；没有留下不完整的文件。", "Interrupted; no half-written file is left.")
        click.echo(f"\n{told}", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever reads has enough; closing the pipe again must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        if "--debug" in arguments:
            import traceback

            click.echo(traceback.format_exc(), err=True)
        click.echo(_unexpected(error), err=True)
        return UNEXPECTED


def _unexpected(error: Exception) -> str:
    what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return say(
        f"出现意外错误（{what}）。请重试一次；如果再次出现，请加上 --debug 重新运行，"
        "并把输出内容发给维护者。",
        f"An unexpected error ({what}): try once more; if it happens again, run it with --debug "
        "and send the output to the maintainers.",
    )


def usage_sentence(error: click.UsageError) -> str:
    """Return what is wrong with a command line, and where its help is."""
    path = error.ctx.command_path if error.ctx else "matcher"
    shown = error.format_message()
    zh = f"命令写法有误：{shown}"
    if isinstance(error, click.NoSuchOption):
        zh = f"没有选项 {error.option_name}。"
    elif isinstance(error, click.MissingParameter) and error.param is not None:
        zh = f"缺少 {error.param.get_error_hint(error.ctx)}。"
    elif isinstance(error, click.BadParameter) and error.param is not None:
        zh = f"{error.param.get_error_hint(error.ctx)} 的值不可用：{error.message}"
    elif "No such command" in shown:
        zh = f"没有命令 {shown.split(maxsplit=3)[3].split('.')[0]}。"
    return say(
        f"{zh}\n运行 {path} --help 可查看用法和示例。",
        f"{shown}\nRun {path} --help for usage and examples.",
    )


def prepare_output() -> None:
    """Let a terminal that lacks a character show another one instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def echo_json(data: object) -> None:
    """Print one JSON document; in a pipe or file it is UTF-8 everywhere."""
    document = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    raw = document.encode("utf-8", "replace")
    click.echo(document if sys.stdout.isatty() else raw, nl=False)


def echo_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; the columns are as wide as they need."""
    columns = list(zip(header, *rows, strict=True))
    widths = [max(text.width(cell) for cell in column) for column in columns]
    for row in (header, *rows):
        cells = [text.pad(cell, width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def echo_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Print labels and values below each other; empty values are left out."""
    wide = max(text.width(label) for label, _ in facts) + 2
    for label, value in facts:
        if value:
            click.echo(text.pad(label, wide) + value)


def _write_section(
    formatter: click.HelpFormatter, title: str, rows: Sequence[tuple[str, str]]
) -> None:
    """Write terms and their explanations in two columns; click would count characters."""
    first = min(max(text.width(term) for term, _ in rows), _TERM_COLUMNS)
    formatter.write(f"\n{title}\n")
    for term, explanation in rows:
        if text.width(term) > first:
            formatter.write(f"  {term}\n")
            term = ""
        for line in text.wrap(explanation, formatter.width - first - 4):
            formatter.write(f"  {text.pad(term, first)}  {line}\n")
            term = ""


_TERM_COLUMNS = 30
_STAGES: Mapping[str, tuple[str, str]] = {
    "encode": ("编码", "Encoding"),
    "match": ("匹配", "Matching"),
    "consortia": ("试组联合体", "Consortia"),
    "prepare": ("准备编码器", "Preparing"),
}


@contextmanager
def progress(name: str, total: int) -> Iterator[Callable[[int], object]]:
    """Show a bar on a terminal, nothing elsewhere."""
    stream: IO[str] = sys.stderr
    if not stream.isatty():
        yield lambda count: None
        return
    from tqdm import tqdm

    with tqdm(total=total, desc=say(*_STAGES[name]), file=stream, leave=False) as bar:
        yield bar.update


def parse_mapping(entries: Sequence[str]) -> dict[str, str]:
    """Turn ``列名=field`` options into header → field; raises InputError."""
    mapping = {}
    for entry in entries:
        header, sign, name = entry.rpartition("=")
        if not sign or not header.strip():
            raise InputError(
                f"--map 的写法是“列名=字段”，例如 --map 痛点=problem；实际是“{entry}”。",
                f"--map takes HEADER=FIELD, for example --map Pain=problem, not “{entry}”.",
            )
        mapping[header.strip()] = name.strip()
    return mapping


def mapping_option() -> click.Option:
    """Return the ``--map`` option."""
    explained = say(
        "把某一列当作某个字段，例如 痛点=problem；字段留空表示不用该列；可多次使用",
        "take a column for a field, such as Pain=problem; an empty field leaves the column out; "
        "may be repeated",
    )
    return click.Option(["--map", "entries"], multiple=True, metavar="HEADER=FIELD", help=explained)


def json_option() -> click.Option:
    """Return the ``--json`` option."""
    explained = say("以 JSON 输出到标准输出", "write JSON to standard output")
    return click.Option(["--json", "as_json"], is_flag=True, help=explained)


def encoder_option() -> click.Option:
    """Return the ``--encoder`` option."""
    explained = say(
        "编码器：default，或 sentence-transformers 模型名或文件夹",
        "encoder: default, or the name or folder of a sentence-transformers model",
    )
    return click.Option(["--encoder"], metavar="NAME", help=explained)
