"""alliances.xlsx, alliances.docx and what the next run compares itself with."""

from __future__ import annotations

from pathlib import Path

from matcher.errors import InputError
from matcher.export.alliances import Shown, xlsx_bytes
from matcher.export.alliances_word import docx_bytes
from matcher.export.folder import swapped_in
from matcher.plan.alliances import Alliances

SNAPSHOT = "alliances.json"
#: The files of a folder of alliances, kind → name.
FILES = {"xlsx": "alliances.xlsx", "docx": "alliances.docx", "json": SNAPSHOT}


def write_alliances(found: Alliances, folder: Path, lang: str = "zh") -> dict[str, Path]:
    """Write alliances.xlsx, alliances.docx and alliances.json into ``folder``, all at once.

    The bytes depend on the arguments only. Returns kind → path. Raises InputError for a wrong
    language, a folder that cannot be written, a full disk, or another run writing there.
    """
    if lang not in ("zh", "en"):
        raise InputError(
            f"报告语言 {lang!r} 不可用，请写 zh 或 en。",
            f"There is no report language {lang!r}: use zh or en.",
        )
    shown = Shown(found, lang)
    contents = {
        "xlsx": xlsx_bytes(shown),
        "docx": docx_bytes(shown),
        "json": found.snapshot.to_json().encode(),
    }
    with swapped_in(folder, FILES.values()) as new:
        for kind, name in FILES.items():
            (new / name).write_bytes(contents[kind])
    return {kind: folder / name for kind, name in FILES.items()}
