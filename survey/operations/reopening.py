"""Answering after the deadline: a unit asks with a reason, the office grants a day or refuses with a reason.

A grant reaches one unit. Refuses a second request while one waits, and grants in a round that takes nothing in.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import FrameUnit, Reopening, Round, SampleUnit
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import audit
from survey.query import drafts as reads
from survey.query.scope import reach
from survey.questionnaire.value import ZONE
from survey.text import clean

DECIDERS = ("statistician", "supervisor")
LONGEST = 2000
_SHORTEST = 10


def ask(session: Session, actor: Actor, *, reason: str, now: datetime | None = None) -> Reopening:
    """Ask the office to let the unit that is inside answer after the deadline.

    Raises remark-needed without a real reason, request-needless before the deadline, request-waiting and
    not-reopenable for a record that was accepted or set aside.
    """
    moment, said = now or utc_now(), clean(reason)[:LONGEST]
    unit = reads.unit_view(session, actor.sample_unit_id or 0) if actor.kind == "invitation" else None
    if unit is None or unit.round.state in {"draft", "archived"}:
        raise Problem("forbidden")
    if len(said) < _SHORTEST:
        raise Problem("remark-needed")
    if not reads.is_late(session, unit, moment):
        raise Problem("request-needless")
    submission = reads.newest_submission(session, unit.sample_unit_id)
    if submission is not None and submission.state not in {"received", "returned"}:
        raise Problem("not-reopenable")
    waiting = select(Reopening.id).where(Reopening.sample_unit_id == unit.sample_unit_id, Reopening.state == "waiting")
    if session.scalar(waiting) is not None:
        raise Problem("request-waiting")
    row = Reopening(round_id=unit.round.id, sample_unit_id=unit.sample_unit_id, reason=said)
    session.add(row)
    session.flush()
    audit.record(session, actor, "reopening.ask", "sample_unit", unit.sample_unit_id, request=row.id)
    return row


def grant(
    session: Session, actor: Actor, request_id: int, *, until: date, remark: str = "", now: datetime | None = None
) -> Reopening:
    """Let the unit of a request answer until the end of a day in Vietnam; raises bad-value for a day that is over."""
    moment = now or utc_now()
    row, round_ = _waiting(session, actor, request_id)
    if round_.state != "open":
        raise Problem("round-closed", round=round_.title)
    if until < moment.astimezone(ZONE).date():
        raise Problem("bad-value", name="until", value=until, expected="≥ today")
    row.until = until
    return _decided(session, actor, row, "approved", remark, moment)


def refuse(session: Session, actor: Actor, request_id: int, *, remark: str, now: datetime | None = None) -> Reopening:
    """Refuse a request with the reason that the unit is shown; raises remark-needed."""
    row, _round = _waiting(session, actor, request_id)
    if not clean(remark):
        raise Problem("remark-needed")
    return _decided(session, actor, row, "refused", remark, now or utc_now())


def _waiting(session: Session, actor: Actor, request_id: int) -> tuple[Reopening, Round]:
    """Return a request that waits, for somebody of the office who reaches its unit."""
    row = session.get(Reopening, request_id, with_for_update=True)
    if row is None:
        raise Problem("not-found")
    query = select(FrameUnit.commune_code).join(SampleUnit, SampleUnit.frame_unit_id == FrameUnit.id)
    commune = session.scalar(query.where(SampleUnit.id == row.sample_unit_id))
    reached = reach(actor, row.round_id, *DECIDERS)
    if reached is not None and commune not in reached:
        raise Problem("forbidden")
    if row.state != "waiting":
        raise Problem("request-decided")
    return row, session.get_one(Round, row.round_id)


def _decided(session: Session, actor: Actor, row: Reopening, state: str, remark: str, moment: datetime) -> Reopening:
    row.state, row.remark = state, clean(remark)[:LONGEST]
    row.decided_at, row.decided_by = moment, actor.account_id
    session.flush()
    until = row.until.isoformat() if row.until else ""
    audit.record(session, actor, f"reopening.{state}", "sample_unit", row.sample_unit_id, request=row.id, until=until)
    return row
