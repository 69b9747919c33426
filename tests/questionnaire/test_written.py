"""What people write and what is stored: both ways, and never a guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from survey.questionnaire.instrument import Question
from survey.questionnaire.written import Unreadable, to_lexical, to_written


def question(datatype: str, appearance: str = "") -> Question:
    return Question("q", "q", "text", datatype, appearance=appearance)


@pytest.mark.parametrize(
    ("datatype", "appearance", "written", "stored"),
    [
        ("int", "", "1.234", "1234"),
        ("int", "thousands-sep", "1.234.567", "1234567"),
        ("decimal", "", "1,5", "1.5"),
        ("decimal", "", "-0,25", "-0.25"),
        ("date", "", "5/2/1990", "1990-02-05"),
        ("date", "", "1990-02-05", "1990-02-05"),
        ("date", "month-year", "2/1990", "1990-02-01"),
        ("date", "year", "1990", "1990-01-01"),
        ("time", "", "8:05", "08:05:00.000+07:00"),
        ("time", "", "8h05", "08:05:00.000+07:00"),
        ("dateTime", "", "23/11/2026 8:05", "2026-11-23T08:05:00.000+07:00"),
        ("dateTime", "", "2026-11-23T08:05", "2026-11-23T08:05:00.000+07:00"),
        ("string", "", "  Đào  ", "Đào"),
    ],
)
def test_what_is_written_is_stored_in_xforms_form(datatype: str, appearance: str, written: str, stored: str) -> None:
    assert to_lexical(question(datatype, appearance), written) == stored


@pytest.mark.parametrize(
    ("datatype", "written", "code"),
    [
        ("decimal", "1.5", "dot"),
        ("int", "12.50", "dot"),
        ("int", "abc", "integer"),
        ("decimal", "1,5,5", "decimal"),
        ("date", "31/02/2026", "date"),
        ("date", "2/1990", "date"),
        ("time", "25:00", "time"),
        ("dateTime", "23/11/2026", "datetime"),
    ],
)
def test_what_could_mean_two_things_or_nothing_is_not_guessed(datatype: str, written: str, code: str) -> None:
    with pytest.raises(Unreadable) as raised:
        to_lexical(question(datatype), written)
    assert raised.value.code == code


def test_the_question_about_a_dot_names_both_readings() -> None:
    with pytest.raises(Unreadable) as raised:
        to_lexical(question("decimal"), "12.50")
    assert raised.value.details == {"comma": "12,50", "thousands": "1.250"}


@given(some.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12))
def test_every_number_comes_back_as_it_was_stored(value: object) -> None:
    stored = f"{value:f}"
    assert to_lexical(question("decimal"), to_written(question("decimal"), stored)) == stored


@given(some.dates())
def test_every_date_comes_back_as_it_was_stored(value: object) -> None:
    stored = str(value)
    if stored >= "1000":
        assert to_lexical(question("date"), to_written(question("date"), stored)) == stored


@given(some.integers(min_value=0, max_value=10**14))
def test_grouped_thousands_come_back_as_they_were_stored(value: int) -> None:
    grouped = question("int", "thousands-sep")
    assert to_lexical(grouped, to_written(grouped, str(value))) == str(value)
