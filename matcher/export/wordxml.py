"""Small builders of WordprocessingML: hundreds of tables are written far faster as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from matcher.export.cells import clean
from matcher.export.quotes import Pieces

#: Text width of an A4 page with the report's margins, in twentieths of a point.
PAGE_WIDTH = 9638
_SHADE = "FBF0CC"
_MINUS = re.compile(r"(?<![0-9A-Za-z])-(?=\d)")


def run(text: str, *, style: str = "", shade: str = "") -> str:
    """Return a run of text; line ends and tabs become their elements."""
    props = f"<w:rStyle w:val={quoteattr(style)}/>" if style else ""
    props += f'<w:shd w:val="clear" w:color="auto" w:fill="{shade}"/>' if shade else ""
    lines = []
    for line in clean(text).split("\n"):
        lines.append("<w:tab/>".join(_text(part) for part in line.split("\t")))
    return f"<w:r><w:rPr>{props}</w:rPr>{'<w:br/>'.join(lines)}</w:r>"


def _text(text: str) -> str:
    # A line must not end between a minus sign and its number.
    parts = (f'<w:t xml:space="preserve">{escape(part)}</w:t>' for part in _MINUS.split(text))
    return "<w:noBreakHyphen/>".join(parts)


def pieces(quote: Pieces) -> str:
    """Return the runs of a quote, the shared pieces shaded."""
    return "".join(run(text, shade=_SHADE if shared else "") for text, shared in quote)


def paragraph(
    content: str, style: str = "Normal", *, new_page: bool = False, keep_next: bool = False
) -> str:
    """Return a paragraph of runs."""
    before = "<w:keepNext/>" if keep_next else ""
    before += "<w:pageBreakBefore/>" if new_page else ""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{before}</w:pPr>{content}</w:p>'


def bookmark(content: str, name: str, number: int) -> str:
    """Return content that a link can lead to."""
    return (
        f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{content}'
        f'<w:bookmarkEnd w:id="{number}"/>'
    )


def link(text: str, anchor: str) -> str:
    """Return a link to a bookmark of the same document."""
    return f'<w:hyperlink w:anchor="{anchor}" w:history="1">{run(text)}</w:hyperlink>'


def field(code: str) -> str:
    """Return a field such as PAGE, which the word processor fills in."""
    return f'<w:fldSimple w:instr=" {code} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'


def contents(entries: Sequence[tuple[str, str]]) -> str:
    """Return a table of contents of (title, anchor) that Word can update.

    Page numbers are known to the word processor alone, so that it fills them in at an update.
    """
    mark = '<w:r><w:fldChar w:fldCharType="{0}"/></w:r>'
    code = '<w:r><w:instrText xml:space="preserve"> TOC \\o "1-1" \\h \\z \\u </w:instrText></w:r>'
    lines = [link(title, anchor) for title, anchor in entries]
    lines[0] = mark.format("begin") + code + mark.format("separate") + lines[0]
    lines[-1] += mark.format("end")
    return "".join(paragraph(line, "TOC1") for line in lines)


def cell(content: str, width: int, *, fill: str = "") -> str:
    """Return a cell of paragraphs."""
    props = f'<w:tcW w:w="{width}" w:type="dxa"/>'
    props += f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    return f"<w:tc><w:tcPr>{props}</w:tcPr>{content}</w:tc>"


def table(
    widths: Sequence[int],
    rows: Iterable[Sequence[str]],
    *,
    head: Sequence[str] = (),
    pad: int = 30,
) -> str:
    """Return a table of cells that are paragraphs already.

    Parameters
    ----------
    widths
        Column widths; they are scaled to the width of the page.
    head
        Texts of a heading row that is repeated on every page.
    pad
        Space above and below the text of a cell, in twentieths of a point.
    """
    scale = PAGE_WIDTH / sum(widths)
    sizes = [round(width * scale) for width in widths]
    edge = 'w:val="single" w:sz="6" w:color="9DB1B5"'
    inside = '<w:insideH w:val="single" w:sz="4" w:color="D5DDDF"/>'
    borders = f"<w:top {edge}/><w:bottom {edge}/>{inside}"
    grid = "".join(f'<w:gridCol w:w="{size}"/>' for size in sizes)
    body = []
    if head:
        cells = "".join(
            cell(paragraph(run(text), "TableHead"), size, fill="EEF3F3")
            for text, size in zip(head, sizes, strict=True)
        )
        body.append(f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{cells}</w:tr>")
    for row in rows:
        cells = "".join(cell(content, size) for content, size in zip(row, sizes, strict=True))
        body.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>")
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(sizes)}" w:type="dxa"/>'
        f"<w:tblBorders>{borders}</w:tblBorders>"
        '<w:tblLayout w:type="fixed"/><w:tblCellMar>'
        f'<w:top w:w="{pad}" w:type="dxa"/><w:left w:w="80" w:type="dxa"/>'
        f'<w:bottom w:w="{pad}" w:type="dxa"/><w:right w:w="80" w:type="dxa"/>'
        f"</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{''.join(body)}</w:tbl>"
    )
