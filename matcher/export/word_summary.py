"""The first and the last pages of report.docx: summary, overview, data and method."""

from __future__ import annotations

from matcher.export import rows
from matcher.export.cells import shorten
from matcher.export.pages import Page, Partner
from matcher.export.summary import BestPair, Summary, notes
from matcher.export.view import View
from matcher.export.words import Words
from matcher.export.wordxml import bookmark, contents, link, paragraph, run, table

#: What a line of a column holds, in halves of a Chinese character.
_LINE_ROOM, _TWO_LINES, _WHY_ROOM = 26, 52, 46
_WIDTHS = (6, 28, 28, 13, 25)
#: Bookmarks of needs count from 1.
_FIRST_PART = 1_000_000
#: The anchors of the parts, in their order.
OVERVIEW, DETAILS, APPENDIX = "overview", "details", "appendix"
CONSORTIA = "consortia_title"
_PARTS = (OVERVIEW, CONSORTIA, DETAILS, APPENDIX)


def part_heading(words: Words, code: str) -> str:
    """Return the heading of one of the report's parts."""
    number = _FIRST_PART + _PARTS.index(code)
    return paragraph(bookmark(run(words(code)), code, number), "Heading1", new_page=True)


def front(view: View, told: Summary) -> str:
    """Return the page that comes first: all that somebody in a hurry has to know."""
    words = view.words
    figures = [
        _cell(str(number), "SmallFigure") + _lines(label, "TableLabel")
        for label, number in told.figures
    ]
    parts = [
        paragraph(run(words("report_title")), "ReportTitle"),
        paragraph(run(f"{view.date}　{told.source}"), "NoteNext"),
        table([1] * len(figures), [figures], pad=40),
        *_best(words, told.best),
    ]
    if told.unmatched:
        lines = [
            [_cell(line.reason), _cell(str(line.count)), _cell(line.places)]
            for line in told.unmatched
        ]
        head = [words(code) for code in ("reason", "brief_count", "brief_places")]
        parts += [paragraph(run(words("brief_unmatched")), "Heading2"),
                  table([52, 8, 40], lines, head=head, pad=15)]  # fmt: skip
    if told.scarce:
        lines = [
            [_cell(line.field)]
            + [
                _cell("—" if n is None else str(n))
                for n in (line.asked, line.worth_a_call, line.without_any, line.on_file)
            ]
            for line in told.scarce
        ]
        codes = ("brief_field", "brief_subjects", "brief_worth", "brief_none_worth",
                 "brief_on_file")  # fmt: skip
        parts += [paragraph(run(words("brief_scarce")), "Heading2"),
                  table([30, 14, 17, 17, 22], lines, head=[words(c) for c in codes], pad=15),
                  paragraph(run(words("brief_scarce_note")), "Note")]  # fmt: skip
    proposed = view.consortia is not None and view.consortia.found
    shown = {OVERVIEW: True, CONSORTIA: proposed, DETAILS: view.lists, APPENDIX: True}
    there = [code for code in _PARTS if shown[code]]
    parts += [paragraph(run(words("contents")), "Heading2"),
              contents([(words(code), code) for code in there]),
              paragraph(run(words("contents_note")), "Note")]  # fmt: skip
    return "".join(parts)


def _best(words: Words, best: tuple[BestPair, ...]) -> list[str]:
    heading = paragraph(run(words("brief_best", n=len(best))), "Heading2")
    if not best:
        return [heading, paragraph(run(words("brief_no_best")))]
    lines = [
        [
            _cell(str(pair.number), "TableLabel"),
            _linked(_fit(pair.title, _LINE_ROOM), f"n{pair.number}") + _label(pair.owner),
            _cell(_fit(pair.partner, _LINE_ROOM)) + _label(pair.partner_owner),
            _worth(pair),
            _cell(_fit(pair.why, _WHY_ROOM), "TableLabel"),
        ]
        for pair in best
    ]
    return [heading, table(_WIDTHS, lines, head=_heads(words), pad=12)]


def _heads(words: Words) -> list[str]:
    codes = ("number", "subject_title", "best_partner", "grade", "why")
    return [words(code) for code in codes]


def overview(view: View, found: list[Page]) -> str:
    """Return one line a record: its best partner, how sure it is, and why in a line."""
    words = view.words
    parts = [part_heading(words, OVERVIEW)]
    if not found:
        return parts[0] + paragraph(run(words("no_records")))
    lines = [
        [
            _cell(str(page.number), "TableLabel"),
            _linked(_fit(page.title, _TWO_LINES), page.anchor)
            + _label(f"{page.id} · {page.owner}"),
            *_answer(words, page),
        ]
        for page in found
    ]
    parts.append(table(_WIDTHS, lines, head=_heads(words), pad=15))
    return "".join(parts)


def _answer(words: Words, page: Page) -> list[str]:
    if not page.partners:
        none = _cell(words("outcome_none"), "NotStated")
        return [none, _cell("—", "TableLabel"), _cell(page.reason, "TableLabel")]
    best = page.partners[0]
    return [
        _cell(_fit(best.title, _TWO_LINES)) + _label(best.owner),
        _worth(best),
        _cell(_fit(best.why, _WHY_ROOM), "TableLabel"),
    ]


def _worth(found: Partner | BestPair) -> str:
    """Return a cell of a probability and what it is worth, in its colour."""
    style = f"Grade{found.grade}" if found.grade else ""
    lines = [line for line in (found.probability, found.worth) if line]
    return "".join(paragraph(run(line, style=style), "TableText") for line in lines or ["—"])


def appendix(view: View) -> str:
    """Return what a technician asks: what the data were, and how the figures are made."""
    words = view.words
    facts = [*rows.run_facts(view), *rows.sources(view)]
    lines = [[_cell(label, "TableLabel"), _cell(str(value))] for label, value in facts]
    return "".join(
        (
            part_heading(words, APPENDIX),
            paragraph(run(words("how_to_read")), "Heading2"),
            *(paragraph(run(f"· {note}"), "Item") for note in notes(view)),
            paragraph(run(words("sheet_sources")), "Heading2"),
            table([5, 19], lines, pad=40),
            # A document may not end with a table.
            paragraph("", "Gap"),
        )
    )


def _linked(title: str, anchor: str) -> str:
    return paragraph(link(title, anchor), "TableText")


def _label(text: str) -> str:
    return _cell(_fit(text, _LINE_ROOM), "TableLabel")


def _cell(text: str, style: str = "TableText") -> str:
    return paragraph(run(text), style)


def _lines(text: str, style: str) -> str:
    return "".join(_cell(line, style) for line in text.split("\n"))


def _fit(text: str, room: int) -> str:
    # Latin letters are narrower than half of a Chinese character.
    latin = max(text, default="") < "\u2e80"
    return shorten(text, room * 8 // 7 if latin else room)
