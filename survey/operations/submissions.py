"""The one door: everything that anybody sends enters through `receive`.

Idempotent on instanceID: the same bytes again are the same record, other bytes under a used identifier are refused.
A record that breaks a rule of its questionnaire is kept and flagged, never refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Row, bindparam, or_, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import FrameUnit, Revision, Round, RoundFormUse, SampleUnit, Submission
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import attachments, audit, examination, forms, records
from survey.operations.examination import Examined
from survey.questionnaire.instance import Instance

_KNOWN = (
    select(
        Revision.submission_id,
        Revision.number,
        Revision.sha256,
        Revision.received_at,
        Submission.error_count,
        Submission.warning_count,
    )
    .join(Submission, Submission.id == Revision.submission_id)
    .where(Revision.instance_id == bindparam("instance_id"))
)
_ROUND = (
    select(Round.id, Round.state, Round.title, RoundFormUse.unit_kind)
    .join(RoundFormUse, RoundFormUse.round_id == Round.id)
    .where(
        RoundFormUse.form_version_id == bindparam("form_version_id"),
        or_(bindparam("round_id", type_=Integer).is_(None), Round.id == bindparam("round_id", type_=Integer)),
    )
    .order_by((Round.state == "open").desc(), Round.id.desc())
    .limit(1)
)
_UNIT = (
    select(SampleUnit.id)
    .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
    .where(SampleUnit.round_id == bindparam("round_id"), FrameUnit.code == bindparam("code"))
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender keeps: the record's identifiers, the hash of what was stored, the files it must still send."""

    submission_id: str
    revision_number: int
    instance_id: str
    sha256: str
    received_at: datetime
    is_new: bool
    error_count: int
    warning_count: int
    file_names: tuple[str, ...] = ()


def receive(
    session: Session,
    actor: Actor,
    *,
    xml: bytes,
    channel: str,
    round_id: int | None = None,
    sample_unit_id: int | None = None,
    device: str | None = None,
    received_at: datetime | None = None,
) -> Receipt:
    """Take in one XForms instance document and return its receipt.

    Raises malformed-xml, no-instance-id, unknown-form, unknown-round, round-closed (portal only), forbidden,
    instance-conflict, unknown-deprecated, record-erased and superseded; nothing is written then.
    """
    document, sha256 = examination.read(xml)
    if (known := _known(session, document.instance_id, sha256)) is not None:
        return known
    form_version_id = forms.number_of(session, document.form_id, document.version)
    round_ = round_of(session, form_version_id, round_id)
    unit = _sample_unit(session, round_.id, document, sample_unit_id)
    refuse_strangers(actor, round_, unit)
    previous = _previous(session, document, sha256)
    if isinstance(previous, Receipt):
        return previous
    examined = examination.examine(session, xml, document, sha256, received_at or utc_now())
    version = version_of(examined, round_, unit, actor, channel=channel, device=device)
    stored = records.store(session, version, previous)
    if stored is None:
        return _lost_race(session, document.instance_id, sha256)
    if previous is not None and version.file_names:
        attachments.carry_forward(session, document.instance_id)
    audit.record(session, actor, *event_of(version, *stored))
    return receipt_of(version, *stored)


def version_of(
    examined: Examined,
    round_: Row[*tuple[Any, ...]],
    unit: int | None,
    actor: Actor,
    *,
    channel: str,
    device: str | None,
) -> records.Version:
    """Return an examined document as the version of a record that its sender makes of it."""
    return records.Version(
        round_id=round_.id,
        unit_kind=round_.unit_kind,
        sample_unit_id=unit,
        form_version_id=examined.form_version_id,
        instance_id=examined.document.instance_id,
        deprecated_id=examined.document.deprecated_id,
        sha256=examined.sha256,
        document=examined.xml,
        answers=examined.answers,
        sealed=examined.sealed,
        findings=examined.findings,
        outcome=examined.outcome,
        consent_version=examined.consent_version,
        channel=channel,
        account_id=actor.account_id,
        device=device,
        moment=examined.moment,
        file_names=examined.file_names,
    )


