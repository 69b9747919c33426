"""Calibration records of R survey 4.5, and the refusals."""

from __future__ import annotations

import numpy as np
import pytest

from survey.errors import Problem
from survey.estimation import calibrate
from survey.estimation.calibrate import Auxiliary, Margin
from survey.estimation.design import build
from survey.estimation.result import estimate
from tests.estimation import calibrated, oracle
from tests.estimation.test_taylor_goldens import KIND


@pytest.mark.parametrize("key", oracle.ids("calibration"))
def test_estimates_after_calibration_are_those_of_r(key: str) -> None:
    record, data = oracle.load(key)
    found = calibrated.calibrate(oracle.design(record, data), record, data)
    variables = record["variables"]
    y = oracle.variable(data, variables["y"], variables.get("level"))
    x = oracle.variable(data, variables["x"]) if variables.get("x") else None
    kind = KIND[record["estimator"]]
    (figure,) = estimate(found.design, kind, y, x, domain=oracle.domain(record, data))
    wanted_se = record["se"] if record["se_alt"] is None else record["se_alt"]
    assert oracle.close(figure.estimate, record["estimate"], record["tol_rel"], record["estimate"])
    assert oracle.close(figure.se, wanted_se, record["tol_rel"], record["estimate"])
    assert figure.df == record["df"]
    if record["se_alt"] is None:
        assert figure.ci_low == pytest.approx(record["ci_low"], rel=1e-6)
        assert figure.ci_high == pytest.approx(record["ci_high"], rel=1e-6)


@pytest.mark.parametrize("key", oracle.ids("calibration"))
def test_the_weights_are_those_of_r(key: str) -> None:
    record, data = oracle.load(key)
    found = calibrated.calibrate(oracle.design(record, data), record, data)
    wanted = oracle.table(oracle.R45 / record["design"]["adjustments"][0]["weights_file"])["weight"]
    assert found.design.weight == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("key", oracle.ids("calibration", errors=True))
def test_totals_that_bounds_cannot_reach_are_refused_with_the_worst_one(key: str) -> None:
    record, data = oracle.load(key)
    with pytest.raises(Problem) as caught:
        calibrated.calibrate(oracle.design(record, data), record, data)
    assert caught.value.code == "calibration-not-reached"
    assert caught.value.details["margin"] in record["design"]["adjustments"][0]["aux_names"]


GROUP = np.array(["a", "a", "b", "b", "b"], dtype=object)
SEX = np.array([1, 2, 1, 2, 2])
WEIGHT = np.array([10.0, 12, 9, 11, 8])


def raked() -> calibrate.Calibrated:
    margins = [Margin("group", GROUP, {"a": 30, "b": 30}), Margin("sex", SEX, {1: 25, 2: 35})]
    return calibrate.rake(build(WEIGHT), margins)


def test_raked_weights_reach_every_margin() -> None:
    weight = raked().design.weight
    assert weight[GROUP == "a"].sum() == pytest.approx(30, rel=1e-10)
    assert weight[SEX == 1].sum() == pytest.approx(25, rel=1e-10)


def test_raking_by_fitting_and_by_the_exponential_distance_agree() -> None:
    matrix = np.column_stack([GROUP == "a", GROUP == "b", SEX == 1]).astype(float)
    auxiliary = Auxiliary(("a", "b", "sex1"), matrix, np.array([30.0, 30, 25]))
    other = calibrate.exponential(build(WEIGHT), auxiliary)
    assert raked().design.weight == pytest.approx(other.design.weight, rel=1e-9)
    y = np.array([3.0, 8, 1, 4, 9])
    one, two = estimate(raked().design, "mean", y)[0], estimate(other.design, "mean", y)[0]
    assert one.se == pytest.approx(two.se, rel=1e-8)


def test_post_stratification_is_raking_to_one_margin_and_linear_calibration_to_its_indicators() -> None:
    margin, y = Margin("group", GROUP, {"a": 30, "b": 30}), np.array([3.0, 8, 1, 4, 9])
    auxiliary = Auxiliary(("a", "b"), np.column_stack([GROUP == "a", GROUP == "b"]).astype(float), np.array([30.0, 30]))
    found = [
        calibrate.post_stratify(build(WEIGHT), margin),
        calibrate.rake(build(WEIGHT), [margin]),
        calibrate.linear(build(WEIGHT), auxiliary),
    ]
    errors = [estimate(c.design, "total", y)[0].se for c in found]
    assert errors == pytest.approx([errors[0]] * 3, rel=1e-9)


def test_a_calibrated_total_has_no_variance() -> None:
    figure = estimate(raked().design, "total", (SEX == 1).astype(float))[0]
    assert (figure.estimate, figure.se) == pytest.approx((25, 0), abs=1e-9)


def test_a_category_without_cases_is_refused() -> None:
    with pytest.raises(Problem) as caught:
        calibrate.post_stratify(build(WEIGHT), Margin("group", GROUP, {"a": 30, "b": 30, "c": 5}))
    assert (caught.value.code, caught.value.details["cell"]) == ("calibration-empty-cell", "c")


def test_a_category_without_a_total_is_refused() -> None:
    with pytest.raises(Problem) as caught:
        calibrate.post_stratify(build(WEIGHT), Margin("group", GROUP, {"a": 30}))
    assert (caught.value.code, caught.value.details["count"]) == ("calibration-unknown-cell", 3)


def test_margins_that_disagree_on_the_whole_are_refused() -> None:
    margins = [Margin("group", GROUP, {"a": 30, "b": 30}), Margin("sex", SEX, {1: 25, 2: 36})]
    with pytest.raises(Problem) as caught:
        calibrate.rake(build(WEIGHT), margins)
    assert caught.value.code == "calibration-totals-disagree"


def test_raking_that_has_no_solution_names_the_margin_and_the_worst_cell() -> None:
    group, sex = np.array(["a", "a", "b"], dtype=object), np.array([1, 1, 2])
    margins = [Margin("group", group, {"a": 10, "b": 20}), Margin("sex", sex, {1: 20, 2: 10})]
    with pytest.raises(Problem) as caught:
        calibrate.rake(build(np.ones(3)), margins)
    assert caught.value.code == "calibration-not-reached"
    assert {"margin", "cell", "found", "target"} <= set(caught.value.details)


def test_a_category_of_zero_total_with_cases_is_refused_and_without_cases_ignored() -> None:
    with pytest.raises(Problem):
        calibrate.post_stratify(build(WEIGHT), Margin("group", GROUP, {"a": 30, "b": 0}))
    fine = calibrate.post_stratify(build(WEIGHT), Margin("group", GROUP, {"a": 30, "b": 30, "c": 0}))
    assert fine.design.weight.sum() == pytest.approx(60)
