"""report.docx: a cover, all needs at a glance, then one page a need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from matcher.export import rows, wordstyles
from matcher.export.cells import same_bytes, shorten
from matcher.export.pages import IndicatorRow, Page, Partner, pages
from matcher.export.view import View
from matcher.export.words import Words
from matcher.export.wordxml import bookmark, link, paragraph, pieces, run, table

_VERDICT_STYLES = {"met": "Met", "not_met": "NotMet"}
#: What a line of the overview holds, in halves of a Chinese character.
_LINE_ROOM = 42


def docx_bytes(view: View) -> bytes:
    """Return report.docx."""
    found = pages(view)
    parts = (_cover(view), _overview(view, found), *(_page(view.words, p) for p in found))
    return bytes_of(view, view.words("report_title"), parts)


def bytes_of(view: View, title: str, parts: Iterable[str]) -> bytes:
    """Return a Word file of parts that are paragraphs and tables already."""
    document = docx.Document()
    wordstyles.set_up(document, view, title)
    about = document.core_properties
    about.author = about.last_modified_by = "alleymatch"
    about.title, about.comments = title, ""
    about.created = about.modified = view.moment
    about.language = "zh-CN" if view.words.lang == "zh" else "en"
    end = document.element.body.sectPr
    for part in parts:
        for element in list(parse_xml(f"<w:body {nsdecls('w')}>{part}</w:body>")):
            end.addprevious(element)
    out = BytesIO()
    document.save(out)
    return same_bytes(out.getvalue())


def _cell(text: str, style: str = "TableText") -> str:
    return paragraph(run(text), style)


def _cover(view: View) -> str:
    words = view.words
    figures = rows.run_facts(view)
    notes = ["how_quotes", "how_not_stated", "how_rank"]
    notes += ["how_probability"] if view.calibrated else []
    return "".join(
        (
            paragraph(run(words("report_title")), "Title"),
            paragraph(run(view.date), "CoverLine"),
            table(
                [1] * len(figures),
                [[_cell(str(n), "Figure") + _cell(label, "TableLabel") for label, n in figures]],
                pad=80,
            ),
            paragraph("", "Heading2"),
            table([5, 19], _facts(rows.sources(view)[1:]), pad=60),
            paragraph(run(words("how_to_read")), "Heading2"),
            *_items(words(note) for note in notes),
        )
    )


def _overview(view: View, found: list[Page]) -> str:
    words = view.words
    heading = paragraph(run(words("overview")), "Heading1", new_page=True)
    if not found:
        return heading + paragraph(run(words("no_records")))
    lines = [
        [
            _cell(str(page.number), "TableLabel"),
            _cell(page.id, "TableLabel"),
            paragraph(link(_fit(page.title), page.anchor), "TableText")
            + _cell(_fit(page.owner), "TableLabel"),
            _best(page, words),
        ]
        for page in found
    ]
    heads = ("number", "subject_id", "subject_title", "best_partner")
    return heading + table([6, 10, 42, 42], lines, head=[words(code) for code in heads])


def _best(page: Page, words: Words) -> str:
    if not page.partners:
        return _cell(words("outcome_none"), "NotStated") + _cell(page.reason, "TableLabel")
    best = page.partners[0]
    return _cell(_fit(best.title)) + _cell(_fit(best.brief), "TableLabel")


def _fit(text: str) -> str:
    # Latin letters are narrower than half of a Chinese character.
    latin = max(text, default="") < "\u2e80"
    return shorten(text, _LINE_ROOM * 8 // 7 if latin else _LINE_ROOM)


def _facts(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [[_cell(label, "TableLabel"), _cell(value)] for label, value in pairs]


def _fact_grid(pairs: Sequence[tuple[str, str]]) -> str:
    cells = [cell for row in _facts(pairs) for cell in row]
    cells += [_cell("")] * (len(cells) % 4)
    return table([4, 8, 4, 8], [cells[i : i + 4] for i in range(0, len(cells), 4)])


def _items(texts: Iterable[str]) -> list[str]:
    return [paragraph(run(f"· {text}"), "Item") for text in texts]


def _page(words: Words, page: Page) -> str:
    heading = bookmark(run(f"{page.number}　{page.title}"), page.anchor, page.number)
    parts = [
        paragraph(heading, "Heading1", new_page=True),
        paragraph(run(" · ".join((page.id, page.owner, page.kind))), "NoteNext"),
    ]
    if page.facts:
        parts += [_fact_grid(page.facts), paragraph("", "Gap")]
    for label, text in page.passages:
        first, *others = [line for line in text.split("\n") if line.strip()]
        parts.append(paragraph(run(f"{label}　", style="Lead") + run(first)))
        parts += [paragraph(run(line)) for line in others]
    if page.partners:
        heading = run(words("recommended"))
        if page.further:
            further = words("more_partners", sheet=words("sheet_matches"))
            heading += run(f"　{further}", style="Aside")
        parts.append(paragraph(heading, "Heading2"))
        for partner in page.partners:
            parts += _partner(words, partner, partner is page.partners[0])
    else:
        parts.append(paragraph(run(words("no_partner_heading")), "Heading2"))
        reasons = [(words("reason"), page.reason), (words("advice"), page.advice)]
        if page.nearest:
            reasons.insert(1, (words("nearest"), page.nearest))
        if page.excluded:
            reasons.append((words("excluded"), page.excluded))
        # A document may not end with a table.
        parts += [table([5, 19], _facts(reasons)), paragraph("", "Gap")]
    return "".join(parts)


def _partner(words: Words, partner: Partner, first: bool) -> list[str]:
    """Return the paragraphs and tables of a partner, tied together so that a page holds all.

    The first has headed tables, the others say the same in less room.
    """
    sources = run(f"　{partner.sources}", style="Muted") if partner.sources else ""
    parts = [
        paragraph(run(f"{partner.rank}. {partner.title}"), "Heading3"),
        paragraph(run(" · ".join(partner.details)) + sources, "NoteNext"),
    ]
    if partner.quotes:
        quotes = [
            [paragraph(_quoted(words, pieces(side)), "TableText", keep_next=True) for side in pair]
            for pair in partner.quotes
        ]
        head = [words("part_quote"), words("answer_quote")] if first else []
        parts += [table([1, 1], quotes, head=head), paragraph("", "Gap")]
    else:
        parts.append(paragraph(run(words("no_quotes")), "GapLine", keep_next=True))
    if partner.indicators and first:
        parts += [_indicator_table(words, partner.indicators), paragraph("", "Gap")]
    elif partner.indicators:
        parts.append(_indicator_line(words, partner.indicators))
    for label, style, text, keep in (
        ("misfits", "LeadNotMet", partner.misfits, True),
        ("not_stated_heading", "LeadNotStated", partner.unstated, False),
    ):
        line = run(f"{words(label)}　", style=style) + run(text)
        parts.append(paragraph(line, "GapLine", keep_next=keep))
    return parts


def _indicator_table(words: Words, rows: Iterable[IndicatorRow]) -> str:
    lines = [
        [
            paragraph(run(row.requirement), "TableText", keep_next=True),
            _cell(row.required),
            _cell(row.stated),
            _cell(row.label, _VERDICT_STYLES[row.verdict]),
        ]
        for row in rows
    ]
    head = [words(c) for c in ("part_indicator", "required_value", "stated_value", "verdict")]
    return table([44, 22, 22, 12], lines, head=head)


def _indicator_line(words: Words, rows: Iterable[IndicatorRow]) -> str:
    said = [
        run(words("stated_as", requirement=row.requirement, value=row.stated))
        + run(row.label, style=f"Said{_VERDICT_STYLES[row.verdict]}")
        for row in rows
    ]
    lead = run(f"{words('part_indicator')}　", style="Lead")
    return paragraph(lead + run(words("sentence_separator")).join(said), "GapLine", keep_next=True)


def _quoted(words: Words, runs: str) -> str:
    opening, closing = words.quoted("\x00").split("\x00")
    return run(opening) + runs + run(closing)
