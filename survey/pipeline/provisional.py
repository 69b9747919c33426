"""Provisional figures while a round is in collection: every indicator for the whole territory, from approved records.

The same weights and variances as a run, but no snapshot is kept, nothing can be released, and each calculation
replaces the one before it. Reads while others write; only the result is written, in a transaction of a moment.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import ProvisionalEstimate, Round
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import audit
from survey.pipeline import columns, figures, run, snapshot
from survey.pipeline.analysis import Tables, analyse
from survey.pipeline.measures import Measure, measures
from survey.pipeline.weight_plan import plans
from survey.reference.plan import indicators

PATIENCE = timedelta(minutes=15)
"""After this a calculation that never said how it ended counts as failed, and another may start."""
_KEPT = ("indicator", "variant", "estimate", "ci_low", "ci_high", "n", "flag")


@dataclass(frozen=True, slots=True)
class Provisional:
    """What a calculation found: one figure for each indicator that the approved records allow."""

    made_at: datetime
    approved: int
    calibrated: bool
    figures: tuple[Mapping[str, Any], ...]


def begin(session: Session, actor: Actor, round_id: int) -> ProvisionalEstimate:
    """Note that a calculation starts now; the figures before it stay until it ends.

    Raises forbidden for who is no statistician of the round, and estimates-running while another one goes on.
    """
    if not actor.may("statistician", round_id=round_id):
        raise Problem("forbidden")
    row = _row(session, round_id)
    if row is None:
        row = ProvisionalEstimate(round_id=round_id)
        session.add(row)
    elif row.state == "running" and utc_now() - row.started_at < PATIENCE:
        raise Problem("estimates-running")
    row.state, row.started_at, row.account_id = "running", utc_now(), actor.account_id
    session.flush()
    audit.record(session, actor, "estimate.provisional", "round", round_id)
    return row


def calculate(session: Session, round_id: int) -> Provisional:
    """Return a round's figures from the records approved now; empty-snapshot without any, unknown-round, bad-value."""
    survey_round = session.get(Round, round_id)
    if survey_round is None:
        raise Problem("unknown-round", round=round_id)
    moment = utc_now()
    settings = survey_round.settings
    chosen = measures(settings.get("measures"), grdp_shares=settings.get("grdp_shares"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "files"
        manifest = snapshot.draft(session, survey_round, folder)
        tables = columns.load(folder, manifest)
    analysed = analyse(tables, run.margins(session, round_id), plans(settings.get("weights")))
    found = tuple(_figures(chosen, analysed))
    return Provisional(moment, sum(manifest["approved"].values()), bool(analysed.calibrated), found)


def store(session: Session, round_id: int, found: Provisional) -> None:
    """Put new figures in the place of the old ones."""
    row = _row(session, round_id) or ProvisionalEstimate(round_id=round_id)
    session.add(row)
    row.state, row.made_at, row.approved = "done", found.made_at, found.approved
    row.calibrated, row.figures = found.calibrated, [dict(each) for each in found.figures]


def fail(session: Session, round_id: int, *, empty: bool = False) -> None:
    """Note that a calculation broke off, or that there was nothing approved to calculate from."""
    row = _row(session, round_id)
    if row is not None:
        row.state = "empty" if empty else "failed"


def _figures(chosen: tuple[Measure, ...], analysed: Tables) -> Iterator[Mapping[str, Any]]:
    """Yield the figure for the whole territory of each indicator's first variant, in the order of the plan."""
    by_key = {(measure.indicator, measure.variant): measure for measure in chosen}
    for indicator in indicators():
        measure = by_key.get((indicator.id, indicator.survey_headline(2025).id))
        table = analysed.analyses.get(measure.table) if measure else None
        if measure is not None and table is not None:
            whole = next(figures.rows(measure, table, ())).content
            yield {name: whole[name] for name in _KEPT}


def _row(session: Session, round_id: int) -> ProvisionalEstimate | None:
    return session.scalar(select(ProvisionalEstimate).where(ProvisionalEstimate.round_id == round_id).with_for_update())
