"""How the answer about a microdata file is written: a list of objects in JSON, or aligned columns.

Owns the headings, the digits and the words for marks. Computes nothing but verdicts of a target.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from survey.cli.context import translate
from survey.estimation.contrast import Contrast, Joint, linear
from survey.estimation.result import Estimate
from survey.estimation.verdict import probability_met, verdict
from survey.pipeline.file_estimate import Answer, Difference, Model, Tested
from survey.pipeline.file_request import Request
from survey.text import N_, format_decimal

_NUMBERS = ("estimate", "se", "ci_low", "ci_high", "deff")
_TABLE_ORDER = ("estimate", "se", "ci_low", "ci_high")


def to_json(request: Request, answer: Answer) -> str:
    """Return everything as a JSON list at full precision, null where a number is not defined."""
    records: list[dict[str, Any]] = [_figure_record(request, figure) for figure in answer.figures]
    records += [_difference_record(one) for one in answer.differences]
    records += [record for model in answer.models for record in _model_records(model)]
    records += [_test_record(one) for one in answer.tests]
    return json.dumps(records, ensure_ascii=False, indent=1, default=str)


def _figure_record(request: Request, figure: Estimate) -> dict[str, Any]:
    record = {
        "domain": figure.domain,
        **{name: _finite(getattr(figure, name)) for name in _NUMBERS},
        "df": figure.df,
        "n": figure.n,
        "kind": figure.kind,
        "ci_method": figure.ci_method,
        "level": figure.level,
        "deff_replace": _finite(figure.deff_replace),
        "df_answered": figure.df_answered,
        "n_domain": figure.n_domain,
        "n_psu": figure.n_psu,
        "n_effective": _finite(figure.n_effective),
        "weight_sum": figure.weight_sum,
        "flags": list(figure.flags),
    }
    if request.target is None:
        return record
    reached = verdict(figure, request.operator, request.target)
    chance = probability_met(figure, request.operator, request.target)
    return {
        **record,
        "target": request.target,
        "operator": request.operator,
        "verdict": reached.value if reached else None,
        "probability_met": _finite(chance),
    }


def _difference_record(one: Difference) -> dict[str, Any]:
    return {
        "kind": "difference",
        "domain": one.domain,
        "first": one.first,
        "second": one.second,
        **_contrast_record(one.contrast),
    }


def _contrast_record(found: Contrast) -> dict[str, Any]:
    names = ("estimate", "se", "ci_low", "ci_high", "statistic", "p_value", "df")
    return {name: _finite(getattr(found, name)) for name in names}


def _coefficients(model: Model) -> list[tuple[str, Contrast]]:
    """Return the names of the coefficients with their t statistics, p-values and intervals."""
    fit = model.fit
    joint = Joint(fit.coefficient, fit.covariance, fit.df)
    units = np.eye(len(fit.coefficient))
    return [(name, linear(joint, unit, level=model.level)) for name, unit in zip(fit.names, units, strict=True)]


def _model_records(model: Model) -> list[dict[str, Any]]:
    rows = [
        {"kind": "coefficient", "domain": model.domain, "name": name, **_contrast_record(found)}
        for name, found in _coefficients(model)
    ]
    return [*rows, _test_record(Tested("no-effects", model.domain, model.test))]


def _test_record(one: Tested) -> dict[str, Any]:
    return {
        "kind": "test",
        "hypothesis": one.hypothesis,
        "domain": one.domain,
        "statistic": _finite(one.test.statistic),
        "numerator_df": _finite(one.test.numerator),
        "denominator_df": _finite(one.test.denominator),
        "p_value": _finite(one.test.p_value),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


_MARKS = {
    "no-cases": N_("no cases"),
    "no-degrees-of-freedom": N_("no degrees of freedom"),
    "zero-events": N_("0 % or 100 %"),
    "one-sided-bound": N_("one-sided bound"),
    "census": N_("everyone asked"),
    "zero-denominator": N_("denominator is zero"),
}
_VERDICTS = {
    "met": N_("met"),
    "likely-met": N_("estimate meets it"),
    "likely-not-met": N_("estimate misses it, not certain"),
    "not-met": N_("not met"),
}
_HYPOTHESES = {
    "no-association": N_("no association"),
    "equal-estimates": N_("all groups equal"),
    "no-effects": N_("no effects"),
}


def to_table(request: Request, answer: Answer) -> str:
    """Return everything as aligned columns, one block for each sort of row; proportions in percent."""
    blocks = []
    if answer.figures:
        blocks.append(_figures(request, answer.figures))
    if answer.differences:
        percent = request.kind == "proportion"
        blocks.append(_contrasts(N_("Difference"), [(_pair(d), d.contrast) for d in answer.differences], percent))
    for model in answer.models:
        rows = [(_label(model.domain, name), found) for name, found in _coefficients(model)]
        blocks.append(_contrasts(N_("Coefficient"), rows, percent=False))
        blocks.append(_tests([Tested("no-effects", model.domain, model.test)]))
    if answer.tests:
        blocks.append(_tests(answer.tests))
    return "\n\n".join(blocks)


def _figures(request: Request, figures: Sequence[Estimate]) -> str:
    headings = [N_("Domain"), N_("Estimate"), N_("Standard error"), N_("Low"), N_("High"), N_("Design effect")]
    headings += [N_("Degrees of freedom"), N_("Rows")]
    if request.target is not None:
        headings += [N_("Probability of meeting the target"), N_("Verdict")]
    return _aligned([*headings, N_("Marks")], [_figure_line(request, figure) for figure in figures])


def _figure_line(request: Request, figure: Estimate) -> list[str]:
    percent = figure.kind == "proportion"
    line = [
        _label(figure.domain),
        *(_shown(getattr(figure, name), percent) for name in _TABLE_ORDER),
        _shown(figure.deff),
        str(figure.df),
        str(figure.n),
    ]
    if request.target is not None:
        reached = verdict(figure, request.operator, request.target)
        line.append(_shown(probability_met(figure, request.operator, request.target), percent=True))
        line.append(translate(_VERDICTS[reached.value]) if reached else "–")
    return [*line, ", ".join(translate(_MARKS[flag]) for flag in figure.flags)]


def _contrasts(title: str, rows: Sequence[tuple[str, Contrast]], percent: bool) -> str:
    headings = [title, N_("Estimate"), N_("Standard error"), N_("Low"), N_("High"), N_("t"), N_("p-value")]
    lines = [
        [
            label,
            *(_shown(getattr(found, name), percent) for name in _TABLE_ORDER),
            _shown(found.statistic),
            _probability(found.p_value),
            format_decimal(found.df),
        ]
        for label, found in rows
    ]
    return _aligned([*headings, N_("Degrees of freedom")], lines)


def _tests(tests: Sequence[Tested]) -> str:
    headings = [N_("Hypothesis"), N_("Statistic"), N_("Degrees of freedom"), N_("p-value")]
    lines = []
    for one in tests:
        test = one.test
        freedom = _shown(test.numerator) + (f"; {_shown(test.denominator)}" if math.isfinite(test.denominator) else "")
        name = translate(_HYPOTHESES[one.hypothesis])
        lines.append([_label(one.domain, name), _shown(test.statistic), freedom, _probability(test.p_value)])
    return _aligned(headings, lines)


def _aligned(headings: Sequence[str], lines: Sequence[list[str]]) -> str:
    rows = [[translate(heading) for heading in headings], *lines]
    widths = [max(len(row[i]) for row in rows) for i in range(len(headings))]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        ).rstrip()
        for row in rows
    )


def _label(domain: dict[str, Any], name: str = "") -> str:
    place = ", ".join(f"{column}={value}" for column, value in domain.items())
    return ": ".join(part for part in (place, name) if part) or translate(N_("All rows"))


def _pair(one: Difference) -> str:
    return _label(one.domain, f"{one.first} − {one.second}")


def _probability(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return "< 0,0001" if value < 0.0001 else format_decimal(round(value, 4), 4)


def _shown(value: float, percent: bool = False) -> str:
    if not math.isfinite(value):
        return "–"
    scaled = value * 100 if percent else value
    if not percent and float(scaled).is_integer() and abs(scaled) < 1e6:
        return format_decimal(int(scaled))
    digits = 2 if percent else max(0, 4 - math.floor(math.log10(abs(scaled) or 1)))
    return format_decimal(round(scaled, digits), min(digits, 8)) + (" %" if percent else "")
