"""Puts the next reserve of the same area or stratum in the place of a sampled unit, and takes that back.

Owns the rules: only units without an answer are replaced, only by the reserve whose turn it is, and a substitution ends
only while the substitute has no questionnaire. The substitute has the probabilities of the place that it takes: the
weights then assume that the two would answer alike, and the run states how many places were filled this way.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import FrameUnit, SampleUnit, Submission, Substitution
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import audit

REASONS = ("not-found", "moved", "refused", "away", "unable", "closed")
_COMPLETE = "11"


def substitute(session: Session, actor: Actor, sample_unit_id: int, *, reason: str, note: str = "") -> Substitution:
    """Put the next reserve in the place of a unit of the sample.

    Raises Problem not-substitutable, no-reserve-left, or bad-value for a reason that is none of REASONS.
    """
    if reason not in REASONS:
        raise Problem("bad-value", name="reason", value=reason, expected=" | ".join(REASONS))
    unit = _unit(session, sample_unit_id)
    if unit.role != "main" or _has_answered(session, unit.id):
        raise Problem("not-substitutable", unit=_code(session, unit))
    stand_in = next_reserve(session, unit)
    if stand_in is None:
        raise Problem("no-reserve-left", unit=_code(session, unit))
    unit.role, stand_in.role, stand_in.replaces_id = "replaced", "main", unit.id
    made = Substitution(
        round_id=unit.round_id,
        sample_unit_id=unit.id,
        substitute_id=stand_in.id,
        reason=reason,
        note=note[:500],
        account_id=actor.account_id,
    )
    session.add(made)
    session.flush()
    audit.record(session, actor, "sample.substitute", "sample_unit", unit.id, substitute=stand_in.id, reason=reason)
    return made


def take_back(session: Session, actor: Actor, substitution_id: int) -> None:
    """Give the place back to the unit that was replaced; raises Problem not-found or substitution-used."""
    made = session.get(Substitution, substitution_id)
    if made is None or made.undone_at is not None:
        raise Problem("not-found")
    unit, stand_in = _unit(session, made.sample_unit_id), _unit(session, made.substitute_id)
    if stand_in.role != "main" or _has_record(session, stand_in.id):
        raise Problem("substitution-used", unit=_code(session, unit))
    unit.role, stand_in.role, stand_in.replaces_id = "main", "reserve", None
    made.undone_at, made.undone_by = utc_now(), actor.account_id
    session.flush()
    audit.record(session, actor, "sample.substitute-back", "sample_unit", unit.id, substitute=stand_in.id)


def next_reserve(session: Session, unit: SampleUnit) -> SampleUnit | None:
    """Return the reserve whose turn it is for a unit: of its area for households, of its stratum otherwise."""
    query = select(SampleUnit).where(
        SampleUnit.draw_id == unit.draw_id, SampleUnit.role == "reserve", SampleUnit.reserve_order.is_not(None)
    )
    same = SampleUnit.psu == unit.psu if unit.kind == "household" else SampleUnit.stratum == unit.stratum
    return session.scalars(query.where(same).order_by(SampleUnit.reserve_order).limit(1).with_for_update()).first()


def _unit(session: Session, sample_unit_id: int) -> SampleUnit:
    """Return a unit of the sample, held until the transaction ends so that two cannot take the same turn."""
    unit = session.get(SampleUnit, sample_unit_id, with_for_update=True)
    if unit is None:
        raise Problem("not-found")
    return unit


def _code(session: Session, unit: SampleUnit) -> str:
    return session.scalar(select(FrameUnit.code).where(FrameUnit.id == unit.frame_unit_id)) or "–"


def _has_answered(session: Session, sample_unit_id: int) -> bool:
    query = select(Submission.id).where(
        Submission.sample_unit_id == sample_unit_id, Submission.outcome == _COMPLETE, Submission.state != "rejected"
    )
    return session.scalar(query.limit(1)) is not None


def _has_record(session: Session, sample_unit_id: int) -> bool:
    query = select(Submission.id).where(Submission.sample_unit_id == sample_unit_id)
    return session.scalar(query.limit(1)) is not None
