"""Pace, forecast and response rates: arithmetic on counts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from survey.query.pace import forecast
from survey.query.progress import Disposition
from survey.query.response import responses

TODAY = date(2026, 11, 23)


def _days(*counts: int) -> dict[date, int]:
    return {TODAY - timedelta(days=len(counts) - n): count for n, count in enumerate(counts)}


def test_a_steady_pace_ends_on_one_day_without_a_band() -> None:
    found = forecast(_days(10, 10, 10, 10), 35, TODAY)
    assert found is not None
    assert (found.per_day, found.days) == (10, 4)
    assert found.earliest == found.expected == found.latest == TODAY + timedelta(days=3)


def test_an_uneven_pace_widens_the_band_on_both_sides() -> None:
    found = forecast(_days(2, 18, 5, 15, 10, 10, 3, 17), 100, TODAY)
    assert found is not None
    assert found.expected == TODAY + timedelta(days=9)
    assert found.earliest is not None
    assert found.latest is not None
    assert found.earliest < found.expected < found.latest


def test_the_pace_counts_days_on_which_nothing_came_in() -> None:
    found = forecast({TODAY - timedelta(days=4): 40}, 10, TODAY)
    assert found is not None
    assert found.per_day == 10
    assert found.latest is None


def test_the_pace_looks_back_two_weeks_and_leaves_today_out() -> None:
    counts = {TODAY - timedelta(days=20): 999, **_days(*[7] * 14), TODAY: 500}
    found = forecast(counts, 7, TODAY)
    assert found is not None
    assert (found.per_day, found.days) == (7, 14)


@pytest.mark.parametrize(("counts", "due"), [({}, 5), (_days(5, 5), 5), (_days(5, 5, 5), 0)])
def test_there_is_no_forecast_without_days_or_without_missing_units(counts: dict[date, int], due: int) -> None:
    assert forecast(counts, due, TODAY) is None


def test_rates_follow_the_formulas_of_aapor() -> None:
    codes = {"11": 50, "12": 10, "21": 12, "22": 8, "23": 3, "26": 2, "24": 5, "31": 6, "32": 4, "41": 15, "": 7}
    (found,) = responses(Disposition("household", code, count) for code, count in codes.items())
    assert (found.cases, found.without_outcome) == (115, 7)
    e = 85 / 100
    expected = {
        "RR1": 50 / 100,
        "RR2": 60 / 100,
        "RR3": 50 / (85 + e * 15),
        "RR4": 60 / (85 + e * 15),
        "RR5": 50 / 85,
        "RR6": 60 / 85,
        "COOP1": 50 / 77,
        "REF1": 12 / 100,
        "CON1": 77 / 100,
    }
    assert found.rates == pytest.approx({name: 100 * rate for name, rate in expected.items()})


def test_kinds_without_an_outcome_have_no_rates() -> None:
    (found,) = responses([Disposition("enterprise", "", 4)])
    assert (found.cases, found.without_outcome, found.rates) == (0, 4, {})
