"""Domains as row masks: every sampled unit stays in the design, rows outside a domain count as zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.estimation.columns import BoolArray, factorise, is_missing

Label = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain: the values that define it by column name, and the rows (n,) inside it."""

    label: dict[str, Any]
    rows: BoolArray


def domains(
    n_rows: int, inside: BoolArray | None = None, by: Mapping[str, NDArray[Any]] | None = None
) -> Iterator[Domain]:
    """Yield the rows `inside` (all when None), split by every combination of `by` values that occurs there.

    A row with a missing `by` value belongs to no domain.
    """
    rows = np.ones(n_rows, dtype=np.bool_) if inside is None else inside
    if not by:
        yield Domain({}, rows)
        return
    missing = np.zeros(n_rows, dtype=np.bool_)
    for values in by.values():
        missing |= is_missing(values)
    kept = np.flatnonzero(rows & ~missing)
    columns = [factorise(np.asarray(np.ma.getdata(values))[kept]) for values in by.values()]
    yield from _cells(n_rows, kept, list(by), columns)


def _cells(
    n_rows: int, kept: NDArray[np.int64], names: list[str], columns: list[tuple[NDArray[np.int64], NDArray[Any]]]
) -> Iterator[Domain]:
    cell = np.zeros(len(kept), dtype=np.int64)
    for code, values in columns:
        cell = cell * max(len(values), 1) + code
    order = np.argsort(cell, kind="stable")
    found, starts = np.unique(cell[order], return_index=True)
    for members in np.split(order, starts[1:]) if len(found) else []:
        first = members[0]
        label = {name: _plain(values[code[first]]) for name, (code, values) in zip(names, columns, strict=True)}
        rows = np.zeros(n_rows, dtype=np.bool_)
        rows[kept[members]] = True
        yield Domain(label, rows)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
