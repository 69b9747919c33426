"""Variances for samples drawn with unequal probabilities without replacement, in one stage.

Owns the quadratic forms: joint probabilities in the Horvitz–Thompson or the Yates–Grundy form, and Hartley & Rao's
(1962) approximation. Brewer's approximation needs none of them: give the probabilities as the sampling fractions.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from survey.errors import Problem
from survey.estimation.columns import FloatArray
from survey.estimation.design import Design


def horvitz_thompson(joint: FloatArray) -> FloatArray:
    """Return the matrix M with v = zᵀ M z from joint inclusion probabilities (m, m), first-order on the diagonal."""
    single = np.diag(joint)
    result: FloatArray = 1 - np.outer(single, single) / joint
    return result


def yates_grundy(joint: FloatArray) -> FloatArray:
    """Return the matrix of the Yates–Grundy (Sen) form; it suits samples of fixed size and is rarely negative."""
    off = -horvitz_thompson(joint)
    np.fill_diagonal(off, 0.0)
    return np.asarray(np.diag(off.sum(axis=1)) - off)


def hartley_rao(probability: FloatArray, mean_square: float | None = None) -> FloatArray:
    """Return Hartley and Rao's approximate joint probabilities (m, m) from first-order ones (m,).

    π_ij ≈ π_i π_j (n − 1) / (n − π_i − π_j + c). `mean_square` is c = Σ π² / n over the population; estimated by
    Σ π / n over the sample when None.
    """
    n = len(probability)
    c = float(probability.sum()) / n if mean_square is None else mean_square
    product = np.outer(probability, probability)
    joint = product * (n - 1) / (n - probability[:, None] - probability[None, :] + c)
    np.fill_diagonal(joint, probability)
    return np.asarray(joint)


def with_pairs(design: Design, matrix: FloatArray) -> Design:
    """Return the single-stage design with a quadratic form over its primary units, in the order of their codes."""
    n_units = design.stages[0].n_units
    if matrix.shape != (n_units, n_units) or len(design.stages) > 1:
        raise Problem("design-length", column="joint probabilities", count=len(matrix), expected=n_units)
    if not np.isfinite(matrix).all():
        raise Problem("bad-value", name="joint probabilities", value="–", expected="> 0")
    return replace(design, pairs=matrix)
