"""What every writer is given: the run as its reader may see it, and how to name its records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from matcher.export import privacy
from matcher.export.gaps import one_line, unstated_line
from matcher.export.words import Words, probability_of, title_of
from matcher.records import Capability, Need, Offer
from matcher.results import Match, MatchList, Run

if TYPE_CHECKING:
    from matcher.plan.proposals import Proposals

#: How many partners the readable reports (summary, coverage, docx, html) show for a record.
BEST = 3
#: So many gaps of a candidate that is not proposed are named.
_NAMED_GAPS = 3


@dataclass(frozen=True)
class View:
    """A run cut down to what the reader may see and to its best matches."""

    run: Run
    words: Words
    staff: bool
    #: How many of the partners' side are on file in each field, as far as the reader may know.
    on_file: Mapping[str, int] = field(default_factory=dict)
    #: Consortia for needs of the run, where they were sought.
    consortia: Proposals | None = None

    @property
    def lists(self) -> tuple[MatchList, ...]:
        """The match lists in the run's order."""
        return self.run.lists

    @property
    def found(self) -> int:
        """How many records have at least one partner."""
        return sum(bool(found.matches) for found in self.lists)

    @property
    def calibrated(self) -> bool:
        """Whether any match carries a probability."""
        return any(m.probability is not None for found in self.lists for m in found.matches)

    @property
    def date(self) -> str:
        """The run's date as YYYY-MM-DD, or as it was given."""
        given = self.run.provenance.date
        return given[:10] if re.match(r"\d{4}-\d\d-\d\d", given) else given

    @property
    def moment(self) -> datetime:
        """The run's date for a file's properties, without a time zone."""
        try:
            return datetime.fromisoformat(self.run.provenance.date).replace(
                tzinfo=None, microsecond=0
            )
        except ValueError:
            return datetime(2000, 1, 1)

    def owner(self, record: Offer) -> str:
        """Return the owner as the reader may see it."""
        return privacy.shown_owner(record, self.words.lang, self.staff)

    def title(self, record: Offer, limit: int = 0) -> str:
        """Return the title, marked where the record is private."""
        title = title_of(record, self.words, limit)
        mark = privacy.mark(record, self.words.lang)
        return self.words("marked", mark=mark, title=title) if mark else title

    def reason(self, found: MatchList) -> str:
        """Return why there is no match, "" where there is one."""
        return "" if found.matches else self.words.label("reasons", found.reason)

    def advice(self, found: MatchList) -> str:
        """Return what to do where there is no match, "" where there is one."""
        if found.matches:
            return ""
        try:
            return self.words(f"advice_{found.reason}")
        except KeyError:
            return self.words("advice_other")

    def nearest(self, found: MatchList) -> str:
        """Return the best candidate that is not proposed and what it lacks, "" without one.

        A candidate without a single passage to quote is not near.
        """
        words = self.words
        match = next((match for match in found.below[:BEST] if match.evidence), None)
        if found.matches or match is None:
            return ""
        record = partner(match, found.query)
        said = words(
            "nearest_value", id=record.id, title=one_line(self.title(record)),
            owner=one_line(self.owner(record)), probability=probability_of(match, words),
        )  # fmt: skip
        gaps, _ = unstated_line(match, words, _NAMED_GAPS, in_sheet=False)
        return words("nearest_gaps", nearest=said, gaps=gaps) if gaps else said

    def excluded(self, found: MatchList) -> str:
        """Return which rules kept how many records out."""
        return self.words.join(
            self.words("excluded_item", rule=self.words.label("rules", item.rule), n=item.count)
            for item in found.excluded
            if item.count
        )


def make_view(
    run: Run, lang: str, top: int, staff: bool, consortia: Proposals | None = None
) -> View:
    """Return the run as the reader may see it, each list cut to its ``top`` best matches."""
    seen = privacy.visible_run(run, staff)
    lists = tuple(replace(found, matches=found.matches[:top]) for found in seen.lists)
    reverse = bool(lists) and isinstance(lists[0].query, Capability)
    if consortia is not None and not staff:
        consortia = consortia.public()
    side = Need.record if reverse else Capability.record
    on_file = Counter(
        code
        for record in run.records
        if record.record == side and (staff or record.confidentiality != "private")
        for code in record.fields
    )
    return View(replace(seen, lists=lists), Words(lang, reverse), staff, on_file, consortia)


def partner(match: Match, query: Offer) -> Offer:
    """Return the side of a match that is proposed to the query's owner."""
    return match.need if isinstance(query, Capability) else match.capability
