"""`survey estimate file` against R survey 4.1-1: kinds, calibrations and replicates, given as the command's arguments.

The records are made by `goldens/survey-4.1/make_file_goldens.R`, which holds the R code of each.
"""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from survey.cli.estimate_file import file
from tests.estimation import oracle

R41 = oracle.GOLDENS / "survey-4.1"
# R fits these by iterations of its own, or smooths a root, to fewer digits than ours.
LOOSE = {
    ".logit": 1e-6,
    ".exponential": 1e-6,
    ".raking": 1e-6,
    ".xlogit": 1e-6,
    "interval90.logit": 1e-6,
    ".logistic": 1e-7,
}
NEAR_ZERO = 1e-11


@cache
def records() -> dict[str, dict[str, Any]]:
    return {record["id"]: record for record in json.loads((R41 / "file_records.json").read_text())}


def arguments(record: dict[str, Any], folder: Path) -> list[str]:
    given = [str(R41 / record["dataset"])]
    given += [part.replace("{data}", str(R41 / "data")) for part in record["args"]]
    if not record["margins"]:
        return given
    path = folder / "margins.csv"
    with path.open("w", newline="") as target:
        csv.writer(target).writerows([["margin", "category", "total"], *record["margins"]])
    return [*given, "--margins", str(path)]


@pytest.mark.parametrize("key", records())
def test_the_command_gives_the_rows_of_r(key: str, tmp_path: Path) -> None:
    record = records()[key]
    result = CliRunner().invoke(file, [*arguments(record, tmp_path), "--json"])
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)
    assert len(rows) == len(record["rows"])
    tolerance = next((value for part, value in LOOSE.items() if part in key), 1e-8)
    for row, wanted in zip(rows, record["rows"], strict=True):
        for name, value in wanted.items():
            if value is not None:
                assert row[name] == pytest.approx(value, rel=tolerance, abs=NEAR_ZERO), name


def test_every_kind_calibration_and_variance_is_compared() -> None:
    given = [argument for record in records().values() for argument in record["args"]]
    for kind in ("mean", "total", "ratio", "quantile", "proportion", "linear", "logistic", "independence"):
        assert kind in given
    for method in ("jackknife", "balanced", "fay", "given", "brewer", "hartley-rao", "poststratification", "logit"):
        assert method in given
    assert len(records()) >= 100
