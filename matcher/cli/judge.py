"""``matcher judge``: label pairs in the terminal, one key each."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matcher.cli import base, text
from matcher.cli.base import Command, say
from matcher.errors import InputError

if TYPE_CHECKING:
    from matcher.evaluate.pooling import Candidate
    from matcher.export.view import View
    from matcher.records import Offer

_COLUMNS = ("need_id", "capability_id", "grade")
#: A field of a record is shown up to so many lines.
_LINES = 6
Grades = dict[tuple[str, str], int]


def _judge(
    needs: str, capabilities: str, output: str, pairs: int, seed: int, include_private: bool,
    encoder: str | None,
) -> int:  # fmt: skip
    from datetime import date

    from matcher.encode import open_encoder
    from matcher.evaluate.pooling import Pool
    from matcher.index.collection import encode_records
    from matcher.ingest import read_capabilities, read_needs
    from matcher.rank.weights import shipped_weights

    if "-" in (needs, capabilities):
        raise InputError(
            "需求和成果请给出文件名：标准输入用来回答。",
            "Name files for needs and capabilities: standard input is for the answers.",
        )
    path = Path(output)
    grades = _read(path)
    asks, offers = read_needs(needs), read_capabilities(capabilities)
    opened = open_encoder(encoder)
    with base.progress("encode", len(asks.records) + len(offers.records)) as step:
        encoded = (
            encode_records("need", asks.records, opened, step),
            encode_records("capability", offers.records, opened, step),
        )
    if not include_private:
        encoded = (encoded[0].public(), encoded[1].public())
    # Always the shipped weights: what was learned must not choose what it is judged by.
    pool = Pool(
        *encoded, opened, shipped_weights(), today=date.today(),
        include_private=include_private, seed=seed,
    )  # fmt: skip
    candidates = pool.pairs(pairs)
    _ask(candidates, grades, path, include_private)
    done = sum(candidate.key in grades for candidate in candidates)
    click.echo(
        say(f"\n已评判 {done} 对，共 {len(candidates)} 对；结果在 {output}",
            f"\n{done} of {len(candidates)} pairs are judged; they are in {output}")
    )  # fmt: skip
    if done < len(candidates):
        click.echo(say("再次运行同一命令可接着评判。", "Run the same command again to go on."))
    return base.OK


def _ask(candidates: Sequence[Candidate], grades: Grades, path: Path, private: bool) -> None:
    left = [number for number, item in enumerate(candidates) if item.key not in grades]
    place = 0
    while place < len(left):
        candidate = candidates[left[place]]
        _show(candidate, left[place] + 1, len(candidates), private)
        key = _key()
        if key == "q":
            return
        if key == "b":
            place = max(place - 1, 0)
        elif key == "s":
            place += 1
        else:
            grades[candidate.key] = int(key)
            _write(path, grades)
            place += 1


def _key() -> str:
    """Return the next key that means something; the end of the input means q."""
    click.echo(say(
        "0 不相关  1 沾边  2 相关  3 正合适  s 跳过  b 上一对  q 退出：",
        "0 irrelevant  1 at the side  2 relevant  3 just right  s skip  b back  q quit: ",
    ), nl=False)  # fmt: skip
    while True:
        if sys.stdin.isatty():
            given = click.getchar()
        else:
            line = sys.stdin.readline()
            given = line.strip()[:1] if line else "q"
        if given.casefold() in tuple("0123sbq"):
            click.echo(given.casefold())
            return given.casefold()


def _show(candidate: Candidate, number: int, total: int, private: bool) -> None:
    from matcher.results import MatchList, Provenance, Run
    from matcher.shown import cards, shown

    match = candidate.match
    run = Run(
        (MatchList(match.need, (match,)),), Provenance("", "", "", "", "", ""),
        records=(match.need, match.capability),
    )  # fmt: skip
    view = shown(run, base.lang(), 1, private)
    found = view.lists[0]
    click.echo(f"\n—— {number} / {total} " + "—" * 20)
    _record(say("需求", "NEED"), found.query, view)
    _record(say("成果", "OFFER"), found.matches[0].capability, view)
    for quotes in cards(view, found)[0].quotes:
        for lead, pieces in zip((say("需求", "need"), say("成果", "offer")), quotes, strict=True):
            _lines(f"  {say('摘', 'quote')}·{lead} ", "".join(piece for piece, _ in pieces), 3)


def _record(title: str, record: Offer, view: View) -> None:
    from matcher.shown import line

    head = " · ".join(line(part) for part in (record.id, view.title(record), view.owner(record)))
    _lines(f"{title} ", head, 2)
    for field, passage in record.passages:
        if field != "title":
            _lines(f"  {view.words.field(record, field)}{say('：', ': ')}", line(passage), _LINES)


def _lines(lead: str, words: str, most: int) -> None:
    room = text.terminal_columns() - text.width(lead)
    lines = text.wrap(words, room)
    if len(lines) > most:
        lines = [*lines[: most - 1], text.cut(lines[most - 1] + "  ", room - 1) + "…"]
    for line in lines:
        click.echo(lead + line)
        lead = " " * text.width(lead)


def _read(path: Path) -> Grades:
    from matcher.evaluate.sets import read_grades

    if not path.exists():
        return {}
    head = next(csv.reader(path.read_text(encoding="utf-8-sig", errors="replace").splitlines()), [])
    if len(head) > len(_COLUMNS):
        raise InputError(
            f"{path.name} 还有其他列，继续评判会丢失它们。请用 -o 另存一个文件。",
            f"{path.name} has further columns, which would be lost: name another file with -o.",
        )
    found = read_grades(path)
    return {(need, offer): grade for need, row in found.items() for offer, grade in row.items()}


def _write(path: Path, grades: Grades) -> None:
    """Write all judgements, whole or not at all."""
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows((*key, grade) for key, grade in grades.items())
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(rows.getvalue(), encoding="utf-8-sig", newline="")
        os.replace(part, path)
    except OSError as error:
        raise InputError(
            f"写不了 {path}（{error.strerror}）。请关闭打开它的程序，并检查文件夹和权限。",
            f"{path} cannot be written ({error.strerror}): close programs that have it open and "
            "check its folder and permissions.",
        ) from error


def command() -> Command:
    """Return the command with its help in the language of this call."""
    help = say(
        "逐对评判需求与成果是否合适，一键一答，每答即存，随时可停，再次运行接着做。待评的对由本软件、"
        "BM25、编码器各自的前几名合在一起，打乱次序，不显示名次。结果可用于 matcher evaluate "
        "--judgments 和 matcher learn。",
        "Judge pair by pair whether a capability fits a need: one key an answer, saved at once; "
        "stop at any time and run it again to go on. The pairs are the best of this program, of "
        "BM25 and of the encoder, shuffled and without rank. The file serves matcher evaluate "
        "--judgments and matcher learn.",
    )
    return Command(
        "judge", _judge, help,
        """
        matcher judge 需求.xlsx 成果.xlsx -o judgments.csv
        matcher judge needs.csv capabilities.csv -o judgments.csv --pairs 80 --lang en
        """,
        [
            click.Argument(["needs"], metavar="NEEDS"),
            click.Argument(["capabilities"], metavar="CAPABILITIES"),
            click.Option(["-o", "--output"], required=True, metavar="CSV", help=say(
                "评判表（必填）；已有的评判会保留",
                "the table of judgements (required); those in it are kept")),
            click.Option(["--pairs"], type=click.IntRange(1, 100_000), metavar="N", default=50,
                         help=say("评判多少对，默认 50", "how many pairs to judge, by default 50")),
            click.Option(["--seed"], type=click.IntRange(0), metavar="N", default=0, help=say(
                "决定次序的种子，默认 0", "the seed that decides the order, by default 0")),
            click.Option(["--include-private"], is_flag=True, help=say(
                "保密的需求和成果也拿来评判", "judge private records too")),
            base.encoder_option(),
        ],
    )  # fmt: skip
