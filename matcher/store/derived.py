"""Columns that are worked out from a record: what filters look into, what lists sort by."""

from __future__ import annotations

import unicodedata

from matcher import records
from matcher.export.privacy import visible_run
from matcher.results import MatchList, Provenance, Run

#: Characters of a title that decide its place in a list.
_SORTED = 24
_NOWHERE = Provenance("", "", "", "", "", "")


def search_form(text: str) -> str:
    """Return a text as filters compare it: width and case folded, spaces squeezed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def sort_form(text: str) -> str:
    """Return a key that sorts Chinese by pinyin, as hex.

    The common characters stand in GB 18030 in the order of their pinyin, after Latin letters.
    """
    folded = search_form(text)[:_SORTED]
    return folded.encode("gb18030", "replace").hex()


def without_owner(record: records.Offer) -> records.Offer:
    """Return the record as outsiders see it: an anonymous one stripped of all that tells its owner.

    The rule itself is ``matcher.export.privacy``'s, so that pages and reports hide the same.
    """
    if record.confidentiality != "anonymous":
        return record
    run = Run((MatchList(record, ()),), _NOWHERE)
    return visible_run(run, staff=False).lists[0].query


def derived(record: records.Offer) -> dict[str, str]:
    """Return the worked-out columns of a record with its owner, column → value."""
    seen = without_owner(record)
    return {
        "title_sort": sort_form(record.title),
        "search_text": _text(record),
        "open_text": "" if seen is record else _text(seen),
        "region_text": _regions(record),
        "open_region": "" if seen is record else _regions(seen),
    }


def _text(record: records.Offer) -> str:
    parts = [record.id, *(text for _, text in record.passages), *record.keywords]
    return search_form("\n".join(parts))


def _regions(record: records.Offer) -> str:
    parts = list(record.regions) if isinstance(record, records.Need) else []
    if record.organisation and record.organisation.district:
        parts.append(record.organisation.district)
    return search_form("\n".join(parts))
