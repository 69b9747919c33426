"""Contrast, test, regression, quantile and unequal-probability records of R survey 4.5."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from survey.errors import Problem
from survey.estimation import contrast, pps, quantile, regression, significance
from survey.estimation.columns import Column
from survey.estimation.contrast import Joint, Target
from survey.estimation.design import Design, build
from survey.estimation.result import estimate
from tests.estimation import calibrated, oracle, replicated
from tests.estimation.test_taylor_goldens import KIND

R45 = oracle.R45


def sample(record: dict[str, Any], data: oracle.Table) -> Design:
    design = oracle.design(record, data)
    return calibrated.calibrate(design, record, data).design if record["design"].get("adjustments") else design


def together(record: dict[str, Any], data: oracle.Table, targets: list[Target]) -> Joint:
    if record["design"]["kind"] == "replicate":
        return contrast.joint_replicated(replicated.replicates(record), targets)
    return contrast.joint(sample(record, data), targets)


def level_rows(data: oracle.Table, by: str | list[str], level: str) -> np.ndarray:
    names = [by] if isinstance(by, str) else by
    parts = [level] if isinstance(by, str) else level.split(".")
    rows = np.ones(len(data[names[0]]), dtype=bool)
    for name, part in zip(names, parts, strict=True):
        rows &= data[name] == (part if data[name].dtype == object else float(part))
    return rows


@pytest.mark.parametrize("key", [k for k in oracle.ids("contrast") if k.startswith("diff.")])
def test_differences_between_domains_use_the_covariance(key: str) -> None:
    record, data = oracle.load(key)
    v = record["variables"]
    y = oracle.variable(data, v["y"])
    targets = [Target("mean", y, None, level_rows(data, v["by"], v[name])) for name in ("level_a", "level_b")]
    found = contrast.difference(together(record, data, targets))
    for name in ("estimate", "se", "ci_low", "ci_high"):
        assert getattr(found, name) == pytest.approx(record[name], rel=1e-8), name


@pytest.mark.parametrize("key", [k for k in oracle.ids("contrast") if k.startswith("vec.")])
def test_covariance_matrices_are_those_of_r(key: str) -> None:
    record, data = oracle.load(key)
    targets = [Target("mean", oracle.variable(data, name)) for name in record["variables"]["y"]]
    found = together(record, data, targets)
    assert found.values == pytest.approx(np.array(record["estimate"]), rel=1e-8)
    assert found.covariance == pytest.approx(np.array(record["vcov"]), rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("key", [k for k in oracle.ids("tests") if k.startswith("chisq.")])
def test_tests_of_independence_are_those_of_r(key: str) -> None:
    record, data = oracle.load(key)
    v, kind = record["variables"], record["statistic_type"]
    design, row, column = oracle.design(record, data), data[v["rows"]], data[v["cols"]]
    if kind == "Wald":
        found = significance.wald_independence(design, row, column)
    else:
        found = significance.rao_scott(design, row, column, order={"F": 2, "Chisq": 1}[kind])
    assert found.statistic == pytest.approx(record["statistic"], rel=1e-8)
    assert found.p_value == pytest.approx(record["p_value"], rel=1e-7)
    wanted = [found.numerator, found.denominator][: len(record["parameter"])]
    assert wanted == pytest.approx(record["parameter"], rel=1e-8)


def test_the_test_of_two_means_is_that_of_r() -> None:
    record, data = oracle.load("ttest.strat.api00.awards")
    y = oracle.variable(data, "api00")
    found = significance.two_means(oracle.design(record, data), y, data["awards"] == "Yes")
    for name in ("estimate", "statistic", "df", "p_value", "ci_low", "ci_high"):
        assert getattr(found, name) == pytest.approx(record[name], rel=1e-8), name


@pytest.mark.parametrize("key", oracle.ids("regression"))
def test_regressions_are_those_of_r(key: str) -> None:
    record, data = oracle.load(key)
    v = record["variables"]
    fit = regression.linear if record["estimator"] == "linear_regression" else regression.logistic
    x = [oracle.variable(data, name) for name in v["x"]]
    found = fit(oracle.design(record, data), oracle.variable(data, v["y"]), x, v["x"])
    assert found.coefficient == pytest.approx(np.array(record["estimate"]), rel=record["tol_rel"])
    assert found.se == pytest.approx(np.array(record["se"]), rel=record["tol_rel"])
    assert found.covariance == pytest.approx(np.array(record["vcov"]), rel=1e-5)
    assert found.df == record["df"]


def test_a_separated_logistic_regression_is_refused() -> None:
    x = np.arange(8.0)
    with pytest.raises(Problem) as caught:
        regression.logistic(build(np.ones(8)), (x > 3).astype(float), [x], ["x"])
    assert caught.value.code == "regression-not-reached"


@pytest.mark.parametrize("key", oracle.ids("quantile"))
def test_quantiles_and_their_intervals_are_those_of_r(key: str) -> None:
    record, data = oracle.load(key)
    y = oracle.variable(data, record["variables"]["y"])
    found = quantile.quantile(
        oracle.design(record, data), y, record["p"], rule=record["qrule"], interval=record["interval_type"]
    )
    for name in ("estimate", "se", "ci_low", "ci_high", "df", "n"):
        assert getattr(found, name) == pytest.approx(record[name], rel=record["tol_rel"]), name


def pairs(how: str, data: oracle.Table) -> np.ndarray:
    p = data["p"]
    if how.startswith("hartley-rao (sum"):
        return pps.horvitz_thompson(pps.hartley_rao(p))
    if how.startswith("hartley-rao"):
        return pps.horvitz_thompson(pps.hartley_rao(p, float(how.rpartition("= ")[2])))
    joint = np.column_stack(list(oracle.table(R45 / "data/election_jointprob.csv.gz").values()))
    return pps.yates_grundy(joint) if "Yates" in how else pps.horvitz_thompson(joint)


@pytest.mark.parametrize("key", oracle.ids("pps"))
def test_variances_with_unequal_probabilities_are_those_of_r(key: str) -> None:
    record, data = oracle.load(key)
    design = pps.with_pairs(build(1 / data["p"]), pairs(record["design"]["pps"], data))
    v = record["variables"]
    x = oracle.variable(data, v["x"]) if v.get("x") else None
    (figure,) = estimate(
        design, KIND[record["estimator"]], oracle.variable(data, v["y"]), x, domain=oracle.domain(record, data)
    )
    for name in ("estimate", "se", "df", "ci_low", "ci_high"):
        assert oracle.close(getattr(figure, name), record[name], record["tol_rel"], record["estimate"]), name


def test_brewers_form_with_equal_probabilities_is_simple_random_sampling() -> None:
    y = np.array([3.0, 5, 9, 4])
    fractions = build(np.full(4, 5.0), fpc=Column("f", np.full(4, 0.2)), unequal=True)
    counts = build(np.full(4, 5.0), fpc=np.full(4, 20.0))
    assert estimate(fractions, "total", y)[0].se == pytest.approx(estimate(counts, "total", y)[0].se)


def test_simple_random_joint_probabilities_give_the_textbook_variance_in_both_forms() -> None:
    n, size, y = 5, 12, np.array([3.0, 5, 9, 4, 8])
    joint = np.full((n, n), n * (n - 1) / (size * (size - 1)))
    np.fill_diagonal(joint, n / size)
    wanted = estimate(build(np.full(n, size / n), fpc=np.full(n, float(size))), "total", y)[0].se
    for matrix in (pps.horvitz_thompson(joint), pps.yates_grundy(joint)):
        design = pps.with_pairs(build(np.full(n, size / n)), matrix)
        assert estimate(design, "total", y)[0].se == pytest.approx(wanted)


def test_the_wald_test_of_one_contrast_is_the_square_of_its_t() -> None:
    record, data = oracle.load("ttest.strat.api00.awards")
    rows = data["awards"] == "Yes"
    y = oracle.variable(data, "api00")
    both = contrast.joint(oracle.design(record, data), [Target("mean", y, None, rows), Target("mean", y, None, ~rows)])
    test, single = significance.wald(both, [1, -1]), contrast.difference(both)
    assert test.statistic == pytest.approx(single.statistic**2)
    assert test.p_value == pytest.approx(single.p_value)


def test_the_delta_method_agrees_with_the_ratio_estimator() -> None:
    record, data = oracle.load("strat_nofpc.total.enroll")
    design = oracle.design(record, data)
    y, x = oracle.variable(data, "api_stu"), oracle.variable(data, "enroll")
    answered = ~np.isnan(x)
    totals = contrast.joint(design, [Target("total", y, None, answered), Target("total", x, None, answered)])
    found = contrast.smooth(totals, lambda v: float(v[0] / v[1]))
    wanted = estimate(design, "ratio", y, x)[0]
    assert (found.estimate, found.se) == pytest.approx((wanted.estimate, wanted.se), rel=1e-6)


def test_every_record_belongs_to_a_suite_that_is_tested() -> None:
    tested = {"taylor", "domain", "lonely", "extreme", "calibration", "replicate", "contrast", "tests", "regression"}
    assert {r["suite"] for r in oracle.records().values()} == tested | {"quantile", "pps"}
    assert len(oracle.records()) == 84
