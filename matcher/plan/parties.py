"""Who counts as one party, among the records of a plan."""

from __future__ import annotations

import re
from collections.abc import Sequence

from matcher.rank.rules import names, same_party
from matcher.records import Need, Offer, Organisation

#: How the name of a firm ends.
_FIRM = re.compile(
    r"(?:公司|股份|集团|厂|\b(?:co|company|ltd|limited|inc|corp|corporation|gmbh|llc|plc|ag)\b\.?)$",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"[(（][^)）]*[)）]")


def grouped(records: Sequence[Offer]) -> list[list[int]]:
    """Group the numbers of records by their party, each group in the order given.

    Organisations that share a name, an alias, a parent or a credit code are one party, also through
    a third. A record without an owner stands alone. So does an anonymous one, since beside another
    record of its owner it would tell who that is; of an owner with other records it is left out,
    and of several anonymous ones of one owner the first is kept.
    """
    leader: dict[object, int] = {}
    parent = list(range(len(records)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, record in enumerate(records):
        owner = record.organisation
        if owner is None:
            continue
        keys: set[object] = set(owner.party_keys)
        if owner.id:
            keys.add(("id", owner.id))
        for key in keys:
            parent[root(i)] = root(leader.setdefault(key, i))
    groups: dict[int, list[int]] = {}
    for i in range(len(records)):
        groups.setdefault(root(i), []).append(i)
    return sorted(_told(records, group) for group in groups.values())


def _told(records: Sequence[Offer], group: list[int]) -> list[int]:
    named = [i for i in group if records[i].confidentiality != "anonymous"]
    return named or group[:1]


def apart(one: Offer, other: Offer) -> bool:
    """Tell whether two records may be brought together: different parties, none excluded."""
    ours, theirs = one.organisation, other.organisation
    if ours is None or theirs is None:
        return True
    if same_party(ours, theirs):
        return False
    sides = ((one, theirs), (other, ours))
    return not any(
        names(name, owner)
        for record, owner in sides if isinstance(record, Need) for name in record.exclusions
    )  # fmt: skip


def is_enterprise(owner: Organisation | None) -> bool:
    """Tell whether an owner is an enterprise: by its type, or without one by its name's ending."""
    if owner is None:
        return False
    if owner.kind is not None:
        return owner.kind == "enterprise"
    return _FIRM.search(_BRACKETED.sub("", owner.name).strip()) is not None
