"""Estimate runs as plain values, for the results pages, the report and the exports (`query.runs` reads them).

Shares, standard errors and interval ends are in percent. Texts come as Vietnamese and English side by side and were
frozen with the run. Suppressed figures keep their n and lose every number; nothing here hides an unreleased run: the
caller decides who may see which run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from survey.reference.wording import Wording
from survey.text import N_

VERDICTS: Mapping[str, str] = {
    "met": N_("Target met"),
    "likely-met": N_("Estimated met, not certain enough"),
    "likely-not-met": N_("Estimated not met, not certain enough"),
    "not-met": N_("Target not met"),
    "none-against": N_("No case against the target was found; a sample cannot prove 100%"),
    "": N_("No conclusion"),
}
"""The four states, the special one of a 100 % target, and none (experimental or too few cases)."""

FLAGS: Mapping[str, str] = {
    "publish": N_("Publishable"),
    "flag": N_("Use with caution"),
    "suppress": N_("Not published: too few cases or too imprecise"),
}

DIMENSIONS: Mapping[str, str] = {
    "province": N_("Whole territory of former Hậu Giang"),
    "district": N_("By former district"),
    "unit": N_("By present commune-level unit"),
    "urban_old": N_("By urban and rural area before 1 July 2025"),
    "urban_new": N_("By urban and rural area at present"),
    "sex": N_("By sex"),
    "age": N_("By age group"),
    "size": N_("By enterprise size"),
    "sector": N_("By sector of activity"),
    "level": N_("By type of institution"),
}
"""Breakdowns in the order in which they are shown."""

DEFINITION_STATES: Mapping[str, str] = {
    "official": N_("Official definition"),
    "partial": N_("Definition partly official, partly proposed"),
    "proposed": N_("Proposed definition, no official one was found"),
    "experimental": N_("Experimental estimate, never used for a conclusion"),
}

REASONS: Mapping[str, str] = {
    "few-cases": N_("Fewer than 30 cases"),
    "few-effective-cases": N_("Fewer than 30 effective cases"),
    "few-units": N_("Fewer than three sampling units"),
    "few-respondents": N_("Too few respondents for confidentiality"),
    "dominant-unit": N_("One unit contributes more than 80% of the total"),
    "complementary": N_("Suppressed so that another figure cannot be derived"),
    "no-interval": N_("No interval can be computed"),
    "high-rse": N_("Relative standard error above 30%"),
    "raised-rse": N_("Relative standard error between 20% and 30%"),
    "wide-interval": N_("The interval is too wide"),
    "wide-relative-interval": N_("The interval is too wide for so small a share"),
    "few-degrees-of-freedom": N_("Fewer than 8 degrees of freedom"),
    "extreme": N_("No case or only cases: one-sided bound"),
    "low-item-response": N_("Fewer than 90% of those asked gave an answer"),
    "model-synthetic": N_("From the regression alone: the area's own cases add nothing, or there are none"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One estimate in one domain. Numbers are None where there is none or where the figure is suppressed."""

    indicator: str
    variant: str
    dimension: str
    category: str
    label: Wording
    estimate: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str
    deff: float | None
    df: float | None
    n: int
    n_psu: int
    flag: str
    reasons: tuple[str, ...]
    verdicts: Mapping[int, str]
    """Code of `VERDICTS` by target year, for the years that this variant is judged against."""
    probabilities: Mapping[int, float]
    """Probability that the true share meets the target, by year."""
    eligible: int = 0
    """Cases in the universe, with or without an answer; `n` are those that answered."""
    dont_know: int = 0
    refused: int = 0
    missing: int = 0
    item_response: float | None = None
    """Weighted share of eligible cases that gave an answer, in percent."""
    all_no: float | None = None
    all_yes: float | None = None
    """The estimate if everyone without an answer had said no, or yes: the sensitivity bound."""
    numerator_count: int | None = None
    """Unweighted cases that count, for censuses and small numbers."""

    @property
    def shown(self) -> bool:
        """Tell whether the figure may be printed."""
        return self.flag != "suppress" and self.estimate is not None


@dataclass(frozen=True, slots=True)
class Target:
    """What the plan demands in one year, with the indicator's wording of that year."""

    year: int
    name: Wording
    operator: str
    """`>=` or `>`."""
    value: float
    phrase: Wording
    variant: str
    """The variant that is judged against this target."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to measure an indicator, with the rule as it was applied in this run."""

    code: str
    label: Wording
    rule: Wording
    unit: str
    """Whose weight it carries: household, member, respondent, enterprise, institution or seller."""
    is_main: bool
    figure: Figure | None
    """The figure for the whole territory."""
    breakdowns: Mapping[str, tuple[Figure, ...]]
    """Figures by dimension code, each in its order of presentation; without `province`."""


