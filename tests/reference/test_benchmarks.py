"""Benchmarks, their sources, and the two population bases that must never meet."""

from __future__ import annotations

import re

import pytest

from survey.errors import Problem
from survey.reference import units
from survey.reference.benchmarks import (
    Basis,
    Reliability,
    benchmarks,
    benchmarks_for,
    census_population,
    common_basis,
    registered_population,
)
from survey.reference.datafile import csv_rows
from survey.reference.plan import indicators


def test_every_figure_names_its_source_date_and_area() -> None:
    assert len(csv_rows("benchmarks.csv")) == len(benchmarks()) == 34
    for each in benchmarks():
        assert each.source
        assert each.area
        assert each.area_code
        assert each.value > 0
        assert re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", each.on)


def test_area_codes_are_those_of_the_old_units() -> None:
    names = {unit.code: unit.name for unit in (*units.old_communes(), *units.districts())}
    named = [each for each in benchmarks() if each.area_code in names]
    assert len(named) == 19
    assert all(names[each.area_code] == each.area for each in named)


def test_the_census_population_of_the_province_is_the_control_total() -> None:
    figure = census_population("93")
    assert (int(figure.value), figure.on, figure.usable_for_weighting) == (733017, "2019-04-01", True)


def test_vi_thanh_is_the_sum_of_its_nine_communes_within_their_rounding() -> None:
    city = census_population("930").value
    parts = [census_population(unit.code).value for unit in units.old_communes_in("930")]
    by_kind = {each.measure: each.value for each in benchmarks() if each.area_code == "930"}
    assert len(parts) == 9
    assert by_kind["urban-population"] + by_kind["rural-population"] == city
    assert abs(sum(parts) - city) <= 60
    urban = [census_population(unit.code).value for unit in units.old_communes_in("930") if unit.urban]
    assert abs(sum(urban) - by_kind["urban-population"]) <= 30


def test_the_register_is_about_a_third_larger_and_refused_for_weighting() -> None:
    register = next(each for each in benchmarks() if each.basis is Basis.REGISTERED and each.area_code == "93")
    assert register.value / census_population("93").value > 1.29
    assert not register.usable_for_weighting
    assert register.reliability is Reliability.WEAK
    with pytest.raises(Problem) as caught:
        common_basis([register, census_population("93")])
    assert caught.value.code == "mixed-bases"
    assert "registered" in caught.value.details["bases"]


def test_figures_of_one_basis_may_stand_together_and_none_at_all_may_not() -> None:
    assert common_basis([census_population("93"), census_population("930")]) is Basis.CENSUS
    with pytest.raises(Problem):
        common_basis([])


def test_a_population_of_an_unverified_census_year_is_not_a_control_total() -> None:
    with pytest.raises(Problem, match="932"):
        census_population("932")


def test_the_register_has_two_units_without_a_usable_figure() -> None:
    register = registered_population()
    missing = {units.present_unit(code).name for code, value in register.items() if value is None}
    assert missing == {"Xã Hỏa Lựu", "Xã Lương Tâm"}
    assert len(register) == 28
    assert sum(value or 0 for value in register.values()) + 2402 == 952167


def test_administrative_figures_stand_beside_five_indicators() -> None:
    beside = {each.id for each in indicators() if benchmarks_for(each.id)}
    assert beside == {"KT1", "XH1", "XH5", "XH7", "XH9"}
    assert [int(each.value) for each in benchmarks_for("XH1")] == [75]
