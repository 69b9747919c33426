"""Estimates from anyone's microdata file: the figures, differences, coefficients or tests that a request asks for.

Owns the order design → variable → estimator, and how missing and unusual values of the variable are read. Prints
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.errors import Problem
from survey.estimation import contrast, quantile, regression, replicate, significance
from survey.estimation.columns import BoolArray, FloatArray, factorise, is_missing, numbers
from survey.estimation.contrast import Contrast, Joint, Target
from survey.estimation.domain import Domain, domains
from survey.estimation.regression import Regression
from survey.estimation.result import Estimate, estimate
from survey.estimation.significance import Test
from survey.pipeline import file_design, file_request
from survey.pipeline.file_design import Report, Sample
from survey.pipeline.file_request import REGRESSIONS, Request
from survey.text import clean

_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True, slots=True)
class Difference:
    """The estimate where the compared column has one value minus that where it has another, in a domain."""

    domain: dict[str, Any]
    first: Any
    second: Any
    contrast: Contrast


@dataclass(frozen=True, slots=True)
class Model:
    """A regression in a domain, and the joint test that all coefficients but the constant are zero."""

    domain: dict[str, Any]
    fit: Regression
    test: Test
    level: float


@dataclass(frozen=True, slots=True)
class Tested:
    """A test with the hypothesis that it is about: no-association, or equal-estimates in a domain."""

    hypothesis: str
    domain: dict[str, Any]
    test: Test


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request gives, part by part, and whether the level that was asked for occurs at all."""

    figures: list[Estimate] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    models: list[Model] = field(default_factory=list)
    tests: list[Tested] = field(default_factory=list)
    level_occurs: bool = True


def run(request: Request, report: Report = lambda step, done, total: None) -> Answer:
    """Return what a request asks for; `report` hears of each step, done and total. Raises Problem."""
    file_request.check(request)
    sample = file_design.read(request, report)
    if request.kind == "independence":
        return _independence(request, sample)
    y = _variable(request, sample)
    occurs = request.level is None or bool((y == 1).any())
    _check_cases(request, sample, y)
    if request.kind in REGRESSIONS:
        return Answer(models=_models(request, sample, y), level_occurs=occurs)
    x = numbers(sample.column(request.over)) if request.over else None
    if request.compare:
        differences, tests = _compared(request, sample, y, x)
        return Answer(differences=differences, tests=tests, level_occurs=occurs)
    return Answer(figures=_figures(request, sample, y, x), level_occurs=occurs)


def _check_cases(request: Request, sample: Sample, y: FloatArray) -> None:
    inside = sample.data.inside
    if not (inside & ~np.isnan(y)).any():
        raise Problem(
            "no-cases-in-domain",
            domain=request.where or "–",
            rows=len(inside),
            inside=int(inside.sum()),
            column=request.y,
        )


def _figures(request: Request, sample: Sample, y: FloatArray, x: FloatArray | None) -> list[Estimate]:
    inside, by = sample.data.inside, _by(request, sample)
    level = request.confidence
    if request.kind == "quantile":
        how: dict[str, Any] = {"rule": request.quantile_rule, "interval": request.quantile_interval, "level": level}
        if sample.replicates:
            return quantile.estimate_replicated(sample.replicates, y, request.p, domain=inside, by=by, **how)
        return quantile.estimate(sample.design, y, request.p, domain=inside, by=by, **how)
    if sample.replicates:
        return replicate.estimate(
            sample.replicates, request.kind, y, x, domain=inside, by=by, ci=request.ci, level=level
        )
    return estimate(
        sample.design,
        request.kind,
        y,
        x,
        domain=inside,
        by=by,
        ci=request.ci,
        level=level,
        deff_floor=request.assumed_deff,
    )


def _by(request: Request, sample: Sample) -> dict[str, NDArray[Any]]:
    return {name: sample.data.columns[name] for name in request.by}


def _domains(request: Request, sample: Sample) -> list[Domain]:
    return list(domains(sample.design.n_rows, sample.data.inside, _by(request, sample)))


def _compared(
    request: Request, sample: Sample, y: FloatArray, x: FloatArray | None
) -> tuple[list[Difference], list[Tested]]:
    """Return the differences of every value of the compared column from the baseline, and the test that all agree."""
    column = str(request.compare)
    differences, tests = [], []
    for part in _domains(request, sample):
        values, groups = _groups(sample.data.columns[column], part.rows)
        base = _baseline(request, column, values)
        estimates = _joint(sample, [Target(request.kind, y, x, rows) for rows in groups])
        others = [k for k in range(len(values)) if k != base]
        for k in others:
            found = contrast.difference(estimates, k, base, level=request.confidence)
            differences.append(Difference(part.label, values[k], values[base], found))
        matrix = np.zeros((len(others), len(values)))
        matrix[np.arange(len(others)), others], matrix[:, base] = 1.0, -1.0
        tests.append(Tested("equal-estimates", part.label, significance.wald(estimates, matrix)))
    return differences, tests


