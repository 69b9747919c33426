"""Complementary suppression: hides further cells so that none can be found by subtraction from published margins.

Owns additive tables given as equations (a margin and the cells that add up to it), so that one table may be cut by
several geographies at once. Knows nothing of precision: `quality` says which cells start out suppressed.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Equation:
    """A published relation: `total` is the sum of `parts` (each a key of a figure)."""

    total: Hashable
    parts: tuple[Hashable, ...]


def complete(
    suppressed: set[Hashable], equations: Sequence[Equation], cost: Mapping[Hashable, float]
) -> dict[Hashable, str]:
    """Return every suppressed key with its reason, primary or complementary.

    Adds the cheapest published cell of an equation with a single hidden member (never a cell without a cost: those are
    published elsewhere) until no hidden cell can be solved for from the equations together.
    """
    reason: dict[Hashable, str] = dict.fromkeys(suppressed, "primary")
    while True:
        exposed = solvable(set(reason), equations)
        if not exposed:
            return reason
        partner = _cheapest(exposed, set(reason), equations, cost)
        if partner is None:
            return {**reason, **dict.fromkeys(exposed, "exposed")}
        reason[partner] = "complementary"


def solvable(hidden: set[Hashable], equations: Sequence[Equation]) -> list[Hashable]:
    """Return the hidden keys whose value follows from the published ones, by the rank of the equations."""
    keys = sorted(hidden, key=str)
    if not keys:
        return []
    column = {key: i for i, key in enumerate(keys)}
    rows = []
    for equation in equations:
        row = np.zeros(len(keys))
        for key, sign in [(equation.total, -1.0), *((part, 1.0) for part in equation.parts)]:
            if key in column:
                row[column[key]] += sign
        if row.any():
            rows.append(row)
    if not rows:
        return []
    _, singular, right = np.linalg.svd(np.array(rows), full_matrices=True)
    rank = int((singular > 1e-9).sum())
    free = right[rank:]
    return [key for key, i in column.items() if not (np.abs(free[:, i]) > 1e-9).any()]


def _cheapest(
    exposed: list[Hashable], hidden: set[Hashable], equations: Sequence[Equation], cost: Mapping[Hashable, float]
) -> Hashable | None:
    candidates = {
        key
        for equation in equations
        for key in (equation.total, *equation.parts)
        if set(exposed) & {equation.total, *equation.parts} and key not in hidden and key in cost
    }
    return min(candidates, key=lambda key: (cost[key], str(key)), default=None)
