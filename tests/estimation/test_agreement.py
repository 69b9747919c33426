"""Agreement of two interviews: published tables, identities, and numbers worked out by hand."""

from __future__ import annotations

from math import isnan, sqrt

import numpy as np
import pytest

from survey.estimation.agreement import agreement, of_table

# Hout, Duncan and Sobel (1987), 91 married couples; kappa and standard error as in Agresti, Categorical Data Analysis,
# section 10.5 (0.129, 0.0686 by the formula of Fleiss, Cohen and Everitt).
COUPLES = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]


def test_kappa_and_its_error_are_those_of_the_published_table() -> None:
    found = of_table(np.array(COUPLES, float), ["1", "2", "3", "4"])
    assert found.n == 91
    assert found.kappa == pytest.approx(0.1293, abs=5e-5)
    assert (found.kappa_high - found.kappa_low) / 2 / 1.959964 == pytest.approx(0.0686, abs=5e-5)


def test_a_table_of_two_categories_by_hand() -> None:
    # a = 20, b = 5, c = 10, d = 15: gross 15/50, p1 = 0.5, p2 = 0.6, chance 0.5, kappa 0.4.
    found = of_table(np.array([[20.0, 5.0], [10.0, 15.0]]), ["yes", "no"])
    assert (found.gross, found.kappa) == (pytest.approx(0.3), pytest.approx(0.4))
    assert found.net is not None
    assert (found.net.first, found.net.second, found.net.difference) == (0.5, 0.6, pytest.approx(0.1))
    assert found.net.high - found.net.difference == pytest.approx(1.959964 * sqrt(15 - 25 / 50) / 50)
    assert found.inconsistency == pytest.approx(0.3 / (0.5 * 0.4 + 0.6 * 0.5))
    assert (found.gross_low, found.gross_high) == (pytest.approx(0.1910, abs=1e-4), pytest.approx(0.4375, abs=1e-4))


def test_the_index_of_inconsistency_is_one_less_kappa_in_any_table() -> None:
    rng = np.random.default_rng(3)
    for size in (2, 3, 5):
        table = rng.integers(1, 30, (size, size)).astype(float)
        rows, columns = table.sum(1) / table.sum(), table.sum(0) / table.sum()
        found = of_table(table, [str(i) for i in range(size)])
        assert found.inconsistency == pytest.approx(found.gross / (1 - float(rows @ columns)))
        assert found.inconsistency == pytest.approx(1 - found.kappa)


def test_pairs_and_their_table_say_the_same_and_swapping_turns_the_net_around() -> None:
    first, second = list("1112222233"), list("1122222133")
    there, back = agreement(first, second), agreement(second, first)
    assert there.gross == back.gross == pytest.approx(0.2)
    assert there.kappa == pytest.approx(back.kappa)
    swapped = agreement(list("112"), list("222")).net, agreement(list("222"), list("112")).net
    assert swapped[0] is not None
    assert swapped[1] is not None
    assert abs(swapped[0].difference) == pytest.approx(2 / 3)
    assert swapped[0].difference == pytest.approx(-swapped[1].difference)


def test_perfect_agreement_is_kappa_one_and_low_inconsistency() -> None:
    found = agreement(list("1212"), list("1212"))
    assert (found.gross, found.kappa, found.level) == (0, 1, "low")


@pytest.mark.parametrize(
    ("pairs", "level"), [("1111122222|1111122221", "low"), ("1122|1112", "moderate"), ("12|21", "high")]
)
def test_levels_follow_the_index(pairs: str, level: str) -> None:
    first, second = pairs.split("|")
    assert agreement(list(first), list(second)).level == level


def test_without_variation_or_pairs_kappa_is_not_a_number() -> None:
    assert isnan(agreement(["1", "1"], ["1", "1"]).kappa)
    assert agreement(["1", "1"], ["1", "1"]).level == ""
    assert isnan(agreement([], []).gross)
