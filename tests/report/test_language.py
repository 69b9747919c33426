from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from survey.report.language import Language
from tests.report.vietnamese import ENGLISH, vietnamese

VI = vietnamese()


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (83.42, "83,4%", "83.4%"),
        (0.0, "0,0%", "0.0%"),
        (100.0, "100,0%", "100.0%"),
        (0.05, "0,1%", "0.1%"),
        (-0.01, "0,0%", "0.0%"),
        (None, "–", "–"),
    ],
)
def test_shares_have_one_decimal_in_the_convention_of_the_language(value: float | None, vi: str, en: str) -> None:
    assert VI.percent(value) == vi
    assert ENGLISH.percent(value) == en


def test_a_share_that_rounding_would_put_on_the_target_shows_a_second_decimal() -> None:
    assert VI.percent(49.96, against=50) == "49,96%"
    assert VI.percent(50.04, against=50) == "50,04%"
    assert VI.percent(50.0, against=50) == "50,0%"
    assert VI.percent(49.96) == "50,0%"


def test_thousands_are_grouped_with_dots_in_vietnamese_and_commas_in_english() -> None:
    assert VI.number(1234567) == "1.234.567"
    assert VI.number(1234.5, 2) == "1.234,50"
    assert ENGLISH.number(1234567) == "1,234,567"


def test_numbers_round_half_up_as_readers_expect() -> None:
    assert [VI.number(value, 1) for value in (0.25, 0.35, 2.45)] == ["0,3", "0,4", "2,5"]


def test_targets_keep_their_operator() -> None:
    assert VI.target(">=", 80.0) == "≥\u00a080%"
    assert VI.target(">", 2.0) == ">\u00a02%"
    assert VI.target(">", 2.5) == ">\u00a02,5%"


def test_official_dates_put_zeros_where_the_decree_asks_for_them() -> None:
    assert VI.long_date(date(2022, 7, 4)) == "04 tháng 7 năm 2022"
    assert VI.long_date(date(2026, 2, 14)) == "14 tháng 02 năm 2026"
    assert ENGLISH.long_date(date(2022, 7, 4)) == "4 July 2022"


def test_a_moment_is_written_as_the_day_it_was_in_vietnam() -> None:
    assert VI.date(datetime(2026, 11, 20, 18, 0, tzinfo=UTC)) == "21/11/2026"


def test_series_join_the_last_name_with_a_word() -> None:
    assert VI.series(["KT1"]) == "KT1"
    assert VI.series(["KT1", "KT2", "XH1"]) == "KT1, KT2 và XH1"
    assert VI.series([]) == ""


def test_a_detail_with_braces_is_not_read_as_a_template() -> None:
    assert Language("en", str).text("{name}!", name="{gap}") == "{gap}!"
