"""The quarantine: documents of known devices that could not be taken in. Holds them, replays them, gives up.

Nothing is ever deleted here: a dismissed record stays, with the remark that says why.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from survey.errors import Problem
from survey.model import Device, Identity, Quarantine
from survey.model.actor import Actor
from survey.model.base import random_key, utc_now
from survey.operations import attachments, audit, submissions
from survey.operations.submissions import Receipt
from survey.text import clean

OFFICE_ROLES = ("supervisor", "statistician")


def by_document(session: Session, sha256: str, *, waiting_only: bool = False) -> Quarantine | None:
    """Return the held record with this document, or None; one that was accepted since is no longer held."""
    held = session.scalar(select(Quarantine).where(Quarantine.sha256 == sha256))
    if held is None or held.state == "accepted" or (waiting_only and held.state != "waiting"):
        return None
    return held


def hold(session: Session, actor: Actor, row: Quarantine, document: bytes) -> Quarantine:
    """Keep a document whole; the same bytes sent twice at once are one row."""
    row.identity_key = random_key()
    try:
        with session.begin_nested():
            session.add(Identity(key=row.identity_key, values={}, document=document))
            session.add(row)
            session.flush()
    except IntegrityError:
        return session.scalars(select(Quarantine).where(Quarantine.sha256 == row.sha256)).one()
    audit.record(session, actor, "quarantine.hold", "quarantine", row.id, code=row.code, sha256=row.sha256)
    return row


def add_file(session: Session, held: Quarantine, store: Path, name: str, content: bytes, sha256: str) -> bool:
    """Keep a file of a held record; return False when it was here already."""
    if held.files.get(name) == sha256:
        return False
    attachments.put(store, sha256, content)
    held.files = {**held.files, name: sha256}
    session.flush()
    return True


def replay(session: Session, actor: Actor, quarantine_id: int, *, store: Path) -> Receipt:
    """Give a held record to the one door again, with the office's rights and in its sender's name; attach its files.

    Raises what `receive` raises; the record then stays held.
    """
    held = _waiting(session, actor, quarantine_id)
    sealed = session.get_one(Identity, held.identity_key, options=[undefer(Identity.document)], populate_existing=True)
    in_their_name = replace(actor, account_id=held.account_id)
    receipt = submissions.receive(
        session,
        in_their_name,
        xml=sealed.document or b"",
        channel=held.channel,
        device=session.scalar(select(Device.name).where(Device.id == held.device_id)),
        round_id=held.round_id,
        sample_unit_id=held.sample_unit_id,
        received_at=held.received_at,
    )
    for name, sha256 in sorted(held.files.items()):
        content = (store / sha256[:2] / sha256).read_bytes()
        attachments.attach(session, in_their_name, store, instance_id=receipt.instance_id, name=name, content=content)
    _settle(session, actor, held, "accepted", "", receipt.submission_id)
    return receipt


def dismiss(session: Session, actor: Actor, quarantine_id: int, *, remark: str) -> None:
    """Give up a held record, saying why; it is kept."""
    if not clean(remark):
        raise Problem("remark-needed")
    _settle(session, actor, _waiting(session, actor, quarantine_id), "dismissed", clean(remark), None)


def document_of(session: Session, actor: Actor, quarantine_id: int) -> bytes:
    """Return the bytes of a held record for inspection; reading them is an event of its own."""
    held = _waiting(session, actor, quarantine_id)
    sealed = session.get_one(Identity, held.identity_key, options=[undefer(Identity.document)], populate_existing=True)
    audit.record(session, actor, "quarantine.read", "quarantine", held.id)
    return sealed.document or b""


def _waiting(session: Session, actor: Actor, quarantine_id: int) -> Quarantine:
    held = session.get(Quarantine, quarantine_id, with_for_update=True)
    if held is None or held.state != "waiting":
        raise Problem("not-found")
    if not actor.may(*OFFICE_ROLES):
        raise Problem("forbidden")
    return held


def _settle(
    session: Session, actor: Actor, held: Quarantine, state: str, remark: str, submission_id: str | None
) -> None:
    held.state, held.remark, held.submission_id = state, remark, submission_id
    held.settled_at, held.settled_by = utc_now(), actor.account_id
    audit.record(session, actor, f"quarantine.{state}", "quarantine", held.id, submission=submission_id)
