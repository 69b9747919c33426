"""Draws: inclusion probabilities, repeatability, order and limits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.errors import Problem
from survey.sampling import select
from survey.sampling.select import Draw

SIZE = np.array([3.0, 1, 2, 40, 5, 4, 2, 2, 6, 1])


def seeded(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def frequencies(draw: Callable[[np.random.Generator], Draw], runs: int = 20_000) -> np.ndarray:
    random, counts = seeded(1), None
    for _ in range(runs):
        found = draw(random)
        hits = np.bincount(found.units, minlength=len(found.inclusion))
        counts = hits if counts is None else counts + hits
    assert counts is not None
    return counts / runs


@pytest.mark.parametrize(
    "draw",
    [
        lambda random: select.simple_random(7, 3, random),
        lambda random: select.systematic(7, 3, random),
        lambda random: select.proportional_to_size(SIZE, 4, random),
        lambda random: select.stratified(np.repeat(["a", "b"], 5), {"a": 2, "b": 1}, random, size=SIZE),
    ],
)
def test_units_are_selected_as_often_as_their_inclusion_probability_says(
    draw: Callable[[np.random.Generator], Draw],
) -> None:
    inclusion = draw(seeded(0)).inclusion
    assert np.abs(frequencies(draw, 6_000) - inclusion).max() < 0.025


@given(st.integers(0, 2**32), st.integers(1, 40), st.data())
@settings(max_examples=80, deadline=None)
def test_probabilities_sum_to_n_and_no_unit_is_taken_twice(seed: int, n_frame: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(0, n_frame))
    size = seeded(seed).lognormal(0, 2, n_frame)
    for draw in (
        select.simple_random(n_frame, n, seeded(seed)),
        select.systematic(n_frame, n, seeded(seed)),
        select.proportional_to_size(size, n, seeded(seed)),
    ):
        assert draw.inclusion.sum() == pytest.approx(n)
        assert len(np.unique(draw.units)) == len(draw.units) == n
        assert (draw.inclusion <= 1).all()


def test_a_seed_repeats_a_draw_byte_for_byte() -> None:
    stratum = np.repeat(["x", "y"], 5)
    one, two = (select.stratified(stratum, {"x": 2, "y": 3}, seeded(9), size=SIZE) for _ in range(2))
    assert one.digest() == two.digest()
    other = select.stratified(stratum, {"x": 2, "y": 3}, seeded(10), size=SIZE)
    assert one.digest() != other.digest()


def test_the_draw_in_a_stratum_does_not_depend_on_the_other_strata_sample_sizes() -> None:
    stratum = np.repeat(["x", "y"], 50)
    one = select.stratified(stratum, {"x": 5, "y": 5}, seeded(3))
    two = select.stratified(stratum, {"x": 5, "y": 9}, seeded(3))
    assert np.array_equal(one.units[one.units < 50], two.units[two.units < 50])


def test_units_larger_than_the_interval_are_certain() -> None:
    draw = select.proportional_to_size(SIZE, 4, seeded(2))
    assert draw.inclusion[3] == 1.0
    assert 3 in draw.units
    assert draw.certain.sum() == 1
    assert draw.inclusion[[0, 8]] == pytest.approx([3 * 3 / 26, 3 * 6 / 26])


def test_taking_everything_makes_everything_certain() -> None:
    draw = select.proportional_to_size(SIZE, 10, seeded(2))
    assert draw.weight.tolist() == [1.0] * 10


def test_the_two_stage_draw_weights_every_element_alike_when_sizes_are_exact() -> None:
    listed = np.array([50, 100, 150, 200, 80, 120])
    first = select.proportional_to_size(listed.astype(float), 3, seeded(4))
    draw = select.elements(first, listed, 10, seeded(5))
    assert len(draw.unit) == 30
    assert draw.weight == pytest.approx(np.full(30, 700 / 30))
    assert (draw.element < listed[draw.unit]).all()


def test_a_small_unit_gives_all_its_elements() -> None:
    first = select.simple_random(2, 2, seeded(0))
    draw = select.elements(first, np.array([4, 30]), 10, seeded(1))
    assert (draw.unit == 0).sum() == 4
    assert draw.probability[draw.unit == 0] == pytest.approx(1.0)


def test_implicit_order_turns_back_and_forth() -> None:
    district = np.array([1, 1, 1, 2, 2, 2])
    commune = np.array([3, 1, 2, 1, 3, 2])
    assert select.implicit_order(district, commune).tolist() == [1, 2, 0, 4, 5, 3]


def test_a_systematic_draw_spreads_over_the_order() -> None:
    order = select.implicit_order(np.tile([2, 1], 50))
    draw = select.stratified(np.zeros(100), {0.0: 10}, seeded(6), order=order)
    assert (draw.units % 2 == 0).sum() == 5


def test_reserves_are_units_that_were_not_selected() -> None:
    draw = select.simple_random(20, 5, seeded(0))
    found = select.reserve(draw, 4, seeded(1))
    assert len(set(found) & set(draw.units)) == 0
    assert len(set(found)) == 4


def test_every_eligible_member_is_equally_likely() -> None:
    position, probability = select.within_household(np.array([0, 1, 4] * 4000), seeded(0))
    assert (position[::3] == -1).all()
    assert (position[1::3] == 0).all()
    assert np.bincount(position[2::3]) / 4000 == pytest.approx([0.25] * 4, abs=0.03)
    assert probability[:3].tolist() == [0.0, 1.0, 0.25]


def test_more_than_the_stratum_holds_is_refused_and_named() -> None:
    with pytest.raises(Problem) as caught:
        select.stratified(np.array(["a", "a", "b"]), {"a": 1, "b": 2}, seeded(0))
    assert (caught.value.details["stratum"], caught.value.details["available"]) == ("b", 1)
    with pytest.raises(Problem):
        select.proportional_to_size(np.array([1.0, 0.0]), 1, seeded(0))


def test_a_stratum_that_nobody_gave_a_size_is_refused_but_zero_leaves_it_out() -> None:
    stratum = np.array(["a", "a", "b"])
    with pytest.raises(Problem) as caught:
        select.stratified(stratum, {"a": 1}, seeded(0))
    assert (caught.value.code, caught.value.details["stratum"]) == ("stratum-without-size", "b")
    assert select.stratified(stratum, {"a": 1, "b": 0}, seeded(0)).inclusion.tolist() == [0.5, 0.5, 0.0]
