"""Whether a target is met: four states from the interval, and the probability that it is met.

Owns the decision rule (whole interval beyond, point beyond, point short, whole interval short). Refuses a verdict
without an interval, and never lets a sample prove a target of 100 %.
"""

from __future__ import annotations

import math
from enum import Enum

from scipy.special import logit, stdtr

from survey.errors import Problem
from survey.estimation.result import CENSUS, Estimate

OPERATORS = (">=", ">", "<=", "<")


class Verdict(Enum):
    """The four states of a target, from certainly met to certainly not met."""

    MET = "met"
    LIKELY_MET = "likely-met"
    LIKELY_NOT_MET = "likely-not-met"
    NOT_MET = "not-met"


def verdict(figure: Estimate, operator: str, target: float) -> Verdict | None:
    """Return the state of a target in the unit of the estimate, or None when the figure has no interval.

    Strict operators compare unrounded values. Met: every value of the interval satisfies the target; not met: none
    does. A target of 100 % is at best likely met unless the figure comes from a census.
    """
    _check(operator)
    if not figure.has_interval:
        return None
    ends = (_satisfies(figure.ci_low, operator, target), _satisfies(figure.ci_high, operator, target))
    reached = _satisfies(figure.estimate, operator, target)
    if all(ends) and not _unprovable(figure, operator, target):
        return Verdict.MET
    if not any(ends):
        return Verdict.NOT_MET
    return Verdict.LIKELY_MET if reached else Verdict.LIKELY_NOT_MET


def probability_met(figure: Estimate, operator: str, target: float) -> float:
    """Return the confidence that the true value satisfies the target, between 0 and 1; NaN without an interval.

    Proportions use t on the logit scale, other figures t on their own scale; at 0 % and 100 % it is the level at which
    the one-sided bound would just reach the target. 0 for a target of 100 % that only a sample supports.
    """
    _check(operator)
    if not figure.has_interval:
        return math.nan
    if CENSUS in figure.flags or (figure.se == 0.0 and not figure.is_bounded):
        return 1.0 if _satisfies(figure.estimate, operator, target) else 0.0
    above = _probability_above(figure, target)
    return above if operator.startswith(">") else 1.0 - above


def _probability_above(figure: Estimate, target: float) -> float:
    if figure.is_bounded:
        return _bounded_above(figure, target)
    if figure.kind == "proportion":
        if target <= 0.0 or target >= 1.0:
            return 1.0 if target <= 0.0 else 0.0
        p = figure.estimate
        distance = (float(logit(p)) - float(logit(target))) * p * (1 - p) / figure.se
    else:
        distance = (figure.estimate - target) / figure.se
    return float(stdtr(figure.df, distance))


def _bounded_above(figure: Estimate, target: float) -> float:
    if target <= 0.0 or target >= 1.0:
        return 1.0 if target <= 0.0 else 0.0
    if round(figure.estimate) == 1:
        return float(-math.expm1(figure.n_effective * math.log(target)))
    return float((1 - target) ** figure.n_effective)


def _satisfies(value: float, operator: str, target: float) -> bool:
    return {
        ">=": value >= target,
        ">": value > target,
        "<=": value <= target,
        "<": value < target,
    }[operator]


def _unprovable(figure: Estimate, operator: str, target: float) -> bool:
    if figure.kind not in ("proportion", "ratio") or CENSUS in figure.flags:
        return False
    return target >= 1.0 if operator.startswith(">") else target <= 0.0


def _check(operator: str) -> None:
    if operator not in OPERATORS:
        raise Problem("bad-value", name="operator", value=operator, expected=" | ".join(OPERATORS))
