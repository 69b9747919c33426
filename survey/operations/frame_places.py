"""Finds the old commune that a cell of a frame means: by code or name, helped by district and present unit.

Never guesses: where a name fits several communes or none, it says which ones come near.
"""

from __future__ import annotations

import difflib
import functools
from dataclasses import dataclass, field

from survey.reference import units
from survey.reference.units import OldCommune, PresentUnit
from survey.text import fold


@dataclass(frozen=True, slots=True)
class Place:
    """The commune that was found, or why none was: the code of a fault, the cell it stands in, and its details."""

    commune: OldCommune | None = None
    fault: str = ""
    cell: str = "commune"
    details: dict[str, str] = field(default_factory=dict)


@functools.lru_cache(maxsize=4096)
def find(commune: str, district: str = "", present: str = "") -> Place:
    """Return the old commune that the texts of three cells mean."""
    within = _district(district)
    if district and within is None:
        return Place(fault="district-unknown", cell="district", details=_near(district, _district_names()))
    now = _present(present)
    if present and now is None:
        return Place(fault="present-unknown", cell="present", details=_near(present, _present_names()))
    if not commune:
        return Place(fault="commune-choose", details=_made_of(now)) if now else Place(fault="missing")
    fitting = [unit for unit in _olds(commune) if within is None or unit.district_code == within.code]
    if now is not None and len(fitting) > 1:
        fitting = [unit for unit in fitting if units.present_unit_of(unit.code) == now] or fitting
    if len(fitting) > 1:
        return Place(fault="commune-twice", details={"choices": _listed(fitting)})
    if not fitting:
        return _unknown(commune, within)
    if now is not None and units.present_unit_of(fitting[0].code) != now:
        today = units.present_unit_of(fitting[0].code).name
        return Place(fault="present-differs", cell="present", details={"name": fitting[0].name, "today": today})
    return Place(fitting[0])


def _unknown(commune: str, within: units.District | None) -> Place:
    elsewhere = _olds(commune)
    if within is not None and elsewhere:
        names = ", ".join(units.district(unit.district_code).name for unit in elsewhere)
        return Place(fault="district-differs", cell="district", details={"name": elsewhere[0].name, "district": names})
    now = _present(commune)
    if now is not None:
        return Place(fault="commune-choose", details=_made_of(now))
    return Place(fault="commune-unknown", details=_near(commune, _old_names()))


def _olds(text: str) -> list[OldCommune]:
    """Return the old communes with this code, full name or, failing that, bare name."""
    wanted = _key(text)
    known = units.old_communes()
    exact = [unit for unit in known if text == unit.code or wanted == _key(unit.name)]
    return exact or [unit for unit in known if wanted == _key(units.bare_name(unit))]


def _present(text: str) -> PresentUnit | None:
    wanted = _key(text)
    known = units.present_units()
    exact = [unit for unit in known if text == unit.code or wanted == _key(unit.name)]
    found = exact or [unit for unit in known if wanted == _key(units.bare_name(unit))]
    return found[0] if len(found) == 1 else None


def _district(text: str) -> units.District | None:
    wanted = _key(text)
    known = units.districts()
    exact = [unit for unit in known if text == unit.code or wanted == _key(unit.name)]
    found = exact or [unit for unit in known if wanted == _key(units.bare_name(unit))]
    return found[0] if len(found) == 1 else None


def _made_of(now: PresentUnit) -> dict[str, str]:
    return {"name": now.name, "choices": _listed(units.old_communes_of(now.code))}


def _listed(found: list[OldCommune] | tuple[OldCommune, ...]) -> str:
    return ", ".join(f"{unit.name} ({unit.code}, {units.district(unit.district_code).name})" for unit in found)


def _near(text: str, names: dict[str, str]) -> dict[str, str]:
    """Return the name that comes nearest without regard to accents, "–" where none does."""
    found = difflib.get_close_matches(_key(text), list(names), n=1, cutoff=0.6)
    return {"nearest": names[found[0]] if found else "–"}


@functools.cache
def _old_names() -> dict[str, str]:
    known: dict[str, str] = {}
    for unit in units.old_communes():
        said = f"{unit.name} ({unit.code})"
        known |= {_key(unit.name): said, _key(units.bare_name(unit)): said, unit.code: said}
    return known


@functools.cache
def _present_names() -> dict[str, str]:
    return {_key(unit.name): f"{unit.name} ({unit.code})" for unit in units.present_units()}


@functools.cache
def _district_names() -> dict[str, str]:
    return {_key(unit.name): f"{unit.name} ({unit.code})" for unit in units.districts()}


def _key(text: str) -> str:
    return " ".join(fold(text).replace(".", " ").replace(",", " ").split())
