"""Estimates from anyone's microdata file: a request, the figures it asks for, and the manifest that repeats it.

Owns the order reading → design → calibration → estimates, and what a manifest records. Prints nothing.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.errors import Problem
from survey.estimation import calibrate, quantile, replicate
from survey.estimation import design as designs
from survey.estimation.calibrate import Margin
from survey.estimation.columns import Column, FloatArray, is_missing, numbers
from survey.estimation.design import Design
from survey.estimation.result import Estimate, estimate
from survey.pipeline import table_file
from survey.text import clean

KINDS = ("proportion", "mean", "total", "ratio", "quantile")
VARIANCES = ("taylor", "jackknife", "balanced", "bootstrap")
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")
_LIBRARIES = ("numpy", "scipy", "duckdb")


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that decides the figures: the file, the design columns, the variable and the method."""

    data: Path
    kind: str
    y: str
    strata: tuple[str, ...] = ()
    psu: tuple[str, ...] = ()
    nest: bool = False
    weight: str | None = None
    fpc: tuple[str, ...] = ()
    level: str | None = None
    over: str | None = None
    where: str | None = None
    by: tuple[str, ...] = ()
    ci: str | None = None
    lonely: str = "fail"
    p: float = 0.5
    margins: Path | None = None
    variance: str = "taylor"
    replicates: int = 500
    seed: int = 128


@dataclass(frozen=True, slots=True)
class Answer:
    """The figures, and whether the level that was asked for occurs at all."""

    figures: list[Estimate]
    level_occurs: bool


def run(request: Request, report: Callable[[str, int], None] = lambda step, count: None) -> Answer:
    """Return the figures that a request asks for; `report` hears of each step with a count. Raises Problem."""
    _check(request)
    targets = _read_margins(request.margins) if request.margins else {}
    names = [*request.strata, *request.psu, *request.by]
    data = table_file.read(request.data, _columns(request, targets), codes=names, condition=request.where)
    report("rows", len(data.inside))
    design = _design(request, data)
    y = _variable(request, data)
    x = numbers(_column(data, request.over)) if request.over else None
    if not (data.inside & ~np.isnan(y)).any():
        raise Problem("empty-domain", domain=request.where or request.y)
    figures = _figures(request, data, design, y, x, targets)
    report("figures", len(figures))
    return Answer(figures, request.level is None or bool((y == 1).any()))


def _check(request: Request) -> None:
    if (request.kind == "ratio") != (request.over is not None):
        raise Problem("bad-value", name="--over", value=request.over or "–", expected="--kind ratio --over COLUMN")
    if request.kind == "quantile" and not 0 < request.p < 1:
        raise Problem("bad-value", name="--p", value=request.p, expected="0 < p < 1")
    if request.variance != "taylor" and (request.kind == "quantile" or request.margins):
        raise Problem("bad-value", name="--variance", value=request.variance, expected="taylor")
    if request.variance == "bootstrap" and request.replicates < 2:
        raise Problem("bad-value", name="--replicates", value=request.replicates, expected="≥ 2")


def _columns(request: Request, targets: dict[str, dict[str, float]]) -> list[str]:
    single = [name for name in (request.weight, request.y, request.over) if name]
    return [*request.strata, *request.psu, *request.fpc, *single, *request.by, *targets]


def _column(data: table_file.TableFile, name: str) -> Column:
    return Column(name, data.columns[name])


def _design(request: Request, data: table_file.TableFile) -> Design:
    return designs.build(
        _column(data, request.weight) if request.weight else None,
        strata=[_column(data, name) for name in request.strata],
        psu=[_column(data, name) for name in request.psu],
        fpc=[_column(data, name) for name in request.fpc],
        nest=request.nest,
        lonely=request.lonely,
        n_rows=len(data.inside),
    )


def _figures(
    request: Request,
    data: table_file.TableFile,
    design: Design,
    y: FloatArray,
    x: FloatArray | None,
    targets: dict[str, dict[str, float]],
) -> list[Estimate]:
    by = {name: data.columns[name] for name in request.by}
    if targets:
        design = calibrate.rake(design, [_margin(data, name, totals) for name, totals in targets.items()]).design
    if request.kind == "quantile":
        return quantile.estimate(design, y, request.p, domain=data.inside, by=by)
    if request.variance == "taylor":
        return estimate(design, request.kind, y, x, domain=data.inside, by=by, ci=request.ci)
    return replicate.estimate(
        _replicates(request, design), request.kind, y, x, domain=data.inside, by=by, ci=request.ci
    )


def _replicates(request: Request, design: Design) -> replicate.Replicates:
    if request.variance == "jackknife":
        return replicate.jackknife(design)
    if request.variance == "balanced":
        return replicate.balanced(design)
    return replicate.bootstrap(design, request.replicates, np.random.default_rng(request.seed))


def _read_margins(path: Path) -> dict[str, dict[str, float]]:
    """Return totals by margin and category from a CSV with the columns margin, category, total."""
    if not path.is_file():
        raise Problem("no-file", name=str(path))
    result: dict[str, dict[str, float]] = {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            try:
                result.setdefault(row["margin"], {})[clean(row["category"])] = float(row["total"])
            except (KeyError, TypeError, ValueError) as error:
                raise Problem("bad-file", name=path.name, reason="margin, category, total") from error
    if not result:
        raise Problem("bad-file", name=path.name, reason="margin, category, total")
    return result


def _margin(data: table_file.TableFile, name: str, totals: dict[str, float]) -> Margin:
    values, missing = data.columns[name], is_missing(data.columns[name])
    text = np.array(
        [None if gone else _plain(v) for v, gone in zip(values.tolist(), missing, strict=True)], dtype=object
    )
    return Margin(name, text, totals)


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else clean(str(value))


def _variable(request: Request, data: table_file.TableFile) -> FloatArray:
    column = _column(data, request.y)
    if request.level is not None:
        return indicator(column.values, request.level)
    y = numbers(column)
    if request.kind == "proportion":
        other = int((~np.isnan(y) & (y != 0) & (y != 1)).sum())
        if other:
            raise Problem("not-zero-one", column=request.y, count=other)
    return y


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


def manifest(request: Request) -> str:
    """Return the manifest of a request as JSON: every option, the digests of its files, the versions of libraries."""
    options = {k: str(v) if isinstance(v, Path) else v for k, v in asdict(request).items()}
    files = [path for path in (request.data, request.margins) if path]
    return json.dumps(
        {
            "options": options,
            "sha256": {str(path): _digest(path) for path in files},
            "versions": {name: version(name) for name in _LIBRARIES},
        },
        ensure_ascii=False,
        indent=1,
    )


def from_manifest(path: Path) -> Request:
    """Return the request of a manifest; raises Problem when a file is gone or is no longer the same."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        options, digests = stored["options"], stored["sha256"]
        known = {field.name for field in fields(Request)}
        given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items() if k in known}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise Problem("bad-file", name=path.name, reason=str(error)) from error
    for name, digest in digests.items():
        if not Path(name).is_file():
            raise Problem("no-file", name=name)
        if _digest(Path(name)) != digest:
            raise Problem("file-changed", name=name)
    given["data"] = Path(given["data"])
    given["margins"] = Path(given["margins"]) if given.get("margins") else None
    return Request(**given)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
