"""report.docx: a page for who has one minute, all needs at a glance, each need, the method."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from matcher.export import consortia, wordstyles
from matcher.export.cells import same_bytes
from matcher.export.pages import IndicatorRow, Page, Partner, pages
from matcher.export.summary import summary
from matcher.export.view import View
from matcher.export.word_summary import DETAILS, appendix, front, overview, part_heading
from matcher.export.words import Words
from matcher.export.wordxml import bookmark, paragraph, pieces, run, table

_VERDICT_STYLES = {"met": "Met", "not_met": "NotMet"}
#: How much of one text field is shown, in halves of a Chinese character; report.html has more.
_PASSAGE_ROOM = 480
#: So many pairs of quotes the first partner has here.
_QUOTES = 2


def docx_bytes(view: View) -> bytes:
    """Return report.docx."""
    words, found = view.words, pages(view, _PASSAGE_ROOM)
    parts = [front(view, summary(view)), overview(view, found), *consortia.word_section(view)]
    if found:
        parts += [part_heading(words, DETAILS), *(_need(words, page) for page in found)]
    return bytes_of(view, words("report_title"), [*parts, appendix(view)], made_of=False)


def bytes_of(view: View, title: str, parts: Iterable[str], *, made_of: bool = True) -> bytes:
    """Return a Word file of parts that are paragraphs and tables already.

    ``made_of``: whether the footer says what the data are.
    """
    document = docx.Document()
    wordstyles.set_up(document, view, title, made_of=made_of)
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


def _need(words: Words, page: Page) -> str:
    """Return one record of the run: what it says, its partners, or why there is none."""
    heading = bookmark(run(f"{page.number}　{page.title}"), page.anchor, page.number)
    about = [page.id, page.owner, page.kind]
    about += [words("fact", label=label, value=value) for label, value in page.facts]
    parts = [
        paragraph(heading, "Heading2"),
        paragraph(run(" · ".join(about)), "NoteNext"),
    ]
    said = [
        run(f"{label}　", style="Lead") + run(" ".join(text.split("\n")) + "　")
        for label, text in page.passages
    ]
    if said:
        parts.append(paragraph("".join(said), "Body"))
    if page.partners:
        for partner in page.partners:
            parts += _partner(words, partner, partner is page.partners[0])
        if page.further:
            further = words("more_partners", sheet=words("sheet_matches"))
            parts.append(paragraph(run(further), "Note"))
    else:
        reasons = [(words("no_partner_heading"), page.reason), (words("advice"), page.advice)]
        if page.nearest:
            reasons.insert(1, (words("nearest"), page.nearest))
        if page.excluded:
            reasons.append((words("excluded"), page.excluded))
        parts += [
            paragraph(run(f"{label}　", style="LeadNotStated") + run(text), "GapLine")
            for label, text in reasons
        ]
    return "".join(parts)


def _partner(words: Words, partner: Partner, first: bool) -> list[str]:
    """Return the paragraphs and tables of a partner, tied together so that a page holds all.

    The first has most room; one that is for reference only has a line.
    """
    name = run(f"{partner.rank}. {partner.title}　")
    if partner.grade:
        likely = words("grade_value", value=partner.probability, grade=partner.worth)
        name += run(likely, style=f"Grade{partner.grade}")
    about = run(" · ".join(partner.details))
    if partner.grade == "faint":
        return [paragraph(name, "Heading3Plain"), paragraph(about, "Note")]
    parts = [paragraph(name, "Heading3"), paragraph(about, "NoteNext")]
    if partner.quotes:
        quotes = [
            [paragraph(_quoted(words, pieces(side)), "TableText", keep_next=True) for side in pair]
            for pair in partner.quotes[: _QUOTES if first else 1]
        ]
        head = [words("part_quote"), words("answer_quote")] if first else []
        parts += [table([1, 1], quotes, head=head), paragraph("", "Gap")]
    else:
        parts.append(paragraph(run(words("no_quotes")), "GapLine", keep_next=True))
    if partner.indicators:
        parts.append(_indicator_line(words, partner.indicators))
    fits = partner.misfits == words("nothing_misfits")
    lines = [("misfits", "Lead" if fits else "LeadNotMet", partner.misfits)]
    if first:
        lines.append(("not_stated_heading", "LeadNotStated", partner.unstated))
    elif fits:
        lines = []
    said = [
        run(f"{words(label)}　", style=style) + run(f"{text}　") for label, style, text in lines
    ]
    parts.append(paragraph("".join(said), "GapLine" if said else "Gap"))
    return parts


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
