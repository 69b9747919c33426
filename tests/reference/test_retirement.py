"""Working age by month of birth, held against the decree's table by calendar year."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from survey.errors import Problem
from survey.reference.datafile import csv_rows
from survey.reference.retirement import (
    Sex,
    age_in_months,
    age_in_years,
    in_working_age,
    retirement_age_months,
    retirement_months_by_year,
    retirement_rows,
    working_age,
)


def _reached_in(sex: Sex, year: int, month: int) -> int:
    return (year * 12 + month - 1 + retirement_age_months(sex, year, month)) // 12


def test_the_files_have_the_rows_of_the_decree() -> None:
    assert len(csv_rows("retirement_by_birth.csv")) == len(retirement_rows()) == 25
    assert len(csv_rows("retirement_by_year.csv")) == 16
    assert len(retirement_months_by_year()) == 32


@pytest.mark.parametrize("sex", Sex)
def test_everyone_who_retires_in_a_year_does_so_at_the_age_of_that_year(sex: Sex) -> None:
    by_year = retirement_months_by_year()
    seen = set()
    for birth_year in range(1955, 1980):
        for birth_month in range(1, 13):
            year = _reached_in(sex, birth_year, birth_month)
            if (year, sex) in by_year:
                seen.add(year)
                assert retirement_age_months(sex, birth_year, birth_month) == by_year[year, sex], (
                    birth_year,
                    birth_month,
                )
    assert seen == set(range(2021, 2037))


@pytest.mark.parametrize("sex", Sex)
def test_cohorts_follow_one_another_without_gap_or_overlap_and_never_lower_the_age(sex: Sex) -> None:
    rows = [row for row in retirement_rows() if row.sex is sex]
    assert rows[0].born_from is None
    assert rows[-1].born_until is None
    for before, after in itertools.pairwise(rows):
        assert before.born_until is not None
        assert after.born_from is not None
        year, month = before.born_until
        assert after.born_from == ((year + 1, 1) if month == 12 else (year, month + 1))
        assert after.age_months > before.age_months


@pytest.mark.parametrize(
    ("sex", "year", "month", "months"),
    [
        ("male", 1950, 1, 720),
        ("male", 1960, 12, 720),
        ("male", 1961, 1, 723),
        ("male", 1966, 3, 741),
        ("male", 1966, 4, 744),
        ("male", 2000, 1, 744),
        ("female", 1965, 12, 660),
        ("female", 1966, 1, 664),
        ("female", 1969, 4, 680),
        ("female", 1969, 5, 684),
        ("female", 1975, 5, 720),
    ],
)
def test_ages_at_the_borders_of_the_cohorts(sex: str, year: int, month: int, months: int) -> None:
    assert retirement_age_months(sex, year, month) == months


def test_working_age_starts_in_the_month_of_the_fifteenth_birthday() -> None:
    assert not in_working_age("female", 2011, 12, date(2026, 11, 30))
    assert in_working_age("female", 2011, 11, date(2026, 11, 1))


def test_working_age_ends_when_the_retirement_age_is_reached() -> None:
    # A man born in June 1965 retires at 61 years 6 months, in December 2026.
    assert in_working_age(Sex.MALE, 1965, 6, date(2026, 11, 30))
    assert not in_working_age(Sex.MALE, 1965, 6, date(2026, 12, 1))
    # A woman born in December 1969 retires at 57 years, in December 2026.
    assert in_working_age(Sex.FEMALE, 1969, 12, date(2026, 11, 30))
    assert not in_working_age(Sex.FEMALE, 1969, 12, date(2026, 12, 1))


def test_an_unknown_month_counts_as_july_and_is_flagged() -> None:
    guessed = working_age("male", 1965, None, date(2026, 11, 23))
    known = working_age("male", 1965, 7, date(2026, 11, 23))
    assert guessed.month_assumed
    assert not known.month_assumed
    assert (guessed.in_working_age, guessed.age_months, guessed.retirement_months) == (True, 736, 741)
    assert (known.age_months, known.retirement_months) == (736, 741)
    assert age_in_years(2008, None, date(2026, 6, 30)) == 17
    assert age_in_years(2008, None, date(2026, 7, 1)) == 18


def test_ages_count_completed_months() -> None:
    assert age_in_months(2026, 11, date(2026, 11, 30)) == 0
    assert age_in_months(2000, 1, date(2001, 12, 31)) == 23
    assert age_in_years(2000, 1, date(2001, 12, 31)) == 1


@pytest.mark.parametrize(("sex", "month"), [("nam", 1), ("", 1), ("male", 13), ("male", 0), ("female", 98)])
def test_a_sex_or_month_that_does_not_exist_is_a_problem(sex: str, month: int) -> None:
    with pytest.raises(Problem) as caught:
        retirement_age_months(sex, 1980, month)
    assert caught.value.code == "bad-value"
