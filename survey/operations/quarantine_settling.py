"""Settles a held record by hand: says which sampled unit it is about, before it is given to the one door again."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import FrameUnit, Quarantine, SampleUnit
from survey.model.actor import Actor
from survey.operations import audit
from survey.text import clean

_ROLES = ("supervisor", "statistician")


def place(session: Session, actor: Actor, quarantine_id: int, *, round_id: int, unit_code: str) -> Quarantine:
    """Attach a held record to the sampled unit with a code in a round.

    Raises not-found for a record that does not wait, forbidden, and unknown-unit.
    """
    held = session.get(Quarantine, quarantine_id, with_for_update=True)
    if held is None or held.state != "waiting":
        raise Problem("not-found")
    if not actor.may(*_ROLES, round_id=round_id):
        raise Problem("forbidden")
    code = clean(unit_code)
    query = (
        select(SampleUnit.id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(SampleUnit.round_id == round_id, FrameUnit.code == code, SampleUnit.kind != "area")
    )
    unit = session.scalar(query)
    if unit is None:
        raise Problem("unknown-unit", code=code or "–")
    before = [held.round_id, held.sample_unit_id]
    held.round_id, held.sample_unit_id = round_id, unit
    session.flush()
    audit.record(session, actor, "quarantine.place", "quarantine", held.id, before=before, after=[round_id, unit])
    return held
