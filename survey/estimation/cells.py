"""Estimates from sums by sampling unit and finest domain cell: the fast form of the same kernel.

A cell is one primary unit × one combination of domain columns; Σ w y, Σ w x and counts by cell are all that
proportions and ratios of totals need, in any domain, calibrated on cell margins or not. Owns the small algebra after
the one pass over the data; reads no file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import sparse

from survey.errors import Problem
from survey.estimation import calibrate
from survey.estimation import variance as kernel
from survey.estimation.calibrate import Margin
from survey.estimation.columns import BoolArray, FloatArray, IntArray, combine
from survey.estimation.design import Design
from survey.estimation.result import NO_CASES, NO_DENOMINATOR, NO_DF, Estimate, with_extremes


@dataclass(frozen=True, slots=True)
class Key:
    """A domain column: the code of every cell (−1 where it is missing) and what the codes mean."""

    code: IntArray
    labels: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """The factor of every margin combination, its margin indicators (m, p), and the combination of every cell."""

    combination: IntArray
    indicators: FloatArray
    g: FloatArray
    inverse: FloatArray


@dataclass(frozen=True, slots=True)
class Cells:
    """Sums over c cells of a design whose rows are its primary units, for k indicators.

    `psu` is the row of `design` of each cell; `weight`, `square` and `rows` are Σ w, Σ w² and the count of the cell's
    rows; `y`, `x` and `n` (c, k) are Σ w y, Σ w x and the count of the rows that answered.
    """

    design: Design
    psu: IntArray
    keys: Mapping[str, Key]
    names: tuple[str, ...]
    weight: FloatArray
    square: FloatArray
    rows: FloatArray
    y: FloatArray
    x: FloatArray
    n: FloatArray
    calibration: Calibration | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One estimate and the indicator it belongs to."""

    indicator: str
    estimate: Estimate


def rake(cells: Cells, margins: Mapping[str, Mapping[Any, float]]) -> Cells:
    """Return the cells with weights raked to the totals of domain columns, and the projection for variances.

    Raises the Problems of `calibrate.rake`; a missing value in a margin column is a category without a total.
    """
    return replace(cells, calibration=_calibration(cells, margins))


def _calibration(cells: Cells, margins: Mapping[str, Mapping[Any, float]]) -> Calibration:
    codes = [cells.keys[name].code for name in margins]
    for name, code in zip(margins, codes, strict=True):
        if (code < 0).any():
            count = int(cells.rows[code < 0].sum())
            raise Problem("calibration-unknown-cell", margin=name, cell="–", count=count)
    combination = codes[0]
    for code in codes[1:]:
        combination = combine(combination, code)
    first = np.unique(combination, return_index=True)[1]
    size = np.asarray(np.bincount(combination, weights=cells.weight), dtype=np.float64)
    given = [
        Margin(name, np.array(cells.keys[name].labels, dtype=object)[code[first]], totals)
        for (name, totals), code in zip(margins.items(), codes, strict=True)
    ]
    factor = calibrate.rake_sizes(size, given)
    indicators = np.column_stack([_one_hot(code[first]) for code in codes])
    crossed = indicators.T @ (indicators * size[:, None])
    inverse = np.asarray(np.linalg.pinv(crossed, hermitian=True), dtype=np.float64)
    return Calibration(combination, indicators, factor, inverse)


def estimate(
    cells: Cells, groupings: Sequence[Sequence[str]], *, ci: str = "logit", level: float = 0.95, deff_floor: float = 1.0
) -> list[Figure]:
    """Estimate every indicator (Σ w y / Σ w x, y between 0 and x) in every domain of every grouping.

    A grouping is a sequence of domain columns; the empty one is everybody. Groups are in the order of their labels.
    """
    figures: list[Figure] = []
    for names in groupings:
        figures += _grouping(cells, list(names), ci, level, deff_floor)
    return figures


@dataclass(frozen=True, slots=True)
class _Groups:
    """Sums by group: estimates (g, k), denominators (g, k), counts, and the group of every cell (−1 for none)."""

    code: IntArray
    labels: list[dict[str, Any]]
    value: FloatArray
    denominator: FloatArray
    n: FloatArray

    @property
    def count(self) -> int:
        return len(self.labels)


