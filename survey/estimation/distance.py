"""The distances between weights before and after calibration, as the factor g and its slope at xᵀλ.

Owns the linear, exponential and bounded logit distances (Deville & Särndal 1992). Solves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from survey.errors import Problem
from survey.estimation.columns import FloatArray


@dataclass(frozen=True, slots=True)
class Distance:
    """g as a function of u = xᵀλ with g(0) = 1, its derivative, and how many Newton steps to allow."""

    factor: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray], FloatArray]
    iterations: int


LINEAR = Distance(lambda u: 1 + u, lambda u: np.ones_like(u), 3)
EXPONENTIAL = Distance(np.exp, np.exp, 100)


def bounded_logit(bounds: tuple[float, float]) -> Distance:
    """Return the distance whose g stays strictly between two bounds around 1; raises Problem bad-value."""
    low, high = bounds
    if not 0 <= low < 1 < high:
        raise Problem("bad-value", name="bounds", value=f"{low}; {high}", expected="0 ≤ L < 1 < U")
    steep = (high - low) / ((1 - low) * (high - 1))

    def factor(u: FloatArray) -> FloatArray:
        grown = np.exp(np.clip(steep * u, -500, 500))
        return np.asarray((low * (high - 1) + high * (1 - low) * grown) / ((high - 1) + (1 - low) * grown))

    def slope(u: FloatArray) -> FloatArray:
        g = factor(u)
        return (g - low) * (high - g) / ((1 - low) * (high - 1))

    return Distance(factor, slope, 100)
