"""Releases estimate runs to the public and withdraws them. What was released never changes and stays on record."""

from __future__ import annotations

from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import EstimateRun
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import audit


def release(session: Session, actor: Actor, run_id: int) -> EstimateRun:
    """Make a run public; only a statistician may, and only a draft can be released."""
    run = _run(session, actor, run_id)
    if run.state != "draft":
        raise Problem("not-releasable", run=run_id, state=run.state)
    run.state, run.released_at, run.released_by = "released", utc_now(), actor.account_id
    audit.record(session, actor, "estimate.release", "estimate_run", run_id, digest=run.digest)
    return run


def withdraw(session: Session, actor: Actor, run_id: int, *, reason: str) -> EstimateRun:
    """Take a released run back from the public, with the reason in the audit log."""
    run = _run(session, actor, run_id)
    if run.state != "released":
        raise Problem("not-withdrawable", run=run_id, state=run.state)
    if not reason.strip():
        raise Problem("remark-needed")
    run.state = "withdrawn"
    audit.record(session, actor, "estimate.withdraw", "estimate_run", run_id, reason=reason)
    return run


def _run(session: Session, actor: Actor, run_id: int) -> EstimateRun:
    run = session.get(EstimateRun, run_id, with_for_update=True)
    if run is None:
        raise Problem("no-run", run=run_id)
    if not actor.may("statistician", round_id=run.round_id):
        raise Problem("forbidden")
    return run
