"""Destroys who answered, once it is due or somebody asks for it, and proves it: counts, one hash, an event of the log.

What is left of a key is the random number that led nowhere else. Refuses a round whose time has not come. Copies in
backups end with the backups; the proof says so in the documents, it cannot reach them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Select, delete, func, select, text, update
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import (
    AnswerCorrection,
    Attachment,
    AuditEvent,
    Base,
    Destruction,
    Draft,
    FrameUnit,
    Identity,
    Quarantine,
    ReviewEvent,
    Revision,
    Round,
    SampleUnit,
    Submission,
)
from survey.model.actor import Actor
from survey.operations import audit

_CHUNK = 500
_TABLES = Base.metadata.tables


@dataclass(frozen=True, slots=True)
class Plan:
    """What a destruction would take: keys that still lead to somebody by table, and files that nothing else names."""

    counts: dict[str, int]
    keys: tuple[str, ...] = field(repr=False)
    files: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Return the SHA-256 over the sorted keys."""
        return hashlib.sha256("\n".join(sorted(self.keys)).encode()).hexdigest()


def archived_on(session: Session, round_id: int) -> datetime | None:
    """Return when a round was archived, as the log says; None while it is not."""
    query = (
        select(AuditEvent)
        .where(AuditEvent.subject_kind == "round", AuditEvent.subject_id == str(round_id))
        .where(AuditEvent.action == "round.state")
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    )
    newest = session.scalars(query.limit(1)).first()
    return newest.at if newest is not None and newest.details.get("after") == "archived" else None


def due_on(session: Session, round_id: int, *, days: int) -> date | None:
    """Return the first day on which the identities of a round are destroyed; None while it is not archived."""
    archived = archived_on(session, round_id)
    return (archived + timedelta(days=days)).date() if archived is not None else None


def plan_of_round(session: Session, round_id: int) -> Plan:
    """Return what the destruction of a round would take; changes nothing."""
    tables = {name: _living(session, query) for name, query in _keys_of_round(round_id).items()}
    hashes = select(Attachment.sha256).join(Revision, Revision.id == Attachment.revision_id)
    hashes = hashes.join(Submission, Submission.id == Revision.submission_id)
    mine = set(session.scalars(hashes.where(Submission.round_id == round_id, Attachment.sha256.is_not(None))))
    others = set(session.scalars(hashes.where(Submission.round_id != round_id, Attachment.sha256.is_not(None))))
    held = session.scalars(select(Quarantine.files).where(Quarantine.round_id == round_id))
    mine |= {sha256 for files in held for sha256 in files.values()}
    return _plan(tables, tuple(sorted(str(each) for each in mine - others)))


def plan_of_record(session: Session, submission_id: str) -> Plan:
    """Return what the destruction of one record's identity would take, the unit's entry in the frame included."""
    submission = session.get_one(Submission, submission_id)
    tables = {name: _living(session, query) for name, query in _keys_of_record(submission).items()}
    hashes = select(Attachment.sha256).join(Revision, Revision.id == Attachment.revision_id)
    mine = set(session.scalars(hashes.where(Revision.submission_id == submission_id, Attachment.sha256.is_not(None))))
    others = set(session.scalars(hashes.where(Revision.submission_id != submission_id, Attachment.sha256.in_(mine))))
    return _plan(tables, tuple(sorted(str(each) for each in mine - others)))


def destroy_round(session: Session, actor: Actor, round_id: int, *, days: int, today: date) -> tuple[Destruction, Plan]:
    """Destroy every identity of an archived round, `days` after it was archived; the caller then removes the files.

    Raises forbidden and retention-not-due.
    """
    survey_round = session.get(Round, round_id, with_for_update=True)
    if survey_round is None:
        raise Problem("unknown-round", round=round_id)
    if not actor.may("admin"):
        raise Problem("forbidden")
    due = due_on(session, round_id, days=days)
    if due is None or today < due:
        raise Problem("retention-not-due", round=survey_round.code, day=f"{due:%d/%m/%Y}" if due else "–")
    plan = plan_of_round(session, round_id)
    _erase(session, plan.keys)
    made = Destruction(scope="round", round_id=round_id, counts=plan.counts)
    return _prove(session, actor, made, plan), plan


