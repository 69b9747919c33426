"""Collapsing strata that hold a single sampling unit into declared neighbours, before the design is built.

The alternative to a lonely-unit rule that design documents prefer: strata are merged by a rule known beforehand, never
by their results.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.estimation.columns import Column, IntArray, codes, combine


def collapse_strata(
    stratum: NDArray[Any], psu: NDArray[Any], *, neighbours: Sequence[Any] | None = None
) -> NDArray[Any]:
    """Return stratum labels (n,) in which every stratum has at least two primary units.

    A stratum with one unit joins the next in the order of `neighbours` (the sorted order when None), the last one the
    one before it; joined strata are named a+b. A single stratum is returned as it is. Unit codes may repeat across
    strata.
    """
    code, labels = codes(Column("strata", stratum))
    units = _units_by_stratum(code, codes(Column("psu", psu))[0], len(labels))
    position = {label: i for i, label in enumerate(labels.tolist())}
    order = labels.tolist() if neighbours is None else list(neighbours)
    groups: list[list[int]] = []
    for label in order:
        if groups and units[groups[-1]].sum() < 2:
            groups[-1].append(position[label])
        else:
            groups.append([position[label]])
    if len(groups) > 1 and units[groups[-1]].sum() < 2:
        last = groups.pop()
        groups[-1] += last
    names = np.empty(len(labels), dtype=object)
    for members in groups:
        for member in members:
            names[member] = "+".join(str(labels[i]) for i in members) if len(members) > 1 else labels[members[0]]
    return np.asarray(names[code])


def _units_by_stratum(stratum: IntArray, psu: IntArray, count: int) -> IntArray:
    unit = combine(stratum, psu)
    first = np.unique(unit, return_index=True)[1]
    return np.bincount(stratum[first], minlength=count).astype(np.int64)
