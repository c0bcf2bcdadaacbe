"""Links among enterprises in words, as their reader may see them, and as an Excel file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matcher.export import privacy
from matcher.export.cells import Cell
from matcher.export.gaps import one_line, phrase
from matcher.export.sheet import Sheet, workbook
from matcher.export.words import Words, kind_of, title_of
from matcher.plan.linkage import FORMED, Kind, Link, Linkage
from matcher.plan.proposal import Covering
from matcher.records import Need, Offer

KINDS: tuple[Kind, ...] = ("needs", "offers", "supply")
_QUOTE_ROOM, _NAME_ROOM, _QUOTES = 240, 44, 2


@dataclass(frozen=True)
class SideLine:
    """One side of a link."""

    id: str
    title: str
    owner: str
    kind: str
    quotes: tuple[str, ...]


@dataclass(frozen=True)
class LinkLine:
    """One link: both sides with their words, and why."""

    first: SideLine
    second: SideLine
    reason: str
    strength: float


def lines(found: Linkage, kind: Kind, lang: str = "zh", staff: bool = False) -> list[LinkLine]:
    """Return the links of one kind in words; owners of anonymous records are hidden."""
    writer = _Writer(Words(lang), staff)
    return [writer.line(item) for item in found.of(kind)]


def none_found(found: Linkage, lang: str) -> str:
    """Return what to say where there is no link of a kind."""
    return Words(lang)(
        "linkage_none", needs=found.need_count, capabilities=found.capability_count
    )  # fmt: skip


def limited(found: Linkage, lang: str) -> str:
    """Return that not every need was looked at for offers that complete each other, else ""."""
    if not found.unformed:
        return ""
    return Words(lang)("linkage_limited", looked=FORMED, left=found.unformed)


def xlsx_bytes(found: Linkage, lang: str = "zh", staff: bool = False) -> bytes:
    """Return a workbook with a sheet for each kind of link."""
    told = {kind: lines(found, kind, lang, staff) for kind in KINDS}
    return book(told, none_found(found, lang), lang, partial=limited(found, lang))


def book(
    told: Mapping[Kind, Sequence[LinkLine]], none: str, lang: str = "zh",
    notes: Sequence[str] = (), partial: str = "",
) -> bytes:  # fmt: skip
    """Return a workbook of links in words.

    Parameters
    ----------
    none
        What a sheet without links says.
    notes
        What every sheet says beside its own notes.
    partial
        What is said of offers that were not all looked at.
    """
    w = Words(lang)
    heads = [
        w("number"), w("linkage_first"), w("linkage_owner"), w("linkage_second"),
        w("linkage_owner"), w("linkage_reason"), w("linkage_first_quote"),
        w("linkage_second_quote"), w("linkage_strength"),
    ]  # fmt: skip
    widths = [6, 30, 20, 30, 20, 40, 44, 44, 10]
    sheets = []
    for kind in KINDS:
        rows: list[list[Cell]] = [
            [n, f"{item.first.id} {item.first.title}", item.first.owner,
             f"{item.second.id} {item.second.title}", item.second.owner, item.reason,
             "\n".join(item.first.quotes), "\n".join(item.second.quotes), item.strength]
            for n, item in enumerate(told[kind], start=1)
        ]  # fmt: skip
        said = [w(f"linkage_{kind}"), w("linkage_note"), *notes, *([] if rows else [none])]
        said += [partial] if partial and kind == "offers" else []
        sheets.append(Sheet(w(f"linkage_{kind}_tab"), heads, rows, said, widths))
    return workbook(sheets, w("cut_cell"))


class _Writer:
    def __init__(self, words: Words, staff: bool) -> None:
        self.words, self.staff, self.shown = words, staff, privacy.Shown(staff)

    def line(self, item: Link) -> LinkLine:
        if item.evidence:
            pairs = item.evidence[:_QUOTES]
            ours = [self.shown.text(item.first, pair.need) for pair in pairs]
            theirs = [self.shown.text(item.second, pair.capability) for pair in pairs]
        else:
            ours, theirs = ([self.said(c) for c in side[:_QUOTES]]
                            for side in (item.firsts, item.seconds))  # fmt: skip
        return LinkLine(
            self.side(item.first, ours), self.side(item.second, theirs), self.reason(item),
            round(item.similarity or item.probability or 0.0, 2),
        )  # fmt: skip

    def side(self, record: Offer, quotes: list[str]) -> SideLine:
        shown = self.shown.record(record)
        return SideLine(
            one_line(shown.id), self.title(record),
            one_line(privacy.shown_owner(shown, self.words.lang, self.staff)),
            kind_of(shown, self.words), tuple(phrase(text, _QUOTE_ROOM) for text in quotes),
        )  # fmt: skip

    def title(self, record: Offer) -> str:
        title = title_of(self.shown.record(record), self.words)
        mark = privacy.mark(record, self.words.lang)
        return one_line(self.words("marked", mark=mark, title=title) if mark else title)

    def said(self, item: Covering) -> str:
        return self.shown.text(item.record, item.evidence.capability)

    def reason(self, item: Link) -> str:
        words = self.words
        if item.kind == "supply":
            return words("linkage_probable", value=f"{item.probability or 0:.0%}")
        value = f"{item.similarity or 0:.0%}"
        through = phrase(self.title(item.through), _NAME_ROOM) if item.through else ""
        if item.kind == "needs":
            code = "linkage_same_partner" if through else "linkage_same_problem"
            return words(code, value=value, title=through)
        if through and isinstance(item.through, Need):
            first, second = (
                words.join(
                    words.quoted(phrase(self.shown.text(item.through, c.part.span), _NAME_ROOM))
                    for c in side
                )
                for side in (item.firsts, item.seconds)
            )
            return words("linkage_for_need", title=through, first=first, second=second)
        kinds = (kind_of(item.first, words), kind_of(item.second, words))
        return words("linkage_kinds", value=value, first=kinds[0], second=kinds[1])
