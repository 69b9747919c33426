"""Small areas: the Fay–Herriot model with REML, its mean squared error, and benchmarking to a direct total.

Owns the area-level model θ̂_i = x_iᵀβ + u_i + e_i with known sampling variances (Fay & Herriot 1979; Rao & Molina 2015,
chapters 5 and 6). Every result is model-based and says so; where σ²_u is estimated as 0 the result is synthetic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from survey.errors import Problem
from survey.estimation.columns import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class FayHerriot:
    """The fitted model and the area predictions (m,).

    `gamma` is the weight of the direct estimate; `mse` the Prasad–Rao mean squared error for REML; `between` is σ²_u.
    """

    coefficient: FloatArray
    between: float
    estimate: FloatArray
    mse: FloatArray
    gamma: FloatArray
    synthetic: bool
    iterations: int

    @property
    def rmse(self) -> FloatArray:
        """Return the root mean squared errors (m,)."""
        return np.sqrt(self.mse)


def fay_herriot(
    direct: FloatArray, variance: FloatArray, x: FloatArray, *, tolerance: float = 1e-10, iterations: int = 500
) -> FayHerriot:
    """Fit the model to m direct estimates with sampling variances and auxiliaries x (m, p) including a constant.

    Areas with a NaN direct estimate get the synthetic prediction. Raises Problem area-model for too few areas or a
    variance that is not positive.
    """
    sampled = np.isfinite(direct)
    _check(variance[sampled], x, int(sampled.sum()))
    between, steps = _reml(direct[sampled], variance[sampled], x[sampled], tolerance, iterations)
    weight = 1 / (between + variance[sampled])
    inverse = np.asarray(np.linalg.inv(x[sampled].T @ (x[sampled] * weight[:, None])), dtype=np.float64)
    beta = np.asarray(inverse @ (x[sampled].T @ (weight * direct[sampled])), dtype=np.float64)
    gamma = np.zeros(len(direct))
    gamma[sampled] = between * weight
    fitted = x @ beta
    estimate = fitted + gamma * np.where(sampled, direct - fitted, 0.0)
    mse = _mse(between, np.where(sampled, variance, np.inf), x, inverse, gamma, sampled)
    return FayHerriot(beta, between, estimate, mse, gamma, between == 0.0, steps)


def _check(variance: FloatArray, x: FloatArray, areas: int) -> None:
    if areas <= x.shape[1] + 1 or not (variance > 0).all() or not np.isfinite(x).all():
        raise Problem("area-model", areas=areas, needed=x.shape[1] + 2)


def _reml(
    direct: FloatArray, variance: FloatArray, x: FloatArray, tolerance: float, iterations: int
) -> tuple[float, int]:
    """Return σ²_u by Fisher scoring of the restricted likelihood, 0 at the boundary.

    A step that leaves the interval in which the score changes its sign is replaced by its middle: plain scoring can
    jump between 0 and a value beyond the maximum for ever.
    """
    between, low, high, rising = float(np.median(variance)), 0.0, math.inf, False
    for step in range(1, iterations + 1):
        weight = 1 / (between + variance)
        inverse = np.linalg.inv(x.T @ (x * weight[:, None]))
        projected = np.diag(weight) - (x * weight[:, None]) @ inverse @ (x * weight[:, None]).T
        residual = projected @ direct
        score = -0.5 * float(np.trace(projected)) + 0.5 * float(residual @ residual)
        information = 0.5 * float((projected * projected).sum())
        changed = max(between + score / information, 0.0)
        if score > 0:
            low, rising = between, True
            changed = (low + high) / 2 if changed >= high else changed
        else:
            high = between
            changed = (low + high) / 2 if rising and changed <= low else changed
        if abs(changed - between) <= tolerance * max(between, float(variance.min())):
            return changed, step
        between = changed
    raise Problem("area-model", areas=len(direct), needed=x.shape[1] + 2)


def _mse(
    between: float, variance: FloatArray, x: FloatArray, inverse: FloatArray, gamma: FloatArray, sampled: BoolArray
) -> FloatArray:
    """Return g1 + g2 + 2 g3 (Datta & Lahiri 2000); between plus the regression's variance for areas not sampled."""
    leverage = np.einsum("ij,jk,ik->i", x, inverse, x)
    known = np.where(sampled, variance, 1.0)
    information = float((1 / (between + variance[sampled]) ** 2).sum())
    g1 = np.where(sampled, gamma * known, between)
    g3 = np.where(sampled, known**2 / (between + known) ** 3 * 2 / information, 0.0)
    return np.asarray(g1 + (1 - gamma) ** 2 * leverage + 2 * g3, dtype=np.float64)


def smooth_variances(variance: FloatArray, n: FloatArray, estimate: FloatArray) -> FloatArray:
    """Return sampling variances of proportions smoothed by one common design effect (a generalised variance function).

    v_i = deff p̄ (1 − p̄) / n_i with the deff that keeps Σ n_i v_i; p̄ the mean of the estimates weighted by n. NaN
    where no area has a variance or all cases agree.
    """
    used = np.isfinite(variance) & (n > 0)
    p = float((n[used] * estimate[used]).sum() / max(n[used].sum(), 1.0))
    if not 0 < p < 1:
        return np.full(len(n), np.nan)
    effect = float((n[used] * variance[used]).sum()) / (used.sum() * p * (1 - p))
    return np.asarray(effect * p * (1 - p) / np.maximum(n, 1.0), dtype=np.float64)


def benchmarked(fit: FayHerriot, size: FloatArray, total: float) -> FloatArray:
    """Return predictions scaled so that Σ size_i θ_i equals the direct total (ratio benchmarking)."""
    return np.asarray(fit.estimate * (total / float((size * fit.estimate).sum())), dtype=np.float64)
