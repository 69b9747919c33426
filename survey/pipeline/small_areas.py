"""Model-based figures of old districts, present units and old communes, beside the direct ones and never among them.

Fay–Herriot on the direct shares of the areas, with sampling variances smoothed by one design effect and covariates
from the frame only: share of urban units, size. Benchmarked to the direct figure of the whole territory. Refuses
ratios, censuses, and measures whose shares show nothing to model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.errors import Problem
from survey.estimation.interval import interval
from survey.estimation.quality import Action, Rule
from survey.estimation.result import Estimate, estimate
from survey.estimation.small_area import FayHerriot, benchmarked, fay_herriot, smooth_variances
from survey.pipeline.analysis import Analysis
from survey.pipeline.columns import Columns
from survey.pipeline.figures import answering_design
from survey.pipeline.measures import Measure, values
from survey.reference import units

Floats = NDArray[np.float64]
FEWEST_AREAS = 6
"""Areas with cases below which nothing is modelled."""
AREAS_PER_COVARIATE = 6
_FRAME_KINDS = {"household": "area", "member": "area", "respondent": "area", "enterprise": "enterprise"}
_AREA_OF: Mapping[str, Callable[[str], str]] = {
    "district": lambda commune: units.old_commune(commune).district_code,
    "unit": lambda commune: units.present_unit_of(commune).code,
    "commune": lambda commune: commune,
}
DIMENSIONS = tuple(_AREA_OF)
Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Modelled:
    """The model-based rows of a measure, and how each of its models came out."""

    rows: tuple[Content, ...]
    fits: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What the frame holds about m areas: their codes, sizes (m,), covariates (m, p) with names, the constant first."""

    codes: tuple[str, ...]
    size: Floats
    names: tuple[str, ...]
    matrix: Floats


def modelled(measure: Measure, table: Analysis, places: Columns, direct: Sequence[Content]) -> Modelled:
    """Return the model-based figures of a measure for every area of the three geographies.

    `places` is the snapshot's table of frame sizes by commune; `direct` are the measure's stored rows, whose flags the
    model rows carry along.
    """
    kind = _FRAME_KINDS.get(measure.table)
    if kind is None or measure.rule is None or not (places["kind"] == kind).any():
        return Modelled((), ())
    found = values(measure, table)
    design = answering_design(table, found)
    whole = estimate(design, "proportion", found.y, domain=found.eligible)[0]
    flags = {(row["dimension"], row["category"]): str(row["flag"]) for row in direct}
    rows: list[Content] = []
    fits: list[Content] = []
    for dimension in DIMENSIONS:
        figures = estimate(
            design, "proportion", found.y, domain=found.eligible, by={dimension: table.dimensions[dimension]}
        )
        areas = {str(figure.domain[dimension]): figure for figure in figures}
        made = _model(areas, frame_of(places, kind, dimension), whole.estimate)
        fits.append(
            {"indicator": measure.indicator, "variant": measure.variant, "dimension": dimension, **made.fits[0]}
        )
        rows += [_row(measure, dimension, content, flags) for content in made.rows]
    return Modelled(tuple(rows), tuple(fits))


def frame_of(places: Columns, kind: str, dimension: str) -> Frame:
    """Return the size and the covariates of every area that the frame has units in."""
    rows = places["kind"] == kind
    communes, size = places["commune"][rows].tolist(), places["frame_size"][rows]
    urban = np.array([units.old_commune(code).urban for code in communes], dtype=np.float64)
    codes, position = np.unique([_AREA_OF[dimension](code) for code in communes], return_inverse=True)
    whole = np.asarray(np.bincount(position, weights=size), dtype=np.float64)
    share = np.bincount(position, weights=size * urban) / whole
    matrix = np.column_stack([np.ones(len(codes)), share, np.log(whole / whole.mean())])
    return Frame(tuple(codes.tolist()), whole, ("constant", "urban_share", "log_size"), matrix)


