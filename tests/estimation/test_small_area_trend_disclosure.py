"""Fay–Herriot, trend and complementary suppression against definitions and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from survey.errors import Problem
from survey.estimation import disclosure, small_area, trend
from survey.estimation.disclosure import Equation


def areas(seed: int, between: float = 0.02, m: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    x = np.column_stack([np.ones(m), random.uniform(0, 1, m)])
    variance = random.uniform(0.005, 0.05, m)
    truth = x @ np.array([0.4, 0.3]) + random.normal(0, np.sqrt(between), m)
    return truth + random.normal(0, np.sqrt(variance)), variance, x, truth


def restricted_likelihood(between: float, direct: np.ndarray, variance: np.ndarray, x: np.ndarray) -> float:
    weight = 1 / (between + variance)
    information = x.T @ (x * weight[:, None])
    beta = np.linalg.solve(information, x.T @ (weight * direct))
    fit = float((weight * (direct - x @ beta) ** 2).sum())
    return -0.5 * (-np.log(weight).sum() + np.linalg.slogdet(information)[1] + fit)


@pytest.mark.parametrize("seed", range(5))
def test_the_between_variance_maximises_the_restricted_likelihood(seed: int) -> None:
    direct, variance, x, _ = areas(seed)
    found = small_area.fay_herriot(direct, variance, x)
    best = minimize_scalar(
        lambda v: -restricted_likelihood(v, direct, variance, x),
        bounds=(0, 1),
        method="bounded",
        options={"xatol": 1e-12},
    )
    assert found.between == pytest.approx(best.x, rel=1e-4)


def test_predictions_lie_between_the_direct_estimate_and_the_regression() -> None:
    direct, variance, x, _ = areas(1)
    found = small_area.fay_herriot(direct, variance, x)
    fitted = x @ found.coefficient
    assert found.estimate == pytest.approx(found.gamma * direct + (1 - found.gamma) * fitted)
    assert ((found.gamma > 0) & (found.gamma < 1)).all()


def test_the_mean_squared_error_is_right_on_average_and_smaller_than_the_sampling_variance() -> None:
    squared, stated, direct_squared = [], [], []
    for seed in range(300):
        direct, variance, x, truth = areas(seed)
        found = small_area.fay_herriot(direct, variance, x)
        squared.append(((found.estimate - truth) ** 2).mean())
        stated.append(found.mse.mean())
        direct_squared.append(((direct - truth) ** 2).mean())
    assert np.mean(stated) == pytest.approx(np.mean(squared), rel=0.06)
    assert np.mean(squared) < 0.75 * np.mean(direct_squared)


def test_without_variation_between_areas_the_prediction_is_synthetic_and_says_so() -> None:
    x = np.column_stack([np.ones(10), np.arange(10.0)])
    found = small_area.fay_herriot(x @ np.array([1.0, 2]), np.full(10, 0.5), x)
    assert found.synthetic
    assert found.between == 0.0
    assert found.estimate == pytest.approx(x @ np.array([1.0, 2]))


def test_an_area_without_a_sample_gets_the_regression_and_a_larger_error() -> None:
    direct, variance, x, _ = areas(2)
    direct[0] = np.nan
    found = small_area.fay_herriot(direct, variance, x)
    assert found.gamma[0] == 0.0
    assert found.estimate[0] == pytest.approx(x[0] @ found.coefficient)
    assert found.mse[0] > found.between


def test_benchmarked_predictions_add_up_to_the_direct_total() -> None:
    direct, variance, x, _ = areas(3)
    size = np.arange(1.0, 41.0)
    adjusted = small_area.benchmarked(small_area.fay_herriot(direct, variance, x), size, 500.0)
    assert (size * adjusted).sum() == pytest.approx(500.0)


def test_too_few_areas_or_a_variance_of_zero_are_refused() -> None:
    direct, variance, x, _ = areas(4)
    with pytest.raises(Problem):
        small_area.fay_herriot(direct[:3], variance[:3], x[:3])
    variance[5] = 0.0
    with pytest.raises(Problem):
        small_area.fay_herriot(direct, variance, x)


def test_smoothed_variances_follow_one_design_effect() -> None:
    n, p = np.array([50.0, 100, 200]), np.array([0.3, 0.35, 0.4])
    raw = 1.7 * p * (1 - p) / n
    smooth = small_area.smooth_variances(raw, n, p)
    assert smooth * n == pytest.approx(np.full(3, (smooth * n)[0]))
    assert (smooth * n).sum() == pytest.approx((raw * n).sum())


def test_two_rounds_are_joined_by_a_line_on_the_logit_scale() -> None:
    years, values = np.array([2024.0, 2026]), np.array([0.5, 0.6])
    found = trend.project(years, values, np.diag([0.0004, 0.0004]), 2030.0, target=0.8)
    odds = np.log(0.6 / 0.4)
    assert found.value == pytest.approx(1 / (1 + np.exp(-3 * odds)))
    assert found.ci_low < found.value < found.ci_high < 1
    assert 0 < found.probability < 0.5
    assert found.freedom == 0


def test_rounds_that_share_units_give_a_steadier_slope() -> None:
    years, values = np.array([2024.0, 2026]), np.array([0.5, 0.6])
    apart = trend.project(years, values, np.array([[4e-4, 0], [0, 4e-4]]), 2030.0)
    shared = trend.project(years, values, np.array([[4e-4, 2e-4], [2e-4, 4e-4]]), 2030.0)
    assert shared.slope_se < apart.slope_se


def test_a_trend_on_its_own_scale_is_weighted_least_squares() -> None:
    years, values = np.array([1.0, 2, 3]), np.array([10.0, 13, 15])
    found = trend.project(years, values, np.eye(3), 4.0, proportion=False)
    assert found.value == pytest.approx(np.polyval(np.polyfit(years, values, 1), 4.0))
    assert found.chi_square == pytest.approx(((values - np.polyval(np.polyfit(years, values, 1), years)) ** 2).sum())


def test_one_round_has_no_trend() -> None:
    with pytest.raises(Problem):
        trend.project(np.array([2026.0]), np.array([0.5]), np.eye(1), 2030.0)


TABLE = [Equation("all", ("a", "b", "c")), Equation("old", ("a", "b")), Equation("rest", ("c",))]


def test_one_hidden_cell_follows_from_its_margin() -> None:
    assert disclosure.solvable({"a"}, TABLE) == ["a"]
    assert disclosure.solvable({"a", "c"}, [Equation("all", ("a", "b", "c"))]) == []
    assert disclosure.solvable({"a", "c"}, TABLE) == ["a", "c"]


def test_the_cheapest_partner_is_hidden_until_nothing_can_be_solved() -> None:
    equations = [Equation("all", ("a", "b", "c", "d"))]
    found = disclosure.complete({"a"}, equations, {"a": 1, "b": 50, "c": 20, "d": 90})
    assert found == {"a": "primary", "c": "complementary"}


def test_two_geographies_of_the_same_people_are_protected_together() -> None:
    equations = [
        Equation("old1", ("c1", "c2")),
        Equation("old2", ("c3", "c4")),
        Equation("new1", ("c1", "c3")),
        Equation("new2", ("c2", "c4")),
        Equation("all", ("old1", "old2")),
        Equation("all", ("new1", "new2")),
    ]
    cost = {"c1": 5, "c2": 40, "c3": 50, "c4": 60, "old1": 900, "old2": 900, "new1": 900, "new2": 900}
    found = disclosure.complete({"c1"}, equations, cost)
    assert found == {"c1": "primary", "c2": "complementary", "c3": "complementary", "c4": "complementary"}
    assert disclosure.solvable(set(found), equations) == []
    assert disclosure.solvable({"c1", "c2"}, equations) == ["c1", "c2"]


def test_a_cell_that_cannot_be_protected_is_reported_as_exposed() -> None:
    assert disclosure.complete({"a"}, [Equation("all", ("a", "b"))], {}) == {"a": "exposed"}


def _sums(**vectors: list[float]) -> disclosure.Sums:
    width = len(next(iter(vectors.values())))
    return disclosure.Sums({key: np.array(value, dtype=float) for key, value in vectors.items()}, np.zeros((0, width)))


def test_a_figure_follows_from_any_combination_of_the_others() -> None:
    """a + b and b + c and a + c give 2b, so b follows although no published figure differs from it by one step."""
    sums = _sums(b=[0, 1, 0], ab=[1, 1, 0], bc=[0, 1, 1], ac=[1, 0, 1])
    assert disclosure.derivable(sums, ["b"]) == ["b"]
    found = disclosure.protect(sums, ["b"], {"ab": 5, "bc": 3, "ac": 4})
    assert found == {"b": "primary", "bc": "complementary"}
    assert disclosure.derivable(sums, found) == []


def test_a_known_relation_gives_figures_away_as_a_published_one_does() -> None:
    sums = _sums(men=[1, 0, 0, 0], women=[0, 1, 0, 0], young=[0, 0, 1, 0], old=[0, 0, 0, 1])
    same = disclosure.Sums(sums.vectors, np.array([[1.0, 1, -1, -1]]))
    assert disclosure.derivable(sums, ["men"]) == []
    assert disclosure.derivable(same, ["men"]) == ["men"]


def test_a_figure_that_only_untouchable_ones_protect_is_reported_as_exposed() -> None:
    sums = _sums(a=[1, 0], b=[0, 1], whole=[1, 1])
    assert disclosure.protect(sums, ["a"], {}) == {"a": "exposed"}


def test_sampling_variances_of_agreeing_cases_are_not_smoothed() -> None:
    nothing = small_area.smooth_variances(np.array([0.0, 0.0]), np.array([10.0, 12]), np.array([1.0, 1.0]))
    assert np.isnan(nothing).all()


def test_scoring_that_would_jump_to_and_fro_at_the_boundary_settles_on_the_maximum() -> None:
    """A few precise areas among vague ones: a plain step from 0 overshoots, and the next one falls back to 0."""
    jumped = 0
    for seed in range(400):
        random = np.random.default_rng(seed)
        variance = np.concatenate([random.uniform(0.0005, 0.002, 4), random.uniform(0.05, 0.25, 60)])
        x = np.column_stack([np.ones(64), random.uniform(0, 1, 64)])
        direct = x @ np.array([0.4, 0.2]) + random.normal(0, np.sqrt(0.0008 + variance))
        found = small_area.fay_herriot(direct, variance, x).between
        step = max(found * 0.02, 1e-6)
        here = restricted_likelihood(found, direct, variance, x)
        assert here >= restricted_likelihood(found + step, direct, variance, x) - 1e-9
        assert found == 0.0 or here >= restricted_likelihood(max(found - step, 0.0), direct, variance, x) - 1e-9
        jumped += found > 0
    assert jumped > 50