def _grouping(cells: Cells, names: list[str], ci: str, level: float, deff_floor: float) -> list[Figure]:
    groups = _groups(cells, names)
    variance = _variances(cells, groups)
    answered = _answered(cells, groups)
    totals = np.column_stack([_weight(cells), _square(cells), cells.rows])
    w, square, rows = _plain_sums(groups.code, groups.count, totals).T
    figures = []
    for g, label in enumerate(groups.labels):
        kish = float(rows[g] * square[g] / w[g] ** 2) if w[g] > 0 else math.nan
        df = int(np.subtract(*_units(cells, groups, g)))
        for j, name in enumerate(cells.names):
            units = (int(answered[0][g, j]), int(answered[1][g, j]))
            figure = _figure(groups, float(variance[g, j]), (g, j), label, units, df, int(rows[g]), level)
            figures.append(Figure(name, with_extremes(figure, ci, kish=kish, census=False, deff_floor=deff_floor)))
    return figures


def _groups(cells: Cells, names: list[str]) -> _Groups:
    code, labels = _labels(cells, names)
    y, x = _summed(code, len(labels), cells.y, cells), _summed(code, len(labels), cells.x, cells)
    n = _plain_sums(code, len(labels), cells.n)
    value = np.divide(y, x, out=np.full_like(y, np.nan), where=x > 0)
    return _Groups(code, labels, value, x, n)


def _labels(cells: Cells, names: list[str]) -> tuple[IntArray, list[dict[str, Any]]]:
    if not names:
        return np.zeros(len(cells.psu), dtype=np.int64), [{}]
    keys = [cells.keys[name] for name in names]
    present = np.all([key.code >= 0 for key in keys], axis=0)
    joined = keys[0].code[present]
    for key in keys[1:]:
        joined = joined * len(key.labels) + key.code[present]
    _, first, dense = np.unique(joined, return_index=True, return_inverse=True)
    code = np.full(len(cells.psu), -1, dtype=np.int64)
    code[present] = dense
    members = np.flatnonzero(present)[first]
    labels = [{n: key.labels[key.code[i]] for n, key in zip(names, keys, strict=True)} for i in members]
    return code, labels


def _g(cells: Cells) -> FloatArray | None:
    calibration = cells.calibration
    return None if calibration is None else calibration.g[calibration.combination]


def _weight(cells: Cells) -> FloatArray:
    g = _g(cells)
    return cells.weight if g is None else cells.weight * g


def _square(cells: Cells) -> FloatArray:
    g = _g(cells)
    return cells.square if g is None else cells.square * g**2


def _summed(code: IntArray, count: int, values: FloatArray, cells: Cells) -> FloatArray:
    g = _g(cells)
    return _plain_sums(code, count, values if g is None else values * g[:, None])


def _plain_sums(code: IntArray, count: int, values: FloatArray) -> FloatArray:
    inside = np.flatnonzero(code >= 0)
    selector = sparse.csr_matrix((np.ones(len(inside)), (code[inside], inside)), shape=(count, len(code)))
    return np.asarray(selector @ values)


def _answered(cells: Cells, groups: _Groups) -> tuple[FloatArray, FloatArray]:
    """Return how many primary units, and how many strata, have a row that answered, by group and indicator."""
    units, count, k = cells.design.n_rows, groups.count, len(cells.names)
    place = np.where(groups.code >= 0, cells.psu * count + groups.code, -1)
    has = (_plain_sums(place, units * count, cells.n) > 0).reshape(units, count * k).astype(np.float64)
    strata = _plain_sums(cells.design.stratum, cells.design.stages[0].n_strata, has) > 0
    return has.sum(axis=0).reshape(count, k), strata.sum(axis=0).reshape(count, k).astype(np.float64)


def _variances(cells: Cells, groups: _Groups) -> FloatArray:
    """Return the variances (g, k) from the residual totals of every primary unit."""
    units, count, k = cells.design.n_rows, groups.count, len(cells.names)
    inside = groups.code >= 0
    place = np.where(inside, cells.psu * count + groups.code, -1)
    y = _summed(place, units * count, cells.y, cells).reshape(units, count, k)
    x = _summed(place, units * count, cells.x, cells).reshape(units, count, k)
    scale = np.divide(1.0, groups.denominator, out=np.zeros_like(groups.denominator), where=groups.denominator > 0)
    value = np.nan_to_num(groups.value)
    x *= value
    y -= x
    y *= scale
    residual = y.reshape(units, count * k)
    if cells.calibration is not None:
        residual = residual - _fitted(cells, cells.calibration, groups, value, scale)
    return kernel.variances(cells.design, residual).reshape(count, k)


