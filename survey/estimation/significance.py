"""Tests of hypotheses under the design: Wald tests of several contrasts, and Rao–Scott tests of independence.

Owns the statistics and their reference distributions (Rao & Scott 1984; Thomas & Rao 1987).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, fdtrc

from survey.estimation import variance as kernel
from survey.estimation.columns import BoolArray, FloatArray, IntArray, factorise, is_missing
from survey.estimation.contrast import Contrast, Joint, Target, difference, joint
from survey.estimation.design import Design


@dataclass(frozen=True, slots=True)
class Test:
    """A statistic, its degrees of freedom and its p-value; `denominator` is inf for a chi-square distribution."""

    statistic: float
    numerator: float
    denominator: float
    p_value: float


def wald(estimates: Joint, contrasts: ArrayLike | None = None) -> Test:
    """Test that every contrast (rows of a matrix, the estimates themselves when None) is zero, by F = W / k."""
    matrix = np.eye(len(estimates.values)) if contrasts is None else np.atleast_2d(np.asarray(contrasts, dtype=float))
    value = matrix @ estimates.values
    spread = matrix @ estimates.covariance @ matrix.T
    rank = int(np.linalg.matrix_rank(spread, hermitian=True))
    statistic = float(value @ np.linalg.pinv(spread, hermitian=True) @ value) / rank
    return Test(statistic, rank, estimates.df, float(fdtrc(rank, estimates.df, statistic)))


def two_means(design: Design, y: FloatArray, group: BoolArray, domain: BoolArray | None = None) -> Contrast:
    """Test that two groups have the same mean (group true minus group false), with the design's df − 1."""
    inside = np.ones(design.n_rows, dtype=np.bool_) if domain is None else domain
    rows = inside & ~np.isnan(y)
    df = design.degrees_of_freedom(rows) - 1
    both = joint(design, [Target("mean", y, None, rows & group), Target("mean", y, None, rows & ~group)], df=df)
    return difference(both)


@dataclass(frozen=True, slots=True)
class _Table:
    """Estimated cell shares (r, c), covariances (rc, rc) of shares and totals, rows in the table, design df, Σ w."""

    share: FloatArray
    covariance: FloatArray
    total_covariance: FloatArray
    n: int
    df: int
    size: float


def rao_scott(
    design: Design, row: NDArray[Any], column: NDArray[Any], domain: BoolArray | None = None, *, order: int = 2
) -> Test:
    """Test independence of two categorical columns by Pearson's statistic corrected for the design.

    order 2: F = X² / Σλ on (Σλ)² / Σλ² and that times the design's df (Thomas & Rao); order 1: X² with p-value from
    X² / λ̄ on (r − 1)(c − 1).
    """
    table = _table(design, row, column, domain)
    expected = np.outer(table.share.sum(axis=1), table.share.sum(axis=0))
    pearson = table.n * float(((table.share - expected) ** 2 / expected).sum())
    effects = _generalised_effects(table)
    free = len(effects)
    if order == 1:
        return Test(pearson, free, math.inf, float(chdtrc(free, pearson / effects.mean())))
    numerator = float(effects.sum() ** 2 / (effects**2).sum())
    statistic = pearson / float(effects.sum())
    denominator = numerator * table.df
    return Test(statistic, numerator, denominator, float(fdtrc(numerator, denominator, statistic)))


def wald_independence(design: Design, row: NDArray[Any], column: NDArray[Any], domain: BoolArray | None = None) -> Test:
    """Test independence by the Wald statistic of observed minus expected counts (Koch, Freeman & Freeman 1975)."""
    table = _table(design, row, column, domain)
    r, c = table.share.shape
    marginal_row, marginal_column = table.share.sum(axis=1), table.share.sum(axis=0)
    expected = np.outer(marginal_row, marginal_column)
    gap = (table.share - expected)[: r - 1, : c - 1].ravel()
    gradient = np.zeros(((r - 1) * (c - 1), r * c))
    for k in range(len(gap)):
        i, j = divmod(k, c - 1)
        cell = np.full((r, c), expected[i, j])
        cell[i, j] += 1.0
        cell[i, :] -= marginal_column[j]
        cell[:, j] -= marginal_row[i]
        gradient[k] = cell.ravel()
    spread = gradient @ table.total_covariance @ gradient.T / table.size**2
    free = len(gap)
    statistic = float(gap @ np.linalg.solve(spread, gap)) / free
    return Test(statistic, free, table.df, float(fdtrc(free, table.df, statistic)))


def _table(design: Design, row: NDArray[Any], column: NDArray[Any], domain: BoolArray | None) -> _Table:
    inside = np.ones(design.n_rows, dtype=np.bool_) if domain is None else domain
    rows = inside & ~is_missing(row) & ~is_missing(column)
    cell, r, c = _cells(row, column, rows)
    indicator = np.zeros((design.n_rows, r * c))
    indicator[np.flatnonzero(rows), cell] = 1.0
    size = float(design.weight[rows].sum())
    weighted = design.weight[:, None] * indicator
    share = weighted.sum(axis=0) / size
    influence = (weighted - share * (design.weight * rows)[:, None]) / size
    covariance = kernel.covariance(design, influence, rows)
    totals = kernel.covariance(design, weighted, rows)
    df = design.degrees_of_freedom(inside)
    return _Table(share.reshape(r, c), covariance, totals, int(rows.sum()), df, size)


def _cells(row: NDArray[Any], column: NDArray[Any], rows: BoolArray) -> tuple[IntArray, int, int]:
    first, row_labels = factorise(np.asarray(np.ma.getdata(row))[rows])
    second, column_labels = factorise(np.asarray(np.ma.getdata(column))[rows])
    return first * len(column_labels) + second, len(row_labels), len(column_labels)


def _generalised_effects(table: _Table) -> FloatArray:
    """Return the eigenvalues of the generalised design effects of the interaction contrasts."""
    r, c = table.share.shape
    share = table.share.ravel()
    main = np.column_stack([np.kron(np.eye(r), np.ones((c, 1))), np.kron(np.ones((r, 1)), np.eye(c))])
    interaction = np.kron(np.eye(r)[:, 1:], np.eye(c)[:, 1:])
    beta = np.linalg.lstsq(main, interaction, rcond=None)[0]
    contrast = interaction - main @ beta
    inverse = np.divide(1.0, share, out=np.zeros_like(share), where=share > 0)[:, None]
    under_srs = contrast.T @ (inverse * contrast) / table.n
    under_design = (inverse * contrast).T @ table.covariance @ (inverse * contrast)
    return np.asarray(np.real(np.linalg.eigvals(np.linalg.solve(under_srs, under_design))), dtype=np.float64)
