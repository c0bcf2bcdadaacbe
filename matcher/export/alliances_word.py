"""alliances.docx: the themes at a glance, then one section a theme, for the meeting."""

from __future__ import annotations

from collections.abc import Sequence

from matcher.export.alliances import Shown
from matcher.export.quotes import shared_pieces
from matcher.export.word import bytes_of
from matcher.export.words import probability_of
from matcher.export.wordxml import bookmark, link, paragraph, pieces, run, table
from matcher.plan.alliances import Alliance, Meeting
from matcher.records import Offer

#: Records of a gap that are named; the workbook has all.
_NAMED = 12


def docx_bytes(shown: Shown) -> bytes:
    """Return alliances.docx."""
    parts = [_cover(shown), *(_theme(shown, n, t) for n, t in enumerate(shown.found.themes))]
    return bytes_of(shown.view, shown.title, parts)


def _cell(text: str, style: str = "TableText") -> str:
    return paragraph(run(text), style)


def _cover(shown: Shown) -> str:
    words, themes = shown.words, shown.found.themes
    parts = [
        paragraph(run(shown.title), "Title"),
        paragraph(run(shown.view.date), "CoverLine"),
    ]
    if shown.why_none:
        parts.append(paragraph(run(shown.why_none)))
    notes = [paragraph(run(f"· {line}"), "Item") for line in shown.notes()]
    parts += [paragraph(run(words("how_to_read")), "Heading2"), *notes]
    if themes:
        heads = ("alliance_number", "alliance_theme", "alliance_demand", "alliance_supply",
                 "alliance_parties", "alliance_unmet", "alliance_unasked")  # fmt: skip
        rows = [
            [
                _cell(theme.id, "TableLabel"),
                paragraph(link(theme.called(words.lang), _anchor(n)), "TableText"),
                *(_cell(str(figure)) for _, figure in shown.numbers(theme)),
            ]
            for n, theme in enumerate(themes)
        ]
        parts += [
            paragraph(run(words("alliance_overview")), "Heading1", new_page=True),
            table([9, 44, 9, 9, 9, 13, 13], rows, head=[words(code) for code in heads]),
            paragraph("", "Gap"),
        ]
    return "".join(parts)


def _anchor(number: int) -> str:
    return f"theme_{number}"


def _theme(shown: Shown, number: int, theme: Alliance) -> str:
    words = shown.words
    title = bookmark(run(f"{theme.id}　{theme.called(words.lang)}"), _anchor(number), number + 1)
    figures = shown.numbers(theme)
    parts = [
        paragraph(title, "Heading1", new_page=True),
        paragraph(run(f"{words('alliance_movement')}　{shown.movement(theme)}"), "NoteNext"),
        table(
            [1] * len(figures),
            [[_cell(str(n), "Figure") + _cell(label, "TableLabel") for label, n in figures]],
            pad=60,
        ),
        paragraph(run(words("alliance_leads")), "Heading2"),
    ]
    if theme.leads:
        rows = [[_cell(shown.party(lead.party)), _cell(shown.lead(lead))] for lead in theme.leads]
        parts += [table([30, 60], rows), paragraph("", "Gap")]
    else:
        parts.append(paragraph(run(words("alliance_no_lead"))))
    parts.append(paragraph(run(words("alliance_salon")), "Heading2"))
    if theme.meetings:
        invited = theme.participants
        said = words("alliance_participants", n=len(invited))
        names = words.join(dict.fromkeys(shown.party(party) for party in invited))
        heads = ("alliance_asks", "alliance_offers", "alliance_why")
        parts += [
            paragraph(run(f"{said}　", style="Lead") + run(names)),
            table(
                [26, 26, 48], [_meeting(shown, item) for item in theme.meetings],
                head=[words(code) for code in heads],
            ),
            paragraph("", "Gap"),
        ]  # fmt: skip
    else:
        parts.append(paragraph(run(words("alliance_no_salon"))))
    parts.append(paragraph(run(words("alliance_gap")), "Heading2"))
    if not theme.unmet and not theme.unasked:
        parts.append(paragraph(run(words("alliance_no_gap"))))
    for code, records in (("alliance_unmet", theme.unmet), ("alliance_unasked", theme.unasked)):
        if records:
            parts.append(_listed(shown, code, records))
    return "".join(parts)


def _meeting(shown: Shown, item: Meeting) -> list[str]:
    words, match = shown.words, item.match
    quotes = ""
    for one, other in shown.reasons(item):
        opening, closing = words.quoted("\x00").split("\x00")
        mark, end = run(opening), run(closing)
        quotes += paragraph(
            mark + pieces(shared_pieces(one, other)) + end + run(" ← ")
            + mark + pieces(shared_pieces(other, one)) + end,
            "TableText",
        )  # fmt: skip
    tail = [probability_of(match, words)]
    tail += [words("alliance_more", n=item.more)] if item.more else []
    return [
        _cell(shown.party(item.asks)) + _cell(_record(shown, match.need), "TableLabel"),
        _cell(shown.host(item)) + _cell(_record(shown, match.capability), "TableLabel"),
        quotes + _cell(" · ".join(part for part in tail if part), "TableLabel"),
    ]


def _record(shown: Shown, record: Offer) -> str:
    return f"{record.id} {shown.title_of(record)}"


def _listed(shown: Shown, code: str, records: Sequence[Offer]) -> str:
    named = [
        f"{_record(shown, record)}（{shown.owner(record)}）" if shown.words.lang == "zh"
        else f"{_record(shown, record)} ({shown.owner(record)})"
        for record in records[:_NAMED]
    ]  # fmt: skip
    if len(records) > _NAMED:
        named.append("…")
    lead = run(f"{shown.words(code)}　", style="LeadNotStated")
    return paragraph(lead + run(shown.words("sentence_separator").join(named)), "GapLine")
