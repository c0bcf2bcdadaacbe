"""The reports that offices pass around: xlsx, docx, html, csv and jsonl, in Chinese or English."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from matcher.errors import InputError
from matcher.results import Run

if TYPE_CHECKING:
    from matcher.plan.proposals import Proposals

#: The files of a report folder, kind → name.
FILES = {
    "xlsx": "report.xlsx",
    "docx": "report.docx",
    "html": "report.html",
    "csv": "matches.csv",
    "jsonl": "matches.jsonl",
}


def write_report(
    run: Run,
    folder: Path,
    *,
    lang: str = "zh",
    top: int = 10,
    viewer_may_see_private: bool = False,
    consortia: Proposals | None = None,
) -> dict[str, Path]:
    """Write a run as report.xlsx, .docx, .html, matches.csv and .jsonl into ``folder``.

    Parameters
    ----------
    folder
        Made if missing. An earlier report in it is replaced, as a whole; other files in it are
        left alone.
    lang
        ``zh`` or ``en``, the language of labels and sentences; records are quoted as they are.
    top
        Most matches listed for a record, at least 1; docx and html show the first three.
    viewer_may_see_private
        For staff: private records, anonymous owners and the content of refused rows are shown.
    consortia
        Consortia to propose, on one page of xlsx, docx and html.

    Returns kind → path. The bytes depend on the arguments only. Raises InputError for a wrong
    option, a folder that cannot be written, a full disk, or another run writing there.
    """
    if lang not in ("zh", "en"):
        raise InputError(
            f"报告语言 {lang!r} 不可用，请写 zh 或 en。",
            f"There is no report language {lang!r}: use zh or en.",
        )
    if top < 1:
        raise InputError(
            f"每项列出的匹配数为 {top}，至少应为 1。",
            f"The number of matches to list is {top}; it must be at least 1.",
        )
    from matcher.export import html, lines, word, xlsx
    from matcher.export.folder import swapped_in
    from matcher.export.view import make_view

    view = make_view(run, lang, top, viewer_may_see_private, consortia)
    contents = {
        "xlsx": xlsx.xlsx_bytes(view),
        "docx": word.docx_bytes(view),
        "html": html.html_bytes(view),
        "csv": lines.csv_bytes(view),
        "jsonl": lines.jsonl_bytes(view),
    }
    with swapped_in(folder, FILES.values()) as new:
        for kind, name in FILES.items():
            (new / name).write_bytes(contents[kind])
    return {kind: folder / name for kind, name in FILES.items()}
