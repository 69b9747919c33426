"""Tables of model-based figures of small areas: apart from the direct ones, every number behind its sign.

Only areas whose direct figure cannot stand on its own are shown; places without any such figure have no row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from survey.query.model_figures import NOTE, ModelFigure
from survey.query.results import Indicator, RunResults
from survey.reference import units
from survey.report.language import NO_VALUE, Language
from survey.report.naming import judged_variant
from survey.report.tables import Cell, Column, Row, Table
from survey.text import N_

SIGN = "≈"
"""Stands before every model-based number."""
DIMENSION = "unit"
_YEAR = 2025


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One area on the page of an indicator."""

    label: str
    estimate: str
    interval: str
    own_share: str
    """Weight of the area's own answers in percent; the rest comes from the regression."""
    n: str


def lines(figures: Sequence[ModelFigure], language: Language) -> tuple[ModelLine, ...]:
    """Return the figures of one indicator that may be printed, as lines."""
    return tuple(
        ModelLine(
            language.wording(figure.label),
            _estimate(figure, language),
            _interval(figure, language),
            f"{language.number(100 * figure.gamma)}%",
            language.number(figure.n),
        )
        for figure in figures
        if figure.shown
    )


def of_indicator(indicator: Indicator, figures: Sequence[ModelFigure]) -> tuple[ModelFigure, ...]:
    """Return the figures of the variant that is held against the target, of present units."""
    wanted = (indicator.code, judged_variant(indicator, _YEAR).code, DIMENSION)
    return tuple(each for each in figures if (each.indicator, each.variant, each.dimension) == wanted)


def table(results: RunResults, figures: Sequence[ModelFigure], language: Language) -> Table | None:
    """Return present units down the page and indicators across; None where a run has no such figure to print."""
    cells: dict[str, dict[str, Cell]] = {}
    for indicator in results.indicators:
        for figure in of_indicator(indicator, figures):
            if figure.shown:
                bounds = _interval(figure, language).replace("%", "")
                cells.setdefault(figure.category, {})[indicator.code] = Cell(_estimate(figure, language), bounds)
    if not cells:
        return None
    chosen = [each.code for each in results.indicators if any(each.code in row for row in cells.values())]
    place = Column("domain", language.text(N_("Place")), numeric=False)
    rows = tuple(
        Row(Cell(unit.name), tuple(cells[unit.code].get(code, Cell(NO_VALUE)) for code in chosen))
        for unit in units.in_name_order(units.present_units())
        if unit.code in cells
    )
    return Table(
        language.text(N_("Model-based estimates by present unit")),
        (place, *(Column(code, code) for code in chosen)),
        rows,
        (language.text(NOTE),),
    )


def _estimate(figure: ModelFigure, language: Language) -> str:
    return f"{SIGN}\u00a0{language.bare(figure.estimate)}{'*' if figure.flag == 'flag' else ''}"


def _interval(figure: ModelFigure, language: Language) -> str:
    return f"{language.bare(figure.ci_low)}–{language.percent(figure.ci_high)}"
