"""Estimators as a value and its influence values. Owns the linearisations; holds no variance code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from survey.estimation.columns import BoolArray, FloatArray

KINDS = ("proportion", "mean", "total", "ratio")


@dataclass(frozen=True, slots=True)
class Linearised:
    """An estimate, its influence values (n,), its residuals (n,) and the rows (n,) that it is computed from.

    The influence values already carry the weight and are zero outside `rows`; their sum over a unit is that unit's
    contribution. `residual` is the variable whose simple-random-sampling variance serves the design effect, and
    `scale` turns the variance of the residual's mean into that of the estimate.
    """

    value: float
    influence: FloatArray
    residual: FloatArray
    rows: BoolArray
    scale: float = 1.0


def total(weight: FloatArray, y: FloatArray, rows: BoolArray) -> Linearised:
    """Return the total Σ w y over `rows`; the influence value is w y."""
    contribution = _inside(weight * _filled(y, rows), rows)
    size = float(weight[rows].sum())
    return Linearised(float(contribution.sum()), contribution, _filled(y, rows), rows, scale=size)


def mean(weight: FloatArray, y: FloatArray, rows: BoolArray) -> Linearised:
    """Return the mean Σ w y / Σ w over `rows`; the influence value is w (y − ȳ) / Σ w."""
    return ratio(weight, y, np.ones_like(y), rows, scale=1.0)


def ratio(weight: FloatArray, y: FloatArray, x: FloatArray, rows: BoolArray, scale: float | None = None) -> Linearised:
    """Return the ratio R = Σ w y / Σ w x over `rows`; the influence value is w (y − R x) / Σ w x.

    The value is NaN and the influence zero where the denominator is zero.
    """
    numerator, denominator = _filled(y, rows), _filled(x, rows)
    below = float((weight * denominator)[rows].sum())
    if below == 0.0:
        nothing = np.zeros_like(weight)
        return Linearised(float("nan"), nothing, nothing, rows)
    value = float((weight * numerator)[rows].sum()) / below
    residual = _inside(numerator - value * denominator, rows)
    if scale is None:
        scale = float(weight[rows].sum()) / below
    return Linearised(value, weight * residual / below, residual, rows, scale=scale)


def estimator(kind: str, weight: FloatArray, y: FloatArray, x: FloatArray | None, rows: BoolArray) -> Linearised:
    """Return the estimate of one kind: proportion, mean, total, or ratio (which needs x)."""
    if kind == "total":
        return total(weight, y, rows)
    if kind == "ratio":
        if x is None:
            raise ValueError("a ratio needs its denominator x")
        return ratio(weight, y, x, rows)
    return mean(weight, y, rows)


def _filled(y: FloatArray, rows: BoolArray) -> FloatArray:
    return np.where(rows, y, 0.0)


def _inside(values: FloatArray, rows: BoolArray) -> FloatArray:
    return np.where(rows, values, 0.0)
