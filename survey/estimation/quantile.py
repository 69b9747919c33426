"""Quantiles with Woodruff intervals: the confidence limits of the distribution function, read back on the variable.

Owns the rules that turn a weighted sample into quantiles. Refuses probabilities outside (0, 1).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.errors import Problem
from survey.estimation import interval as intervals
from survey.estimation import variance as kernel
from survey.estimation.columns import BoolArray, FloatArray
from survey.estimation.design import Design
from survey.estimation.domain import domains
from survey.estimation.estimator import mean
from survey.estimation.result import NO_DF, Estimate, answered, summary

RULES = ("math", "hf7")


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile with its Woodruff interval; se is the width of the interval over 2 t."""

    p: float
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    df: int
    n: int


def quantile(
    design: Design,
    y: FloatArray,
    p: float,
    *,
    domain: BoolArray | None = None,
    rule: str = "math",
    interval: str = "mean",
    level: float = 0.95,
) -> Quantile:
    """Estimate the p-quantile of y in a domain.

    Rules: math is the least value with F ≥ p, hf7 interpolates as Hyndman & Fan's type 7. Intervals: mean inverts the
    t interval of F at the quantile (Woodruff 1952), score keeps the values at which F = p is not rejected (Francisco &
    Fuller 1991). NaN limits without degrees of freedom.
    """
    if not 0 < p < 1 or rule not in RULES or interval not in ("mean", "score"):
        raise Problem("bad-value", name="quantile", value=f"{p} {rule} {interval}", expected="0 < p < 1")
    inside = np.ones(design.n_rows, dtype=np.bool_) if domain is None else domain
    rows = inside & answered(design, y, None)
    values, weights = _sorted(y[rows], design.weight[rows])
    read = _inverse(values, weights, rule)
    df = design.degrees_of_freedom(inside & (design.weight != 0))
    t = intervals.t_quantile(1 - (1 - level) / 2, df)
    estimate = read(p)
    if math.isnan(t):
        return Quantile(p, estimate, math.nan, math.nan, math.nan, df, int(rows.sum()))
    limits = _woodruff if interval == "mean" else _score
    low, high = limits(design, y, rows, p, estimate, t, read)
    return Quantile(p, estimate, (high - low) / (2 * t), low, high, df, int(rows.sum()))


def estimate(
    design: Design,
    y: FloatArray,
    p: float,
    *,
    domain: BoolArray | None = None,
    by: Mapping[str, NDArray[Any]] | None = None,
    rule: str = "math",
    interval: str = "mean",
    level: float = 0.95,
) -> list[Estimate]:
    """Estimate the p-quantile in a domain, or in each domain of `by`, as `result.estimate` does for other kinds."""
    figures = []
    for part in domains(design.n_rows, domain, by):
        rows = part.rows & answered(design, y, None)
        line = mean(design.weight, np.where(rows, y, 0.0), rows)
        base = summary(design, "quantile", line, part, math.nan, level)
        if base.n:
            found = quantile(design, y, p, domain=part.rows, rule=rule, interval=interval, level=level)
            base = replace(
                base,
                estimate=found.estimate,
                se=found.se,
                ci_low=found.ci_low,
                ci_high=found.ci_high,
                ci_method=f"woodruff-{interval}" if math.isfinite(found.ci_low) else "none",
                flags=() if math.isfinite(found.ci_low) else (NO_DF,),
            )
        figures.append(base)
    return figures


def _sorted(y: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    order = np.argsort(y, kind="stable")
    return y[order], weight[order]


def _inverse(values: FloatArray, weights: FloatArray, rule: str) -> Callable[[float], float]:
    cumulated = np.cumsum(weights)
    if rule == "math":
        shares = cumulated / cumulated[-1]
        return lambda p: float(values[min(int(np.searchsorted(shares, p - 1e-12)), len(values) - 1)])
    grid = (cumulated - weights) / (cumulated[-1] - weights[-1])
    return lambda p: float(np.interp(p, grid, values))


def _woodruff(
    design: Design, y: FloatArray, rows: BoolArray, p: float, estimate: float, t: float, read: Callable[[float], float]
) -> tuple[float, float]:
    share, se = _distribution(design, y, rows, estimate)
    return read(max(share - t * se, 0.0)), read(min(share + t * se, 1.0))


def _score(
    design: Design, y: FloatArray, rows: BoolArray, p: float, estimate: float, t: float, read: Callable[[float], float]
) -> tuple[float, float]:
    """Return the largest value below the interval and the largest value inside it (F is a step function)."""
    values = np.unique(y[rows])

    def is_above(index: int, bound: float) -> bool:
        share, se = _distribution(design, y, rows, float(values[index]))
        return share - p > bound * se

    low = _first(len(values), lambda i: is_above(i, -t))
    high = _first(len(values), lambda i: is_above(i, t))
    return float(values[max(low - 1, 0)]), float(values[max(high - 1, 0)])


def _first(n: int, holds: Callable[[int], bool]) -> int:
    """Return the first index at which a monotone condition holds, n if it never does."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _distribution(design: Design, y: FloatArray, rows: BoolArray, value: float) -> tuple[float, float]:
    line = mean(design.weight, np.where(rows, y <= value, 0.0).astype(np.float64), rows)
    return line.value, math.sqrt(max(float(kernel.variances(design, line.influence, rows)[0]), 0.0))
