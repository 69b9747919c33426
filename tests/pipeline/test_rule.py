"""Rules as data: three values, and what an unknown part may and may not decide."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from survey.errors import Problem
from survey.pipeline.rule import NO, UNKNOWN, YES, columns_of, evaluate, formula

ANSWERS = {
    "code": np.array(["1", "2", "8", "9", ""]),
    "codes": np.array(["1 3", "2", "14", "10", ""]),
    "months": np.array(["215", "216", "217", "abc", ""]),
    "amount": np.array([10.0, 75.0, 75.5, np.nan, 0.0]),
}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"item": "code", "in": [1]}, [YES, NO, NO, NO, UNKNOWN]),
        ({"item": "code", "in": [1], "no": [2]}, [YES, NO, UNKNOWN, UNKNOWN, UNKNOWN]),
        ({"item": "code", "in": [1], "unknown": [8]}, [YES, NO, UNKNOWN, NO, UNKNOWN]),
        ({"item": "codes", "has": [1, 2]}, [YES, YES, NO, NO, UNKNOWN]),
        ({"item": "months", "from": 216}, [NO, YES, YES, UNKNOWN, UNKNOWN]),
        ({"item": "months", "below": 216}, [YES, NO, NO, UNKNOWN, UNKNOWN]),
        ({"item": "amount", "above": 75}, [NO, NO, YES, UNKNOWN, NO]),
        ({"item": "codes", "starts": ["1"]}, [YES, NO, YES, YES, UNKNOWN]),
        ({"not": {"item": "code", "in": [1], "no": [2]}}, [NO, YES, UNKNOWN, UNKNOWN, UNKNOWN]),
    ],
)
def test_a_leaf_says_yes_no_or_unknown(rule: dict, expected: list[int]) -> None:
    assert evaluate(rule, ANSWERS).tolist() == expected


def test_all_and_any_follow_kleene() -> None:
    pairs = list(itertools.product(("1", "2", "8"), repeat=2))
    table = {"a": np.array([first for first, _ in pairs]), "b": np.array([second for _, second in pairs])}
    parts = [{"item": "a", "in": [1], "no": [2]}, {"item": "b", "in": [1], "no": [2]}]
    order = {"2": 0, "8": 1, "1": 2}
    value = {0: NO, 1: UNKNOWN, 2: YES}
    assert evaluate({"all": parts}, table).tolist() == [value[min(order[a], order[b])] for a, b in pairs]
    assert evaluate({"any": parts}, table).tolist() == [value[max(order[a], order[b])] for a, b in pairs]


def test_a_column_that_does_not_exist_is_named() -> None:
    with pytest.raises(Problem) as caught:
        evaluate({"item": "smartfone", "in": [1]}, ANSWERS)
    assert caught.value.details["column"] == "smartfone"


@pytest.mark.parametrize("rule", [{}, {"item": "code"}, {"all": []}, {"in": [1]}])
def test_a_rule_that_says_nothing_is_refused(rule: dict) -> None:
    with pytest.raises(Problem) as caught:
        evaluate(rule, ANSWERS)
    assert caught.value.code == "bad-rule"


def test_a_formula_names_columns_and_codes() -> None:
    rule = {
        "all": [{"item": "lock", "in": [1]}, {"any": [{"item": "update", "in": [1]}, {"item": "tools", "has": [2, 3]}]}]
    }
    assert formula(rule) == "(lock = 1 ∧ (update = 1 ∨ tools ∋ {2, 3}))"
    assert formula({"not": {"item": "months", "from": 216}}) == "¬months ≥ 216"
    assert columns_of(rule) == ["lock", "update", "tools"]
