"""Reads of stored estimate runs: lists, one run in full, and an indicator over the released rounds."""

from __future__ import annotations

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import EstimateRow, EstimateRun, OfficialFigure, Round, Snapshot
from survey.query.result_reading import figure_of, head_of, indicators_of, quality_of
from survey.query.results import RunHead, RunResults, TrendPoint
from survey.reference.wording import Wording

_WHOLE = Wording("", "")


def run_results(session: Session, run_id: int) -> RunResults:
    """Return a run with all its figures; Problem "no-run". Four queries, whatever the number of figures."""
    found = session.execute(_runs().where(EstimateRun.id == run_id)).first()
    if found is None:
        raise Problem("no-run", run=run_id)
    run, survey_round, _ = found
    rows = session.scalars(select(EstimateRow).where(EstimateRow.run_id == run_id).order_by(EstimateRow.id))
    official = session.scalars(
        select(OfficialFigure)
        .where(OfficialFigure.round_id == survey_round.id)
        .order_by(OfficialFigure.indicator, OfficialFigure.category)
    )
    return RunResults(_head(found), indicators_of(run, rows, official), quality_of(run.quality))


def runs(session: Session, *, round_id: int | None = None, released_only: bool = False) -> tuple[RunHead, ...]:
    """Return the runs, newest first."""
    query = _runs().order_by(EstimateRun.id.desc())
    if round_id is not None:
        query = query.where(EstimateRun.round_id == round_id)
    if released_only:
        query = query.where(EstimateRun.state == "released")
    return tuple(_head(found) for found in session.execute(query))


def latest_released(session: Session, *, round_code: str | None = None) -> RunHead | None:
    """Return the run that the public sees: the last released one of the latest round, or of the given round."""
    query = _runs().where(EstimateRun.state == "released")
    if round_code is not None:
        query = query.where(Round.code == round_code)
    order = (Round.is_synthetic, Round.reference_date.desc(), EstimateRun.released_at.desc(), EstimateRun.id.desc())
    found = session.execute(query.order_by(*order).limit(1)).first()
    return _head(found) if found else None


def trend(session: Session, indicator: str, variant: str) -> tuple[TrendPoint, ...]:
    """Return a variant's figure for the whole territory in each round with a released run, oldest first."""
    query = (
        select(EstimateRow, EstimateRun, Round)
        .join(EstimateRun, EstimateRow.run_id == EstimateRun.id)
        .join(Round, EstimateRun.round_id == Round.id)
        .where(EstimateRun.state == "released", EstimateRow.dimension == "province")
        .where(EstimateRow.indicator == indicator, EstimateRow.variant == variant)
        .order_by(Round.reference_date, EstimateRun.released_at, EstimateRun.id)
    )
    latest: dict[int, TrendPoint] = {}
    for row, run, survey_round in session.execute(query):
        latest[survey_round.id] = TrendPoint(
            run.id, survey_round.code, survey_round.reference_date, survey_round.is_synthetic, figure_of(row, _WHOLE)
        )
    return tuple(latest.values())


def _runs() -> Select[EstimateRun, Round, Snapshot]:
    return (
        select(EstimateRun, Round, Snapshot)
        .join(Round, EstimateRun.round_id == Round.id)
        .join(Snapshot, EstimateRun.snapshot_id == Snapshot.id)
    )


def _head(found: Row[EstimateRun, Round, Snapshot]) -> RunHead:
    return head_of(*found)
