"""The four states of a target, the probability behind them, and the rule of publication."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from survey.errors import Problem
from survey.estimation.design import build
from survey.estimation.quality import Action, Rule, quality
from survey.estimation.result import Estimate, estimate
from survey.estimation.verdict import Verdict, probability_met, verdict


def proportion(ones: int, n: int, units: int = 40) -> Estimate:
    y = np.random.default_rng(7).permutation(np.arange(n) < ones).astype(float)
    design = build(np.full(n, 12.5), psu=np.arange(n) % units)
    return estimate(design, "proportion", y)[0]


def figure(low: float, middle: float, high: float) -> Estimate:
    return replace(proportion(50, 100), estimate=middle, ci_low=low, ci_high=high)


@pytest.mark.parametrize(
    ("limits", "operator", "target", "state"),
    [
        ((0.81, 0.85, 0.88), ">=", 0.80, Verdict.MET),
        ((0.80, 0.85, 0.88), ">=", 0.80, Verdict.MET),
        ((0.80, 0.85, 0.88), ">", 0.80, Verdict.LIKELY_MET),
        ((0.78, 0.80, 0.82), ">=", 0.80, Verdict.LIKELY_MET),
        ((0.78, 0.80, 0.82), ">", 0.80, Verdict.LIKELY_NOT_MET),
        ((0.78, 0.799999999, 0.82), ">=", 0.80, Verdict.LIKELY_NOT_MET),
        ((0.70, 0.75, 0.80), ">", 0.80, Verdict.NOT_MET),
        ((0.70, 0.75, 0.80), ">=", 0.80, Verdict.LIKELY_NOT_MET),
        ((0.70, 0.75, 0.79), ">=", 0.80, Verdict.NOT_MET),
        ((0.01, 0.02, 0.03), "<", 0.05, Verdict.MET),
    ],
)
def test_the_state_follows_the_whole_interval_and_then_the_point(
    limits: tuple[float, float, float], operator: str, target: float, state: Verdict
) -> None:
    assert verdict(figure(*limits), operator, target) is state


def test_a_target_of_all_is_never_proved_by_a_sample_but_is_by_a_census() -> None:
    everyone = proportion(200, 200)
    assert everyone.ci_high == 1.0
    assert verdict(everyone, ">=", 1.0) is Verdict.LIKELY_MET
    assert probability_met(everyone, ">=", 1.0) == 0.0
    census = estimate(build(fpc=np.full(75, 75.0)), "proportion", np.ones(75))[0]
    assert verdict(census, ">=", 1.0) is Verdict.MET
    assert probability_met(census, ">=", 1.0) == 1.0


def test_a_census_in_which_some_did_not_answer_proves_nothing_about_all() -> None:
    y = np.ones(75)
    y[:5] = np.nan
    partly = estimate(build(fpc=np.full(75, 75.0)), "proportion", y)[0]
    assert partly.ci_method == "clopper-pearson-one-sided"
    assert partly.ci_low == pytest.approx(0.05 ** (1 / 70))
    assert verdict(partly, ">=", 1.0) is Verdict.LIKELY_MET


def test_there_is_no_verdict_without_an_interval() -> None:
    alone = estimate(build(psu=np.zeros(5), lonely="remove"), "mean", np.arange(5.0))[0]
    assert not alone.has_interval
    assert verdict(alone, ">=", 1.0) is None
    assert np.isnan(probability_met(alone, ">=", 1.0))


def test_an_unknown_operator_is_refused() -> None:
    with pytest.raises(Problem):
        verdict(proportion(5, 50), "=", 0.5)


def test_the_probability_agrees_with_the_ends_of_the_interval() -> None:
    found = proportion(60, 100)
    assert probability_met(found, ">=", found.ci_low) == pytest.approx(0.975)
    assert probability_met(found, ">=", found.ci_high) == pytest.approx(0.025)
    assert probability_met(found, ">=", found.estimate) == pytest.approx(0.5)
    nobody = proportion(0, 100)
    assert probability_met(nobody, "<=", nobody.ci_high) == pytest.approx(0.95)
    everyone = proportion(100, 100)
    assert probability_met(everyone, ">=", everyone.ci_low) == pytest.approx(0.95)


def test_the_assumed_design_effect_widens_the_bound_at_zero() -> None:
    y, design = np.zeros(100), build(np.ones(100), psu=np.arange(100) // 5)
    plain = estimate(design, "proportion", y)[0]
    wider = estimate(design, "proportion", y, deff_floor=2.0)[0]
    assert plain.ci_high == pytest.approx(1 - 0.05 ** (1 / 100))
    assert wider.ci_high == pytest.approx(1 - 0.05 ** (1 / 50))


def test_precise_figures_are_published_and_vague_ones_suppressed() -> None:
    assert quality(proportion(200, 400)).action is Action.PUBLISH
    few = quality(proportion(10, 20))
    assert few.action is Action.SUPPRESS
    assert few.reasons[0] == "few-cases"
    assert "wide-interval" in quality(proportion(15, 32)).reasons
    assert "extreme" in quality(proportion(0, 400)).reasons
    assert quality(proportion(0, 400)).action is Action.FLAG


def test_a_small_share_is_suppressed_when_its_interval_is_wide_for_it() -> None:
    assert quality(proportion(2, 60)).reasons == ("wide-relative-interval",)


def test_few_units_are_suppressed_for_disclosure_even_in_a_census() -> None:
    two = estimate(build(fpc=np.full(2, 2.0)), "proportion", np.array([1.0, 0.0]))[0]
    assert quality(two).reasons == ("few-units",)
    assert quality(two, Rule(min_units=1)).action is Action.PUBLISH


def test_means_are_judged_by_their_relative_standard_error() -> None:
    base = estimate(build(n_rows=50), "mean", np.arange(50.0))[0]
    assert quality(replace(base, estimate=100.0, se=19.9)).action is Action.PUBLISH
    assert quality(replace(base, estimate=100.0, se=25.0)).reasons == ("raised-rse",)
    assert quality(replace(base, estimate=100.0, se=31.0)).reasons == ("high-rse",)
    assert quality(replace(base, estimate=0.0)).action is Action.SUPPRESS
