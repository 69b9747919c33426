"""The synthetic round's sampling frames: areas, listed households of sampled areas, enterprises, institutions."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from survey.operations.planning import FrameEntry
from survey.pipeline.synthetic import names
from survey.pipeline.synthetic.chance import choices
from survey.pipeline.synthetic.people import MALE
from survey.pipeline.synthetic.territory import stratum_of
from survey.pipeline.synthetic.world import World
from survey.reference.units import bare_name

EMPTY_DWELLINGS = 0.035
TAKE_ALL_SUFFIX = "large"
_NO_HOUSEHOLD = -1


@dataclass(frozen=True, slots=True)
class Listing:
    """The listed dwellings of an area in order: positions of households in the population, −1 where nobody lives."""

    area_code: str
    households: tuple[int, ...]


def area_entries(whole: World) -> Iterator[FrameEntry]:
    """Yield every enumeration area; its size is the number of households of the last count."""
    for position, code in enumerate(whole.places.code):
        unit = whole.places.communes[whole.places.commune[position]]
        rng = choices(whole.seed, code)
        yield FrameEntry(
            code=code,
            commune_code=unit.code,
            stratum=stratum_of(unit),
            size=float(whole.places.households[position]),
            attributes={"name": f"{names.hamlet(rng, urban=unit.urban)} ({code})", "urban": unit.urban},
        )


def listing(whole: World, area_code: str) -> Listing:
    """Return the dwellings that a fresh listing of an area finds: its households, and some where nobody lives."""
    position = whole.places.code.index(area_code)
    first = int(whole.places.first_household[position])
    households = list(range(first, first + int(whole.places.households[position])))
    rng = choices(whole.seed, "listing", area_code)
    for _ in range(round(EMPTY_DWELLINGS * len(households))):
        households.insert(rng.randint(0, len(households)), _NO_HOUSEHOLD)
    return Listing(area_code, tuple(households))


def household_entries(whole: World, listings: Iterable[Listing]) -> Iterator[FrameEntry]:
    """Yield the listed dwellings of sampled areas with the name of the head and the address."""
    for area in listings:
        position = whole.places.code.index(area.area_code)
        unit = whole.places.communes[whole.places.commune[position]]
        rng = choices(whole.seed, "household names", area.area_code)
        place = names.hamlet(rng, urban=unit.urban)
        for number, household in enumerate(area.households, start=1):
            sex = MALE if household < 0 else int(whole.people.sex[whole.people.first_person[household]])
            yield FrameEntry(
                code=household_code(area.area_code, number),
                commune_code=unit.code,
                stratum=stratum_of(unit),
                parent_code=area.area_code,
                attributes={"household_no": number},
                identity={
                    "head_name": names.person_name(rng, sex),
                    "hamlet": place,
                    "address": names.address(rng, urban=unit.urban),
                },
            )


def household_code(area_code: str, number: int) -> str:
    """Return the code of a listed dwelling."""
    return f"{area_code}-{number:03d}"


def enterprise_entries(whole: World) -> Iterator[FrameEntry]:
    """Yield every registered enterprise; medium and large ones of an activity form its take-all stratum."""
    companies = whole.firms
    for position, code in enumerate(companies.code):
        unit = whole.places.communes[companies.commune[position]]
        rng = choices(whole.seed, code)
        size = str(companies.register_size[position])
        yield FrameEntry(
            code=code,
            commune_code=unit.code,
            stratum=f"{companies.group[position]}-{TAKE_ALL_SUFFIX if size in ('medium', 'large') else size}",
            size=float(companies.answers["employees"][position]),
            attributes={"section": str(companies.section[position]), "size": size},
            identity=_firm_identity(rng, int(companies.answers["legal_form"][position]), urban=unit.urban),
        )


def _firm_identity(rng: random.Random, legal_form: int, *, urban: bool) -> dict[str, str]:
    number = rng.randint(1, 999_999)
    return {
        "enterprise_name": names.firm_name(rng, legal_form),
        "tax_code": names.tax_code(rng),
        "address": names.address(rng, urban=urban),
        "email": f"dn{number:06d}@example.vn",
    }


def take_all_strata(entries: Iterable[FrameEntry]) -> list[str]:
    """Return the strata of which every enterprise is asked."""
    pattern = re.compile(rf"-{TAKE_ALL_SUFFIX}$")
    return sorted({entry.stratum for entry in entries if pattern.search(entry.stratum)})


def institution_entries(whole: World) -> Iterator[FrameEntry]:
    """Yield every education institution."""
    here = whole.schools
    for position, code in enumerate(here.code):
        unit = whole.places.communes[here.commune[position]]
        rng = choices(whole.seed, code)
        yield FrameEntry(
            code=code,
            commune_code=unit.code,
            stratum=here.stratum[position],
            size=float(here.pupils[position]),
            attributes={"kind": str(here.kind[position])},
            identity={
                "institution_name": names.school_name(rng, int(here.kind[position]), bare_name(unit)),
                "address": names.address(rng, urban=unit.urban),
                "email": f"{code.lower()}@example.vn",
            },
        )
