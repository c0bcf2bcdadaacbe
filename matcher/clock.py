"""The office's day: what has run out, and the date on a report, go by China's clock.

A server often counts in UTC, where it is still yesterday until eight in the morning.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

#: The zone by the name that the pages know it by.
ZONE = "Asia/Shanghai"
#: The same without the data base of zones, which Windows does not have; there is no summer time.
_OFFSET = timezone(timedelta(hours=8), ZONE)


def today() -> date:
    """Return the present day in the office."""
    return day_of(datetime.now(_OFFSET))


def local(moment: datetime) -> datetime:
    """Return a moment that knows its zone as the office's clock shows it."""
    return moment.astimezone(_OFFSET)


def day_of(moment: datetime) -> date:
    """Return the office's day at a moment that knows its zone."""
    return local(moment).date()
