"""The one door: everything that anybody sends enters through `receive`.

Idempotent on instanceID: the same bytes again are the same record, other bytes under a used identifier are refused.
A record that breaks a rule of its questionnaire is kept and flagged, never refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Row, bindparam, or_, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import FrameUnit, Revision, Round, RoundFormUse, SampleUnit, Submission
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import attachments, audit, forms, identity, records
from survey.questionnaire import instance as instances
from survey.questionnaire.instance import Instance
from survey.questionnaire.instrument import FILES, Instrument
from survey.questionnaire.judge import Finding, judge

OUTCOME_NAMES = ("result_code",)
UNIT_NAMES = ("assignment_code",)
CONSENT_NAMES = ("consent_version",)


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
    instance-conflict, unknown-deprecated and superseded; nothing is written then.
    """
    document = instances.parse(xml)
    sha256 = hashlib.sha256(xml).hexdigest()
    if (known := _known(session, document.instance_id, sha256)) is not None:
        return known
    form_version_id = forms.number_of(session, document.form_id, document.version)
    round_ = _round_of(session, form_version_id, round_id)
    unit = _sample_unit(session, round_.id, document, sample_unit_id)
    _refuse_strangers(actor, round_, unit)
    previous = _previous(session, document)
    instrument = forms.instrument_of(session, form_version_id)
    moment = received_at or utc_now()
    verdict = judge(instrument, document.answers, now=moment)
    answers, sealed = identity.split(instrument, verdict.answers)
    version = records.Version(
        round_id=round_.id,
        unit_kind=round_.unit_kind,
        sample_unit_id=unit,
        form_version_id=form_version_id,
        instance_id=document.instance_id,
        deprecated_id=document.deprecated_id,
        sha256=sha256,
        document=xml,
        answers=answers,
        sealed=sealed,
        findings=[_as_data(finding) for finding in verdict.findings],
        outcome=_named(answers, OUTCOME_NAMES),
        consent_version=_named(answers, CONSENT_NAMES),
        channel=channel,
        account_id=actor.account_id,
        device=device,
        moment=moment,
        file_names=_file_names(instrument, verdict.answers),
    )
    stored = records.store(session, version, previous)
    if stored is None:
        return _lost_race(session, document.instance_id, sha256)
    if previous is not None and version.file_names:
        attachments.carry_forward(session, document.instance_id)
    details = {"revision": stored[1], "sha256": sha256, "channel": channel}
    audit.record(session, actor, "submission.receive", "submission", stored[0], **details)
    return Receipt(
        *stored,
        document.instance_id,
        sha256,
        moment,
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


def _round_of(session: Session, form_version_id: int, round_id: int | None) -> Row[*tuple[Any, ...]]:
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
    code = _named(document.answers, UNIT_NAMES)
    if not code:
        return None
    return session.scalar(_UNIT, {"round_id": round_id, "code": code})


def _refuse_strangers(actor: Actor, round_: Row[*tuple[Any, ...]], unit: int | None) -> None:
    """Refuse a sender without a right to this unit, and self-reports to a round that is not open."""
    if actor.kind == "invitation":
        if unit is None or unit != actor.sample_unit_id:
            raise Problem("forbidden")
        if round_.state != "open":
            raise Problem("round-closed", round=round_.title)
    elif not actor.may("enumerator", "supervisor", "statistician", round_id=round_.id):
        raise Problem("forbidden")


def _previous(session: Session, document: Instance) -> Submission | None:
    """Return the record that a document corrects; refuse a correction of anything but its newest version."""
    if document.deprecated_id is None:
        return None
    query = select(Revision.submission_id, Revision.number).where(Revision.instance_id == document.deprecated_id)
    row = session.execute(query).first()
    if row is None:
        raise Problem("unknown-deprecated", instance_id=document.deprecated_id)
    submission = session.get_one(Submission, row.submission_id, with_for_update=True)
    if row.number != submission.revision_count:
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


def _named(answers: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return the first value that stands under one of the names at any depth outside rosters."""
    for name, value in answers.items():
        if isinstance(value, dict):
            if found := _named(value, names):
                return found
        elif name in names and isinstance(value, str) and value:
            return value
    return ""


def _file_names(instrument: Instrument, answers: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the files that the answers refer to."""
    paths = {question.path for question, _ in instrument.questions() if question.kind in FILES}
    if not paths:
        return ()
    found = {value for path, value in identity.leaves(answers) if value and _plain(path) in paths}
    return tuple(sorted(found))


def _plain(path: str) -> str:
    """Return a path without positions."""
    return "/".join(step.partition("[")[0] for step in path.split("/"))
