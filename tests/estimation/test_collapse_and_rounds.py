"""Collapsed strata, and differences between rounds that share sampling units."""

from __future__ import annotations

import numpy as np
import pytest

from survey.estimation import contrast
from survey.estimation.collapse import collapse_strata
from survey.estimation.contrast import Target
from survey.estimation.design import build
from survey.estimation.result import estimate

STRATA = np.array(["a", "a", "b", "c", "c", "d"], dtype=object)
PSU = np.array([1, 2, 1, 1, 2, 1])


def test_a_lonely_stratum_joins_the_next_one_and_the_last_the_one_before() -> None:
    assert collapse_strata(STRATA, PSU).tolist() == ["a", "a", "b+c+d", "b+c+d", "b+c+d", "b+c+d"]


def test_declared_neighbours_decide_what_is_joined() -> None:
    found = collapse_strata(STRATA, PSU, neighbours=["b", "a", "d", "c"])
    assert found.tolist() == ["b+a", "b+a", "b+a", "d+c", "d+c", "d+c"]


def test_strata_with_two_units_stay_as_they_are() -> None:
    strata = np.array([1, 1, 2, 2])
    assert collapse_strata(strata, np.array([1, 2, 1, 2])).tolist() == [1, 1, 2, 2]


def test_a_collapsed_design_has_a_variance_without_any_rule() -> None:
    collapsed = collapse_strata(STRATA, PSU)
    units = np.array([f"{s}{p}" for s, p in zip(STRATA, PSU, strict=True)])
    assert estimate(build(strata=collapsed, psu=units), "mean", np.arange(6.0))[0].se > 0


def test_rounds_that_share_units_have_a_smaller_difference_than_their_variances_alone_say() -> None:
    random = np.random.default_rng(8)
    area = np.repeat(np.arange(40), 10)
    level = random.normal(0.5, 0.15, 40)
    first, second = (np.clip(random.normal(level[area] + shift, 0.1), 0, 1) for shift in (0.0, 0.05))
    y, psu = np.concatenate([first, second]), np.concatenate([area, area])
    is_second = np.arange(800) >= 400
    both = contrast.joint(build(psu=psu), [Target("mean", y, None, is_second), Target("mean", y, None, ~is_second)])
    change = contrast.difference(both)
    assert change.estimate == pytest.approx(second.mean() - first.mean())
    assert change.se < 0.5 * np.sqrt((both.se**2).sum())


def test_a_linear_contrast_of_domains_is_the_sum_of_its_parts() -> None:
    y, group = np.arange(30.0), np.arange(30) % 3
    design = build(psu=np.arange(30) // 2)
    parts = contrast.joint(design, [Target("total", y, None, group == g) for g in range(3)])
    whole = contrast.linear(parts, [1, 1, 1])
    wanted = estimate(design, "total", y)[0]
    assert (whole.estimate, whole.se) == pytest.approx((wanted.estimate, wanted.se))
    assert (whole.ci_low, whole.ci_high) == pytest.approx((wanted.ci_low, wanted.ci_high))


def test_truth_values_and_whole_numbers_are_estimated_like_floats() -> None:
    yes = np.array([True, False, True, True])
    design = build(n_rows=4)
    figures = [estimate(design, "proportion", y)[0] for y in (yes, yes.astype(int), yes.astype(float))]
    assert figures[0] == figures[1] == figures[2]
