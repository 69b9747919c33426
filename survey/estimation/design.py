"""The sample design, validated once and then frozen: weights, strata, sampling units and sampling fractions by stage.

Owns what makes a design usable. Refuses missing or non-positive weights, units in two strata, fractions that contradict
the sample. Knows nothing of estimators or variances.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.errors import Problem
from survey.estimation.columns import (
    BoolArray,
    Column,
    Columns,
    FloatArray,
    IntArray,
    as_columns,
    codes,
    combine,
    is_missing,
    numbers,
)

LONELY_RULES = ("fail", "remove", "certainty", "adjust", "average")
CENSUS = 1e-7


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of selection: the unit of each row, the stratum and sampling fraction of each unit.

    A stratum of a later stage lies within one unit of the stage before (`parent`, by stratum).
    """

    unit: IntArray
    stratum: IntArray
    fraction: FloatArray
    parent: IntArray
    labels: tuple[str, ...]

    @property
    def n_units(self) -> int:
        """Return the number of sampled units."""
        return len(self.stratum)

    @property
    def n_strata(self) -> int:
        """Return the number of strata with sampled units."""
        return len(self.parent)

    @property
    def sampled(self) -> IntArray:
        """Return the number of sampled units of each stratum."""
        return np.bincount(self.stratum, minlength=self.n_strata).astype(np.int64)

    @property
    def census(self) -> BoolArray:
        """Return which strata were taken completely (every sampling fraction is one)."""
        least = np.full(self.n_strata, np.inf)
        np.minimum.at(least, self.stratum, self.fraction)
        return 1.0 - least < CENSUS

    @property
    def lonely(self) -> BoolArray:
        """Return which strata have a single sampled unit that does not stand for itself alone."""
        single: BoolArray = (self.sampled == 1) & ~self.census
        return single


Residual = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Design:
    """A validated sample design of n rows.

    `adjustments` are the projections that calibration steps apply to influence values, in the order of the steps.
    `pairs` is a quadratic form over the primary units that replaces the stratified variance (see `pps`).
    """

    weight: FloatArray
    stages: tuple[Stage, ...]
    lonely: str = "fail"
    adjust_domain_lonely: bool = False
    adjustments: tuple[Residual, ...] = field(default=(), compare=False)
    pairs: FloatArray | None = field(default=None, compare=False)

    @property
    def n_rows(self) -> int:
        """Return the number of rows."""
        return len(self.weight)

    @property
    def psu(self) -> IntArray:
        """Return the primary sampling unit of every row as a code."""
        return self.stages[0].unit

    @property
    def stratum(self) -> IntArray:
        """Return the first-stage stratum of every row as a code."""
        return self.stages[0].stratum[self.stages[0].unit]

    def counts(self, rows: BoolArray | None = None) -> tuple[int, int]:
        """Return how many primary sampling units and first-stage strata have a row among `rows` (all when None)."""
        first = self.stages[0]
        if rows is None or rows.all():
            return first.n_units, first.n_strata
        units = np.unique(first.unit[rows])
        return len(units), len(np.unique(first.stratum[units]))

    def degrees_of_freedom(self, rows: BoolArray | None = None) -> int:
        """Return primary sampling units minus strata, both counted where `rows` has members."""
        units, strata = self.counts(rows)
        return units - strata

    def is_census(self, rows: BoolArray | None = None) -> bool:
        """Return whether every stage took every unit in the strata that `rows` touches."""
        inside = np.ones(self.n_rows, dtype=np.bool_) if rows is None else rows
        return bool(inside.any()) and all(
            stage.census[np.unique(stage.stratum[stage.unit[inside]])].all() for stage in self.stages
        )

    def reweighted(self, weight: FloatArray, adjustment: Residual | None = None) -> Design:
        """Return the same design with other weights (zeros allowed), and one more calibration projection."""
        if len(weight) != self.n_rows or not np.isfinite(weight).all():
            raise Problem("design-length", column="weight", count=len(weight), expected=self.n_rows)
        more = self.adjustments if adjustment is None else (*self.adjustments, adjustment)
        return replace(self, weight=np.asarray(weight, dtype=np.float64), adjustments=more)


def build(
    weight: Column | NDArray[Any] | None = None,
    *,
    strata: Columns = None,
    psu: Columns = None,
    fpc: Columns = None,
    nest: bool = False,
    lonely: str = "fail",
    adjust_domain_lonely: bool = False,
    unequal: bool = False,
    n_rows: int | None = None,
) -> Design:
    """Validate design columns of n rows and return the frozen design.

    One column per stage in `strata`, `psu` and `fpc` (population counts or fractions). Without `psu` every row is its
    own unit; without `weight` every weight is 1; `nest` says that unit codes repeat across strata. `unequal` lets the
    fractions differ within a stratum: the inclusion probabilities of a draw proportional to size without replacement,
    whose variance is then Brewer's approximation. Raises Problem with column, number of rows and remedy.
    """
    if lonely not in LONELY_RULES:
        raise Problem("bad-value", name="lonely", value=lonely, expected=" | ".join(LONELY_RULES))
    strata_columns, psu_columns = as_columns(strata, "strata"), as_columns(psu, "psu")
    fpc_columns = as_columns(fpc, "fpc")
    weight_column = Column("weight", weight) if isinstance(weight, np.ndarray) else weight
    everything = [*strata_columns, *psu_columns, *fpc_columns, *([weight_column] if weight_column else [])]
    n = _common_length(everything, n_rows)
    if not psu_columns:
        psu_columns = (Column("row", np.arange(n)),)
    weights = np.ones(n) if weight_column is None else _positive_weights(weight_column)
    stages = _stages(n, strata_columns, psu_columns, fpc_columns, nest, unequal)
    return Design(weights, stages, lonely, adjust_domain_lonely)


