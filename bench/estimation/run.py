"""The benchmark in one run: makes the data, times our kernel, its rivals and DuckDB's bare GROUP BY, compares figures.

    python bench/estimation/run.py [PERSONS] [--r] [--svy] [--tasks T1,T2,T3,T3r]

`--r` also runs R survey (Rscript with the package must be installed), `--svy` Python svy (installed into an environment
of its own); their loading of the data is not counted, ours is. Every measurement is its own process. Prints times, peak
memory and the largest relative difference of the figures.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STORE = ROOT / "bench" / ".artifacts"
TASKS = ("T1", "T2", "T3", "T3r")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("persons", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--r", action="store_true")
    parser.add_argument("--svy", action="store_true")
    parser.add_argument("--tasks", default=",".join(TASKS))
    given = parser.parse_args()
    STORE.mkdir(parents=True, exist_ok=True)
    path = STORE / f"persons-{given.persons}.parquet"
    if not path.exists():
        python("make_data.py", str(path), str(given.persons))
    print(f"{given.persons:,} persons, {path.stat().st_size / 1e6:.0f} MB")
    seconds, processor = bare_group_by(path)
    print(f"DuckDB bare GROUP BY {seconds:8.2f} s, processor {processor:.2f} s", flush=True)
    for task in given.tasks.split(","):
        ours = json.loads(python("ours.py", task, str(path)))
        said = f"{ours['seconds']:8.2f} s {ours['megabytes']:7.0f} MB, processor {ours['processor']:.2f} s"
        print(f"{task:4} ours {said}", flush=True)
        if given.r and task != "T3r":
            seconds, megabytes, worst = with_r(task, path, ours["figures"])
            ratio = seconds / ours["seconds"]
            print(f"{task:4} R    {seconds:8.2f} s {megabytes:7.0f} MB  {ratio:6.0f} times ours; {worst}")

        if given.svy and task != "T3r":
            theirs = with_svy(task, path)
            ratio = theirs["seconds"] / ours["seconds"]
            said = f"{theirs['seconds']:8.2f} s {theirs['megabytes']:7.0f} MB  {ratio:6.0f} times ours"
            gap = (
                ""
                if task == "T3"
                else f"; largest relative gap of se {svy_gap(ours['figures'], theirs['figures']):.0e}"
            )
            print(f"{task:4} svy  {said}{gap}", flush=True)


def with_svy(task: str, path: Path) -> dict[str, object]:
    """Run a task with svy, installing it first where it is missing."""
    home = STORE / "svy"
    if not (home / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "pip"), "install", "-q", "svy==0.35.0", "pyarrow"], check=True)
    margins = path.with_suffix(".margins.csv")
    python("write_margins.py", str(path), str(margins))
    command = [str(home / "bin" / "python"), str(HERE / "with_svy.py"), task, str(path), str(margins)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])


def svy_gap(ours: list[list[object]], theirs: list[list[object]]) -> float:
    """Return the largest relative difference of the standard errors for everybody."""
    mine = {f[0]: f[3] for f in ours if f[1] == {}}
    return max(abs(mine[name] - se) / se for name, _, se in theirs)


def python(script: str, *arguments: str) -> str:
    """Run one of our scripts in its own process and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(HERE / script), *arguments], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def bare_group_by(path: Path) -> tuple[float, float]:
    """Return the wall and processor seconds of the cheapest query that makes the same groups."""
    began, busy = time.perf_counter(), time.process_time()
    keys = "stratum, psu, district, urban, sex, age"
    sums = ", ".join(f"sum(y{j})" for j in range(1, 16))
    duckdb.sql(f"select {keys}, sum(weight), {sums} from read_parquet('{path}') group by {keys}").to_arrow_table()
    return time.perf_counter() - began, time.process_time() - busy


def with_r(task: str, path: Path, figures: list[list[object]]) -> tuple[float, float, str]:
    """Run a task in R and return its seconds, peak megabytes and how far its figures are from ours."""
    data, margins, out = path.with_suffix(".csv"), path.with_suffix(".margins.csv"), path.with_suffix(f".{task}.csv")
    if not data.exists():
        duckdb.sql(f"copy (select * from read_parquet('{path}')) to '{data}'")
    python("write_margins.py", str(path), str(margins))
    command = ["Rscript", str(HERE / "with_r.R"), task, str(data), str(margins), str(out)]
    done = subprocess.run(["/usr/bin/env", "time", "-f", "%M", *command], capture_output=True, text=True, check=False)
    if done.returncode:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    memory = done.stderr.strip().splitlines()[-1:] or ["0"]
    kilobytes = float(memory[0]) if memory[0].isdigit() else 0.0
    return float(done.stdout.split()[-1]), kilobytes / 1024, compared(task, out, figures)


def compared(task: str, out: Path, figures: list[list[object]]) -> str:
    """Return the largest relative differences of estimates, standard errors and limits."""
    if task == "T3":
        return "bootstrap figures differ by chance"
    ours = {(f[0], ",".join(f[1]), ",".join(str(v) for v in f[1].values())): f[2:] for f in figures}
    worst = [0.0, 0.0, 0.0]
    with out.open(newline="") as file:
        for row in csv.DictReader(file):
            mine = ours.pop((row["indicator"].strip(), row["grouping"].strip(), row["label"].strip()))
            theirs = [float(row[name]) for name in ("p", "se", "low", "high")]
            gaps = [abs(a - b) / max(abs(b), 1e-12) for a, b in zip(mine, theirs, strict=True)]
            worst = [max(worst[0], gaps[0]), max(worst[1], gaps[1]), max(worst[2], gaps[2], gaps[3])]
    gaps_shown = f"estimate {worst[0]:.0e}, se {worst[1]:.0e}, limits {worst[2]:.0e}"
    return f"largest relative gaps: {gaps_shown}; {len(ours)} left over"


if __name__ == "__main__":
    main()
