"""Runs T1, T2 or T3 of the benchmark with our kernel, reading the Parquet file, and prints time, memory and figures."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

from survey.estimation import cells as cell_sums
from survey.estimation import replicate
from survey.pipeline.psu_totals import Indicator, Layout, read

LAYOUT = Layout(
    stratum="stratum",
    psu="psu",
    weight="weight",
    domains=("district", "urban", "sex", "age"),
    indicators=tuple(Indicator(f"y{j}", f"y{j}") for j in range(1, 16)),
)
GROUPINGS = [(), ("district",), ("district", "urban"), ("sex",), ("age",)]
REPLICATES = 500


def margins(cells: cell_sums.Cells) -> dict[str, dict[object, float]]:
    """Return totals 3 % to 8 % away from the weighted sample, agreeing on the whole."""
    whole = 1.05 * float(cells.weight.sum())
    result = {}
    for name in ("district", "sex", "age"):
        key = cells.keys[name]
        sums = np.bincount(key.code, weights=cells.weight) * np.linspace(1.02, 1.08, len(key.labels))
        result[name] = dict(zip(key.labels, (sums * whole / sums.sum()).tolist(), strict=True))
    return result


def run(task: str, path: Path) -> list[list[object]]:
    """Return the figures of a task as plain rows."""
    cells = read(path, LAYOUT, memory="400MB")
    if task == "T1":
        return rows(cell_sums.estimate(cells, GROUPINGS))
    if task == "T2":
        return rows(cell_sums.estimate(cell_sums.rake(cells, margins(cells)), GROUPINGS))
    made = replicate.bootstrap(cells.design, REPLICATES, np.random.default_rng(1))
    repeated = cell_sums.bootstrap(cells, made.factor, margins(cells) if task == "T3r" else None)
    return [[name, float(se)] for name, se in zip(cells.names, repeated.std(axis=0, ddof=1), strict=True)]


def rows(figures: list[cell_sums.Figure]) -> list[list[object]]:
    """Return indicator, domain, estimate, standard error and interval of every figure."""
    return [
        [f.indicator, f.estimate.domain, f.estimate.estimate, f.estimate.se, f.estimate.ci_low, f.estimate.ci_high]
        for f in figures
    ]


if __name__ == "__main__":
    task, path = sys.argv[1], Path(sys.argv[2])
    began, busy = time.perf_counter(), time.process_time()
    found = run(task, path)
    seconds, processor = time.perf_counter() - began, time.process_time() - busy
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps({"task": task, "seconds": seconds, "processor": processor, "megabytes": megabytes, "figures": found})
    )
