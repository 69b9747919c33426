"""Brings a run and the round before it together for the report and the pages. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey.query import runs
from survey.query.model_figures import ModelFigure, model_figures
from survey.query.results import Figure, RunHead, RunResults
from survey.report import modelled


@dataclass(frozen=True, slots=True)
class Loaded:
    """A run's results, each indicator's main figure in the last released round before it, its model-based figures.

    These are of present units whose direct figure cannot stand on its own.
    """

    results: RunResults
    previous: dict[str, Figure]
    modelled: tuple[ModelFigure, ...] = ()


def load(session: Session, run_id: int) -> Loaded:
    """Return a run with the figures before it; Problem "no-run"."""
    results = runs.run_results(session, run_id)
    found = {}
    for indicator in results.indicators:
        figure = _before(session, results.head, indicator.code, indicator.main.code)
        if figure is not None:
            found[indicator.code] = figure
    return Loaded(results, found, model_figures(session, run_id, dimension=modelled.DIMENSION))


def _before(session: Session, head: RunHead, indicator: str, variant: str) -> Figure | None:
    """Return the figure of the last earlier round; synthetic rounds are compared with synthetic ones only."""
    points = runs.trend(session, indicator, variant)
    earlier = [
        point
        for point in points
        if point.reference_date < head.reference_date and point.is_synthetic == head.is_synthetic and point.figure.shown
    ]
    return earlier[-1].figure if earlier else None
