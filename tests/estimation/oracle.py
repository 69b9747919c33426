"""Reads golden records and their data sets, and builds our designs and variables from them."""

from __future__ import annotations

import csv
import gzip
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from survey.estimation import design as designs
from survey.estimation.columns import Column

GOLDENS = Path(__file__).parent / "goldens"
R45 = GOLDENS / "survey-4.5"

Table = dict[str, np.ndarray]


@cache
def table(path: Path) -> Table:
    """Read a CSV: numeric columns as floats with NaN, the others as text with None."""
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        reader = csv.reader(file)
        names = next(reader)
        columns = list(zip(*reader, strict=True))
    return {name: _typed(values) for name, values in zip(names, columns, strict=True)}


def _typed(values: tuple[str, ...]) -> np.ndarray:
    try:
        return np.array([float(v) if v != "" else math.nan for v in values])
    except ValueError:
        return np.array([v if v != "" else None for v in values], dtype=object)


@cache
def records(root: Path = R45) -> dict[str, dict[str, Any]]:
    """Read all records of one set of goldens by identifier."""
    return {r["id"]: r for r in json.loads((root / "records.json").read_text())}


def ids(*suites: str, root: Path = R45, errors: bool = False) -> list[str]:
    """Return the identifiers of the records of some suites, those that must be refused apart."""
    return [key for key, r in records(root).items() if r["suite"] in suites and bool(r.get("expect_error")) == errors]


def load(key: str, root: Path = R45) -> tuple[dict[str, Any], Table]:
    """Return a record and its data."""
    record = records(root)[key]
    return record, table(root / record["dataset"])


def columns(data: Table, names: list[str]) -> list[Column]:
    """Return named design columns."""
    return [Column(name, data[name]) for name in names]


def design(record: dict[str, Any], data: Table) -> designs.Design:
    """Build the design that a record describes, before any calibration."""
    d = record["design"]
    return designs.build(
        Column(d["weights"], data[d["weights"]]) if d["weights"] else None,
        strata=columns(data, d["strata"]),
        psu=columns(data, d["ids"]),
        fpc=columns(data, d["fpc"]),
        nest=d["nest"],
        lonely=d["lonely_psu"],
        adjust_domain_lonely=d.get("adjust_domain_lonely", False),
        n_rows=len(next(iter(data.values()))),
    )


def domain(record: dict[str, Any], data: Table) -> np.ndarray:
    """Return the rows that meet every condition of the record's domain; a missing value meets none."""
    n = len(next(iter(data.values())))
    rows = np.ones(n, dtype=bool)
    for condition in record["domain"] or []:
        rows &= _meets(data[condition["col"]], condition["op"], condition["value"])
    return rows


def _meets(values: np.ndarray, op: str, wanted: Any) -> np.ndarray:
    if op == "in":
        return np.isin(values.astype(str) if values.dtype == object else values, wanted)
    if op in ("==", "!="):
        missing = np.array([v is None or v != v for v in values])
        return ~missing & ((values == wanted) == (op == "=="))
    compare = {">=": np.greater_equal, "<=": np.less_equal, ">": np.greater, "<": np.less}[op]
    return compare(values, wanted)


def variable(data: Table, name: str, level: Any = None) -> np.ndarray:
    """Return a variable as floats, or the indicator of one of its levels; NaN where it is missing."""
    values = data[name]
    if level is None:
        return values.astype(float)
    if values.dtype == object:
        return np.array([math.nan if v is None else float(v == level) for v in values])
    return np.where(np.isnan(values), np.nan, (values == float(level)).astype(float))


def close(got: float, want: float, relative: float, estimate: float) -> bool:
    """Apply the rule of comparison of the records."""
    return abs(got - want) <= relative * abs(want) + 1e-9 * max(1.0, abs(estimate))
