"""Differences and other functions of several estimates, with the covariance that shared sampling units cause.

Owns linear contrasts and the delta method. Two rounds with overlapping units are two domains of one design that holds
the rows of both, so their covariance comes from the same kernel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from survey.estimation import interval as intervals
from survey.estimation import variance as kernel
from survey.estimation.columns import BoolArray, FloatArray
from survey.estimation.design import Design
from survey.estimation.estimator import Linearised
from survey.estimation.replicate import Replicates, replicated
from survey.estimation.result import linearised


@dataclass(frozen=True, slots=True)
class Joint:
    """Several estimates (k,) with their covariance matrix (k, k) and degrees of freedom."""

    values: FloatArray
    covariance: FloatArray
    df: float

    @property
    def se(self) -> FloatArray:
        """Return the standard errors (k,)."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))


@dataclass(frozen=True, slots=True)
class Contrast:
    """A function of estimates with its standard error, t statistic, two-sided p-value and interval."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    statistic: float
    p_value: float
    df: float


@dataclass(frozen=True, slots=True)
class Target:
    """What one element of a joint estimate is: a kind, its variables (n,) and its domain rows (n,)."""

    kind: str
    y: FloatArray
    x: FloatArray | None = None
    domain: BoolArray | None = None


def joint(design: Design, targets: Sequence[Target], *, df: float | None = None) -> Joint:
    """Return several estimates of one design with their covariance; df of the whole design unless given."""
    return of_lines(design, [linearised(design, t.kind, t.y, t.x, t.domain) for t in targets], df=df)


def of_lines(design: Design, lines: Sequence[Linearised], *, df: float | None = None) -> Joint:
    """Return the joint estimate of linearised estimates of one design."""
    matrix = kernel.covariance(design, np.column_stack([line.influence for line in lines]))
    freedom = design.degrees_of_freedom() if df is None else df
    return Joint(np.array([line.value for line in lines]), matrix, freedom)


def joint_replicated(replicates: Replicates, targets: Sequence[Target], *, df: float | None = None) -> Joint:
    """Return several estimates with their covariance over replicates."""
    design = replicates.design
    lines = [linearised(design, t.kind, t.y, t.x, t.domain) for t in targets]
    repeated = np.column_stack(
        [replicated(replicates, t.kind, t.y, t.x, line.rows) for t, line in zip(targets, lines, strict=True)]
    )
    values = np.array([line.value for line in lines])
    freedom = df if df is not None else replicates.df
    freedom = design.degrees_of_freedom() if freedom is None else freedom
    return Joint(values, replicates.covariance(repeated, values), freedom)


def linear(joint: Joint, coefficients: ArrayLike, *, level: float = 0.95) -> Contrast:
    """Return Σ c_j θ_j with variance cᵀ V c."""
    c = np.asarray(coefficients, dtype=np.float64)
    return _contrast(float(c @ joint.values), float(c @ joint.covariance @ c), joint.df, level)


def difference(joint: Joint, first: int = 0, second: int = 1, *, level: float = 0.95) -> Contrast:
    """Return θ_first − θ_second."""
    c = np.zeros(len(joint.values))
    c[first] += 1.0
    c[second] -= 1.0
    return linear(joint, c, level=level)


def smooth(joint: Joint, function: Callable[[FloatArray], float], *, level: float = 0.95) -> Contrast:
    """Return a smooth function of the estimates by the delta method, its gradient from central differences."""
    steps = 1e-6 * np.maximum(np.abs(joint.values), 1e-6)
    shifts = np.diag(steps)
    gradient = np.array(
        [
            (function(joint.values + d) - function(joint.values - d)) / (2 * h)
            for d, h in zip(shifts, steps, strict=True)
        ]
    )
    return _contrast(function(joint.values), float(gradient @ joint.covariance @ gradient), joint.df, level)


def _contrast(value: float, variance: float, df: float, level: float) -> Contrast:
    se = math.sqrt(max(variance, 0.0))
    half = intervals.t_quantile(1 - (1 - level) / 2, df) * se
    statistic = value / se if se > 0 else math.nan
    p_value = 2 * float(stdtr(df, -abs(statistic))) if df > 0 else math.nan
    return Contrast(value, se, value - half, value + half, statistic, p_value, df)
