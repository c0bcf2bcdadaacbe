"""What the administrator changes in the browser: settings, and the words of the closed lists.

It is read at the start, after a change, and every few seconds, because another process may serve
the same database. What the environment or the settings file says comes first.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app

from matcher import settings, taxonomy
from matcher.errors import InputError
from web.database import reading, store_or_none

if TYPE_CHECKING:
    from matcher.settings import Setting

PREFIX = "setting:"
_KEY, _EVERY = "alleymatch_stored", 5.0
#: Where the one secret lies that is not for the database and its backups.
_SECRET = "mail.password"


@dataclass
class _State:
    """What was read last; ``open_search`` is what the server was started with."""

    open_search: bool
    values: Mapping[str, str | int] = field(default_factory=dict)
    changes: taxonomy.Changes = field(default_factory=dict)
    looked: float = float("-inf")


def init_app(app: Flask) -> None:
    """Look for changes before each request that is more than a few seconds after the last look."""
    app.extensions[_KEY] = _State(open_search=bool(app.config["OPEN_SEARCH"]))
    app.before_request(_look)


def _look() -> None:
    state: _State = current_app.extensions[_KEY]
    if store_or_none() is None:
        return
    if time.monotonic() - state.looked > _EVERY:
        refresh()
    # Another application of this process may have another database.
    taxonomy.set_changes(state.changes)


def refresh() -> None:
    """Read now what is kept in the store, and go by it."""
    from sqlalchemy import select

    from matcher.store.models import StoredSetting
    from matcher.store.terms import stored_changes

    state: _State = current_app.extensions[_KEY]
    found: dict[str, str | int] = {}
    rows = select(StoredSetting).where(StoredSetting.key.startswith(PREFIX))
    for row in reading().scalars(rows):
        name = row.key.removeprefix(PREFIX)
        item = settings.REGISTRY.get(name)
        # A setting of another version of this program means nothing here.
        if item is not None and item.live:
            with suppress(InputError):
                found[name] = settings.typed(item, str(row.value))
    state.values = found
    state.changes = stored_changes(reading())
    state.looked = time.monotonic()
    taxonomy.set_changes(state.changes)
    chosen = {"on": True, "off": False}.get(str(found.get("open_search", "")))
    if chosen is None or "open_search" in settings.fixed():
        chosen = state.open_search
    current_app.config["OPEN_SEARCH"] = chosen


def source(item: Setting) -> str:
    """Return where a setting comes from: environment, file, stored or default."""
    state: _State = current_app.extensions[_KEY]
    kept = bool(_kept_secret()) if item.secret else item.name in state.values
    return settings.fixed().get(item.name) or ("stored" if kept else "default")


def setting(name: str) -> str | int:
    """Return the present value of a setting."""
    item = settings.REGISTRY[name]
    if source(item) == "stored":
        state: _State = current_app.extensions[_KEY]
        return _kept_secret() if item.secret else state.values[name]
    return settings.load()[name]


def keep_secret(text: str) -> None:
    """Keep the secret in a file of the data folder that its owner alone reads; "" removes it.

    Raises InputError if the file cannot be written.
    """
    path = _secret_file()
    try:
        if not text:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.new")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(path)
    except OSError as error:
        raise InputError(
            f"不能写入数据文件夹（{error.strerror}）。请检查磁盘空间和权限。",
            f"The data folder cannot be written ({error.strerror}): check disk space and rights.",
        ) from error


def _kept_secret() -> str:
    try:
        return _secret_file().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _secret_file() -> Path:
    return data_folder() / _SECRET


def data_folder() -> Path:
    """Return where this application keeps files."""
    given: Any = current_app.config.get("DATA_FOLDER")
    return Path(given or settings.data_folder())
