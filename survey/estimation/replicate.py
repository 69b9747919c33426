"""Replicate weights and the variances they give: JK1, JKn, BRR, Fay, Rao–Wu bootstrap, or weights from elsewhere.

Owns how replicates are made (Wolter 2007; Rao & Wu 1988) and how they are summed up. Replicates are stored as factors
by sampling unit, not by row; re-calibrated ones as weights by row. Refuses strata that a method cannot handle.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.linalg import hadamard
from scipy.special import expit, logit

from survey.errors import Problem
from survey.estimation import interval as intervals
from survey.estimation.columns import BoolArray, FloatArray, IntArray
from survey.estimation.design import Design
from survey.estimation.domain import domains
from survey.estimation.estimator import estimator
from survey.estimation.result import Estimate, answered, summary, with_interval


@dataclass(frozen=True, slots=True)
class Replicates:
    """R replicates of a design: the weight of row i in replicate r is base[i] · factor[unit[i], r].

    v = scale Σ_r rscales_r (θ_r − c)², c the mean of the replicates, or the full-sample estimate when `mse`. `df` None
    takes sampling units minus strata of the domain.
    """

    design: Design
    base: FloatArray
    unit: IntArray
    factor: FloatArray
    scale: float
    rscales: FloatArray
    mse: bool = False
    df: int | None = None

    @property
    def count(self) -> int:
        """Return the number of replicates."""
        return int(self.factor.shape[1])

    def sums(self, values: FloatArray) -> FloatArray:
        """Return the replicate totals of values (n, k), shape (R, k)."""
        by_unit = np.column_stack(
            [np.bincount(self.unit, weights=self.base * column, minlength=len(self.factor)) for column in values.T]
        )
        totals: FloatArray = self.factor.T @ by_unit
        return totals

    def covariance(self, replicated: FloatArray, full: FloatArray) -> FloatArray:
        """Return the covariance matrix of estimates with replicates (R, k) and full-sample values (k,)."""
        used = self.rscales > 0
        if not used.any():
            return np.zeros((len(full), len(full)))
        centre = full if self.mse else replicated[used].mean(axis=0)
        deviation = replicated - centre
        return np.asarray(self.scale * (deviation.T @ (deviation * self.rscales[:, None])))

    def weights(self, replicate: int) -> FloatArray:
        """Return the weights (n,) of one replicate."""
        weight: FloatArray = self.base * self.factor[self.unit, replicate]
        return weight


def given(
    design: Design, weights: FloatArray, *, scale: float, rscales: FloatArray, mse: bool = False, df: int | None = None
) -> Replicates:
    """Return replicates from finished weights (n, R); df is their rank − 1 when None."""
    rank = int(np.linalg.matrix_rank(weights, tol=1e-5 * float(np.abs(weights).max()))) if df is None else df + 1
    rows = np.arange(design.n_rows)
    return Replicates(design, np.ones(design.n_rows), rows, weights, scale, np.asarray(rscales), mse, rank - 1)


def jackknife(design: Design) -> Replicates:
    """Return JKn replicates, one for each primary unit: without it, the rest of its stratum times n_h / (n_h − 1).

    With one stratum this is JK1. The factor of a replicate is (n_h − 1) / n_h, times 1 − f_h with a sampling fraction.
    """
    stage = design.stages[0]
    _check_singletons(design)
    sampled = stage.sampled[stage.stratum].astype(np.float64)
    dropped = np.flatnonzero((sampled > 1) & ~stage.census[stage.stratum])
    factor = np.ones((stage.n_units, len(dropped)))
    same = stage.stratum[:, None] == stage.stratum[dropped][None, :]
    factor[same] = np.broadcast_to((sampled / np.maximum(sampled - 1, 1))[dropped], same.shape)[same]
    factor[dropped, np.arange(len(dropped))] = 0.0
    rscales = ((sampled - 1) / sampled * (1 - stage.fraction))[dropped]
    return Replicates(design, design.weight, stage.unit, factor, 1.0, rscales)


def balanced(design: Design, *, rho: float = 0.0) -> Replicates:
    """Return balanced repeated replicates for two units a stratum; Fay's method with 0 < rho < 1.

    In each replicate one unit of a stratum gets 2 − rho and the other rho, by the columns of a Hadamard matrix.
    """
    stage = design.stages[0]
    if (stage.sampled != 2).any():
        label = stage.labels[int(np.flatnonzero(stage.sampled != 2)[0])]
        raise Problem("replicates-need-pairs", count=int((stage.sampled != 2).sum()), stratum=label)
    if not 0 <= rho < 1:
        raise Problem("bad-value", name="rho", value=rho, expected="0 ≤ rho < 1")
    order = 2 ** math.ceil(math.log2(stage.n_strata + 1))
    signs = hadamard(order)[1 : stage.n_strata + 1].astype(np.float64)
    first = np.zeros(stage.n_units, dtype=np.bool_)
    first[np.unique(stage.stratum, return_index=True)[1]] = True
    factor = 1 + (1 - rho) * np.where(first, 1.0, -1.0)[:, None] * signs[stage.stratum]
    scale = 1 / (order * (1 - rho) ** 2)
    return Replicates(design, design.weight, stage.unit, factor, scale, np.ones(order))


def bootstrap(design: Design, count: int, random: Generator) -> Replicates:
    """Return Rao–Wu replicates: n_h − 1 units drawn with replacement in each stratum, times n_h / (n_h − 1).

    One generator stream a stratum, so a stratum's draws do not depend on the others. v = Σ (θ_r − θ̄)² / (R − 1).
    """
    stage = design.stages[0]
    _check_singletons(design)
    factor = np.ones((stage.n_units, count))
    order = np.argsort(stage.stratum, kind="stable")
    ends = np.cumsum(stage.sampled)
    for h, stream in enumerate(random.spawn(stage.n_strata)):
        members = order[ends[h] - stage.sampled[h] : ends[h]]
        n = len(members)
        if n > 1 and not stage.census[h]:
            picked = stream.multinomial(n - 1, np.full(n, 1 / n), size=count)
            factor[members] = picked.T * (n / (n - 1))
    return Replicates(design, design.weight, stage.unit, factor, 1 / (count - 1), np.ones(count))


def _check_singletons(design: Design) -> None:
    stage = design.stages[0]
    if stage.lonely.any() and design.lonely not in ("remove", "certainty"):
        names = [stage.labels[i] for i in np.flatnonzero(stage.lonely)]
        raise Problem("lonely-psu", count=len(names), strata=", ".join(names[:5]))


def recalibrated(replicates: Replicates, step: Callable[[FloatArray], FloatArray], design: Design) -> Replicates:
    """Return the replicates after a weighting step is redone in each: `step` turns weights (n,) into weights (n,).

    `design` is the design after the same step on the full sample. A row of weight 0 must keep weight 0.
    """
    weights = np.column_stack([step(replicates.weights(r)) for r in range(replicates.count)])
    rows = np.arange(design.n_rows)
    return replace(replicates, design=design, base=np.ones(design.n_rows), unit=rows, factor=weights)


def replicated(replicates: Replicates, kind: str, y: FloatArray, x: FloatArray | None, rows: BoolArray) -> FloatArray:
    """Return the estimate of each replicate, shape (R,)."""
    above = np.where(rows, y, 0.0)
    if kind == "total":
        return replicates.sums(above[:, None])[:, 0]
    below = np.where(rows, 1.0 if x is None else x, 0.0)
    sums = replicates.sums(np.column_stack([above, below]))
    result: FloatArray = np.divide(sums[:, 0], sums[:, 1], out=np.full(len(sums), np.nan), where=sums[:, 1] != 0)
    return result


def estimate(
    replicates: Replicates,
    kind: str,
    y: FloatArray,
    x: FloatArray | None = None,
    *,
    domain: BoolArray | None = None,
    by: Mapping[str, NDArray[Any]] | None = None,
    ci: str | None = None,
    level: float = 0.95,
) -> list[Estimate]:
    """Estimate as `result.estimate` does, with the variance from replicates; `ci` may also be logit_replicated."""
    design = replicates.design
    method = ci or ("xlogit" if kind == "proportion" else "mean")
    figures = []
    for part in domains(design.n_rows, domain, by):
        rows = part.rows & answered(design, y, x)
        line = estimator(kind, design.weight, y, x, rows)
        repeated = replicated(replicates, kind, y, x, rows)
        variance = float(replicates.covariance(repeated[:, None], np.array([line.value]))[0, 0])
        figure = summary(design, kind, line, part, variance, level, df=replicates.df)
        if method == "logit_replicated":
            figures.append(_logit_replicated(replicates, figure, repeated))
        else:
            figures.append(with_interval(figure, method, design.weight[rows]))
    return figures


def _logit_replicated(replicates: Replicates, figure: Estimate, repeated: FloatArray) -> Estimate:
    if not 0 < figure.estimate < 1:
        return figure
    centre = float(logit(figure.estimate))
    variance = float(replicates.covariance(logit(repeated)[:, None], np.array([centre]))[0, 0])
    half = intervals.t_quantile(1 - (1 - figure.level) / 2, figure.df) * math.sqrt(variance)
    low, high = float(expit(centre - half)), float(expit(centre + half))
    return replace(figure, ci_low=low, ci_high=high, ci_method="logit_replicated")
