"""Calibration of weights to known totals, with the projection that carries its effect into every variance.

Owns post-stratification, raking, the generalised regression estimator and bounded logit (Deville & Särndal 1992;
Deville, Särndal & Sautory 1993). Refuses margins that disagree, categories without cases, and totals not reached:
never returns weights that miss a total.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr

from survey.errors import Problem
from survey.estimation import distance as distances
from survey.estimation.columns import Column, FloatArray, IntArray, codes
from survey.estimation.design import Design
from survey.estimation.distance import EXPONENTIAL, LINEAR, Distance
from survey.estimation.interval import kish_effect

TOLERANCE = 1e-10
_SINGULAR = 1e-11


@dataclass(frozen=True, slots=True)
class Margin:
    """A categorical column of n rows and the known total of each of its categories."""

    name: str
    values: NDArray[Any]
    totals: Mapping[Any, float]


@dataclass(frozen=True, slots=True)
class Auxiliary:
    """Numeric auxiliary variables (n, p) with their names and known totals (p,); include a constant for the size."""

    names: tuple[str, ...]
    matrix: FloatArray
    totals: FloatArray


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The design with calibrated weights, the factors g = calibrated / previous weight, and what the step cost."""

    design: Design
    g: FloatArray
    iterations: int
    effect_before: float
    effect_after: float

    @property
    def negative(self) -> int:
        """Return the number of rows whose calibrated weight is negative."""
        return int((self.design.weight < 0).sum())


@dataclass(frozen=True, slots=True)
class Projection:
    """Residuals of influence values on the auxiliaries, by the weights before the step, times the weights after it.

    e_i = w_i (u_i − x_iᵀβ), u_i = z_i / w_i, β the regression of u on x weighted by the previous weights (Särndal,
    Swensson & Wretman 1992, section 6.6). `basis` is an orthonormal basis of √d x.
    """

    basis: FloatArray
    root: FloatArray
    weight: FloatArray

    def __call__(self, influence: FloatArray) -> FloatArray:
        """Return the residual influence values, shape (n, k)."""
        used = self.weight != 0
        unit = np.zeros_like(influence)
        unit[used] = influence[used] * (self.root[used] / self.weight[used])[:, None]
        unit -= self.basis @ (self.basis.T @ unit)
        return unit * np.divide(self.weight, self.root, out=np.zeros_like(self.weight), where=self.root > 0)[:, None]


@dataclass(frozen=True, slots=True)
class GroupProjection:
    """The projection of one categorical margin: deviations from the weighted mean of each category."""

    group: IntArray
    before: FloatArray
    weight: FloatArray

    def __call__(self, influence: FloatArray) -> FloatArray:
        """Return the residual influence values, shape (n, k)."""
        size = np.bincount(self.group, weights=self.before)
        ratio = np.divide(self.before, self.weight, out=np.zeros_like(self.weight), where=self.weight != 0)
        means = [np.bincount(self.group, weights=influence[:, j] * ratio) / size for j in range(influence.shape[1])]
        centre = np.column_stack(means)
        return np.asarray(influence - self.weight[:, None] * centre[self.group])


def auxiliary(margins: Sequence[Margin]) -> Auxiliary:
    """Return categorical margins as numeric auxiliaries: a constant, and all categories of a margin but its first.

    Raises the Problems of `rake` for margins that disagree and categories without a total or without cases.
    """
    _check_grand_totals(margins)
    names, columns, totals = ["(all)"], [np.ones(len(margins[0].values))], [float(sum(margins[0].totals.values()))]
    for margin in margins:
        group, targets, labels = _cells(margin)
        for k in range(1, len(labels)):
            names.append(f"{margin.name} {labels[k]}")
            columns.append((group == k).astype(np.float64))
            totals.append(float(targets[k]))
    return Auxiliary(tuple(names), np.column_stack(columns), np.array(totals))


def post_stratify(design: Design, margin: Margin) -> Calibrated:
    """Scale the weights so that every category of one margin has its known total."""
    group, targets, _ = _cells(margin)
    found = np.bincount(group, weights=design.weight, minlength=len(targets))
    g = (targets / found)[group]
    weight = design.weight * g
    return _finished(design, g, GroupProjection(group, design.weight, weight), 1)


def rake(design: Design, margins: Sequence[Margin], *, iterations: int = 1000) -> Calibrated:
    """Scale the weights to several margins in turn until all totals hold to 1e-10 (iterative proportional fitting).

    The variance is that of the weighted regression on all margins. Raises Problem calibration-totals-disagree,
    calibration-empty-cell or calibration-not-reached.
    """
    weight, steps = _fit(design.weight, margins, iterations)
    matrix = np.column_stack([_indicators(group, len(targets)) for group, targets, _ in map(_cells, margins)])
    return _finished(design, weight / design.weight, _projection(matrix, design.weight, weight), steps)


