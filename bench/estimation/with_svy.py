"""Runs T1, T2 or T3 of the benchmark with Python svy (in an environment of its own); prints seconds and megabytes.

python with_svy.py TASK data.parquet margins.csv
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import time

import polars as pl
import svy

NAMES = [f"y{j}" for j in range(1, 16)]
GROUPINGS = [None, "district", ("district", "urban"), "sex", "age"]


def controls(path: str) -> dict[str, dict[int, float]]:
    """Return the raking totals by margin and category."""
    result: dict[str, dict[int, float]] = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            result.setdefault(row["margin"], {})[int(row["label"])] = float(row["total"])
    return result


def overall(sample: svy.Sample, **options: object) -> list[list[object]]:
    """Return name, estimate and standard error of every indicator for everybody."""
    rows = []
    for name in NAMES:
        found = sample.estimation.mean(name, drop_nulls=True, **options).to_polars()
        rows.append([name, found["est"][0], found["se"][0]])
    return rows


def main(task: str, data: str, margins: str) -> None:
    frame = pl.read_parquet(data)
    began = time.perf_counter()
    sample = svy.Sample(data=frame, design=svy.Design(stratum="stratum", psu="psu", wgt="weight"))
    if task == "T2":
        sample = sample.weighting.rake(controls=controls(margins), tol=1e-10, max_iter=200)
    if task == "T3":
        sample = sample.weighting.create_bs_wgts(500, rstate=1)
        rows = overall(sample, method="replication")
    else:
        rows = overall(sample)
        for by in GROUPINGS[1:]:
            for name in NAMES:
                sample.estimation.mean(name, by=by, drop_nulls=True)
    seconds = time.perf_counter() - began
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "megabytes": megabytes, "figures": rows}))


if __name__ == "__main__":
    main(*sys.argv[1:])
