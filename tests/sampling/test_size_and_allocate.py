"""Sample sizes and allocations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.errors import Problem
from survey.sampling import allocate, size


def test_the_textbook_size_for_five_points() -> None:
    found = size.for_proportion(0.05)
    assert (found.respondents.tolist(), found.select.tolist()) == ([385], [385])


def test_design_effect_population_and_response_change_the_size() -> None:
    found = size.for_proportion([0.05, 0.05], population=[500, np.inf], design_effect=1.5, response_rate=0.8)
    needed = 1.5 * 1.959963984540054**2 * 0.25 / 0.0025
    assert found.respondents.tolist() == [int(np.ceil(needed / (1 + needed / 500))), int(np.ceil(needed))]
    assert found.select.tolist() == [int(np.ceil(found.respondents[0] / 0.8)), int(np.ceil(found.respondents[1] / 0.8))]


def test_a_population_is_never_exceeded() -> None:
    assert size.for_proportion(0.01, population=60, response_rate=0.5).select.tolist() == [60]


@given(st.floats(0.01, 0.2), st.floats(0.05, 0.95), st.floats(1, 4))
@settings(max_examples=60, deadline=None)
def test_the_half_width_of_the_size_is_the_one_asked_for(width: float, p: float, deff: float) -> None:
    found = size.for_proportion(width, proportion=p, design_effect=deff)
    assert size.half_width(found.respondents, proportion=p, design_effect=deff)[0] <= width * (1 + 1e-9)
    if found.respondents[0] > 1:
        assert size.half_width(found.respondents - 1, proportion=p, design_effect=deff)[0] > width * (1 - 1e-6)


def test_clusters_cost_precision_and_the_best_take_balances_costs() -> None:
    assert size.cluster_effect(11, 0.05).item() == pytest.approx(1.5)
    assert size.best_take(900, 100, 0.1) == pytest.approx(9.0)
    with pytest.raises(Problem):
        size.best_take(1, 1, 0)


@pytest.mark.parametrize("bad", [{"half_width": 0.0}, {"half_width": 2.0}, {"half_width": 0.1, "response_rate": 0.0}])
def test_impossible_plans_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(Problem):
        size.for_proportion(**bad)  # type: ignore[arg-type]


SIZES = np.array([10_000, 4_000, 1_000, 60, 5])


def test_proportional_allocation_follows_the_sizes() -> None:
    assert allocate.proportional(150, np.array([1000, 2000, 3000])).tolist() == [25, 50, 75]


def test_the_minimum_holds_and_small_strata_are_taken_whole() -> None:
    found = allocate.proportional(300, SIZES, minimum=30)
    assert found.sum() == 300
    assert found.tolist()[3:] == [30, 5]
    assert (found[:3] >= 30).all()


def test_power_allocation_lies_between_equal_and_proportional() -> None:
    sizes = np.array([8000, 2000])
    assert allocate.power(100, sizes, exponent=1).tolist() == [80, 20]
    assert allocate.power(100, sizes, exponent=0).tolist() == [50, 50]
    assert allocate.power(100, sizes, exponent=0.5).tolist() == [67, 33]


def test_neyman_allocation_minimises_the_variance_of_a_total_up_to_rounding() -> None:
    sizes, deviation = np.array([500.0, 300, 200]), np.array([1.0, 4, 9])
    best = allocate.neyman(60, sizes, deviation)

    def variance(n: np.ndarray) -> float:
        return float((sizes**2 * deviation**2 / n).sum())

    for i in range(3):
        for j in range(3):
            other = best.copy()
            other[i] += 1
            other[j] -= 1
            assert variance(best) <= variance(other) * 1.001


def test_dear_strata_get_less() -> None:
    sizes = np.array([1000.0, 1000])
    assert allocate.cost_optimal(90, sizes, np.array([1.0, 1]), np.array([1.0, 4])).tolist() == [60, 30]


def test_a_stratum_without_spread_can_still_be_filled() -> None:
    assert allocate.neyman(12, np.array([10.0, 10]), np.array([0.0, 1])).tolist() == [2, 10]


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=12), st.integers(0, 40), st.data())
@settings(max_examples=100, deadline=None)
def test_every_allocation_adds_up_within_its_limits(sizes: list[int], minimum: int, data: st.DataObject) -> None:
    array = np.array(sizes)
    least = np.minimum(array, minimum)
    n = data.draw(st.integers(int(least.sum()), int(array.sum())))
    for found in (
        allocate.proportional(n, array, minimum=minimum),
        allocate.power(n, array, exponent=0.3, minimum=minimum),
        allocate.neyman(n, array, array**0.5, minimum=minimum),
    ):
        assert found.sum() == n
        assert (found >= least).all()
        assert (found <= array).all()


def test_what_cannot_be_allocated_is_refused() -> None:
    with pytest.raises(Problem) as caught:
        allocate.proportional(9, np.array([4, 4]))
    assert caught.value.code == "allocation-impossible"
    with pytest.raises(Problem):
        allocate.proportional(9, np.array([40, 40]), minimum=8)
    with pytest.raises(Problem):
        allocate.proportional(9, np.array([40, 0]))