def _groups(column: NDArray[Any], rows: BoolArray) -> tuple[list[Any], list[BoolArray]]:
    kept = np.flatnonzero(rows & ~is_missing(column))
    code, values = factorise(column[kept])
    groups = []
    for k in range(len(values)):
        group = np.zeros(len(column), dtype=np.bool_)
        group[kept[code == k]] = True
        groups.append(group)
    return values.tolist(), groups


def _baseline(request: Request, column: str, values: list[Any]) -> int:
    if len(values) < 2:
        raise Problem("bad-value", name="--compare", value=column, expected=f"≥ 2: {', '.join(map(str, values))}")
    if request.baseline is None:
        return 0
    texts = [clean(str(value)) for value in values]
    if clean(request.baseline) not in texts:
        raise Problem("bad-value", name="--baseline", value=request.baseline, expected=" | ".join(texts))
    return texts.index(clean(request.baseline))


def _joint(sample: Sample, targets: list[Target]) -> Joint:
    if sample.replicates:
        return contrast.joint_replicated(sample.replicates, targets)
    return contrast.joint(sample.design, targets)


def _models(request: Request, sample: Sample, y: FloatArray) -> list[Model]:
    names, columns = _regressors(request, sample)
    fit = regression.linear if request.kind == "linear" else regression.logistic
    if request.kind == "logistic":
        _check_zero_one(request, y)
    models = []
    for part in _domains(request, sample):
        found = fit(sample.design, y, columns, names, part.rows)
        every = Joint(found.coefficient, found.covariance, found.df)
        slopes = np.eye(len(found.coefficient))[1:]
        models.append(Model(part.label, found, significance.wald(every, slopes), request.confidence))
    return models


def _regressors(request: Request, sample: Sample) -> tuple[list[str], list[FloatArray]]:
    """Return numeric columns as they are, and an indicator for every value but the first of a column of text."""
    names: list[str] = []
    columns: list[FloatArray] = []
    for name in request.x:
        values = sample.data.columns[name]
        if values.dtype.kind in "fiub":
            names.append(name)
            columns.append(numbers(sample.column(name)))
            continue
        missing = is_missing(values)
        for label in factorise(values[sample.data.inside & ~missing])[1].tolist()[1:]:
            names.append(f"{name}={label}")
            columns.append(np.where(missing, np.nan, (values == label).astype(np.float64)))
    return names, columns


def _independence(request: Request, sample: Sample) -> Answer:
    row, column, inside = sample.data.columns[request.y], sample.data.columns[request.x[0]], sample.data.inside
    known = inside & ~is_missing(row) & ~is_missing(column)
    for name, values in ((request.y, row), (request.x[0], column)):
        found = factorise(values[known])[1].tolist() if known.any() else []
        if len(found) < 2:
            raise Problem("bad-value", name=name, value=", ".join(map(str, found)) or "–", expected="≥ 2")
    if request.statistic == "wald":
        test = significance.wald_independence(sample.design, row, column, inside)
    else:
        order = 2 if request.statistic == "F" else 1
        test = significance.rao_scott(sample.design, row, column, inside, order=order)
    return Answer(tests=[Tested("no-association", {}, test)])


def _variable(request: Request, sample: Sample) -> FloatArray:
    column = sample.column(request.y)
    if request.level is not None:
        return indicator(column.values, request.level)
    y = numbers(column)
    if request.kind == "proportion":
        _check_zero_one(request, y)
    return y


def _check_zero_one(request: Request, y: FloatArray) -> None:
    other = int((~np.isnan(y) & (y != 0) & (y != 1)).sum())
    if other:
        raise Problem("not-zero-one", column=request.y, count=other)


def indicator(values: NDArray[Any], level: str) -> FloatArray:
    """Return 1 where a value is the level, compared as text, number or truth by its type; NaN where it is missing."""
    missing = is_missing(values)
    wanted = clean(level)
    same: NDArray[np.bool_] = np.zeros(len(values), dtype=np.bool_)
    if values.dtype.kind == "b" and wanted.casefold() in (*_TRUE, *_FALSE):
        same = values == (wanted.casefold() in _TRUE)
    elif values.dtype.kind in "fiu" and (number := _as_number(wanted)) is not None:
        same = values == number
    elif values.dtype.kind not in "bfiu":
        same = np.fromiter((clean(str(v)) == wanted for v in values), dtype=np.bool_, count=len(values))
    return np.where(missing, np.nan, np.where(same, 1.0, 0.0))


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
