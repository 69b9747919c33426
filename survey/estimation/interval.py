"""Confidence intervals and design effects from an estimate, its variance and its degrees of freedom.

Owns the conventions of each interval. Refuses Wald intervals of zero width at 0 % and 100 %: there it gives a
one-sided bound on an effective sample size.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from survey.estimation.columns import FloatArray

PROPORTION_METHODS = ("logit", "xlogit", "beta", "wilson", "asin", "mean")
METHODS = (*PROPORTION_METHODS, "none")
Interval = tuple[float, float]
NO_INTERVAL: Interval = (math.nan, math.nan)


def t_quantile(probability: float, df: float) -> float:
    """Return the quantile of Student's t, normal for infinite df; NaN when df ≤ 0."""
    if df <= 0:
        return math.nan
    return float(special.stdtrit(df if math.isfinite(df) else 1e300, probability))


def interval(method: str, estimate: float, variance: float, df: float, n: int, *, level: float = 0.95) -> Interval:
    """Return (low, high) of a two-sided interval by one of METHODS; n is the number of rows in the domain.

    NaN limits where the method is not defined: no degrees of freedom, or a proportion interval outside (0, 1).
    """
    t = t_quantile(1 - (1 - level) / 2, df)
    if method == "none" or not (math.isfinite(estimate) and math.isfinite(variance)) or math.isnan(t):
        return NO_INTERVAL
    if method == "mean":
        half = t * math.sqrt(variance)
        return estimate - half, estimate + half
    if not 0.0 < estimate < 1.0 or variance < 0.0:
        return NO_INTERVAL
    if math.sqrt(variance) < 1e-14 * estimate * (1 - estimate):
        return estimate, estimate
    if method in ("logit", "xlogit"):
        return logit_interval(estimate, variance, t)
    if method == "asin":
        return asin_interval(estimate, variance, t)
    if method == "wilson":
        return wilson_interval(estimate, estimate * (1 - estimate) / variance, t)
    return korn_graubard(estimate, variance, df, n, level=level)


def logit_interval(p: float, variance: float, t: float) -> Interval:
    """Return expit(logit p ± t se / (p (1 − p)))."""
    half = t * math.sqrt(variance) / (p * (1 - p))
    centre = float(special.logit(p))
    return float(special.expit(centre - half)), float(special.expit(centre + half))


def asin_interval(p: float, variance: float, t: float) -> Interval:
    """Return sin²(arcsin √p ± t se / (2 √(p (1 − p))))."""
    half = t * math.sqrt(variance) / (2 * math.sqrt(p * (1 - p)))
    centre = math.asin(math.sqrt(p))
    return math.sin(centre - half) ** 2, math.sin(centre + half) ** 2


def wilson_interval(p: float, n_effective: float, t: float) -> Interval:
    """Return Wilson's score interval with an effective sample size (Wilson 1927; Kott & Carr 1997)."""
    square = t * t
    centre = (n_effective * p + square / 2) / (n_effective + square)
    half = t * math.sqrt(n_effective * p * (1 - p) + square / 4) / (n_effective + square)
    return centre - half, centre + half


def korn_graubard(p: float, variance: float, df: float, n: int, *, level: float = 0.95) -> Interval:
    """Return the Clopper–Pearson interval at n* = p (1 − p) / v · (t_{n−1} / t_df)² (Korn & Graubard 1998)."""
    tail = (1 - level) / 2
    adjust = t_quantile(1 - tail, n - 1) / t_quantile(1 - tail, df)
    return clopper_pearson(p, p * (1 - p) / variance * adjust**2, level=level)


def clopper_pearson(p: float, n: float, *, level: float = 0.95) -> Interval:
    """Return the exact binomial interval for p n successes among n, n not necessarily whole."""
    tail = (1 - level) / 2
    successes, failures = p * n, (1 - p) * n
    low = 0.0 if successes <= 0 else float(special.betaincinv(successes, failures + 1, tail))
    high = 1.0 if failures <= 0 else float(special.betaincinv(successes + 1, failures, 1 - tail))
    return low, high


def one_sided_bound(p: float, n_effective: float, *, level: float = 0.95) -> Interval:
    """Return [0, b] for p = 0 and [1 − b, 1] for p = 1 with b = 1 − (1 − level)^(1/n*): Clopper–Pearson, one-sided."""
    if n_effective <= 0:
        return NO_INTERVAL
    bound = -math.expm1(math.log1p(-level) / n_effective)
    return (0.0, bound) if p == 0.0 else (1 - bound, 1.0)


def element_variance(weight: FloatArray, residual: FloatArray) -> float:
    """Return n/(n − 1) Σ w (e − ē)² / Σ w over n rows; NaN for fewer than two."""
    n = len(weight)
    if n < 2:
        return math.nan
    size = float(weight.sum())
    centre = float((weight * residual).sum()) / size
    return n / (n - 1) * float((weight * (residual - centre) ** 2).sum()) / size


def design_effects(variance: float, weight: FloatArray, residual: FloatArray, scale: float) -> tuple[float, float]:
    """Return the design effect against simple random sampling without and with replacement.

    `scale` turns the mean of the residual into the estimate: v / (scale² s² (N − n) / (N n)) and v / (scale² s² / n),
    N = Σ w, n rows. NaN where the comparison is not defined.
    """
    n, size = len(weight), float(weight.sum())
    spread = scale**2 * element_variance(weight, residual)
    if not spread > 0:
        return math.nan, math.nan
    with_replacement = variance / (spread / n)
    remaining = (size - n) / size
    without = with_replacement / remaining if remaining > 1e-12 else math.nan
    return without, with_replacement


def kish_effect(weight: FloatArray) -> float:
    """Return n Σ w² / (Σ w)², Kish's design effect of unequal weights; 1 for equal ones."""
    return len(weight) * float(np.dot(weight, weight)) / float(weight.sum()) ** 2 if len(weight) else math.nan