def rake_sizes(size: FloatArray, margins: Sequence[Margin], *, iterations: int = 1000) -> FloatArray:
    """Return the raking factors of rows that stand for a known size each (m,), such as combinations of categories."""
    return _fit(size, margins, iterations)[0] / size


def _fit(start: FloatArray, margins: Sequence[Margin], iterations: int) -> tuple[FloatArray, int]:
    cells = [_cells(margin) for margin in margins]
    _check_grand_totals(margins)
    weight = start.copy()
    for step in range(1, iterations + 1):
        worst = 0.0
        for group, targets, _ in cells:
            found = np.bincount(group, weights=weight, minlength=len(targets))
            worst = max(worst, float(np.max(np.abs(found - targets) / targets)))
            weight *= (targets / found)[group]
        if worst < TOLERANCE:
            return weight, step
    raise _not_reached(margins, cells, weight, iterations)


def rake_many(
    size: FloatArray, margins: Sequence[tuple[FloatArray, FloatArray]], *, iterations: int = 200
) -> FloatArray:
    """Return the raking factors (R, m) of R sets of sizes (R, m); a margin is its indicators (m, p) and totals (p,).

    A category that lost all its cases in a replicate keeps none. Raises Problem calibration-not-reached.
    """
    factor = np.ones_like(size)
    worst = math.inf
    for _ in range(iterations):
        worst = 0.0
        for indicators, totals in margins:
            found = (size * factor) @ indicators
            held = found > 0
            worst = max(worst, float(np.max(np.abs(found - totals) / totals, where=held, initial=0.0)))
            move = np.divide(totals, found, out=np.zeros_like(found), where=held)
            factor *= move @ indicators.T
        if worst < TOLERANCE:
            return factor
    raise Problem("calibration-not-reached", iterations=iterations, margin="–", cell="–", found=worst, target=0)


def linear(design: Design, auxiliary: Auxiliary) -> Calibrated:
    """Calibrate by the generalised regression estimator: g = 1 + xᵀλ, in closed form; g may be negative."""
    return by_distance(design, auxiliary, LINEAR)


def exponential(design: Design, auxiliary: Auxiliary) -> Calibrated:
    """Calibrate with g = exp(xᵀλ), the raking distance for any auxiliaries; g is positive."""
    return by_distance(design, auxiliary, EXPONENTIAL)


def bounded_logit(design: Design, auxiliary: Auxiliary, bounds: tuple[float, float]) -> Calibrated:
    """Calibrate with g strictly between two bounds around 1, by the logit distance."""
    return by_distance(design, auxiliary, distances.bounded_logit(bounds))


def by_distance(design: Design, auxiliary: Auxiliary, distance: Distance) -> Calibrated:
    """Calibrate with the least change of weights by a distance; raises Problem calibration-not-reached."""
    g, steps = factors(design.weight, auxiliary, distance)
    return _finished(design, g, _projection(auxiliary.matrix, design.weight, design.weight * g), steps)


def factors(d: FloatArray, auxiliary: Auxiliary, distance: Distance) -> tuple[FloatArray, int]:
    """Return the factors g (n,) of weights d (n,) and the Newton steps taken; rows of weight 0 keep it."""
    matrix, totals = auxiliary.matrix, auxiliary.totals
    _check_auxiliary(auxiliary, len(d))
    scale = np.maximum(np.abs(totals), 1e-9 * float(np.abs(totals).max()))
    unit = matrix / scale
    coefficient = np.zeros(matrix.shape[1])
    g = distance.factor(matrix[:, 0] * 0.0)
    gap = totals / scale - unit.T @ (d * g)
    steps = 0
    while steps < distance.iterations and float(np.abs(gap).max()) >= TOLERANCE:
        steps += 1
        slopes = unit.T @ (unit * (d * distance.slope(unit @ coefficient))[:, None])
        move = np.asarray(np.linalg.lstsq(slopes, gap, rcond=_SINGULAR)[0], dtype=np.float64)
        coefficient, g, gap, moved = _step(unit, totals / scale, d, distance.factor, coefficient, move, gap)
        if not moved:
            break
    if not float(np.abs(gap).max()) < 10 * TOLERANCE:
        raise _missed(auxiliary, d * g, steps)
    return g, steps


def _step(
    unit: FloatArray,
    target: FloatArray,
    d: FloatArray,
    factor: Callable[[FloatArray], FloatArray],
    coefficient: FloatArray,
    move: FloatArray,
    gap: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray, bool]:
    """Take the Newton step, halved until the largest gap shrinks; the last flag says whether it did."""
    before = float(np.abs(gap).max())
    for halving in range(40):
        trial = coefficient + move / 2**halving
        with np.errstate(over="ignore"):
            g = factor(unit @ trial)
        left = target - unit.T @ (d * g)
        if np.isfinite(left).all() and float(np.abs(left).max()) < before:
            return trial, g, left, True
    return coefficient, factor(unit @ coefficient), gap, False


