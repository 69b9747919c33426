"""The design of anyone's microdata file: from columns to a frozen design, calibrated, with replicates if asked for.

Owns which columns a request needs, the file of known totals (margin, category, total) and the matrix of joint
probabilities. Prints nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.errors import Problem
from survey.estimation import calibrate, distance, pps, recalibrate, replicate
from survey.estimation import design as designs
from survey.estimation.calibrate import Auxiliary, Margin
from survey.estimation.columns import Column, FloatArray, is_missing, numbers
from survey.estimation.design import Design
from survey.estimation.distance import Distance
from survey.estimation.replicate import Replicates
from survey.pipeline import table_file
from survey.pipeline.file_request import Request
from survey.pipeline.table_file import TableFile
from survey.text import clean

CROSS = "*"
EVERYTHING = "(all)"
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Totals:
    """Known totals: of categories by margin (a column, or columns crossed by *), of numeric columns, and of rows."""

    margins: dict[str, dict[str, float]]
    sums: dict[str, float]

    @property
    def columns(self) -> list[str]:
        """Return the columns of the data that the totals are about."""
        crossed = [part for name in self.margins for part in name.split(CROSS)]
        return [*crossed, *(name for name in self.sums if name != EVERYTHING)]


NO_TOTALS = Totals({}, {})


@dataclass(frozen=True, slots=True)
class Sample:
    """A file as read, its design after calibration, and its replicates when the variance comes from them."""

    data: TableFile
    design: Design
    replicates: Replicates | None

    def column(self, name: str) -> Column:
        """Return a column of the file with its name."""
        return Column(name, self.data.columns[name])


def read(request: Request, report: Report) -> Sample:
    """Read what a request names and build its design; `report` hears of steps, done and total. Raises Problem."""
    totals = _read_totals(request.margins) if request.margins else NO_TOTALS
    weights = _replicate_columns(request)
    coded = [*request.strata, *request.psu, *request.by, *([request.compare] if request.compare else [])]
    wanted = [*_named(request), *totals.columns, *weights]
    data = table_file.read(request.data, wanted, codes=coded, condition=request.where, layout=request.layout)
    report("rows", len(data.inside), len(data.inside))
    design = _build(request, data)
    if not request.margins:
        return Sample(data, design, _replicates(request, data, design, weights) if request.is_replicated else None)
    return _calibrated(request, data, design, totals, weights, report)


def _named(request: Request) -> list[str]:
    single = [request.weight, request.y, request.over, request.compare]
    several = [*request.strata, *request.psu, *request.fpc, *request.x, *request.by]
    return [*several, *(name for name in single if name)]


def _replicate_columns(request: Request) -> list[str]:
    """Return the columns that the pattern or the list of replicate weights names, in the order of the file."""
    if request.replicate_weights is None:
        return []
    known = table_file.names(request.data, request.layout)
    patterns = [part.strip() for part in request.replicate_weights.split(",") if part.strip()]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise Problem("bad-column", column=pattern, known=", ".join(known))
    return [name for name in known if any(fnmatchcase(name, pattern) for pattern in patterns)]


def _build(request: Request, data: TableFile) -> Design:
    def given(names: tuple[str, ...]) -> list[Column]:
        return [Column(name, data.columns[name]) for name in names]

    quadratic = request.joint is not None or request.pps == "hartley-rao"
    design = designs.build(
        Column(request.weight, data.columns[request.weight]) if request.weight else None,
        strata=given(request.strata),
        psu=given(request.psu),
        fpc=[] if quadratic else given(request.fpc),
        nest=request.nest,
        lonely=request.lonely,
        adjust_domain_lonely=request.lonely_in_domain,
        unequal=request.pps == "brewer",
        n_rows=len(data.inside),
    )
    return _with_pairs(request, data, design) if quadratic else design


def _with_pairs(request: Request, data: TableFile, design: Design) -> Design:
    """Return the design with the variance of joint probabilities, given or by Hartley and Rao's approximation."""
    if request.psu or request.strata:
        raise Problem("bad-value", name="--pps", value=request.pps, expected="one stage without --psu and --strata")
    if request.joint is not None:
        joint = _read_matrix(request.joint)
        form = pps.horvitz_thompson if request.pps == "horvitz-thompson" else pps.yates_grundy
        return pps.with_pairs(design, form(joint))
    name = request.fpc[0]
    chance = numbers(Column(name, data.columns[name]))
    bad = ~((chance > 0) & (chance <= 1))
    if bad.any():
        raise Problem("fpc-unusable", column=name, count=int(bad.sum()))
    return pps.with_pairs(design, pps.yates_grundy(pps.hartley_rao(chance)))


def _read_matrix(path: Path) -> FloatArray:
    try:
        return np.loadtxt(path, delimiter=",", ndmin=2, dtype=np.float64)
    except (OSError, ValueError) as error:
        raise Problem("bad-file", name=path.name, reason=str(error)) from error


