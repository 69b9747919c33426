"""Suppression over all breakdowns: constructed leaks between the two geographies, and two worlds that look the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy.linalg import null_space

from survey.estimation.design import build
from survey.pipeline import suppression
from survey.pipeline.analysis import Analysis
from survey.pipeline.figures import rows
from survey.pipeline.measures import Measure, measures

BANK = next(each for each in measures() if (each.indicator, each.variant) == ("XH2", "narrow"))
Content = Mapping[str, Any]


def _table(cases: list[tuple[int, dict[str, str | None]]]) -> Analysis:
    """Return members with half saying yes: (number of cases, categories by dimension), ten cases to an area."""
    count = sum(n for n, _ in cases)
    names = sorted({name for _, labels in cases for name in labels})
    labels = {name: np.array([each.get(name) for n, each in cases for _ in range(n)], dtype=object) for name in names}
    design = build(np.full(count, 10.0), strata=np.full(count, "s"), psu=np.arange(count) // 10)
    answers = np.tile(["1", "2"], count)[:count]
    return Analysis("member", {"age_months": np.full(count, "400"), "bank_account": answers}, design, labels, "member")


def _rows(table: Analysis, measure: Measure = BANK) -> list[Content]:
    return [row.content for row in rows(measure, table, ())]


def _with_hidden(found: list[Content], *keys: tuple[str, str]) -> list[Content]:
    """Return the rows with exactly the given ones suppressed, whatever their precision."""
    return [
        {**row, "flag": "suppress" if suppression.key_of(row) in keys else "publish", "reasons": []} for row in found
    ]


def _hidden(found: list[Content]) -> set[tuple[str, str]]:
    return {suppression.key_of(row) for row in found if row["flag"] == "suppress"}


def test_a_single_hidden_category_takes_the_smallest_other_one_with_it() -> None:
    table = _table([(200, {"age": "a"}), (300, {"age": "b"}), (400, {"age": "c"})])
    found = suppression.complete(BANK, table, _with_hidden(_rows(table), ("age", "a")))
    assert _hidden(found) == {("age", "a"), ("age", "b")}
    partner = next(row for row in found if suppression.key_of(row) == ("age", "b"))
    assert partner["reasons"] == ["complementary"]


def test_nothing_is_added_where_two_categories_are_hidden_already() -> None:
    table = _table([(200, {"age": "a"}), (300, {"age": "b"}), (400, {"age": "c"})])
    given = _with_hidden(_rows(table), ("age", "a"), ("age", "c"))
    assert suppression.complete(BANK, table, given) == given


def test_cases_without_a_category_protect_a_hidden_one() -> None:
    table = _table([(200, {"age": "a"}), (300, {"age": "b"}), (40, {"age": None})])
    given = _with_hidden(_rows(table), ("age", "a"))
    assert _hidden(suppression.complete(BANK, table, given)) == {("age", "a")}


def test_a_figure_without_any_breakdown_stands_as_it_is() -> None:
    table = _table([(200, {"age": None})])
    given = _with_hidden(_rows(table), ("province", ""))
    assert suppression.complete(BANK, table, given) == given
    assert suppression.derivable_rows(BANK, table, given) == []


TWO_GEOGRAPHIES = [
    (200, {"district": "D1", "unit": "U1"}),
    (60, {"district": "D1", "unit": "U2"}),
    (300, {"district": "D2", "unit": "U2"}),
    (250, {"district": "D2", "unit": "U3"}),
    (400, {"district": "D3", "unit": "U4"}),
]


def test_a_unit_that_two_districts_give_away_is_protected_in_both_geographies() -> None:
    """D1 + D2 = U1 + U2 + U3: with U1 hidden, all of D1, D2, U2 and U3 published would give it away."""
    table = _table(TWO_GEOGRAPHIES)
    given = _with_hidden(_rows(table), ("unit", "U1"))
    assert suppression.derivable_rows(BANK, table, given) == [("unit", "U1")]
    found = suppression.complete(BANK, table, given)
    assert suppression.derivable_rows(BANK, table, found) == []
    assert _hidden(found) > {("unit", "U1")}


def test_a_unit_that_is_a_whole_district_is_hidden_under_both_names() -> None:
    table = _table(TWO_GEOGRAPHIES)
    found = suppression.complete(BANK, table, _with_hidden(_rows(table), ("unit", "U4")))
    assert ("district", "D3") in _hidden(found)


def test_a_sliver_between_two_geographies_is_not_left_to_be_found_by_subtraction() -> None:
    """Nothing is suppressed, but D1 less U1 leaves the cases of two areas only."""
    table = _table(
        [
            (200, {"district": "D1", "unit": "U1"}),
            (20, {"district": "D1", "unit": "U2"}),
            (300, {"district": "D2", "unit": "U2"}),
            (250, {"district": "D2", "unit": "U3"}),
        ]
    )
    given = _with_hidden(_rows(table))
    leaks = suppression.derivable_rows(BANK, table, given)
    assert ("piece", "D1", "U2") in leaks
    found = suppression.complete(BANK, table, given)
    assert suppression.derivable_rows(BANK, table, found) == []
    assert ("province", "") not in _hidden(found)


def test_what_is_hidden_to_protect_is_shown_again_when_it_turns_out_not_to_be_needed() -> None:
    table = _table([(200, {"age": "a"}), (300, {"age": "b"}), (400, {"age": "c"}), (100, {"age": "d"})])
    given = _with_hidden(_rows(table), ("age", "b"))
    assert _hidden(suppression.complete(BANK, table, given)) == {("age", "b"), ("age", "d")}


@pytest.mark.parametrize("seed", range(12))
def test_two_worlds_agree_on_all_that_is_published_and_differ_in_all_that_is_hidden(seed: int) -> None:
    """Solve the linear system: some change of the pieces leaves every published sum as it is and moves every hidden."""
    random = np.random.default_rng(seed)
    cases = [
        (
            int(random.integers(30, 300)),
            {
                "district": f"D{random.integers(4)}",
                "unit": f"U{random.integers(7)}",
                "urban_old": random.choice(["urban", "rural"]),
                "sex": random.choice(["male", "female"]),
            },
        )
        for _ in range(24)
    ]
    table = _table(cases)
    plain = _rows(table)
    keys = [suppression.key_of(row) for row in plain if row["dimension"] != "province"]
    chosen = {keys[i] for i in random.choice(len(keys), 3, replace=False)}
    found = suppression.complete(BANK, table, _with_hidden(plain, *chosen))
    labels = sorted({tuple(sorted(each.items())) for _, each in cases})

    def vector(row: Content) -> np.ndarray:
        whole = row["dimension"] == "province"
        return np.array([float(whole or dict(label)[row["dimension"]] == row["category"]) for label in labels])

    published = np.array([vector(row) for row in found if row["flag"] != "suppress"])
    free = null_space(published)
    for row in found:
        if row["flag"] == "suppress":
            assert np.abs(vector(row) @ free).max() > 1e-6, suppression.key_of(row)
