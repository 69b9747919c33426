"""The one door: everything that anybody sends enters through `receive`.

Idempotent on instanceID: the same bytes again are the same record, other bytes under a used identifier are refused.
A record that breaks a rule of its questionnaire is kept and flagged, never refused.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import (
    Attachment,
    FormVersion,
    FrameUnit,
    Identity,
    Revision,
    Round,
    RoundForm,
    SampleUnit,
    Submission,
)
from survey.model.actor import Actor
from survey.model.base import random_key, utc_now
from survey.operations import audit, forms, identity
from survey.questionnaire import instance as instances
from survey.questionnaire.instance import Instance
from survey.questionnaire.judge import Finding, Verdict, judge

OUTCOME_NAMES = ("result_code",)
UNIT_NAMES = ("assignment_code",)
CONSENT_NAMES = ("consent_version",)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender keeps: the record's identifiers, the hash of what was stored, and what is still missing."""

    submission_id: str
    revision_number: int
    instance_id: str
    sha256: str
    received_at: datetime
    is_new: bool
    error_count: int
    warning_count: int
    missing_files: tuple[str, ...] = ()


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
    instance-conflict, unknown-deprecated and superseded; nothing is written then.
    """
    document = instances.parse(xml)
    sha256 = hashlib.sha256(xml).hexdigest()
    if (known := _known(session, document.instance_id, sha256)) is not None:
        return known
    form = forms.find(session, document.form_id, document.version)
    if form is None:
        raise Problem("unknown-form", form_id=document.form_id, version=document.version)
    round_, unit_kind = _round_of(session, form, round_id)
    unit = _sample_unit(session, round_, document, sample_unit_id)
    _refuse_strangers(session, actor, round_, unit, channel)
    previous = _previous(session, document)
    moment = received_at or utc_now()
    instrument = forms.instrument_of(session, form.id)
    verdict = judge(instrument, document.answers, now=moment)
    try:
        with session.begin_nested():
            submission = previous or Submission(
                round_id=round_.id,
                unit_kind=unit_kind,
                sample_unit_id=unit.id if unit else None,
                root_id=document.instance_id,
                channel=channel,
                account_id=actor.account_id,
                created_at=moment,
            )
            session.add(submission)
            session.flush()
            revision = _store(session, actor, submission, document, verdict, form, xml, sha256, moment)
            revision.device = device
    except IntegrityError:
        return _lost_race(session, document.instance_id, sha256)
    audit.record(
        session,
        actor,
        "submission.receive",
        "submission",
        submission.id,
        revision=revision.number,
        sha256=sha256,
        channel=channel,
    )
    return _receipt(submission, revision, is_new=True)


def _store(
    session: Session,
    actor: Actor,
    submission: Submission,
    document: Instance,
    verdict: Verdict,
    form: FormVersion,
    xml: bytes,
    sha256: str,
    moment: datetime,
) -> Revision:
    """Write one version of a record: answers here, identity and the raw document under a random key there."""
    instrument = forms.instrument_of(session, form.id)
    answers, sealed = identity.split(instrument, verdict.answers)
    findings = [_as_data(finding) for finding in verdict.findings]
    submission.revision_count += 1
    submission.state = "received"
    submission.outcome = _named(answers, OUTCOME_NAMES)
    submission.error_count = sum(f["severity"] == "error" for f in findings)
    submission.warning_count = len(findings) - submission.error_count
    submission.updated_at = moment
    key = random_key()
    revision = Revision(
        submission_id=submission.id,
        number=submission.revision_count,
        form_version_id=form.id,
        instance_id=document.instance_id,
        deprecated_id=document.deprecated_id,
        sha256=sha256,
        answers=answers,
        findings=findings,
        identity_key=key,
        channel=submission.channel,
        account_id=actor.account_id,
        consent_version=_named(answers, CONSENT_NAMES),
        received_at=moment,
    )
    session.add(Identity(key=key, values=sealed, document=xml))
    session.add(revision)
    session.flush()
    for name in sorted(set(_file_names(instrument, verdict.answers))):
        session.add(Attachment(revision_id=revision.id, name=name))
    return revision


def _known(session: Session, instance_id: str, sha256: str) -> Receipt | None:
    """Return the receipt of a document that is already here; refuse other bytes under its identifier."""
    revision = session.scalar(select(Revision).where(Revision.instance_id == instance_id))
    if revision is None:
        return None
    if revision.sha256 != sha256:
        raise Problem("instance-conflict", instance_id=instance_id)
    return _receipt(session.get_one(Submission, revision.submission_id), revision, is_new=False)


def _lost_race(session: Session, instance_id: str, sha256: str) -> Receipt:
    """Answer the slower of two simultaneous senders as if it had come second."""
    session.expire_all()
    known = _known(session, instance_id, sha256)
    if known is None:
        raise Problem("superseded")
    return known


def _receipt(submission: Submission, revision: Revision, *, is_new: bool) -> Receipt:
    """Return the receipt of a stored version."""
    return Receipt(
        submission_id=submission.id,
        revision_number=revision.number,
        instance_id=revision.instance_id,
        sha256=revision.sha256,
        received_at=revision.received_at,
        is_new=is_new,
        error_count=submission.error_count,
        warning_count=submission.warning_count,
    )


def _round_of(session: Session, form: FormVersion, round_id: int | None) -> tuple[Round, str]:
    """Return the round that a form version is answered in, and the kind of unit that answers it."""
    query = (
        select(Round, RoundForm.unit_kind)
        .join(RoundForm, RoundForm.round_id == Round.id)
        .where(RoundForm.form_version_id == form.id)
        .order_by(Round.state == "open", Round.id)
    )
    if round_id is not None:
        query = query.where(Round.id == round_id)
    rows = session.execute(query).all()
    if not rows:
        raise Problem("unknown-round", round=round_id if round_id is not None else form.form_id)
    return rows[-1][0], rows[-1][1]


def _sample_unit(session: Session, round_: Round, document: Instance, sample_unit_id: int | None) -> SampleUnit | None:
    """Return the sampled unit that a document is about: named by the caller, or by its code in the answers."""
    if sample_unit_id is not None:
        unit = session.get(SampleUnit, sample_unit_id)
        if unit is None or unit.round_id != round_.id:
            raise Problem("unknown-unit", code=sample_unit_id)
        return unit
    code = _named(document.answers, UNIT_NAMES)
    if not code:
        return None
    query = select(SampleUnit).join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
    return session.scalar(query.where(SampleUnit.round_id == round_.id, FrameUnit.code == code))


def _refuse_strangers(session: Session, actor: Actor, round_: Round, unit: SampleUnit | None, channel: str) -> None:
    """Refuse a sender without a right to this unit, and self-reports to a round that is not open."""
    if actor.kind == "invitation":
        if unit is None or unit.id != actor.sample_unit_id:
            raise Problem("forbidden")
        if round_.state != "open":
            raise Problem("round-closed", round=round_.title)
    elif not actor.may("enumerator", "supervisor", "statistician", round_id=round_.id):
        raise Problem("forbidden")


def _previous(session: Session, document: Instance) -> Submission | None:
    """Return the record that a document corrects; refuse a correction of anything but its newest version."""
    if document.deprecated_id is None:
        return None
    revision = session.scalar(select(Revision).where(Revision.instance_id == document.deprecated_id))
    if revision is None:
        raise Problem("unknown-deprecated", instance_id=document.deprecated_id)
    submission = session.get_one(Submission, revision.submission_id, with_for_update=True)
    if revision.number != submission.revision_count:
        raise Problem("superseded")
    return submission


def _as_data(finding: Finding) -> dict[str, Any]:
    """Return a finding as it is stored."""
    return {
        "severity": finding.severity,
        "path": finding.path,
        "code": finding.code,
        "reason": finding.reason,
        "message": dict(finding.message),
    }


def _named(answers: dict[str, Any], names: tuple[str, ...]) -> str:
    """Return the first value that stands under one of the names at any depth outside rosters."""
    for name, value in answers.items():
        if isinstance(value, dict):
            if found := _named(value, names):
                return found
        elif name in names and isinstance(value, str) and value:
            return value
    return ""


def _file_names(instrument: Any, answers: dict[str, Any]) -> list[str]:
    """Return the names of the files that the answers refer to."""
    kinds = {
        question.path for question, _ in instrument.questions() if question.kind in {"image", "audio", "video", "file"}
    }
    found = []
    for path, value in identity.leaves(answers):
        plain = "/".join(step.partition("[")[0] for step in path.split("/"))
        if plain in kinds and value:
            found.append(value)
    return found
