"""The head of an institution stands for what is sent: name, title and confirmation, bound to the version's hash."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Identity, Revision, SignOff
from survey.model.actor import Actor
from survey.model.base import random_key
from survey.operations import audit
from survey.operations.submissions import Receipt
from survey.text import clean

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Head:
    """Who stands for a questionnaire, as typed beside the confirmation box."""

    name: str
    title: str
    has_confirmed: bool


def is_needed(actor: Actor, unit_kind: str, consents: bool) -> bool:
    """Tell whether the head must confirm: an institution that answers for itself and gives information."""
    return actor.kind == "invitation" and unit_kind == "institution" and consents


def is_complete(head: Head | None) -> bool:
    """Tell whether a confirmation names somebody, says as what, and is ticked."""
    return head is not None and bool(clean(head.name)) and bool(clean(head.title)) and head.has_confirmed


def confirm(session: Session, actor: Actor, receipt: Receipt, head: Head) -> SignOff:
    """Record the head's confirmation of a version that was just received; the same version is confirmed once."""
    if not is_complete(head):
        raise Problem("sign-off-needed")
    revision = session.scalars(select(Revision).where(Revision.instance_id == receipt.instance_id)).one()
    present = session.scalar(select(SignOff).where(SignOff.revision_id == revision.id))
    if present is not None:
        return present
    key = random_key()
    values = {"name": clean(head.name)[:_LONGEST], "title": clean(head.title)[:_LONGEST]}
    session.add(Identity(key=key, values=values))
    row = SignOff(revision_id=revision.id, identity_key=key, sha256=revision.sha256, confirmed_at=receipt.received_at)
    session.add(row)
    session.flush()
    details = {"version": revision.number, "sha256": revision.sha256}
    audit.record(session, actor, "submission.sign-off", "submission", receipt.submission_id, **details)
    return row
