"""report.html: one self-contained file for screen, telephone and paper."""

from __future__ import annotations

from pathlib import Path

import jinja2

from matcher.export import rows
from matcher.export.cells import clean
from matcher.export.pages import pages
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
    opening, closing = words.quoted("\x00").split("\x00")
    notes = ["how_quotes", "how_not_stated", "how_rank"]
    notes += ["how_probability"] if view.calibrated else []
    text = environment.get_template("report.html").render(
        w=words,
        date=view.date,
        figures=rows.run_facts(view),
        sources=rows.sources(view),
        notes=[words(note) for note in notes],
        pages=pages(view),
        opening=opening,
        closing=closing,
        page_lang="zh-CN" if words.lang == "zh" else "en",
    )
    return clean(text).encode()
