"""Corrects answers in the office: a new version through the one door, a reason at every changed answer, the old kept.

Names, phones and addresses cannot be corrected here and are not shown: they pass from the old version to the new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from survey.errors import Problem
from survey.model import AnswerCorrection, Identity, ReviewEvent, Revision, Submission
from survey.model.actor import Actor
from survey.model.base import random_key, utc_now
from survey.operations import audit, forms, identity
from survey.operations.review import place_of
from survey.operations.submissions import Receipt, receive
from survey.questionnaire import instance as instances
from survey.questionnaire.instrument import FILES, Instrument, Question

_CORRECTABLE = frozenset({"received", "returned", "approved"})


def correct(
    session: Session,
    actor: Actor,
    submission_id: str,
    *,
    changes: Mapping[str, str],
    reasons: Mapping[str, str],
    expected_revision: int,
) -> Receipt:
    """Write a new version of a record with some answers changed, and return its receipt; it waits for review again.

    `changes` and `reasons` go by positioned path (`members[2]/age`); values in XForms lexical form. Raises forbidden,
    stale-revision, not-reviewable, remark-needed (an answer without a reason), no-change and not-correctable.
    """
    submission = _open(session, actor, submission_id, expected_revision)
    revision = newest(session, submission_id)
    instrument = forms.instrument_of(session, revision.form_version_id)
    real = {path: value for path, value in changes.items() if value != at(revision.answers, path)}
    _check(instrument, revision.answers, real, reasons)
    sealed = session.get(Identity, revision.identity_key)
    whole = identity.merge(identity.merge(revision.answers, dict(sealed.values) if sealed else {}), real)
    document = instances.serialise(
        instrument, whole, instance_id=f"uuid:{random_key()}", deprecated_id=revision.instance_id
    )
    receipt = receive(
        session,
        actor,
        xml=document,
        channel="office",
        round_id=submission.round_id,
        sample_unit_id=submission.sample_unit_id,
    )
    _keep(session, actor, receipt, revision.answers, real, reasons)
    return receipt


def newest(session: Session, submission_id: str) -> Revision:
    """Return the present version of a record with its answers and findings."""
    query = (
        select(Revision)
        .where(Revision.submission_id == submission_id)
        .order_by(Revision.number.desc())
        .limit(1)
        .options(undefer(Revision.answers), undefer(Revision.findings))
    )
    return session.scalars(query).one()


def at(answers: Mapping[str, Any], path: str) -> str:
    """Return the answer at a positioned path; blank where there is none."""
    node: Any = answers
    for step in path.split("/"):
        name, _, index = step.partition("[")
        node = node.get(name) if isinstance(node, Mapping) else None
        if index:
            row = int(index.rstrip("]")) - 1
            node = node[row] if isinstance(node, list) and 0 <= row < len(node) else None
    return node if isinstance(node, str) else ""


def _open(session: Session, actor: Actor, submission_id: str, expected_revision: int) -> Submission:
    """Return the record, locked, for somebody who may correct it as it was seen."""
    submission = session.get(Submission, submission_id, with_for_update=True)
    if submission is None:
        raise Problem("not-found")
    place = place_of(session, submission)
    if not actor.may("supervisor", "statistician", round_id=submission.round_id, place=place):
        raise Problem("forbidden")
    if submission.revision_count != expected_revision:
        raise Problem("stale-revision")
    if submission.state not in _CORRECTABLE:
        raise Problem("not-reviewable", state=submission.state)
    return submission


def _check(
    instrument: Instrument, answers: Mapping[str, Any], changes: Mapping[str, str], reasons: Mapping[str, str]
) -> None:
    if not changes:
        raise Problem("no-change")
    for path in changes:
        if not _is_correctable(instrument, path) or not _has_place(answers, path):
            raise Problem("not-correctable", path=path)
        if not reasons.get(path, "").strip():
            raise Problem("remark-needed")


def _is_correctable(instrument: Instrument, path: str) -> bool:
    node = instrument.by_path.get("/".join(step.partition("[")[0] for step in path.split("/")))
    return isinstance(node, Question) and may_correct(node)


def may_correct(question: Question) -> bool:
    """Tell whether the office may change the answer to a question: asked, not identity, not a file."""
    return question.is_asked and not question.identity and question.kind not in FILES


def _has_place(answers: Mapping[str, Any], path: str) -> bool:
    """Tell whether the roster rows of a positioned path exist."""
    node: Any = answers
    for step in path.split("/")[:-1]:
        name, _, index = step.partition("[")
        node = node.get(name, {}) if isinstance(node, Mapping) else {}
        if index:
            row = int(index.rstrip("]")) - 1
            if not isinstance(node, list) or not 0 <= row < len(node):
                return False
            node = node[row]
    return True


def _keep(
    session: Session,
    actor: Actor,
    receipt: Receipt,
    before: Mapping[str, Any],
    changes: Mapping[str, str],
    reasons: Mapping[str, str],
) -> None:
    """Keep what was changed and why, and the act of review."""
    moment = utc_now()
    session.add_all(
        AnswerCorrection(
            submission_id=receipt.submission_id,
            revision_number=receipt.revision_number,
            path=path,
            before=at(before, path),
            after=value,
            reason=reasons[path].strip(),
            account_id=actor.account_id,
            at=moment,
        )
        for path, value in changes.items()
    )
    if actor.account_id is not None:
        made = select(Revision.id).where(Revision.instance_id == receipt.instance_id)
        session.add(
            ReviewEvent(
                submission_id=receipt.submission_id,
                revision_id=session.scalars(made).one(),
                action="correct",
                remarks={path: reasons[path].strip() for path in changes},
                account_id=actor.account_id,
                at=moment,
            )
        )
    session.flush()
    details = {"revision": receipt.revision_number, "paths": sorted(changes)}
    audit.record(session, actor, "submission.correct", "submission", receipt.submission_id, **details)
