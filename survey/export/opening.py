"""Makes the microdata archive of a run from its snapshot: the same tables, weights and rules as the run itself."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.export.bundle import bundle
from survey.export.microdata import files
from survey.model import ControlTotal, EstimateRun, Snapshot
from survey.pipeline import columns
from survey.pipeline.analysis import analyse
from survey.pipeline.measures import measures
from survey.query import runs


def microdata(session: Session, run_id: int, folder: Path, *, key: str, k: int = 5) -> bytes:
    """Return the archive of a run whose snapshot lies under `folder`; Problems "no-run", "bad-file", "small-cells"."""
    run = session.get(EstimateRun, run_id)
    if run is None:
        raise Problem("no-run", run=run_id)
    snapshot = session.get_one(Snapshot, run.snapshot_id)
    analysed = analyse(columns.load(folder / snapshot.digest, snapshot.manifest), _totals(session, run.round_id))
    chosen = measures(run.parameters["settings"].get("measures"))
    return bundle(files(analysed, chosen, key=key, k=k), runs.run_results(session, run_id))


def _totals(session: Session, round_id: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return the control totals of a round by table, dimension and category."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    query = select(ControlTotal).where(ControlTotal.round_id == round_id).order_by(ControlTotal.id)
    for total in session.scalars(query):
        found.setdefault(total.unit_kind, {}).setdefault(total.margin, {})[total.category] = total.value
    return found
