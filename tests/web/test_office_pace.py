"""The arithmetic of the overview: time gone by and the day on which collection will be complete."""

from __future__ import annotations

from datetime import date

import pytest

from survey.model import Round
from survey.web.office.overview import elapsed, last_day

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("due", "recent", "expected"),
    [(7, 7, date(2026, 11, 30)), (8, 7, date(2026, 12, 1)), (1, 100, date(2026, 11, 24)), (10, 0, None), (0, 5, None)],
)
def test_the_last_day_follows_from_the_pace_of_a_week(due: int, recent: int, expected: date | None) -> None:
    assert last_day(TODAY, due, recent) == expected


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "expected"),
    [
        (date(2026, 11, 23), date(2026, 11, 23), 100.0),
        (date(2026, 11, 20), date(2026, 11, 27), 50.0),
        (date(2026, 11, 24), date(2026, 11, 30), None),
        (date(2026, 11, 1), date(2026, 11, 22), None),
    ],
)
def test_the_time_gone_by_counts_both_ends(starts_on: date, ends_on: date, expected: float | None) -> None:
    assert elapsed(Round(starts_on=starts_on, ends_on=ends_on), TODAY) == expected
