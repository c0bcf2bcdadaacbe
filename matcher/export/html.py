"""report.html: one self-contained file for screen, telephone and paper."""

from __future__ import annotations

from pathlib import Path

import jinja2

from matcher.export import consortia, rows
from matcher.export.cells import clean
from matcher.export.pages import pages
from matcher.export.summary import notes, summary
from matcher.export.view import View


def html_bytes(view: View) -> bytes:
    """Return report.html."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = view.words
    proposed = [(line, consortia.open_parts(view, line)) for line in consortia.lines(view)]
    opening, closing = words.quoted("\x00").split("\x00")
    text = environment.get_template("report.html").render(
        w=words,
        date=view.date,
        told=summary(view),
        facts=[*rows.run_facts(view), *rows.sources(view)],
        notes=notes(view),
        pages=pages(view),
        consortia=proposed,
        consortia_note=consortia.note(view) if proposed else "",
        opening=opening,
        closing=closing,
        page_lang="zh-CN" if words.lang == "zh" else "en",
    )
    return clean(text).encode()
