"""Vectors kept by (content hash, encoder fingerprint): nothing is encoded twice."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from matcher.encode.base import Array, Encoded, Encoder, Progress, Role, Text
from matcher.errors import EncoderError

#: Seconds to wait for another process that writes; encoding again is not much slower.
PATIENCE = 10.0
_CHUNK = 128


class CachedEncoder:
    """An encoder that remembers.

    Vectors are kept as float16; a text just encoded is rounded the same way, so a first run and
    a second one give the same ranking. SQLite commits in whole chunks: a killed run keeps what it
    had finished.
    """

    def __init__(self, encoder: Encoder, path: Path) -> None:
        #: The encoder itself, for texts that nobody asked to keep.
        self.uncached = encoder
        self.path = path
        self.name, self.dim, self.fingerprint = encoder.name, encoder.dim, encoder.fingerprint
        # One connection serves every thread of a server, one statement at a time.
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            self._share()
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS vectors "
                "(key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID"
            )
        except (OSError, sqlite3.Error) as error:
            raise EncoderError(
                f"打不开向量缓存 {path}（{error}）。请删除该文件后重试，或检查磁盘空间和权限。",
                f"The vector cache {path} cannot be opened ({error}): "
                "delete the file and try again, or check disk space and permissions.",
            ) from error

    def encode(
        self, role: Role, texts: Sequence[Text], progress: Progress | None = None
    ) -> list[Encoded]:
        """Encode texts, reading known ones from the cache."""
        keys = [self._key(role, text) for text in texts]
        found: dict[bytes, Encoded] = {}
        for first in range(0, len(keys), _CHUNK):
            found.update(self._read(keys[first : first + _CHUNK]))
        # The same text twice in one call is encoded once.
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if progress and len(fresh) < len(keys):
            progress(len(keys) - len(fresh))
        # Long texts first, here too: a chunk then holds texts of like length.
        order = sorted(fresh, key=lambda key: (-len(fresh[key].text), key))
        for first in range(0, len(order), _CHUNK):
            part = order[first : first + _CHUNK]
            encoded = self.uncached.encode(role, [fresh[key] for key in part], progress)
            found.update(self._write(dict(zip(part, encoded, strict=True))))
        return [found[key] for key in keys]

    def close(self) -> None:
        """Close the cache file."""
        self._database.close()

    def _share(self) -> None:
        """Turn the write-ahead log on; SQLite does not wait for that by itself.

        Two processes that open a new file at once would deadlock on the change of mode, so SQLite
        refuses one of them at once, whatever its timeout: it tries again.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._database.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _key(self, role: Role, text: Text) -> bytes:
        digest = hashlib.sha256()
        for part in (self.fingerprint, role, text.text, repr(text.spans)):
            raw = part.encode("utf-8", "surrogatepass")
            digest.update(len(raw).to_bytes(8, "little") + raw)
        return digest.digest()

    def _read(self, keys: list[bytes]) -> dict[bytes, Encoded]:
        marks = ",".join("?" * len(keys))
        try:
            with self._lock:
                rows = self._database.execute(
                    f"SELECT key, value FROM vectors WHERE key IN ({marks})", keys
                ).fetchall()
        except sqlite3.DatabaseError:
            # A damaged cache is only a copy: encode again.
            return {}
        return {key: self._unpack(value) for key, value in rows if self._whole(value)}

    def _write(self, encoded: dict[bytes, Encoded]) -> dict[bytes, Encoded]:
        packed = {
            key: np.vstack([item.vector, item.sentences]).astype("<f2").tobytes()
            for key, item in encoded.items()
        }
        try:
            with self._lock, self._database:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?)", packed.items()
                )
        except sqlite3.Error:
            # A full disk or a locked file costs time at the next run, not this result.
            pass
        return {key: self._unpack(value) for key, value in packed.items()}

    def _whole(self, value: bytes) -> bool:
        return len(value) > 0 and len(value) % (2 * self.dim) == 0

    def _unpack(self, value: bytes) -> Encoded:
        rows: Array = np.frombuffer(value, "<f2").reshape(-1, self.dim).astype(np.float32)
        return Encoded(rows[0], rows[1:])
