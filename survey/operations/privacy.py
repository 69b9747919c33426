"""The register of requests of data subjects with their deadlines, and the log of incidents with its 72 hours.

Who asked lies in `identity`; reading it is an event. Carrying out a deletion goes through `retention`, with its proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import DataRequest, FrameUnit, Identity, Incident, Revision, SampleUnit, Submission
from survey.model.actor import Actor
from survey.model.base import random_key, utc_now
from survey.operations import audit
from survey.operations.retention import Plan, destroy_record
from survey.reference.deadlines import DAYS, deadlines, notice_due
from survey.text import clean, fold

CHANNELS = ("letter", "telephone", "in-person", "email", "portal")
_INCIDENT_TEXTS = ("title", "description", "data_kinds", "consequences", "measures")
_MOST_FOUND = 20


def record_request(
    session: Session,
    actor: Actor,
    *,
    kind: str,
    received_on: date,
    channel: str,
    name: str,
    contact: str,
    content: str = "",
    submission_id: str | None = None,
) -> DataRequest:
    """Enter a request into the register with the days that the law gives; name and contact are kept apart."""
    _refuse_strangers(actor)
    if kind not in DAYS:
        raise Problem("bad-value", name="kind", value=kind, expected=", ".join(DAYS))
    if channel not in CHANNELS:
        raise Problem("bad-value", name="channel", value=channel, expected=", ".join(CHANNELS))
    if submission_id is not None and session.get(Submission, submission_id) is None:
        raise Problem("not-found")
    until = deadlines(kind, received_on)
    made = DataRequest(
        kind=kind,
        received_on=received_on,
        channel=channel,
        identity_key=random_key(),
        submission_id=submission_id,
        content=clean(content),
        reply_due=until.reply,
        due=until.done,
        recorded_by=actor.account_id,
    )
    session.add(Identity(key=made.identity_key, values={"name": clean(name), "contact": clean(contact)}))
    session.add(made)
    session.flush()
    audit.record(session, actor, "privacy.request", "data_request", made.id, kind=kind, due=until.done.isoformat())
    return made


def requester(session: Session, actor: Actor, request_id: int) -> dict[str, Any]:
    """Return who made a request and how to reach them; the reading is logged."""
    found = _request(session, actor, request_id)
    sealed = session.get(Identity, found.identity_key)
    audit.record(session, actor, "privacy.request-read", "data_request", request_id)
    return dict(sealed.values) if sealed is not None else {}


def confirm(session: Session, actor: Actor, request_id: int, *, on: date) -> None:
    """Note that the person was told that the request has been received."""
    found = _request(session, actor, request_id, is_open=True)
    found.replied_on = on
    if found.state == "received":
        found.state = "acknowledged"
    audit.record(session, actor, "privacy.request-reply", "data_request", request_id, on=on.isoformat())


def close(
    session: Session, actor: Actor, request_id: int, *, on: date, outcome: str, refused: bool = False, destroy: str = ""
) -> Plan | None:
    """Close a request with its outcome; `destroy` (identity or record) destroys what stands behind its record first.

    Returns what was destroyed, so that the caller can remove its files after the commit. Raises remark-needed,
    request-closed, and not-found for a destruction without a record.
    """
    found = _request(session, actor, request_id, is_open=True)
    if not clean(outcome):
        raise Problem("remark-needed")
    plan = None
    if destroy and not refused:
        if found.submission_id is None:
            raise Problem("not-found")
        answers = destroy == "record"
        _, plan = destroy_record(session, actor, found.submission_id, answers=answers, request_id=found.id)
    found.state = "refused" if refused else "done"
    found.outcome, found.closed_on, found.closed_by = clean(outcome), on, actor.account_id
    found.replied_on = found.replied_on or on
    audit.record(session, actor, "privacy.request-close", "data_request", request_id, state=found.state)
    return plan


def attach_record(session: Session, actor: Actor, request_id: int, submission_id: str) -> None:
    """Say which record a request is about."""
    found = _request(session, actor, request_id, is_open=True)
    if session.get(Submission, submission_id) is None:
        raise Problem("not-found")
    found.submission_id = submission_id
    audit.record(session, actor, "privacy.request-record", "data_request", request_id, record=submission_id)


def find_records(session: Session, actor: Actor, sought: str) -> list[tuple[str, str]]:
    """Return (record, unit code) of the newest versions in which a name, number or unit code stands; logged."""
    _refuse_strangers(actor)
    wanted = fold(clean(sought))
    if len(wanted) < 3:
        raise Problem("bad-value", name="q", value=sought, expected="≥ 3")
    query = (
        select(Submission.id, FrameUnit.code, Identity.values.label("sealed"))
        .join(Revision, (Revision.submission_id == Submission.id) & (Revision.number == Submission.revision_count))
        .outerjoin(Identity, Identity.key == Revision.identity_key)
        .outerjoin(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        .outerjoin(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .order_by(Submission.updated_at.desc())
        .execution_options(yield_per=500)
    )
    found = [
        (row.id, row.code or "")
        for row in session.execute(query)
        if wanted in fold(row.code or "") or any(wanted in fold(str(value)) for value in (row.sealed or {}).values())
    ]
    audit.record(session, actor, "identity.search", "identity", "–", found=len(found))
    return found[:_MOST_FOUND]


def record_incident(
    session: Session,
    actor: Actor,
    *,
    detected_at: datetime,
    occurred_at: datetime | None = None,
    subjects: int | None = None,
    is_harmful: bool = True,
    **texts: str,
) -> Incident:
    """Enter an incident; the authority must be told within 72 hours of its detection where it may do harm."""
    _refuse_strangers(actor)
    if not clean(texts.get("title", "")):
        raise Problem("remark-needed")
    made = Incident(
        detected_at=detected_at,
        due_at=notice_due(detected_at),
        occurred_at=occurred_at,
        subjects=subjects,
        is_harmful=is_harmful,
        recorded_by=actor.account_id,
        **_texts(texts),
    )
    session.add(made)
    session.flush()
    audit.record(session, actor, "privacy.incident", "incident", made.id, due=made.due_at.isoformat())
    return made


def change_incident(
    session: Session, actor: Actor, incident_id: int, *, notified: bool = False, closed: bool = False, **texts: str
) -> Incident:
    """Complete an incident, or note that the authority was told or that it is closed, at this moment."""
    _refuse_strangers(actor)
    found = session.get(Incident, incident_id, with_for_update=True)
    if found is None:
        raise Problem("not-found")
    for name, value in _texts(texts).items():
        setattr(found, name, value)
    moment = utc_now()
    if notified and found.notified_at is None:
        found.notified_at = moment
    if closed and found.closed_at is None:
        found.closed_at = moment
    details = {"notified": notified, "closed": closed, "fields": sorted(texts)}
    audit.record(session, actor, "privacy.incident-change", "incident", incident_id, **details)
    return found


def _texts(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: clean(texts[name]) for name in _INCIDENT_TEXTS if name in texts}


def _request(session: Session, actor: Actor, request_id: int, *, is_open: bool = False) -> DataRequest:
    _refuse_strangers(actor)
    found = session.get(DataRequest, request_id, with_for_update=True)
    if found is None:
        raise Problem("not-found")
    if is_open and found.closed_on is not None:
        raise Problem("request-closed")
    return found


def _refuse_strangers(actor: Actor) -> None:
    if not actor.may("admin"):
        raise Problem("forbidden")
