"""report.docx: a cover, all needs at a glance, then one page a need."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from matcher.export import rows, wordstyles
from matcher.export.cells import same_bytes
from matcher.export.pages import Page, Partner, pages
from matcher.export.view import View
from matcher.export.words import Words
from matcher.export.wordxml import bookmark, link, paragraph, pieces, run, table

_VERDICT_STYLES = {"met": "Met", "not_met": "NotMet", "not_stated": "NotStated"}


def docx_bytes(view: View) -> bytes:
    """Return report.docx."""
    document = docx.Document()
    wordstyles.set_up(document, view)
    about = document.core_properties
    about.author = about.last_modified_by = "alleymatch"
    about.title, about.comments = view.words("report_title"), ""
    about.created = about.modified = view.moment
    about.language = "zh-CN" if view.words.lang == "zh" else "en"
    body = document.element.body
    end = body.sectPr
    found = pages(view)
    for part in (_cover(view), _overview(view, found), *(_page(view.words, p) for p in found)):
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
            ),
            paragraph("", "Heading2"),
            table([5, 19], _facts(rows.sources(view)[1:])),
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
            paragraph(link(page.title, page.anchor), "TableText") + _cell(page.id, "TableLabel"),
            _cell(page.owner),
            _best(page, words),
        ]
        for page in found
    ]
    head = [words("number"), words("subject_title"), words("subject_owner"), words("best_partner")]
    return heading + table([6, 32, 24, 38], lines, head=head)


def _best(page: Page, words: Words) -> str:
    if not page.partners:
        return _cell(words("outcome_none"), "NotStated") + _cell(page.reason, "TableLabel")
    best = page.partners[0]
    return _cell(best.title) + _cell(" · ".join(best.details[1:]), "TableLabel")


def _facts(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [[_cell(label, "TableLabel"), _cell(value)] for label, value in pairs]


def _items(texts: Iterable[str]) -> list[str]:
    return [paragraph(run(f"· {text}"), "Item") for text in texts]


def _page(words: Words, page: Page) -> str:
    heading = bookmark(run(f"{page.number}　{page.title}"), page.anchor, page.number)
    parts = [
        paragraph(heading, "Heading1", new_page=True),
        paragraph(run(" · ".join((page.id, page.owner, page.kind))), "NoteNext"),
    ]
    if page.facts:
        parts.append(table([5, 19], _facts(page.facts)))
    for label, text in page.passages:
        parts.append(paragraph(run(label), "Label"))
        parts += [paragraph(run(line)) for line in text.split("\n") if line.strip()]
    if page.partners:
        parts.append(paragraph(run(words("recommended")), "Heading2"))
        for partner in page.partners:
            parts += _partner(words, partner)
        if page.further:
            further = words("more_partners", sheet=words("sheet_matches"))
            parts.append(paragraph(run(further), "Note"))
    else:
        parts.append(paragraph(run(words("no_partner_heading")), "Heading2"))
        reasons = [(words("reason"), page.reason), (words("advice"), page.advice)]
        if page.excluded:
            reasons.append((words("excluded"), page.excluded))
        # A document may not end with a table.
        parts += [table([5, 19], _facts(reasons)), paragraph("", "Gap")]
    return "".join(parts)


def _partner(words: Words, partner: Partner) -> list[str]:
    parts = [
        paragraph(run(f"{partner.rank}. {partner.title}"), "Heading3"),
        paragraph(run(" · ".join(partner.details)), "NoteNext"),
        paragraph(run(words("why")), "Label"),
    ]
    if partner.quotes:
        quotes = [
            [
                # The few quotes stay on one page.
                paragraph(
                    _quoted(words, pieces(side)), "TableText", keep_next=pair != partner.quotes[-1]
                )
                for side in pair
            ]
            for pair in partner.quotes
        ]
        head = [words("part_quote"), words("answer_quote")]
        parts.append(table([1, 1], quotes, head=head))
    else:
        parts.append(paragraph(run(words("no_quotes")), "Note"))
    if partner.indicators:
        parts.append(paragraph(run(words("indicator_table")), "Label"))
        lines = [
            [
                _cell(row.requirement),
                _cell(row.required),
                _cell(row.stated),
                _cell(row.label, _VERDICT_STYLES[row.verdict]),
            ]
            for row in partner.indicators
        ]
        head = [words(c) for c in ("part_indicator", "required_value", "stated_value", "verdict")]
        parts.append(table([44, 22, 22, 12], lines, head=head))
    head = [words("misfits"), words("not_stated_heading")]
    sides = [
        "".join(_items(items)) or paragraph(run(words(nothing)), "TableLabel")
        for items, nothing in (
            (partner.misfits, "nothing_misfits"),
            (partner.unstated, "nothing_unstated"),
        )
    ]
    parts += [paragraph("", "Gap"), table([1, 1], [sides], head=head), paragraph("", "Gap")]
    if partner.sources:
        parts.append(paragraph(run(partner.sources), "Note"))
    return parts


def _quoted(words: Words, runs: str) -> str:
    opening, closing = words.quoted("\x00").split("\x00")
    return run(opening) + runs + run(closing)
