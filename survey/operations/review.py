"""Review with consequences: only an approved record enters an estimate; a returned one goes back to who sent it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import FrameUnit, ReviewEvent, Revision, SampleUnit, Submission
from survey.model.actor import Actor
from survey.operations import audit
from survey.reference import units

_REVIEWABLE = frozenset({"received", "returned", "approved"})
_NEXT = {"approve": "approved", "return": "returned", "reject": "rejected"}


def approve(session: Session, actor: Actor, submission_id: str, *, expected_revision: int, remark: str = "") -> None:
    """Accept a record's present version into the estimates."""
    _act(session, actor, submission_id, "approve", expected_revision, remark, {})


def return_for_correction(
    session: Session,
    actor: Actor,
    submission_id: str,
    *,
    expected_revision: int,
    remark: str = "",
    remarks: Mapping[str, str] | None = None,
) -> None:
    """Send a record back with remarks at its fields; it stays out of the estimates until it is approved again."""
    if not remark and not remarks:
        raise Problem("remark-needed")
    _act(session, actor, submission_id, "return", expected_revision, remark, dict(remarks or {}))


def reject(session: Session, actor: Actor, submission_id: str, *, expected_revision: int, remark: str = "") -> None:
    """Keep a record out of the estimates for good; nothing of it is deleted."""
    if not remark:
        raise Problem("remark-needed")
    _act(session, actor, submission_id, "reject", expected_revision, remark, {})


def approve_clean(session: Session, actor: Actor, records: Iterable[tuple[str, int]]) -> int:
    """Approve records (number, version seen) in one go and return how many; one that changed meanwhile is left out.

    A record with an error or a warning of its questionnaire is left out too: those are decided one by one.
    """
    approved = 0
    for submission_id, expected_revision in records:
        submission = session.get(Submission, submission_id, with_for_update=True)
        if submission is None or submission.state != "received" or submission.revision_count != expected_revision:
            continue
        if submission.error_count or submission.warning_count:
            continue
        approve(session, actor, submission_id, expected_revision=expected_revision)
        approved += 1
    return approved


def place_of(session: Session, submission: Submission) -> tuple[str, str]:
    """Return the (old commune, old district) codes of a record's unit; blanks, which no area covers, without a unit."""
    if submission.sample_unit_id is None:
        return "", ""
    query = select(FrameUnit.commune_code).join(SampleUnit, SampleUnit.frame_unit_id == FrameUnit.id)
    code = session.scalars(query.where(SampleUnit.id == submission.sample_unit_id)).one()
    return code, units.old_commune(code).district_code


def _act(
    session: Session,
    actor: Actor,
    submission_id: str,
    action: str,
    expected_revision: int,
    remark: str,
    remarks: dict[str, str],
) -> None:
    """Check rights and freshness, then change the state and write the event."""
    submission = session.get(Submission, submission_id, with_for_update=True)
    if submission is None:
        raise Problem("not-found")
    place = place_of(session, submission)
    if not actor.may("supervisor", "statistician", round_id=submission.round_id, place=place):
        raise Problem("forbidden")
    if submission.revision_count != expected_revision:
        raise Problem("stale-revision")
    if submission.state not in _REVIEWABLE:
        raise Problem("not-reviewable", state=submission.state)
    submission.state = _NEXT[action]
    newest = select(Revision.id).where(Revision.submission_id == submission_id).order_by(Revision.number.desc())
    session.add(
        ReviewEvent(
            submission_id=submission_id,
            revision_id=session.scalars(newest.limit(1)).one(),
            action=action,
            remark=remark,
            remarks=remarks,
            account_id=actor.account_id,
        )
    )
    audit.record(session, actor, f"submission.{action}", "submission", submission_id, revision=expected_revision)
