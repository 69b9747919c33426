"""Figures: percent, bounds for what was not answered, verdicts only where they belong, suppression."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from survey.errors import Problem
from survey.estimation.design import build
from survey.pipeline.analysis import Analysis
from survey.pipeline.figures import rows
from survey.pipeline.measures import Measure, measures
from survey.reference.plan import Operator, Target, indicator
from survey.reference.wording import Wording

BANK = next(each for each in measures() if (each.indicator, each.variant) == ("XH2", "narrow"))


def _target(percent: str, operator: Operator = Operator.AT_LEAST, year: int = 2025) -> Target:
    text = Wording("x", "x")
    return Target(year, text, text, operator, Decimal(percent), "narrow")


def _table(answers: list[str], *, areas: int = 20, **dimensions: list[str]) -> Analysis:
    """Return members in equal areas of one stratum, all with weight 10."""
    count = len(answers)
    design = build(np.full(count, 10.0), strata=np.full(count, "s"), psu=np.arange(count) // 3 % areas)
    columns = {"age_months": np.full(count, "400"), "bank_account": np.array(answers)}
    labels = {name: np.array(values, dtype=object) for name, values in dimensions.items()}
    return Analysis("member", columns, design, labels, "member")


def _first(table: Analysis, *targets: Target, measure: Measure = BANK) -> dict[str, Any]:
    return dict(next(rows(measure, table, targets)).content)


def test_a_share_is_given_in_percent_with_its_interval() -> None:
    figure = _first(_table(["1"] * 150 + ["2"] * 50))
    assert figure["estimate"] == pytest.approx(75.0)
    assert figure["ci_low"] < 75 < figure["ci_high"]
    assert figure["n"] == 200
    assert figure["df"] == 19


def test_what_was_not_answered_is_counted_and_bounded() -> None:
    figure = _first(_table(["1"] * 120 + ["2"] * 40 + ["8"] * 20 + ["9"] * 12 + [""] * 8))
    details = figure["details"]
    assert figure["n"] == 160
    assert (details["eligible"], details["dont_know"], details["refused"], details["missing"]) == (200, 20, 12, 8)
    assert details["item_response"] == pytest.approx(80.0)
    assert details["all_no"] == pytest.approx(60.0)
    assert details["all_yes"] == pytest.approx(80.0)
    assert details["all_no"] <= figure["estimate"] <= details["all_yes"]
    assert "low-item-response" in figure["reasons"]


@pytest.mark.parametrize(
    ("yes", "percent", "operator", "expected"),
    [
        (180, "60", Operator.AT_LEAST, "met"),
        (122, "60", Operator.AT_LEAST, "likely-met"),
        (118, "60", Operator.AT_LEAST, "likely-not-met"),
        (40, "60", Operator.AT_LEAST, "not-met"),
        (120, "60", Operator.AT_LEAST, "likely-met"),
        (120, "60", Operator.ABOVE, "likely-not-met"),
    ],
)
def test_the_verdict_has_four_states_and_compares_unrounded(
    yes: int, percent: str, operator: Operator, expected: str
) -> None:
    figure = _first(_table(["1"] * yes + ["2"] * (200 - yes)), _target(percent, operator))
    assert figure["verdict_2025"] == expected
    assert figure["verdict_2030"] == ""
    assert 0 <= figure["probability_2025"] <= 1


def test_a_target_of_100_percent_is_never_proved_by_a_sample() -> None:
    figure = _first(_table(["1"] * 200), _target("100"))
    assert figure["verdict_2025"] == "none-against"
    assert figure["ci_high"] == pytest.approx(100.0)
    assert 97 < figure["ci_low"] < 100
    assert "extreme" in figure["reasons"]


def test_a_share_of_zero_still_has_a_row_and_a_bound() -> None:
    figure = _first(_table(["2"] * 200), _target("60"))
    assert figure["estimate"] == 0.0
    assert figure["ci_low"] == 0.0
    assert 0 < figure["ci_high"] < 3
    assert figure["verdict_2025"] == "not-met"


def test_a_figure_of_few_cases_is_suppressed_and_gets_no_verdict() -> None:
    figure = _first(_table(["1"] * 20 + ["2"] * 5), _target("60"))
    assert figure["flag"] == "suppress"
    assert "few-cases" in figure["reasons"]
    assert figure["verdict_2025"] == ""
    assert figure["probability_2025"] is None


def test_domains_keep_every_area_and_only_the_whole_is_judged() -> None:
    table = _table(["1"] * 150 + ["2"] * 50, sex=["male", "female"] * 100)
    found = [row.content for row in rows(BANK, table, (_target("60"),))]
    assert [(row["dimension"], row["category"]) for row in found] == [
        ("province", ""),
        ("sex", "female"),
        ("sex", "male"),
    ]
    assert found[1]["n"] + found[2]["n"] == found[0]["n"]
    assert found[1]["verdict_2025"] == ""


def test_an_area_without_answers_stays_in_the_design() -> None:
    table = _table(["1"] * 150 + ["2"] * 50)
    weight = table.design.weight.copy()
    weight[table.design.psu == 3] = 0.0
    table = replace(table, design=table.design.reweighted(weight))
    figure = _first(table)
    assert figure["n"] == int((table.design.psu != 3).sum())
    assert figure["n_psu"] == 19
    assert table.design.stages[0].n_units == 20


def test_a_complete_census_has_no_error() -> None:
    school = next(each for each in measures() if (each.indicator, each.variant) == ("XH10", "declared"))
    names = ("governance_level", "activity_level", "digital_data_level", "repository_level")
    columns = {name: np.array(["1", "1", "2", "1"]) for name in names}
    columns |= {"operating_status": np.full(4, "1"), "kind": np.array(["1", "2", "3", "3"])}
    design = build(np.ones(4), strata=np.full(4, "training"), psu=np.arange(4), fpc=np.ones(4))
    target = indicator("XH10").target(2025)
    figure = _first(Analysis("institution", columns, design, {}, "institution"), target, measure=school)
    assert (figure["estimate"], figure["se"]) == (75.0, 0.0)
    assert (figure["ci_low"], figure["ci_high"]) == (75.0, 75.0)
    assert figure["verdict_2025"] == "not-met"
    assert figure["details"]["numerator_count"] == 3


def test_one_unit_that_makes_up_the_total_is_not_shown() -> None:
    ratio = next(each for each in measures() if each.indicator == "KT1")
    count = 60
    columns = {
        "operating_status": np.full(count, "1"),
        "va_source": np.full(count, "1"),
        "value_added_known": np.array([10_000.0] + [1.0] * (count - 1)),
        "digital_value_added": np.array([1_000.0] + [0.5] * (count - 1)),
    }
    design = build(np.ones(count), strata=np.full(count, "s"), psu=np.arange(count))
    figure = _first(Analysis("enterprise", columns, design, {}, "enterprise"), measure=ratio)
    assert figure["flag"] == "suppress"
    assert "dominant-unit" in figure["reasons"]


def test_a_small_census_with_a_gap_shows_the_range_that_the_gap_leaves_open() -> None:
    school = next(each for each in measures() if (each.indicator, each.variant) == ("XH10", "declared"))
    names = ("governance_level", "activity_level", "digital_data_level", "repository_level")
    columns = {name: np.array(["1"] * 9 + ["2"]) for name in names}
    columns |= {"operating_status": np.full(10, "1"), "kind": np.full(10, "3")}
    design = build(np.full(10, 1.2), strata=np.full(10, "training"), psu=np.arange(10), fpc=np.full(10, 10 / 12))
    figure = _first(Analysis("institution", columns, design, {}, "institution"), measure=school)
    assert figure["estimate"] == pytest.approx(90.0)
    assert (figure["ci_low"], figure["ci_high"]) == pytest.approx((100 * 9 / 12, 100 * 11 / 12))
    assert figure["ci_method"] == "open-answers"


def test_a_question_left_out_adds_error_where_units_report_themselves() -> None:
    contract = next(each for each in measures() if (each.indicator, each.variant) == ("KT4", "any"))
    count = 100

    def figure(unanswered: int) -> dict[str, Any]:
        answers = np.array((["1", "2"] * count)[: count - unanswered] + ["8"] * unanswered)
        columns = {"operating_status": np.full(count, "1"), "econtract": answers}
        design = build(np.ones(count), strata=np.full(count, "s"), psu=np.arange(count), fpc=np.ones(count))
        return _first(Analysis("enterprise", columns, design, {}, "enterprise"), measure=contract)

    assert figure(0)["se"] == 0.0
    assert figure(10)["se"] > 1.0


def test_a_lucky_error_from_very_few_areas_is_not_believed() -> None:
    def first(areas: int) -> dict[str, Any]:
        answers = np.array(["1", "1", "2", "1"] * 30)
        design = build(np.full(120, 10.0), strata=np.full(120, "s"), psu=np.arange(120) // 4 % areas)
        columns = {"age_months": np.full(120, "400"), "bank_account": answers}
        return _first(Analysis("member", columns, design, {}, "member"))

    few, many = first(3), first(30)
    assert many["se"] == pytest.approx(0.0, abs=1e-9)
    assert few["se"] == pytest.approx(100 * np.sqrt(0.75 * 0.25 / 119))
    assert few["ci_low"] < 75 - 10 < 75 + 8 < few["ci_high"]
    assert "few-degrees-of-freedom" in few["reasons"]


def _enterprises() -> Analysis:
    rng = np.random.default_rng(3)
    count = 120
    added = rng.uniform(50, 150, count)
    sector = np.array(["A", "C", "G"], dtype=object)[np.arange(count) % 3]
    share = {"A": 0.1, "C": 0.4, "G": 0.7}
    columns = {
        "operating_status": np.full(count, "1"),
        "va_source": np.full(count, "1"),
        "value_added_known": added,
        "digital_value_added": added * np.array([share[code] for code in sector]) * rng.uniform(0.8, 1.2, count),
    }
    design = build(np.full(count, 5.0), strata=np.full(count, "s"), psu=np.arange(count))
    return Analysis("enterprise", columns, design, {"sector": sector}, "enterprise")


def test_kt1_is_composed_of_its_sectors_by_the_grdp_shares() -> None:
    table = _enterprises()
    shares = {"A": 60.0, "C": 30.0, "G": 10.0, "K": 5.0}
    pooled = next(each for each in measures() if each.indicator == "KT1")
    by_sector = {row.content["category"]: row.content["estimate"] for row in rows(pooled, table, ())}
    made = _first(table, measure=next(each for each in measures(grdp_shares=shares) if each.indicator == "KT1"))
    expected = (60 * by_sector["A"] + 30 * by_sector["C"] + 10 * by_sector["G"]) / 100
    assert made["estimate"] == pytest.approx(expected)
    assert made["estimate"] < by_sector[""] - 5
    assert 0 < made["se"] < 5
    assert made["verdict_2025"] == ""


def test_shares_that_are_no_numbers_or_fit_no_sector_are_refused() -> None:
    with pytest.raises(Problem):
        measures(grdp_shares={"A": -1})
    odd = next(each for each in measures(grdp_shares={"Z": 100}) if each.indicator == "KT1")
    with pytest.raises(Problem) as caught:
        _first(_enterprises(), measure=odd)
    assert caught.value.details["name"] == "grdp_shares"