def event_of(version: records.Version, submission_id: str, number: int) -> audit.Event:
    """Return what the audit log says of a version that was taken in."""
    details = {"revision": number, "sha256": version.sha256, "channel": version.channel}
    return audit.Event("submission.receive", "submission", submission_id, details)


def receipt_of(version: records.Version, submission_id: str, number: int) -> Receipt:
    """Return the receipt of a version that was taken in just now."""
    return Receipt(
        submission_id,
        number,
        version.instance_id,
        version.sha256,
        version.moment,
        is_new=True,
        error_count=version.error_count,
        warning_count=version.warning_count,
        file_names=version.file_names,
    )


def _known(session: Session, instance_id: str, sha256: str) -> Receipt | None:
    """Return the receipt of a document that is already here; refuse other bytes under its identifier."""
    row = session.execute(_KNOWN, {"instance_id": instance_id}).first()
    if row is None:
        return None
    if row.sha256 != sha256:
        raise Problem("instance-conflict", instance_id=instance_id)
    return Receipt(
        row.submission_id,
        row.number,
        instance_id,
        sha256,
        row.received_at,
        is_new=False,
        error_count=row.error_count,
        warning_count=row.warning_count,
    )


def _lost_race(session: Session, instance_id: str, sha256: str) -> Receipt:
    """Answer the slower of two simultaneous senders as if it had come second."""
    known = _known(session, instance_id, sha256)
    if known is None:
        raise Problem("superseded")
    return known


def round_of(session: Session, form_version_id: int, round_id: int | None) -> Row[*tuple[Any, ...]]:
    """Return the round that a form version is or was answered in (an open one first) and the kind of unit."""
    row = session.execute(_ROUND, {"form_version_id": form_version_id, "round_id": round_id}).first()
    if row is None:
        raise Problem("unknown-round", round=round_id if round_id is not None else "–")
    return row


def _sample_unit(session: Session, round_id: int, document: Instance, sample_unit_id: int | None) -> int | None:
    """Return the sampled unit that a document is about: named by the caller, or by its code in the answers."""
    if sample_unit_id is not None:
        known = session.scalar(
            select(SampleUnit.id).where(SampleUnit.id == sample_unit_id, SampleUnit.round_id == round_id)
        )
        if known is None:
            raise Problem("unknown-unit", code=sample_unit_id)
        return known
    code = examination.unit_code(document.answers)
    if not code:
        return None
    return session.scalar(_UNIT, {"round_id": round_id, "code": code})


def refuse_strangers(actor: Actor, round_: Row[*tuple[Any, ...]], unit: int | None) -> None:
    """Refuse a sender without a right to this unit, and self-reports to a round that is not open."""
    if actor.kind == "invitation":
        if unit is None or unit != actor.sample_unit_id:
            raise Problem("forbidden")
        if round_.state != "open":
            raise Problem("round-closed", round=round_.title)
    elif not may_send(actor, round_.id):
        raise Problem("forbidden")


def may_send(actor: Actor, round_id: int) -> bool:
    """Tell whether an account's roles let it send records of a round."""
    return actor.may("enumerator", "supervisor", "statistician", round_id=round_id)


def _previous(session: Session, document: Instance, sha256: str) -> Submission | Receipt | None:
    """Return the record that a document corrects; refuse a correction of anything but its newest version.

    The receipt instead, where the same correction was taken in while this one waited for its turn.
    """
    if document.deprecated_id is None:
        return None
    query = select(Revision.submission_id, Revision.number).where(Revision.instance_id == document.deprecated_id)
    row = session.execute(query).first()
    if row is None:
        raise Problem("unknown-deprecated", instance_id=document.deprecated_id)
    submission = session.get_one(Submission, row.submission_id, with_for_update=True)
    if records.is_erased(session, submission.id):
        raise Problem("record-erased")
    if row.number == submission.revision_count:
        return submission
    if (known := _known(session, document.instance_id, sha256)) is not None:
        return known
    raise Problem("superseded")
