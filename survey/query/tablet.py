"""Reads what a tablet carries for days: an enumerator's places and units, questionnaires, what came back.

Names are read here, because somebody has to find the household; the caller records that they were.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from survey.model import (
    Account,
    Assignment,
    Device,
    FormVersion,
    FrameUnit,
    Identity,
    Quarantine,
    ReviewEvent,
    Revision,
    Round,
    RoundForm,
    SampleUnit,
    Submission,
)
from survey.query import worklist
from survey.query.drafts import UnitView
from survey.query.worklist import Area, Visit


@dataclass(frozen=True, slots=True)
class Stop:
    """One unit to visit: what is known of it, and its newest record if it has one."""

    unit: UnitView
    role: str
    position: int
    submission_id: str | None
    state: str
    outcome: str
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """One area with the units to visit there; units given to somebody singly stand in a place without an area."""

    round: Round
    area: Area | None
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """A record that was sent back: its present version and what the reviewer said."""

    submission_id: str
    sample_unit_id: int | None
    round_id: int
    form_version_id: int
    instance_id: str
    answers: dict[str, Any]
    sealed: dict[str, str]
    remark: str
    remarks: dict[str, str]
    returned_at: datetime | None


@dataclass(frozen=True, slots=True)
class UsedForm:
    """A questionnaire version of a round, and the hash of its XForm."""

    id: int
    round_id: int
    unit_kind: str
    form_id: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """One line of the quarantine, without the record's content."""

    id: int
    instance_id: str
    code: str
    details: dict[str, Any]
    sender: str
    device: str
    file_count: int
    received_at: datetime


def places(session: Session, account_id: int) -> tuple[Place, ...]:
    """Return where an enumerator works in open rounds, areas in the order of their names, each with its units."""
    return tuple(place for round_ in _rounds(session) for place in _places(session, round_, account_id))


def forms(session: Session, round_ids: Iterable[int]) -> tuple[UsedForm, ...]:
    """Return the questionnaires that units of some rounds answer."""
    query = (
        select(FormVersion, RoundForm.round_id, RoundForm.unit_kind)
        .join(RoundForm, RoundForm.form_version_id == FormVersion.id)
        .where(RoundForm.round_id.in_(list(round_ids)))
        .order_by(RoundForm.round_id, RoundForm.unit_kind)
    )
    return tuple(
        UsedForm(form.id, round_id, kind, form.form_id, form.version, form.sha256)
        for form, round_id, kind in session.execute(query)
    )


def returned(session: Session, submission_ids: Iterable[str]) -> tuple[Returned, ...]:
    """Return the present versions of records, with the remarks of the last review of each."""
    wanted = list(submission_ids)
    query = (
        select(Submission, Revision, Identity)
        .join(Revision, (Revision.submission_id == Submission.id) & (Revision.number == Submission.revision_count))
        .outerjoin(Identity, Identity.key == Revision.identity_key)
        .where(Submission.id.in_(wanted), Submission.state == "returned")
        .options(undefer(Revision.answers))
        .order_by(Submission.id)
    )
    rows = session.execute(query).all()
    said = _last_remarks(session, [revision.id for _, revision, _ in rows])
    return tuple(_returned(*row, said.get(row[1].id)) for row in rows)


def has_real_round(session: Session) -> bool:
    """Tell whether answers of real people are being collected: a round is open that is not synthetic."""
    query = select(Round.id).where(Round.state == "open", Round.is_synthetic.is_(False)).limit(1)
    return session.scalar(query) is not None


def username(session: Session, account_id: int) -> str:
    """Return an account's user name."""
    return session.scalars(select(Account.username).where(Account.id == account_id)).one()


def held_records(session: Session) -> tuple[HeldRecord, ...]:
    """Return what waits in the quarantine, oldest first."""
    query = (
        select(Quarantine, Account.name, Device.name)
        .join(Account, Account.id == Quarantine.account_id)
        .join(Device, Device.id == Quarantine.device_id)
        .where(Quarantine.state == "waiting")
        .order_by(Quarantine.received_at, Quarantine.id)
    )
    return tuple(
        HeldRecord(
            id=row.id,
            instance_id=row.instance_id,
            code=row.code,
            details=dict(row.details),
            sender=sender,
            device=device,
            file_count=len(row.files),
            received_at=row.received_at,
        )
        for row, sender, device in session.execute(query)
    )


