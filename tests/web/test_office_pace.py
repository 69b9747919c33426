"""The arithmetic of the overview: the time gone by."""

from __future__ import annotations

from datetime import date

import pytest

from survey.model import Round
from survey.web.office.overview import elapsed

TODAY = date(2026, 11, 23)


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
