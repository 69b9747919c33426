"""Known population totals of a round: what can be a margin, what was entered, whether the margins add up alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.model import ControlTotal
from survey.reference import units, vsic

AREA = ("urban", "rural")
SEXES = ("male", "female")
AGES = ("0-14", "15-24", "25-34", "35-44", "45-54", "55-64", "65+")
SIZES = ("micro", "small", "medium", "large")
LEVELS = ("1", "2", "3", "4", "5", "6", "7")
CATEGORIES: Mapping[str, Callable[[], tuple[str, ...]]] = {
    "district": lambda: tuple(each.code for each in units.districts()),
    "unit": lambda: tuple(each.code for each in units.present_units()),
    "commune": lambda: tuple(each.code for each in units.old_communes()),
    "urban_old": lambda: AREA,
    "urban_new": lambda: AREA,
    "sex": lambda: SEXES,
    "age": lambda: AGES,
    "size": lambda: SIZES,
    "sector": lambda: tuple(each.code for each in vsic.sections(vsic.VsicVersion.V2025)),
    "level": lambda: LEVELS,
}
"""The margins that weights can be calibrated on, with their categories."""
_PLACES = ("district", "unit", "commune", "urban_old", "urban_new")
MARGINS: Mapping[str, tuple[str, ...]] = {
    "household": _PLACES,
    "member": (*_PLACES, "sex", "age"),
    "respondent": (*_PLACES, "sex", "age"),
    "enterprise": (*_PLACES, "size", "sector"),
    "institution": (*_PLACES, "level"),
}
"""The margins of every table."""
AGREE = 1e-9
"""Relative difference up to which the sums of two margins are the same."""


@dataclass(frozen=True, slots=True)
class Total:
    """One known total, with where it was published and the day that it stands for."""

    table: str
    margin: str
    category: str
    value: float
    source: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Agreement:
    """The sum of one margin of a table, and by how much it differs from the largest of that table's margins."""

    table: str
    margin: str
    total: float
    difference: float
    categories: int
    missing: tuple[str, ...]
    """Categories of the margin without a total; fine only where the round has no case in them."""

    @property
    def agrees(self) -> bool:
        """Tell whether the margin adds up to the same as the others."""
        return abs(self.difference) <= AGREE * abs(self.total)


def agreements(totals: Iterable[Total]) -> tuple[Agreement, ...]:
    """Return the sum of every margin by table, and by how much it differs from the largest one of its table."""
    sums: dict[tuple[str, str], dict[str, float]] = {}
    for total in totals:
        sums.setdefault((total.table, total.margin), {})[total.category] = total.value
    largest: dict[str, float] = {}
    for (table, _), values in sums.items():
        largest[table] = max(largest.get(table, 0.0), sum(values.values()))
    return tuple(
        Agreement(
            table=table,
            margin=margin,
            total=sum(values.values()),
            difference=sum(values.values()) - largest[table],
            categories=len(values),
            missing=tuple(each for each in CATEGORIES[margin]() if each not in values),
        )
        for (table, margin), values in sorted(sums.items())
    )


def entered(session: Session, round_id: int) -> tuple[Total, ...]:
    """Return the totals of a round in the order of their tables, margins and categories; one query."""
    query = select(ControlTotal).where(ControlTotal.round_id == round_id)
    found = [
        Total(row.unit_kind, row.margin, row.category, row.value, row.source, row.as_of)
        for row in session.scalars(query)
    ]
    order = {(margin, each): place for margin in CATEGORIES for place, each in enumerate(CATEGORIES[margin]())}
    return tuple(sorted(found, key=lambda t: (t.table, t.margin, order.get((t.margin, t.category), 0), t.category)))
