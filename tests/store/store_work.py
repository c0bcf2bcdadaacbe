"""What processes of their own do to a database, for ``store_fixtures.Child``."""

from __future__ import annotations

import os
from collections.abc import Callable

from store_fixtures import batch, need, owner

from matcher.store import Store, open_store
from matcher.store.editing import create, save
from matcher.store.errors import EditConflict
from matcher.store.importing import import_records
from matcher.store.models import Need

Tell = Callable[[str], None]


def create_one(tell: Tell, url: str) -> None:
    """Open the database, and make it if it is not there; add a need."""
    store = open_store(url)
    with store.writing() as session:
        create(session, need(f"N-{os.getpid()}"), None)
    store.close()


def write_together(tell: Tell, url: str, number: str, name: str, turns: str) -> None:
    """Add needs and append to one text that others append to, as people do after a conflict."""
    store = open_store(url)
    for turn in range(int(turns)):
        with store.writing() as session:
            create(session, need(f"{name}-{turn}"), None)
        while not _appended(store, int(number), f"{name}{turn}"):
            pass
    store.close()


def _appended(store: Store, number: int, word: str) -> bool:
    with store.reading() as session:
        row = session.get_one(Need, number)
        seen, version = row.to_record(), row.version
    longer = seen.model_copy(update={"problem": f"{seen.problem} {word}"})
    try:
        with store.writing() as session:
            save(session, Need, number, longer, version, None)
    except EditConflict:
        return False
    return True


def import_many(tell: Tell, url: str, turn: str) -> None:
    """Import two thousand needs; tell when it begins and when it is over."""
    found = batch(
        [need(f"T{turn}-{i}", organisation=owner(f"示例{i % 40}厂")) for i in range(2000)]
    )  # fmt: skip
    store = open_store(url)
    tell("ready")
    with store.writing() as session:
        import_records(session, found, None, "f.csv")
    tell("done")
    store.close()
