"""The result of one estimate, and the one friendly entry that makes it from arrays.

Owns the order of the steps: domain, item-missing rows, estimator, kernel, degrees of freedom, interval, design effect.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.errors import Problem
from survey.estimation import interval as intervals
from survey.estimation import variance as kernel
from survey.estimation.columns import BoolArray, FloatArray
from survey.estimation.design import Design
from survey.estimation.domain import Domain, domains
from survey.estimation.estimator import KINDS, Linearised, estimator

NO_CASES = "no-cases"
NO_DF = "no-degrees-of-freedom"
ZERO_EVENTS = "zero-events"
ONE_SIDED = "one-sided-bound"
CENSUS = "census"
NO_DENOMINATOR = "zero-denominator"
_NO_DEFF = (math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Estimate:
    """One published figure in its own unit (a proportion is a fraction of 1, not a percentage).

    `df` counts units minus strata with domain rows, before rows without an answer are dropped; `df_answered` after.
    `n` are the rows answered; `n_domain` also counts those without an answer. NaN marks what is not defined.
    """

    kind: str
    domain: dict[str, Any]
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    ci_method: str
    deff: float
    deff_replace: float
    df: int
    df_answered: int
    n: int
    n_domain: int
    n_psu: int
    weight_sum: float
    n_effective: float
    level: float = 0.95
    flags: tuple[str, ...] = field(default=())

    @property
    def rse(self) -> float:
        """Return the relative standard error se / |estimate|; NaN for an estimate of zero."""
        return self.se / abs(self.estimate) if self.estimate else math.nan

    @property
    def has_interval(self) -> bool:
        """Return whether both limits are defined."""
        return math.isfinite(self.ci_low) and math.isfinite(self.ci_high)

    @property
    def is_bounded(self) -> bool:
        """Return whether the figure is a proportion at 0 % or 100 % of a sample, with a one-sided bound."""
        return ONE_SIDED in self.flags


def estimate(
    design: Design,
    kind: str,
    y: FloatArray,
    x: FloatArray | None = None,
    *,
    domain: BoolArray | None = None,
    by: Mapping[str, NDArray[Any]] | None = None,
    ci: str | None = None,
    level: float = 0.95,
    deff_floor: float = 1.0,
) -> list[Estimate]:
    """Estimate a proportion (y is 0/1), mean, total or ratio (y / x) in a domain, or in each domain of `by`.

    NaN in y (or x) puts the row outside the domain while its units stay in the design. `ci` is one of
    `interval.METHODS` (logit for proportions, mean for the rest when None). `deff_floor` is the design effect to assume
    at 0 % and 100 %, where the sample shows none. Raises Problem lonely-psu, or bad-value for an unknown kind or `ci`.
    """
    method = _checked_method(kind, ci)
    return [_one(design, kind, y, x, part, method, level, deff_floor) for part in domains(design.n_rows, domain, by)]


def linearised(
    design: Design, kind: str, y: FloatArray, x: FloatArray | None = None, domain: BoolArray | None = None
) -> Linearised:
    """Return the value and influence values of one estimate, for covariances and contrasts."""
    inside = np.ones(design.n_rows, dtype=np.bool_) if domain is None else domain
    return estimator(kind, design.weight, y, x, inside & answered(design, y, x))


def answered(design: Design, y: FloatArray, x: FloatArray | None) -> BoolArray:
    """Return the rows with a value of y (and x) and a weight that is not zero."""
    rows: BoolArray = ~np.isnan(y) & (design.weight != 0)
    return rows if x is None else rows & ~np.isnan(x)


def _checked_method(kind: str, ci: str | None) -> str:
    if kind not in KINDS:
        raise Problem("bad-value", name="kind", value=kind, expected=" | ".join(KINDS))
    method = ci or ("logit" if kind == "proportion" else "mean")
    allowed = ("mean", "none") if kind in ("mean", "total") else intervals.METHODS
    if method not in allowed:
        raise Problem("bad-value", name="ci", value=method, expected=" | ".join(allowed))
    return method


def _one(
    design: Design,
    kind: str,
    y: FloatArray,
    x: FloatArray | None,
    domain: Domain,
    method: str,
    level: float,
    deff_floor: float,
) -> Estimate:
    rows = domain.rows & answered(design, y, x)
    line = estimator(kind, design.weight, y, x, rows)
    defined = math.isfinite(line.value) and bool(rows.any())
    variance = float(kernel.variances(design, line.influence, rows)[0]) if defined else math.nan
    figure = summary(design, kind, line, domain, variance, level)
    census = defined and figure.n == figure.n_domain and design.is_census(rows)
    return with_interval(figure, method, design.weight[rows], census=census, deff_floor=deff_floor)


def summary(
    design: Design,
    kind: str,
    line: Linearised,
    domain: Domain,
    variance: float,
    level: float,
    *,
    df: int | None = None,
) -> Estimate:
    """Return the figure of a linearised estimate and its variance, without its interval.

    `df` overrides the count of units minus strata with domain rows.
    """
    n, weight = int(line.rows.sum()), design.weight[line.rows]
    defined = n > 0 and math.isfinite(line.value) and math.isfinite(variance)
    freedom = design.degrees_of_freedom(domain.rows & (design.weight != 0)) if df is None else df
    deff = intervals.design_effects(variance, weight, line.residual[line.rows], line.scale) if defined else _NO_DEFF
    return Estimate(
        kind=kind,
        domain=domain.label,
        estimate=line.value if n else math.nan,
        se=math.sqrt(max(variance, 0.0)) if defined else math.nan,
        ci_low=math.nan,
        ci_high=math.nan,
        ci_method="none",
        deff=deff[0],
        deff_replace=deff[1],
        df=freedom,
        df_answered=design.degrees_of_freedom(line.rows) if df is None else df,
        n=n,
        n_domain=int(domain.rows.sum()),
        n_psu=design.counts(line.rows)[0],
        weight_sum=float(weight.sum()),
        n_effective=_effective(n, deff[1]),
        level=level,
        flags=_early_flags(n, defined, freedom),
    )


def _effective(n: int, deff: float) -> float:
    return n / deff if deff > 0 else float(n)


def _early_flags(n: int, defined: bool, df: int) -> tuple[str, ...]:
    flags = [NO_CASES] if n == 0 else []
    if n and not defined:
        flags.append(NO_DENOMINATOR)
    if n and df <= 0:
        flags.append(NO_DF)
    return tuple(flags)


def with_interval(
    figure: Estimate, method: str, weight: FloatArray, *, census: bool = False, deff_floor: float = 1.0
) -> Estimate:
    """Return the figure with its interval; `weight` are the weights (n,) of the answered rows. See `with_extremes`."""
    kish = intervals.kish_effect(weight)
    return with_extremes(figure, method, kish=kish, census=census, deff_floor=deff_floor)


def with_extremes(
    figure: Estimate, method: str, *, kish: float, census: bool = False, deff_floor: float = 1.0
) -> Estimate:
    """Return the figure with its interval: exact for a census, a one-sided bound at 0 % and 100 %, else `method`.

    At 0 % and 100 % the effective sample size is n over the larger of `deff_floor` and `kish`, Kish's design effect of
    the weights.
    """
    p = figure.estimate
    if not math.isfinite(p):
        return figure
    if census:
        return _replaced(figure, (p, p), "census", (CENSUS,))
    if figure.kind == "proportion" and min(abs(p), abs(p - 1)) < 1e-12:
        n_effective = figure.n / max(deff_floor, kish, 1.0)
        limits = intervals.one_sided_bound(float(round(p)), n_effective, level=figure.level)
        bounded = _replaced(figure, limits, "clopper-pearson-one-sided", (ZERO_EVENTS, ONE_SIDED))
        return replace(bounded, n_effective=n_effective)
    limits = intervals.interval(method, p, figure.se**2, figure.df, figure.n_domain, level=figure.level)
    return _replaced(figure, limits, method if math.isfinite(limits[0]) else "none", ())


def _replaced(figure: Estimate, limits: intervals.Interval, method: str, flags: tuple[str, ...]) -> Estimate:
    return replace(figure, ci_low=limits[0], ci_high=limits[1], ci_method=method, flags=(*figure.flags, *flags))
