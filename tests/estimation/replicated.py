"""Builds replicates from the weights that a golden record carries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from survey.estimation import replicate
from survey.estimation.design import Design, build
from tests.estimation import oracle


def replicates(record: dict[str, Any], df: int | None = None) -> replicate.Replicates:
    """Return the record's replicates with its scale factors; df is the rank − 1 of the weights when None."""
    given = record["design"]["replicates"]
    name = Path(given["file"]).name
    columns = oracle.table(oracle.R45 / "replicates" / f"{name}.gz")
    full = oracle.table(oracle.R45 / "replicates" / f"{Path(given['full_weights_file']).name}.gz")
    weights = np.column_stack(list(columns.values()))
    rscales = np.concatenate([np.full(count, value) for value, count in given["rscales"]["runs"]])
    return replicate.given(
        _design(record, full["weight"]), weights, scale=given["scale"], rscales=rscales, mse=given["mse"], df=df
    )


def _design(record: dict[str, Any], weight: np.ndarray) -> Design:
    data = oracle.table(oracle.R45 / record["dataset"])
    d = record["design"]
    psu = [c.values for c in oracle.columns(data, d["ids"][:1])]
    strata = [c.values for c in oracle.columns(data, d["strata"])]
    return build(weight, strata=strata, psu=psu, nest=d["nest"])
