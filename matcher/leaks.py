"""What in an anonymous need would tell who is asking, each place named so that it can be shown.

The owner's own names and whatever points to anybody are found exactly as reports and pages mask
them (``matcher.export.mask``): what is not found before publishing is not hidden afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from matcher.export.mask import MASK, mask_names
from matcher.export.names import names_of
from matcher.records import Need
from matcher.traces import Place, find_traces

LABELS: dict[str, tuple[str, str]] = {
    "owner": ("需求方名称", "the owner's name"),
    "company": ("企业名称", "a company's name"),
    "e-mail": ("邮箱", "an e-mail address"),
    "link": ("网址", "a web address"),
    "telephone": ("电话", "a telephone number"),
    "person": ("人名", "a person's name"),
    "account": ("社交账号", "an account"),
    "address": ("地址", "an address"),
    "patent": ("专利号", "a patent number"),
    "credit_code": ("统一社会信用代码", "a credit code"),
}


@dataclass(frozen=True)
class Leak:
    """One place: ``text`` is ``value[start:end]`` of a field, ``kind`` one of ``LABELS``.

    In a field with several values, ``value`` are they with 、 between them.
    """

    field: str
    start: int
    end: int
    text: str
    kind: str

    def label(self, lang: str = "zh") -> str:
        """Return what kind of thing it is."""
        return LABELS[self.kind][lang == "en"]


def find_leaks(need: Need) -> tuple[Leak, ...]:
    """Return every place of an anonymous need that points to a person or an organisation.

    Empty for a need that is not anonymous: its owner is either shown or the need is not.
    """
    if need.confidentiality != "anonymous":
        return ()
    names = names_of(need)
    lists = (("keywords", need.keywords), ("regions", need.regions))
    fields = (*need.passages, *((name, "、".join(values)) for name, values in lists))
    return tuple(
        Leak(field, start, end, text[start:end], kind)
        for field, text in fields
        for start, end, kind in _joined(_places(text, names))
    )


def _places(text: str, names: tuple[str, ...]) -> Iterator[Place]:
    """Yield (start, end, kind), the surest kinds first."""
    yield from ((a, b, "owner") for a, b in _masked(text, mask_names(text, names)))
    yield from find_traces(text)


def _masked(text: str, masked: str) -> Iterator[tuple[int, int]]:
    """Yield the runs that masking changed."""
    start: int | None = None
    for place in range(len(text) + 1):
        hidden = place < len(text) and masked[place] == MASK != text[place]
        if hidden and start is None:
            start = place
        elif not hidden and start is not None:
            yield start, place
            start = None


def _joined(places: Iterator[Place]) -> list[Place]:
    """Return the places in their order, what overlaps an earlier one left out."""
    kept: list[Place] = []
    for start, end, kind in places:
        if not any(start < stop and begin < end for begin, stop, _ in kept):
            kept.append((start, end, kind))
    return sorted(kept)
