"""Anonymised microdata of households, members and respondents: design, weights, coarse traits, indicators as 0 and 1.

No answer is carried over as it was given, no place below the stratum (old district, urban or rural), no identifier:
units and areas get keyed numbers that differ from file to file, so that files cannot be linked. Enterprises and
institutions are too few to hide and are not exported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from survey.export.anonymity import Codes, Numbers, Protocol, protect
from survey.pipeline.analysis import Analysis, Tables
from survey.pipeline.measures import Measure, values

KINDS = ("household", "member", "respondent")
SENSITIVE = ("XH2_wide", "XH2_narrow", "XH8_used", "XH8_consulted", "XH8_treated", "XH9_known", "XH9_opened")
_TRAITS = {"household": (), "member": ("age", "sex"), "respondent": ("age", "sex")}
"""Traits in the order in which they are given up."""
NOT_CONCERNED, NO_ANSWER, HIDDEN = -1, -2, -3
"""Why a value is missing. Where a trait is hidden the reason is too, because who is concerned depends on age."""


@dataclass(frozen=True, slots=True)
class File:
    """One table of microdata with the record of how it was made safe."""

    name: str
    table: pa.Table
    measures: tuple[Measure, ...]
    protocol: Protocol
    reasons: Mapping[str, NDArray[np.int8]]
    """By column of traits and shares, why each of the rows has no value; 0 where it has one."""

    @property
    def shares(self) -> frozenset[str]:
        """Return the columns that hold measures as 0 and 1."""
        return frozenset(column_name(measure) for measure in self.measures)


def column_name(measure: Measure) -> str:
    """Return the name of the column that holds a measure."""
    return f"{measure.indicator}_{measure.variant.replace('-', '_')}"


def files(analysed: Tables, chosen: tuple[Measure, ...], *, key: str, k: int = 5) -> tuple[File, ...]:
    """Return the files of a run's tables; `key` is the secret that unit numbers are made from.

    Problem "small-cells" where a file cannot be made safe.
    """
    return tuple(
        _file(analysed.analyses[kind], [m for m in chosen if m.table == kind and m.rule is not None], key, k)
        for kind in KINDS
        if kind in analysed.analyses
    )


def _file(table: Analysis, chosen: list[Measure], key: str, k: int) -> File:
    weight = np.asarray(table.design.weight)
    rows = _kept(table, weight)
    counted = weight[rows] > 0
    found = {column_name(measure): values(measure, table) for measure in chosen}
    shares = {name: np.where(each.answered, each.y, np.nan)[rows] for name, each in found.items()}
    traits = {trait: _codes(table.dimensions[trait][rows]) for trait in _TRAITS[table.name]}
    quasi = {"stratum": _codes(table.columns["stratum"][rows]), **traits}
    sensitive = {name: shares[name][counted] for name in SENSITIVE if name in shares}
    safe, protocol = protect(
        {name: column[counted] for name, column in quasi.items()},
        sensitive,
        blank=_TRAITS[table.name],
        k=k,
        name=table.name,
    )
    for name in _TRAITS[table.name]:
        traits[name] = np.full(len(rows), "", dtype=safe[name].dtype if len(safe[name]) else "U1")
        traits[name][counted] = safe[name]
    numbers = {
        "area": _keyed(table.columns["psu"][rows], f"{key}:{table.name}:area"),
        "unit": _keyed(table.columns["unit"][rows], f"{key}:{table.name}:unit"),
    }
    order = np.lexsort((np.arange(len(rows)), numbers["unit"], numbers["area"]))
    columns: dict[str, NDArray[np.generic]] = {
        "stratum": quasi["stratum"],
        **numbers,
        "weight": weight[rows],
        **traits,
        **shares,
    }
    arrays = {name: _array(column[order]) for name, column in columns.items()}
    concerned = {name: each.eligible[rows] for name, each in found.items()}
    reasons = {name: column[order] for name, column in _reasons(traits, shares, concerned, counted).items()}
    return File(table.name, pa.table(arrays), tuple(chosen), protocol, reasons)


def _reasons(
    traits: Mapping[str, Codes],
    shares: Mapping[str, Numbers],
    concerned: Mapping[str, NDArray[np.bool_]],
    counted: NDArray[np.bool_],
) -> dict[str, NDArray[np.int8]]:
    """Return by column why each row has no value, 0 where it has one."""
    absent = np.where(counted, HIDDEN, NO_ANSWER)
    hidden = counted & np.any([np.zeros_like(counted), *(column == "" for column in traits.values())], axis=0)
    reasons = {name: np.where(column == "", absent, 0) for name, column in traits.items()}
    for name, column in shares.items():
        reason = np.where(hidden, HIDDEN, np.where(concerned[name] | ~counted, NO_ANSWER, NOT_CONCERNED))
        reasons[name] = np.where(np.isnan(column), reason, 0)
    return {name: column.astype(np.int8) for name, column in reasons.items()}


def _kept(table: Analysis, weight: Numbers) -> NDArray[np.int64]:
    """Return the rows with a weight, and one row for every area without any, which the variance needs."""
    counted = np.flatnonzero(weight > 0)
    areas = np.char.add(np.char.add(_codes(table.columns["stratum"]), "\x1f"), _codes(table.columns["psu"]))
    silent = np.flatnonzero(~np.isin(areas, areas[counted]))
    _, first = np.unique(areas[silent], return_index=True)
    return np.concatenate([counted, silent[first]]).astype(np.int64)


def _keyed(identifiers: NDArray[np.generic], key: str) -> Codes:
    """Return numbers that stand for identifiers and cannot be traced back without the key."""
    known: Mapping[str, str] = {
        name: hashlib.blake2b(name.encode(), key=key.encode()[:64], digest_size=6).hexdigest()
        for name in set(_codes(identifiers).tolist())
    }
    return np.array([known[name] for name in _codes(identifiers).tolist()], dtype=np.str_)


def _codes(column: NDArray[np.generic]) -> Codes:
    return np.array(["" if value is None else str(value) for value in column.tolist()], dtype=np.str_)


def _array(column: NDArray[np.generic]) -> pa.Array:
    """Return a column for Arrow: blanks and NaN become nulls, 0 and 1 stay numbers."""
    if column.dtype.kind == "U":
        return pa.array([value or None for value in column.tolist()], pa.string())
    numbers = column.astype(np.float64)
    return pa.array(numbers, pa.float64(), mask=np.isnan(numbers))
