"""What interviewers do to answers: intraclass correlation, heaping of ages, near-duplicate interviews, odd durations.

Pure arrays in, figures out. Says how unusual something is, never whose fault: with one interviewer an area, the
differences between interviewers are differences between areas too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Numbers = NDArray[np.float64]
MISSING = -1
_WHIPPLE_FROM, _WHIPPLE_TO = 23, 62
_MAD_TO_SD = 1.4826


@dataclass(frozen=True, slots=True)
class InterviewerEffect:
    """One-way analysis of variance of a question by interviewer.

    `icc` is the ANOVA estimator of the intraclass correlation (it can be slightly negative), `f` and `p` the test that
    all interviewers have the same mean, `deff` what the correlation does to the variance of a mean, 1 + (m₀ − 1) icc.
    """

    icc: float
    f: float
    p: float
    deff: float
    interviewers: int
    n: int


def interviewer_effect(values: Any, interviewers: Any) -> InterviewerEffect | None:
    """Return the intraclass correlation of values (n) within interviewers (n); None without variation or replication.

    Source: Kish (1962), Studies of interviewer variance; ρ = (MSB − MSW) / (MSB + (m₀ − 1) MSW) with
    m₀ = (n − Σmᵢ² / n) / (k − 1) for unequal workloads (Snedecor and Cochran, Statistical Methods, 13.3).
    """
    y = np.asarray(values, float)
    _, group = np.unique(np.asarray(interviewers), return_inverse=True)
    sizes = np.bincount(group).astype(float)
    k, n = len(sizes), len(y)
    if k < 2 or n <= k:
        return None
    means = np.bincount(group, weights=y) / sizes
    between = float((sizes * (means - y.mean()) ** 2).sum()) / (k - 1)
    within = float(((y - means[group]) ** 2).sum()) / (n - k)
    if between + within == 0:
        return None
    m0 = (n - float((sizes**2).sum()) / n) / (k - 1)
    icc = (between - within) / (between + (m0 - 1) * within)
    f = between / within if within > 0 else float("inf")
    p = float(special.fdtrc(k - 1, n - k, f))
    return InterviewerEffect(icc, f, p, 1 + (m0 - 1) * icc, k, n)


def whipple_index(ages: Any) -> tuple[float, int]:
    """Return Whipple's index of ages in completed years and the number of persons aged 23 to 62 behind it.

    100 means no preference for ages ending in 0 and 5, 500 that nothing else was reported; NaN without persons.
    Source: United Nations, Demographic Yearbook, technical notes on age heaping.
    """
    age = np.asarray(ages, int)
    inside = age[(age >= _WHIPPLE_FROM) & (age <= _WHIPPLE_TO)]
    n = len(inside)
    return (500.0 * float(np.count_nonzero(inside % 5 == 0)) / n if n else float("nan")), n


def nearest_duplicates(codes: Any, *, least: int) -> tuple[Numbers, NDArray[np.int64]]:
    """Return for each interview (rows of answer codes, −1 where not asked) its greatest share of equal answers.

    The share counts the questions that both interviews answered, of which there must be `least`; also the row of that
    other interview, −1 where none compares. Source: Kuriakose and Robbins (2016), Don't get duped, SJIAOS 32(3).
    """
    matrix = np.asarray(codes)
    n = len(matrix)
    both = np.zeros((n, n), np.float32)
    equal = np.zeros((n, n), np.float32)
    for column in matrix.T:
        answered = (column != MISSING).astype(np.float32)
        both += np.outer(answered, answered)
        equal += (column[:, None] == column[None, :]) & (answered[:, None] > 0)
    share = np.where(both >= least, equal / np.maximum(both, 1), -1.0)
    np.fill_diagonal(share, -1.0)
    if n < 2:
        return np.full(n, np.nan), np.full(n, -1, np.int64)
    other = share.argmax(axis=1)
    best = share[np.arange(n), other].astype(np.float64)
    return np.where(best < 0, np.nan, best), np.where(best < 0, -1, other).astype(np.int64)


def robust_scores(values: Any) -> Numbers:
    """Return how many robust standard deviations each value lies from the median, on the scale of logarithms.

    The standard deviation is 1.4826 times the median absolute deviation; all zero where more than half are equal.
    """
    logs: Numbers = np.log(np.maximum(np.asarray(values, float), 1e-9))
    if not len(logs):
        return logs
    centre = np.median(logs)
    spread = _MAD_TO_SD * np.median(np.abs(logs - centre))
    return (logs - centre) / spread if spread > 0 else np.zeros_like(logs)
