"""Sharing areas among people: even work, short ways, the same answer every time."""

from __future__ import annotations

import time

import numpy as np
import pytest

from survey.operations.balancing import NOBODY, Ints, Work, balance, plane, shares


def _work(areas: int, people: int, *, seed: int = 1, places: int = 28, held: bool = False) -> Work:
    """Return areas at a few places with 8 to 20 interviews each, everybody allowed everywhere."""
    rng = np.random.default_rng(seed)
    spots = rng.uniform(0, 40, (places, 2))
    present = rng.integers(0, people, areas) if held else np.full(areas, NOBODY)
    loads = rng.integers(8, 21, areas).astype(float)
    allowed = np.ones((areas, people), bool)
    return Work(spots[rng.integers(0, places, areas)], loads, present, np.zeros(areas, bool), allowed)


def _spread(work: Work, owner: Ints) -> float:
    loads = [share.interviews for share in shares(work, owner)]
    return max(loads) - min(loads)


def _mean_way(work: Work, owner: Ints) -> float:
    found = shares(work, owner)
    return sum(s.interviews * s.kilometres for s in found) / sum(s.interviews for s in found)


@pytest.mark.parametrize(("areas", "people"), [(90, 8), (180, 30), (600, 60), (10, 4)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nobody_has_more_than_one_area_above_anybody_else(areas: int, people: int, seed: int) -> None:
    work = _work(areas, people, seed=seed)
    owner = balance(work)
    assert (owner >= 0).all()
    assert _spread(work, owner) <= 1.5 * work.loads.max()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ways_are_much_shorter_than_those_of_dealing_out_in_turn(seed: int) -> None:
    work = _work(180, 12, seed=seed)
    in_turn = np.arange(180) % 12
    assert _mean_way(work, balance(work)) < 0.5 * _mean_way(work, in_turn)


def test_the_same_input_gives_the_same_answer() -> None:
    first, second = (balance(_work(300, 25, seed=4, held=True)) for _ in range(2))
    assert (first == second).all()


def test_fixed_areas_stay_and_count_as_work() -> None:
    work = _work(60, 3)
    fixed = np.arange(60) < 20
    present = np.where(fixed, 0, NOBODY)
    owner = balance(Work(work.places, work.loads, present, fixed, work.allowed))
    assert (owner[:20] == 0).all()
    assert _spread(work, owner) <= 1.5 * work.loads.max()
    assert (owner[20:] == 0).sum() < 5


def test_nobody_works_where_that_is_not_allowed_and_each_group_is_even() -> None:
    work = _work(90, 6)
    west = work.places[:, 0] < np.median(work.places[:, 0])
    allowed = np.where(np.arange(6)[None, :] < 2, west[:, None], ~west[:, None])
    owner = balance(Work(work.places, work.loads, work.present, work.fixed, allowed))
    assert allowed[np.arange(90), owner].all()
    loads = [share.interviews for share in shares(work, owner)]
    assert max(loads[:2]) - min(loads[:2]) <= 1.5 * work.loads.max()
    assert max(loads[2:]) - min(loads[2:]) <= 1.5 * work.loads.max()


def test_an_area_that_nobody_may_enter_stays_open() -> None:
    work = _work(5, 2)
    allowed = work.allowed.copy()
    allowed[3] = False
    owner = balance(Work(work.places, work.loads, work.present, work.fixed, allowed))
    assert owner[3] == NOBODY
    assert (np.delete(owner, 3) >= 0).all()


def test_an_even_and_near_assignment_is_left_as_it_is() -> None:
    places = np.repeat([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]], 4, axis=0)
    present = np.repeat([2, 0, 1], 4)
    work = Work(places, np.full(12, 10.0), present, np.zeros(12, bool), np.ones((12, 3), bool))
    assert (balance(work) == present).all()


def test_finished_areas_and_no_people_at_all_are_no_trouble() -> None:
    nothing = Work(np.zeros((3, 2)), np.zeros(3), np.full(3, NOBODY), np.zeros(3, bool), np.ones((3, 2), bool))
    assert (balance(nothing) >= 0).all()
    alone = Work(np.zeros((3, 2)), np.ones(3), np.full(3, NOBODY), np.zeros(3, bool), np.ones((3, 0), bool))
    assert (balance(alone) == NOBODY).all()


def test_a_hundred_kilometres_are_a_hundred_kilometres() -> None:
    places = plane(np.array([105.0, 105.0]), np.array([9.0, 10.0]))
    assert np.linalg.norm(places[1] - places[0]) == pytest.approx(110.57, abs=0.1)


def test_2500_areas_and_250_people_take_less_than_two_seconds_of_work() -> None:
    work = _work(2500, 250, held=True)
    start = time.process_time()
    owner = balance(work)
    assert time.process_time() - start < 2.0
    assert _spread(work, owner) <= 1.5 * work.loads.max()
