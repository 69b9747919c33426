"""The size rule of Nghị định 80/2021 at its borders, with its worked example, and with figures missing."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from survey.reference.datafile import csv_rows
from survey.reference.enterprise_size import (
    CITATION,
    EnterpriseSize,
    SizeSector,
    enterprise_size,
    is_small_or_medium,
    size_limits,
)

INDUSTRY, TRADE = SizeSector.AGRICULTURE_INDUSTRY, SizeSector.TRADE_SERVICES
MICRO, SMALL, MEDIUM, LARGE = EnterpriseSize

# Article 5 in billion VND: (employees, revenue, capital)
DECREE = {
    (MICRO, INDUSTRY): (10, 3, 3),
    (MICRO, TRADE): (10, 10, 3),
    (SMALL, INDUSTRY): (100, 50, 20),
    (SMALL, TRADE): (50, 100, 50),
    (MEDIUM, INDUSTRY): (200, 200, 100),
    (MEDIUM, TRADE): (100, 300, 100),
}
NEXT = {MICRO: SMALL, SMALL: MEDIUM, MEDIUM: LARGE}


def test_the_limits_are_those_of_the_decree_in_million_dong() -> None:
    assert len(csv_rows("enterprise_size.csv")) == 6
    found = {(x.size, x.sector): (x.employees, x.revenue, x.capital) for x in size_limits()}
    assert found == {key: (staff, 1000 * money, 1000 * funds) for key, (staff, money, funds) in DECREE.items()}
    assert [x.size for x in size_limits() if x.sector is TRADE] == [MICRO, SMALL, MEDIUM]


def test_the_worked_example_is_medium() -> None:
    assert enterprise_size(TRADE, employees=60, revenue=120_000, capital=40_000) is MEDIUM


@pytest.mark.parametrize(("size", "sector"), DECREE)
def test_a_limit_itself_is_still_inside_and_the_next_step_is_outside(size: EnterpriseSize, sector: SizeSector) -> None:
    staff, revenue, capital = DECREE[size, sector]
    revenue, capital = revenue * 1000, capital * 1000
    over = Decimal("0.001")
    assert enterprise_size(sector, employees=staff, revenue=revenue, capital=capital) is size
    assert enterprise_size(sector, employees=staff, revenue=revenue, capital=10**9) is size
    assert enterprise_size(sector, employees=staff, revenue=10**9, capital=capital) is size
    assert enterprise_size(sector, employees=staff + over, revenue=revenue, capital=capital) is NEXT[size]
    assert enterprise_size(sector, employees=staff, revenue=revenue + over, capital=capital + over) is NEXT[size]


def test_labour_is_required_and_money_alone_never_makes_an_enterprise_small() -> None:
    assert enterprise_size(INDUSTRY, employees=201, revenue=1, capital=1) is LARGE
    assert enterprise_size(INDUSTRY, employees=1, revenue=10**9, capital=10**9) is LARGE


def test_a_missing_figure_matters_only_where_it_could_change_the_size() -> None:
    assert enterprise_size(TRADE, employees=5, revenue=1_000, capital=None) is MICRO
    assert enterprise_size(TRADE, employees=5, revenue=11_000, capital=None) is None
    assert enterprise_size(TRADE, employees=None, revenue=1, capital=1) is None
    assert enterprise_size(TRADE, employees=None, revenue=10**9, capital=10**9) is LARGE
    assert enterprise_size(TRADE, employees=101, revenue=None, capital=None) is LARGE


def test_a_size_found_with_a_figure_missing_is_the_size_for_every_value_of_it() -> None:
    amounts = (0, 10, 50, 100, 3_000, 10_000, 20_000, 50_000, 100_000, 200_000, 300_000, 10**9)
    for sector, staff, revenue in itertools.product(SizeSector, (0, 10, 11, 50, 100, 101, 201), amounts):
        partial = enterprise_size(sector, employees=staff, revenue=revenue, capital=None)
        full = {enterprise_size(sector, employees=staff, revenue=revenue, capital=capital) for capital in amounts}
        assert full == {partial} if partial else len(full) > 1


def test_small_and_medium_enterprises_are_the_three_lower_sizes() -> None:
    assert [is_small_or_medium(size) for size in (MICRO, SMALL, MEDIUM, LARGE, None)] == [True, True, True, False, None]


def test_the_citation_names_the_article_in_both_languages() -> None:
    assert "80/2021/NĐ-CP" in CITATION.vi
    assert "80/2021/NĐ-CP" in CITATION.en