def _rounds(session: Session) -> list[Round]:
    return list(session.scalars(select(Round).where(Round.state == "open").order_by(Round.starts_on, Round.id)))


def _places(session: Session, round_: Round, account_id: int) -> list[Place]:
    found = []
    for area in worklist.areas(session, round_.id, account_id=account_id):
        visits = worklist.visits(session, area, only_main=True)
        found.append(Place(round_, area, _stops(session, round_, area, visits)))
    if single := _single_visits(session, round_.id, account_id):
        found.append(Place(round_, None, _stops(session, round_, None, single)))
    return found


def _stops(session: Session, round_: Round, area: Area | None, visits: list[Visit]) -> tuple[Stop, ...]:
    keys = [visit.identity_key for visit in visits if visit.identity_key]
    named = {row.key: row.values for row in session.scalars(select(Identity).where(Identity.key.in_(keys)))}
    return tuple(
        Stop(
            unit=UnitView(
                sample_unit_id=visit.sample_unit_id,
                round=round_,
                kind=visit.kind,
                code=visit.code,
                commune_code=visit.commune_code,
                area_code=area.code if area else "",
                area_sample_unit_id=area.sample_unit_id if area else None,
                attributes=dict(visit.attributes),
                named=dict(named.get(visit.identity_key or "", {})),
            ),
            role=visit.role,
            position=visit.position,
            submission_id=visit.submission_id,
            state=visit.state,
            outcome=visit.outcome,
            updated_at=visit.updated_at,
        )
        for visit in visits
    )


def _single_visits(session: Session, round_id: int, account_id: int) -> list[Visit]:
    """Return the units, other than areas, that an enumerator holds singly, with their newest records."""
    query = (
        select(SampleUnit, FrameUnit)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .join(Assignment, Assignment.sample_unit_id == SampleUnit.id)
        .where(Assignment.account_id == account_id, Assignment.ended_at.is_(None))
        .where(SampleUnit.round_id == round_id, SampleUnit.kind != "area")
        .order_by(FrameUnit.code)
    )
    rows = session.execute(query).all()
    newest: dict[int | None, Submission] = {}
    records = select(Submission).where(Submission.sample_unit_id.in_([unit.id for unit, _ in rows]))
    for record in session.scalars(records.order_by(Submission.updated_at)):
        newest[record.sample_unit_id] = record
    return [_visit(unit, frame, newest.get(unit.id)) for unit, frame in rows]


def _visit(unit: SampleUnit, frame: FrameUnit, record: Submission | None) -> Visit:
    return Visit(
        sample_unit_id=unit.id,
        code=frame.code,
        kind=unit.kind,
        role=unit.role,
        position=unit.position,
        commune_code=frame.commune_code,
        identity_key=frame.identity_key,
        attributes=frame.attributes,
        submission_id=record.id if record else None,
        state=record.state if record else "",
        outcome=record.outcome if record else "",
        revision_count=record.revision_count if record else 0,
        error_count=record.error_count if record else 0,
        updated_at=record.updated_at if record else None,
    )


def _last_remarks(session: Session, revision_ids: list[int]) -> dict[int, ReviewEvent]:
    query = select(ReviewEvent).where(ReviewEvent.revision_id.in_(revision_ids), ReviewEvent.action == "return")
    return {event.revision_id: event for event in session.scalars(query.order_by(ReviewEvent.at, ReviewEvent.id))}


def _returned(
    submission: Submission, revision: Revision, sealed: Identity | None, said: ReviewEvent | None
) -> Returned:
    return Returned(
        submission_id=submission.id,
        sample_unit_id=submission.sample_unit_id,
        round_id=submission.round_id,
        form_version_id=revision.form_version_id,
        instance_id=revision.instance_id,
        answers=dict(revision.answers),
        sealed=dict(sealed.values) if sealed else {},
        remark=said.remark if said else "",
        remarks=dict(said.remarks) if said else {},
        returned_at=said.at if said else None,
    )
