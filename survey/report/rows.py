"""Turns results into the rows of charts: which figure stands where, sorted as a reader would look for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from survey.query.results import Figure, Indicator, RunResults
from survey.report.charts import Panel, Row
from survey.report.language import Language
from survey.report.marks import state_of
from survey.report.naming import judged_variant, short_name
from survey.report.sentences import interval
from survey.text import N_


def overview(results: RunResults, before: Mapping[str, Figure], language: Language) -> list[Row]:
    """Return a row for each indicator against its 2025 target, under a heading for each part of the plan."""
    rows: list[Row] = []
    group = ""
    for indicator in results.indicators:
        if (name := language.wording(indicator.group)) != group:
            group = name
            rows.append(Row(name, heading=True))
        label = f"{indicator.code}  {short_name(indicator, language)}"
        figure = judged_variant(indicator, 2025).figure
        row = figure_row(indicator, figure, label, 2025, language, before=before.get(indicator.code))
        rows.append(row)
    return rows


def breakdown(indicator: Indicator, figures: Sequence[Figure], language: Language, *, year: int = 2025) -> list[Row]:
    """Return a row for each domain of a breakdown, in the order of the figures."""
    return [figure_row(indicator, f, language.wording(f.label), year, language) for f in figures]


def domains(results: RunResults, dimension: str, language: Language, *, year: int = 2025) -> dict[str, str]:
    """Return the labels of every domain of a dimension by code, in the order of the fullest breakdown."""
    breakdowns = [judged_variant(i, year).breakdowns.get(dimension, ()) for i in results.indicators]
    ordered = sorted(breakdowns, key=len, reverse=True)
    return {f.category: language.wording(f.label) for figures in ordered for f in figures}


def panels(results: RunResults, dimension: str, language: Language, *, year: int = 2025) -> list[Panel]:
    """Return a small chart of each indicator with figures in a dimension; all have the same rows.

    Experimental indicators are left out.
    """
    found = []
    places = domains(results, dimension, language, year=year)
    for indicator in results.indicators:
        figures = judged_variant(indicator, year).breakdowns.get(dimension, ())
        if figures and not indicator.experimental:
            title = f"{indicator.code} {short_name(indicator, language)}"
            by_place = {figure.category: figure for figure in figures}
            lines = (figure_row(indicator, by_place.get(code), label, year, language) for code, label in places.items())
            found.append(Panel(title, tuple(lines)))
    return found


def figure_row(
    indicator: Indicator,
    figure: Figure | None,
    label: str,
    year: int,
    language: Language,
    *,
    before: Figure | None = None,
) -> Row:
    """Return the row of one figure; targets are left out where the figure must not be held against them."""
    target = None if indicator.experimental else indicator.target(year).value
    later = _later(indicator, year)
    if figure is None or not figure.shown:
        words = language.text(N_("not published")) if figure is not None else "–"
        return Row(label, "none", target=target, later=later, figures=words)
    return Row(
        label,
        state_of(indicator, figure, year),
        figure.estimate,
        figure.ci_low,
        figure.ci_high,
        target,
        later,
        before.estimate if before is not None and before.shown else None,
        language.percent(figure.estimate, against=target),
        interval(figure, language).replace("%", ""),
    )


def _later(indicator: Indicator, year: int) -> float | None:
    """Return the next target, where the same variant is held against it."""
    if indicator.experimental:
        return None
    variant = judged_variant(indicator, year)
    later = [t for t in indicator.targets if t.year > year and judged_variant(indicator, t.year) is variant]
    return later[0].value if later else None
