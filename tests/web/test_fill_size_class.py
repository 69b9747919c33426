"""The size of an enterprise on its page: amounts, ranges in place of amounts, and which figure is missing."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from flask import Flask

from survey.pipeline.columns import MONEY_BANDS
from survey.reference.enterprise_size import EnterpriseSize, size_limits
from survey.web.fill.size_class import BAND_ENDS, SizeClass, size_class

FORM = Path(__file__).resolve().parents[2] / "forms" / "enterprise.csv"
MICRO, SMALL, LARGE = EnterpriseSize.MICRO, EnterpriseSize.SMALL, EnterpriseSize.LARGE


def judged(**answers: str) -> SizeClass:
    """Return the size in trade and services that some answers give."""
    found = size_class({"nd80_sector": "2", **answers})
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("answers", "size"),
    [
        ({"employees": "8", "revenue_band": "2"}, MICRO),
        ({"employees": "8", "revenue_band": "3", "capital_band": "1"}, MICRO),
        ({"employees": "8", "revenue_band": "3", "capital_band": "2"}, SMALL),
        ({"employees": "8", "revenue": "9000"}, MICRO),
        ({"employees": "120", "revenue_band": "1"}, LARGE),
        ({"employees": "90", "revenue_band": "8", "capital_band": "8"}, LARGE),
    ],
)
def test_a_range_counts_like_an_amount_within_it(answers: dict[str, str], size: EnterpriseSize) -> None:
    assert judged(**answers).size is size


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({}, "Cần số lao động cùng với doanh thu hoặc nguồn vốn"),
        ({"revenue_band": "1"}, "The number of employees is missing."),
        ({"employees": "8"}, "Revenue or capital is missing"),
        ({"employees": "8", "revenue_band": "98"}, "Revenue or capital is missing"),
        ({"employees": "8", "revenue_band": "4"}, "Revenue alone does not decide"),
        ({"employees": "8", "capital": "4000"}, "Capital alone does not decide"),
    ],
)
def test_without_a_size_the_missing_figure_is_named(app: Flask, answers: dict[str, str], words: str) -> None:
    with app.test_request_context("/?lang=en" if words.isascii() else "/?lang=vi"):
        found = judged(**answers)
        assert found.size is None
        assert words in found.reason


def test_a_range_is_shown_in_words_with_its_verdict(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        found = judged(employees="8", revenue_band="3", capital_band="8")
        shown = [(c.figure.words if c.figure else "", c.fits) for c in found.criteria]
    assert shown == [("8", True), ("over 10,000 to 20,000", True), ("over 300,000", False)]


def test_the_ranges_are_those_of_the_questionnaire_and_of_the_estimates() -> None:
    assert [int(high) for code, (_low, high) in sorted(MONEY_BANDS.items()) if code <= len(BAND_ENDS)] == list(
        BAND_ENDS
    )
    with FORM.open(encoding="utf-8", newline="") as file:
        labels = [row[3] for row in csv.reader(file) if "money_band" in row[:2]][: len(BAND_ENDS)]
    assert [label.replace(".", "").split()[-3] for label in labels] == [str(end // 1000) for end in BAND_ENDS]


def test_no_limit_of_the_decree_lies_inside_a_range() -> None:
    assert {amount for limit in size_limits() for amount in (limit.revenue, limit.capital)} <= set(BAND_ENDS)
