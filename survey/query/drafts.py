"""Reads about unfinished questionnaires: whose they are, where they stand, what came of them. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from survey.model import (
    Assignment,
    Draft,
    FormVersion,
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
from survey.query.respondents import extension_of
from survey.questionnaire.value import ZONE
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
    area_sample_unit_id: int | None
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
        select(SampleUnit, FrameUnit, Round, Identity)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .join(Round, Round.id == SampleUnit.round_id)
        .outerjoin(Identity, Identity.key == FrameUnit.identity_key)
        .where(SampleUnit.id == sample_unit_id)
    )
    found = session.execute(query).first()
    if found is None:
        return None
    unit, frame, survey_round, sealed = found
    area = session.get(FrameUnit, frame.parent_id) if frame.parent_id else None
    above = select(SampleUnit.id).where(SampleUnit.round_id == unit.round_id, SampleUnit.kind == "area")
    area_id = session.scalar(above.where(SampleUnit.frame_unit_id == area.id)) if area else None
    return UnitView(
        sample_unit_id=unit.id,
        round=survey_round,
        kind=unit.kind,
        code=frame.code,
        commune_code=frame.commune_code,
        area_code=area.code if area else "",
        area_sample_unit_id=area_id,
        attributes=dict(frame.attributes),
        named=dict(sealed.values) if sealed else {},
    )


def open_draft(session: Session, sample_unit_id: int) -> Draft | None:
    """Return the unsent draft of a unit, or None."""
    query = select(Draft).where(Draft.sample_unit_id == sample_unit_id, Draft.submitted_at.is_(None))
    return session.scalars(query.order_by(Draft.created_at.desc()).limit(1)).first()


def newest_draft(session: Session, sample_unit_id: int) -> Draft | None:
    """Return the draft of a unit that was opened last, sent or not."""
    query = select(Draft).where(Draft.sample_unit_id == sample_unit_id).order_by(Draft.created_at.desc()).limit(1)
    return session.scalars(query).first()


def newest_draft_id(session: Session, sample_unit_id: int) -> str | None:
    """Return the identifier of the draft that a unit is at: the unsent one, else the one that was opened last."""
    query = select(Draft.id).where(Draft.sample_unit_id == sample_unit_id)
    return session.scalar(query.order_by(Draft.submitted_at.is_not(None), Draft.created_at.desc()).limit(1))


def open_drafts(session: Session, sample_unit_ids: list[int]) -> dict[int, Draft]:
    """Return the unsent drafts of units by unit."""
    query = select(Draft).where(Draft.sample_unit_id.in_(sample_unit_ids), Draft.submitted_at.is_(None))
    return {d.sample_unit_id: d for d in session.scalars(query.order_by(Draft.created_at)) if d.sample_unit_id}


def unsent_count(session: Session, account_id: int) -> int:
    """Return how many drafts somebody has begun and not sent."""
    query = select(func.count()).select_from(Draft)
    return session.scalar(query.where(Draft.account_id == account_id, Draft.submitted_at.is_(None))) or 0


def named(session: Session, identity_keys: list[str]) -> dict[str, dict[str, Any]]:
    """Return names and addresses by identity key; the caller records that they were read."""
    query = select(Identity.key, Identity.values).where(Identity.key.in_(identity_keys))
    return {row.key: row.values for row in session.execute(query)}


def return_remarks(session: Session, submission_ids: list[str]) -> dict[str, str]:
    """Return the last remark with which each of some records was sent back."""
    query = select(ReviewEvent.submission_id, ReviewEvent.remark).where(
        ReviewEvent.submission_id.in_(submission_ids), ReviewEvent.action == "return"
    )
    return {row.submission_id: row.remark for row in session.execute(query.order_by(ReviewEvent.id))}


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


def form_title(session: Session, round_id: int, unit_kind: str) -> str:
    """Return the title of the questionnaire that a kind of unit answers, empty when there is none."""
    query = select(FormVersion.title).join(RoundForm, RoundForm.form_version_id == FormVersion.id)
    return session.scalar(query.where(RoundForm.round_id == round_id, RoundForm.unit_kind == unit_kind)) or ""


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
    if actor.kind in {"invitation", "delegate"}:
        return actor.sample_unit_id == unit.sample_unit_id
    place = (unit.commune_code, units.old_commune(unit.commune_code).district_code)
    if actor.may("supervisor", round_id=unit.round.id, place=place):
        return True
    return actor.may("enumerator", round_id=unit.round.id) and _is_assigned(session, actor, unit)


def deadline(survey_round: Round) -> date:
    """Return the last day on which units may answer for themselves, in Vietnam."""
    return survey_round.self_report_until or survey_round.ends_on


def is_late(session: Session, unit: UnitView, moment: datetime) -> bool:
    """Tell whether a unit's time to answer for itself is over, days granted by the office counted in."""
    today = moment.astimezone(ZONE).date()
    if today <= deadline(unit.round):
        return False
    granted = extension_of(session, unit.sample_unit_id)
    return granted is None or today > granted


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
