"""What somebody searched for a moment ago, so that the back button gives him his results again.

The page itself may be in no cache, so the text is kept here, in memory, under a name that nobody
can guess, for the same browser and person only. It is never written anywhere.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from flask import current_app, session

from matcher.encode.base import Role
from matcher.ingest.prose import Facts
from matcher.records import Offer
from web.access import current_actor

_KEY, _BROWSER = "alleymatch_asked", "browser"
#: Hours it is kept at most; and how many in all, and for one browser.
HOURS = 2
_MOST, _MOST_EACH = 200, 20


@dataclass(frozen=True)
class Question:
    """What was asked: a text or an uploaded record, what was looked for, from which level up.

    ``facts`` are budget, deadline and regions as their writer corrected them; None: as the text
    says.
    """

    query: Offer | str
    wanted: Role = "capability"
    level: str = ""
    facts: Facts | None = None


class Questions:
    """The questions of everybody, in the memory of this process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[str, float, Question]] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, owner: str, question: Question) -> str:
        """Keep a question for its owner; return its name."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._drop_old()
            mine = [key for key, (who, _, _) in self._kept.items() if who == owner]
            for key in mine[: len(mine) - _MOST_EACH + 1]:
                del self._kept[key]
            while len(self._kept) >= _MOST:
                self._kept.popitem(last=False)
            self._kept[name] = (owner, time.monotonic(), question)
        return name

    def get(self, owner: str, name: str) -> Question | None:
        """Return a question to its owner, None if it is somebody else's, too old or unknown."""
        with self._lock:
            self._drop_old()
            found = self._kept.get(name)
        return found[2] if found is not None and found[0] == owner else None

    def _drop_old(self) -> None:
        limit = time.monotonic() - HOURS * 3600
        while self._kept and next(iter(self._kept.values()))[1] < limit:
            self._kept.popitem(last=False)


def keep(question: Question) -> str:
    """Keep a question for who asks now."""
    return _questions().put(_owner(), question)


def kept(name: str) -> Question | None:
    """Return a question that who asks now has asked before."""
    return _questions().get(_owner(), name)


def _questions() -> Questions:
    found: Questions = current_app.extensions.setdefault(_KEY, Questions())
    return found


def _owner() -> str:
    # Signing in or out begins a new session, and with it another owner.
    if _BROWSER not in session:
        session[_BROWSER] = secrets.token_urlsafe(16)
    return f"{current_actor().user_id}:{session[_BROWSER]}"
