"""How often 95 % intervals cover the known truth, over many samples of the synthetic population.

Run: python -m bench.coverage --samples 300 [--seed 128] [--domains]
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.coverage.samples import Sizes, sample
from survey.pipeline.analysis import analyse
from survey.pipeline.figures import rows
from survey.pipeline.measures import measures
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


def main() -> None:
    """Draw, weight, estimate and compare; print a line per measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=300)
    parser.add_argument("--seed", type=int, default=128)
    parser.add_argument("--domains", action="store_true", help="also the breakdowns that would be published")
    options = parser.parse_args()
    whole = world(options.seed)
    true = truth(whole)
    whole_territory: dict[str, Tally] = defaultdict(Tally)
    by_dimension: dict[str, Tally] = defaultdict(Tally)
    started = time.perf_counter()
    for number in range(options.samples):
        _one(whole, np.random.default_rng([options.seed, number]), true, whole_territory, by_dimension, options.domains)
    seconds = time.perf_counter() - started
    print(f"{options.samples} samples, population seed {options.seed}, {seconds / options.samples:.2f} s a sample\n")
    _print_measures(whole_territory, true)
    if options.domains:
        _print_dimensions(by_dimension)


def _one(
    whole: Any,
    random: np.random.Generator,
    true: dict[str, dict[str, dict[str, float]]],
    whole_territory: dict[str, Tally],
    by_dimension: dict[str, Tally],
    domains: bool,
) -> None:
    analysed = analyse(sample(whole, random, Sizes()))
    for measure in measures():
        key = f"{measure.indicator}/{measure.variant}"
        for row in rows(measure, analysed.analyses[measure.table], ()):
            figure = dict(row.content)
            known = true[key].get(figure["dimension"], {}).get(figure["category"])
            if figure["dimension"] == "province":
                whole_territory[key].add(figure, true[key]["province"][""])
                if not domains:
                    break
            elif known is not None and figure["flag"] != "suppress":
                by_dimension[figure["dimension"]].add(figure, known)


def _print_measures(tallies: dict[str, Tally], true: dict[str, dict[str, dict[str, float]]]) -> None:
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


def _print_dimensions(tallies: dict[str, Tally]) -> None:
    print(f"\n{'dimension':<14}{'figures':>9}{'covers':>9}")
    for name, tally in tallies.items():
        print(f"{name:<14}{tally.shown:>9}{100 * tally.covered / tally.shown:>8.1f}%")


main()
