"""Verify institutions' self-assessments: the office's finding on each component of the present version of a record.

Adds rows of `verification`, never changes one. What reads them, and the rule for estimates, is `query.verification`:
accepted → the stated value, refused → "not yet" (3), corrected → the office's value. `required` says whether a round
counts verified self-assessments only; it stands in the round's settings as `require_verification`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from survey.errors import Problem
from survey.model import Revision, Round, Submission, Verification
from survey.model.actor import Actor
from survey.operations import audit
from survey.operations.review import place_of
from survey.query import verification as reads
from survey.reference.institution import COMPONENTS, LEVELS, NOT_YET
from survey.text import clean

FINDINGS = ("accepted", "refused", "corrected")
SETTING = "require_verification"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the office says about one component; `value` only where it corrects."""

    finding: str
    value: str = ""
    reason: str = ""


def verify(
    session: Session,
    actor: Actor,
    submission_id: str,
    *,
    expected_revision: int,
    judgements: Mapping[str, Judgement],
) -> int:
    """Store what is new among the judgements by component and return how many were; reasons for all but acceptance.

    Problem "forbidden" outside the actor's area, "stale-revision" when a newer version has arrived, "remark-needed"
    without a reason, "bad-value" for an unknown component, finding or level.
    """
    submission = session.get(Submission, submission_id, with_for_update=True)
    if submission is None or submission.unit_kind != "institution":
        raise Problem("not-found")
    place = place_of(session, submission)
    if not actor.may("supervisor", "statistician", round_id=submission.round_id, place=place):
        raise Problem("forbidden")
    if submission.revision_count != expected_revision:
        raise Problem("stale-revision")
    revision = _present(session, submission_id)
    known = reads.findings(session, [revision.id]).get(revision.id, reads.Verified()).now
    rows = []
    for component, judgement in judgements.items():
        row = _row(revision, component, judgement)
        before = known.get(component)
        if before is None or (before.finding, before.value, before.reason) != (row.finding, row.value, row.reason):
            row.account_id = actor.account_id
            rows.append(row)
    session.add_all(rows)
    if rows:
        said = {row.component: row.finding for row in rows}
        audit.record(session, actor, "submission.verify", "submission", submission_id, findings=said)
    return len(rows)


def required(survey_round: Round) -> bool:
    """Tell whether a round counts verified self-assessments only."""
    return bool(survey_round.settings.get(SETTING, False))


def require(session: Session, actor: Actor, round_id: int, *, on: bool) -> None:
    """Decide whether a round counts verified self-assessments only."""
    survey_round = session.get_one(Round, round_id, with_for_update=True)
    if not actor.may("statistician", round_id=round_id):
        raise Problem("forbidden")
    survey_round.settings = {**survey_round.settings, SETTING: on}
    audit.record(session, actor, "round.verification", "round", round_id, required=on)


def stated_level(answers: Mapping[str, Any], path: str) -> str:
    """Return the level that a version states at a path, empty where the question was not answered."""
    node: Any = answers
    for step in path.split("/"):
        node = node.get(step, {}) if isinstance(node, Mapping) else {}
    return node if isinstance(node, str) else ""


def _present(session: Session, submission_id: str) -> Revision:
    query = select(Revision).where(Revision.submission_id == submission_id).order_by(Revision.number.desc())
    return session.scalars(query.options(undefer(Revision.answers)).limit(1)).one()


def _row(revision: Revision, component: str, judgement: Judgement) -> Verification:
    """Check one judgement against the version and return its row."""
    if component not in COMPONENTS:
        raise Problem("bad-value", name="component", value=component, expected=", ".join(COMPONENTS))
    if judgement.finding not in FINDINGS:
        raise Problem("bad-value", name="finding", value=judgement.finding, expected=", ".join(FINDINGS))
    stated = stated_level(revision.answers, COMPONENTS[component])
    if stated not in LEVELS:
        raise Problem("bad-value", name=component, value="–", expected=", ".join(LEVELS))
    reason = clean(judgement.reason)
    if judgement.finding != "accepted" and not reason:
        raise Problem("remark-needed")
    return Verification(
        submission_id=revision.submission_id,
        revision_id=revision.id,
        component=component,
        finding=judgement.finding,
        path=COMPONENTS[component],
        stated=stated,
        value=_value(judgement, stated),
        reason=reason,
    )


def _value(judgement: Judgement, stated: str) -> str:
    """Return the level that counts."""
    if judgement.finding == "accepted":
        return stated
    if judgement.finding == "refused":
        return NOT_YET
    if judgement.value not in LEVELS or judgement.value == stated:
        allowed = ", ".join(level for level in LEVELS if level != stated)
        raise Problem("bad-value", name="value", value=judgement.value or "–", expected=allowed)
    return judgement.value
