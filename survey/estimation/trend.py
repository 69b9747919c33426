"""Trend of an indicator over rounds and its projection to a target year.

Owns a straight line on the logit scale for proportions (own scale otherwise) by generalised least squares with the
rounds' covariance. A projection is an extension of the past, not a forecast; with fewer than two rounds there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from survey.errors import Problem
from survey.estimation.columns import FloatArray


@dataclass(frozen=True, slots=True)
class Projection:
    """The projected value in a year with its interval, the chance to reach a target, and the yearly slope.

    `slope` is on the logit scale when `on_logit`. `chi_square` tests the straight line on `freedom` degrees.
    """

    year: float
    value: float
    ci_low: float
    ci_high: float
    probability: float
    slope: float
    slope_se: float
    on_logit: bool
    chi_square: float
    freedom: int


def project(
    years: FloatArray,
    values: FloatArray,
    covariance: FloatArray,
    year: float,
    *,
    target: float | None = None,
    proportion: bool = True,
    level: float = 0.95,
) -> Projection:
    """Fit a line to the rounds (k,) with covariance (k, k) and extend it to a year.

    `target` is a value to reach (at least). Raises Problem trend-rounds for fewer than two different years or a
    proportion at 0 % or 100 %.
    """
    if len(np.unique(years)) < 2 or (proportion and not ((values > 0) & (values < 1)).all()):
        raise Problem("trend-rounds", rounds=len(np.unique(years)))
    y, spread = (logit(values), _on_logit(values, covariance)) if proportion else (values, covariance)
    x = np.column_stack([np.ones(len(years)), years - year])
    inverse = np.linalg.inv(spread)
    variance = np.linalg.inv(x.T @ inverse @ x)
    line = variance @ x.T @ inverse @ y
    residual = y - x @ line
    se, half = float(np.sqrt(variance[0, 0])), float(ndtri(1 - (1 - level) / 2))
    back = expit if proportion else (lambda v: v)
    return Projection(
        year=year,
        value=float(back(line[0])),
        ci_low=float(back(line[0] - half * se)),
        ci_high=float(back(line[0] + half * se)),
        probability=_reach(float(line[0]), se, target, proportion),
        slope=float(line[1]),
        slope_se=float(np.sqrt(variance[1, 1])),
        on_logit=proportion,
        chi_square=float(residual @ inverse @ residual),
        freedom=len(years) - 2,
    )


def _on_logit(values: FloatArray, covariance: FloatArray) -> FloatArray:
    scale = 1 / (values * (1 - values))
    return np.asarray(covariance * np.outer(scale, scale), dtype=np.float64)


def _reach(centre: float, se: float, target: float | None, proportion: bool) -> float:
    if target is None:
        return float("nan")
    if proportion and not 0 < target < 1:
        return 0.0 if target >= 1 else 1.0
    aim = float(logit(target)) if proportion else target
    return float(ndtr((centre - aim) / se))
