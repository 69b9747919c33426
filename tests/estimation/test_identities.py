"""Identities that hold for any sample, drawn at random by Hypothesis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.estimation import variance as kernel
from survey.estimation.design import Design, build
from survey.estimation.result import Estimate, estimate, linearised


@dataclass(frozen=True)
class Sample:
    stratum: np.ndarray
    psu: np.ndarray
    weight: np.ndarray
    y: np.ndarray
    group: np.ndarray

    def design(self, **changes: object) -> Design:
        return build(self.weight, strata=self.stratum, psu=self.psu, **changes)  # type: ignore[arg-type]


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    n_strata = draw(st.integers(1, 4))
    units = [draw(st.integers(2, 4)) for _ in range(n_strata)]
    stratum, psu = [], []
    for h, count in enumerate(units):
        for i in range(count):
            size = int(random.integers(1, 6))
            stratum += [h] * size
            psu += [h * 10 + i] * size
    n = len(psu)
    return Sample(
        np.array(stratum),
        np.array(psu),
        random.uniform(0.5, 50, n),
        random.normal(10, 5, n).round(2),
        random.integers(0, 3, n),
    )


def only(figures: list[Estimate]) -> Estimate:
    (figure,) = figures
    return figure


@given(samples())
@settings(max_examples=60, deadline=None)
def test_a_domain_mean_is_the_ratio_of_two_totals(sample: Sample) -> None:
    design, inside = sample.design(), (sample.group == sample.group[0])
    mean = only(estimate(design, "mean", sample.y, domain=inside))
    ratio = only(estimate(design, "ratio", sample.y * inside, inside.astype(float)))
    assert (mean.estimate, mean.se) == pytest.approx((ratio.estimate, ratio.se), rel=1e-9, abs=1e-9)


@given(samples())
@settings(max_examples=60, deadline=None)
def test_the_totals_of_the_domains_add_up_and_so_do_their_covariances(sample: Sample) -> None:
    design = sample.design()
    whole = linearised(design, "total", sample.y)
    parts = [linearised(design, "total", sample.y, domain=sample.group == g) for g in range(3)]
    assert sum(p.value for p in parts) == pytest.approx(whole.value, rel=1e-9)
    matrix = kernel.covariance(design, np.column_stack([p.influence for p in parts]))
    assert matrix.sum() == pytest.approx(kernel.variances(design, whole.influence)[0], rel=1e-7, abs=1e-6)


@given(samples())
@settings(max_examples=40, deadline=None)
def test_a_census_has_no_variance(sample: Sample) -> None:
    counts = np.array([len(np.unique(sample.psu[sample.stratum == h])) for h in sample.stratum])
    figure = only(estimate(sample.design(fpc=counts), "mean", sample.y))
    assert figure.se == 0.0
    assert (figure.ci_low, figure.ci_high) == (figure.estimate, figure.estimate)
    assert "census" in figure.flags


@given(samples(), st.floats(0.001, 1000))
@settings(max_examples=60, deadline=None)
def test_scaling_the_weights_scales_totals_and_leaves_means(sample: Sample, factor: float) -> None:
    before = sample.design()
    after = build(sample.weight * factor, strata=sample.stratum, psu=sample.psu)
    mean, scaled = only(estimate(before, "mean", sample.y)), only(estimate(after, "mean", sample.y))
    assert (scaled.estimate, scaled.se) == pytest.approx((mean.estimate, mean.se), rel=1e-9, abs=1e-12)
    total, bigger = only(estimate(before, "total", sample.y)), only(estimate(after, "total", sample.y))
    assert (bigger.estimate, bigger.se) == pytest.approx((factor * total.estimate, factor * total.se), rel=1e-9)


@given(samples(), st.randoms())
@settings(max_examples=60, deadline=None)
def test_relabelling_units_and_shuffling_rows_changes_nothing(sample: Sample, random: object) -> None:
    order = np.random.default_rng(len(sample.y)).permutation(len(sample.y))
    names = np.array([f"unit {99 - p}" for p in sample.psu], dtype=object)
    other = build(sample.weight[order], strata=sample.stratum[order], psu=names[order])
    one, two = only(estimate(sample.design(), "mean", sample.y)), only(estimate(other, "mean", sample.y[order]))
    assert (one.estimate, one.se, one.df) == pytest.approx((two.estimate, two.se, two.df), rel=1e-9)


@given(samples())
@settings(max_examples=60, deadline=None)
def test_doubling_the_rows_within_units_doubles_totals_and_leaves_means(sample: Sample) -> None:
    twice = build(np.tile(sample.weight, 2), strata=np.tile(sample.stratum, 2), psu=np.tile(sample.psu, 2))
    mean, again = only(estimate(sample.design(), "mean", sample.y)), only(estimate(twice, "mean", np.tile(sample.y, 2)))
    assert (mean.estimate, mean.se) == pytest.approx((again.estimate, again.se), rel=1e-9)
    total = only(estimate(sample.design(), "total", sample.y))
    double = only(estimate(twice, "total", np.tile(sample.y, 2)))
    assert double.se == pytest.approx(2 * total.se, rel=1e-9)


@given(samples())
@settings(max_examples=40, deadline=None)
def test_without_clusters_strata_or_fpc_the_variance_is_the_textbook_one(sample: Sample) -> None:
    n = len(sample.y)
    figure = only(estimate(build(n_rows=n), "mean", sample.y))
    assert figure.se == pytest.approx(sample.y.std(ddof=1) / np.sqrt(n), rel=1e-9, abs=1e-12)
    assert figure.deff_replace == pytest.approx(1.0)


@given(samples())
@settings(max_examples=40, deadline=None)
def test_the_covariance_matrix_is_symmetric_with_the_variances_on_its_diagonal(sample: Sample) -> None:
    design = sample.design()
    columns = np.column_stack([sample.y, sample.y**2, np.ones_like(sample.y)]) * sample.weight[:, None]
    matrix = kernel.covariance(design, columns)
    assert np.allclose(matrix, matrix.T)
    assert np.allclose(np.diag(matrix), kernel.variances(design, columns))
    assert np.linalg.eigvalsh(matrix).min() > -1e-6 * np.trace(matrix)


@given(samples())
@settings(max_examples=40, deadline=None)
def test_rows_without_an_answer_count_as_outside_the_domain(sample: Sample) -> None:
    inside = sample.group != 1
    blank = np.where(inside, sample.y, np.nan)
    if not inside.any():
        return
    kept, dropped = estimate(sample.design(), "mean", sample.y, domain=inside), estimate(sample.design(), "mean", blank)
    assert (kept[0].estimate, kept[0].se, kept[0].n) == (dropped[0].estimate, dropped[0].se, dropped[0].n)
    assert dropped[0].df >= kept[0].df == dropped[0].df_answered


@given(samples())
@settings(max_examples=30, deadline=None)
def test_a_row_for_each_unit_gives_the_variance_of_all_rows(sample: Sample) -> None:
    design = sample.design()
    line = linearised(design, "mean", sample.y)
    totals = kernel.unit_totals(design.stages[0], line.influence.reshape(-1, 1))[:, 0]
    small = build(strata=design.stages[0].stratum, n_rows=len(totals))
    assert kernel.variances(small, totals)[0] == pytest.approx(kernel.variances(design, line.influence)[0], rel=1e-9)