def _projection(matrix: FloatArray, before: FloatArray, after: FloatArray) -> Projection:
    root = np.sqrt(np.maximum(before, 0.0))
    scale = np.maximum(np.abs(matrix).max(axis=0), 1e-300)
    basis, upper, _ = qr(matrix / scale * root[:, None], mode="economic", pivoting=True)
    diagonal = np.abs(np.diag(upper))
    rank = int((diagonal > 1e-9 * diagonal[0]).sum())
    return Projection(np.ascontiguousarray(basis[:, :rank]), root, after)


def _finished(design: Design, g: FloatArray, projection: Callable[[FloatArray], FloatArray], steps: int) -> Calibrated:
    weight = design.weight * g
    return Calibrated(
        design=design.reweighted(weight, projection),
        g=g,
        iterations=steps,
        effect_before=kish_effect(design.weight),
        effect_after=kish_effect(weight),
    )


def _cells(margin: Margin) -> tuple[IntArray, FloatArray, list[Any]]:
    """Return the category of every row, the total of every category, and the categories, in the order of the totals."""
    code, found = codes(Column(margin.name, margin.values))
    labels = list(margin.totals)
    position = {label: i for i, label in enumerate(labels)}
    for k, value in enumerate(found.tolist()):
        if value not in position:
            count = int((code == k).sum())
            raise Problem("calibration-unknown-cell", margin=margin.name, cell=value, count=count)
    group = np.array([position[value] for value in found.tolist()], dtype=np.int64)[code]
    targets = np.array([float(margin.totals[label]) for label in labels])
    present = np.bincount(group, minlength=len(labels)) > 0
    for i, label in enumerate(labels):
        if not targets[i] >= 0 or (present[i] and targets[i] == 0):
            raise Problem("calibration-bad-total", margin=margin.name, cell=label, target=targets[i])
        if targets[i] > 0 and not present[i]:
            raise Problem("calibration-empty-cell", margin=margin.name, cell=label, target=targets[i])
    return _without_empty(group, targets, labels, present)


def _without_empty(
    group: IntArray, targets: FloatArray, labels: list[Any], present: NDArray[np.bool_]
) -> tuple[IntArray, FloatArray, list[Any]]:
    renumbered = np.cumsum(present) - 1
    kept = [label for label, keep in zip(labels, present, strict=True) if keep]
    return renumbered[group].astype(np.int64), targets[present], kept


def _indicators(group: IntArray, width: int) -> FloatArray:
    matrix = np.zeros((len(group), width))
    matrix[np.arange(len(group)), group] = 1.0
    return matrix


def _check_grand_totals(margins: Sequence[Margin]) -> None:
    sums = [float(sum(margin.totals.values())) for margin in margins]
    for margin, total in zip(margins, sums, strict=True):
        if abs(total - sums[0]) > 1e-9 * abs(sums[0]):
            raise Problem(
                "calibration-totals-disagree",
                margin=margin.name,
                total=total,
                other=margins[0].name,
                expected=sums[0],
            )


def _check_auxiliary(auxiliary: Auxiliary, n_rows: int) -> None:
    if auxiliary.matrix.shape != (n_rows, len(auxiliary.names)) or len(auxiliary.totals) != len(auxiliary.names):
        raise Problem("design-length", column=auxiliary.names[0], count=len(auxiliary.matrix), expected=n_rows)
    missing = ~np.isfinite(auxiliary.matrix)
    if missing.any():
        column = int(np.flatnonzero(missing.any(axis=0))[0])
        raise Problem("design-missing", column=auxiliary.names[column], count=int(missing[:, column].sum()))


def _not_reached(
    margins: Sequence[Margin], cells: Sequence[tuple[IntArray, FloatArray, list[Any]]], weight: FloatArray, steps: int
) -> Problem:
    worst, details = -1.0, {}
    for margin, (group, targets, labels) in zip(margins, cells, strict=True):
        found = np.bincount(group, weights=weight, minlength=len(targets))
        error = np.abs(found - targets) / targets
        k = int(np.argmax(error))
        if error[k] > worst:
            worst = float(error[k])
            details = {"margin": margin.name, "cell": labels[k], "found": found[k], "target": targets[k]}
    return Problem("calibration-not-reached", iterations=steps, **details)


def _missed(auxiliary: Auxiliary, weight: FloatArray, steps: int) -> Problem:
    found = auxiliary.matrix.T @ weight
    error = np.abs(found - auxiliary.totals) / np.maximum(np.abs(auxiliary.totals), 1e-300)
    k = int(np.nanargmax(error))
    return Problem(
        "calibration-not-reached",
        iterations=steps,
        margin=auxiliary.names[k],
        cell=auxiliary.names[k],
        found=float(found[k]),
        target=float(auxiliary.totals[k]),
    )
