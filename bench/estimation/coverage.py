"""Coverage of the 95 % intervals over repeated samples from the synthetic population of the 75 communes.

    python bench/estimation/coverage.py [SAMPLES] [AREAS] [TAKE] [SCALE]

Each sample: areas with probability proportional to households within strata, in random order, TAKE households in each,
everybody in them; no non-response, so that only the sampling and the estimators are tried. Variances: "brewer" uses the
inclusion probabilities of both stages, "with replacement" ignores them. Prints how often the interval covers the truth,
the mean stated standard error over the true one, and the bias, by indicator.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import numpy as np

from survey.estimation.design import build
from survey.estimation.result import estimate
from survey.pipeline.synthetic.world import World, world
from survey.sampling.allocate import power
from survey.sampling.select import elements, stratified


@dataclass(frozen=True)
class Population:
    """What a sample is drawn from: areas with strata, households, and persons with indicator values (NaN outside)."""

    stratum: np.ndarray
    households: np.ndarray
    first_household: np.ndarray
    first_person: np.ndarray
    size: np.ndarray
    district: np.ndarray
    values: dict[str, np.ndarray]


def population(whole: World) -> Population:
    """Return the population of a world with nine indicators between 5 % and 95 %."""
    a, age = whole.traits.person, whole.people.age
    places = whole.places
    district = np.array([unit.district_code for unit in places.communes])[places.commune]

    def among(yes: np.ndarray, universe: np.ndarray) -> np.ndarray:
        return np.where(universe, yes.astype(float), np.nan)

    adults, from_15, everyone = age >= 18, age >= 15, age >= 0
    return Population(
        stratum=np.array(places.stratum),
        households=places.households,
        first_household=places.first_household,
        first_person=whole.people.first_person,
        size=whole.people.size,
        district=district[whole.people.person_area],
        values={
            "smartphone": among(np.isin(a["smartphone"], (1, 2)), adults),
            "bank account": among(a["bank_account"] == 1, from_15),
            "wallet": among(a["ewallet"] == 1, from_15),
            "e-signature": among(a["e_signature"] == 1, adults),
            "dossier online": among((a["dossier_who"] >= 1) & (a["dossier_who"] <= 3), adults),
            "health advice": among(a["health_advice"] == 1, adults),
            "internet": among(a["internet_3m"] == 1, from_15),
            "health record": among(a["health_record"] <= 2, everyone),
            "women": among(whole.people.sex == 2, everyone),
        },
    )


def sample(here: Population, areas: int, take: int, random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw a sample; return person positions with weight, stratum, area, household and both stages' probabilities."""
    strata, counts = np.unique(here.stratum, return_counts=True)
    sizes = np.array([here.households[here.stratum == h].sum() for h in strata])
    n = power(areas, sizes, exponent=0.7, minimum=np.minimum(2, counts))
    chosen = dict(zip(strata.tolist(), n.tolist(), strict=True))
    order = random.permutation(len(here.stratum))
    first = stratified(here.stratum, chosen, random, size=here.households.astype(float), order=order)
    draw = elements(first, here.households, take, random)
    household = here.first_household[draw.unit] + draw.element
    sizes = here.size[household]
    person = np.repeat(here.first_person[household], sizes) + _within(sizes)
    columns = (draw.weight, here.stratum[draw.unit], draw.unit, household, first.inclusion[draw.unit], draw.second)
    return person, *(np.repeat(column, sizes) for column in columns)


def _within(sizes: np.ndarray) -> np.ndarray:
    return np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def main(samples: int, areas: int, take: int, scale: float) -> None:
    here = population(world(128, scale=scale))
    district = here.district == here.district[0]
    truth = {
        (where, name): 100 * float(np.nanmean(values[rows]))
        for where, rows in (("all", slice(None)), ("district", district))
        for name, values in here.values.items()
    }
    found: dict[tuple[str, str, str], list[tuple[float, float, bool]]] = {}
    began = time.perf_counter()
    for seed in range(samples):
        person, weight, stratum, area, household, p1, p2 = sample(here, areas, take, np.random.default_rng([128, seed]))
        designs = {
            "with replacement": build(weight, strata=stratum, psu=area),
            "brewer": build(weight, strata=stratum, psu=[area, household], fpc=[p1, p2], unequal=True),
        }
        for (where, name), true in truth.items():
            rows = None if where == "all" else district[person]
            for kind, design in designs.items():
                (f,) = estimate(design, "proportion", here.values[name][person], domain=rows)
                covered = 100 * f.ci_low <= true <= 100 * f.ci_high
                found.setdefault((kind, where, name), []).append((100 * f.estimate, 100 * f.se, covered))
    print(f"{samples} samples of {areas} of {len(here.stratum)} areas × {take} households", end=", ")
    print(f"{time.perf_counter() - began:.0f} s")
    for (kind, where, name), rows in sorted(found.items()):
        value, se, covered = (np.array(column) for column in zip(*rows, strict=True))
        true = truth[where, name]
        print(
            f"{kind:17} {where:9} {name:15} true {true:5.1f} %  covered {100 * covered.mean():5.1f} %  "
            f"stated/true se {se.mean() / value.std():5.3f}  bias {value.mean() - true:+6.3f} points"
        )


if __name__ == "__main__":
    given = [float(argument) for argument in sys.argv[1:]]
    samples, areas, take, scale = given + [1000, 150, 15, 1.0][len(given) :]
    main(int(samples), int(areas), int(take), scale)
