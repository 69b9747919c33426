"""Population and administrative benchmarks, each with source, date, basis and reliability.

There are two population bases: the census (733,017 persons in 2019) and the merger dossier's register (30 % more).
Mixing them, or weighting to the register, is refused here. What is not listed was not found and must be entered.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from survey.errors import Problem
from survey.reference.datafile import csv_rows
from survey.reference.wording import Wording
from survey.text import N_


class Basis(StrEnum):
    """Who is counted: usual residents of a census, a census of unsure year, registered residents, or records."""

    CENSUS = "census"
    CENSUS_UNVERIFIED_YEAR = "census-unverified-year"
    REGISTERED = "registered"
    ADMINISTRATIVE = "administrative"


class Reliability(StrEnum):
    """How far a benchmark can be trusted."""

    GOOD = "good"
    FAIR = "fair"
    WEAK = "weak"


BASIS_LABELS = {
    Basis.CENSUS: N_("Population census"),
    Basis.CENSUS_UNVERIFIED_YEAR: N_("Population census, year not verified"),
    Basis.REGISTERED: N_("Registered residents (merger dossier)"),
    Basis.ADMINISTRATIVE: N_("Administrative records"),
}
RELIABILITY_LABELS = {
    Reliability.GOOD: N_("Good"),
    Reliability.FAIR: N_("Fair"),
    Reliability.WEAK: N_("Weak"),
}

POPULATION_WARNING = Wording(
    vi="Có hai cơ sở dân số: tổng điều tra (nhân khẩu thực tế thường trú) và hồ sơ sáp nhập (có lẽ là đăng ký "
    "thường trú và tạm trú), chênh nhau ít nhất 30%. Không dùng lẫn; hiệu chỉnh quyền số theo số của cơ quan thống kê.",
    en="There are two population bases: the census (usual residents) and the merger dossier (probably registered "
    "permanent and temporary residents), at least 30% apart. Never mix them; calibrate to the figure of the "
    "statistics agency.",
)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One figure found: `on` is a year, month or day in ISO form; `compare_with` names an indicator or is empty."""

    measure: str
    area: str
    area_code: str
    on: str
    value: Decimal
    unit: str
    basis: Basis
    reliability: Reliability
    source: str
    note: Wording
    compare_with: str

    @property
    def usable_for_weighting(self) -> bool:
        """Tell whether the figure may serve as a control total: a verified census population, nothing else."""
        return self.basis is Basis.CENSUS and self.unit == "person"


@functools.cache
def benchmarks() -> tuple[Benchmark, ...]:
    """Return every benchmark found, in file order."""
    return tuple(
        Benchmark(
            measure=row["measure"],
            area=row["area"],
            area_code=row["area_code"],
            on=row["on"],
            value=Decimal(row["value"]),
            unit=row["unit"],
            basis=Basis(row["basis"]),
            reliability=Reliability(row["reliability"]),
            source=row["source"],
            note=Wording(row["note_vi"], row["note_en"]),
            compare_with=row["compare_with"],
        )
        for row in csv_rows("benchmarks.csv")
    )


def benchmarks_for(indicator_id: str) -> tuple[Benchmark, ...]:
    """Return the administrative figures to print beside an indicator; none of them decides its target."""
    return tuple(each for each in benchmarks() if each.compare_with == indicator_id)


def census_population(area_code: str) -> Benchmark:
    """Return the verified census population of an area; Problem "bad-value" when none is known."""
    for each in benchmarks():
        if each.measure == "population" and each.area_code == area_code and each.usable_for_weighting:
            return each
    raise Problem("bad-value", name="population", value=area_code, expected=", ".join(_known_areas()))


def common_basis(figures: Iterable[Benchmark]) -> Basis:
    """Return the basis that figures share; Problem "mixed-bases" when they differ or there are none."""
    bases = sorted({each.basis for each in figures})
    if len(bases) != 1:
        raise Problem("mixed-bases", bases=", ".join(bases))
    return bases[0]


@functools.cache
def registered_population() -> dict[str, int | None]:
    """Return the register's population of the present units by code, None where the source has none or a wrong one.

    Only for describing the source: it is not on the census basis and must not weight or calibrate anything.
    """
    return {
        row["present_code"]: int(row["value"]) if row["value"] else None
        for row in csv_rows("registered_population.csv")
    }


def _known_areas() -> list[str]:
    return [each.area_code for each in benchmarks() if each.measure == "population" and each.usable_for_weighting]