def _model(direct: Mapping[str, Estimate], frame: Frame, whole: float) -> Modelled:
    """Fit the model to the areas of a frame; without a fit the record says why."""
    known = [direct.get(code) for code in frame.codes]
    n = np.array([figure.n if figure else 0 for figure in known], dtype=np.float64)
    share = np.array([figure.estimate if figure and figure.n else math.nan for figure in known])
    variance = np.array([_own_variance(figure) for figure in known])
    record: dict[str, Any] = {"areas": len(frame.codes), "sampled": int((n > 0).sum())}
    if record["sampled"] < FEWEST_AREAS:
        return Modelled((), (record | {"without": "few-areas"},))
    smooth = smooth_variances(variance, n, np.nan_to_num(share))
    if not (0 < whole < 1 and np.isfinite(smooth).all() and (smooth > 0).all()):
        return Modelled((), (record | {"without": "no-variation"},))
    matrix, names = _covariates(frame, n > 0)
    try:
        fit = fay_herriot(share, smooth, matrix)
    except Problem as problem:
        if problem.code != "area-model":
            raise
        return Modelled((), (record | {"without": "not-fitted"},))
    total = whole * float(frame.size.sum())
    final = benchmarked(fit, frame.size, total)
    record |= {
        "covariates": list(names),
        "coefficients": [float(each) for each in fit.coefficient],
        "between": fit.between,
        "iterations": fit.iterations,
        "design_effect": _effect(smooth, n, share),
        "benchmark": total / float((frame.size * fit.estimate).sum()),
        "mean_gamma": float(fit.gamma[n > 0].mean()),
        "synthetic": fit.synthetic,
    }
    rows = [_content(code, float(final[i]), fit, i, known[i]) for i, code in enumerate(frame.codes) if 0 < final[i] < 1]
    return Modelled(tuple(rows), (record,))


def _own_variance(direct: Estimate | None) -> float:
    """Return the variance of an area's direct share, NaN where one sampling unit says nothing about it.

    Residuals from the mean of an area's own m units are too small by (m − 1) / m, which matters for two or three.
    """
    if direct is None or direct.n_psu < 2:
        return math.nan
    return direct.se**2 * direct.n_psu / (direct.n_psu - 1)


def _covariates(frame: Frame, sampled: NDArray[np.bool_]) -> tuple[Floats, tuple[str, ...]]:
    """Return as many covariates as the areas carry, leaving out those that are constant or follow from the others."""
    chosen = [0]
    for column in range(1, frame.matrix.shape[1]):
        trial = frame.matrix[sampled][:, [*chosen, column]]
        if AREAS_PER_COVARIATE * len(chosen) <= sampled.sum() and np.linalg.matrix_rank(trial) == len(chosen) + 1:
            chosen.append(column)
    return frame.matrix[:, chosen], tuple(frame.names[column] for column in chosen)


def _effect(smooth: Floats, n: Floats, share: Floats) -> float:
    used = n > 0
    p = float((n[used] * share[used]).sum() / n[used].sum())
    return float(smooth[used][0] * n[used][0] / (p * (1 - p)))


def _content(code: str, value: float, fit: FayHerriot, i: int, direct: Estimate | None) -> Content:
    """Return one area's numbers; the shift by benchmarking is added to the mean squared error."""
    mse = float(fit.mse[i]) + (value - float(fit.estimate[i])) ** 2
    n = direct.n if direct else 0
    low, high = interval("logit", value, mse, math.inf, max(n, 1))
    flag, reasons = _quality(value, high - low, synthetic=fit.synthetic or n == 0)
    return {
        "category": code,
        "estimate": 100 * value,
        "rmse": 100 * math.sqrt(mse),
        "ci_low": 100 * low,
        "ci_high": 100 * high,
        "gamma": float(fit.gamma[i]),
        "n": n,
        "n_psu": direct.n_psu if direct else 0,
        "flag": flag,
        "reasons": reasons,
    }


def _quality(value: float, width: float, *, synthetic: bool) -> tuple[str, list[str]]:
    """Return the flag of a model-based share: the widths of the direct rule, on the interval of the model."""
    rule, mark = Rule(), ["model-synthetic"] if synthetic else []
    if width >= rule.wide:
        return Action.SUPPRESS.value, ["wide-interval", *mark]
    if width > rule.narrow and width / value > rule.relative_wide:
        return Action.SUPPRESS.value, ["wide-relative-interval", *mark]
    return (Action.FLAG.value if synthetic else Action.PUBLISH.value), mark


def _row(measure: Measure, dimension: str, content: Content, flags: Mapping[tuple[str, str], str]) -> Content:
    return {
        "indicator": measure.indicator,
        "variant": measure.variant,
        "dimension": dimension,
        **content,
        "direct_flag": flags.get((dimension, content["category"]), ""),
    }