def _fitted(
    cells: Cells, calibration: Calibration, groups: _Groups, value: FloatArray, scale: FloatArray
) -> FloatArray:
    """Return Σ g w xᵀβ by primary unit, β regressing each influence on the margins by the weights before raking."""
    m, count, k = len(calibration.g), groups.count, len(cells.names)
    place = np.where(groups.code >= 0, calibration.combination * count + groups.code, -1)
    y = _plain_sums(place, m * count, cells.y).reshape(m, count, k)
    x = _plain_sums(place, m * count, cells.x).reshape(m, count, k)
    influence = ((y - value * x) * scale).reshape(m, count * k)
    beta = calibration.inverse @ (calibration.indicators.T @ influence)
    units = cells.design.n_rows
    sizes = sparse.csr_matrix((_weight(cells), (cells.psu, calibration.combination)), shape=(units, m))
    return np.asarray(sizes @ (calibration.indicators @ beta))


def _units(cells: Cells, groups: _Groups, g: int) -> tuple[int, int]:
    rows: BoolArray = np.zeros(cells.design.n_rows, dtype=np.bool_)
    rows[cells.psu[groups.code == g]] = True
    return cells.design.counts(rows)


def _figure(
    groups: _Groups,
    variance: float,
    place: tuple[int, int],
    label: dict[str, Any],
    answered: tuple[int, int],
    df: int,
    rows: int,
    level: float,
) -> Estimate:
    p, size, n = float(groups.value[place]), float(groups.denominator[place]), int(groups.n[place])
    v = variance if math.isfinite(p) else math.nan
    with_replacement = v / (p * (1 - p) / (n - 1)) if n > 1 and 0 < p < 1 else math.nan
    return Estimate(
        kind="proportion",
        domain=label,
        estimate=p,
        se=math.sqrt(max(v, 0.0)) if math.isfinite(v) else math.nan,
        ci_low=math.nan,
        ci_high=math.nan,
        ci_method="none",
        deff=with_replacement / (1 - n / size) if size > n else math.nan,
        deff_replace=with_replacement,
        df=df,
        df_answered=answered[0] - answered[1],
        n=n,
        n_domain=rows,
        n_psu=answered[0],
        weight_sum=size,
        n_effective=n / with_replacement if with_replacement > 0 else float(n),
        level=level,
        flags=_flags(n, p, df),
    )


def _flags(n: int, p: float, df: int) -> tuple[str, ...]:
    if n == 0:
        return (NO_CASES,)
    if not math.isfinite(p):
        return (NO_DENOMINATOR,)
    return (NO_DF,) if df <= 0 else ()


def bootstrap(cells: Cells, factor: FloatArray, margins: Mapping[str, Mapping[Any, float]] | None = None) -> FloatArray:
    """Return the replicates (R, k) of every indicator for everybody, from replicate factors (units, R).

    With `margins` every replicate is raked again to them.
    """
    if margins is None:
        y = _plain_sums(cells.psu, cells.design.n_rows, cells.y)
        x = _plain_sums(cells.psu, cells.design.n_rows, cells.x)
        return np.asarray((factor.T @ y) / (factor.T @ x))
    return _raked_again(cells, _calibration(cells, margins), factor, margins)


def _raked_again(
    cells: Cells, calibration: Calibration, factor: FloatArray, margins: Mapping[str, Mapping[Any, float]]
) -> FloatArray:
    m, k, units = len(calibration.g), len(cells.names), cells.design.n_rows
    place = cells.psu * m + calibration.combination
    sums = _plain_sums(place, units * m, np.column_stack([cells.weight, cells.y, cells.x]))
    replicated = (factor.T @ sums.reshape(units, m * (2 * k + 1))).reshape(-1, m, 2 * k + 1)
    blocks, start = [], 0
    for name, totals in margins.items():
        labels = cells.keys[name].labels
        targets = np.array([float(totals[label]) for label in labels])
        blocks.append((calibration.indicators[:, start : start + len(labels)], targets))
        start += len(labels)
    g = calibrate.rake_many(replicated[:, :, 0], blocks)
    moved = np.einsum("rm,rmj->rj", g, replicated[:, :, 1:], optimize=True)
    return np.asarray(moved[:, :k] / moved[:, k:])


def _one_hot(code: IntArray) -> FloatArray:
    matrix = np.zeros((len(code), int(code.max()) + 1))
    matrix[np.arange(len(code)), code] = 1.0
    return matrix
