"""Who is selected: simple random, systematic and proportional-to-size draws, in one or two stages.

Pure arrays; the random generator is passed in, so that a stored seed repeats a draw byte for byte. Every draw carries
the inclusion probability of every unit of the frame, and they sum to the sample size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from survey.errors import Problem

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Draw:
    """The selected units as ascending positions in the frame, and the inclusion probability of every frame unit."""

    units: IntArray
    inclusion: FloatArray

    @property
    def probability(self) -> FloatArray:
        """Return the inclusion probabilities of the selected units."""
        return self.inclusion[self.units]

    @property
    def weight(self) -> FloatArray:
        """Return the design weights of the selected units, one over their inclusion probability."""
        return 1.0 / self.probability

    @property
    def certain(self) -> BoolArray:
        """Return which selected units were taken with certainty."""
        return self.probability >= 1.0

    def digest(self) -> str:
        """Return the SHA-256 of the draw; equal digests are equal draws."""
        parts = (self.units.astype("<i8").tobytes(), self.inclusion.astype("<f8").tobytes())
        return hashlib.sha256(b"".join(parts)).hexdigest()


Method = Callable[[int, int, Generator], Draw]


def simple_random(n_frame: int, n: int, random: Generator) -> Draw:
    """Draw n of n_frame units without replacement, all samples equally likely."""
    _check(n, n_frame)
    units = np.sort(random.choice(n_frame, size=n, replace=False, shuffle=False))
    return Draw(units.astype(np.int64), np.full(n_frame, n / n_frame if n_frame else 0.0))


def systematic(n_frame: int, n: int, random: Generator) -> Draw:
    """Draw n of n_frame units at a fractional interval from one random start, in frame order."""
    _check(n, n_frame)
    interval = n_frame / n if n else 1.0
    units = np.floor((random.random() + np.arange(n)) * interval).astype(np.int64)
    return Draw(np.minimum(units, n_frame - 1), np.full(n_frame, n / n_frame if n_frame else 0.0))


def size_probabilities(size: FloatArray, n: int) -> FloatArray:
    """Return inclusion probabilities proportional to size that sum to n; units that exceed 1 are certain.

    The remainder is recomputed without the certain units until none exceeds 1.
    """
    _check(n, len(size))
    _check_size(size)
    certain = np.zeros(len(size), dtype=np.bool_)
    while True:
        left = n - int(certain.sum())
        rest = float(size[~certain].sum())
        scaled = np.where(certain, 1.0, left * size / rest if rest > 0 else 1.0)
        over = (scaled >= 1.0) & ~certain
        if not over.any():
            return np.asarray(scaled)
        certain |= over


def proportional_to_size(size: FloatArray, n: int, random: Generator) -> Draw:
    """Draw n units systematically with probability proportional to size, in frame order; certain units first."""
    inclusion = size_probabilities(size, n)
    certain = inclusion >= 1.0
    open_units = np.flatnonzero(~certain)
    left = n - int(certain.sum())
    picked = open_units[_walk(inclusion[open_units], left, random)] if left else open_units[:0]
    units = np.sort(np.concatenate([np.flatnonzero(certain), picked]))
    return Draw(units.astype(np.int64), inclusion)


def _walk(probability: FloatArray, n: int, random: Generator) -> IntArray:
    ends = np.cumsum(probability)
    ends *= n / ends[-1]
    ends[-1] = n
    return np.searchsorted(ends, random.random() + np.arange(n), side="right").astype(np.int64)


def stratified(
    stratum: NDArray[Any],
    n: Mapping[Any, int],
    random: Generator,
    *,
    size: FloatArray | None = None,
    order: IntArray | None = None,
    method: Method = systematic,
) -> Draw:
    """Draw n[h] units in every stratum h, one generator stream a stratum in the sorted order of the strata.

    With `size` the draw in a stratum is proportional to size, otherwise by `method`; `order` (a permutation of the
    frame, see `implicit_order`) sorts the frame before a systematic draw. Raises Problem sample-too-large, or
    stratum-without-size for a stratum of the frame that `n` does not name: leave one out by giving it 0.
    """
    for label in np.unique(stratum).tolist():
        if label not in n:
            raise Problem("stratum-without-size", stratum=label, count=int((stratum == label).sum()))
    positions = np.arange(len(stratum)) if order is None else order
    inclusion = np.zeros(len(stratum))
    chosen: list[IntArray] = []
    labels = sorted(n, key=str)
    streams = random.spawn(len(labels))
    for label, stream in zip(labels, streams, strict=True):
        members = positions[stratum[positions] == label]
        if n[label] > len(members):
            raise Problem("sample-too-large", stratum=label, wanted=n[label], available=len(members))
        part = _part(members, n[label], stream, size, method)
        inclusion[members] = part.inclusion
        chosen.append(members[part.units])
    units = np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, dtype=np.int64)
    return Draw(units.astype(np.int64), inclusion)


def _part(members: IntArray, n: int, random: Generator, size: FloatArray | None, method: Method) -> Draw:
    if size is not None:
        return proportional_to_size(size[members], n, random)
    return method(len(members), n, random)


@dataclass(frozen=True, slots=True)
class TwoStageDraw:
    """The primary units, and in each of them the selected elements with their overall probability.

    `element` counts from 0 within its primary unit (`unit`, a position in the frame); `probability` is the product of
    both stages.
    """

    first: Draw
    unit: IntArray
    element: IntArray
    second: FloatArray

    @property
    def probability(self) -> FloatArray:
        """Return the overall inclusion probability of every selected element."""
        return self.first.inclusion[self.unit] * self.second

    @property
    def weight(self) -> FloatArray:
        """Return the design weight of every selected element."""
        return 1.0 / self.probability


def elements(first: Draw, listed: IntArray, take: int, random: Generator, method: Method = systematic) -> TwoStageDraw:
    """Draw `take` of the `listed` elements (by frame unit) in every selected primary unit, all of them if fewer."""
    unit, element, second = [], [], []
    for position, stream in zip(first.units, random.spawn(len(first.units)), strict=True):
        n = min(take, int(listed[position]))
        draw = method(int(listed[position]), n, stream)
        unit.append(np.full(n, position))
        element.append(draw.units)
        second.append(draw.probability)
    return TwoStageDraw(first, _joined(unit), _joined(element), np.concatenate([*second, np.zeros(0)]))


def _joined(parts: list[IntArray]) -> IntArray:
    return np.concatenate([*parts, np.zeros(0, dtype=np.int64)]).astype(np.int64)


def implicit_order(*keys: NDArray[Any]) -> IntArray:
    """Return the frame order sorted by the keys, the first the slowest, each turning back and forth (serpentine)."""
    codes = [np.unique(key, return_inverse=True)[1].astype(np.int64).reshape(-1) for key in keys]
    outer = np.zeros(len(codes[0]), dtype=np.int64)
    for code in codes:
        width = int(code.max()) + 1 if len(code) else 1
        turned = np.where(outer % 2 == 1, width - 1 - code, code)
        pairs = outer * width + turned
        outer = np.unique(pairs, return_inverse=True)[1].astype(np.int64).reshape(-1)
    return np.argsort(outer, kind="stable").astype(np.int64)


def reserve(draw: Draw, n: int, random: Generator, *, among: IntArray | None = None) -> IntArray:
    """Draw n reserve units at random, in the order of their use, from frame units that were not selected.

    A reserve stands in for a unit and is recorded as a substitution: it changes no inclusion probability.
    """
    pool = np.arange(len(draw.inclusion)) if among is None else among
    free = np.setdiff1d(pool, draw.units)
    _check(n, len(free))
    return random.permutation(free)[:n].astype(np.int64)


def within_household(eligible: IntArray, random: Generator) -> tuple[IntArray, FloatArray]:
    """Return the position of one member selected at random in every household, and the probability 1 / eligible.

    Position −1 and probability 0 where nobody is eligible.
    """
    picked = np.floor(random.random(len(eligible)) * eligible).astype(np.int64)
    some = eligible > 0
    probability = np.where(some, 1.0 / np.maximum(eligible, 1), 0.0)
    return np.where(some, np.minimum(picked, eligible - 1), -1), probability


def _check(n: int, available: int) -> None:
    if not 0 <= n <= available:
        raise Problem("sample-too-large", stratum="–", wanted=n, available=available)


def _check_size(size: FloatArray) -> None:
    bad = ~(np.isfinite(size) & (size > 0))
    if bad.any():
        raise Problem("size-unusable", column="size", count=int(bad.sum()))
