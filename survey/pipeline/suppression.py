"""Complementary suppression of the figures of one measure, over all its breakdowns at once.

Old districts, present units and both kinds of urban area are cut from the same places: every figure becomes a sum over
the pieces that these cuts leave, and no hidden figure may follow from the published ones by any combination. The same
holds for sex, age, size, sector and level. Refuses to show what cannot be protected.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.estimation.disclosure import Sums, derivable, protect
from survey.estimation.quality import Action
from survey.pipeline.analysis import PLACES, Analysis
from survey.pipeline.measures import Measure, values

WHOLE = ("province", "")
FEWEST_UNITS = 3
"""A piece between two geographies with cases from fewer sampling units than this must not follow either."""
Content = Mapping[str, Any]
Key = tuple[str, str]


def complete(measure: Measure, table: Analysis, rows: Sequence[Content]) -> list[Content]:
    """Return the rows of a measure with further ones suppressed, so that no hidden figure can be found.

    `rows` are contents of estimate rows. Reasons gain "complementary".
    """
    system = system_of(measure, table, [key_of(row) for row in rows])
    primary = {key_of(row) for row in rows if row["flag"] == Action.SUPPRESS.value}
    hidden = protect(system.sums, primary | system.delicate, _costs(rows))
    more = {key for key, why in hidden.items() if why == "complementary"}
    return [_suppressed(row) if key_of(row) in more else row for row in rows]


def derivable_rows(measure: Measure, table: Analysis, rows: Sequence[Content]) -> list[Hashable]:
    """Return the keys of suppressed rows and delicate pieces that follow from the published rows."""
    system = system_of(measure, table, [key_of(row) for row in rows])
    hidden = {key_of(row) for row in rows if row["flag"] == Action.SUPPRESS.value}
    return derivable(system.sums, hidden | system.delicate)


@dataclass(frozen=True, slots=True)
class System:
    """The figures of a measure as sums over pieces, and the pieces that are too small to be found out."""

    sums: Sums
    delicate: frozenset[Hashable]


def system_of(measure: Measure, table: Analysis, keys: Sequence[Key]) -> System:
    """Return the system of a measure's figures: one family of pieces for all places, one for every other breakdown."""
    answered = values(measure, table).answered
    dimensions = {key[0] for key in keys if key != WHOLE}
    families = [_pieces(table, names, answered) for names in _families(dimensions)]
    if not families:
        return System(Sums({WHOLE: np.ones(1)}, np.zeros((0, 1))), frozenset())
    width = sum(len(family.labels) for family in families)
    vectors: dict[Hashable, NDArray[np.float64]] = {}
    relations, delicate, start, first = [], set(), 0, None
    for family in families:
        block = slice(start, start + len(family.labels))
        start = block.stop
        whole = np.zeros(width)
        whole[block] = 1.0
        if first is None:
            first = whole
            vectors[WHOLE] = whole
        else:
            relations.append(whole - first)
        for key in keys:
            if key[0] in family.names:
                vectors[key] = np.zeros(width)
                vectors[key][block] = family.of(key)
        for name, vector in family.delicate(width, block):
            vectors[name] = vector
            delicate.add(name)
    return System(Sums(vectors, np.array(relations).reshape(len(relations), width)), frozenset(delicate))


def key_of(row: Content) -> Key:
    """Return what a row is about within its measure."""
    return str(row["dimension"]), str(row["category"])


def _families(dimensions: set[str]) -> list[tuple[str, ...]]:
    places = tuple(sorted(dimensions & set(PLACES)))
    return [*([places] if places else []), *((name,) for name in sorted(dimensions - set(PLACES)))]


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The parts into which the breakdowns of a family cut the cases: their labels and how many units are in each."""

    names: tuple[str, ...]
    labels: list[tuple[str, ...]]
    units: list[int]

    def of(self, key: Key) -> NDArray[np.float64]:
        """Return which pieces make up a figure."""
        position = self.names.index(key[0])
        return np.array([float(label[position] == key[1]) for label in self.labels])

    def delicate(self, width: int, block: slice) -> Iterator[tuple[Hashable, NDArray[np.float64]]]:
        """Yield the pieces between several breakdowns that rest on too few units, with their vectors."""
        if len(self.names) == 1:
            return
        for position, (label, units) in enumerate(zip(self.labels, self.units, strict=True)):
            if units < FEWEST_UNITS:
                vector = np.zeros(width)
                vector[block.start + position] = 1.0
                yield ("piece", *label), vector


def _pieces(table: Analysis, names: tuple[str, ...], rows: NDArray[np.bool_]) -> _Pieces:
    """Return the pieces with cases; cases without a category form pieces of their own, which nobody publishes."""
    columns = [["" if value is None else str(value) for value in table.dimensions[name][rows]] for name in names]
    units: dict[tuple[str, ...], set[int]] = {}
    for label, unit in zip(zip(*columns, strict=True), table.design.psu[rows].tolist(), strict=True):
        units.setdefault(label, set()).add(unit)
    labels = sorted(units)
    return _Pieces(names, labels, [len(units[label]) for label in labels])


def _costs(rows: Sequence[Content]) -> dict[Hashable, float]:
    """Return what hiding a published figure costs: its cases. The whole territory is never hidden for another."""
    return {
        key_of(row): float(row["n"]) for row in rows if key_of(row) != WHOLE and row["flag"] != Action.SUPPRESS.value
    }


def _suppressed(row: Content) -> Content:
    return {**row, "flag": Action.SUPPRESS.value, "reasons": [*row["reasons"], "complementary"]}
