"""Administrative units: 75 old communes and 8 districts of Hậu Giang, 28 present units, and the map between them.

The same five digits name different areas before and after 1 July 2025, so every look-up by code asks for a date.
Store the old commune code on households and sampling units and derive everything else from it here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from survey.errors import Problem
from survey.reference.collation import sort_key
from survey.reference.datafile import csv_rows
from survey.text import N_, fold

OLD_PROVINCE_CODE = "93"
OLD_PROVINCE_NAME = "Tỉnh Hậu Giang"
PRESENT_PROVINCE_CODE = "92"
PRESENT_PROVINCE_NAME = "Thành phố Cần Thơ"
OLD_VALID_FROM = date(2022, 7, 4)
"""The day of plan 128: the old list is verified from then until the merger."""
MERGER = date(2025, 7, 1)


class UnitKind(StrEnum):
    """The kinds of commune-level unit, by their Vietnamese names."""

    WARD = "phường"
    TOWNSHIP = "thị trấn"
    COMMUNE = "xã"


UNIT_KIND_LABELS = {
    UnitKind.WARD: N_("ward"),
    UnitKind.TOWNSHIP: N_("township"),
    UnitKind.COMMUNE: N_("commune"),
}


@dataclass(frozen=True, slots=True)
class District:
    """One of the eight district-level units abolished on 1 July 2025."""

    code: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class OldCommune:
    """A commune-level unit of Hậu Giang until 30 June 2025."""

    code: str
    name: str
    kind: UnitKind
    district_code: str
    valid_from: date = OLD_VALID_FROM
    valid_until: date | None = MERGER

    @property
    def urban(self) -> bool:
        """Tell whether the unit was urban: phường and thị trấn were."""
        return self.kind is not UnitKind.COMMUNE


@dataclass(frozen=True, slots=True)
class PresentUnit:
    """A ward or commune of Cần Thơ on the old territory of Hậu Giang; WGS 84 degrees, area in km²."""

    code: str
    name: str
    kind: UnitKind
    area_km2: float
    seat: str
    longitude: float
    latitude: float
    valid_from: date = MERGER
    valid_until: date | None = None

    @property
    def urban(self) -> bool:
        """Tell whether the unit is urban: only phường are, since townships no longer exist."""
        return self.kind is UnitKind.WARD

    @property
    def district_codes(self) -> tuple[str, ...]:
        """Return the codes of the old districts that this unit covers parts of, in order."""
        return tuple(sorted({old.district_code for old in old_communes_of(self.code)}))


Unit = OldCommune | PresentUnit
AnyUnit = TypeVar("AnyUnit", District, OldCommune, PresentUnit)
Found = TypeVar("Found")


@functools.cache
def districts() -> tuple[District, ...]:
    """Return the eight old districts by code."""
    return tuple(District(row["code"], row["name"], row["kind"]) for row in csv_rows("old_districts.csv"))


@functools.cache
def old_communes() -> tuple[OldCommune, ...]:
    """Return the 75 old communes by district and code."""
    return tuple(
        OldCommune(row["code"], row["name"], UnitKind(row["kind"]), row["district"])
        for row in csv_rows("old_communes.csv")
    )


@functools.cache
def present_units() -> tuple[PresentUnit, ...]:
    """Return the 28 present units by code."""
    return tuple(
        PresentUnit(
            code=row["code"],
            name=row["name"],
            kind=UnitKind(row["kind"]),
            area_km2=float(row["area_km2"]),
            seat=row["seat"],
            longitude=float(row["longitude"]),
            latitude=float(row["latitude"]),
        )
        for row in csv_rows("present_units.csv")
    )


@functools.cache
def unit_map() -> Mapping[tuple[str, date], tuple[str, date]]:
    """Return the map (old code, valid-from) → (present code, valid-from); every old unit was merged in full."""
    day = date.fromisoformat
    return MappingProxyType(
        {
            (row["old_code"], day(row["old_valid_from"])): (row["present_code"], day(row["present_valid_from"]))
            for row in csv_rows("unit_map.csv")
        }
    )


@functools.cache
def _old_by_code() -> dict[str, OldCommune]:
    return {unit.code: unit for unit in old_communes()}


@functools.cache
def _present_by_code() -> dict[str, PresentUnit]:
    return {unit.code: unit for unit in present_units()}


def district(code: str) -> District:
    """Return an old district; Problem "unknown-commune" for any other code."""
    return _found(next((unit for unit in districts() if unit.code == code), None), code)


def old_commune(code: str) -> OldCommune:
    """Return the old commune with this code; Problem "unknown-commune" for any other code."""
    return _found(_old_by_code().get(code), code)


def present_unit(code: str) -> PresentUnit:
    """Return the present unit with this code; Problem "unknown-commune" for any other code."""
    return _found(_present_by_code().get(code), code)


def commune(code: str, *, on: date) -> Unit:
    """Return the unit that carried this code on a date.

    Problem "unknown-commune" when no unit did, also for dates before the old list is verified (4 July 2022).
    """
    if on < OLD_VALID_FROM:
        raise Problem("unknown-commune", code=code, on=on)
    return old_commune(code) if on < MERGER else present_unit(code)


def present_unit_of(old_code: str) -> PresentUnit:
    """Return the present unit into which an old commune was merged; Problem "unknown-commune"."""
    unit = old_commune(old_code)
    return present_unit(unit_map()[unit.code, unit.valid_from][0])


@functools.cache
def _components() -> dict[str, tuple[OldCommune, ...]]:
    merged: dict[str, list[OldCommune]] = {unit.code: [] for unit in present_units()}
    for old in old_communes():
        merged[present_unit_of(old.code).code].append(old)
    return {code: tuple(olds) for code, olds in merged.items()}


def old_communes_of(present_code: str) -> tuple[OldCommune, ...]:
    """Return the old communes that make up a present unit; Problem "unknown-commune"."""
    return _components()[present_unit(present_code).code]


def old_communes_in(district_code: str) -> tuple[OldCommune, ...]:
    """Return the old communes of an old district; Problem "unknown-commune"."""
    known = district(district_code).code
    return tuple(unit for unit in old_communes() if unit.district_code == known)


def in_name_order(units: Iterable[AnyUnit]) -> tuple[AnyUnit, ...]:
    """Return units in Vietnamese dictionary order of their names without the kind, ties by code."""
    return tuple(sorted(units, key=lambda unit: (sort_key(bare_name(unit)), unit.code)))


def bare_name(unit: District | OldCommune | PresentUnit) -> str:
    """Return the name without its kind: `Phường Long Mỹ` → `Long Mỹ`."""
    prefix = len(unit.kind) + 1
    return unit.name[prefix:] if unit.name.lower().startswith(f"{unit.kind} ") else unit.name


def search(text: str, *, on: date) -> tuple[Unit, ...]:
    """Return the units of a date whose name or code holds the text, ignoring case and accents, best match first.

    A name that starts with the text comes before one that only holds it; ties follow the dictionary.
    """
    wanted = " ".join(fold(text).split())
    units: tuple[Unit, ...] = old_communes() if on < MERGER else present_units()
    ranked = [(rank, sort_key(bare_name(unit)), unit.code, unit) for unit in units if (rank := _rank(unit, wanted))]
    return tuple(entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:-1]))


def _rank(unit: Unit, wanted: str) -> int:
    if not wanted:
        return 0
    bare, full = fold(bare_name(unit)), fold(unit.name)
    tests = (wanted in (bare, full, unit.code), bare.startswith(wanted), full.startswith(wanted), wanted in full)
    return next((rank for rank, passed in enumerate(tests, start=1) if passed), 0)


def _found(value: Found | None, code: str) -> Found:
    if value is None:
        raise Problem("unknown-commune", code=code)
    return value
