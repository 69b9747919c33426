"""Working age by month of birth: from 15 years to below the retirement age of Nghị định 135/2020/NĐ-CP.

Ages are counted in completed months from the month of birth, because forms ask no day; a birthday counts from the
first day of its month. An unknown month counts as July and says so.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from survey.errors import Problem
from survey.reference.datafile import csv_rows
from survey.reference.wording import Wording

ASSUMED_MONTH = 7
WORKING_AGE_FROM = 15 * 12
CITATION = Wording(
    vi="Nghị định số 135/2020/NĐ-CP, tuổi nghỉ hưu trong điều kiện lao động bình thường, theo tháng, năm sinh.",
    en="Decree 135/2020/NĐ-CP, retirement age under normal working conditions, by month and year of birth.",
)


class Sex(StrEnum):
    """Sex as the decree distinguishes it."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True, slots=True)
class RetirementRow:
    """One birth cohort: first and last month as (year, month), None where open, and the age in months."""

    sex: Sex
    born_from: tuple[int, int] | None
    born_until: tuple[int, int] | None
    age_months: int


@dataclass(frozen=True, slots=True)
class WorkingAge:
    """Whether a person is of working age, the age behind it, and whether the month of birth was assumed."""

    in_working_age: bool
    age_months: int
    retirement_months: int
    month_assumed: bool


@functools.cache
def retirement_rows() -> tuple[RetirementRow, ...]:
    """Return the birth cohorts of the decree, men first, oldest first."""
    return tuple(
        RetirementRow(Sex(row["sex"]), _month(row["born_from"]), _month(row["born_until"]), int(row["age_months"]))
        for row in csv_rows("retirement_by_birth.csv")
    )


@functools.cache
def retirement_months_by_year() -> Mapping[tuple[int, Sex], int]:
    """Return the retirement age in months of those who reach it in a calendar year, by (year, sex), 2021 to 2036."""
    return MappingProxyType(
        {
            (int(row["year"]), sex): int(row[f"{sex.value}_months"])
            for row in csv_rows("retirement_by_year.csv")
            for sex in Sex
        }
    )


def retirement_age_months(sex: Sex | str, birth_year: int, birth_month: int | None) -> int:
    """Return the retirement age in months for a month of birth; None counts as July."""
    born = (birth_year, _known_month(birth_month))
    return next(row.age_months for row in retirement_rows() if row.sex is _sex(sex) and _covers(row, born))


def age_in_months(birth_year: int, birth_month: int | None, on: date) -> int:
    """Return the completed months of age on a date; None counts as July; negative before birth."""
    return (on.year - birth_year) * 12 + on.month - _known_month(birth_month)


def age_in_years(birth_year: int, birth_month: int | None, on: date) -> int:
    """Return the completed years of age on a date, the age that every age limit of the plan uses."""
    return age_in_months(birth_year, birth_month, on) // 12


def working_age(sex: Sex | str, birth_year: int, birth_month: int | None, on: date) -> WorkingAge:
    """Return whether a person is of working age on a date, with the ages compared and the flag for an assumed month."""
    age = age_in_months(birth_year, birth_month, on)
    limit = retirement_age_months(sex, birth_year, birth_month)
    return WorkingAge(WORKING_AGE_FROM <= age < limit, age, limit, birth_month is None)


def in_working_age(sex: Sex | str, birth_year: int, birth_month: int | None, on: date) -> bool:
    """Tell whether a person is of working age on a date: 180 completed months or more, below the retirement age."""
    return working_age(sex, birth_year, birth_month, on).in_working_age


def _sex(value: Sex | str) -> Sex:
    try:
        return Sex(value)
    except ValueError:
        raise Problem("bad-value", name="sex", value=value, expected="male, female") from None


def _known_month(month: int | None) -> int:
    if month is None:
        return ASSUMED_MONTH
    if not 1 <= month <= 12:
        raise Problem("bad-value", name="birth month", value=month, expected="1–12")
    return month


def _covers(row: RetirementRow, born: tuple[int, int]) -> bool:
    return (row.born_from is None or row.born_from <= born) and (row.born_until is None or born <= row.born_until)


def _month(text: str) -> tuple[int, int] | None:
    return (int(text[:4]), int(text[5:])) if text else None
