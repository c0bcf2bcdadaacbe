"""Who may see what: the one place where owners are hidden and private records are left out.

Every writer gets the run that :func:`visible_run` returns, in which the hidden names no longer
exist, so that no writer can leak one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from matcher.export.mask import mask_names, mask_owner
from matcher.export.names import longest_first, names_of
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
    private = {(r.record, r.id) for r in _records(run) if not _shown(r)}
    roles = [role for role, _ in private]
    secrets = _secrets_of_run(run)
    return replace(
        run,
        lists=lists,
        needs_file=mask_names(run.needs_file, secrets),
        capabilities_file=mask_names(run.capabilities_file, secrets),
        rejections=tuple(_rejection(item, secrets) for item in run.rejections),
        duplicates=open_duplicates(run),
        need_count=max(0, run.need_count - roles.count(Need.record)),
        capability_count=max(0, run.capability_count - roles.count(Capability.record)),
        records=(),
    )


def open_duplicates(run: Run) -> tuple[Duplicate, ...]:
    """Return the pairs of which both are public: a twin tells who an anonymous owner is."""
    known: dict[tuple[str | None, str], bool] = {}
    for record in _records(run):
        key = (record.record, record.id)
        known[key] = known.get(key, True) and record.confidentiality == "public"
    return tuple(
        pair
        for pair in run.duplicates
        if known.get((pair.role, pair.first_id)) and known.get((pair.role, pair.second_id))
    )


def _records(run: Run) -> Iterator[Offer]:
    """Yield what the run knows of, some of it more than once."""
    yield from run.records
    for found in run.lists:
        yield found.query
        for match in found.matches:
            yield from (match.need, match.capability)


def _shown(record: Offer) -> bool:
    return record.confidentiality != "private"


class Shown:
    """Records and quotes as a reader may see them, outside of a run; staff see everything."""

    def __init__(self, staff: bool) -> None:
        self._hider, self._staff = _Hider(), staff

    def record(self, record: Offer) -> Offer:
        """Return the record, without what tells whose it is if that is hidden."""
        return record if self._staff else self._hider.record(record)

    def text(self, record: Offer, span: Span) -> str:
        """Return a quote from a record."""
        return _Side(record, self.record(record)).span(span).text


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
        below = tuple(
            self.match(match, match.rank)
            for match in found.below
            if _shown(match.need) and _shown(match.capability)
        )
        return MatchList(self.record(found.query), matches, excluded, reason, below)

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
        self._hidden = before is not after
        self._secrets = names_of(before) if self._hidden else ()

    def text(self, text: str) -> str:
        return mask_owner(text, self._secrets) if self._hidden else text

    def value(self, factor: str, text: str) -> str:
        if factor != "region" or not self._hidden:
            return self.text(text)
        separator = "、" if "、" in text else ", "
        places = (self.text(_without_street(place)) for place in text.split(separator))
        return separator.join(place for place in places if place) or HIDDEN

    def span(self, span: Span) -> Span:
        if not self._hidden:
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
        need_value=asks.value(item.factor, item.need_value),
        capability_value=offers.value(item.factor, item.capability_value),
    )


def _strip(record: Offer) -> Offer:
    secrets = names_of(record)
    owner = record.organisation
    changes: dict[str, object] = {
        name: mask_owner(getattr(record, name), secrets) for name in ("id", *record.text_fields)
    }
    changes["keywords"] = tuple(mask_owner(word, secrets) for word in record.keywords)
    if owner is not None:
        changes["organisation"] = Organisation(
            name=HIDDEN, kind=owner.kind, size=owner.size,
            district=hidden_district(owner, secrets) or None,
        )  # fmt: skip
    if isinstance(record, Need):
        places = (mask_owner(_without_street(region), secrets) for region in record.regions)
        changes["regions"] = tuple(place for place in places if place)
        changes["exclusions"] = ()
    else:
        changes["ip_references"] = ()
    return record.model_copy(update=changes)


def hidden_district(owner: Organisation, secrets: Iterable[str]) -> str:
    """Return what outsiders may know of a hidden owner's district: no street and no name.

    ``secrets`` are the folded names to mask, as ``matcher.export.names`` gives them.
    """
    return mask_owner(_district(owner), secrets)


def _district(owner: Organisation) -> str:
    return _without_street(owner.district or "")


def _without_street(place: str) -> str:
    text = place.strip()
    found = _DISTRICT.match(text)
    if found:
        return found.group()
    looks_like_an_address = len(text) > _DISTRICT_LIMIT or any(ch.isdigit() for ch in text)
    return "" if looks_like_an_address else text


def _secrets_of_run(run: Run) -> tuple[str, ...]:
    if not (run.needs_file or run.capabilities_file or run.rejections):
        return ()
    hidden = {id(r): r for r in _records(run) if r.confidentiality != "public"}
    return longest_first(name for record in hidden.values() for name in names_of(record))


def _base(path: str) -> str:
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1]


def _rejection(item: Rejection, secrets: tuple[str, ...]) -> Rejection:
    # A rejected row has no confidentiality yet, so its content is for staff only.
    def hide(text: str) -> str:
        # "-5" is nobody's secret and stands in the example 30-50万元 of the reason itself.
        telling = len(item.value) > 3 or (len(item.value) > 1 and not item.value.isascii())
        text = text.replace(item.value, HIDDEN) if telling else text
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
