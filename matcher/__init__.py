"""alleymatch: find the partner who can meet a technical need, and say why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matcher.engine import Matcher

__version__ = "0.1.0"
__all__ = ["Matcher", "__version__"]


def __getattr__(name: str) -> Any:
    # Heavy parts are imported when they are used: `matcher --help` must answer at once.
    if name == "Matcher":
        from matcher.engine import Matcher

        return Matcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
