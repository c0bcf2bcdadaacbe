"""The look of report.docx: fonts for both scripts, paragraph styles, header and footer."""

from __future__ import annotations

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_LINE_SPACING
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import CharacterStyle, ParagraphStyle

from matcher.export.view import View
from matcher.export.wordxml import PAGE_WIDTH, field, run

_SONG, _HEI = "宋体", "黑体"
_INK, _ACCENT, _MUTED = "1F2A30", "1D5C63", "66737A"
_MET, _NOT_MET, _NOT_STATED = "2C6B45", "A1392B", "7A6426"
#: name: (size in points, bold, colour, heading font, space before, space after, keep with next)
_STYLES: dict[str, tuple[float, bool, str, bool, float, float, bool]] = {
    "Normal": (10, False, _INK, False, 0, 3, False),
    "Title": (30, True, _ACCENT, True, 150, 10, False),
    "Report Title": (22, True, _ACCENT, True, 0, 0, True),
    "TOC 1": (10, False, _INK, False, 0, 1, False),
    "Heading 1": (16, True, _ACCENT, True, 0, 2, True),
    "Heading 2": (12, True, _ACCENT, True, 7, 0, True),
    "Heading 3": (11, True, _INK, True, 6, 0, True),
    "Heading 3 Plain": (11, True, _INK, True, 6, 0, True),
    "Body": (9.5, False, _INK, False, 0, 2, False),
    "Cover Line": (12, False, _MUTED, True, 0, 34, False),
    "Note": (8.5, False, _MUTED, False, 0, 3, False),
    "Small Figure": (16, True, _ACCENT, True, 2, 0, True),
    "Note Next": (8.5, False, _MUTED, False, 0, 3, True),
    "Gap": (3, False, _MUTED, False, 0, 0, True),
    "Item": (10, False, _INK, False, 0, 3, False),
    "Gap Line": (9, False, _INK, False, 2, 0, False),
    "Table Text": (9, False, _INK, False, 0, 0, False),
    "Table Label": (9, False, _MUTED, False, 0, 0, False),
    "Table Head": (8.5, True, _MUTED, True, 0, 0, True),
    "Figure": (20, True, _ACCENT, True, 4, 0, True),
    "Met": (9, True, _MET, False, 0, 0, False),
    "Not Met": (9, True, _NOT_MET, False, 0, 0, False),
    "Not Stated": (9, True, _NOT_STATED, False, 0, 0, False),
    "Header": (8.5, False, _MUTED, False, 0, 0, False),
    "Footer": (8.5, False, _MUTED, False, 0, 0, False),
}
#: Labels that begin a line of text, and lesser words in it: (bold, colour, heading font).
_RUN_STYLES: dict[str, tuple[bool, str, bool]] = {
    "Lead": (True, _ACCENT, True),
    "Lead Not Met": (True, _NOT_MET, True),
    "Lead Not Stated": (True, _NOT_STATED, True),
    "Muted": (False, _MUTED, False),
    "Aside": (False, _MUTED, False),
    "Said Met": (True, _MET, False),
    "Said Not Met": (True, _NOT_MET, False),
    "Grade call": (True, _MET, True),
    "Grade look": (True, _NOT_STATED, True),
    "Grade faint": (True, _MUTED, True),
}
#: Lines have a fixed height, so that a page holds the same whatever fonts are installed.
_LEADING = 1.36


def set_up(document: Document, view: View, title: str = "", *, made_of: bool = True) -> None:
    """Give an empty document its page, styles, header and footer.

    ``made_of``: whether the footer says what the data are; a report with an appendix does there.
    """
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin, section.bottom_margin = Cm(1.9), Cm(1.6)
    section.header_distance = section.footer_distance = Cm(0.9)
    section.different_first_page_header_footer = True
    _defaults(document)
    for name, look in _STYLES.items():
        _style(document, name, look)
    for name, (bold, colour, heading) in _RUN_STYLES.items():
        style = document.styles.add_style(name, WD_STYLE_TYPE.CHARACTER)
        assert isinstance(style, CharacterStyle)
        style.font.bold, style.font.color.rgb = bold, RGBColor.from_string(colour)
        style.font.size = Pt(9) if name == "Aside" else None
        _fonts(style, heading)
    words, made = view.words, view.run.provenance
    right = f'<w:tabs><w:tab w:val="right" w:pos="{PAGE_WIDTH}"/></w:tabs>'
    rule = '<w:pBdr><w:{0} w:val="single" w:sz="4" w:space="6" w:color="CBD5D7"/></w:pBdr>'
    page = words("page_of", page="\x00", pages="\x01")
    before, rest = page.split("\x00")
    between, after = rest.split("\x01")
    numbers = run(before) + field("PAGE") + run(between) + field("NUMPAGES") + run(after)
    line = ""
    if made_of:
        line = words("footer_line", revision=made.data_revision, encoder=made.encoder)
    header = run(f"{title or words('report_title')}\t{view.date}")
    footer = run(f"{line}\t") + numbers
    for part, content, side, style in (
        (section.header, header, "bottom", "Header"),
        (section.footer, footer, "top", "Footer"),
    ):
        part.is_linked_to_previous = False
        old = part.paragraphs[0]._p
        new = parse_xml(
            f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="{style}"/>{rule.format(side)}{right}'
            f"</w:pPr>{content}</w:p>"
        )
        old.getparent().replace(old, new)


def _defaults(document: Document) -> None:
    # The template is of an older Word, which opens it in its compatibility mode.
    for setting in document.settings.element.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")
    theme = document.settings.element.find(qn("w:themeFontLang"))
    if theme is not None:
        theme.set(qn("w:eastAsia"), "zh-CN")
    language = document.styles.element.find(f".//{qn('w:docDefaults')}//{qn('w:lang')}")
    if language is not None:
        language.set(qn("w:eastAsia"), "zh-CN")


def _style(
    document: Document, name: str, look: tuple[float, bool, str, bool, float, float, bool]
) -> None:
    size, bold, colour, heading, before, after, keep = look
    known = {style.name for style in document.styles}
    if name in known:
        style = document.styles[name]
    else:
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles["Normal"]
    assert isinstance(style, ParagraphStyle)
    style.font.size, style.font.bold, style.font.italic = Pt(size), bold, False
    style.font.color.rgb = RGBColor.from_string(colour)
    _fonts(style, heading)
    layout = style.paragraph_format
    layout.space_before, layout.space_after = Pt(before), Pt(after)
    layout.keep_with_next = keep
    layout.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    layout.line_spacing = Pt(round(2 * size * _LEADING) / 2)
    if name == "Item":
        layout.left_indent, layout.first_line_indent = Cm(0.45), Cm(-0.45)
    # The template's own rules and tab stops would stand beside ours.
    for tag in ("w:pBdr", "w:tabs"):
        found = style.element.find(f".//{qn(tag)}")
        if found is not None:
            found.getparent().remove(found)


def _fonts(style: CharacterStyle, heading: bool) -> None:
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    # A theme font would win over the names set here.
    for key in [key for key in fonts.attrib if "heme" in key]:
        del fonts.attrib[key]
    latin = "Arial" if heading else "Times New Roman"
    for place, font in (
        ("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", _HEI if heading else _SONG)
    ):  # fmt: skip
        fonts.set(qn(f"w:{place}"), font)
