"""Strict numbers, search keys and file names."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey import text


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1,5", "1.5"), ("1.234.567,5", "1234567.5"), ("12", "12"), ("-3", "-3"), ("1 000", "1000"), ("1.000", "1000")],
)
def test_vietnamese_numbers_are_read(written: str, meant: str) -> None:
    assert text.parse_decimal(written) == Decimal(meant)


@pytest.mark.parametrize("written", ["1.5", "0.25", "12.50", "1,2,3", "1.23.456", "", "abc", "1e5", "1,", ",5"])
def test_ambiguous_numbers_are_refused(written: str) -> None:
    assert text.parse_decimal(written) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
def test_a_written_number_is_read_back(number: Decimal) -> None:
    assert text.parse_decimal(text.format_decimal(number)) == number


def test_what_rounds_to_nothing_is_written_without_a_sign() -> None:
    assert text.format_decimal(-4.7e-07, 2) == "0,00"
    assert text.format_decimal(-0.25, 2) == "-0,25"


def test_search_ignores_accents_and_case() -> None:
    assert text.fold("Đông Phước Ạ") == text.fold("dong phuoc a")


def test_file_names_keep_their_letters() -> None:
    assert text.safe_file_name("Đĩa ảnh 1.png") == "Dia-anh-1.png"
    assert text.safe_file_name("đ") == "d"
    assert text.safe_file_name("../..") == "tep"


def test_text_is_normalised_and_stripped_of_invisible_characters() -> None:
    assert text.clean("  Nguye\u0302\u0303n\u200b\x00 ") == "Nguyễn"
