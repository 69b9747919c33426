"""Figures of a measure in every domain: estimate, precision, quality, verdict, and what was not answered.

Shares leave this module in percent. A verdict is given only for the whole territory, only by the variant by which the
plan's target is judged, and never from an experimental or suppressed figure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.estimation.design import Design
from survey.estimation.interval import interval
from survey.estimation.quality import Action, Rule, quality
from survey.estimation.result import Estimate, estimate
from survey.estimation.verdict import probability_met, verdict
from survey.pipeline.analysis import Analysis
from survey.pipeline.composed import composed
from survey.pipeline.measures import Measure, Values, values
from survey.reference.plan import Target

WHOLE = "province"
LOW_ITEM_RESPONSE = 0.90
DOMINANT_SHARE = 0.80
SMALL_CENSUS = 30
FEW_DEGREES = 8
SELF_REPORTING = ("enterprise", "institution")
_ALWAYS = ("district", "unit", "urban_old", "urban_new", "sex", "age", "size", "sector", "level")
_INSTITUTION_RULE = Rule(min_n=3, min_units=3, min_df=1, wide=1.01, relative_wide=99.0)
_SECTOR_RULE = Rule(min_n=10)
_ENTERPRISE_RULE = Rule()


@dataclass(frozen=True, slots=True)
class Row:
    """One figure as it is stored: the columns of an estimate row by name."""

    content: Mapping[str, Any]


def rows(measure: Measure, table: Analysis, targets: tuple[Target, ...]) -> Iterator[Row]:
    """Yield the figure for the whole territory, then those of every dimension that the table has."""
    found = values(measure, table)
    yield _row(measure, table, found, WHOLE, "", _whole(measure, table, found), targets)
    for dimension in measure.dimensions or _ALWAYS:
        if dimension in table.dimensions:
            column = table.dimensions[dimension]
            for figure in _estimates(measure, table, found, by={dimension: column}):
                yield _row(measure, table, found, dimension, str(figure.domain[dimension]), figure, ())


def _whole(measure: Measure, table: Analysis, found: Values) -> Estimate:
    pooled = _estimates(measure, table, found)[0]
    if not measure.shares:
        return pooled
    return composed(pooled, answering_design(table, found), found, table.dimensions["sector"], measure.shares)


def _estimates(
    measure: Measure, table: Analysis, found: Values, by: Mapping[str, NDArray[Any]] | None = None
) -> list[Estimate]:
    design = answering_design(table, found)
    return estimate(design, measure.kind, found.y, found.x, domain=found.eligible, by=by, ci="logit")


def answering_design(table: Analysis, found: Values) -> Design:
    """Return the table's design; where units report themselves, with fractions of those who answered this question.

    Who left the question out adds uncertainty just as who left the whole questionnaire out: f = answered / eligible.
    """
    if table.unit not in SELF_REPORTING or not (found.eligible & ~found.answered).any():
        return table.design
    first = table.design.stages[0]
    stratum, count = first.stratum[first.unit], first.n_strata
    answered = np.bincount(stratum[found.answered], minlength=count)
    eligible = np.bincount(stratum, weights=table.design.weight * found.eligible, minlength=count)
    fraction = np.minimum(1.0, np.divide(answered, eligible, out=np.ones(count), where=eligible > 0))
    return replace(table.design, stages=(replace(first, fraction=fraction[first.stratum]),))


def _steadied(figure: Estimate) -> Estimate:
    """Return a share from very few areas with at least the error of a simple random sample of its size.

    With so few degrees of freedom the error itself is a matter of luck, and the lucky figures would be the published.
    """
    p = figure.estimate
    if figure.kind != "proportion" or figure.df >= FEW_DEGREES or not 0.0 < p < 1.0 or figure.n < 2:
        return figure
    least = math.sqrt(p * (1 - p) / (figure.n - 1))
    if figure.se >= least:
        return figure
    low, high = interval("logit", p, least**2, figure.df, figure.n_domain)
    return replace(figure, se=least, ci_low=low, ci_high=high, deff_replace=1.0, n_effective=float(figure.n))


def _open_answers(figure: Estimate, yes: int) -> Estimate:
    """Return a small census with the range that its missing answers leave open, which needs no model of response."""
    missing = figure.weight_sum - figure.n
    if figure.n >= SMALL_CENSUS or missing <= 1e-9 or not math.isfinite(figure.estimate):
        return figure
    size = round(figure.weight_sum, 6)
    low, high = yes / size, min(1.0, (yes + size - figure.n) / size)
    return replace(figure, ci_low=low, ci_high=high, ci_method="open-answers")


def _row(
    measure: Measure,
    table: Analysis,
    found: Values,
    dimension: str,
    category: str,
    figure: Estimate,
    targets: tuple[Target, ...],
) -> Row:
    inside = found.eligible if dimension == WHOLE else found.eligible & (table.dimensions[dimension] == category)
    answers = _answers(measure, table, found, inside)
    if table.unit not in SELF_REPORTING:
        figure = _steadied(figure)
    elif measure.table == "institution" and dimension in (WHOLE, "level"):
        figure = _open_answers(figure, answers.get("numerator_count", 0))
    flag, reasons = _quality(measure, table, found, inside, figure, answers, dimension)
    judged = targets if flag != Action.SUPPRESS.value else ()
    return Row(
        {
            "indicator": measure.indicator,
            "variant": measure.variant,
            "dimension": dimension,
            "category": category,
            **_numbers(figure, census=measure.table == "institution"),
            "flag": flag,
            "reasons": list(reasons),
            **_judgement(figure, judged),
            "details": answers | {"judged": [target.year for target in targets]},
        }
    )


def _numbers(figure: Estimate, *, census: bool) -> dict[str, Any]:
    """Return the stored numbers: shares in percent, None for what is not defined; a census has no design effect."""
    return {
        "estimate": _finite(100 * figure.estimate),
        "se": _finite(100 * figure.se),
        "ci_low": _finite(100 * figure.ci_low),
        "ci_high": _finite(100 * figure.ci_high),
        "ci_method": figure.ci_method,
        "deff": None if census else _finite(figure.deff_replace),
        "df": float(figure.df),
        "n": figure.n,
        "n_psu": figure.n_psu,
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _answers(measure: Measure, table: Analysis, found: Values, inside: NDArray[np.bool_]) -> dict[str, Any]:
    """Return who was concerned and who answered, and the estimates if all the others had said no, or yes."""
    answered, weight = found.answered & inside, table.design.weight
    eligible, known = float(weight[inside].sum()), float(weight[answered].sum())
    result: dict[str, Any] = {
        "eligible": int(inside.sum()),
        "dont_know": int((found.dont_know & inside).sum()),
        "refused": int((found.refused & inside).sum()),
        "missing": int((inside & ~answered & ~found.dont_know & ~found.refused).sum()),
        "item_response": _finite(100 * known / eligible) if eligible else None,
    }
    if measure.rule is not None and eligible:
        yes = float((weight * np.nan_to_num(found.y))[answered].sum())
        result |= {
            "all_no": 100 * yes / eligible,
            "all_yes": 100 * (yes + eligible - known) / eligible,
            "numerator_count": int(np.nan_to_num(found.y)[answered].sum()),
        }
    return result


def _quality(
    measure: Measure,
    table: Analysis,
    found: Values,
    inside: NDArray[np.bool_],
    figure: Estimate,
    answers: Mapping[str, Any],
    dimension: str,
) -> tuple[str, tuple[str, ...]]:
    verdict_ = quality(figure, _rule_for(measure, dimension))
    flag, reasons = verdict_.action.value, list(verdict_.reasons)
    if _dominated(measure, table, found, inside):
        flag, reasons = Action.SUPPRESS.value, [*reasons, "dominant-unit"]
    response = answers["item_response"]
    if response is not None and response < 100 * LOW_ITEM_RESPONSE:
        flag = Action.FLAG.value if flag == Action.PUBLISH.value else flag
        reasons.append("low-item-response")
    return flag, tuple(reasons)


def _rule_for(measure: Measure, dimension: str) -> Rule:
    if measure.table == "institution" and dimension in (WHOLE, "level"):
        return _INSTITUTION_RULE
    return _SECTOR_RULE if dimension == "sector" else _ENTERPRISE_RULE


def _dominated(measure: Measure, table: Analysis, found: Values, inside: NDArray[np.bool_]) -> bool:
    """Tell whether one unit makes up more than 80 % of a ratio's denominator, which would show its own figure."""
    if found.x is None:
        return False
    part = np.abs(np.nan_to_num(table.design.weight * found.x))[inside & found.answered]
    return bool(len(part)) and float(part.max()) > DOMINANT_SHARE * float(part.sum())


def _judgement(figure: Estimate, targets: tuple[Target, ...]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for year in (2025, 2030):
        target = next((each for each in targets if each.year == year), None)
        result[f"verdict_{year}"] = _verdict(figure, target) if target else ""
        result[f"probability_{year}"] = _probability(figure, target) if target else None
    return result


def _verdict(figure: Estimate, target: Target) -> str:
    limit = float(target.percent) / 100
    state = verdict(figure, target.operator.value, limit)
    if state is None:
        return ""
    return "none-against" if figure.is_bounded and limit >= 1.0 and figure.estimate > 0.5 else state.value


def _probability(figure: Estimate, target: Target) -> float | None:
    return _finite(probability_met(figure, target.operator.value, float(target.percent) / 100))