def _common_length(columns: list[Column], n_rows: int | None) -> int:
    if n_rows is None:
        if not columns:
            raise Problem("design-length", column="weight", count=0, expected=1)
        n_rows = len(columns[0].values)
    for column in columns:
        if len(column.values) != n_rows:
            raise Problem("design-length", column=column.name, count=len(column.values), expected=n_rows)
    if n_rows == 0:
        raise Problem("design-length", column=columns[0].name if columns else "weight", count=0, expected=1)
    return n_rows


def _positive_weights(column: Column) -> FloatArray:
    values = numbers(column)
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        raise Problem("weight-unusable", column=column.name, count=int(bad.sum()))
    return values


def _stages(
    n: int,
    strata: tuple[Column, ...],
    psu: tuple[Column, ...],
    fpc: tuple[Column, ...],
    nest: bool,
    unequal: bool,
) -> tuple[Stage, ...]:
    if len(strata) > len(psu) or len(fpc) > len(psu):
        extra = (strata if len(strata) > len(psu) else fpc)[len(psu)]
        raise Problem("design-extra-stage", column=extra.name, stages=len(psu))
    stages: list[Stage] = []
    parent = np.zeros(n, dtype=np.int64)
    for k, column in enumerate(psu):
        stage_strata = strata[k] if k < len(strata) else None
        stage = _stage(parent, column, stage_strata, nested=nest or k > 0)
        stages.append(_with_fraction(stage, fpc[k], unequal=unequal) if k < len(fpc) else stage)
        parent = stage.unit
    return tuple(stages)


def _stage(parent: IntArray, psu: Column, strata: Column | None, *, nested: bool) -> Stage:
    unit_code, _ = codes(psu)
    stratum_code, values = codes(strata) if strata else (np.zeros(len(parent), dtype=np.int64), np.array(["–"]))
    group = combine(parent, stratum_code)
    if not nested:
        _check_nested(group, unit_code, psu)
    unit = combine(group, unit_code)
    first_row = _first_rows(unit)
    group_row = _first_rows(group)
    labels = tuple(str(values[stratum_code[i]]) for i in group_row)
    return Stage(unit, group[first_row], np.zeros(len(first_row)), parent[group_row], labels)


def _first_rows(code: IntArray) -> IntArray:
    return np.unique(code, return_index=True)[1].astype(np.int64)


def _check_nested(group: IntArray, unit: IntArray, psu: Column) -> None:
    low = np.full(int(unit.max()) + 1, np.iinfo(np.int64).max)
    high = np.full(int(unit.max()) + 1, -1)
    np.minimum.at(low, unit, group)
    np.maximum.at(high, unit, group)
    twice = np.flatnonzero(low != high)
    if len(twice):
        rows = np.isin(unit, twice)
        example = np.asarray(np.ma.getdata(psu.values))[np.flatnonzero(rows)[0]]
        raise Problem("design-not-nested", column=psu.name, count=int(rows.sum()), units=len(twice), example=example)


def _with_fraction(stage: Stage, column: Column, *, unequal: bool) -> Stage:
    values = numbers(column)
    bad = is_missing(values) | (values <= 0)
    if bad.any():
        raise Problem("fpc-unusable", column=column.name, count=int(bad.sum()))
    if (values > 1).any() and (values < 1).any():
        raise Problem("fpc-mixed", column=column.name, count=int((values < 1).sum()))
    by_unit = values[_first_rows(stage.unit)]
    _check_constant(stage, values, column, within_units=unequal and not (values > 1).any())
    if not (values > 1).any():
        return replace(stage, fraction=by_unit)
    sampled = stage.sampled[stage.stratum]
    short = sampled > by_unit * (1 + 1e-12)
    if short.any():
        label = stage.labels[int(stage.stratum[np.flatnonzero(short)[0]])]
        count = int(short[stage.unit].sum())
        raise Problem("fpc-too-small", column=column.name, count=count, example=label)
    return replace(stage, fraction=sampled / by_unit)


def _check_constant(stage: Stage, values: FloatArray, column: Column, *, within_units: bool) -> None:
    group = stage.unit if within_units else stage.stratum[stage.unit]
    low = np.full(int(group.max()) + 1, np.inf)
    high = np.full(int(group.max()) + 1, -np.inf)
    np.minimum.at(low, group, values)
    np.maximum.at(high, group, values)
    varies = high - low > 1e-9 * np.abs(high)
    varies &= np.isfinite(high)
    if varies.any():
        first = int(np.flatnonzero(varies[group])[0])
        label = stage.labels[int(stage.stratum[stage.unit[first]])]
        raise Problem("fpc-varies", column=column.name, count=int(varies[group].sum()), example=label)
