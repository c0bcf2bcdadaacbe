"""Hard rules: what must not be proposed, whatever it scores."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from matcher import taxonomy
from matcher.records import Capability, Need, Offer, Organisation

#: Shorter than this, a name is inside too many others to exclude by it.
_SHORT_FORM = 2


def closed(record: Offer, today: date, include_private: bool = False) -> str | None:
    """Return the rule that keeps a record out of every match, or None.

    Parameters
    ----------
    today
        The day of the run; a record whose ``valid_until`` lies before it has expired.
    include_private
        Whether the reader may see private records.
    """
    if record.confidentiality == "private" and not include_private:
        return "confidential"
    if record.status == "expired" or (record.valid_until and record.valid_until < today):
        return "expired"
    if record.status != "published":
        return "not_open"
    return None


def conflict(need: Need, capability: Capability) -> str | None:
    """Return the rule that keeps these two apart, or None."""
    accepted = taxonomy.terms("need_kinds")[need.kind].accepts
    if accepted and capability.kind not in accepted:
        return "kind"
    theirs = capability.organisation
    if theirs is None:
        return None
    if any(names(name, theirs) for name in need.exclusions):
        return "excluded_by_need"
    return same_party(need.organisation, theirs) if need.organisation else None


def names(exclusion: str, organisation: Organisation) -> bool:
    """Tell whether an exclusion means an organisation; a short form of its name does."""
    short = taxonomy.fold(exclusion)
    keys = organisation.party_keys
    return short in keys or (len(short) >= _SHORT_FORM and any(short in key for key in keys))


@lru_cache(maxsize=65536)
def _folded(name: str) -> str:
    # A search asks it of every candidate, and of all records where most are kept out.
    return taxonomy.fold(name)


def same_party(ours: Organisation, theirs: Organisation) -> str | None:
    """Return the rule that makes two organisations one party, or None."""
    name = _folded(ours.name)
    if (ours.id and ours.id == theirs.id) or (name and name == _folded(theirs.name)):
        return "own_organisation"
    return "same_party" if ours.party_keys & theirs.party_keys else None
