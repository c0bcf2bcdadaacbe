"""The files of an assignment: a workbook with every line, and a paper for the meeting."""

from __future__ import annotations

from pathlib import Path

from matcher.export.assignment import assignment_bytes
from matcher.export.assignment_word import docx_bytes
from matcher.export.folder import swapped_in
from matcher.export.view import View
from matcher.plan.conflict import Conflict
from matcher.plan.exposure import Plan

#: Kind → name.
FILES = {"xlsx": "assignment.xlsx", "docx": "assignment.docx"}


def write_assignment(view: View, found: Plan | Conflict, folder: Path) -> dict[str, Path]:
    """Write an assignment, or the conflict, into a folder, all files at once; kind → path.

    Raises InputError where it cannot be written; earlier files then stay as they were.
    """
    contents = {"xlsx": assignment_bytes(view, found), "docx": docx_bytes(view, found)}
    with swapped_in(folder, FILES.values()) as new:
        for kind, name in FILES.items():
            (new / name).write_bytes(contents[kind])
    return {kind: folder / name for kind, name in FILES.items()}
