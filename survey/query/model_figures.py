"""Reads of model-based figures of small areas, which no other reading returns: whoever asks must show the mark.

They stand in for direct figures that are too weak; those whose direct figure is publishable come only when asked for.
Numbers of suppressed ones are withheld.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.model import ModelEstimate
from survey.reference import units
from survey.reference.wording import Wording
from survey.text import N_

MARK = N_("Model-based")
NOTE = N_(
    "Model-based estimates: the area's own answers and a regression on the sampling frame (Fay–Herriot), adjusted to "
    "the direct figure of the whole territory. They are not direct estimates and must not be mixed with them."
)
DIMENSIONS: Mapping[str, str] = {
    "district": N_("By former district"),
    "unit": N_("By present commune-level unit"),
    "commune": N_("By commune before 1 July 2025"),
}


@dataclass(frozen=True, slots=True)
class ModelFigure:
    """One model-based share in percent with its root mean squared error; None where it is suppressed."""

    indicator: str
    variant: str
    dimension: str
    category: str
    label: Wording
    estimate: float | None
    rmse: float | None
    ci_low: float | None
    ci_high: float | None
    gamma: float
    """Weight of the area's own cases, from 0 to 1; the rest comes from the regression."""
    n: int
    n_psu: int
    flag: str
    reasons: tuple[str, ...]
    direct_flag: str
    """Flag of the direct figure, empty where there is none: no direct figures are made for old communes."""

    @property
    def needed(self) -> bool:
        """Tell whether the direct figure is too weak to stand on its own."""
        return self.direct_flag != "publish"

    @property
    def shown(self) -> bool:
        """Tell whether the figure may be printed."""
        return self.estimate is not None


def model_figures(
    session: Session,
    run_id: int,
    *,
    indicator: str | None = None,
    variant: str | None = None,
    dimension: str | None = None,
    everywhere: bool = False,
) -> tuple[ModelFigure, ...]:
    """Return the model-based figures of a run, by indicator, variant and place; one query.

    Without `everywhere` only those whose direct figure is not publishable.
    """
    query = select(ModelEstimate).where(ModelEstimate.run_id == run_id).order_by(ModelEstimate.id)
    wanted = {"indicator": indicator, "variant": variant, "dimension": dimension}
    query = query.filter_by(**{name: value for name, value in wanted.items() if value is not None})
    labels = _labels()
    found = (_figure(row, labels) for row in session.scalars(query))
    return tuple(figure for figure in found if everywhere or figure.needed)


def _figure(row: ModelEstimate, labels: Mapping[tuple[str, str], str]) -> ModelFigure:
    hidden = row.flag == "suppress"
    name = labels.get((row.dimension, row.category), row.category)
    return ModelFigure(
        indicator=row.indicator,
        variant=row.variant,
        dimension=row.dimension,
        category=row.category,
        label=Wording(name, name),
        estimate=None if hidden else row.estimate,
        rmse=None if hidden else row.rmse,
        ci_low=None if hidden else row.ci_low,
        ci_high=None if hidden else row.ci_high,
        gamma=row.gamma,
        n=row.n,
        n_psu=row.n_psu,
        flag=row.flag,
        reasons=tuple(row.reasons),
        direct_flag=row.direct_flag,
    )


def _labels() -> Mapping[tuple[str, str], str]:
    """Return the names of all areas by dimension and code."""
    return (
        {("district", each.code): each.name for each in units.districts()}
        | {("unit", each.code): each.name for each in units.present_units()}
        | {("commune", each.code): each.name for each in units.old_communes()}
    )
