"""Replicate records of R survey 4.5, and what our own replicates must satisfy."""

from __future__ import annotations

import numpy as np
import pytest

from survey.errors import Problem
from survey.estimation import calibrate, replicate
from survey.estimation.calibrate import Margin
from survey.estimation.design import build
from survey.estimation.result import estimate
from tests.estimation import oracle, replicated
from tests.estimation.test_taylor_goldens import KIND

KEYS = oracle.ids("replicate")
INTERVALS = [(k, m) for k in KEYS for m in oracle.records()[k].get("cis") or {}]


def run(key: str, made: replicate.Replicates | None = None, ci: str | None = None):
    record, data = oracle.load(key)
    variables = record["variables"]
    y = oracle.variable(data, variables["y"], variables.get("level"))
    x = oracle.variable(data, variables["x"]) if variables.get("x") else None
    return replicate.estimate(made or replicated.replicates(record), KIND[record["estimator"]], y, x, ci=ci)[0]


@pytest.mark.parametrize("key", KEYS)
def test_given_replicate_weights_give_the_figures_of_r(key: str) -> None:
    record, figure = oracle.records()[key], run(key)
    for got, want in ((figure.estimate, "estimate"), (figure.se, "se"), (figure.df, "df"), (figure.n, "n")):
        assert oracle.close(got, record[want], record["tol_rel"], record["estimate"]), want
    assert figure.ci_low == pytest.approx(record["ci_low"], rel=1e-8)
    assert figure.ci_high == pytest.approx(record["ci_high"], rel=1e-8)


@pytest.mark.parametrize(("key", "method"), INTERVALS)
def test_every_interval_from_replicates_is_that_of_r(key: str, method: str) -> None:
    wanted, figure = oracle.records()[key]["cis"][method], run(key, ci=method)
    assert (figure.ci_low, figure.ci_high) == pytest.approx((wanted["low"], wanted["high"]), rel=1e-6)


@pytest.mark.parametrize("key", ["rep.strat_jkn.total.enroll", "rep.strat_jkn.ratio", "rep.nh8_jkn.prop.hi_chol"])
def test_our_own_jackknife_gives_the_figures_of_r(key: str) -> None:
    record, data = oracle.load(key)
    figure = run(key, replicate.jackknife(oracle.design(record, data)))
    assert oracle.close(figure.se, record["se"], 1e-9, record["estimate"])
    assert figure.df == record["df"]


def test_the_jackknife_with_one_stratum_is_jk1() -> None:
    record, data = oracle.load("rep.clus1_jk1m.total.enroll")
    figure = run("rep.clus1_jk1m.total.enroll", replicate.jackknife(oracle.design(record, data)))
    assert oracle.close(figure.se, record["se"], 1e-9, record["estimate"])


def test_balanced_replicates_and_the_jackknife_agree_with_taylor_on_a_total() -> None:
    record, data = oracle.load("rep.nh8_fay.prop.hi_chol")
    design, y = oracle.design(record, data), oracle.variable(data, "HI_CHOL")
    wanted = estimate(design, "total", y)[0].se
    for made in (
        replicate.balanced(design),
        replicate.balanced(design, rho=0.3),
        replicate.jackknife(design),
    ):
        assert replicate.estimate(made, "total", y)[0].se == pytest.approx(wanted, rel=1e-9)


def test_fay_replicates_come_close_to_those_of_r_with_another_hadamard_matrix() -> None:
    record, data = oracle.load("rep.nh8_fay.prop.hi_chol")
    figure = run("rep.nh8_fay.prop.hi_chol", replicate.balanced(oracle.design(record, data), rho=0.3))
    assert figure.se == pytest.approx(record["se"], rel=0.05)


def test_balanced_replicates_need_two_units_a_stratum() -> None:
    with pytest.raises(Problem) as caught:
        replicate.balanced(build(psu=np.arange(3)))
    assert caught.value.code == "replicates-need-pairs"


def test_the_bootstrap_is_unbiased_for_the_taylor_variance_and_repeats_from_its_seed() -> None:
    rng = np.random.default_rng(5)
    stratum = np.repeat(np.arange(6), 12)
    psu, y = np.repeat(np.arange(36), 2), rng.normal(50, 10, 72)
    design = build(rng.uniform(1, 3, 72), strata=stratum, psu=psu)
    made = replicate.bootstrap(design, 4000, np.random.default_rng(1))
    wanted = estimate(design, "total", y)[0].se
    assert replicate.estimate(made, "total", y)[0].se == pytest.approx(wanted, rel=0.05)
    again = replicate.bootstrap(design, 4000, np.random.default_rng(1))
    assert np.array_equal(made.factor, again.factor)
    assert made.factor.mean(axis=1) == pytest.approx(np.ones(36), abs=0.05)


def test_a_census_has_no_replicate_variance() -> None:
    design = build(np.ones(6), strata=np.repeat([1, 2], 3), fpc=np.full(6, 3.0))
    y = np.arange(6.0)
    assert replicate.estimate(replicate.jackknife(design), "total", y)[0].se == 0.0
    made = replicate.bootstrap(design, 20, np.random.default_rng(0))
    assert replicate.estimate(made, "total", y)[0].se == 0.0


def test_recalibrated_replicates_reach_the_totals_in_every_replicate() -> None:
    rng = np.random.default_rng(2)
    sex, y = rng.integers(0, 2, 120), rng.normal(10, 3, 120)
    design = build(rng.uniform(1, 5, 120), psu=np.arange(120) // 4)

    def step(weight: np.ndarray) -> np.ndarray:
        kept = weight > 0
        part = calibrate.post_stratify(build(weight[kept]), Margin("sex", sex[kept], {0: 200, 1: 220}))
        result = np.zeros_like(weight)
        result[kept] = part.design.weight
        return result

    full = calibrate.post_stratify(design, Margin("sex", sex, {0: 200, 1: 220})).design
    made = replicate.recalibrated(replicate.jackknife(design), step, full)
    figure = replicate.estimate(made, "total", (sex == 0).astype(float))[0]
    assert (figure.estimate, figure.se) == pytest.approx((200, 0), abs=1e-9)
    taylor = estimate(full, "mean", y + 4 * sex)[0]
    assert replicate.estimate(made, "mean", y + 4 * sex)[0].se == pytest.approx(taylor.se, rel=0.05)


def test_a_lonely_unit_has_no_replicate_unless_a_rule_is_given() -> None:
    strata = np.array([1, 2, 2])
    with pytest.raises(Problem):
        replicate.jackknife(build(strata=strata))
    assert replicate.jackknife(build(strata=strata, lonely="certainty")).count == 2
