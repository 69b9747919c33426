"""Whether a figure may be published: publish, flag or suppress, with reasons.

Precision follows the presentation standards of NCHS 2017 for proportions (sample size, Korn–Graubard width, degrees of
freedom) and the relative standard error for other figures; disclosure counts rows and sampling units. Complementary
suppression is a matter of whole tables and lives in `disclosure`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from survey.estimation import interval as intervals
from survey.estimation.result import CENSUS, Estimate


class Action(Enum):
    """What may be done with a figure."""

    PUBLISH = "publish"
    FLAG = "flag"
    SUPPRESS = "suppress"


@dataclass(frozen=True, slots=True)
class Rule:
    """The thresholds; widths and relative standard errors are fractions of 1."""

    min_n: int = 30
    min_units: int = 3
    min_df: int = 8
    wide: float = 0.30
    narrow: float = 0.05
    relative_wide: float = 1.30
    rse_flag: float = 0.20
    rse_suppress: float = 0.30


@dataclass(frozen=True, slots=True)
class Quality:
    """An action and the codes of the reasons for it, the strongest first."""

    action: Action
    reasons: tuple[str, ...] = ()


def quality(figure: Estimate, rule: Rule = Rule()) -> Quality:
    """Return what may be done with a figure under a rule.

    Suppress: fewer than `min_n` rows (or effective rows), fewer than `min_units` sampling units, an interval or
    relative standard error that is too wide, or no interval at all. Flag: few degrees of freedom, 0 % or 100 %, or a
    relative standard error between the two thresholds. A census is only held to the disclosure counts.
    """
    suppress = _too_few(figure, rule)
    flags: list[str] = []
    if CENSUS not in figure.flags:
        suppress += _too_vague(figure, rule)
        flags = _doubtful(figure, rule)
    if suppress:
        return Quality(Action.SUPPRESS, tuple(suppress + flags))
    return Quality(Action.FLAG, tuple(flags)) if flags else Quality(Action.PUBLISH)


def korn_graubard(figure: Estimate) -> intervals.Interval:
    """Return the 95 % Korn–Graubard interval of a proportion, Clopper–Pearson on n* at 0 % and 100 %."""
    if figure.is_bounded:
        return intervals.clopper_pearson(float(round(figure.estimate)), figure.n_effective)
    return intervals.interval("beta", figure.estimate, figure.se**2, figure.df, figure.n_domain)


def _too_few(figure: Estimate, rule: Rule) -> list[str]:
    reasons = []
    if figure.n < rule.min_n and CENSUS not in figure.flags:
        reasons.append("few-cases")
    if figure.n_psu < rule.min_units:
        reasons.append("few-units")
    return reasons


def _too_vague(figure: Estimate, rule: Rule) -> list[str]:
    if not figure.has_interval:
        return ["no-interval"]
    if figure.kind == "proportion":
        return _vague_proportion(figure, rule)
    return ["high-rse"] if not figure.rse <= rule.rse_suppress else []


def _vague_proportion(figure: Estimate, rule: Rule) -> list[str]:
    low, high = korn_graubard(figure)
    width = high - low
    reasons = ["few-effective-cases"] if figure.n >= rule.min_n > figure.n_effective else []
    if math.isnan(width) or width >= rule.wide:
        return [*reasons, "wide-interval"]
    if figure.estimate and width > rule.narrow and width / figure.estimate > rule.relative_wide:
        reasons.append("wide-relative-interval")
    return reasons


def _doubtful(figure: Estimate, rule: Rule) -> list[str]:
    flags = []
    if figure.df < rule.min_df:
        flags.append("few-degrees-of-freedom")
    if figure.is_bounded:
        flags.append("extreme")
    if figure.kind != "proportion" and rule.rse_flag < figure.rse <= rule.rse_suppress:
        flags.append("raised-rse")
    return flags
