"""Figures about interviewers: each against numbers worked out by hand or a published definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from survey.estimation.interviewer import interviewer_effect, nearest_duplicates, robust_scores, whipple_index


def test_the_intraclass_correlation_agrees_with_the_analysis_of_variance_by_hand() -> None:
    # Groups (1, 2, 3), (2, 3, 4), (6, 7, 8): means 2, 3, 7, grand mean 4; MSB = 3(4 + 1 + 9)/2 = 21, MSW = 1, m0 = 3.
    found = interviewer_effect([1, 2, 3, 2, 3, 4, 6, 7, 8], [1, 1, 1, 2, 2, 2, 3, 3, 3])
    assert found is not None
    assert found.icc == pytest.approx(20 / 23)
    assert found.f == pytest.approx(21)
    assert found.deff == pytest.approx(1 + 2 * 20 / 23)


def test_unequal_workloads_use_their_mean_size() -> None:
    # Groups (0, 0, 1), (1, 1): m0 = (5 − (9 + 4)/5)/1 = 2.4; SSB = 3(1/3 − 3/5)² + 2(1 − 3/5)² = 8/15, SSW = 2/3.
    found = interviewer_effect([0, 0, 1, 1, 1], ["a", "a", "a", "b", "b"])
    assert found is not None
    between, within = 8 / 15, (2 / 3) / 3
    assert found.icc == pytest.approx((between - within) / (between + 1.4 * within))


def test_the_test_of_equal_means_is_the_one_of_scipy() -> None:
    rng = np.random.default_rng(7)
    groups = [rng.normal(size=size) for size in (20, 31, 12)]
    found = interviewer_effect(np.concatenate(groups), np.repeat([1, 2, 3], [20, 31, 12]))
    expected = stats.f_oneway(*groups)
    assert found is not None
    assert (found.f, found.p) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))


@pytest.mark.parametrize(("values", "who"), [([1, 1, 1, 1], [1, 1, 2, 2]), ([1, 2], [1, 2]), ([1, 2, 3], [1, 1, 1])])
def test_without_variation_or_replication_there_is_no_effect_to_measure(values: list[int], who: list[int]) -> None:
    assert interviewer_effect(values, who) is None


def test_the_index_of_whipple_is_100_without_heaping_and_500_with_nothing_else() -> None:
    assert whipple_index(range(23, 63)) == (pytest.approx(100), 40)
    assert whipple_index([25, 30, 35, 60, 22, 65]) == (pytest.approx(500), 4)
    assert math.isnan(whipple_index([10, 70])[0])


def test_the_nearest_duplicate_shares_the_most_of_what_both_answered() -> None:
    codes = [[1, 2, 3, 4, -1], [1, 2, 3, 9, 5], [1, 7, 8, 9, 5], [-1, -1, -1, -1, 5]]
    share, other = nearest_duplicates(codes, least=3)
    assert share[:3].tolist() == pytest.approx([0.75, 0.75, 0.6])
    assert other[:3].tolist() == [1, 0, 1]
    assert math.isnan(share[3])
    assert other[3] == -1


def test_one_interview_alone_has_no_duplicate() -> None:
    share, other = nearest_duplicates([[1, 2, 3]], least=1)
    assert math.isnan(share[0])
    assert other.tolist() == [-1]


def test_robust_scores_find_the_odd_one_and_are_zero_without_spread() -> None:
    scores = robust_scores([30, 32, 31, 29, 33, 4])
    assert scores[5] < -10
    assert np.abs(scores[:5]).max() < 2
    assert robust_scores([5, 5, 5, 5, 40]).tolist() == [0, 0, 0, 0, 0]
