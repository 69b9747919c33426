"""Weights step by step: selection, unknown eligibility, non-response, trimming; each step leaves a before/after table.

Owns weighting classes, response-propensity classes, AAPOR response rates and trimming with redistribution (Valliant,
Dever & Kreuter 2018). Refuses classes without respondents. Calibration is its own module; re-calibrate after trimming.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from survey.errors import Problem
from survey.estimation.columns import BoolArray, Column, FloatArray, IntArray, codes
from survey.estimation.design import Design
from survey.estimation.interval import kish_effect
from survey.estimation.regression import logistic


class Outcome(IntEnum):
    """The final disposition of a selected unit (AAPOR 2023)."""

    COMPLETE = 1
    PARTIAL = 2
    REFUSAL = 3
    NON_CONTACT = 4
    OTHER = 5
    UNKNOWN_ELIGIBILITY = 6
    INELIGIBLE = 7


@dataclass(frozen=True, slots=True)
class Summary:
    """Weights at one moment: rows with weight, sum, range, Kish's design effect and effective sample size."""

    n: int
    total: float
    least: float
    median: float
    most: float
    kish: float
    n_effective: float


@dataclass(frozen=True, slots=True)
class Step:
    """One weighting step: its name, the weights (n,) it leaves, the weights before and after in short."""

    name: str
    weight: FloatArray
    before: Summary
    after: Summary
    classes: tuple[Class, ...] = ()


@dataclass(frozen=True, slots=True)
class Class:
    """One adjustment class: its label, the units and respondents in it, and its factor."""

    label: str
    units: int
    respondents: int
    factor: float


