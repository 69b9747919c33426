"""How a sample is shared among strata: whole numbers that add up, within a minimum and what each stratum holds.

Owns proportional, power, Neyman and cost-optimal shares (Lohr 2010, section 3.4; Bankier 1988). Draws nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from survey.errors import Problem

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


def proportional(n: int, size: ArrayLike, *, minimum: ArrayLike = 0) -> IntArray:
    """Allocate n in proportion to the stratum sizes (h,)."""
    sizes = _sizes("size", size)
    return allocate(n, sizes, minimum=minimum, maximum=sizes)


def power(n: int, size: ArrayLike, *, exponent: float = 0.5, minimum: ArrayLike = 0) -> IntArray:
    """Allocate n in proportion to size^exponent: 1 is proportional, 0 equal, in between a compromise for domains."""
    if not 0 <= exponent <= 1:
        raise Problem("bad-value", name="exponent", value=exponent, expected="0 … 1")
    sizes = _sizes("size", size)
    return allocate(n, sizes**exponent, minimum=minimum, maximum=sizes)


def neyman(n: int, size: ArrayLike, deviation: ArrayLike, *, minimum: ArrayLike = 0) -> IntArray:
    """Allocate n in proportion to N_h S_h, the least variance of a total for a given n."""
    sizes = _sizes("size", size)
    return allocate(n, sizes * _sizes("deviation", deviation, zero=True), minimum=minimum, maximum=sizes)


def cost_optimal(n: int, size: ArrayLike, deviation: ArrayLike, cost: ArrayLike, *, minimum: ArrayLike = 0) -> IntArray:
    """Allocate n in proportion to N_h S_h / √c_h, the least variance for the money when a unit costs c_h."""
    sizes = _sizes("size", size)
    shares = sizes * _sizes("deviation", deviation, zero=True) / np.sqrt(_sizes("cost", cost))
    return allocate(n, shares, minimum=minimum, maximum=sizes)


def allocate(n: int, shares: FloatArray, *, minimum: ArrayLike = 0, maximum: ArrayLike = np.inf) -> IntArray:
    """Allocate n by shares (h,), clipped to minimum and maximum, rounded by largest remainders to add up to n.

    A stratum that holds fewer than the minimum is taken whole. Raises Problem allocation-impossible.
    """
    most = np.broadcast_to(np.floor(np.asarray(maximum, dtype=np.float64)), shares.shape)
    least = np.minimum(np.broadcast_to(np.asarray(minimum, dtype=np.float64), shares.shape), most)
    if not least.sum() <= n <= most.sum():
        raise Problem("allocation-impossible", wanted=n, least=int(least.sum()), most=int(min(most.sum(), 2**53)))
    return _whole(_level(n, shares, least, most), n, most)


def _level(n: int, shares: FloatArray, least: FloatArray, most: FloatArray) -> FloatArray:
    """Return clip(λ shares, least, most) with the λ at which it adds up to n."""
    low, high = 0.0, 1.0
    positive = shares > 0
    reachable = float(np.where(positive, most, least).sum())
    if reachable < n:
        return _level(n, np.where(positive, shares, 1e-9 * max(float(shares.max()), 1e-300)), least, most)
    while np.clip(high * shares, least, most).sum() < n:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.clip(middle * shares, least, most).sum() < n else (low, middle)
    return np.asarray(np.clip(high * shares, least, most))


def _whole(exact: FloatArray, n: int, most: FloatArray) -> IntArray:
    whole = np.floor(exact + 1e-9)
    left = int(n - whole.sum())
    order = np.lexsort((np.arange(len(exact)), -(exact - whole)))
    open_strata = [h for h in order if whole[h] < most[h]]
    for h in open_strata[:left]:
        whole[h] += 1
    return whole.astype(np.int64)


def _sizes(name: str, values: ArrayLike, *, zero: bool = False) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    bad = ~np.isfinite(array) | (array < 0) | (array == 0 if not zero else False)
    if bad.any():
        raise Problem("size-unusable", column=name, count=int(bad.sum()))
    return array