def _replicates(request: Request, data: TableFile, design: Design, columns: list[str]) -> Replicates:
    if request.variance == "given":
        return _given(request, data, design, columns)
    if request.variance == "jackknife":
        made = replicate.jackknife(design)
    elif request.variance in ("balanced", "fay"):
        made = replicate.balanced(design, rho=request.rho if request.variance == "fay" else 0.0)
    else:
        made = replicate.bootstrap(design, request.replicates, np.random.default_rng(request.seed))
    return replace(made, mse=request.mse, df=request.df)


def _given(request: Request, data: TableFile, design: Design, columns: list[str]) -> Replicates:
    matrix = np.column_stack([numbers(Column(name, data.columns[name])) for name in columns])
    bad = ~np.isfinite(matrix)
    if bad.any():
        worst = int(np.argmax(bad.sum(axis=0)))
        raise Problem("weight-unusable", column=columns[worst], count=int(bad[:, worst].sum()))
    if len(request.rscales) not in (0, 1, len(columns)):
        raise Problem("bad-value", name="--rscales", value=len(request.rscales), expected=f"1 | {len(columns)}")
    weights = matrix * design.weight[:, None] if request.replicate_factors else matrix
    rscales = np.ones(len(columns)) * np.array(request.rscales or (1.0,))
    return replicate.given(design, weights, scale=request.scale, rscales=rscales, mse=request.mse, df=request.df)


def _calibrated(
    request: Request, data: TableFile, design: Design, totals: Totals, columns: list[str], report: Report
) -> Sample:
    how = _distance(request)
    base = _replicates(request, data, design, columns) if request.is_replicated else None
    if how is None:
        margins = _margins(request, data, totals)
        after = calibrate.rake(design, margins).design if len(margins) > 1 else _post(design, margins[0])
        return Sample(data, after, recalibrate.rake(base, margins, after) if base else None)
    known = _auxiliary(data, totals, len(data.inside))
    after = calibrate.by_distance(design, known, how).design
    if base is None:
        return Sample(data, after, None)
    again = recalibrate.by_distance(base, known, how, after, lambda done, of: report("replicates", done, of))
    return Sample(data, after, again)


def _post(design: Design, margin: Margin) -> Design:
    return calibrate.post_stratify(design, margin).design


def _distance(request: Request) -> Distance | None:
    """Return the distance of a calibration, None where it works on the margins in turn."""
    if request.calibration == "logit":
        return distance.bounded_logit(request.bounds)
    return {"linear": distance.LINEAR, "exponential": distance.EXPONENTIAL}.get(request.calibration)


def _margins(request: Request, data: TableFile, totals: Totals) -> list[Margin]:
    numeric = [name for name in totals.sums if name != EVERYTHING]
    if numeric or not totals.margins:
        raise Problem(
            "bad-value", name="--calibration", value=request.calibration, expected="linear | exponential | logit"
        )
    if request.calibration == "poststratification" and len(totals.margins) > 1:
        crossed = CROSS.join(totals.margins)
        raise Problem("bad-value", name="--margins", value=", ".join(totals.margins), expected=crossed)
    return [_margin(data, name, known) for name, known in totals.margins.items()]


def _auxiliary(data: TableFile, totals: Totals, n: int) -> Auxiliary:
    """Return margins and numeric columns as auxiliaries; a margin brings a constant with it."""
    parts: list[Auxiliary] = []
    if totals.margins:
        parts.append(calibrate.auxiliary([_margin(data, name, known) for name, known in totals.margins.items()]))
    for name, total in totals.sums.items():
        if name == EVERYTHING and totals.margins:
            continue
        values = np.ones(n) if name == EVERYTHING else numbers(Column(name, data.columns[name]))
        parts.append(Auxiliary((name,), values[:, None], np.array([total])))
    return Auxiliary(
        tuple(name for part in parts for name in part.names),
        np.column_stack([part.matrix for part in parts]),
        np.concatenate([part.totals for part in parts]),
    )


def _read_totals(path: Path) -> Totals:
    """Return the totals of a CSV with the columns margin, category, total; without a category it is a column's sum."""
    if not path.is_file():
        raise Problem("no-file", name=str(path))
    totals = Totals({}, {})
    with path.open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            try:
                category, value = clean(row["category"]), float(row["total"])
                if category:
                    totals.margins.setdefault(clean(row["margin"]), {})[category] = value
                else:
                    totals.sums[clean(row["margin"])] = value
            except (KeyError, TypeError, ValueError) as error:
                raise Problem("bad-file", name=path.name, reason="margin, category, total") from error
    if not totals.margins and not totals.sums:
        raise Problem("bad-file", name=path.name, reason="margin, category, total")
    return totals


def _margin(data: TableFile, name: str, totals: dict[str, float]) -> Margin:
    parts = [_texts(data.columns[part]) for part in name.split(CROSS)]
    crossed = np.empty(len(parts[0]), dtype=object)
    crossed[:] = [None if None in row else CROSS.join(row) for row in zip(*parts, strict=True)]
    return Margin(name, crossed, totals)


def _texts(values: NDArray[Any]) -> list[Any]:
    missing = is_missing(values)
    return [None if gone else _plain(value) for value, gone in zip(values.tolist(), missing, strict=True)]


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else clean(str(value))
