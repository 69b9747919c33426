"""What holds for every draw whatever the frame: probabilities, repetition byte for byte, order and coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.sampling import allocate, select, size

FRAMES = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 400)), min_size=3, max_size=60)
SEEDS = st.integers(0, 2**32)


def seeded(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def frame(units: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray, dict[int, int]]:
    """Return strata, sizes and a sample size of about half of each stratum."""
    stratum, sizes = np.array([u[0] for u in units]), np.array([float(u[1]) for u in units])
    return stratum, sizes, {int(h): -(-int((stratum == h).sum()) // 2) for h in np.unique(stratum)}


@given(FRAMES, SEEDS, st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_stratified_draw_has_the_size_of_every_stratum_and_is_drawn_again(
    units: list[tuple[int, int]], seed: int, by_size: bool
) -> None:
    stratum, sizes, n = frame(units)
    order = select.implicit_order(stratum, sizes)
    one, two = (
        select.stratified(stratum, n, seeded(seed), size=sizes if by_size else None, order=order) for _ in range(2)
    )
    assert one.digest() == two.digest()
    assert one.units.tobytes() == two.units.tobytes()
    for label, wanted in n.items():
        assert one.inclusion[stratum == label].sum() == pytest.approx(wanted)
        assert (stratum[one.units] == label).sum() == wanted
    assert one.inclusion.sum() == pytest.approx(sum(n.values()))
    assert ((one.inclusion > 0) & (one.inclusion <= 1)).all()


@given(FRAMES, SEEDS, st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_two_stage_probabilities_multiply_and_no_element_is_taken_twice(
    units: list[tuple[int, int]], seed: int, take: int
) -> None:
    _, sizes, _ = frame(units)
    listed = sizes.astype(np.int64)
    first = select.proportional_to_size(sizes, max(len(units) // 3, 1), seeded(seed))
    one, two = (select.elements(first, listed, take, seeded(seed + 1)) for _ in range(2))
    assert one.element.tobytes() == two.element.tobytes()
    assert one.second.tobytes() == two.second.tobytes()
    pairs = set(zip(one.unit.tolist(), one.element.tolist(), strict=True))
    assert len(pairs) == len(one.unit) == int(np.minimum(listed[first.units], take).sum())
    assert one.probability == pytest.approx(first.inclusion[one.unit] * np.minimum(take / listed[one.unit], 1))
    for unit in first.units:
        assert one.second[one.unit == unit].sum() * listed[unit] / take == pytest.approx(
            min(listed[unit], take) ** 2 / take
        )


@given(FRAMES, SEEDS)
@settings(max_examples=60, deadline=None)
def test_a_systematic_draw_by_size_takes_from_every_run_of_the_order_what_is_due(
    units: list[tuple[int, int]], seed: int
) -> None:
    _, sizes, _ = frame(units)
    draw = select.proportional_to_size(sizes, max(len(units) // 3, 1), seeded(seed))
    taken = np.isin(np.arange(len(units)), draw.units)
    assert taken[draw.inclusion >= 1].all()
    due = np.cumsum(np.where(draw.inclusion >= 1, 0.0, draw.inclusion))
    got = np.cumsum(np.where(draw.inclusion >= 1, 0, taken))
    assert np.abs(got - due).max() < 1 + 1e-9


@given(FRAMES)
@settings(max_examples=60, deadline=None)
def test_serpentine_order_keeps_places_together_and_turns_at_every_border(units: list[tuple[int, int]]) -> None:
    place, number = np.array([u[0] for u in units]), np.array([u[1] for u in units])
    order = select.implicit_order(place, number)
    assert sorted(order.tolist()) == list(range(len(units)))
    assert (np.diff(place[order]) >= 0).all()
    for rank, label in enumerate(np.unique(place)):
        steps = np.diff(number[order][place[order] == label])
        assert (steps >= 0).all() if rank % 2 == 0 else (steps <= 0).all()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=50), SEEDS)
@settings(max_examples=60, deadline=None)
def test_one_eligible_member_is_taken_wherever_there_is_one(eligible: list[int], seed: int) -> None:
    counts = np.array(eligible)
    position, probability = select.within_household(counts, seeded(seed))
    again, _ = select.within_household(counts, seeded(seed))
    assert position.tobytes() == again.tobytes()
    assert ((position >= 0) == (counts > 0)).all()
    assert (position < np.maximum(counts, 1)).all()
    assert probability * counts == pytest.approx((counts > 0).astype(float))


@given(FRAMES, SEEDS, st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_reserves_are_apart_from_the_sample_and_in_the_same_order_again(
    units: list[tuple[int, int]], seed: int, wanted: int
) -> None:
    stratum, _, n = frame(units)
    draw = select.stratified(stratum, n, seeded(seed))
    among = np.flatnonzero(stratum == stratum[0])
    free = np.setdiff1d(among, draw.units)
    count = min(wanted, len(free))
    found = select.reserve(draw, count, seeded(seed), among=among)
    assert found.tobytes() == select.reserve(draw, count, seeded(seed), among=among).tobytes()
    assert set(found.tolist()) <= set(free.tolist())
    assert len(set(found.tolist())) == count
    longer = select.reserve(draw, len(free), seeded(seed), among=among)
    assert longer[:count].tolist() == found.tolist()


@given(st.lists(st.integers(20, 5000), min_size=2, max_size=8), SEEDS)
@settings(max_examples=60, deadline=None)
def test_cost_optimal_shares_are_no_worse_than_proportional_ones_for_the_money(sizes: list[int], seed: int) -> None:
    population = np.array(sizes, dtype=float)
    random = seeded(seed)
    deviation, cost = random.uniform(0.5, 4, len(sizes)), random.uniform(1, 9, len(sizes))
    n = max(10 * len(sizes), int(population.sum()) // 20)
    best = allocate.cost_optimal(n, population, deviation, cost, minimum=2)
    plain = allocate.proportional(n, population, minimum=2)

    def price(found: np.ndarray) -> float:
        """Return variance × cost, which only the shares decide."""
        return float((population**2 * deviation**2 / found).sum() * (cost * found).sum())

    assert best.sum() == plain.sum() == n
    if (best > 8).all():
        assert price(best) <= price(plain) * 1.02


@given(st.floats(0.01, 0.2), st.floats(0.05, 0.95), st.floats(1, 3), st.floats(0.3, 1), st.integers(50, 10**6))
@settings(max_examples=60, deadline=None)
def test_sizes_grow_with_the_design_effect_and_shrink_with_the_response(
    width: float, p: float, deff: float, rate: float, population: int
) -> None:
    plain = size.for_proportion(width, proportion=p, population=population)
    hard = size.for_proportion(width, proportion=p, population=population, design_effect=deff, response_rate=rate)
    assert plain.respondents[0] <= hard.respondents[0] <= population
    assert hard.respondents[0] <= hard.select[0] <= population
    if hard.select[0] < population:
        assert hard.select[0] * rate >= hard.respondents[0] - 1e-6
