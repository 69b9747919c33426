"""Deadlines of the decree: 2 working days to confirm, 10, 15 or 20 days to carry out, 72 hours to notify."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from survey.reference.deadlines import add_working_days, deadlines, is_working_day, notice_due


@pytest.mark.parametrize(
    ("kind", "done"),
    [
        ("withdraw", date(2026, 12, 8)),
        ("objection", date(2026, 12, 8)),
        ("restriction", date(2026, 12, 8)),
        ("access", date(2026, 12, 3)),
        ("correction", date(2026, 12, 3)),
        ("transfer", date(2026, 12, 3)),
        ("deletion", date(2026, 12, 13)),
    ],
)
def test_each_kind_has_its_days_counted_from_the_day_after(kind: str, done: date) -> None:
    assert deadlines(kind, date(2026, 11, 23)).done == done


@pytest.mark.parametrize(
    ("received", "reply"),
    [
        (date(2026, 11, 23), date(2026, 11, 25)),  # Monday to Wednesday
        (date(2026, 11, 27), date(2026, 12, 1)),  # Friday to Tuesday
        (date(2026, 11, 28), date(2026, 12, 1)),  # Saturday to Tuesday
        (date(2026, 2, 13), date(2026, 2, 24)),  # over the week of Tết
        (date(2026, 4, 29), date(2026, 5, 5)),  # 30 April and 1 May, then a weekend
    ],
)
def test_the_reply_is_counted_in_working_days(received: date, reply: date) -> None:
    assert deadlines("access", received).reply == reply


def test_weekends_and_holidays_are_no_working_days() -> None:
    assert not is_working_day(date(2027, 9, 2))
    assert not is_working_day(date(2026, 11, 22))
    assert add_working_days(date(2026, 11, 20), 0) == date(2026, 11, 20)


def test_a_notice_is_due_72_hours_after_detection() -> None:
    assert notice_due(datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) == datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