def destroy_record(
    session: Session, actor: Actor, submission_id: str, *, answers: bool, request_id: int | None = None
) -> tuple[Destruction, Plan]:
    """Destroy who stands behind a record and, with `answers`, what was answered; the caller then removes the files.

    A record without answers is rejected, so that no later estimate reads it; what was published before stays.
    """
    if not actor.may("admin"):
        raise Problem("forbidden")
    submission = session.get(Submission, submission_id, with_for_update=True)
    if submission is None:
        raise Problem("not-found")
    plan = plan_of_record(session, submission_id)
    counts = dict(plan.counts)
    if ended := _end_drafts(session, submission):
        counts["open_drafts"] = ended
    if answers:
        counts["answers"] = _erase_answers(session, actor, submission)
    _erase(session, plan.keys)
    made = Destruction(
        scope="record" if answers else "identity",
        round_id=submission.round_id,
        submission_id=submission_id,
        request_id=request_id,
        counts=counts,
    )
    return _prove(session, actor, made, plan), plan


def remove_files(store: Path, hashes: Iterable[str]) -> int:
    """Remove stored files by hash once the destruction is committed; return how many were there."""
    removed = 0
    for sha256 in hashes:
        path = store / sha256[:2] / sha256
        if path.exists():
            path.unlink()
            removed += 1
    return removed


def holds(session: Session, destruction: Destruction) -> bool:
    """Tell whether a proof still holds: none of the keys that its scope names leads to anybody."""
    if destruction.submission_id is not None:
        return not plan_of_record(session, destruction.submission_id).keys
    return destruction.round_id is not None and not plan_of_round(session, destruction.round_id).keys


def _plan(tables: dict[str, list[str]], files: tuple[str, ...]) -> Plan:
    keys = tuple(sorted({key for found in tables.values() for key in found}))
    counts = {name: len(found) for name, found in tables.items() if found}
    return Plan(counts | ({"files": len(files)} if files else {}), keys, files)


def _keys_of_round(round_id: int) -> dict[str, Select[Any]]:
    """Return, by table, the query of the keys of a round: every table with an identity key but the register itself."""
    delegation, sign_off = _TABLES["delegation"], _TABLES["sign_off"]
    mine = select(Revision.id).join(Submission, Submission.id == Revision.submission_id)
    mine = mine.where(Submission.round_id == round_id)
    drafts = select(Draft.id).where(Draft.round_id == round_id)
    return {
        "revision": select(Revision.identity_key).where(Revision.id.in_(mine)),
        "draft": select(Draft.identity_key).where(Draft.round_id == round_id),
        "frame_unit": select(FrameUnit.identity_key).where(FrameUnit.round_id == round_id),
        "quarantine": select(Quarantine.identity_key).where(Quarantine.round_id == round_id),
        "delegation": select(delegation.c.identity_key).where(delegation.c.draft_id.in_(drafts)),
        "sign_off": select(sign_off.c.identity_key).where(sign_off.c.revision_id.in_(mine)),
        "registration": _of_table("registration", round_id),
        "mail_message": _of_table("mail_message", round_id),
    }


def _of_table(name: str, round_id: int) -> Select[Any]:
    table = _TABLES[name]
    return select(table.c.identity_key).where(table.c.round_id == round_id)


