"""Replicates in which the calibration of the full sample is done again, so that their variance carries its effect.

Owns the repetition of raking and post-stratification on the cells of the margins, and of distance methods on rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from survey.estimation import calibrate
from survey.estimation.calibrate import Auxiliary, Margin
from survey.estimation.columns import Column, FloatArray, IntArray, codes, combine
from survey.estimation.design import Design
from survey.estimation.distance import Distance
from survey.estimation.replicate import Replicates

Report = Callable[[int, int], None]


def silent(_done: int, _total: int) -> None:
    """Report nothing."""


def rake(replicates: Replicates, margins: Sequence[Margin], design: Design) -> Replicates:
    """Return the replicates raked to the margins each (post-stratified, with one margin).

    `design` is the design after the same step on the full sample. A category that lost all its cases in a replicate
    keeps none. The factors are kept by unit and combination of categories, not by row. Raises Problem
    calibration-not-reached.
    """
    cell, first = _cells(margins)
    n_cells = len(first)
    share = np.zeros((len(replicates.factor), n_cells))
    np.add.at(share, (replicates.unit, cell), replicates.base)
    sizes = replicates.factor.T @ share
    targets = [_indicators(margin, first) for margin in margins]
    moves = calibrate.rake_many(sizes, targets)
    part = combine(replicates.unit, cell)
    rows = np.unique(part, return_index=True)[1]
    factor = replicates.factor[replicates.unit[rows]] * moves.T[cell[rows]]
    return replace(replicates, design=design, unit=part, factor=factor)


def by_distance(
    replicates: Replicates, auxiliary: Auxiliary, distance: Distance, design: Design, report: Report = silent
) -> Replicates:
    """Return the replicates calibrated by a distance each; `report` hears how many of them are done."""
    weights = np.empty((design.n_rows, replicates.count))
    for r in range(replicates.count):
        before = replicates.weights(r)
        weights[:, r] = before * calibrate.factors(before, auxiliary, distance)[0]
        report(r + 1, replicates.count)
    return _by_row(replicates, weights, design)


def _by_row(replicates: Replicates, weights: FloatArray, design: Design) -> Replicates:
    rows = np.arange(design.n_rows)
    return replace(replicates, design=design, base=np.ones(design.n_rows), unit=rows, factor=weights)


def _cells(margins: Sequence[Margin]) -> tuple[IntArray, IntArray]:
    """Return the combination of categories of every row, and the first row of every combination."""
    cell = np.zeros(len(margins[0].values), dtype=np.int64)
    for margin in margins:
        cell = combine(cell, codes(Column(margin.name, margin.values))[0])
    return cell, np.unique(cell, return_index=True)[1].astype(np.int64)


def _indicators(margin: Margin, first: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return which combination (m,) is in which category (m, p), and the totals (p,) of categories that occur."""
    labels = list(dict.fromkeys(margin.values[first].tolist()))
    matrix = np.array([[float(value == label) for label in labels] for value in margin.values[first].tolist()])
    return matrix, np.array([float(margin.totals[label]) for label in labels])
