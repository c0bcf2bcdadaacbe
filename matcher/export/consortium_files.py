"""A proposed consortium as files for a meeting: Word, Excel and one HTML page."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import docx
import jinja2
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from matcher.export import wordstyles
from matcher.export.cells import clean, same_bytes
from matcher.export.consortium import Sheet
from matcher.export.folder import swapped_in
from matcher.export.sheet import Sheet as Table
from matcher.export.sheet import workbook
from matcher.export.view import View
from matcher.export.words import Words
from matcher.export.wordxml import paragraph, pieces, run, table
from matcher.results import Provenance, Run

FILES = {"docx": "consortium.docx", "xlsx": "consortium.xlsx", "html": "consortium.html"}
#: The fields of the picture, row by row: those that bring more stand above.
FIELDS = (("far_brings", "near_brings"), ("far_little", "near_little"))


def write_consortium(sheet: Sheet, made: Provenance, folder: Path, lang: str) -> dict[str, Path]:
    """Write the three files into ``folder`` all at once; returns kind → path.

    Raises InputError where the folder cannot be written.
    """
    view = View(Run((), made), Words(lang), staff=False)
    contents = {
        "docx": docx_bytes(sheet, view), "xlsx": xlsx_bytes(sheet, view.words),
        "html": html_bytes(sheet, view),
    }  # fmt: skip
    with swapped_in(folder, FILES.values()) as new:
        for kind, name in FILES.items():
            (new / name).write_bytes(contents[kind])
    return {kind: folder / name for kind, name in FILES.items()}


def docx_bytes(sheet: Sheet, view: View) -> bytes:
    """Return one page (or a few) of Word."""
    words = view.words
    document = docx.Document()
    wordstyles.set_up(document, view, words("consortium_title"))
    about = document.core_properties
    about.author = about.last_modified_by = "alleymatch"
    about.title, about.comments = words("consortium_title"), ""
    about.created = about.modified = view.moment
    about.language = "zh-CN" if words.lang == "zh" else "en"
    end = document.element.body.sectPr
    body = f"<w:body {nsdecls('w')}>{''.join(_body(sheet, words))}</w:body>"
    for element in list(parse_xml(body)):
        end.addprevious(element)
    out = BytesIO()
    document.save(out)
    return same_bytes(out.getvalue())


def _body(sheet: Sheet, words: Words) -> list[str]:
    parts = [
        paragraph(run(f"{words('consortium_title')}　{sheet.title}"), "Heading1"),
        paragraph(run(" · ".join((sheet.id, sheet.owner, sheet.kind))), "NoteNext"),
        *(paragraph(run(f"· {line}"), "Item") for line in sheet.summary),
    ]
    if sheet.reason:
        return [*parts, paragraph(run(sheet.reason)), paragraph(run(sheet.advice))]
    heads = ("number", "consortium_member", "consortium_role", "consortium_covered_parts")
    lines = [
        [_cell(str(m.number)), _cell(m.owner) + _cell(f"{m.title}（{m.id}）", "TableLabel"),
         _cell(m.role), _cell(m.parts)]
        for m in sheet.members
    ]  # fmt: skip
    parts += [
        paragraph(run(words("consortium_members")), "Heading2"),
        table([6, 56, 22, 16], lines, head=[words(code) for code in heads]),
        paragraph(run(words("consortium_parts")), "Heading2"),
        table([5, 13, 30, 7, 45], _part_rows(sheet, words), head=_part_heads(words)),
        paragraph("", "Gap"),
        paragraph(run(f"{words('consortium_one_more')}　", style="Lead") + run(sheet.one_more)),
        paragraph(run(words("consortium_alternatives")), "Heading2"),
    ]
    parts += [
        paragraph(
            run(f"{words('consortium_alternative_n', n=other.number)}　", style="Lead")
            + run(f"{other.members} — {other.loses}")
        )
        for other in sheet.alternatives
    ] or [paragraph(run(words("consortium_no_alternative")))]
    if sheet.points:
        parts += [
            paragraph(run(words("consortium_picture")), "Heading2"),
            paragraph(run(sheet.picture), "NoteNext"),
            table([1, 1], [[_field(sheet, words, f) for f in row] for row in FIELDS]),
            paragraph(run(words("consortium_similarity_note")), "Item"),
        ]
    return [*parts, paragraph(run(sheet.how), "Item")]


def _cell(text: str, style: str = "TableText") -> str:
    return paragraph(run(text), style)


def _part_heads(words: Words) -> list[str]:
    return [
        words("number"), words("part_kind"), words("consortium_part"), words("consortium_member"),
        words("consortium_quote"),
    ]  # fmt: skip


def _part_rows(sheet: Sheet, words: Words) -> list[list[str]]:
    rows = []
    for part in sheet.parts:
        kind = _cell(part.kind) + _cell(part.element, "TableLabel")
        if part.quotes:
            who = "".join(_cell(str(quote.member)) for quote in part.quotes)
            said = "".join(paragraph(pieces(quote.pieces), "TableText") for quote in part.quotes)
        else:
            who, said = _cell("—"), _cell(words("consortium_not_covered"), "NotStated")
        rows.append([_cell(str(part.number)), kind, _cell(part.text), who, said])
    return rows


def _field(sheet: Sheet, words: Words, field: str) -> str:
    inside = [point for point in sheet.points if point.field == field]
    lines = [
        _cell(f"{p.number}. {p.title}（{p.similarity:.2f} · {p.complementarity:.0%}）")
        for p in inside
    ]
    return _cell(words(f"consortium_field_{field}"), "TableLabel") + "".join(lines or [_cell("—")])


def xlsx_bytes(sheet: Sheet, words: Words) -> bytes:
    """Return a workbook: parts × members with quotes, the members, the alternatives."""
    notes = (f"{sheet.id} {sheet.title}", *sheet.summary, *filter(None, (sheet.reason,)))
    wide = [30] * len(sheet.members)
    grid = Table(
        words("consortium_parts"),
        [words("number"), words("part_kind"), words("consortium_element"),
         words("consortium_part"), *(f"{m.number}. {m.owner} {m.title}" for m in sheet.members),
         words("consortium_uncovered")],
        [
            [part.number, part.kind, part.element, part.text,
             *("\n".join(q.text for q in part.quotes if q.member == m.number) or None
               for m in sheet.members),
             None if part.quotes else words("consortium_not_covered")]
            for part in sheet.parts
        ],
        (*notes, sheet.how), [6, 12, 10, 36, *wide],
    )  # fmt: skip
    points = {point.number: point for point in sheet.points}
    members = Table(
        words("consortium_members"),
        [words("number"), words("consortium_member"), words("consortium_record"),
         words("capability_id"), words("consortium_role"), words("consortium_covered_parts"),
         words("probability"),
         words("consortium_similarity"), words("consortium_complementarity"),
         words("consortium_picture")],
        [
            [m.number, m.owner, m.title, m.id, m.role, m.parts, m.probability,
             *((p.similarity, p.complementarity, p.label) if (p := points.get(m.number))
               else (None, None, None))]
            for m in sheet.members
        ],
        (words("consortium_similarity_note"),), [6, 30, 36, 12, 18, 12, 10, 10, 10, 22],
    )  # fmt: skip
    others = Table(
        words("consortium_alternatives"),
        [words("number"), words("consortium_members"), words("consortium_covered_parts")],
        [[other.number, other.members, other.loses] for other in sheet.alternatives],
        (sheet.one_more,) if sheet.one_more else (), [6, 60, 60],
    )  # fmt: skip
    return workbook([grid, members, others], words("cut_cell"))


def html_bytes(sheet: Sheet, view: View) -> bytes:
    """Return one self-contained page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    values: Mapping[str, object] = {
        "w": view.words, "sheet": sheet, "date": view.date, "fields": FIELDS,
        "page_lang": "zh-CN" if view.words.lang == "zh" else "en",
    }  # fmt: skip
    return clean(environment.get_template("consortium.html").render(values)).encode()
