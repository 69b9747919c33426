"""Makes the microdata archive of a run from its snapshot: the same tables, weights and rules as the run itself."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.export.bundle import bundle
from survey.export.microdata import files
from survey.model import EstimateRun, Snapshot
from survey.pipeline import columns
from survey.pipeline.analysis import analyse
from survey.pipeline.measures import measures
from survey.pipeline.weight_plan import plans
from survey.query import runs


def microdata(session: Session, run_id: int, folder: Path, *, key: str, k: int = 5) -> bytes:
    """Return the archive of a run whose snapshot lies under `folder`; Problems "no-run", "bad-file", "small-cells"."""
    run = session.get(EstimateRun, run_id)
    if run is None:
        raise Problem("no-run", run=run_id)
    snapshot = session.get_one(Snapshot, run.snapshot_id)
    tables, used = columns.load(folder / snapshot.digest, snapshot.manifest), run.parameters["settings"]
    analysed = analyse(tables, run.parameters.get("control_totals"), plans(used.get("weights")))
    chosen = measures(used.get("measures"))
    return bundle(files(analysed, chosen, key=key, k=k), runs.run_results(session, run_id))
