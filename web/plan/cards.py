"""What the index page shows of each view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Card:
    """One way of planning: where it is, and what it answers; texts are ``lazy_gettext``."""

    endpoint: str
    title: Any
    text: Any
