"""k-anonymity and l-diversity of a table of people: measured, reached by blanking, refused where that is not enough.

Classes are formed by the quasi-identifiers. A class is safe when it has at least k rows and, for every sensitive
attribute that anyone in it answered, at least two different answers; otherwise membership alone would tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from survey.errors import Problem

Codes = NDArray[np.str_]
Numbers = NDArray[np.float64]
BLANK = ""


@dataclass(frozen=True, slots=True)
class Protocol:
    """What was done to a table: rows, classes, the smallest class, cells blanked by column, the rules."""

    rows: int
    classes: int
    smallest: int
    blanked: Mapping[str, int]
    k: int
    diversity: int


def protect(
    quasi: Mapping[str, Codes],
    sensitive: Mapping[str, Numbers],
    *,
    blank: Sequence[str],
    k: int = 5,
    diversity: int = 2,
    name: str = "microdata",
) -> tuple[dict[str, Codes], Protocol]:
    """Return the quasi-identifiers with as few cells blanked as the rules need, and the record of it.

    Columns are blanked in the order of `blank`, only in rows of unsafe classes. Problem "small-cells" where rows are
    unsafe even without them.
    """
    columns = {key: values.copy() for key, values in quasi.items()}
    blanked = dict.fromkeys(blank, 0)
    for column in blank:
        unsafe = ~_safe_rows(columns, sensitive, k, diversity)
        blanked[column] = int((unsafe & (columns[column] != BLANK)).sum())
        columns[column] = np.where(unsafe, BLANK, columns[column])
    fixed = [column for column in columns if column not in blank]
    _hide_more(columns, sensitive, fixed, blank, blanked, k, diversity)
    safe = _safe_rows(columns, sensitive, k, diversity)
    if not safe.all():
        raise Problem("small-cells", name=name, count=int((~safe).sum()), k=k)
    sizes = np.bincount(_classes(columns))
    return columns, Protocol(len(safe), len(sizes), int(sizes.min(initial=len(safe))), blanked, k, diversity)


def _hide_more(
    columns: dict[str, Codes],
    sensitive: Mapping[str, Numbers],
    fixed: Sequence[str],
    blank: Sequence[str],
    blanked: dict[str, int],
    k: int,
    diversity: int,
) -> None:
    """Blank the smallest classes beside rows that are unsafe with every trait blank, until these are many enough."""
    group = _classes({name: columns[name] for name in fixed})
    for unsafe_group in np.unique(group[~_safe_rows(columns, sensitive, k, diversity)]):
        inside = group == unsafe_group
        while not _safe_rows(columns, sensitive, k, diversity)[inside].all():
            open_rows = inside & np.any([columns[name] != BLANK for name in blank], axis=0)
            if not open_rows.any():
                break
            label = _classes(columns)
            smallest = min(np.unique(label[open_rows]), key=lambda each: int((label == each).sum()))
            chosen = label == smallest
            for name in blank:
                blanked[name] += int((chosen & (columns[name] != BLANK)).sum())
                columns[name] = np.where(chosen, BLANK, columns[name])


def _safe_rows(
    columns: Mapping[str, Codes], sensitive: Mapping[str, Numbers], k: int, diversity: int
) -> NDArray[np.bool_]:
    label = _classes(columns)
    size = np.bincount(label)
    safe = size >= k
    for values in sensitive.values():
        known = ~np.isnan(values)
        distinct = _distinct(label[known], values[known], len(size))
        safe &= (distinct == 0) | (distinct >= diversity)
    return np.asarray(safe[label])


def _classes(columns: Mapping[str, Codes]) -> NDArray[np.int64]:
    """Return the number of each row's class."""
    stacked = np.array(["\x1f".join(row) for row in zip(*columns.values(), strict=True)], dtype=np.str_)
    return np.unique(stacked, return_inverse=True)[1].astype(np.int64)


def _distinct(label: NDArray[np.int64], values: Numbers, count: int) -> NDArray[np.int64]:
    """Return how many different values each class has."""
    if not len(label):
        return np.zeros(count, dtype=np.int64)
    pairs = np.unique(np.column_stack([label, values]), axis=0)
    return np.bincount(pairs[:, 0].astype(np.int64), minlength=count)
