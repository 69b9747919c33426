"""Reads about unfinished questionnaires: whose they are, where they stand, what came of them. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from survey.model import (
    Assignment,
    Draft,
    FrameUnit,
    Identity,
    ReviewEvent,
    Revision,
    Round,
    RoundForm,
    SampleUnit,
    Submission,
)
from survey.model.actor import Actor
from survey.reference import units


@dataclass(frozen=True, slots=True)
class UnitView:
    """A sampled unit as its interviewer or respondent sees it; `named` holds names, addresses and phones."""

    sample_unit_id: int
    round: Round
    kind: str
    code: str
    commune_code: str
    area_code: str
    attributes: dict[str, Any]
    named: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Returned:
    """Why a record was sent back: a remark on the whole and remarks by positioned answer path."""

    remark: str
    remarks: dict[str, str]


def unit_view(session: Session, sample_unit_id: int) -> UnitView | None:
    """Return a sampled unit with its frame data and identity, or None when there is no such unit."""
    query = (
        select(SampleUnit, FrameUnit, Round)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .join(Round, Round.id == SampleUnit.round_id)
        .where(SampleUnit.id == sample_unit_id)
    )
    found = session.execute(query).first()
    if found is None:
        return None
    unit, frame, survey_round = found
    area = session.get(FrameUnit, frame.parent_id) if frame.parent_id else None
    sealed = session.get(Identity, frame.identity_key) if frame.identity_key else None
    return UnitView(
        sample_unit_id=unit.id,
        round=survey_round,
        kind=unit.kind,
        code=frame.code,
        commune_code=frame.commune_code,
        area_code=area.code if area else "",
        attributes=dict(frame.attributes),
        named=dict(sealed.values) if sealed else {},
    )


def open_draft(session: Session, sample_unit_id: int) -> Draft | None:
    """Return the unsent draft of a unit, or None."""
    query = select(Draft).where(Draft.sample_unit_id == sample_unit_id, Draft.submitted_at.is_(None))
    return session.scalars(query.order_by(Draft.created_at.desc()).limit(1)).first()


def newest_submission(session: Session, sample_unit_id: int) -> Submission | None:
    """Return the record of a unit that came in last, or None."""
    query = select(Submission).where(Submission.sample_unit_id == sample_unit_id)
    return session.scalars(query.order_by(Submission.updated_at.desc()).limit(1)).first()


def newest_revision(session: Session, submission_id: str) -> Revision:
    """Return the present version of a record, without its answers."""
    query = select(Revision).where(Revision.submission_id == submission_id).order_by(Revision.number.desc())
    return session.scalars(query.limit(1)).one()


def revisions_of_unit(session: Session, sample_unit_id: int) -> list[Revision]:
    """Return every received version of a unit's records, newest first."""
    query = select(Revision).join(Submission, Submission.id == Revision.submission_id)
    query = query.where(Submission.sample_unit_id == sample_unit_id)
    return list(session.scalars(query.order_by(Revision.received_at.desc(), Revision.number.desc())))


def form_of_kind(session: Session, round_id: int, unit_kind: str) -> int | None:
    """Return the form version that a kind of unit answers in a round, or None."""
    query = select(RoundForm.form_version_id).where(RoundForm.round_id == round_id, RoundForm.unit_kind == unit_kind)
    return session.scalar(query)


def last_return(session: Session, instance_id: str | None) -> Returned | None:
    """Return why the version with this identifier was sent back, or None when it was not."""
    if instance_id is None:
        return None
    query = (
        select(ReviewEvent)
        .join(Revision, Revision.id == ReviewEvent.revision_id)
        .where(Revision.instance_id == instance_id)
        .order_by(ReviewEvent.at.desc(), ReviewEvent.id.desc())
        .limit(1)
    )
    event = session.scalars(query).first()
    if event is None or event.action != "return":
        return None
    return Returned(event.remark, dict(event.remarks))


def may_fill(session: Session, actor: Actor, unit: UnitView) -> bool:
    """Tell whether somebody may fill in a unit's questionnaire: itself, who is assigned to it, or a supervisor."""
    if actor.kind == "invitation":
        return actor.sample_unit_id == unit.sample_unit_id
    place = (unit.commune_code, units.old_commune(unit.commune_code).district_code)
    if actor.may("supervisor", round_id=unit.round.id, place=place):
        return True
    return actor.may("enumerator", round_id=unit.round.id) and _is_assigned(session, actor, unit)


def _is_assigned(session: Session, actor: Actor, unit: UnitView) -> bool:
    """Tell whether a unit, or the area that it lies in, is assigned to an account now."""
    parent = (
        select(FrameUnit.parent_id)
        .join(SampleUnit, SampleUnit.frame_unit_id == FrameUnit.id)
        .where(SampleUnit.id == unit.sample_unit_id)
        .scalar_subquery()
    )
    query = (
        select(Assignment.id)
        .join(SampleUnit, SampleUnit.id == Assignment.sample_unit_id)
        .where(Assignment.account_id == actor.account_id, Assignment.ended_at.is_(None))
        .where(or_(SampleUnit.id == unit.sample_unit_id, SampleUnit.frame_unit_id == parent))
    )
    return session.scalars(query.limit(1)).first() is not None
