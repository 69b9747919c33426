"""What was typed becomes an answer, or a question back; amounts are said in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from survey.operations.drafts import Cell
from survey.questionnaire.instrument import Question
from survey.web.fill.reading import cell_of, is_amount, objection, text_of, unit_of
from survey.web.fill.words import LIMIT, dong_in_words, in_words
from tests.web.filling import compiled

CASES = Path(__file__).resolve().parents[1] / "cases"
NUMBERS: list[dict[str, Any]] = json.loads((CASES / "typed_numbers.json").read_text(encoding="utf-8"))
AMOUNTS: list[dict[str, Any]] = json.loads((CASES / "amounts.json").read_text(encoding="utf-8"))
DECIMAL = Question(name="share", path="share", kind="decimal", datatype="decimal")
WHOLE = Question(name="age", path="age", kind="integer", datatype="int")
DAY = Question(name="day", path="day", kind="date", datatype="date")


@pytest.mark.parametrize("case", NUMBERS, ids=lambda case: repr(case["typed"]))
def test_a_number_is_read_the_vietnamese_way_or_kept_as_typed(case: dict[str, Any]) -> None:
    cell = cell_of(DECIMAL, case["typed"])
    assert cell.is_read is (case["lexical"] is not None)
    assert cell.value == (case["lexical"] or case["typed"].strip())


@pytest.mark.parametrize("case", [c for c in NUMBERS if "alternatives" in c], ids=lambda case: case["typed"])
def test_a_decimal_point_is_answered_with_both_numbers_it_may_mean(case: dict[str, Any]) -> None:
    words = objection(DECIMAL, cell_of(DECIMAL, case["typed"]), "vi")
    assert f"{case['alternatives'][0]} hay " in words
    assert "?" in words


def test_a_fraction_is_no_whole_number_and_stays_in_the_field() -> None:
    cell = cell_of(WHOLE, "1,5")
    assert cell == Cell("1,5", is_read=False)
    assert text_of(WHOLE, cell) == "1,5"
    assert "số nguyên" in objection(WHOLE, cell, "vi")


def test_a_date_is_read_day_first_and_an_impossible_one_is_kept() -> None:
    assert cell_of(DAY, "3/2/2026") == Cell("2026-02-03")
    assert text_of(DAY, Cell("2026-02-03")) == "03/02/2026"
    assert cell_of(DAY, "31/2/2026") == Cell("31/2/2026", is_read=False)


def test_an_amount_shows_its_unit_and_dots_between_thousands() -> None:
    revenue = compiled("enterprise").instrument.node("interview/enterprise/revenue")
    year = compiled("enterprise").instrument.node("interview/enterprise/fiscal_year")
    assert isinstance(revenue, Question)
    assert isinstance(year, Question)
    assert (unit_of(revenue), unit_of(revenue, "en"), is_amount(revenue)) == ("triệu đồng", "million VND", True)
    assert text_of(revenue, Cell("1234567")) == "1.234.567"
    assert cell_of(revenue, "1.234.567") == Cell("1234567")
    assert (unit_of(year), text_of(year, Cell("2025"))) == ("", "2025")


@pytest.mark.parametrize("case", AMOUNTS, ids=lambda case: case["millions"])
def test_an_amount_in_million_dong_is_said_in_words(case: dict[str, Any]) -> None:
    assert dong_in_words(case["millions"], "vi") == case["vi"]
    assert dong_in_words(case["millions"], "en") == case["en"]


def test_no_words_are_made_for_numbers_nobody_reads() -> None:
    assert in_words(LIMIT, "vi") == ""
    assert in_words(-(LIMIT - 1), "vi").startswith("âm chín trăm chín mươi chín triệu")
