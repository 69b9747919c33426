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
from survey.estimation.estimator import Linearised, mean
from survey.estimation.replicate import Replicates
from survey.estimation.replicate import replicated as repeated_estimates
from survey.estimation.result import NO_DF, Estimate, answered, summary

RULES = ("math", "hf7")
Share = tuple[float, float]


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
    method: str = "none"


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
    if interval not in ("mean", "score"):
        raise Problem("bad-value", name="interval", value=interval, expected="mean | score")
    inside, rows = _rows(design, y, domain)

    def share(value: float) -> Share:
        line = _below(design, y, rows, value)
        return line.value, math.sqrt(max(float(kernel.variances(design, line.influence, rows)[0]), 0.0))

    df = design.degrees_of_freedom(inside & (design.weight != 0))
    return _inverted(share, y[rows], design.weight[rows], p, rule, interval, df, level)


def replicated(
    replicates: Replicates,
    y: FloatArray,
    p: float,
    *,
    domain: BoolArray | None = None,
    rule: str = "math",
    interval: str = "mean",
    level: float = 0.95,
) -> Quantile:
    """Estimate the p-quantile of y in a domain with its error from replicates.

    Intervals: mean inverts the t interval of F with the replicates' error of F; replicates repeats the quantile itself
    in each of them, which suits Fay's method and the bootstrap but not the jackknife.
    """
    if interval not in ("mean", "replicates"):
        raise Problem("bad-value", name="interval", value=interval, expected="mean | replicates")
    design = replicates.design
    inside, rows = _rows(design, y, domain)
    df = replicates.df if replicates.df is not None else design.degrees_of_freedom(inside & (design.weight != 0))

    def share(value: float) -> Share:
        line = _below(design, y, rows, value)
        repeated = repeated_estimates(replicates, "mean", _step(y, rows, value), None, rows)
        variance = replicates.covariance(repeated[:, None], np.array([line.value]))[0, 0]
        return line.value, math.sqrt(max(float(variance), 0.0))

    if interval == "mean":
        return _inverted(share, y[rows], design.weight[rows], p, rule, interval, df, level)
    return _repeated(replicates, y, p, rows, rule, df, level)


def _repeated(
    replicates: Replicates, y: FloatArray, p: float, rows: BoolArray, rule: str, df: float, level: float
) -> Quantile:
    _check(p, rule)
    order = np.argsort(y[rows], kind="stable")
    values = y[rows][order]
    kept = np.flatnonzero(rows)[order]
    found = _inverse(values, replicates.design.weight[kept], rule)(p)
    each = [_without_zeros(values, replicates.weights(r)[kept], rule)(p) for r in range(replicates.count)]
    variance = float(replicates.covariance(np.array(each)[:, None], np.array([found]))[0, 0])
    se = math.sqrt(max(variance, 0.0))
    half = intervals.t_quantile(1 - (1 - level) / 2, df) * se
    return Quantile(p, found, se, found - half, found + half, int(df), len(values), "replicates")


def _without_zeros(values: FloatArray, weights: FloatArray, rule: str) -> Callable[[float], float]:
    """Return the inverse of a replicate's distribution; the rows that it leaves out are not in its sample."""
    used = weights > 0
    return _inverse(values[used], weights[used], rule)


def _rows(design: Design, y: FloatArray, domain: BoolArray | None) -> tuple[BoolArray, BoolArray]:
    """Return the rows of the domain, and those of them with an answer."""
    inside = np.ones(design.n_rows, dtype=np.bool_) if domain is None else domain
    return inside, inside & answered(design, y, None)


def _check(p: float, rule: str) -> None:
    if not 0 < p < 1 or rule not in RULES:
        raise Problem("bad-value", name="quantile", value=f"{p} {rule}", expected="0 < p < 1, " + " | ".join(RULES))


def _inverted(
    share: Callable[[float], Share],
    y: FloatArray,
    weight: FloatArray,
    p: float,
    rule: str,
    interval: str,
    df: float,
    level: float,
) -> Quantile:
    """Return the quantile of the answers y (n,) with the limits that the error of the distribution function gives."""
    _check(p, rule)
    read = _inverse(*_sorted(y, weight), rule)
    t = intervals.t_quantile(1 - (1 - level) / 2, df)
    found = read(p)
    if math.isnan(t):
        return Quantile(p, found, math.nan, math.nan, math.nan, int(df), len(y))
    low, high = _woodruff(share, found, t, read) if interval == "mean" else _score(share, y, p, t)
    return Quantile(p, found, (high - low) / (2 * t), low, high, int(df), len(y), f"woodruff-{interval}")


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
    return _by_domain(
        design,
        y,
        domain,
        by,
        level,
        lambda rows: quantile(design, y, p, domain=rows, rule=rule, interval=interval, level=level),
    )


def estimate_replicated(
    replicates: Replicates,
    y: FloatArray,
    p: float,
    *,
    domain: BoolArray | None = None,
    by: Mapping[str, NDArray[Any]] | None = None,
    rule: str = "math",
    interval: str = "mean",
    level: float = 0.95,
) -> list[Estimate]:
    """Estimate the p-quantile in a domain, or in each domain of `by`, with errors from replicates."""
    return _by_domain(
        replicates.design,
        y,
        domain,
        by,
        level,
        lambda rows: replicated(replicates, y, p, domain=rows, rule=rule, interval=interval, level=level),
    )


def _by_domain(
    design: Design,
    y: FloatArray,
    domain: BoolArray | None,
    by: Mapping[str, NDArray[Any]] | None,
    level: float,
    find: Callable[[BoolArray], Quantile],
) -> list[Estimate]:
    figures = []
    for part in domains(design.n_rows, domain, by):
        rows = part.rows & answered(design, y, None)
        line = mean(design.weight, np.where(rows, y, 0.0), rows)
        base = summary(design, "quantile", line, part, math.nan, level)
        figures.append(_filled(base, find(part.rows)) if base.n else base)
    return figures


def _filled(base: Estimate, found: Quantile) -> Estimate:
    has_limits = math.isfinite(found.ci_low)
    return replace(
        base,
        estimate=found.estimate,
        se=found.se,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        ci_method=found.method if has_limits else "none",
        df=found.df,
        flags=() if has_limits else (NO_DF,),
    )


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
    share: Callable[[float], Share], found: float, t: float, read: Callable[[float], float]
) -> tuple[float, float]:
    below, se = share(found)
    return read(max(below - t * se, 0.0)), read(min(below + t * se, 1.0))


def _score(share: Callable[[float], Share], y: FloatArray, p: float, t: float) -> tuple[float, float]:
    """Return the largest value below the interval and the largest value inside it (F is a step function)."""
    values = np.unique(y)

    def is_above(index: int, bound: float) -> bool:
        below, se = share(float(values[index]))
        return below - p > bound * se

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


def _below(design: Design, y: FloatArray, rows: BoolArray, value: float) -> Linearised:
    return mean(design.weight, _step(y, rows, value), rows)


def _step(y: FloatArray, rows: BoolArray, value: float) -> FloatArray:
    """Return 1 where an answer is at most the value."""
    return np.where(rows, y <= value, 0.0).astype(np.float64)