def summarise(weight: FloatArray) -> Summary:
    """Return the summary of the weights that are not zero."""
    used = weight[weight != 0]
    if not len(used):
        return Summary(0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    kish = kish_effect(used)
    low, middle, high = float(used.min()), float(np.median(used)), float(used.max())
    return Summary(len(used), float(used.sum()), low, middle, high, kish, len(used) / kish)


def design_weight(*probabilities: FloatArray) -> FloatArray:
    """Return one over the product of the inclusion probabilities of every stage (n,)."""
    product = np.prod(np.vstack(probabilities), axis=0)
    bad = ~(np.isfinite(product) & (product > 0) & (product <= 1 + 1e-12))
    if bad.any():
        raise Problem("weight-unusable", column="probability", count=int(bad.sum()))
    return np.asarray(1.0 / product, dtype=np.float64)


def unknown_eligibility(weight: FloatArray, outcome: IntArray, group: NDArray[Any]) -> Step:
    """Spread the weight of units of unknown eligibility over the known ones (eligible and not) of their class."""
    known = outcome != Outcome.UNKNOWN_ELIGIBILITY
    return _spread("unknown eligibility", weight, np.ones(len(weight), dtype=np.bool_), known, group)


def response_classes(
    weight: FloatArray,
    eligible: BoolArray,
    responded: BoolArray,
    group: NDArray[Any],
    *,
    min_respondents: int = 20,
    max_factor: float = 3.0,
    neighbours: Sequence[Any] | None = None,
) -> Step:
    """Spread the weight of eligible non-respondents over the respondents of their class; their own becomes zero.

    A class with fewer than `min_respondents` or a factor above `max_factor` is merged with the next one in the order
    of `neighbours` (their sorted order when None) until no class fails. Ineligible units keep their weight.
    """
    merged = collapse(weight, eligible, responded, group, min_respondents, max_factor, neighbours)
    return _spread("non-response", weight, eligible, responded & eligible, merged)


def collapse(
    weight: FloatArray,
    eligible: BoolArray,
    responded: BoolArray,
    group: NDArray[Any],
    min_respondents: int = 20,
    max_factor: float = 3.0,
    neighbours: Sequence[Any] | None = None,
) -> NDArray[Any]:
    """Return class labels after merging classes that are too small or need too large a factor with a neighbour."""
    _, found = codes(Column("class", group))
    order = list(found.tolist() if neighbours is None else neighbours)
    sets = [[label] for label in order]
    while len(sets) > 1:
        worst = _first_weak(weight, eligible, responded, group, sets, min_respondents, max_factor)
        if worst is None:
            break
        other = worst - 1 if worst == len(sets) - 1 else worst + 1
        low, high = sorted((worst, other))
        sets[low : high + 1] = [sets[low] + sets[high]]
    name = {label: "+".join(str(part) for part in members) for members in sets for label in members}
    return np.array([name[label] for label in group.tolist()], dtype=object)


def _first_weak(
    weight: FloatArray,
    eligible: BoolArray,
    responded: BoolArray,
    group: NDArray[Any],
    sets: list[list[Any]],
    min_respondents: int,
    max_factor: float,
) -> int | None:
    for i, members in enumerate(sets):
        inside = np.isin(group, np.array(members, dtype=group.dtype)) & eligible
        answered = float(weight[inside & responded].sum())
        few = int((inside & responded).sum()) < min_respondents
        if inside.any() and (few or float(weight[inside].sum()) > max_factor * answered):
            return i
    return None


def _spread(name: str, weight: FloatArray, giving: BoolArray, taking: BoolArray, group: NDArray[Any]) -> Step:
    code, labels = codes(Column(name, group))
    k = len(labels)
    whole = np.bincount(code[giving], weights=weight[giving], minlength=k)
    kept = np.bincount(code[taking & giving], weights=weight[taking & giving], minlength=k)
    empty = np.flatnonzero((whole > 0) & (kept <= 0))
    if len(empty):
        raise Problem("class-without-respondents", group=str(labels[empty[0]]), count=len(empty))
    factor = np.divide(whole, kept, out=np.ones(k), where=kept > 0)
    result = np.where(giving, np.where(taking, weight * factor[code], 0.0), weight)
    units = np.bincount(code[giving], minlength=k)
    respondents = np.bincount(code[taking & giving], minlength=k)
    classes = tuple(Class(str(labels[i]), int(units[i]), int(respondents[i]), float(factor[i])) for i in range(k))
    return Step(name, result, summarise(weight), summarise(result), classes)


def propensity(design: Design, responded: BoolArray, x: Sequence[FloatArray], names: Sequence[str]) -> FloatArray:
    """Return the estimated chance of response (n,) from a weighted logistic regression on columns known for all."""
    fit = logistic(design, responded.astype(np.float64), x, names)
    return np.asarray(special.expit(np.column_stack([np.ones(design.n_rows), *x]) @ fit.coefficient), dtype=np.float64)


def propensity_classes(chance: FloatArray, weight: FloatArray, count: int = 5) -> IntArray:
    """Return classes 0…count−1 of equal weight in the order of the chance of response; ties stay together."""
    order = np.argsort(chance, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    classes = np.empty(len(chance), dtype=np.int64)
    classes[order] = np.minimum((share * count - 1e-12).astype(np.int64), count - 1)
    values, first = np.unique(chance, return_inverse=True)
    lowest = np.full(len(values), count)
    np.minimum.at(lowest, first, classes)
    return np.asarray(np.unique(lowest[first], return_inverse=True)[1], dtype=np.int64)


def response_rates(
    outcome: IntArray, weight: FloatArray | None = None, *, eligible_share: float | None = None
) -> dict[str, float]:
    """Return AAPOR's response rates RR1 to RR6, weighted if weights are given.

    `eligible_share` is e, the share of the unknown that is eligible; the share among the known when None.
    """
    w = np.ones(len(outcome)) if weight is None else weight
    size = {kind: float(w[outcome == kind].sum()) for kind in Outcome}
    complete, partial = size[Outcome.COMPLETE], size[Outcome.PARTIAL]
    known = complete + partial + size[Outcome.REFUSAL] + size[Outcome.NON_CONTACT] + size[Outcome.OTHER]
    unknown = size[Outcome.UNKNOWN_ELIGIBILITY]
    e = eligible_share
    if e is None:
        e = known / (known + size[Outcome.INELIGIBLE]) if known else 0.0
    rates = {}
    for number, denominator in ((1, known + unknown), (3, known + e * unknown), (5, known)):
        rates[f"RR{number}"] = complete / denominator if denominator else 0.0
        rates[f"RR{number + 1}"] = (complete + partial) / denominator if denominator else 0.0
    return rates


def trim(
    weight: FloatArray, group: NDArray[Any], *, above_median: float = 3.0, rounds: int = 50
) -> tuple[Step, BoolArray]:
    """Cut weights above a multiple of the median of their group and spread the excess over the others in it.

    Sums by group are kept. Returns the step and which rows were cut. A trimmed weight no longer meets calibration
    totals: calibrate again.
    """
    code, labels = codes(Column("group", group))
    result, cut = weight.astype(np.float64).copy(), np.zeros(len(weight), dtype=np.bool_)
    for k in range(len(labels)):
        rows = np.flatnonzero((code == k) & (weight > 0))
        if len(rows):
            limit = above_median * float(np.median(weight[rows]))
            result[rows], cut[rows] = _trimmed(weight[rows], limit, rounds)
    return Step("trimming", result, summarise(weight), summarise(result)), cut


def _trimmed(weight: FloatArray, limit: float, rounds: int) -> tuple[FloatArray, BoolArray]:
    result, cut = weight.copy(), np.zeros(len(weight), dtype=np.bool_)
    for _ in range(rounds):
        over = result > limit * (1 + 1e-12)
        if not over.any():
            break
        cut |= over
        excess = float((result[over] - limit).sum())
        result[over] = limit
        free = ~cut
        if not free.any():
            return np.full(len(weight), weight.mean()), cut
        result[free] *= 1 + excess / float(result[free].sum())
    return result, cut


def selected_member(weight: FloatArray, eligible: IntArray, *, most: int = 10) -> FloatArray:
    """Return the weight of a member selected at random: the household's times its eligible members, at most `most`."""
    if (eligible < 1).any():
        raise Problem("weight-unusable", column="eligible", count=int((eligible < 1).sum()))
    return np.asarray(weight * np.minimum(eligible, most), dtype=np.float64)
