"""The one variance kernel: influence values, summed by sampling unit, become covariance matrices.

Taylor linearisation for stratified multi-stage designs with sampling fractions by stage (Särndal, Swensson & Wretman
1992, result 4.3.1; Lohr 2010, chapter 9). No estimator owns variance code, and this module knows no estimator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from survey.errors import Problem
from survey.estimation.columns import BoolArray, FloatArray, IntArray
from survey.estimation.design import Design, Stage


@dataclass(frozen=True, slots=True)
class _Spread:
    """Deviations of unit totals and the factor of each unit in the sum of squares."""

    deviation: FloatArray
    factor: FloatArray

    def covariance(self) -> FloatArray:
        weighted = self.deviation * self.factor[:, None]
        return np.asarray(self.deviation.T @ weighted)

    def variances(self) -> FloatArray:
        return np.asarray(np.einsum("ij,ij,i->j", self.deviation, self.deviation, self.factor))


def covariance(design: Design, influence: FloatArray, rows: BoolArray | None = None) -> FloatArray:
    """Return the k × k covariance matrix of estimators with influence values (n, k) or (n,).

    Σ_h Σ_i (1 − f_hi) n_h / (n_h − 1) (z_hi − z̄_h)(z_hi − z̄_h)ᵀ at the first stage, plus at every further stage the
    same sum within units times the product of the fractions above it. `rows` marks the domain (all rows when None):
    it decides which single-unit strata matter. Raises Problem lonely-psu under the rule "fail".
    """
    columns = influence.reshape(design.n_rows, -1)
    if design.pairs is not None:
        totals = unit_totals(design.stages[0], residuals(design, columns))
        return np.asarray(totals.T @ design.pairs @ totals)
    result = np.zeros((columns.shape[1], columns.shape[1]))
    for spread in _spreads(design, columns, rows):
        result += spread.covariance()
    return result


def variances(design: Design, influence: FloatArray, rows: BoolArray | None = None) -> FloatArray:
    """Return the k variances alone, the diagonal of `covariance`, in time linear in k."""
    columns = influence.reshape(design.n_rows, -1)
    if design.pairs is not None:
        return np.diag(covariance(design, columns, rows)).copy()
    result = np.zeros(columns.shape[1])
    for spread in _spreads(design, columns, rows):
        result += spread.variances()
    return result


def residuals(design: Design, influence: FloatArray) -> FloatArray:
    """Return the influence values (n, k) after the projections of every calibration step, the last step first."""
    result = influence.reshape(design.n_rows, -1)
    for project in reversed(design.adjustments):
        result = project(result)
    return result


def unit_totals(stage: Stage, influence: FloatArray) -> FloatArray:
    """Return the sums of influence values (n, k) over the units of a stage, shape (units, k)."""
    return _sums(stage.unit, influence, stage.n_units)


def _spreads(design: Design, influence: FloatArray, rows: BoolArray | None) -> list[_Spread]:
    columns = residuals(design, influence)
    inside = rows if rows is not None and not design.adjustments else None
    result = []
    above = np.ones(1)
    for stage in design.stages:
        if not above.any():
            break
        scale = above[stage.parent][stage.stratum]
        result.append(_stage_spread(design, stage, unit_totals(stage, columns), scale, inside))
        above = scale * stage.fraction
    return result


def _stage_spread(
    design: Design, stage: Stage, totals: FloatArray, scale: FloatArray, rows: BoolArray | None
) -> _Spread:
    sampled = stage.sampled.astype(np.float64)
    means = _sums(stage.stratum, totals, stage.n_strata) / sampled[:, None]
    expansion = np.where(sampled > 1, sampled / np.maximum(sampled - 1, 1), 0.0)
    factor = scale * (1 - stage.fraction) * expansion[stage.stratum]
    factor[stage.census[stage.stratum]] = 0.0
    spread = _Spread(totals - means[stage.stratum], factor)
    singles = _singletons(design, stage, scale, rows)
    return _apply_rule(design, stage, spread, totals, scale, singles, rows) if singles.any() else spread


def _singletons(design: Design, stage: Stage, scale: FloatArray, rows: BoolArray | None) -> BoolArray:
    """Return the strata that a lonely-unit rule must treat: single by design, or single in the domain if asked for."""
    single = stage.lonely
    if design.adjust_domain_lonely and design.lonely in ("adjust", "average") and rows is not None:
        single = single | (_units_inside(stage, rows) == 1) & ~stage.census
    used = np.zeros(stage.n_strata, dtype=np.bool_)
    used[stage.stratum[scale > 0]] = True
    single = single & used
    return single & _present(stage, rows) if single.any() else single


def _units_inside(stage: Stage, rows: BoolArray) -> IntArray:
    inside = np.unique(stage.unit[rows])
    return np.bincount(stage.stratum[inside], minlength=stage.n_strata).astype(np.int64)


def _present(stage: Stage, rows: BoolArray | None) -> BoolArray:
    if rows is None:
        return np.ones(stage.n_strata, dtype=np.bool_)
    return _units_inside(stage, rows) > 0


def _apply_rule(
    design: Design,
    stage: Stage,
    spread: _Spread,
    totals: FloatArray,
    scale: FloatArray,
    singles: BoolArray,
    rows: BoolArray | None,
) -> _Spread:
    if design.lonely == "fail":
        names = [stage.labels[i] for i in np.flatnonzero(singles)]
        shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        raise Problem("lonely-psu", count=len(names), strata=shown)
    if design.lonely == "adjust":
        return _centred_at_grand_mean(stage, spread, totals, scale, singles, _present(stage, rows))
    if design.lonely == "average":
        return _averaged(stage, spread, singles, _present(stage, rows))
    return spread


def _centred_at_grand_mean(
    stage: Stage, spread: _Spread, totals: FloatArray, scale: FloatArray, singles: BoolArray, present: BoolArray
) -> _Spread:
    """Centre singletons at the mean of unit totals over all strata of the stage that are present."""
    counted = present[stage.stratum]
    grand = totals[counted].mean(axis=0)
    lone = singles[stage.stratum]
    deviation = spread.deviation.copy()
    deviation[lone] = totals[lone] - grand
    sampled = stage.sampled[stage.stratum]
    factor = spread.factor.copy()
    by_design = lone & (sampled == 1)
    factor[by_design] = (scale * (1 - stage.fraction))[by_design]
    return _Spread(deviation, factor)


def _averaged(stage: Stage, spread: _Spread, singles: BoolArray, present: BoolArray) -> _Spread:
    """Let singletons contribute the mean of the other strata present under the same parent unit."""
    n_families = int(stage.parent.max()) + 1
    strata = np.bincount(stage.parent[present], minlength=n_families)
    others = np.bincount(stage.parent[present & ~singles], minlength=n_families)
    orphaned = (strata > 0) & (others == 0)
    if orphaned.any():
        names = [stage.labels[i] for i in np.flatnonzero(singles & orphaned[stage.parent])]
        raise Problem("lonely-psu", count=len(names), strata=", ".join(names[:5]))
    inflate = strata / np.maximum(others, 1)
    factor = spread.factor * inflate[stage.parent[stage.stratum]]
    factor[singles[stage.stratum]] = 0.0
    return _Spread(spread.deviation, factor)


def _sums(group: IntArray, values: FloatArray, n_groups: int) -> FloatArray:
    if values.shape[1] == 1:
        one = np.bincount(group, weights=values[:, 0], minlength=n_groups)
        return np.asarray(one, dtype=np.float64)[:, None]
    matrix = sparse.csr_matrix((np.ones(len(group)), (group, np.arange(len(group)))), shape=(n_groups, len(group)))
    return np.asarray(matrix @ values)
