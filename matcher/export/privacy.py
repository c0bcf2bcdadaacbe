"""Who may see what: the one place where owners are hidden and private records are left out.

Every writer gets the run that :func:`visible_run` returns, in which the hidden names no longer
exist, so that no writer can leak one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from matcher.export.mask import mask_names, names_of
from matcher.export.words import Words
from matcher.records import Capability, Need, Offer, Organisation
from matcher.results import (
    Coverage,
    Duplicate,
    Evidence,
    Excluded,
    Fit,
    IndicatorCheck,
    Match,
    MatchList,
    Rejection,
    Run,
    Span,
)

HIDDEN = "—"
#: How many of the owner's own records a rule kept out would say something about the owner.
_TELLING_RULES = frozenset({"own_organisation", "same_party", "excluded_by_need"})
#: A leading run of administrative names; a street address that follows is dropped.
_DISTRICT = re.compile(
    r"(?:[^\s\d路街巷号弄道镇]{1,12}?(?:自治区|自治州|特别行政区|新区|省|市|区|县|旗|盟))+"
)
_DISTRICT_LIMIT = 24


def shown_owner(record: Offer, lang: str = "zh", staff: bool = False) -> str:
    """Return the owner as this reader may see it.

    An anonymous owner is its district, size and kind; staff see the name and that it is hidden
    from others.
    """
    words = Words(lang)
    owner = record.organisation
    if owner is None:
        return words("owner_unknown")
    if record.confidentiality != "anonymous":
        return owner.name
    if staff:
        return words("owner_staff", name=owner.name)
    known = (
        _district(owner),
        words.label("sizes", owner.size) if owner.size else "",
        words.label("organisation_kinds", owner.kind) if owner.kind else "",
    )
    told = words.join(known)
    return words("owner_anonymous_with", facts=told) if told else words("owner_anonymous")


def mark(record: Offer, lang: str = "zh") -> str:
    """Return the word that marks a private record, "" for the others."""
    return Words(lang)("mark_private") if record.confidentiality == "private" else ""


def visible_run(run: Run, staff: bool) -> Run:
    """Return the run as this reader may see it; staff see everything.

    For others: private needs and capabilities are left out (ranks close up), anonymous owners
    are stripped to district, size and kind, and the owner's names are masked in the record's
    own texts and quotes. File names lose their folders for everybody.
    """
    run = replace(
        run, needs_file=_base(run.needs_file), capabilities_file=_base(run.capabilities_file),
        rejections=tuple(replace(item, file=_base(item.file)) for item in run.rejections),
    )  # fmt: skip
    if staff:
        return run
    hide = _Hider()
    lists = tuple(hide.match_list(found) for found in run.lists if _shown(found.query))
    hidden = len(run.lists) - len(lists)
    private_needs = sum(isinstance(i.query, Need) and not _shown(i.query) for i in run.lists)
    secrets = _secrets_of_run(run)
    return replace(
        run,
        lists=lists,
        needs_file=mask_names(run.needs_file, secrets),
        capabilities_file=mask_names(run.capabilities_file, secrets),
        rejections=tuple(_rejection(item, secrets) for item in run.rejections),
        duplicates=_duplicates(run.duplicates, lists),
        need_count=max(0, run.need_count - private_needs),
        capability_count=max(0, run.capability_count - (hidden - private_needs)),
    )


def _shown(record: Offer) -> bool:
    return record.confidentiality != "private"


class _Hider:
    """Strips records and everything that quotes them; remembers the records already stripped."""

    def __init__(self) -> None:
        # Keyed by identity, and holding the original so that its identity is not reused.
        self._done: dict[int, tuple[Offer, Offer]] = {}

    def record(self, record: Offer) -> Offer:
        if record.confidentiality != "anonymous":
            return record
        if id(record) not in self._done:
            self._done[id(record)] = (record, _strip(record))
        return self._done[id(record)][1]

    def match_list(self, found: MatchList) -> MatchList:
        kept = [m for m in found.matches if _shown(m.need) and _shown(m.capability)]
        excluded = found.excluded
        if found.query.confidentiality == "anonymous":
            excluded = tuple(item for item in excluded if item.rule not in _TELLING_RULES)
        reason = found.reason
        if found.matches and not kept:
            excluded = (*excluded, Excluded("confidential", len(found.matches)))
            reason = "all_excluded"
        matches = tuple(
            self.match(match, rank if len(kept) < len(found.matches) else match.rank)
            for rank, match in enumerate(kept, start=1)
        )
        return MatchList(self.record(found.query), matches, excluded, reason)

    def match(self, match: Match, rank: int) -> Match:
        need, capability = self.record(match.need), self.record(match.capability)
        assert isinstance(need, Need)
        assert isinstance(capability, Capability)
        asks, offers = _Side(match.need, need), _Side(match.capability, capability)
        return replace(
            match,
            need=need,
            capability=capability,
            rank=rank,
            evidence=tuple(_evidence(item, asks, offers) for item in match.evidence),
            coverage=tuple(
                Coverage(
                    asks.span(item.part),
                    _evidence(item.evidence, asks, offers) if item.evidence else None,
                )
                for item in match.coverage
            ),
            indicators=tuple(_indicator(item, asks, offers) for item in match.indicators),
            fits=tuple(_fit(item, asks, offers) for item in match.fits),
        )


class _Side:
    """One record of a match, before and after stripping."""

    def __init__(self, before: Offer, after: Offer) -> None:
        self._before, self._after = before, after
        self._secrets = names_of(before) if before is not after else ()

    def text(self, text: str) -> str:
        return mask_names(text, self._secrets)

    def span(self, span: Span) -> Span:
        if not self._secrets:
            return span
        # From the masked field, since a quote may begin or end inside a name.
        whole = getattr(self._before, span.field, None)
        if isinstance(whole, str) and whole[span.start : span.end] == span.text:
            text = getattr(self._after, span.field)[span.start : span.end]
        else:
            text = self.text(span.text)
        return replace(span, text=text)


def _evidence(item: Evidence, asks: _Side, offers: _Side) -> Evidence:
    return replace(item, need=asks.span(item.need), capability=offers.span(item.capability))


def _indicator(item: IndicatorCheck, asks: _Side, offers: _Side) -> IndicatorCheck:
    return replace(
        item,
        requirement=asks.span(item.requirement),
        stated=offers.span(item.stated) if item.stated else None,
        required_value=asks.text(item.required_value),
        stated_value=offers.text(item.stated_value),
    )


def _fit(item: Fit, asks: _Side, offers: _Side) -> Fit:
    return replace(
        item,
        need_value=asks.text(item.need_value),
        capability_value=offers.text(item.capability_value),
    )


def _strip(record: Offer) -> Offer:
    secrets = names_of(record)
    owner = record.organisation
    changes: dict[str, object] = {
        name: mask_names(getattr(record, name), secrets) for name in ("id", *record.text_fields)
    }
    changes["keywords"] = tuple(mask_names(word, secrets) for word in record.keywords)
    if owner is not None:
        changes["organisation"] = Organisation(
            name=HIDDEN, kind=owner.kind, size=owner.size,
            district=mask_names(_district(owner), secrets) or None,
        )  # fmt: skip
    if isinstance(record, Need):
        changes["regions"] = tuple(mask_names(region, secrets) for region in record.regions)
        changes["exclusions"] = ()
    else:
        changes["ip_references"] = ()
    return record.model_copy(update=changes)


def _district(owner: Organisation) -> str:
    text = (owner.district or "").strip()
    found = _DISTRICT.match(text)
    if found:
        return found.group()
    looks_like_an_address = len(text) > _DISTRICT_LIMIT or any(ch.isdigit() for ch in text)
    return "" if looks_like_an_address else text


def _secrets_of_run(run: Run) -> tuple[str, ...]:
    records: list[Offer] = [found.query for found in run.lists]
    for found in run.lists:
        for match in found.matches:
            records += (match.need, match.capability)
    hidden = (record for record in records if record.confidentiality != "public")
    return tuple(sorted({s for r in hidden for s in names_of(r)}, key=lambda n: (-len(n), n)))


def _base(path: str) -> str:
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1]


def _rejection(item: Rejection, secrets: tuple[str, ...]) -> Rejection:
    # A rejected row has no confidentiality yet, so its content is for staff only.
    def hide(text: str) -> str:
        text = text.replace(item.value, HIDDEN) if len(item.value) > 1 else text
        return mask_names(text, secrets)

    return replace(
        item,
        file=mask_names(item.file, secrets),
        sheet=mask_names(item.sheet, secrets),
        column=mask_names(item.column, secrets),
        reason_zh=hide(item.reason_zh),
        reason_en=hide(item.reason_en),
        value=HIDDEN if item.value else "",
    )


def _duplicates(found: Iterable[Duplicate], lists: Iterable[MatchList]) -> tuple[Duplicate, ...]:
    """Keep pairs of records known to be public: a twin would tell who an anonymous owner is."""
    known: dict[str, bool] = {}
    for item in lists:
        records: list[Offer] = [item.query]
        for match in item.matches:
            records += (match.need, match.capability)
        for record in records:
            known[record.id] = known.get(record.id, True) and record.confidentiality == "public"
    return tuple(d for d in found if known.get(d.first_id) and known.get(d.second_id))
