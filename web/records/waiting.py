"""A file that waits on the server between the steps of an import, for its sender alone."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from flask import abort, current_app
from werkzeug.datastructures import FileStorage

from matcher.errors import InputError
from web.uploads import safe_name

#: Nobody comes back to a file after a day.
_KEPT_SECONDS = 24 * 3600
#: Files of one user that wait at the same time; the oldest goes first.
_MOST = 5
#: Ending of what is known about a file while it is imported.
_TAKEN = ".taken"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,40}")


@dataclass
class Waiting:
    """One file: its folder, its sender, what its columns were said to mean (header → field)."""

    token: str
    folder: Path
    user_id: int
    kind: str
    file: str
    mapping: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The file itself, under its own name."""
        return self.folder / self.file

    @property
    def rows(self) -> Path:
        """What was read from the file; without an ending no upload can have this name."""
        return self.folder / "rows"

    def keep(self) -> None:
        """Write down what is known about the file."""
        facts = {
            "user_id": self.user_id, "kind": self.kind, "file": self.file, "mapping": self.mapping,
        }  # fmt: skip
        # Beside the file's folder: a file may have any name.
        part = self.folder.with_suffix(".part")
        part.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        part.replace(self.folder.with_suffix(".json"))
        # Its columns may mean something else now.
        self.rows.unlink(missing_ok=True)

    def claim(self) -> None:
        """Take the file for the one import it is for; 404 if another request has taken it."""
        try:
            self.folder.with_suffix(".json").rename(self.folder.with_suffix(_TAKEN))
        except FileNotFoundError:
            abort(404)

    def give_back(self) -> None:
        """Let the file wait again: it was not imported."""
        self.folder.with_suffix(_TAKEN).rename(self.folder.with_suffix(".json"))

    def remove(self) -> None:
        """Remove the file and everything about it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for suffix in (".json", ".part", _TAKEN):
            self.folder.with_suffix(suffix).unlink(missing_ok=True)


def receive(upload: FileStorage | None, kind: str, user_id: int) -> Waiting:
    """Put an uploaded file aside.

    Raises InputError for none and for a type that is not read.
    """
    if upload is None or not upload.filename:
        raise InputError("请先选择一个文件。", "Choose a file first.")
    name = safe_name(upload)
    root = _root()
    _sweep(root, user_id)
    token = secrets.token_urlsafe(18)
    folder = root / token
    folder.mkdir(mode=0o700)
    found = Waiting(token, folder, user_id, kind, name)
    try:
        upload.save(found.path)
        found.keep()
    except OSError:
        found.remove()
        raise
    return found


def fetch(token: str, user_id: int) -> Waiting:
    """Return a file of this user that still waits; 404 for any other."""
    if not _TOKEN.fullmatch(token):
        abort(404)
    folder = _root() / token
    try:
        facts = json.loads(folder.with_suffix(".json").read_text(encoding="utf-8"))
        found = Waiting(token, folder, **facts)
    except (OSError, ValueError, TypeError):
        abort(404)
    if found.user_id != user_id or not found.path.is_file():
        abort(404)
    return found


def _root() -> Path:
    base = current_app.config.get("DATA_FOLDER") or Path(tempfile.gettempdir()) / "alleymatch-web"
    root = Path(base) / "waiting"
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    return root


def _sweep(root: Path, user_id: int) -> None:
    """Remove what nobody came back for, and all but the latest files of this user."""
    mine = []
    for path in (*root.glob("*.json"), *root.glob(f"*{_TAKEN}")):
        try:
            facts, age = json.loads(path.read_text(encoding="utf-8")), path.stat().st_mtime
            found = Waiting(path.stem, path.with_suffix(""), **facts)
        except (OSError, ValueError, TypeError):
            continue
        if time.time() - age > _KEPT_SECONDS:
            found.remove()
        elif found.user_id == user_id and path.suffix != _TAKEN:
            mine.append((age, found.token, found))
    for _age, _token, found in sorted(mine, key=lambda item: item[:2])[: -(_MOST - 1)]:
        found.remove()
