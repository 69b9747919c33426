"""Design columns as they arrive: name, values, missing entries, integer codes. Refuses missing design entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.errors import Problem

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Column:
    """One named column of values, so that a problem can say which column it is about."""

    name: str
    values: Any


Columns = Column | NDArray[Any] | Sequence[Column | NDArray[Any]] | None


def as_columns(given: Columns, name: str) -> tuple[Column, ...]:
    """Return a tuple of named columns from an array, a column or a sequence of either."""
    if given is None:
        return ()
    items = [given] if isinstance(given, Column | np.ndarray) else list(given)
    return tuple(_named(item, name if len(items) == 1 else f"{name}{i + 1}") for i, item in enumerate(items))


def _named(item: Column | NDArray[Any], name: str) -> Column:
    return item if isinstance(item, Column) else Column(name, item)


def is_missing(values: Any) -> BoolArray:
    """Return which entries are masked, None or NaN; shape (n,)."""
    masked = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    data = np.asarray(np.ma.getdata(values))
    missing: BoolArray
    if data.dtype.kind == "f":
        missing = np.isnan(data)
    elif data.dtype.kind == "O":
        missing = np.fromiter((v is None or v != v for v in data), dtype=np.bool_, count=len(data))
    elif data.dtype.kind in "mM":
        missing = np.isnat(data)
    else:
        missing = np.zeros(len(data), dtype=np.bool_)
    return missing if masked is None else np.logical_or(missing, masked)


def codes(column: Column) -> tuple[IntArray, NDArray[Any]]:
    """Return the code 0…k−1 of every entry and the k distinct values; refuses missing entries."""
    missing = is_missing(column.values)
    if missing.any():
        raise Problem("design-missing", column=column.name, count=int(missing.sum()))
    return factorise(column.values)


def factorise(values: Any) -> tuple[IntArray, NDArray[Any]]:
    """Return the code of every entry and the distinct values, sorted (as text if they do not compare)."""
    data = np.asarray(np.ma.getdata(values))
    if data.dtype.kind != "O":
        distinct, inverse = np.unique(data, return_inverse=True)
        return as_codes(inverse), distinct
    seen = list(dict.fromkeys(data.tolist()))
    try:
        seen.sort()
    except TypeError:
        seen.sort(key=str)
    position = {value: i for i, value in enumerate(seen)}
    found = np.fromiter((position[v] for v in data.tolist()), dtype=np.int64, count=len(data))
    labels = np.empty(len(seen), dtype=object)
    labels[:] = seen
    return found, labels


def combine(first: IntArray, second: IntArray) -> IntArray:
    """Return dense codes of the pairs (first, second), numbered in their sorted order."""
    width = int(second.max()) + 1 if len(second) else 1
    _, inverse = np.unique(first * width + second, return_inverse=True)
    return as_codes(inverse)


def as_codes(values: NDArray[Any]) -> IntArray:
    """Return whole numbers of any type as a flat array of 64-bit codes."""
    return np.asarray(values, dtype=np.int64).reshape(-1)


def numbers(column: Column) -> FloatArray:
    """Return the entries as floats with NaN for missing ones; refuses text."""
    missing = is_missing(column.values)
    data = np.asarray(np.ma.getdata(column.values))
    if data.dtype.kind not in "fiub":
        data = _parsed(column, data, missing)
    result = data.astype(np.float64)
    if missing.any():
        result = np.where(missing, np.nan, result)
    return result


def _parsed(column: Column, data: NDArray[Any], missing: BoolArray) -> FloatArray:
    result = np.full(len(data), np.nan)
    bad = 0
    for i in np.flatnonzero(~missing):
        try:
            result[i] = float(data[i])
        except (TypeError, ValueError):
            bad += 1
    if bad:
        raise Problem("not-a-number", column=column.name, count=bad)
    return result
