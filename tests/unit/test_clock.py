"""The office's day, wherever the server stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from matcher import clock


def test_a_morning_in_china_is_no_longer_the_day_before() -> None:
    assert clock.day_of(datetime(2026, 11, 25, 15, 59, tzinfo=UTC)) == date(2026, 11, 25)
    assert clock.day_of(datetime(2026, 11, 25, 16, 0, tzinfo=UTC)) == date(2026, 11, 26)


def test_today_lies_between_the_days_before_and_after_asking() -> None:
    before = clock.day_of(datetime.now(UTC))
    assert before <= clock.today() <= before + timedelta(days=1)
