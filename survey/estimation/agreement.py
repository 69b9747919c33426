"""Agreement of two answers to the same question: gross and net difference rate, kappa, index of inconsistency.

Pure arrays of codes in, figures out. Refuses nothing: what cannot be computed (no pair, one category only) is NaN.
Sources: Cohen (1960); Fleiss, Cohen and Everitt (1969) for the error of kappa; U.S. Bureau of the Census (1985),
Evaluation of censuses of population and housing, for the difference rates and the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray

_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class NetDifference:
    """How much more often the second interview gave a category, as a share of the pairs, with its 95 % interval."""

    category: str
    first: float
    second: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the pairs of answers to one question say; shares between 0 and 1.

    `gross` is the share of pairs that differ with its Wilson interval; `inconsistency` is gross over the share expected
    by chance and equals 1 − kappa; `net` holds the category that moved most.
    """

    n: int
    gross: float
    gross_low: float
    gross_high: float
    kappa: float
    kappa_low: float
    kappa_high: float
    inconsistency: float
    net: NetDifference | None

    @property
    def level(self) -> str:
        """Return low (below 20 %), moderate (20 to 50 %) or high by the Census Bureau's reading of the index."""
        if self.inconsistency != self.inconsistency:
            return ""
        return "low" if self.inconsistency < 0.2 else "moderate" if self.inconsistency <= 0.5 else "high"


def agreement(first: Sequence[str], second: Sequence[str]) -> Agreement:
    """Compare the codes of two interviews, pair by pair (n each)."""
    categories = sorted({*first, *second})
    place = {category: i for i, category in enumerate(categories)}
    table = np.zeros((len(categories), len(categories)))
    for a, b in zip(first, second, strict=True):
        table[place[a], place[b]] += 1
    return of_table(table, categories)


def of_table(table: NDArray[np.float64], categories: Sequence[str]) -> Agreement:
    """Compare from a square table of counts: rows are the first interview, columns the second."""
    n = int(table.sum())
    if n == 0:
        return Agreement(0, nan, nan, nan, nan, nan, nan, nan, None)
    shares = table / n
    gross = float((table.sum() - np.trace(table)) / n)
    kappa, error = _kappa(shares, n)
    low, high = _wilson(gross, n)
    return Agreement(
        n=n,
        gross=gross,
        gross_low=low,
        gross_high=high,
        kappa=kappa,
        kappa_low=max(-1.0, kappa - _Z * error),
        kappa_high=min(1.0, kappa + _Z * error),
        inconsistency=1 - kappa,
        net=_largest_net(table, categories),
    )


def _kappa(shares: NDArray[np.float64], n: int) -> tuple[float, float]:
    """Return kappa and its large-sample standard error; NaN where one category holds everything."""
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, expected = float(np.trace(shares)), float(rows @ columns)
    if expected >= 1:
        return nan, nan
    kappa = (observed - expected) / (1 - expected)
    diagonal = np.diag(shares) * ((1 - expected) - (rows + columns) * (1 - observed)) ** 2
    weight = shares * (columns[:, None] + rows[None, :]) ** 2
    beside = (1 - observed) ** 2 * float(weight.sum() - np.trace(weight))
    middle = (observed * expected - 2 * expected + observed) ** 2
    variance = (float(diagonal.sum()) + beside - middle) / (n * (1 - expected) ** 4)
    return kappa, sqrt(max(variance, 0.0))


def _largest_net(table: NDArray[np.float64], categories: Sequence[str]) -> NetDifference | None:
    """Return the net difference of the category that moved most."""
    found = [_net(table, i, category) for i, category in enumerate(categories)]
    return max(found, key=lambda net: abs(net.difference), default=None)


def _net(table: NDArray[np.float64], i: int, category: str) -> NetDifference:
    """Return the net difference of one category; its variance is ((b + c) − (b − c)² / n) / n² over the n pairs."""
    n = table.sum()
    lost, gained = table[i].sum() - table[i, i], table[:, i].sum() - table[i, i]
    difference = float((gained - lost) / n)
    error = sqrt(max(float(lost + gained - (gained - lost) ** 2 / n), 0.0)) / n
    first, second = float(table[i].sum() / n), float(table[:, i].sum() / n)
    return NetDifference(category, first, second, difference, difference - _Z * error, difference + _Z * error)


def _wilson(share: float, n: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share."""
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)
