"""What makes a design usable, and what a problem with it says."""

from __future__ import annotations

import numpy as np
import pytest

from survey.errors import Problem
from survey.estimation.columns import Column
from survey.estimation.design import build
from survey.estimation.result import estimate

STRATA = np.array(["a", "a", "b", "b", "b", "b"], dtype=object)
PSU = np.array([1, 2, 3, 3, 4, 4])
ONES = np.ones(6)


def problem(**columns: object) -> Problem:
    with pytest.raises(Problem) as caught:
        build(**columns)  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_weight_that_is_not_positive_names_the_column_and_the_number_of_rows(bad: float) -> None:
    found = problem(weight=Column("w", np.array([1, bad, 2, bad, 1, 1])), strata=STRATA, psu=PSU)
    assert (found.code, found.details) == ("weight-unusable", {"column": "w", "count": 2})


def test_a_unit_in_two_strata_is_refused_unless_codes_repeat_by_design() -> None:
    psu = np.array([1, 2, 1, 1, 2, 2])
    found = problem(strata=STRATA, psu=Column("ward", psu))
    assert found.code == "design-not-nested"
    assert (found.details["column"], found.details["count"], found.details["units"]) == ("ward", 6, 2)
    design = build(strata=STRATA, psu=psu, nest=True)
    assert design.counts() == (4, 2)
    assert design.degrees_of_freedom() == 2


def test_a_missing_stratum_or_unit_is_refused() -> None:
    strata = STRATA.copy()
    strata[3] = None
    assert problem(strata=strata, psu=PSU).code == "design-missing"
    assert problem(strata=STRATA, psu=np.array([1, 2, np.nan, 3, 4, 4])).details["count"] == 1


def test_population_counts_below_the_sample_are_refused() -> None:
    found = problem(strata=STRATA, psu=PSU, fpc=Column("N", np.array([9, 9, 1.5, 1.5, 1.5, 1.5])))
    assert (found.code, found.details["count"], found.details["example"]) == ("fpc-too-small", 4, "b")


def test_fractions_and_counts_are_not_mixed_and_do_not_vary_in_a_stratum() -> None:
    assert problem(strata=STRATA, psu=PSU, fpc=np.array([0.5, 0.5, 8, 8, 8, 8])).code == "fpc-mixed"
    assert problem(strata=STRATA, psu=PSU, fpc=np.array([9, 9, 8, 8, 7, 7])).code == "fpc-varies"
    assert problem(strata=STRATA, psu=PSU, fpc=np.array([9, 9, 8, 8, np.nan, 7])).code == "fpc-unusable"


def test_a_fraction_and_the_count_it_stands_for_give_the_same_design() -> None:
    counts = build(strata=STRATA, psu=PSU, fpc=np.array([8.0, 8, 10, 10, 10, 10]))
    fractions = build(strata=STRATA, psu=PSU, fpc=np.array([0.25, 0.25, 0.2, 0.2, 0.2, 0.2]))
    assert np.array_equal(counts.stages[0].fraction, fractions.stages[0].fraction)


def test_a_stage_without_units_is_refused() -> None:
    assert problem(strata=[STRATA, STRATA], psu=PSU).code == "design-extra-stage"
    assert problem(strata=STRATA, psu=PSU, fpc=[ONES, ONES]).code == "design-extra-stage"


def test_columns_of_different_lengths_and_empty_designs_are_refused() -> None:
    assert problem(weight=np.ones(5), strata=STRATA).code == "design-length"
    assert problem(weight=np.ones(0)).code == "design-length"
    assert problem().code == "design-length"


def test_second_stage_units_with_the_same_code_in_different_units_are_different() -> None:
    design = build(psu=[PSU, np.array([1, 1, 1, 2, 1, 2])], fpc=[np.full(6, 8.0), np.full(6, 4.0)])
    assert [stage.n_units for stage in design.stages] == [4, 6]
    assert design.stages[1].n_strata == 4


def test_a_single_unit_taken_with_certainty_is_not_lonely() -> None:
    design = build(strata=np.array([1, 2, 2]), fpc=np.array([1.0, 9.0, 9.0]))
    assert not design.stages[0].lonely.any()
    assert estimate(design, "total", np.array([5.0, 1.0, 2.0]))[0].se > 0


def test_a_lonely_stratum_outside_the_domain_does_not_matter() -> None:
    design = build(strata=np.array([1, 2, 2]))
    y = np.array([5.0, 1.0, 2.0])
    assert estimate(design, "mean", y, domain=np.array([False, True, True]))[0].df == 1
    with pytest.raises(Problem, match="single primary"):
        estimate(design, "mean", y)


def test_the_rule_adjust_centres_totals_at_the_mean_of_all_unit_totals() -> None:
    design = build(strata=np.array([1, 2, 2]), lonely="adjust")
    y = np.array([10.0, 1.0, 4.0])
    figure = estimate(design, "total", y)[0]
    assert figure.se**2 == pytest.approx(2 * ((1 - 2.5) ** 2 + (4 - 2.5) ** 2) + (10 - 5) ** 2)


def test_the_rule_adjust_counts_units_without_domain_members_as_zero_as_svy_does() -> None:
    design = build(
        np.array([2.0, 3, 1, 4, 2, 5, 3, 2, 2, 6]),
        strata=np.array([1, 1, 2, 2, 2, 2, 3, 3, 3, 3]),
        psu=np.array([1, 1, 2, 2, 3, 4, 5, 6, 6, 7]),
        lonely="adjust",
    )
    y = np.array([4.0, 2, 7, 1, 5, 3, 8, 2, 6, 9])
    inside = np.array([1, 1, 1, 1, 1, 0, 1, 1, 0, 1], dtype=bool)
    assert estimate(design, "total", y)[0].se == pytest.approx(35.6115665685938)
    assert estimate(design, "total", y, domain=inside)[0].se == pytest.approx(44.926243410046816)


def test_a_single_second_stage_unit_is_adjusted_as_r_adjusts_it_in_a_mean() -> None:
    """R survey 4.1-1: svydesign(ids=~i+j, fpc=~N+M, weights=~w), survey.lonely.psu adjust and remove."""
    first, second = np.array([1, 1, 1, 2, 3, 3, 4, 4]), np.array([1, 1, 2, 1, 1, 2, 1, 2])
    counts = [np.full(8, 9.0), np.array([5.0, 5, 5, 4, 6, 6, 3, 3])]
    weight, y = np.array([2.0, 3, 4, 2, 5, 1, 2, 3]), np.array([3.0, 5, 2, 7, 1, 8, 4, 6])
    for rule, wanted in (("adjust", 0.77436149578677949), ("remove", 0.75506923184921759)):
        design = build(weight, psu=[first, second], fpc=counts, lonely=rule)
        assert estimate(design, "mean", y)[0].se == pytest.approx(wanted, rel=1e-12)


def test_the_rule_average_needs_a_stratum_to_average_over() -> None:
    with pytest.raises(Problem):
        estimate(build(strata=np.array([1, 2]), lonely="average"), "total", np.array([1.0, 2.0]))
