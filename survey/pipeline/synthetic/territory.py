"""The synthetic round's places: real communes with plausible numbers of households, cut into enumeration areas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from survey.pipeline.synthetic.chance import stream
from survey.reference.benchmarks import benchmarks
from survey.reference.units import OLD_PROVINCE_CODE, OldCommune, old_communes, old_communes_in

MEAN_HOUSEHOLD = 3.6
AREA_SIZE = 200
_URBAN_PULL = 1.25


@dataclass(frozen=True, slots=True)
class Territory:
    """Areas of about 200 households: arrays over areas, in the order of their codes within communes."""

    communes: tuple[OldCommune, ...]
    commune: NDArray[np.int64]
    """Position of each area's commune in `communes`."""
    code: tuple[str, ...]
    households: NDArray[np.int64]
    urban: NDArray[np.bool_]
    stratum: tuple[str, ...]

    @property
    def first_household(self) -> NDArray[np.int64]:
        """Return the position of each area's first household when households are listed area by area."""
        return np.concatenate([[0], np.cumsum(self.households)[:-1]])


def territory(seed: int, *, scale: float = 1.0) -> Territory:
    """Return the areas of the 75 communes; `scale` shrinks the population, not the number of communes."""
    communes = old_communes()
    persons = _persons(seed, communes) * scale
    commune, code, sizes = [], [], []
    rng = stream(seed, "areas")
    for position, unit in enumerate(communes):
        households = max(60, round(persons[position] / MEAN_HOUSEHOLD))
        for number, size in enumerate(_cut(rng, households), start=1):
            commune.append(position)
            code.append(f"{unit.code}-{number:03d}")
            sizes.append(size)
    urban = np.array([unit.urban for unit in communes])[commune]
    strata = tuple(stratum_of(communes[position]) for position in commune)
    return Territory(communes, np.array(commune), tuple(code), np.array(sizes), urban, strata)


def stratum_of(unit: OldCommune) -> str:
    """Return the sampling stratum of a commune: its old district, urban or rural."""
    return f"{unit.district_code}-{'U' if unit.urban else 'R'}"


def _persons(seed: int, communes: tuple[OldCommune, ...]) -> NDArray[np.float64]:
    """Return persons by commune: published figures where known, the district's remainder shared out plausibly."""
    known = {
        each.area_code: float(each.value)
        for each in benchmarks()
        if each.measure == "population" and each.unit == "person" and each.basis.value.startswith("census")
    }
    rest = known[OLD_PROVINCE_CODE] - sum(value for code, value in known.items() if len(code) == 3)
    rng = stream(seed, "communes")
    result = dict.fromkeys((unit.code for unit in communes), 0.0)
    for district_code in sorted({unit.district_code for unit in communes}):
        members = old_communes_in(district_code)
        total = known.get(district_code, rest)
        given = {unit.code: known[unit.code] for unit in members if unit.code in known}
        open_units = [unit for unit in members if unit.code not in given]
        pull = np.array([_URBAN_PULL if unit.urban else 1.0 for unit in open_units]) * rng.lognormal(
            0, 0.25, len(open_units)
        )
        share = (total - sum(given.values())) / pull.sum() if open_units else 0.0
        result |= given | {unit.code: share * weight for unit, weight in zip(open_units, pull, strict=True)}
    return np.array([result[unit.code] for unit in communes])


def _cut(rng: np.random.Generator, households: int) -> list[int]:
    """Cut a commune into areas of 120 to 280 households or so; a small one into at least two."""
    count = max(2, round(households / AREA_SIZE))
    shares = rng.uniform(0.65, 1.35, count)
    edges = np.round(np.cumsum(shares) / shares.sum() * households).astype(int)
    return [int(size) for size in np.diff(np.concatenate([[0], edges]))]
