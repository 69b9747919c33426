"""Calibration of one table to the control totals of its round, by the method that the round's plan names.

Rows that did not answer keep their place in the design and weight 0. Refuses margins that are no breakdown of the
table, and what `estimation.calibrate` refuses: totals that disagree, categories without cases, totals not reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.errors import Problem
from survey.estimation.calibrate import (
    Calibrated,
    Margin,
    auxiliary,
    bounded_logit,
    linear,
    post_stratify,
    rake,
)
from survey.estimation.design import Design
from survey.pipeline.weight_plan import Plan

_HARDLY = 1e-12
"""Weight of silent rows while calibrating, which divides by weights; far below what the totals can show."""
Wanted = Mapping[str, Mapping[str, float]]
"""Control totals by dimension and category."""


def calibrated(
    table: str, design: Design, dimensions: Mapping[str, NDArray[Any]], wanted: Wanted, plan: Plan
) -> tuple[Design, Mapping[str, Any]]:
    """Return the design with weights that meet the totals, and the record of the step: method, factors, margins."""
    silent = design.weight <= 0
    margins = [_margin(table, name, totals, dimensions, silent) for name, totals in sorted(wanted.items())]
    lifted = design.reweighted(np.where(silent, _HARDLY, design.weight))
    found = _method(table, plan, lifted, margins)
    final = found.design.reweighted(np.where(silent, 0.0, found.design.weight))
    return final, _record(table, plan, design, final, found, margins, ~silent)


def _margin(
    table: str,
    dimension: str,
    totals: Mapping[str, float],
    dimensions: Mapping[str, NDArray[Any]],
    silent: NDArray[np.bool_],
) -> Margin:
    if dimension not in dimensions:
        raise Problem("bad-value", name=table, value=dimension, expected=", ".join(sorted(dimensions)))
    values = dimensions[dimension].copy()
    values[silent] = next(iter(totals))
    return Margin(dimension, values, dict(totals))


def _method(table: str, plan: Plan, design: Design, margins: list[Margin]) -> Calibrated:
    if plan.calibration == "poststratification":
        if len(margins) != 1:
            raise Problem("bad-value", name=f"weights {table} calibration", value=plan.calibration, expected="raking")
        return post_stratify(design, margins[0])
    if plan.calibration == "linear":
        return linear(design, auxiliary(margins))
    if plan.calibration == "logit":
        return bounded_logit(design, auxiliary(margins), plan.bounds)
    return rake(design, margins)


def _record(
    table: str,
    plan: Plan,
    before: Design,
    after: Design,
    found: Calibrated,
    margins: list[Margin],
    counted: NDArray[np.bool_],
) -> Mapping[str, Any]:
    g = found.g[counted]
    return {
        "kind": table,
        "method": plan.calibration,
        "iterations": found.iterations,
        "least_factor": float(g.min()),
        "greatest_factor": float(g.max()),
        "negative": int((after.weight < 0).sum()),
        "margins": [
            {
                "margin": margin.name,
                "category": category,
                "target": float(target),
                "before": float(before.weight[counted & (margin.values == category)].sum()),
                "after": float(after.weight[counted & (margin.values == category)].sum()),
            }
            for margin in margins
            for category, target in margin.totals.items()
        ],
    }
