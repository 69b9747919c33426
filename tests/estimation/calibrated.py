"""Applies the calibration steps that a golden record describes."""

from __future__ import annotations

from typing import Any

import numpy as np

from survey.estimation.calibrate import (
    Auxiliary,
    Calibrated,
    Margin,
    bounded_logit,
    exponential,
    linear,
    post_stratify,
    rake,
)
from survey.estimation.design import Design
from tests.estimation.oracle import Table


def calibrate(design: Design, record: dict[str, Any], data: Table) -> Calibrated:
    """Return the design after the record's single calibration step."""
    (step,) = record["design"]["adjustments"]
    if step["type"] == "poststratify":
        (by,) = step["by"]
        return post_stratify(design, Margin(by, data[by], step["totals"]))
    if step["type"] == "rake_ipf":
        return rake(design, [Margin(m["by"], data[m["by"]], m["totals"]) for m in step["margins"]])
    auxiliary = treatment(step["aux_names"], step["totals"], data)
    if step["calfun"] == "linear":
        return linear(design, auxiliary)
    if step["calfun"] == "raking":
        return exponential(design, auxiliary)
    return bounded_logit(design, auxiliary, tuple(step["bounds"]))


def treatment(names: list[str], totals: dict[str, float], data: Table) -> Auxiliary:
    """Build R's treatment contrasts: a constant, numeric columns, and column-name-plus-level indicators."""
    columns = [_column(name, data) for name in names]
    return Auxiliary(tuple(names), np.column_stack(columns), np.array([float(totals[n]) for n in names]))


def _column(name: str, data: Table) -> np.ndarray:
    if name == "(Intercept)":
        return np.ones(len(next(iter(data.values()))))
    if name in data:
        return data[name].astype(float)
    base = next(c for c in sorted(data, key=len, reverse=True) if name.startswith(c))
    values, level = data[base], name[len(base) :]
    same = values == level if values.dtype == object else values == float(level)
    return np.asarray(same).astype(float)
