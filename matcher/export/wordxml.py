"""Small builders of WordprocessingML: hundreds of tables are written far faster as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from matcher.export.cells import clean
from matcher.export.quotes import Pieces

#: Text width of an A4 page with the report's margins, in twentieths of a point.
PAGE_WIDTH = 9354
_SHADE = "FBF0CC"


def run(text: str, *, style: str = "", bold: bool = False, shade: str = "") -> str:
    """Return a run of text; line ends and tabs become their elements."""
    props = f"<w:rStyle w:val={quoteattr(style)}/>" if style else ""
    props += "<w:b/>" if bold else ""
    props += f'<w:shd w:val="clear" w:color="auto" w:fill="{shade}"/>' if shade else ""
    lines = []
    for line in clean(text).split("\n"):
        parts = (f'<w:t xml:space="preserve">{escape(part)}</w:t>' for part in line.split("\t"))
        lines.append("<w:tab/>".join(parts))
    return f"<w:r><w:rPr>{props}</w:rPr>{'<w:br/>'.join(lines)}</w:r>"


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


def cell(content: str, width: int, *, fill: str = "", span: int = 1) -> str:
    """Return a cell of paragraphs."""
    props = f'<w:tcW w:w="{width}" w:type="dxa"/>'
    props += f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    props += f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    return f"<w:tc><w:tcPr>{props}</w:tcPr>{content}</w:tc>"


def table(
    widths: Sequence[int],
    rows: Iterable[Sequence[str]],
    *,
    head: Sequence[str] = (),
    rules: bool = True,
    fills: Sequence[str] = (),
    whole_rows: bool = True,
) -> str:
    """Return a table of cells that are paragraphs already.

    Parameters
    ----------
    widths
        Column widths; they are scaled to the width of the page.
    head
        Texts of a heading row that is repeated on every page.
    fills
        A background for each column, "" for none.
    whole_rows
        Whether a row stays on one page.
    """
    scale = PAGE_WIDTH / sum(widths)
    sizes = [round(width * scale) for width in widths]
    fills = fills or [""] * len(sizes)
    inside = '<w:insideH w:val="single" w:sz="4" w:color="D5DDDF"/>' if rules else ""
    edge = 'w:val="single" w:sz="6" w:color="9DB1B5"'
    outside = f"<w:top {edge}/>", f"<w:bottom {edge}/>"
    borders = f"{outside[0]}{outside[1]}{inside}" if rules else ""
    grid = "".join(f'<w:gridCol w:w="{size}"/>' for size in sizes)
    body = []
    if head:
        cells = "".join(
            cell(paragraph(run(text), "TableHead"), size, fill="EEF3F3")
            for text, size in zip(head, sizes, strict=True)
        )
        body.append(f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{cells}</w:tr>")
    keep = "<w:trPr><w:cantSplit/></w:trPr>" if whole_rows else ""
    for row in rows:
        cells = "".join(
            cell(content, size, fill=fill)
            for content, size, fill in zip(row, sizes, fills, strict=True)
        )
        body.append(f"<w:tr>{keep}{cells}</w:tr>")
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(sizes)}" w:type="dxa"/>'
        f"<w:tblBorders>{borders}</w:tblBorders>"
        '<w:tblLayout w:type="fixed"/><w:tblCellMar>'
        '<w:top w:w="60" w:type="dxa"/><w:left w:w="90" w:type="dxa"/>'
        '<w:bottom w:w="60" w:type="dxa"/><w:right w:w="90" w:type="dxa"/>'
        f"</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{''.join(body)}</w:tbl>"
    )