def _keys_of_record(submission: Submission) -> dict[str, Select[Any]]:
    """Return, by table, the query of the keys of one record and its unit."""
    delegation, sign_off, unit = _TABLES["delegation"], _TABLES["sign_off"], submission.sample_unit_id
    mine = select(Revision.id).where(Revision.submission_id == submission.id)
    framed = select(SampleUnit.frame_unit_id).where(SampleUnit.id == unit)
    drafts = select(Draft.id).where(Draft.sample_unit_id == unit, Draft.sample_unit_id.is_not(None))
    return {
        "revision": select(Revision.identity_key).where(Revision.submission_id == submission.id),
        "draft": select(Draft.identity_key).where(Draft.sample_unit_id == unit, Draft.sample_unit_id.is_not(None)),
        "frame_unit": select(FrameUnit.identity_key).where(FrameUnit.id.in_(framed)),
        "quarantine": select(Quarantine.identity_key).where(Quarantine.submission_id == submission.id),
        "delegation": select(delegation.c.identity_key).where(delegation.c.draft_id.in_(drafts)),
        "sign_off": select(sign_off.c.identity_key).where(sign_off.c.revision_id.in_(mine)),
    }


def _living(session: Session, query: Select[Any]) -> list[str]:
    """Return the keys of a query that still lead to somebody."""
    return list(session.scalars(select(Identity.key).where(Identity.key.in_(query))))


def _erase(session: Session, keys: Sequence[str]) -> None:
    """Delete identities and make sure that none is left; on SQLite the freed pages are overwritten."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA secure_delete = ON"))
    left = 0
    for start in range(0, len(keys), _CHUNK):
        part = list(keys[start : start + _CHUNK])
        session.execute(delete(Identity).where(Identity.key.in_(part)).execution_options(synchronize_session=False))
        left += session.scalar(select(func.count()).select_from(Identity).where(Identity.key.in_(part))) or 0
    session.expire_all()
    if left:
        raise RuntimeError(f"{left} identities are still there")


def _end_drafts(session: Session, submission: Submission) -> int:
    """Delete the unsent drafts of a record's unit, which would name the person again; return how many there were."""
    open_drafts = select(Draft.id).where(
        Draft.sample_unit_id == submission.sample_unit_id,
        Draft.sample_unit_id.is_not(None),
        Draft.submitted_at.is_(None),
    )
    ids = list(session.scalars(open_drafts))
    delegation = _TABLES["delegation"]
    session.execute(delete(delegation).where(delegation.c.draft_id.in_(ids)))
    session.execute(delete(Draft).where(Draft.id.in_(ids)).execution_options(synchronize_session=False))
    return len(ids)


def _erase_answers(session: Session, actor: Actor, submission: Submission) -> int:
    """Empty the answers of every version and draft of a record, and take it out of the estimates."""
    revisions = list(session.scalars(select(Revision).where(Revision.submission_id == submission.id)))
    for revision in revisions:
        revision.answers, revision.findings = {}, []
    blank = {"before": "", "after": ""}
    session.execute(update(AnswerCorrection).where(AnswerCorrection.submission_id == submission.id).values(**blank))
    if submission.sample_unit_id is not None:
        for draft in session.scalars(select(Draft).where(Draft.sample_unit_id == submission.sample_unit_id)):
            draft.answers, draft.margin = {}, {}
    submission.state, submission.error_count, submission.warning_count = "rejected", 0, 0
    if actor.account_id is not None:
        newest = max(revisions, key=lambda revision: revision.number)
        session.add(
            ReviewEvent(submission_id=submission.id, revision_id=newest.id, action="erase", account_id=actor.account_id)
        )
    session.flush()
    audit.record(session, actor, "submission.erase", "submission", submission.id, versions=len(revisions))
    return len(revisions)


def _prove(session: Session, actor: Actor, made: Destruction, plan: Plan) -> Destruction:
    made.keys, made.keys_sha256, made.account_id = len(plan.keys), plan.digest, actor.account_id
    session.add(made)
    session.flush()
    subject = ("submission", made.submission_id) if made.submission_id else ("round", made.round_id)
    details = {"proof": made.id, "counts": made.counts, "keys": made.keys, "sha256": made.keys_sha256}
    audit.record(session, actor, "privacy.destroy", *subject, **details)
    return made
