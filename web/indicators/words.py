"""What each figure means, in four dimensions; the page, the export and the tests read it here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from matcher.store.indicators import MATURE
from web.i18n import TEN_THOUSAND


@dataclass(frozen=True)
class Meaning:
    """One figure: its name and how it is counted."""

    code: str
    name: Any
    definition: Any
    #: What one of the shown number is, in what is counted.
    unit: int = 1

    def shown(self, counted: int) -> int | float:
        """Return the number as it is shown: an amount counted in yuan in its unit."""
        return counted if self.unit == 1 or not counted else _whole(counted / self.unit)


def _whole(value: float) -> int | float:
    return int(value) if value == int(value) else value


_REGISTERED = _l("Its day is the day of creation in the source, else the day it was entered.")
DIMENSIONS: tuple[tuple[Any, tuple[Meaning, ...]], ...] = (
    (
        _l("Momentum of innovation"),
        (
            Meaning("needs", _l("Needs"),
                    _l("Needs registered in the period; neither drafts nor archived ones.")),
            Meaning("needs_open", _l("Needs in force"),
                    _l("Of these, published ones that have not run out today.")),
            Meaning("capabilities", _l("Capabilities"),
                    _l("Capabilities registered in the period; neither drafts nor archived ones.")),
            Meaning("capabilities_open", _l("Capabilities in force"),
                    _l("Of these, published ones that have not run out today.")),
            Meaning("mature", _l("Mature capabilities"),
                    _l("Capabilities of the period at TRL %(n)s or above; without a TRL they are "
                       "not counted.", n=MATURE)),
            Meaning("granted", _l("With granted rights"),
                    _l("Capabilities of the period whose rights are granted.")),
            Meaning("substitutions", _l("Substitution needs"),
                    _l("Needs of the period of the kind “substitution”.")),
            Meaning("scenarios", _l("Scenarios opened"),
                    _l("Needs of the period of the kind “scenario”.")),
        ),
    ),
    (
        _l("Service and management"),
        (
            Meaning("pairs", _l("Matches proposed"),
                    _l("Pairs of a need and a capability that were proposed for the first time in "
                       "the period; a pair counts once however often it is matched.")),
            Meaning("accept", _l("Accepted"),
                    _l("Last words of the office and of each side to accept, by the day they were "
                       "said; earlier words about the same pair are not counted.")),
            Meaning("decline", _l("Declined"), _l("Last words to decline, counted alike.")),
            Meaning("later", _l("Put off"), _l("Last words to decide later, counted alike.")),
            Meaning("deals", _l("Deals begun"), _l("Deals that were begun in the period.")),
            Meaning("contracts", _l("Contracts"),
                    _l("Deals closed with an amount, by the day of signing, else of closing.")),
            Meaning("amount", _l("Contract amount (in units of CNY 10,000)"),
                    _l("Sum of the amounts of these contracts."), TEN_THOUSAND),
            Meaning("ended", _l("Ended without a contract"),
                    _l("Deals closed in the period without an amount.")),
        ),
    ),
    (
        _l("People of innovation"),
        (
            Meaning("teams", _l("Teams"), _l("Capabilities of the period of the kind “team”.")),
            Meaning("talent_needs", _l("Talent needs"),
                    _l("Needs of the period of the kind “talent”.")),
            Meaning("managers", _l("Transfer managers"), _l("Open accounts with this role today.")),
            Meaning("reviewers", _l("Reviewers"), _l("Open accounts with this role today.")),
        ),
    ),
    (
        _l("Reach"),
        (
            Meaning("organisations", _l("Organisations"),
                    _l("Different owners of the needs and capabilities of the period, as far as "
                       "the reader may know them.")),
            Meaning("districts", _l("Districts"),
                    _l("Different districts of these owners; records without one are left out.")),
            Meaning("across", _l("Contracts across districts"),
                    _l("Contracts whose two owners are in different districts; where one has no "
                       "district it is not counted.")),
        ),
    ),
)  # fmt: skip
#: The columns of the tables; the first two are counted for everybody.
COLUMNS: tuple[Meaning, ...] = (
    Meaning("needs", _l("Needs"),
            _l("Needs registered in the period; neither drafts nor archived ones.")),
    Meaning("capabilities", _l("Capabilities"),
            _l("Capabilities registered in the period; neither drafts nor archived ones.")),
    Meaning("accepted", _l("Accepted pairs"),
            _l("Pairs of a need and a capability that somebody accepted in the period, the office "
               "or one of the two sides, and that nobody’s last word declines, whenever it was "
               "said. A pair counts once, on the day of the first of these words; it does not "
               "mean that both sides have agreed.")),
    Meaning("deals", _l("Deals begun"), _l("Deals that were begun in the period.")),
    Meaning("contracts", _l("Contracts"),
            _l("Deals closed with an amount, by the day of signing, else of closing.")),
    Meaning("amount", _l("Contract amount (in units of CNY 10,000)"),
            _l("Sum of the amounts of these contracts."), TEN_THOUSAND),
)  # fmt: skip
#: What holds for all of them.
GENERAL = (
    _REGISTERED,
    _l("A record with several fields counts in each of them, so the fields add up to more than "
       "the total. Decisions and deals stand with the field and district of the need, else of the "
       "capability."),
    _l("Records that were closed or have run out since are counted here, because they were "
       "registered; the first page, matches and reports count only published ones in force, and "
       "so fewer."),
)  # fmt: skip
