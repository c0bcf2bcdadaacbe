"""How much a probability is worth, in words: one scale for pages, reports and the guide."""

from __future__ import annotations

from typing import Literal

Grade = Literal["call", "look", "faint"]
#: The least probabilities, in whole percent, of a match worth a call and of one worth a look.
CALL, LOOK = 50, 20


def grade(probability: float | None) -> Grade | None:
    """Return what a match of this probability is worth; None without a probability.

    Judged by the whole percent that is printed beside it, so that "50 %" is always worth a call.
    The words stand in ``report_words.csv`` as ``grade_call`` and so on; how often each came true
    is in docs/quality.md.
    """
    if probability is None:
        return None
    percent = round(probability * 100)
    if percent >= CALL:
        return "call"
    return "look" if percent >= LOOK else "faint"
