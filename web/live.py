"""The records of the store, kept encoded and indexed: followed in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from matcher import clock
from matcher.encode.base import Encoder, Role
from matcher.errors import EncoderError
from matcher.index.collection import encode_records
from matcher.records import Offer
from matcher.store.columns import utcnow
from matcher.store.models import Capability, Need
from matcher.store.revision import changes_since, current_revision
from matcher.store.viewers import MEMBERS, Viewer
from web.layers import Item, Layer, parts

if TYPE_CHECKING:
    from matcher.store import Store

log = logging.getLogger("web")
#: Up to so many records an edit rebuilds the whole index at once: it takes less than a second.
SMALL = 2000
#: So many records give a small layer the background of the whole store.
_CONTEXT = 500
#: The base is built anew in the background when so many records changed since.
_MANY = 200
_POLL, _PATIENCE, _CHUNK = 1.0, 20.0, 256
#: Row id, version, organisation, and the record if it takes part.
_Row = tuple[int, int, int | None, Offer | None]


@dataclass(frozen=True)
class State:
    """How the index stands; ``pending`` changes of the store are not in it yet."""

    ready: bool
    needs: int = 0
    capabilities: int = 0
    encoder: str = ""
    fingerprint: str = ""
    #: What is being encoded now, and how much of it is done; 0 of 0 when nothing is.
    encoded: int = 0
    to_encode: int = 0
    revision: int = 0
    store_revision: int = 0
    built_at: datetime | None = None
    cache: str = ""
    cache_bytes: int = 0

    @property
    def working(self) -> bool:
        """Whether something is being encoded or taken in."""
        return not self.ready or self.revision < self.store_revision


@dataclass(frozen=True)
class Side:
    """The records of one role and the layers over them; replaced as a whole."""

    items: Mapping[int, Item]
    base: Layer
    fresh: Layer | None = None
    #: Rows of the base that are no longer what they were.
    stale: frozenset[int] = frozenset()
    day: date = date.min
    own: dict[object, Layer | None] = field(default_factory=dict, repr=False)
    #: How many of the items everybody can find.
    open_count: int = 0


class LiveIndex:
    """Keeps the layers of both roles up to date with the store.

    Parameters
    ----------
    store
        The database.
    encoder
        What turns texts into vectors, with its cache.
    """

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store, self._encoder = store, encoder
        self._sides: dict[Role, Side] = {}
        self._seen: tuple[int, str | None] = (0, None)
        self._ready, self._wake, self._stop, self._anew = (threading.Event() for _ in range(4))
        self._built_at: datetime | None = None
        #: Held while sides are replaced.
        self._lock = threading.Lock()
        self._building: dict[Role, threading.Thread] = {}
        #: Bases that a thread finished; only the index's own thread puts them in place.
        self._built: dict[Role, Layer] = {}
        self._thread = threading.Thread(target=self._run, name="index", daemon=True)
        self.encoded, self.to_encode = 0, 0

    def start(self) -> None:
        """Begin to read the store."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def wake(self) -> None:
        """Look for changes now instead of within a second."""
        self._wake.set()

    def rebuild(self) -> None:
        """Build everything anew from the store; the present index answers until it is done."""
        self._anew.set()
        self._wake.set()

    def state(self) -> State:
        """Return how the index stands."""
        with self._store.reading() as session:
            wanted = current_revision(session)
        sides = self._sides
        path: Path | None = getattr(self._encoder, "path", None)
        return State(
            ready=self._ready.is_set() and not self._anew.is_set(),
            needs=len(sides["need"].items) if "need" in sides else 0,
            capabilities=len(sides["capability"].items) if "capability" in sides else 0,
            encoder=self._encoder.name, fingerprint=self._encoder.fingerprint,
            encoded=self.encoded, to_encode=self.to_encode, revision=self._seen[0],
            store_revision=wanted, built_at=self._built_at, cache=str(path or ""),
            cache_bytes=path.stat().st_size if path and path.is_file() else 0,
        )  # fmt: skip

    def settle(self, seconds: float) -> None:
        """Wait until everything that is committed now is indexed; raises TimeoutError."""
        deadline = time.monotonic() + seconds
        with self._store.reading() as session:
            wanted = current_revision(session)
        while time.monotonic() < deadline:
            if self._ready.is_set() and self._seen[0] >= wanted:
                return
            self.wake()
            time.sleep(0.02)
        raise TimeoutError("the index did not follow the store")

    @property
    def ready(self) -> bool:
        """Whether the first index is there."""
        return self._ready.is_set()

    def count(self, role: Role) -> int:
        """Return how many published records everybody can find."""
        side = self._sides.get(role)
        return side.open_count if side else 0

    def side(self, role: Role) -> Side:
        """Return the layers of one role as they are now, waiting for the first ones.

        Raises EncoderError if they take too long.
        """
        if not self._ready.wait(_PATIENCE):
            raise EncoderError(
                f"索引正在准备（已编码 {self.encoded} / {self.to_encode} 条），请稍后再试。",
                f"The index is being made ({self.encoded} of {self.to_encode} records encoded): "
                "try again in a while.",
            )
        return self._sides[role]

    def own_layer(self, role: Role, side: Side, viewer: Viewer) -> Layer | None:
        """Return the layer of private records that this viewer may find."""
        if viewer.staff:
            key: object = "office"
        elif viewer.roles & MEMBERS and viewer.organisation_id is not None:
            key = viewer.organisation_id
        else:
            return None
        with self._lock:
            if key not in side.own:
                today = clock.today()
                mine = [
                    item for item in side.items.values()
                    if item.private and item.in_force(today)
                    and key in ("office", item.organisation_id)
                ]  # fmt: skip
                side.own[key] = self._small_layer(role, mine, side.base) if mine else None
            return side.own[key]

    def _small_layer(self, role: Role, items: Sequence[Item], base: Layer) -> Layer:
        every = list(base.items.values())
        step = max(1, len(every) // _CONTEXT)
        ids = {item.row_id for item in items}
        context = [item for item in every[::step] if item.row_id not in ids]
        return Layer(role, items, self._encoder, clock.today(), context, len(every) + len(items))

    def _run(self) -> None:
        said = ""
        while not self._stop.is_set():
            # Cleared first: a wake during the update is not lost.
            self._wake.clear()
            try:
                self._update()
                said = ""
            except Exception as error:
                # Its text may quote a record; the same again says nothing new.
                frames = reversed(traceback.extract_tb(error.__traceback__)[-4:])
                where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
                if said != (said := f"{type(error).__name__} {where}"):
                    log.error("search index: %s", said)
                self._stop.wait(_POLL)
            self._wake.wait(_POLL)

    def _update(self) -> None:
        anew = self._anew.is_set()
        seen = (0, None) if anew else self._seen
        with self._store.reading() as session:
            changes = changes_since(session, *seen)
            same = (
                not anew
                and self._ready.is_set()
                and (changes.revision, changes.epoch) == self._seen
            )
            # Turned into records here: rows are of no use once the session is closed.
            read: dict[Role, list[_Row]] = {
                "need": [_content(row) for row in changes.needs],
                "capability": [_content(row) for row in changes.capabilities],
            }
        self.to_encode = sum(len(rows) for rows in read.values())
        self.encoded = 0
        for role, rows in read.items():
            side = self._sides.get(role)
            lost = [number for kind, number in changes.removed if kind == role]
            touched = (rows or lost or changes.complete) and not same
            if not touched and role not in self._built and side and side.day == clock.today():
                continue
            items = {} if side is None or changes.complete else dict(side.items)
            for number in lost:
                items.pop(number, None)
            for row_id, _, _, record in rows:
                if record is None:
                    items.pop(row_id, None)
            items |= self._encode(role, rows)
            self._replace(role, items, whole=changes.complete)
        self._seen = (changes.revision, changes.epoch)
        if changes.complete and not same:
            self._built_at = utcnow()
        self._ready.set()
        if anew:
            self._anew.clear()

    def _encode(self, role: Role, rows: Sequence[_Row]) -> dict[int, Item]:
        items: dict[int, Item] = {}
        for start in range(0, len(rows), _CHUNK):
            chunk = [row for row in rows[start : start + _CHUNK] if row[3] is not None]
            encoded = encode_records(role, [row[3] for row in chunk if row[3]], self._encoder)
            for (row_id, version, owner, _), piece in zip(chunk, parts(encoded), strict=True):
                items[row_id] = Item(row_id, version, owner, piece)
            self.encoded += len(chunk)
        return items

    def _replace(self, role: Role, items: Mapping[int, Item], *, whole: bool = False) -> None:
        today = clock.today()
        side = self._sides.get(role)
        usable = [i for i in items.values() if not i.private and i.in_force(today)]
        if side is None or whole or len(usable) <= SMALL:
            self._built.pop(role, None)
            base = Layer(role, usable, self._encoder, today)
            with self._lock:
                self._sides[role] = Side(items, base, day=today, open_count=len(usable))
            return
        with self._lock:
            base = self._built.pop(role, side.base)
        renewed = self._derived(role, items, usable, base, today)
        with self._lock:
            self._sides[role] = renewed
        changed = len(renewed.fresh.items) if renewed.fresh else 0
        if max(changed, len(renewed.stale)) > _MANY:
            self._rebuild_later(role)

    def _derived(
        self, role: Role, items: Mapping[int, Item], usable: Sequence[Item], base: Layer,
        today: date,
    ) -> Side:  # fmt: skip
        """Return the side that an older base and what changed since give."""
        now = {item.row_id: item for item in usable}
        stale = frozenset(n for n, item in base.items.items() if now.get(n) is not item)
        new = [item for n, item in now.items() if base.items.get(n) is not item]
        fresh = self._small_layer(role, new, base) if new else None
        return Side(items, base, fresh, stale, today, open_count=len(usable))

    def _rebuild_later(self, role: Role) -> None:
        """Build the base of a large store anew, while the old one goes on answering."""
        running = self._building.get(role)
        if running is not None and running.is_alive():
            return

        items = self._sides[role].items

        def build() -> None:
            today = clock.today()
            usable = [i for i in items.values() if not i.private and i.in_force(today)]
            base = Layer(role, usable, self._encoder, today)
            with self._lock:
                self._built[role] = base
            self._wake.set()

        thread = threading.Thread(target=build, name=f"index {role}", daemon=True)
        self._building[role] = thread
        thread.start()


def _content(row: Need | Capability) -> _Row:
    takes_part = row.archived_at is None and row.status == "published"
    return row.id, row.version, row.organisation_id, row.to_record() if takes_part else None
