"""How many to select: sample sizes for a target half-width, by domain, with design effect and expected response.

Owns the formulas of planning (Cochran 1977, chapter 4; Kish 1965 for clusters). Draws nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from survey.errors import Problem

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Size:
    """The respondents needed and the units to select so that they respond, by domain (d,)."""

    respondents: IntArray
    select: IntArray


def for_proportion(
    half_width: ArrayLike,
    *,
    proportion: ArrayLike = 0.5,
    population: ArrayLike = np.inf,
    design_effect: ArrayLike = 1.0,
    response_rate: ArrayLike = 1.0,
    level: float = 0.95,
) -> Size:
    """Return the sizes at which a proportion has a given half-width (a fraction of 1) in each domain.

    n₀ = deff z² p (1 − p) / e², n = n₀ / (1 + n₀ / N), selected n / response rate but at most N. Raises Problem
    bad-value for a half-width, proportion or response rate outside (0, 1].
    """
    p, rate = _fraction("proportion", proportion), _fraction("response_rate", response_rate)
    needed = _normal(level) ** 2 * p * (1 - p) / _fraction("half_width", half_width) ** 2
    return _sizes(needed * _positive("design_effect", design_effect), population, rate)


def for_mean(
    half_width: ArrayLike,
    deviation: ArrayLike,
    *,
    population: ArrayLike = np.inf,
    design_effect: ArrayLike = 1.0,
    response_rate: ArrayLike = 1.0,
    level: float = 0.95,
) -> Size:
    """Return the sizes at which a mean has a given half-width in each domain, in the unit of the standard deviation."""
    spread = _positive("deviation", deviation) / _positive("half_width", half_width)
    needed = _normal(level) ** 2 * spread**2 * _positive("design_effect", design_effect)
    return _sizes(needed, population, _fraction("response_rate", response_rate))


def half_width(
    respondents: ArrayLike,
    *,
    proportion: ArrayLike = 0.5,
    population: ArrayLike = np.inf,
    design_effect: ArrayLike = 1.0,
    level: float = 0.95,
) -> FloatArray:
    """Return the half-width that a number of respondents gives a proportion, the inverse of `for_proportion`."""
    n, size = _positive("respondents", respondents), _positive("population", population)
    p = _fraction("proportion", proportion)
    remaining = np.maximum(1 / n - 1 / size, 0.0)
    deff = _positive("design_effect", design_effect)
    return np.asarray(_normal(level) * np.sqrt(deff * p * (1 - p) * remaining), dtype=np.float64)


def cluster_effect(take: ArrayLike, correlation: ArrayLike) -> FloatArray:
    """Return 1 + (b − 1) ρ, the design effect of taking b units in each cluster."""
    return np.asarray(1 + (np.asarray(take, dtype=float) - 1) * np.asarray(correlation, dtype=float))


def best_take(cluster_cost: float, unit_cost: float, correlation: float) -> float:
    """Return √(C₁ (1 − ρ) / (C₂ ρ)), the units in each cluster that give the least variance for the cost."""
    if not 0 < correlation < 1:
        raise Problem("bad-value", name="correlation", value=correlation, expected="0 < ρ < 1")
    return float(np.sqrt(cluster_cost / unit_cost * (1 - correlation) / correlation))


def _sizes(needed: FloatArray, population: ArrayLike, rate: FloatArray) -> Size:
    size = _positive("population", population)
    finite = needed / (1 + needed / size)
    respondents = np.minimum(np.ceil(finite - 1e-9), size)
    select = np.minimum(np.ceil(respondents / rate - 1e-9), size)
    return Size(np.atleast_1d(respondents).astype(np.int64), np.atleast_1d(select).astype(np.int64))


def _normal(level: float) -> float:
    return float(special.ndtri(1 - (1 - level) / 2))


def _fraction(name: str, value: ArrayLike) -> FloatArray:
    array = np.asarray(value, dtype=np.float64)
    if not ((array > 0) & (array <= 1)).all():
        raise Problem("bad-value", name=name, value=value, expected="0 < … ≤ 1")
    return array


def _positive(name: str, value: ArrayLike) -> FloatArray:
    array = np.asarray(value, dtype=np.float64)
    if not (array > 0).all():
        raise Problem("bad-value", name=name, value=value, expected="> 0")
    return array
