"""Gives areas to enumerators, takes them over and hands them round. What was already sent or recorded stays accepted.

An area has one holder at a time; earlier holders keep their ended assignment. Refuses areas beyond the actor's reach.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Account, Assignment, FrameUnit, SampleUnit
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import audit
from survey.reference.units import old_commune


def assign(session: Session, actor: Actor, sample_unit_ids: Iterable[int], *, account_id: int) -> list[Assignment]:
    """Give sampled areas to an enumerator; an area that someone else holds is taken over from today."""
    if session.get(Account, account_id) is None:
        raise Problem("not-found")
    wanted = sorted(set(sample_unit_ids))
    rounds = _rounds(session, actor, wanted)
    held: dict[int, Assignment] = {}
    for assignment in session.scalars(select(Assignment).where(Assignment.sample_unit_id.in_(wanted))):
        if assignment.account_id == account_id:
            assignment.ended_at = None
            held[assignment.sample_unit_id] = assignment
        elif assignment.ended_at is None:
            assignment.ended_at = utc_now()
    for unit_id in wanted:
        if unit_id not in held:
            held[unit_id] = Assignment(round_id=rounds[unit_id], sample_unit_id=unit_id, account_id=account_id)
            session.add(held[unit_id])
    session.flush()
    audit.record(session, actor, "sample.assign", "account", account_id, units=wanted)
    return [held[unit_id] for unit_id in wanted]


def release(session: Session, actor: Actor, sample_unit_ids: Iterable[int]) -> int:
    """End the assignments of areas from today, so that nobody holds them, and return how many were held."""
    wanted = sorted(set(sample_unit_ids))
    _rounds(session, actor, wanted)
    query = select(Assignment).where(Assignment.sample_unit_id.in_(wanted), Assignment.ended_at.is_(None))
    ended = defaultdict(list)
    for assignment in session.scalars(query):
        assignment.ended_at = utc_now()
        ended[assignment.account_id].append(assignment.sample_unit_id)
    session.flush()
    for account_id, units in sorted(ended.items()):
        audit.record(session, actor, "sample.release", "account", account_id, units=sorted(units))
    return sum(map(len, ended.values()))


def assign_each(session: Session, actor: Actor, wanted: Mapping[int, int | None]) -> int:
    """Give each area to the person named for it, or to nobody, and return how many areas were named."""
    by_person: dict[int, list[int]] = defaultdict(list)
    for unit_id, account_id in wanted.items():
        if account_id is not None:
            by_person[account_id].append(unit_id)
    for account_id, units in sorted(by_person.items()):
        assign(session, actor, units, account_id=account_id)
    if nobody := [unit_id for unit_id, account_id in wanted.items() if account_id is None]:
        release(session, actor, nobody)
    return len(wanted)


def _rounds(session: Session, actor: Actor, wanted: Sequence[int]) -> dict[int, int]:
    """Return the round of each unit; Problem unknown-unit, or forbidden for one beyond the actor's reach."""
    query = (
        select(SampleUnit.id, SampleUnit.round_id, FrameUnit.commune_code)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(SampleUnit.id.in_(wanted))
    )
    found = {}
    for unit_id, round_id, commune in session.execute(query):
        place = commune, old_commune(commune).district_code
        if not actor.may("supervisor", round_id=round_id, place=place):
            raise Problem("forbidden")
        found[unit_id] = round_id
    if missing := [unit_id for unit_id in wanted if unit_id not in found]:
        raise Problem("unknown-unit", code=missing[0])
    return found
