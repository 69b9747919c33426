"""Taylor, domain, lonely-unit and extreme records of R survey 4.5."""

from __future__ import annotations

import numpy as np
import pytest

from survey.errors import Problem
from survey.estimation.result import Estimate, estimate
from tests.estimation import oracle

KIND = {"prop": "proportion", "mean": "mean", "total": "total", "ratio": "ratio"}
SUITES = ("taylor", "domain", "lonely")


def run(key: str, ci: str | None = None) -> Estimate:
    record, data = oracle.load(key)
    variables = record["variables"]
    y = oracle.variable(data, variables["y"], variables.get("level"))
    x = oracle.variable(data, variables["x"]) if variables.get("x") else None
    kind = KIND[record["estimator"]]
    (figure,) = estimate(oracle.design(record, data), kind, y, x, domain=oracle.domain(record, data), ci=ci)
    return figure


@pytest.mark.parametrize("key", oracle.ids(*SUITES, "extreme"))
def test_the_estimate_and_its_standard_error_are_those_of_r(key: str) -> None:
    record, figure = oracle.records()[key], run(key)
    assert oracle.close(figure.estimate, record["estimate"], record["tol_rel"], record["estimate"])
    assert oracle.close(figure.se, record["se"], record["tol_rel"], record["estimate"])
    assert figure.n == record["n"]
    assert figure.df == record["df"]
    if record["df_nonmissing"] is not None:
        assert figure.df_answered == record["df_nonmissing"]


@pytest.mark.parametrize("key", oracle.ids(*SUITES))
def test_the_default_interval_is_that_of_r(key: str) -> None:
    record, figure = oracle.records()[key], run(key)
    tolerance = 1e-8 if record["ci_method"] == "wald-t" else 1e-6
    assert oracle.close(figure.ci_low, record["ci_low"], tolerance, record["estimate"])
    assert oracle.close(figure.ci_high, record["ci_high"], tolerance, record["estimate"])


@pytest.mark.parametrize("key", oracle.ids(*SUITES))
def test_the_design_effects_are_those_of_r(key: str) -> None:
    record, figure = oracle.records()[key], run(key)
    for got, want in ((figure.deff, record.get("deff")), (figure.deff_replace, record.get("deff_replace"))):
        if want is not None:
            assert got == pytest.approx(want, rel=1e-7)


@pytest.mark.parametrize("method", ["logit", "xlogit", "beta", "mean", "asin", "wilson"])
@pytest.mark.parametrize("key", [k for k in oracle.ids(*SUITES, "extreme") if oracle.records()[k].get("cis")])
def test_every_interval_of_a_proportion_is_that_of_r(key: str, method: str) -> None:
    wanted = oracle.records()[key]["cis"].get(method)
    if wanted is None or wanted["low"] is None:
        assert oracle.records()[key]["se"] < 1e-9
        return
    figure = run(key, ci=method)
    assert figure.ci_low == pytest.approx(wanted["low"], rel=1e-6, abs=1e-9)
    assert figure.ci_high == pytest.approx(wanted["high"], rel=1e-6, abs=1e-9)


def test_a_stratum_with_one_unit_is_refused_under_the_rule_fail() -> None:
    record, data = oracle.load("lonely.remove.total.hi_chol")
    refused = {**record, "design": {**record["design"], "lonely_psu": "fail"}}
    with pytest.raises(Problem) as caught:
        estimate(oracle.design(refused, data), "total", oracle.variable(data, "HI_CHOL"))
    assert caught.value.code == "lonely-psu"
    assert caught.value.details["count"] == 2


def test_a_proportion_of_zero_gets_a_one_sided_bound() -> None:
    figure = run("nhanes.extreme.always0")
    assert figure.ci_low == 0.0
    assert 0.0 < figure.ci_high < 0.01
    assert figure.ci_method == "clopper-pearson-one-sided"
    assert {"zero-events", "one-sided-bound"} <= set(figure.flags)


def test_item_missing_rows_are_counted_in_the_domain_but_not_in_n() -> None:
    figure = run("nhanes.age_0_19_.sex2.prop.hi_chol")
    assert figure.n_domain > figure.n
    assert not np.isnan(figure.deff)