@dataclass(frozen=True, slots=True)
class Official:
    """A figure published by an agency, shown beside the survey's estimate."""

    category: str
    value: float
    publisher: str
    published_on: date
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """One of the 17 indicators with everything a run says about it."""

    code: str
    group: Wording
    name: Wording
    """The wording of 2025; each target carries its own year's."""
    population: Wording
    numerator: Wording
    denominator: Wording
    period: Wording
    source: Wording
    definition: str
    """A key of `DEFINITION_STATES`."""
    note: Wording
    experimental: bool
    census: bool
    """Every unit of the population was asked: no sampling error, only non-response."""
    targets: tuple[Target, ...]
    variants: tuple[Variant, ...]
    """The main variant first."""
    official: tuple[Official, ...]

    @property
    def main(self) -> Variant:
        """Return the variant that stands for the indicator."""
        return self.variants[0]

    def variant(self, code: str) -> Variant:
        """Return the variant with a code."""
        return next(v for v in self.variants if v.code == code)

    def target(self, year: int) -> Target:
        """Return what the plan demands in a year."""
        return next(t for t in self.targets if t.year == year)

    def headline(self, year: int) -> Figure | None:
        """Return the figure for the whole territory that is judged against the target of a year."""
        return self.variant(self.target(year).variant).figure

    def verdict(self, year: int) -> str:
        """Return the code of `VERDICTS` for a year, empty when there is no conclusion."""
        figure = self.headline(year)
        return figure.verdicts.get(year, "") if figure else ""


@dataclass(frozen=True, slots=True)
class Response:
    """How one kind of unit responded: counts by AAPOR disposition and the response rates, in percent."""

    kind: str
    """household, respondent, enterprise or institution."""
    frame: int
    sampled: int
    completed: int
    partial: int
    refused: int
    not_contacted: int
    other: int
    ineligible: int
    unknown: int
    rates: Mapping[str, float]
    """`RR1` to `RR6` of AAPOR."""
    states: Mapping[str, int]
    """Records by state of review; only approved ones entered the estimates."""


@dataclass(frozen=True, slots=True)
class WeightStep:
    """One step of weighting: what the weights looked like afterwards."""

    kind: str
    step: str
    """stage1, base, eligibility, nonresponse, respondent, trimming or calibration."""
    n: int
    total: float
    least: float
    median: float
    greatest: float
    design_effect: float
    """Kish's 1 + cv² of the weights."""
    cv: float = 0.0
    n_effective: float = 0.0
    """Kish's effective sample size."""
    method: str = ""
    """How the step was made, where the round has a choice: classes, propensity, raking, linear …"""
    cut: int = 0
    """Weights that trimming cut."""
    before: Mapping[str, float] = field(default_factory=dict)
    """n, total, least, greatest, cv and n_effective before the step; empty for the first one."""


@dataclass(frozen=True, slots=True)
class MarginTotal:
    """One control total: what was wanted, and the weights before and after calibration."""

    margin: str
    category: str
    label: Wording
    target: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the weights of one table met its control totals; factors are those of the rows that answered."""

    kind: str
    method: str
    iterations: int
    least_factor: float
    greatest_factor: float
    negative: int
    margins: tuple[MarginTotal, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """What a reader must know about a run before believing it."""

    responses: tuple[Response, ...]
    weights: tuple[WeightStep, ...]
    calibrated: bool
    notes: tuple[Wording, ...]
    excluded: Mapping[str, int]
    """Records left out of the snapshot, by state."""
    calibrations: tuple[Calibration, ...] = ()
    models: tuple[Mapping[str, Any], ...] = ()
    """How each small-area model came out: areas, covariates, variance between areas, design effect, benchmark."""
    verified: Mapping[str, int] = field(default_factory=dict)
    """Approved records of institutions: total, verified and changed by the office; whether only verified ones count."""

    def response(self, kind: str) -> Response | None:
        """Return the response of one kind of unit."""
        return next((r for r in self.responses if r.kind == kind), None)


@dataclass(frozen=True, slots=True)
class RunHead:
    """What identifies a run."""

    id: int
    round_id: int
    round_code: str
    round_title: str
    reference_date: date
    starts_on: date
    ends_on: date
    is_synthetic: bool
    legal_basis: str
    state: str
    """draft, released or withdrawn."""
    digest: str
    snapshot_digest: str
    code_version: str
    seed: int
    created_at: datetime
    released_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunResults:
    """A run with its 17 indicators and its quality."""

    head: RunHead
    indicators: tuple[Indicator, ...]
    quality: Quality

    def indicator(self, code: str) -> Indicator:
        """Return the indicator with a code such as `XH1`."""
        return next(i for i in self.indicators if i.code == code)


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """An indicator's main figure in one released round."""

    run_id: int
    round_code: str
    reference_date: date
    is_synthetic: bool
    figure: Figure
