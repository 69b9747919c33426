"""Complementary suppression: hides further cells so that none can be found by subtraction from published margins.

Owns additive tables, given as equations (a margin and the cells that add up to it) or as sums over common parts, so
that one table may be cut by several geographies at once. Knows nothing of precision: `quality` says which cells start
out suppressed.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from survey.estimation.columns import FloatArray


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


@dataclass(frozen=True, slots=True)
class Sums:
    """Figures that are sums over common parts: the vector (parts,) of every key, and relations that hold anyway.

    A relation (r, parts) is a combination of parts whose value everybody knows, such as 0 for the difference of two
    ways to split the same whole.
    """

    vectors: Mapping[Hashable, FloatArray]
    relations: FloatArray


def derivable(sums: Sums, hidden: Collection[Hashable]) -> list[Hashable]:
    """Return the hidden keys whose value follows from the others and the relations, whatever the way to combine them.

    A hidden vector follows exactly when it lies in the row space of the published ones. One without any part is no
    figure and is left out.
    """
    return [key for key, rest in _rests(sums, hidden).items() if rest <= _FOLLOWS]


def protect(sums: Sums, hidden: Collection[Hashable], cost: Mapping[Hashable, float]) -> dict[Hashable, str]:
    """Return every hidden key with its reason, "primary" or "complementary".

    As long as a primary key is derivable, the cheapest key that its derivation uses is hidden too (only keys with a
    cost); in the end those that turned out not to be needed are shown again, the dearest first, so that no key is left
    hidden that is derivable itself. Keys that cannot be protected are "exposed".
    """
    reason: dict[Hashable, str] = dict.fromkeys(hidden, "primary")
    while found := _open(sums, reason, "primary"):
        partners = (_partner(sums, reason, cost, key) for key in found)
        partner = next((key for key in partners if key is not None), None)
        if partner is None:
            reason |= dict.fromkeys(found, "exposed")
        else:
            reason[partner] = "complementary"
    for key in sorted((k for k, why in reason.items() if why == "complementary"), key=lambda k: (-cost[k], str(k))):
        without = {other: why for other, why in reason.items() if other != key}
        if not _open(sums, without, "primary"):
            reason = without
    return reason


def _open(sums: Sums, reason: Mapping[Hashable, str], kind: str) -> list[Hashable]:
    return [key for key in derivable(sums, reason) if reason[key] == kind]


_FOLLOWS = 1e-9


def _published(sums: Sums, hidden: Collection[Hashable]) -> tuple[list[Hashable], FloatArray]:
    keys = [key for key in sums.vectors if key not in hidden]
    rows = [sums.vectors[key] for key in keys]
    return keys, np.vstack([*rows, sums.relations])


def _rests(sums: Sums, hidden: Collection[Hashable]) -> dict[Hashable, float]:
    """Return how much of every hidden vector lies outside the row space of the published ones, as a share."""
    keys = sorted(hidden, key=str)
    if not keys:
        return {}
    _, rows = _published(sums, hidden)
    basis = rows
    if len(rows):
        _, singular, right = np.linalg.svd(rows, full_matrices=False)
        basis = right[singular > _FOLLOWS * max(1.0, float(singular.max()))]
    wanted = np.array([sums.vectors[key] for key in keys])
    outside = np.linalg.norm(wanted - wanted @ basis.T @ basis, axis=1)
    size = np.linalg.norm(wanted, axis=1)
    return {key: float(rest / whole) for key, rest, whole in zip(keys, outside, size, strict=True) if whole > 0}


def _partner(
    sums: Sums, hidden: Collection[Hashable], cost: Mapping[Hashable, float], exposed: Hashable
) -> Hashable | None:
    """Return the cheapest published key in the shortest combination that gives the exposed one."""
    keys, rows = _published(sums, hidden)
    share = np.linalg.lstsq(rows.T, sums.vectors[exposed], rcond=None)[0][: len(keys)]
    used = [key for key, part in zip(keys, share.tolist(), strict=True) if abs(part) > 1e-7 and key in cost]
    return min(used, key=lambda key: (cost[key], str(key)), default=None)
