"""Weighting steps: what they keep, what they move, what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.errors import Problem
from survey.estimation import weight as weighting
from survey.estimation.design import build
from survey.estimation.weight import Outcome

GROUP = np.array(["a"] * 4 + ["b"] * 4, dtype=object)
WEIGHT = np.array([10.0, 10, 20, 20, 5, 5, 5, 5])


def test_design_weights_multiply_the_stages() -> None:
    found = weighting.design_weight(np.array([0.5, 0.1]), np.array([0.2, 1.0]))
    assert found == pytest.approx([10.0, 10.0])
    with pytest.raises(Problem):
        weighting.design_weight(np.array([0.5, 0.0]))


def test_respondents_take_over_the_weight_of_their_class() -> None:
    responded = np.array([1, 0, 1, 1, 1, 1, 1, 1], dtype=bool)
    step = weighting.response_classes(WEIGHT, np.ones(8, dtype=bool), responded, GROUP, min_respondents=1)
    assert step.weight == pytest.approx(WEIGHT * responded * np.array([60 / 50] * 4 + [1.0] * 4))
    assert [(c.label, c.units, c.respondents) for c in step.classes] == [("a", 4, 3), ("b", 4, 4)]
    assert step.before.total == pytest.approx(step.after.total)


def test_ineligible_units_keep_their_weight_out_of_the_adjustment() -> None:
    eligible = np.array([1, 1, 1, 0, 1, 1, 1, 1], dtype=bool)
    responded = np.array([1, 0, 1, 0, 1, 1, 1, 1], dtype=bool)
    step = weighting.response_classes(WEIGHT, eligible, responded, GROUP, min_respondents=1)
    assert step.weight[3] == 20
    assert step.weight[:3] == pytest.approx([10 * 40 / 30, 0, 20 * 40 / 30])


def test_small_classes_are_merged_with_their_neighbour() -> None:
    group = np.repeat(np.array(["x", "y", "z"], dtype=object), [30, 5, 30])
    responded = np.ones(65, dtype=bool)
    responded[:3] = False
    merged = weighting.collapse(np.ones(65), np.ones(65, dtype=bool), responded, group, min_respondents=20)
    assert set(merged) == {"x", "y+z"}
    other = weighting.collapse(
        np.ones(65), np.ones(65, dtype=bool), responded, group, min_respondents=20, neighbours=["z", "y", "x"]
    )
    assert set(other) == {"z", "y+x"}


def test_a_factor_that_is_too_large_merges_classes() -> None:
    group = np.repeat(np.array(["x", "y"], dtype=object), 40)
    responded = np.arange(80) % 40 < np.where(np.arange(80) < 40, 10, 40)
    merged = weighting.collapse(np.ones(80), np.ones(80, dtype=bool), responded, group, 5, 3.0)
    assert set(merged) == {"x+y"}


def test_a_class_where_nobody_answered_is_refused_when_nothing_is_left_to_merge() -> None:
    nobody = np.zeros(8, dtype=bool)
    with pytest.raises(Problem) as caught:
        weighting.response_classes(WEIGHT, ~nobody, nobody, GROUP)
    assert caught.value.code == "class-without-respondents"


def test_unknown_eligibility_is_shared_by_eligible_and_ineligible() -> None:
    outcome = np.array([1, 6, 7, 3, 1, 1, 6, 6])
    step = weighting.unknown_eligibility(WEIGHT, outcome, GROUP)
    assert step.weight == pytest.approx([12, 0, 24, 24, 10, 10, 0, 0])


def test_response_rates_are_those_of_the_definitions() -> None:
    kinds = [Outcome.COMPLETE] * 50 + [Outcome.PARTIAL] * 5 + [Outcome.REFUSAL] * 20 + [Outcome.NON_CONTACT] * 10
    kinds += [Outcome.OTHER] * 5 + [Outcome.UNKNOWN_ELIGIBILITY] * 30 + [Outcome.INELIGIBLE] * 10
    rates = weighting.response_rates(np.array(kinds))
    assert rates["RR1"] == pytest.approx(50 / 120)
    assert rates["RR2"] == pytest.approx(55 / 120)
    assert rates["RR3"] == pytest.approx(50 / (90 + 0.9 * 30))
    assert rates["RR4"] == pytest.approx(55 / (90 + 0.9 * 30))
    assert rates["RR5"] == pytest.approx(50 / 90)
    assert rates["RR6"] == pytest.approx(55 / 90)
    assert weighting.response_rates(np.array(kinds), eligible_share=0.0)["RR3"] == rates["RR5"]


def test_propensity_classes_have_equal_weight_and_correct_a_skewed_response() -> None:
    random = np.random.default_rng(4)
    x = random.normal(0, 1, 4000)
    design = build(random.uniform(1, 3, 4000))
    responded = random.random(4000) < 1 / (1 + np.exp(-x))
    chance = weighting.propensity(design, responded, [x], ["x"])
    classes = weighting.propensity_classes(chance, design.weight, 5)
    shares = np.bincount(classes, weights=design.weight) / design.weight.sum()
    assert shares == pytest.approx(np.full(5, 0.2), abs=0.01)
    step = weighting.response_classes(
        design.weight, np.ones(4000, dtype=bool), responded, classes, min_respondents=20, max_factor=10
    )
    full = np.average(x, weights=design.weight)
    naive = np.average(x[responded], weights=design.weight[responded])
    adjusted = np.average(x, weights=step.weight)
    assert abs(adjusted - full) < 0.2 * abs(naive - full)


def test_equal_chances_stay_in_one_class() -> None:
    classes = weighting.propensity_classes(np.full(10, 0.5), np.ones(10), 5)
    assert set(classes.tolist()) == {0}


@given(st.integers(0, 2**32 - 1), st.floats(1.5, 5))
@settings(max_examples=60, deadline=None)
def test_trimming_keeps_the_sum_of_every_group_and_obeys_the_limit(seed: int, multiple: float) -> None:
    random = np.random.default_rng(seed)
    weight, group = random.lognormal(0, 1, 60), random.integers(0, 3, 60)
    step, cut = weighting.trim(weight, group, above_median=multiple)
    for g in range(3):
        rows = group == g
        assert step.weight[rows].sum() == pytest.approx(weight[rows].sum())
        if not cut[rows].all():
            assert step.weight[rows].max() <= multiple * np.median(weight[rows]) * (1 + 1e-9)
    assert step.after.kish <= step.before.kish + 1e-9
    assert (step.weight > 0).all()


def test_kish_counts_what_unequal_weights_cost() -> None:
    found = weighting.summarise(np.array([1.0, 1, 1, 3, 0]))
    assert (found.n, found.total) == (4, 6.0)
    assert found.n_effective == pytest.approx(36 / 12)
    assert weighting.summarise(np.zeros(2)).n == 0


def test_the_selected_member_stands_for_the_household() -> None:
    assert weighting.selected_member(np.array([10.0, 10]), np.array([3, 14])).tolist() == [30.0, 100.0]
    with pytest.raises(Problem):
        weighting.selected_member(np.array([10.0]), np.array([0]))
