"""Collect cyclic garbage in a thread of its own instead of in the middle of somebody's work.

Before 3.12 Python collects inside the very allocation that makes it due. When that allocation is
of an object's ``__dict__`` and the garbage's end sets an attribute of the same object, both make a
dictionary of the same values, and both free them: the process dies. SQLAlchemy's state of a row
does just that when its session closes, and under fifty users the server died within minutes.
"""

from __future__ import annotations

import gc
import threading
import time
from itertools import count

_PAUSE = 0.5
#: Every so many turns all generations are collected: a quarter of a second with 20,000 records.
_FULL = 120


def collect_apart() -> None:
    """Collect from a thread from now on, for the whole process; a second call does nothing."""
    if not gc.isenabled():
        return
    gc.disable()
    threading.Thread(target=_collect, name="garbage", daemon=True).start()


def _collect() -> None:
    for turn in count(1):
        time.sleep(_PAUSE)
        gc.collect(1 if turn % _FULL else 2)
