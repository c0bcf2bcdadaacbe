"""Consortia in the report of a batch: which needs, what stands there, and for whose eyes."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import docx
import openpyxl
import pytest
from cli_fixtures import Called
from engine_fixtures import TODAY, cached, capability, need, sample_matcher, sample_needs
from test_export_examples import PROVENANCE

from matcher.engine import Matcher
from matcher.export import write_report
from matcher.plan.consortium import Consortia
from matcher.plan.proposals import MOST, Proposals, promise, propose
from matcher.records import Need, Organisation
from matcher.results import MatchList, Run

ASKED = ("N001", "N004", "N010", "N012", "N024")


@cache
def lists() -> tuple[MatchList, ...]:
    asked = [one for one in sample_needs() if one.id in ASKED]
    return tuple(sample_matcher().match_all(asked, 10))


@cache
def proposed() -> Proposals:
    return propose(lists(), Consortia.of(sample_matcher()), 20)


def written(folder: Path, found: Proposals | None, lang: str = "zh", staff: bool = False) -> dict[
    str, Path
]:  # fmt: skip
    run = Run(lists(), PROVENANCE, need_count=len(ASKED))
    return write_report(
        run, folder, lang=lang, viewer_may_see_private=staff, consortia=found
    )  # fmt: skip


def text_of(path: Path) -> str:
    if path.suffix == ".html":
        return re.sub(r"<[^>]+>", "", path.read_text(encoding="utf-8"))
    tables = docx.Document(str(path)).element.body
    return "".join(node.text or "" for node in tables.iter() if node.tag.endswith("}t"))


def test_only_what_one_partner_cannot_do_is_proposed() -> None:
    found = proposed()
    assert found.needs == len(ASKED)
    assert 0 < len(found.found) <= min(MOST, found.looked_at)
    gains = [one.gain for one in found.found]
    assert gains == sorted(gains, reverse=True)
    assert gains[-1] > 0
    for one in found.found:
        assert one.best is not None
        assert len(one.best.members) > 1
        assert all(len(member.covers) <= one.alone for member in one.best.members)


def test_looking_stops_where_it_was_told_to() -> None:
    counted: list[int] = []
    consortia = Consortia.of(sample_matcher())
    assert propose(lists(), consortia, 1, counted.append).looked_at == sum(counted) == 1
    assert propose(lists(), consortia, 0) == Proposals((), 0, len(ASKED))
    assert propose((), consortia, 20) == Proposals((), 0, 0)


def test_a_need_that_nobody_shares_is_not_looked_at() -> None:
    short = need("防水", "N1", "示例甲公司")
    assert promise(MatchList(short, ())) == 0
    offer = capability("一种防水涂料", "C1")
    assert promise(MatchList(offer, ())) == 0


@pytest.mark.parametrize(
    ("lang", "title"), [("zh", "创新联合体建议"), ("en", "Proposed consortia")]
)
def test_every_file_has_the_page(tmp_path: Path, lang: str, title: str) -> None:
    files = written(tmp_path / "report", proposed(), lang)
    best = proposed().found[0]
    assert best.best is not None
    sheet = openpyxl.load_workbook(files["xlsx"])[title]
    rows = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    mine = [row for row in rows if row[0] == best.need.id]
    # Every part of the need has a row: with a quote, or as not covered.
    assert len({row[3] for row in mine}) == len(best.parts)
    for kind in ("docx", "html"):
        shown = text_of(files[kind])
        assert title in shown
        # The last mention is the heading: the contents of the Word file name it too.
        assert str(proposed().looked_at) in shown.rsplit(title, 1)[1][:200]
        for member in best.best.members:
            assert member.record.id in shown


def test_without_a_consortium_the_report_is_as_it_was(tmp_path: Path) -> None:
    before = written(tmp_path / "before", None)
    after = written(tmp_path / "after", Proposals((), 5, 5))
    assert {k: p.read_bytes() for k, p in before.items()} == {
        k: p.read_bytes() for k, p in after.items()
    }


def test_private_records_and_anonymous_owners_do_not_show(tmp_path: Path) -> None:
    one = proposed().found[0]
    assert one.best is not None
    owner = Organisation(name="示例绝密单位有限公司", kind="enterprise")
    hidden = one.need.model_copy(update={"confidentiality": "private", "organisation": owner})
    private = Proposals((replace(one, need=hidden),), 1, 1)
    assert private.public().found == ()
    shy = one.need.model_copy(update={"confidentiality": "anonymous", "organisation": owner})
    anonymous = Proposals((replace(one, need=shy),), 1, 1)
    for name, found in (("private", private), ("anonymous", anonymous)):
        files = written(tmp_path / name, found)
        for kind in ("docx", "html"):
            assert owner.name not in text_of(files[kind])
        book = openpyxl.load_workbook(files["xlsx"])
        cells = {str(v) for sheet in book for row in sheet.iter_rows(values_only=True) for v in row}
        assert not any(owner.name in cell for cell in cells)
        if name == "private":
            assert "创新联合体建议" not in text_of(files["docx"]) + "".join(book.sheetnames)
    # How many needs the reader may not see is not told either.
    many = written(tmp_path / "many", Proposals((one,), len(ASKED), len(ASKED) + 777))
    assert f"共 {len(ASKED)} 项" in text_of(many["html"])
    staff = written(tmp_path / "staff", private, staff=True)
    assert owner.name in text_of(staff["docx"])


def test_a_private_member_takes_no_part_unless_asked() -> None:
    asked = need(
        "液压泵的密封圈在高温下老化漏油。", "N1", "示例重工有限公司",
        title="耐高温液压密封圈", key_technology="耐高温氟橡胶配方、密封结构优化设计",
    )  # fmt: skip
    rubber = capability("为液压泵研制的耐高温氟橡胶配方，长期耐温230℃。", "C1")
    shape = capability("对液压密封圈做密封结构优化设计，耐压40 MPa不挤出。", "C2")
    shape = shape.model_copy(update={"confidentiality": "private"})
    for staff in (False, True):
        matcher = Matcher(
            [rubber, shape], encoder=cached(), today=TODAY, include_private=staff
        )  # fmt: skip
        found = propose(list(matcher.match_all([asked], 10)), Consortia.of(matcher), 20)
        assert all(staff or "C2" not in _ids(one.need, found) for one in found.found)


def _ids(asked: Need, found: Proposals) -> set[str]:
    best = next(one.best for one in found.found if one.need.id == asked.id)
    return {member.record.id for member in best.members} if best else set()


def test_the_command_takes_how_many_to_look_at(
    called: Called, needs_file: Path, capabilities_file: Path, prepared: Path
) -> None:
    assert called("match", needs_file, capabilities_file, "-o", "r", "--consortia", "-1")[0] == 2
    assert called("match", needs_file, capabilities_file, "-o", "r", "--consortia", "0")[0] == 0
