"""Weighted linear and logistic regression with design-based covariances.

Owns the estimating equations; the variance comes from the kernel through influence values (Binder 1983).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from survey.errors import Problem
from survey.estimation import variance as kernel
from survey.estimation.columns import BoolArray, FloatArray
from survey.estimation.design import Design


@dataclass(frozen=True, slots=True)
class Regression:
    """Coefficients (p,) with names, covariance matrix (p, p) and degrees of freedom (design df − p + 1)."""

    names: tuple[str, ...]
    coefficient: FloatArray
    covariance: FloatArray
    df: int

    @property
    def se(self) -> FloatArray:
        """Return the standard errors (p,)."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))


def linear(
    design: Design, y: FloatArray, x: Sequence[FloatArray], names: Sequence[str], domain: BoolArray | None = None
) -> Regression:
    """Regress y on a constant and columns x by weighted least squares, in a domain; NaN rows count as outside."""
    matrix, rows = _matrix(design, y, x, domain)
    weight = np.where(rows, design.weight, 0.0)
    answer = np.where(rows, y, 0.0)
    _check_rank(matrix, weight, names)
    information = matrix.T @ (matrix * weight[:, None])
    coefficient = np.linalg.solve(information, matrix.T @ (weight * answer))
    score = matrix * (weight * (answer - matrix @ coefficient))[:, None]
    return _finished(design, names, coefficient, information, score, rows)


def logistic(
    design: Design,
    y: FloatArray,
    x: Sequence[FloatArray],
    names: Sequence[str],
    domain: BoolArray | None = None,
    *,
    iterations: int = 60,
) -> Regression:
    """Regress the log odds of a 0/1 variable on a constant and columns x by pseudo-maximum likelihood.

    Raises Problem regression-not-reached when the scoring does not converge (complete separation).
    """
    matrix, rows = _matrix(design, y, x, domain)
    weight = np.where(rows, design.weight, 0.0)
    answer = np.where(rows, y, 0.0)
    _check_rank(matrix, weight, names)
    coefficient = np.zeros(matrix.shape[1])
    for _ in range(iterations):
        chance = special.expit(matrix @ coefficient)
        information = matrix.T @ (matrix * (weight * chance * (1 - chance))[:, None])
        move = np.linalg.lstsq(information, matrix.T @ (weight * (answer - chance)), rcond=None)[0]
        coefficient = coefficient + move
        if float(np.abs(move).max()) < 1e-12 * max(1.0, float(np.abs(coefficient).max())):
            break
    else:
        raise Problem("regression-not-reached", iterations=iterations)
    chance = special.expit(matrix @ coefficient)
    information = matrix.T @ (matrix * (weight * chance * (1 - chance))[:, None])
    score = matrix * (weight * (answer - chance))[:, None]
    return _finished(design, names, coefficient, information, score, rows)


def _matrix(
    design: Design, y: FloatArray, x: Sequence[FloatArray], domain: BoolArray | None
) -> tuple[FloatArray, BoolArray]:
    rows = np.ones(design.n_rows, dtype=np.bool_) if domain is None else domain.copy()
    rows &= ~np.isnan(y)
    for column in x:
        rows &= ~np.isnan(column)
    matrix = np.column_stack([np.ones(design.n_rows), *x])
    return np.where(rows[:, None], matrix, 0.0), rows


def _check_rank(matrix: FloatArray, weight: FloatArray, names: Sequence[str]) -> None:
    """Refuse a column that the columns before it and the constant explain completely."""
    root = np.sqrt(np.maximum(weight, 0.0))
    rank = 0
    for k in range(matrix.shape[1]):
        part = matrix[:, : k + 1] * root[:, None]
        size = np.linalg.norm(part, axis=0)
        found = int(np.linalg.matrix_rank(part / np.where(size > 0, size, 1.0), tol=1e-9 * len(size)))
        if found == rank:
            raise Problem("regression-collinear", column=("(constant)", *names)[k], count=int((weight > 0).sum()))
        rank = found


def _finished(
    design: Design,
    names: Sequence[str],
    coefficient: FloatArray,
    information: FloatArray,
    score: FloatArray,
    rows: BoolArray,
) -> Regression:
    influence = np.asarray(np.linalg.solve(information, score.T).T, dtype=np.float64)
    covariance = kernel.covariance(design, influence, rows)
    df = design.degrees_of_freedom(rows) - len(coefficient) + 1
    return Regression(("(constant)", *names), coefficient, covariance, df)
