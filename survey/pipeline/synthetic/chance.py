"""Seeded chance: one independent stream per purpose, so that a new trait never moves the draws of another."""

from __future__ import annotations

import random
import zlib

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]


def stream(seed: int, *purpose: object) -> np.random.Generator:
    """Return the generator that belongs to a seed and a purpose."""
    return np.random.default_rng([seed, zlib.crc32("/".join(map(str, purpose)).encode())])


def lagged(share: float, lag: float) -> float:
    """Return a share as it was `lag` earlier on the logit scale, for rounds in the past."""
    return float(expit(logit(share) - lag))


def choices(seed: int, *purpose: object) -> random.Random:
    """Return the generator of single choices (names, visit details) that belongs to a seed and a purpose."""
    return random.Random("/".join(map(str, (seed, *purpose))))  # noqa: S311 - made-up data, nothing secret


def with_share(rng: np.random.Generator, linear: Floats, share: float, among: Flags) -> Flags:
    """Draw yes or no for each unit of `among` from a logistic model whose expected share is the one asked for.

    `linear` holds the model's terms without its constant, which is found by bisection.
    """
    constant = _constant(linear[among], share)
    drawn: Flags = rng.random(len(linear)) < expit(constant + linear)
    return among & drawn


def _constant(linear: Floats, share: float) -> float:
    low, high = -30.0, 30.0
    sample = linear if len(linear) <= 20_000 else linear[:: len(linear) // 20_000]
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if expit(middle + sample).mean() < share else (low, middle)
    return (low + high) / 2


def pick(rng: np.random.Generator, shares: dict[int, float], size: int) -> Codes:
    """Draw `size` codes with the given shares."""
    codes = np.fromiter(shares, dtype=np.int8)
    limits = np.cumsum(np.fromiter(shares.values(), dtype=np.float64))
    return codes[np.searchsorted(limits[:-1] / limits[-1], rng.random(size), side="right")]
