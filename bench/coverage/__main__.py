"""How often 95 % intervals cover the known truth, over many samples of the synthetic population.

Run: python -m bench.coverage --samples 1000 [--seed 128] [--domains] [--models] [--jobs 2]
Every sample has its own random numbers, so that the figures do not depend on the number of jobs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from bench.coverage.samples import Sizes, sample
from survey.pipeline.analysis import analyse
from survey.pipeline.figures import rows
from survey.pipeline.measures import measures
from survey.pipeline.small_areas import modelled
from survey.pipeline.synthetic.world import truth, world

ROUNDING = 1e-9


@dataclass
class Tally:
    """What happened to one measure over the samples."""

    covered: int = 0
    shown: int = 0
    estimates: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)

    def add(self, figure: dict[str, Any], true: float) -> None:
        """Count one figure."""
        if figure["ci_low"] is None:
            return
        self.shown += 1
        self.covered += figure["ci_low"] - ROUNDING <= true <= figure["ci_high"] + ROUNDING
        self.estimates.append(figure["estimate"])
        self.errors.append(figure["se"])
        self.widths.append(figure["ci_high"] - figure["ci_low"])


class Found(NamedTuple):
    """One figure of one sample beside the truth; `kind` is whole, domain or model."""

    kind: str
    name: str
    figure: Mapping[str, Any]
    true: float


class Study(NamedTuple):
    """What every worker needs: the population with its truth, the seed, and what to look at."""

    whole: Any
    true: Mapping[str, Mapping[str, Mapping[str, float]]]
    seed: int
    domains: bool
    models: bool


_study: Study
"""Set before the workers are forked, so that they share the population instead of copying it."""


def main() -> None:
    """Draw, weight, estimate and compare; print a line per measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=300)
    parser.add_argument("--seed", type=int, default=128)
    parser.add_argument("--domains", action="store_true", help="also the breakdowns that would be published")
    parser.add_argument("--models", action="store_true", help="also the model-based figures that would be published")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    global _study
    whole = world(options.seed)
    _study = Study(whole, truth(whole), options.seed, options.domains, options.models)
    tallies: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    started = time.perf_counter()
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
        for found in pool.imap_unordered(_one, range(options.samples), chunksize=4):
            for each in found:
                tallies[each.kind][each.name].add(each.figure, each.true)
    seconds = time.perf_counter() - started
    print(f"{options.samples} samples, population seed {options.seed}, {options.jobs} jobs, {seconds:.0f} s\n")
    _print_measures({key: tallies["whole"][key] for key in _keys()}, _study.true)
    for kind in ("domain", "model"):
        if kind in tallies:
            _print_dimensions(kind, dict(sorted(tallies[kind].items())))


def _keys() -> list[str]:
    return [f"{measure.indicator}/{measure.variant}" for measure in measures()]


def _one(number: int) -> list[Found]:
    """Return the figures of one sample."""
    tables = sample(_study.whole, np.random.default_rng([_study.seed, number]), Sizes())
    return list(_figures(tables, analyse(tables)))


def _figures(tables: dict[str, Any], analysed: Any) -> Iterator[Found]:
    for measure in measures():
        key, table, direct = f"{measure.indicator}/{measure.variant}", analysed.analyses[measure.table], []
        for row in rows(measure, table, ()):
            figure = {name: row.content[name] for name in _WANTED}
            direct.append(figure)
            if figure["dimension"] == "province":
                yield Found("whole", key, figure, _study.true[key]["province"][""])
                if not (_study.domains or _study.models):
                    break
            elif _study.domains:
                yield from _shown("domain", key, figure)
        if _study.models:
            for made in modelled(measure, table, tables["places"], direct).rows:
                yield from _shown("model", key, {"se": made["rmse"], **made})


_WANTED = ("dimension", "category", "estimate", "se", "ci_low", "ci_high", "flag")


def _shown(kind: str, key: str, figure: Mapping[str, Any]) -> Iterator[Found]:
    """Yield a figure that would be published, where its truth is known."""
    known = _study.true[key].get(figure["dimension"], {}).get(figure["category"])
    if known is not None and figure["flag"] != "suppress":
        yield Found(kind, figure["dimension"], {name: figure[name] for name in _WANTED}, known)


def _print_measures(tallies: Mapping[str, Tally], true: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    print(f"{'measure':<26}{'truth':>8}{'mean':>8}{'bias':>7}{'sd':>7}{'mean se':>9}{'width':>8}{'covers':>9}")
    for key, tally in tallies.items():
        target = true[key]["province"][""]
        mean, spread = float(np.mean(tally.estimates)), float(np.std(tally.estimates))
        print(
            f"{key:<26}{target:>8.2f}{mean:>8.2f}{mean - target:>7.2f}{spread:>7.2f}{np.mean(tally.errors):>9.2f}"
            f"{np.mean(tally.widths):>8.2f}{100 * tally.covered / tally.shown:>8.1f}%"
        )
    covered, shown = sum(t.covered for t in tallies.values()), sum(t.shown for t in tallies.values())
    worst = min(tallies, key=lambda key: tallies[key].covered / tallies[key].shown)
    print(f"\nall measures: {100 * covered / shown:.1f}% of {shown} intervals cover the truth; least: {worst}")


def _print_dimensions(kind: str, tallies: Mapping[str, Tally]) -> None:
    print(f"\n{kind + ' by':<14}{'figures':>9}{'covers':>9}")
    for name, tally in tallies.items():
        print(f"{name:<14}{tally.shown:>9}{100 * tally.covered / tally.shown:>8.1f}%")


if __name__ == "__main__":
    main()
