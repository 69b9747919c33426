"""320 further records, made by `goldens/survey-4.1/make_goldens.R` with R survey 4.1-1 of Debian 12."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from survey.estimation import contrast, quantile, replicate, significance
from survey.estimation.contrast import Target
from survey.estimation.design import Design, build
from survey.estimation.result import estimate
from tests.estimation import calibrated, oracle

R41 = oracle.GOLDENS / "survey-4.1"
KIND = {"prop": "proportion", "mean": "mean", "total": "total", "ratio": "ratio"}


def keys(*suites: str) -> list[str]:
    return oracle.ids(*suites, root=R41)


@cache
def sample(key: str) -> Design:
    record, data = oracle.load(key, R41)
    d = record["design"]
    design = build(
        data[d["weights"]] if d["weights"] else None,
        strata=oracle.columns(data, d["strata"]),
        psu=oracle.columns(data, d["ids"]),
        fpc=oracle.columns(data, d["fpc"]),
        nest=d["nest"],
        lonely=d["lonely_psu"],
        adjust_domain_lonely=d["adjust_domain_lonely"],
        unequal=d["unequal"],
        n_rows=len(next(iter(data.values()))),
    )
    return calibrated.calibrate(design, record, data).design if d["adjustments"] else design


def variables(record: dict[str, Any], data: oracle.Table) -> tuple[np.ndarray, np.ndarray | None]:
    v = record["variables"]
    return oracle.variable(data, v["y"], v.get("level")), oracle.variable(data, v["x"]) if v.get("x") else None


@pytest.mark.parametrize("key", keys("taylor", "lonely", "calibration"))
def test_estimates_errors_intervals_and_design_effects_are_those_of_r(key: str) -> None:
    record, data = oracle.load(key, R41)
    y, x = variables(record, data)
    (figure,) = estimate(sample(key), KIND[record["estimator"]], y, x, domain=oracle.domain(record, data))
    tolerance = 1e-7 if "raking" in key or "logit" in key else 1e-9
    for name in ("estimate", "se", "ci_low", "ci_high"):
        assert oracle.close(getattr(figure, name), record[name], tolerance, record["estimate"]), name
    assert figure.df == record["df"]
    if record["deff"] is not None and record["se"] > 1e-9 * abs(record["estimate"]):
        assert figure.deff == pytest.approx(record["deff"], rel=1e-6)


@pytest.mark.parametrize("key", keys("quantile"))
def test_quantiles_are_those_of_r(key: str) -> None:
    record, data = oracle.load(key, R41)
    found = quantile.quantile(sample(key), oracle.variable(data, "api00"), record["p"], rule=record["qrule"])
    for name in ("estimate", "se", "ci_low", "ci_high"):
        assert getattr(found, name) == pytest.approx(record[name], rel=1e-8), name


@pytest.mark.parametrize("key", keys("interval"))
def test_intervals_of_a_proportion_are_those_of_r(key: str) -> None:
    record, data = oracle.load(key, R41)
    y, _ = variables(record, data)
    (figure,) = estimate(sample(key), "proportion", y, ci=record["ci_method"])
    assert figure.ci_low == pytest.approx(record["ci_low"], rel=1e-6)
    assert figure.ci_high == pytest.approx(record["ci_high"], rel=1e-6)


@pytest.mark.parametrize("key", keys("tests"))
def test_tests_of_independence_are_those_of_r(key: str) -> None:
    record, data = oracle.load(key, R41)
    row, column = data[record["variables"]["rows"]], data[record["variables"]["cols"]]
    kind = record["statistic_type"]
    if kind == "Wald":
        found = significance.wald_independence(sample(key), row, column)
    else:
        found = significance.rao_scott(sample(key), row, column, order=2 if kind == "F" else 1)
    assert found.statistic == pytest.approx(record["statistic"], rel=1e-8)
    assert found.p_value == pytest.approx(record["p_value"], rel=1e-6)


@pytest.mark.parametrize("key", keys("difference"))
def test_differences_between_groups_are_those_of_r(key: str) -> None:
    record, data = oracle.load(key, R41)
    v = record["variables"]
    y = oracle.variable(data, v["y"])
    both = contrast.joint(sample(key), [Target("mean", y, None, data[v["by"]] == v[n]) for n in ("level_a", "level_b")])
    found = contrast.difference(both)
    assert (found.estimate, found.se) == pytest.approx((record["estimate"], record["se"]), rel=1e-9)


@pytest.mark.parametrize("key", keys("jackknife"))
def test_our_jackknife_replicates_are_those_of_r(key: str) -> None:
    record, data = oracle.load(key, R41)
    y, _ = variables(record, data)
    (figure,) = replicate.estimate(replicate.jackknife(sample(key)), KIND[record["estimator"]], y)
    assert (figure.estimate, figure.se) == pytest.approx((record["estimate"], record["se"]), rel=1e-9)


def test_there_are_at_least_two_hundred_golden_records_and_each_set_names_its_version() -> None:
    suites = {"taylor", "lonely", "calibration", "quantile", "interval", "tests", "difference", "jackknife"}
    assert {record["suite"] for record in oracle.records(R41).values()} == suites
    assert len(oracle.records(R41)) + len(oracle.records()) >= 200
    assert "4.1-1" in (R41 / "make_goldens.R").read_text()
