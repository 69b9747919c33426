"""Non-response: what is shared out to whom, when classes join, and AAPOR's rates on a worked example."""

from __future__ import annotations

import numpy as np
import pytest

from survey.pipeline import weighting
from survey.pipeline.weighting import (
    COMPLETE,
    INELIGIBLE,
    NOT_CONTACTED,
    OTHER,
    PARTIAL,
    REFUSED,
    UNKNOWN,
    ClassRule,
    adjust_persons,
    adjust_units,
    dispositions,
    response_summary,
    step_summary,
)

ANY_SIZE = ClassRule(respondents=1, factor=100.0)


def test_with_full_response_nothing_changes() -> None:
    weight = np.array([2.0, 3.0, 4.0])
    step = adjust_units(weight, np.array([COMPLETE, PARTIAL, COMPLETE]), (np.array(["a", "a", "b"]),), ANY_SIZE)
    assert step.factor.tolist() == [1.0, 1.0, 1.0]


def test_respondents_stand_for_the_eligible_of_their_class() -> None:
    weight = np.array([10.0, 10.0, 20.0, 5.0])
    step = adjust_units(
        weight, np.array([COMPLETE, REFUSED, COMPLETE, NOT_CONTACTED]), (np.array(["a", "a", "b", "b"]),), ANY_SIZE
    )
    assert (weight * step.factor).tolist() == pytest.approx([20.0, 0.0, 25.0, 0.0])


def test_unknown_eligibility_is_shared_between_eligible_and_ineligible() -> None:
    weight = np.full(10, 1.0)
    outcome = np.array([COMPLETE] * 6 + [INELIGIBLE] * 2 + [UNKNOWN] * 2)
    step = adjust_units(weight, outcome, (np.full(10, "a"),), ANY_SIZE)
    # Eight known units stand for ten; six of them are eligible: 6 × 10/8 = 7.5.
    assert (weight * step.factor).sum() == pytest.approx(7.5)


def test_a_class_with_few_respondents_joins_its_family_only() -> None:
    small, big = ["a1"] * 3, ["a2"] * 30
    other = ["b1"] * 30
    label = np.array(small + big + other)
    family = np.array(["a"] * 33 + ["b"] * 30)
    outcome = np.array([COMPLETE, COMPLETE, REFUSED] + [COMPLETE] * 20 + [REFUSED] * 10 + [COMPLETE] * 30)
    step = adjust_units(np.ones(63), outcome, (label, family), ClassRule(respondents=20, factor=3.0))
    assert set(step.label[:33].tolist()) == {"a*"}
    assert set(step.label[33:].tolist()) == {"b1"}
    assert step.factor[0] == pytest.approx(33 / 22)
    assert [entry["class"] for entry in step.classes] == ["a*", "b1"]


def test_a_class_nobody_answered_in_joins_until_somebody_did() -> None:
    outcome = np.array([REFUSED] * 4 + [COMPLETE] * 4)
    step = adjust_units(
        np.ones(8),
        outcome,
        (np.array(["a"] * 4 + ["b"] * 4), np.array(["x"] * 4 + ["y"] * 4), np.full(8, "all")),
        ANY_SIZE,
    )
    assert (step.factor[4:] == 2.0).all()
    assert (np.ones(8) * step.factor).sum() == pytest.approx(8)


def test_selected_persons_who_answered_stand_for_those_who_did_not() -> None:
    weight = np.array([4.0, 6.0, 0.0, 10.0])
    selected, answered = np.array([True, True, False, True]), np.array([True, False, False, True])
    step = adjust_persons(weight, selected, answered, (np.array(["a", "a", "a", "b"]),), ANY_SIZE)
    assert (weight * step.factor).tolist() == pytest.approx([10.0, 0.0, 0.0, 10.0])


def test_a_record_that_is_not_approved_is_never_an_answer() -> None:
    outcome = np.array(["11", "11", "12", "21", "", "41", "31"])
    record = np.array(["approved", "received", "rejected", "approved", "", "approved", "approved"])
    assert dispositions(outcome, record).tolist() == [COMPLETE, OTHER, OTHER, REFUSED, UNKNOWN, INELIGIBLE, UNKNOWN]


def test_response_rates_follow_the_standard_definitions() -> None:
    outcome = np.array(
        [COMPLETE] * 60
        + [PARTIAL] * 10
        + [REFUSED] * 8
        + [NOT_CONTACTED] * 7
        + [OTHER] * 5
        + [UNKNOWN] * 10
        + [INELIGIBLE] * 10
    )
    found = response_summary("household", 1000, np.ones(len(outcome)), outcome)
    rates = found["rates"]
    assert found["eligible_share"] == pytest.approx(0.9)
    assert rates["RR1"] == pytest.approx(60.0)
    assert rates["RR2"] == pytest.approx(70.0)
    assert rates["RR3"] == pytest.approx(100 * 60 / 99)
    assert rates["RR4"] == pytest.approx(100 * 70 / 99)
    assert rates["RR5"] == pytest.approx(100 * 60 / 90)
    assert rates["RR6"] == pytest.approx(100 * 70 / 90)


def test_a_step_is_described_by_its_positive_weights() -> None:
    found = step_summary("household", "base", np.array([0.0, 1.0, 3.0]))
    assert (found["n"], found["total"], found["least"], found["greatest"]) == (2, 4.0, 1.0, 3.0)
    assert found["design_effect"] == pytest.approx(2 * 10 / 16)


def test_every_result_code_of_the_instruments_has_a_disposition() -> None:
    known = {"11", "12", "21", "22", "23", "24", "26", "31", "32", "41", "42", "43", "44", "45"}
    assert set(weighting.RESULT_CODES) == known
